"""Google's error envelope, and the refusals of the Data API (fact sheet platforms/youtube.md §6, November 2026)."""

from __future__ import annotations

from collections.abc import Mapping

from connectors.sandbox.faults import Fault
from connectors.sandbox.wire import Answer

BY_STATUS: Mapping[int, str] = {
    400: "badRequest", 401: "authError", 403: "forbidden", 404: "notFound", 409: "alreadyExists",
    429: "rateLimitExceeded", 500: "internalError", 503: "backendError",
}  # fmt: skip
DOMAINS: Mapping[str, str] = {"quotaExceeded": "youtube.quota", "dailyLimitExceeded": "usageLimits"}
MESSAGES: Mapping[str, str] = {
    "authError": "Invalid Credentials",
    "quotaExceeded": 'The request cannot be completed because you have exceeded your <a href="/quota">quota</a>.',
    "invalidTitle": "The request metadata specifies an invalid or empty video title.",
    "invalidDescription": "The request metadata specifies an invalid video description.",
    "invalidTags": "The request metadata specifies invalid video keywords.",
    "mediaBodyRequired": "The request does not include the video content.",
    "youtubeSignupRequired": "Unauthorized",
}
UPLOADS_PER_DAY = (
    "Quota exceeded for quota metric 'Video Uploads' and limit 'Video Uploads per day' of service "
    "'youtube.googleapis.com' for consumer 'project_number:123'."
)


class ApiError(Exception):
    """A refusal. `reason` may carry its domain: "youtube.thumbnail/forbidden"."""

    def __init__(self, status: int, reason: str = "", message: str = "") -> None:
        domain, _, bare = (reason or BY_STATUS.get(status, "unknown")).rpartition("/")
        self.status, self.reason = status, bare
        self.domain = domain or DOMAINS.get(bare, "youtube.video" if status < 500 else "global")
        self.message = message or MESSAGES.get(bare, bare)
        super().__init__(self.message)

    def answer(self) -> Answer:
        """As it goes over the wire."""
        row = {"domain": self.domain, "reason": self.reason, "message": self.message}
        return Answer({"error": {"code": self.status, "message": self.message, "errors": [row]}}, self.status)


def ordered(fault: Fault) -> ApiError:
    """The refusal that a fault asks for; `word` is the reason."""
    if fault.do == "hundred_33":
        return ApiError(404)
    wish = fault.options
    return ApiError(wish["status"], wish.get("word", ""), wish.get("message", ""))
