"""What YouTube's reasons mean, as a table, and which of our errors each becomes.

The reason (`errors[0].reason`, with its domain) is the key; the HTTP status stands in where there is none, and messages
hold HTML. Sources: error pages of the Data API, the resumable upload guide, and failures that users of open-source
clients reported; read 2026-11-20.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from html import unescape

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from collavo.words import worded
from connectors.http import Remark, Reply
from connectors.platforms.base import Json, NeedsRelink, NotNow, OutcomeUnknown, PlatformError, Rejected
from connectors.platforms.youtube.quota import midnight


class Kind(Enum):
    """What has to happen next, when the answer came before the commit."""

    AUTH = "a fresh token, or link the account again"
    ACCOUNT = "put the account in order, then link it again"
    QUOTA = "wait until midnight Pacific time"
    CHANNEL = "wait a day: the channel's own limit"
    RATE = "wait a little"
    CONTENT = "change the post"
    TEMP = "try again"


@worded("sentence")
@dataclass(frozen=True)
class Meaning:
    kind: Kind
    sentence: str


DAY, A_LITTLE = timedelta(days=1), timedelta(minutes=2)
UPLOADS_USED_UP = "uploadsPerDay"  # our name for a 429 that speaks of "Video Uploads per day"
_NOT_VALID = Meaning(
    Kind.AUTH, gettext_noop("YouTube no longer accepts this account's link. Link the account again; its posts wait.")
)
_BUSY = Meaning(Kind.TEMP, gettext_noop("YouTube had a problem of its own. Collavo tries again."))
_USED_UP = Meaning(
    Kind.QUOTA,
    gettext_noop(
        "YouTube's daily quota of this installation's Google Cloud project is used up. It is full "
        "again at midnight Pacific time; Collavo goes on by itself then."
    ),
)
_TOO_FAST = Meaning(Kind.RATE, gettext_noop("YouTube has had too many calls for now. Collavo waits."))
_GONE = Meaning(Kind.TEMP, gettext_noop("YouTube does not find the video at the moment. Collavo tries again."))

MEANINGS: Mapping[str, Meaning] = {
    # The link
    "authError": _NOT_VALID,
    "expired": _NOT_VALID,
    "required": _NOT_VALID,
    "authorizationRequired": Meaning(
        Kind.AUTH,
        gettext_noop(
            "The account's link lacks a permission that this needs. Link it again and leave everything ticked."
        ),
    ),
    "insufficientPermissions": Meaning(
        Kind.AUTH,
        gettext_noop(
            "The account's link lacks a permission that this needs. Link it again and leave everything ticked."
        ),
    ),
    "youtubeSignupRequired": Meaning(
        Kind.ACCOUNT,
        gettext_noop("This Google account has no YouTube channel. Create one at YouTube, then link it again."),
    ),
    "authenticatedUserNotChannel": Meaning(
        Kind.ACCOUNT,
        gettext_noop("This Google account has no YouTube channel. Create one at YouTube, then link it again."),
    ),
    "authenticatedUserAccountClosed": Meaning(
        Kind.ACCOUNT, gettext_noop("YouTube says that this account is closed. Link another one.")
    ),
    "authenticatedUserAccountSuspended": Meaning(
        Kind.ACCOUNT, gettext_noop("YouTube has suspended this account. Its owner finds the reason at YouTube.")
    ),
    # How much
    "quotaExceeded": _USED_UP,
    "dailyLimitExceeded": _USED_UP,
    UPLOADS_USED_UP: _USED_UP,
    "rateLimitExceeded": _TOO_FAST,
    "userRateLimitExceeded": _TOO_FAST,
    "uploadLimitExceeded": Meaning(
        Kind.CHANNEL,
        gettext_noop(
            "YouTube lets this channel upload no more today. That is the channel's own limit, and it can "
            "be lower after copyright claims. Collavo waits a day."
        ),
    ),
    "uploadRateLimitExceeded": Meaning(
        Kind.CHANNEL, gettext_noop("YouTube takes no more thumbnails from this channel today. Collavo waits a day.")
    ),
    # What was sent
    "invalidTitle": Meaning(
        Kind.CONTENT, gettext_noop("YouTube does not accept the title. It takes 1 to 100 characters, without < and >.")
    ),
    "invalidDescription": Meaning(
        Kind.CONTENT,
        gettext_noop("YouTube does not accept the description. It takes up to 5000 bytes, without < and >."),
    ),
    "invalidTags": Meaning(
        Kind.CONTENT, gettext_noop("YouTube does not accept the tags. It takes 500 characters in all.")
    ),
    "invalidCategoryId": Meaning(Kind.CONTENT, gettext_noop("YouTube does not know this category. Choose another.")),
    "invalidPublishAt": Meaning(Kind.CONTENT, gettext_noop("YouTube does not accept the moment of publication.")),
    "invalidPublishScheduleForVideo": Meaning(
        Kind.CONTENT, gettext_noop("YouTube does not accept the moment of publication.")
    ),
    "invalidFilename": Meaning(Kind.CONTENT, gettext_noop("YouTube does not accept the file's name.")),
    "invalidRecordingDetails": Meaning(Kind.CONTENT, gettext_noop("YouTube does not accept the recording's details.")),
    "invalidVideoGameRating": Meaning(Kind.CONTENT, gettext_noop("YouTube does not accept the game's rating.")),
    "invalidVideoMetadata": Meaning(
        Kind.CONTENT, gettext_noop("YouTube does not accept the video's details. Is the title set?")
    ),
    "defaultLanguageNotSet": Meaning(Kind.CONTENT, gettext_noop("YouTube wants the language of the title.")),
    "mediaBodyRequired": Meaning(Kind.CONTENT, gettext_noop("YouTube got no file with this.")),
    "forbiddenPrivacySetting": Meaning(
        Kind.CONTENT, gettext_noop("This channel may not use that privacy. Choose another.")
    ),
    "forbiddenLicenseSetting": Meaning(Kind.CONTENT, gettext_noop("This channel may not use that licence.")),
    "forbidden": Meaning(Kind.CONTENT, gettext_noop("YouTube does not allow this channel to do that.")),
    "invalidImage": Meaning(Kind.CONTENT, gettext_noop("YouTube cannot read the thumbnail. Save it as JPEG or PNG.")),
    "youtube.thumbnail/forbidden": Meaning(
        Kind.CONTENT,
        gettext_noop(
            "This channel may not set thumbnails: its phone number is not confirmed. Confirm it at youtube.com/verify."
        ),
    ),
    "playlistNotFound": Meaning(
        Kind.CONTENT, gettext_noop("YouTube does not find the playlist. Is it this channel's?")
    ),
    "playlistItemsNotAccessible": Meaning(Kind.CONTENT, gettext_noop("This channel may not add to the playlist.")),
    "playlistContainsMaximumNumberOfVideos": Meaning(Kind.CONTENT, gettext_noop("The playlist is full.")),
    # Between us
    "alreadyExists": Meaning(Kind.TEMP, gettext_noop("YouTube did not open the upload. Collavo tries again.")),
    "videoNotFound": _GONE,
    "notFound": _GONE,
    "internalError": _BUSY,
    "backendError": _BUSY,
    "processingFailure": _BUSY,
    "serviceUnavailable": _BUSY,
    "SERVICE_UNAVAILABLE": _BUSY,
}
OF_THE_VIDEO = frozenset(reason for reason in MEANINGS if reason.startswith("invalid")) | {"defaultLanguageNotSet"}
BY_STATUS: Mapping[int, Meaning] = {401: _NOT_VALID, 408: _BUSY, 429: _TOO_FAST}
_UPLOADS_PER_DAY = re.compile(r"Video Uploads per day", re.IGNORECASE)
_TAG = re.compile(r"<[^>]*>")


@dataclass(frozen=True)
class ApiError:
    """Google's error envelope. `message` is without HTML."""

    status: int
    reason: str
    domain: str
    message: str

    @property
    def name(self) -> str:
        """The reason, or the status where there is none."""
        if self.reason == "rateLimitExceeded" and _UPLOADS_PER_DAY.search(self.message):
            return UPLOADS_USED_UP
        with_domain = f"{self.domain}/{self.reason}"
        return with_domain if with_domain in MEANINGS else self.reason or str(self.status)


def read(reply: Reply) -> ApiError | None:
    """The error in an answer; None when there is no envelope."""
    error = reply.safe.get("error") if isinstance(reply.safe, dict) else None
    if not isinstance(error, dict):
        return None
    rows = error.get("errors")
    first = rows[0] if isinstance(rows, list) and rows and isinstance(rows[0], dict) else {}
    message = _words(first.get("message")) or _words(error.get("message"))
    return ApiError(reply.status, _words(first.get("reason")), _words(first.get("domain")), message)


def _words(value: Json) -> str:
    return unescape(_TAG.sub("", value)).strip()[:300] if isinstance(value, str) else ""


def describe(reply: Reply) -> Remark:
    """For the dispatch log. A 308 is the upload's "go on"."""
    if error := read(reply):
        return Remark(error.message, error.name)
    return Remark() if reply.ok or reply.status == 308 else Remark(f"HTTP {reply.status}", str(reply.status))


def meaning(error: ApiError) -> Meaning | None:
    """The table's word on an error; None for one that it does not know."""
    if found := MEANINGS.get(error.name):
        return found
    return BY_STATUS.get(error.status) or (_BUSY if error.status >= 500 else None)


def refusal(reply: Reply, now: datetime) -> PlatformError:
    """What an answer other than a clean one means for a call that published nothing."""
    error = read(reply) or ApiError(reply.status, "", "", "")
    found = meaning(error)
    if found is None:
        return NotNow(_unknown(error), code=error.name, until=reply.retry_at)
    return _as_error(found, error, reply.retry_at, now)


def _as_error(found: Meaning, error: ApiError, retry_at: datetime | None, now: datetime) -> PlatformError:
    match found.kind:
        case Kind.AUTH | Kind.ACCOUNT:
            return NeedsRelink(found.sentence, code=error.name)
        case Kind.CONTENT:
            said = _(" It says: “%(message)s”") % {"message": error.message} if error.message else ""
            return Rejected(f"{found.sentence}{said}", code=error.name)
        case Kind.QUOTA:
            return NotNow(found.sentence, code=error.name, until=midnight(now), limit=True)
        case Kind.CHANNEL:
            return NotNow(found.sentence, code=error.name, until=now + DAY, limit=True)
        case Kind.RATE:
            return NotNow(found.sentence, code=error.name, until=retry_at or now + A_LITTLE, limit=True)
        case Kind.TEMP:
            return NotNow(found.sentence, code=error.name, until=retry_at)


def _unknown(error: ApiError) -> str:
    said = _(" It says: “%(message)s”") % {"message": error.message} if error.message else ""
    return _("YouTube refused with an error that Collavo does not know (%(code)s). Collavo tries again.%(said)s") % {
        "code": error.name,
        "said": said,
    }


# --- The commit -----------------------------------------------------------------------------------------------


def doubt(reply: Reply) -> OutcomeUnknown:
    """Every answer to the last piece but a clean one. What became of it is asked of the upload's session."""
    error = read(reply) or ApiError(reply.status, "", "", "")
    found = meaning(error)
    said = found.sentence if found else _unknown(error)
    return OutcomeUnknown(
        _("%(said)s The video may be there all the same: Collavo asks YouTube.") % {"said": said}, code=error.name
    )


def ended(reply: Reply, now: datetime) -> PlatformError | None:
    """What a session says of an upload that ended in a failure; None when the answer does not say that for sure.

    Only what is about the video's own words counts: a quota or a permission may just as well be about the question.
    """
    error = read(reply)
    if error is None or reply.status != 400 or error.name not in OF_THE_VIDEO:
        return None
    return _as_error(MEANINGS[error.name], error, reply.retry_at, now)


def is_for_the_day(error: PlatformError) -> bool:
    """A quota or the channel's own limit: over only tomorrow."""
    found = MEANINGS.get(error.code)
    return found is not None and found.kind in {Kind.QUOTA, Kind.CHANNEL}


# --- Processing -----------------------------------------------------------------------------------------------

FAILURES: Mapping[str, str] = {
    "conversion": gettext_noop("YouTube could not convert the video. Export it again as MP4 (H.264, AAC)."),
    "invalidFile": gettext_noop("YouTube says that the file is no video. Export it again as MP4 (H.264, AAC)."),
    "emptyFile": gettext_noop("YouTube says that the file is empty. Upload it again."),
    "tooSmall": gettext_noop("YouTube says that the file is too small for a video. Export it again."),
    "codec": gettext_noop("YouTube does not know the video's encoding. Export it again as MP4 (H.264, AAC)."),
    "uploadAborted": gettext_noop("YouTube says that the upload was broken off. Try it again."),
}
REJECTIONS: Mapping[str, str] = {
    "copyright": gettext_noop("YouTube has rejected the video for copyright."),
    "inappropriate": gettext_noop("YouTube has rejected the video: it breaks the Community Guidelines."),
    "duplicate": gettext_noop("YouTube has rejected the video: the channel has the same one already. Look there."),
    "termsOfUse": gettext_noop("YouTube has rejected the video: it breaks the Terms of Service."),
    "uploaderAccountSuspended": gettext_noop("YouTube has rejected the video: the channel is suspended."),
    "uploaderAccountClosed": gettext_noop("YouTube has rejected the video: the channel is closed."),
    "length": gettext_noop(
        "YouTube has rejected the video: it is longer than 15 minutes, and the channel's phone number"
        " is not confirmed. Confirm it at youtube.com/verify."
    ),
    "claim": gettext_noop("YouTube has rejected the video: somebody claims rights in it."),
    "trademark": gettext_noop("YouTube has rejected the video for a trademark."),
    "legal": gettext_noop("YouTube has rejected the video for legal reasons."),
}
