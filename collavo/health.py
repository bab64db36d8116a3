"""GET /healthz: 200 when database, worker and dispatcher are at work, else 503 with the part that is down."""

import logging
from collections.abc import Callable
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError, connection, transaction
from django.http import HttpRequest, HttpResponse, JsonResponse

log = logging.getLogger(__name__)

PATH = "/healthz"
PARTS = ("database", "worker", "dispatcher")
PATIENCE = "3s"  # for the database's answer


class HealthMiddleware:
    """Answers before anything else: for every Host, without https, session or sign-in, with the database down."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return healthz(request) if request.path == PATH else self.get_response(request)


def healthz(request: HttpRequest) -> HttpResponse:
    if request.method not in {"GET", "HEAD"}:
        return HttpResponse(status=405, headers={"Allow": "GET, HEAD"})
    report = health()
    well = all(report[part] == "ok" for part in PARTS)
    return JsonResponse(report, status=200 if well else 503, headers={"Cache-Control": "no-store"})


def health() -> dict[str, Any]:
    """For each part "ok", "down" or "unknown", and `ages`: seconds since the last sign of life (None: never)."""
    from collavo.ops.heartbeat import DOWN_AFTER

    try:
        ages = _ages()
    except (DatabaseError, ImproperlyConfigured) as e:
        log.warning("The database does not answer: %s", e)
        return {"database": "down", "worker": "unknown", "dispatcher": "unknown", "ages": {}}
    limit = DOWN_AFTER.total_seconds()
    report = {name: "ok" if age is not None and age < limit else "down" for name, age in ages.items()}
    return {"database": "ok", **report, "ages": ages, "handoffs_overdue": _overdue()}


def _overdue() -> int | None:
    """Posts by hand that nobody has posted in time. Told, and no illness; None when it cannot be counted in time."""
    from publishing.models import Handoff

    try:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SELECT set_config('statement_timeout', %s, true)", [PATIENCE])
            return Handoff.objects.overdue().count()
    except DatabaseError as e:
        log.warning("Overdue hand-offs could not be counted: %s", e)
        return None


def _ages() -> dict[str, float | None]:
    from collavo.ops.heartbeat import ages

    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('statement_timeout', %s, true)", [PATIENCE])
        return ages()
