"""TikTok's envelope, and its words for refusals.

Source: the fact sheet platforms/tiktok.md, §4, §7 and §8 (November 2026).
"""

from __future__ import annotations

import secrets
from typing import Any

from connectors.sandbox.faults import Fault
from connectors.sandbox.wire import Answer, Call

STATUS = {
    "invalid_params": 400, "invalid_publish_id": 400, "token_not_authorized_for_specified_publish_id": 400,
    "publish_not_cancellable": 400, "access_token_invalid": 401, "scope_not_authorized": 401,
    "rate_limit_exceeded": 429, "internal_error": 500,
}  # fmt: skip
MESSAGES = {
    "access_token_invalid": "The access token is invalid or not found in the request.",
    "scope_not_authorized": "The user did not authorize the scope required for completing this request.",
    "rate_limit_exceeded": "The API rate limit was exceeded. Please try again later.",
    "internal_error": "Something went wrong on TikTok's side. Please try again later.",
    "spam_risk_too_many_posts": "The daily post cap from the API is reached for the current user.",
    "spam_risk_too_many_pending_share": "The number of pending shares within any 24-hour period is limited to five.",
    "url_ownership_unverified": "Please review our URL ownership verification rules.",
    "privacy_level_option_mismatch": "Privacy level option has to be one of those from creator info.",
    "unaudited_client_can_only_post_to_private_accounts": "Please review our integration guidelines.",
    "invalid_publish_id": "The publish_id does not exist.",
}


class TikTokError(Exception):
    """A refusal. `code` is TikTok's word."""

    def __init__(self, code: str, message: str = "", *, status: int = 0) -> None:
        self.code, self.status = code, status or STATUS.get(code, 403)
        self.message = message or MESSAGES.get(code, code.replace("_", " ").capitalize() + ".")
        super().__init__(self.message)

    def answer(self) -> Answer:
        """As it goes over the wire."""
        return Answer({"data": {}, "error": error(self.code, self.message)}, self.status)


def error(code: str, message: str = "") -> dict[str, str]:
    """The envelope's error, which is there when all is well, too."""
    return {"code": code, "message": message, "log_id": log_id()}


def fine(data: dict[str, Any]) -> Answer:
    """A clean answer."""
    return Answer({"data": data, "error": error("ok")})


def log_id() -> str:
    """As TikTok's: a date and letters."""
    return f"20261120{secrets.token_hex(12).upper()}"


def bad(message: str) -> TikTokError:
    """Something in the request is not as it must be."""
    return TikTokError("invalid_params", message)


def ordered(fault: Fault, call: Call) -> Answer:
    """A refusal on order. The upload's host says nothing but a status."""
    status = fault.options.get("status", 400)
    if call.method == "PUT":
        return Answer(b"", status, content_type="text/plain")
    default = {"rate_limit": "rate_limit_exceeded", "hundred_33": "invalid_publish_id"}.get(fault.do, "internal_error")
    return TikTokError(fault.options.get("word") or default, fault.options.get("message", ""), status=status).answer()
