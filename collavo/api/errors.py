"""Errors of the API: one envelope for everything, with stable codes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.http import HttpRequest, JsonResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from pydantic import BaseModel, ConfigDict, Field

# Stable: programs branch on these. A new one is added here, none is ever renamed. Listed in the docs.
CODES: Mapping[str, str] = {
    "malformed": "400: The request cannot be read: no JSON, or not the one that is wanted.",
    "token_missing": "401: No `Authorization: Bearer …` header.",
    "token_invalid": "401: No such token.",
    "token_expired": "401: The token's time is over.",
    "token_revoked": "401: Somebody has revoked the token, or its person left the workspace.",
    "scope_missing": "403: The token lacks the scope.",
    "role_missing": "403: The role of the token's person does not allow it.",
    "connector_not_allowed": "403: The token is restricted to other accounts.",
    "scheduling_not_enabled": "403: Scheduled publishing is switched off for the account.",
    "forbidden": "403: This person may not do that; the message says why.",
    "not_found": "404: There is no such thing in the token's workspace.",
    "method_not_allowed": "405: The address exists, with other methods (see `Allow`).",
    "conflict": "409: Its state does not allow it (any more); the message says which.",
    "idempotency_in_progress": "409: A call with this Idempotency-Key is still being answered. Send it again.",
    "precondition_failed": "412: A header asks for something that is not so.",
    "too_large": "413: The body or file is larger than may be sent.",
    "unsupported_media_type": "415: The body's type is not taken here.",
    "invalid": "422: A field is missing, unknown or wrong; `fields` says which.",
    "blocked": "422: The preflight refuses it; `fields` has every reason by its code.",
    "schedule_out_of_range": "422: `scheduledAt` is not 5 minutes to 29 days ahead.",
    "idempotency_mismatch": "422: This Idempotency-Key came with another body before.",
    "rate_limited": "429: Too many requests; come again after `Retry-After` seconds.",
    "internal": "500: A fault of Collavo's. It is logged under the `requestId`.",
    "platform_error": "502: The platform did not answer as it should; the message says what it said.",
    "unavailable": "503: Not now. Come again later.",
    "no_room": "507: The disk has no room for it. What has come already is kept; come again later.",
}
BY_STATUS: Mapping[int, str] = {
    400: "malformed", 401: "token_invalid", 403: "forbidden", 404: "not_found", 405: "method_not_allowed",
    409: "conflict", 412: "precondition_failed", 413: "too_large", 415: "unsupported_media_type", 422: "invalid",
    429: "rate_limited", 500: "internal", 502: "platform_error", 503: "unavailable",
    507: "no_room",
}  # fmt: skip
SENTENCES: Mapping[int, str] = {
    400: gettext_noop("The request cannot be read."),
    404: gettext_noop("There is nothing at this address."),
    405: gettext_noop("This address does not take that method."),
    413: gettext_noop("The body is larger than may be sent."),
    500: gettext_noop("Something went wrong here. It is logged; nothing was done by halves."),
}


class ErrorDetail(BaseModel):
    """What went wrong."""

    model_config = ConfigDict(extra="forbid")
    code: str = Field(description="Stable, for programs.", examples=["invalid"])
    message: str = Field(description="Sentences for people: what happened and what to do.")
    fields: dict[str, str] = Field(description="For each field (or preflight check) that is wrong, a sentence.")
    requestId: str = Field(description="The same as in the header X-Request-Id.")


class ErrorBody(BaseModel):
    """Every answer from 400 on."""

    model_config = ConfigDict(extra="forbid")
    error: ErrorDetail


# What any operation may answer besides its own: `response={200: Thing, ERRORS: ErrorBody}` or `answers({200: Thing})`.
ERRORS = frozenset({400, 401, 403, 404, 405, 409, 412, 413, 415, 422, 429, 500, 502, 503, 507})


def answers(good: Mapping[int, Any]) -> dict[Any, Any]:
    """The `response=` of an operation: its own answers, and the errors."""
    return {**good, ERRORS: ErrorBody}


class ApiError(Exception):
    """Ends a request with this error. `message` is a sentence."""

    def __init__(
        self, status: int, code: str, message: str, *, fields: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:  # fmt: skip
        super().__init__(message)
        if code not in CODES:
            raise LookupError(f"{code!r} is not among the codes.")
        self.status, self.code, self.message = status, code, message
        self.fields, self.headers = dict(fields or {}), dict(headers or {})


def not_found(what: str) -> ApiError:
    """404, the same for what does not exist and for what belongs to another workspace."""
    return ApiError(404, "not_found", _("There is no such %(what)s in this workspace.") % {"what": what})


def invalid(field: str, message: str) -> ApiError:
    """422 for one field."""
    return ApiError(422, "invalid", f"{field}: {message}", fields={field: message})


def error_response(
    request: HttpRequest, status: int, code: str, message: str, *, fields: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
) -> JsonResponse:  # fmt: skip
    """The envelope."""
    detail = {"code": code, "message": message, "fields": dict(fields or {}), "requestId": request_id(request)}
    return JsonResponse({"error": detail}, status=status, headers=headers)


def plain_error(request: HttpRequest, status: int, headers: Mapping[str, str] | None = None) -> JsonResponse:
    """The envelope for an error of which only the status is known."""
    code = BY_STATUS.get(status, "internal" if status >= 500 else "malformed")
    return error_response(request, status, code, _(SENTENCES.get(status, CODES[code][5:])), headers=headers)


def request_id(request: HttpRequest) -> str:
    """As the middleware chose it."""
    return str(getattr(request, "request_id", ""))


def named(errors: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """Pydantic's errors by field: `{"scheduledAt": "…"}`. What stands in the body comes without "body"."""
    return {_field(error["loc"]): _sentence(error) for error in errors}


def _field(loc: Iterable[Any]) -> str:
    parts = [str(part) for part in loc]
    start = 2 if parts[:1] == ["body"] and len(parts) > 2 else 1
    return ".".join(parts[start:]) or parts[-1]


def _sentence(error: Mapping[str, Any]) -> str:
    if error.get("type") == "extra_forbidden":
        return _("There is no such field. Remove it.")
    if error.get("type") == "missing":
        return _("This field is required.")
    message = str(error.get("msg", _("It is not valid."))).removeprefix("Value error, ")
    return message if message.endswith(".") else f"{message}."
