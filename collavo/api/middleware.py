"""What every request to the API gets: an id, JSON for every error, and the headers of its rate limit."""

from __future__ import annotations

import re
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from collavo.api.errors import plain_error
from collavo.ids import uuid7
from collavo.timeline.models import acting_via

PREFIX = "/api/"
GIVEN = re.compile(r"[A-Za-z0-9_.:-]{8,128}")


class ApiMiddleware:
    """For addresses below /api/ only; pages pass through untouched."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path.startswith(PREFIX):
            return self.get_response(request)
        given = request.headers.get("X-Request-Id", "")
        request.request_id = given if GIVEN.fullmatch(given) else str(uuid7())  # type: ignore[attr-defined]
        via = acting_via.set("")  # threads are used again: nobody acts through the token of the request before
        try:
            response = self._as_json(request, self.get_response(request))
        finally:
            acting_via.reset(via)
        response["X-Request-Id"] = request.request_id  # type: ignore[attr-defined]
        for name, value in getattr(request, "rate_headers", {}).items():
            response[name] = value
        response.setdefault("Cache-Control", "no-store")
        return response

    def _as_json(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        """Errors that Django made itself (no such address, wrong method, a body too large) in our envelope."""
        if response.status_code < 400 or "json" in response.get("Content-Type", ""):
            return response
        kept = {name: response[name] for name in ("Allow", "Retry-After") if name in response}
        return plain_error(request, response.status_code, headers=kept)
