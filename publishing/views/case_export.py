"""A case as a file: a page to print, or JSON. Streamed, however long the history is."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from uuid import UUID

from django.http import Http404, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import get_object_or_404
from django.template.loader import get_template
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from approvals.models import Case
from collavo.accounts.access import ConsoleRequest, console
from publishing.case_export import Row, head, sections
from publishing.gallery import clean

TEMPLATE = "publishing/case_export.html"
TYPES = {"json": "application/json", "html": "text/html; charset=utf-8"}


@console()
@require_safe
def export(request: ConsoleRequest, pk: UUID, format: str) -> HttpResponseBase:
    if format not in TYPES:
        raise Http404(_("There is no such format."))
    case = get_object_or_404(Case.objects.select_related("workspace", "creator"), pk=pk, workspace=request.workspace)
    now = timezone.now()
    body = as_json(case, now) if format == "json" else as_html(case, now)
    response = StreamingHttpResponse(body, content_type=TYPES[format])
    name = f"{clean(case.name)} {timezone.localtime(now, case.workspace.zone):%Y-%m-%d}.{format}"
    response["Content-Disposition"] = content_disposition_header(format == "json", name) or ""
    response["Cache-Control"] = "private, no-store"
    return response


def as_json(case: Case, now: datetime) -> Iterator[str]:
    """One object: the case, then each section as a list, a row per line."""
    yield f'{{"case": {json.dumps(head(case, now), ensure_ascii=False)}'
    for name, rows in sections(case).items():
        yield f',\n"{name}": ['
        for number, row in enumerate(rows):
            yield f"{',' if number else ''}\n{json.dumps(row, ensure_ascii=False)}"
        yield "]"
    yield "}\n"


def as_html(case: Case, now: datetime) -> Iterator[str]:
    """The parts of one template, one after the other."""
    yield _part("head", {"case": head(case, now), "now": now, "zone": case.workspace.time_zone})
    for name, rows in sections(case).items():
        yield _part("begin", {"name": name})
        none = True
        for row in rows:
            none = False
            yield _part(name, {"row": _with_moments(row), "zone": case.workspace.time_zone})
        yield _part("end", {"none": none})
    yield _part("foot", {})


def _part(name: str, context: dict[str, object]) -> str:
    return get_template(f"{TEMPLATE}#{name}").render(context)


def _with_moments(row: Row) -> dict[str, object]:
    """ISO texts become moments again, for the template's zone."""
    at = {"at", "submitted_at", "scheduled_at", "published_at"}
    shown: dict[str, object] = {
        name: datetime.fromisoformat(value) if name in at and isinstance(value, str) else value
        for name, value in row.items()
    }
    moments = row.get("approved_at")
    if isinstance(moments, list):
        shown["approved_at"] = [datetime.fromisoformat(str(value)) for value in moments]
    return shown
