"""The one NinjaAPI, at /api/v1/. It stands above all apps, like `collavo/urls.py`: each area is a router of its app.

A new area: a module with `router = area("…")`, and its line in `AREAS`.
"""

from __future__ import annotations

import logging
from functools import cache
from typing import Any

from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from ninja import NinjaAPI
from ninja.errors import HttpError, ValidationError
from ninja.openapi.schema import OpenAPISchema

from approvals.states import IllegalMove
from collavo.api.errors import ApiError, error_response, named, plain_error
from collavo.api.routing import StrictParser
from connectors.platforms.base import PlatformError
from publishing.preflight import Blocked

log = logging.getLogger(__name__)

AREAS: tuple[str, ...] = (
    "collavo.api.about.router",
    "approvals.api.media.router",
    "approvals.api.resumable.router",
    "approvals.api.cases.router",
    "approvals.api.content.router",
    "publishing.api.publish.router",
    "publishing.api.jobs.router",
    "publishing.api.history.router",
    "publishing.api.posts.router",
    "publishing.api.logs.router",
    "connectors.api.router",
)  # fmt: skip
ROOT = "/api/v1/"


class Api(NinjaAPI):
    """Ninja's, with one OpenAPI document per process."""

    def get_openapi_schema(self, **kwargs: Any) -> OpenAPISchema:
        return document()


@cache
def document() -> OpenAPISchema:
    """The OpenAPI 3.1 document."""
    return OpenAPISchema(api, ROOT.strip("/"))


api = Api(
    title="Collavo API",
    version="1",
    description="""
Publish approved content: now or at a moment, exactly once, exactly as approved.

Send `Authorization: Bearer collavo_…` with every request; tokens are made in Settings, API tokens. Ids are UUIDs,
moments are ISO 8601 with an offset. Unknown fields are refused. Every error is `{"error": {"code", "message", "fields",
"requestId"}}`. Send an `Idempotency-Key` with every call that creates something: sent again within a day, it gives the
same answer and does nothing twice.
""",
    urls_namespace="api",
    docs_url=None,
    parser=StrictParser(),
)
for dotted in AREAS:
    api.add_router("", dotted)


@api.exception_handler(ApiError)
def api_error(request: HttpRequest, error: Any) -> HttpResponse:
    return error_response(request, error.status, error.code, error.message, fields=error.fields, headers=error.headers)


@api.exception_handler(ValidationError)
def invalid(request: HttpRequest, error: Any) -> HttpResponse:
    fields = named(error.errors)
    message = " ".join(f"{name}: {text}" for name, text in fields.items())
    return error_response(request, 422, "invalid", message, fields=fields)


@api.exception_handler(Blocked)
def blocked(request: HttpRequest, error: Any) -> HttpResponse:
    fields = {check.code: check.text for check in error.checks}
    return error_response(request, 422, "blocked", str(error), fields=fields)


@api.exception_handler(IllegalMove)
def conflict(request: HttpRequest, error: Any) -> HttpResponse:
    return error_response(request, 409, "conflict", str(error))


@api.exception_handler(PermissionDenied)
def forbidden(request: HttpRequest, error: Any) -> HttpResponse:
    return error_response(request, 403, "forbidden", str(error) or _("This is not allowed."))


@api.exception_handler(PlatformError)
def platform(request: HttpRequest, error: Any) -> HttpResponse:
    return error_response(request, 502, "platform_error", str(error))


@api.exception_handler(Http404)
def missing(request: HttpRequest, error: Any) -> HttpResponse:
    return plain_error(request, 404)


@api.exception_handler(HttpError)
def malformed(request: HttpRequest, error: Any) -> HttpResponse:
    return plain_error(request, error.status_code)


@api.exception_handler(RequestDataTooBig)
def too_large(request: HttpRequest, error: Any) -> HttpResponse:
    return plain_error(request, 413)


@api.exception_handler(SuspiciousOperation)
def suspicious(request: HttpRequest, error: Any) -> HttpResponse:
    return plain_error(request, 400)


@api.exception_handler(Exception)
def internal(request: HttpRequest, error: Any) -> HttpResponse:
    log.exception("Request %s to %s failed", getattr(request, "request_id", ""), request.path, exc_info=error)
    return plain_error(request, 500)
