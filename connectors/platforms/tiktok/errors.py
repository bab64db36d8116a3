"""What TikTok's error words mean, as tables, and which of our errors each becomes.

The word decides, whatever the HTTP status: caps come with 200. Sources: the references of the init, creator info and
status calls, error handling, OAuth pages (state of August 2026), and failures that users of open-source clients
reported; read 2026-11-20.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from collavo.words import worded
from connectors.http import Remark, Reply
from connectors.platforms.base import Json, NeedsRelink, NotNow, OutcomeUnknown, PlatformError, Rejected


class Kind(Enum):
    """What has to happen next."""

    AUTH = "link the account again"
    RATE = "wait; a quota is used up"
    CONTENT = "change the post or its settings"
    MEDIA = "change the file"
    ACCOUNT = "put the account in order at TikTok"
    SETUP = "the operator has to set something up at TikTok"
    FETCH = "TikTok could not load our address"
    TEMP = "try again"
    LOST = "TikTok does not tell about this post any more"


@worded("sentence")
@dataclass(frozen=True)
class Meaning:
    kind: Kind
    sentence: str
    wait: timedelta | None = None  # TikTok never says how long


MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
_PARAM = Meaning(Kind.CONTENT, gettext_noop("TikTok does not accept a part of this post."))
_NO_SCOPE = Meaning(
    Kind.AUTH,
    gettext_noop("The account's link lacks a permission that this needs. Link it again and leave all of them ticked."),
)
_DAILY_CAP = Meaning(
    Kind.RATE,
    gettext_noop(
        "TikTok takes no more posts from this account for now: it counts those of all apps in a day. Collavo waits one."
    ),
    DAY,
)
_BANNED = Meaning(
    Kind.ACCOUNT,
    gettext_noop("TikTok does not let this account post. Its owner finds the reason, and how to appeal, in the app."),
)
_BUSY = Meaning(Kind.TEMP, gettext_noop("TikTok had a problem of its own. Collavo tries again."))
_LOST = Meaning(Kind.LOST, gettext_noop("TikTok does not tell this account and app about this post."))
_SPAM = Meaning(Kind.CONTENT, gettext_noop("TikTok takes this post for spam and does not want it again. Change it."))
_FETCH = Meaning(
    Kind.FETCH,
    gettext_noop(
        "TikTok could not load the media from this server. Collavo tries again. If it stays so: are "
        "its addresses open to the internet, over HTTPS, without a sign-in and without a redirect, "
        "and fast enough?"
    ),
)

MEANINGS: Mapping[str, Meaning] = {
    "access_token_invalid": Meaning(
        Kind.AUTH, gettext_noop("TikTok no longer accepts this account's link. Link the account again.")
    ),
    "scope_not_authorized": _NO_SCOPE,
    "scope_permission_missed": _NO_SCOPE,
    "invalid_param": _PARAM,  # the references spell it so …
    "invalid_params": _PARAM,  # … and live answers so
    "spam_risk_too_many_posts": _DAILY_CAP,
    "spam_risk_too_many_pending_share": Meaning(
        Kind.RATE,
        gettext_noop(
            "Five drafts of 24 hours wait in this account's TikTok inbox; TikTok takes no more. Post or "
            "delete some; Collavo waits a day."
        ),
        DAY,
    ),
    "spam_risk_user_banned_from_posting": _BANNED,
    "spam_risk": _SPAM,
    "spam_risk_text": Meaning(Kind.CONTENT, gettext_noop("TikTok takes the caption for spam. Change it.")),
    "reached_active_user_cap": Meaning(
        Kind.RATE,
        gettext_noop(
            "TikTok's limit, not ours: this app has posted for as many accounts as TikTok allows it in 24"
            " hours. Collavo waits a day."
        ),
        DAY,
    ),
    "unaudited_client_can_only_post_to_private_accounts": Meaning(
        Kind.ACCOUNT,
        gettext_noop(
            "This TikTok app has not passed TikTok's audit, so it may post to private accounts only. Make"
            " the TikTok account itself private (Settings, Privacy), or choose the inbox."
        ),
    ),
    "privacy_level_option_mismatch": Meaning(
        Kind.CONTENT,
        gettext_noop("TikTok no longer offers this account the chosen audience. Choose again who can see it."),
    ),
    "url_ownership_unverified": Meaning(
        Kind.SETUP,
        gettext_noop(
            "TikTok does not know that the address of the media is ours. Verify it in the TikTok app's "
            "“URL properties” (docs/platforms/tiktok.md)."
        ),
    ),
    "rate_limit_exceeded": Meaning(
        Kind.RATE, gettext_noop("TikTok has had too many calls for now. Collavo waits."), MINUTE
    ),
    "internal_error": _BUSY,
    "invalid_file_upload": Meaning(
        Kind.MEDIA, gettext_noop("TikTok cannot read this file. Export it again as MP4 (H.264, AAC).")
    ),
    "invalid_publish_id": _LOST,
    "token_not_authorized_for_specified_publish_id": _LOST,
    "app_version_check_failed": Meaning(
        Kind.ACCOUNT, gettext_noop("The creator's TikTok app is too old for drafts. Update it, or post directly.")
    ),
}
FAILURES: Mapping[str, Meaning] = {
    "file_format_check_failed": Meaning(
        Kind.MEDIA,
        gettext_noop("TikTok cannot read this file. Export it again as MP4 (H.264, AAC, 30 frames per second)."),
    ),
    "duration_check_failed": Meaning(
        Kind.MEDIA, gettext_noop("The video is too long or too short for this account. Cut it anew.")
    ),
    "frame_rate_check_failed": Meaning(
        Kind.MEDIA, gettext_noop("TikTok takes 23 to 60 frames per second. Export the video with 30.")
    ),
    "picture_size_check_failed": Meaning(
        Kind.MEDIA,
        gettext_noop("A picture is too large (or too small) for TikTok. Export all within 1080 × 1920 pixels."),
    ),
    "video_pull_failed": _FETCH,
    "photo_pull_failed": _FETCH,
    "internal": _BUSY,
    "auth_removed": Meaning(Kind.AUTH, gettext_noop("The creator took the app's access back. Link the account again.")),
    "spam_risk_too_many_posts": _DAILY_CAP,
    "spam_risk_user_banned_from_posting": _BANNED,
    "spam_risk_text": MEANINGS["spam_risk_text"],
    "spam_risk": _SPAM,
    "publish_cancelled": Meaning(Kind.CONTENT, gettext_noop("It was cancelled at TikTok.")),
    "app_version_check_failed": MEANINGS["app_version_check_failed"],
}
LAST = frozenset({Kind.CONTENT, Kind.MEDIA, Kind.ACCOUNT, Kind.SETUP, Kind.LOST})


@dataclass(frozen=True)
class Said:
    """What the envelope of an answer says."""

    code: str
    message: str = ""
    log_id: str = ""  # TikTok's support asks for it

    @property
    def ok(self) -> bool:
        return self.code == "ok"


def read(reply: Reply) -> Said | None:
    """The envelope's `error`, or OAuth's flat one; None when there is neither."""
    body = reply.safe if isinstance(reply.safe, dict) else {}
    error = body.get("error")
    if isinstance(error, dict):
        return Said(_words(error.get("code")), _words(error.get("message")), _words(error.get("log_id")))
    if isinstance(error, str) and error:
        return Said(error, _words(body.get("error_description")), _words(body.get("log_id")))
    return None


def _words(value: Json) -> str:
    return value.strip()[:300] if isinstance(value, str) else ""


def describe(reply: Reply) -> Remark:
    """For the dispatch log."""
    said = read(reply)
    if said is None:
        return Remark() if reply.ok else Remark(f"HTTP {reply.status}", str(reply.status))
    return Remark(correlation_id=said.log_id) if said.ok else Remark(said.message or said.code, said.code, said.log_id)


# --- Answers ----------------------------------------------------------------------------------------------------


def refusal(reply: Reply, now: datetime) -> PlatformError:
    """What an answer other than a clean one means, for a call after which the world sees nothing."""
    said = read(reply)
    if said is None or said.ok or not said.code:
        if reply.status == 429:
            return _as_error(MEANINGS["rate_limit_exceeded"], "rate_limit_exceeded", reply.retry_at, now)
        return NotNow(
            _("TikTok gave an answer that says nothing. Collavo tries again."),
            code=str(reply.status),
            until=reply.retry_at,
        )
    return by_code(said, now, reply.retry_at)


def by_code(said: Said, now: datetime, until: datetime | None = None) -> PlatformError:
    found = MEANINGS.get(said.code)
    if found is None:
        text = _("TikTok refused with an error that Collavo does not know (%(code)s). Collavo tries again.") % {
            "code": said.code
        }
        return NotNow(text, code=said.code, until=until)
    error = _as_error(found, said.code, until, now)
    if found is _PARAM and said.message:
        return Rejected(
            _("%(sentence)s It says: “%(message)s”") % {"sentence": found.sentence, "message": said.message},
            code=said.code,
        )
    return error


def of_commit(reply: Reply, now: datetime) -> PlatformError:
    """The same for a call after which it may go live: only a refusal that the table knows counts as one.

    5xx, `internal_error`, silence and words that nobody documented may stand for a post that is on its way.
    """
    said = read(reply)
    found = MEANINGS.get(said.code) if said else None
    if said is None or found is None or found.kind is Kind.TEMP:
        text = _("TikTok did not say whether it has taken the post. It may go live.")
        return OutcomeUnknown(text, code=said.code if said else str(reply.status))
    return by_code(said, now, reply.retry_at)


def _as_error(found: Meaning, code: str, until: datetime | None, now: datetime) -> PlatformError:
    if found.kind is Kind.AUTH:
        return NeedsRelink(found.sentence, code=code)
    if found.kind in LAST:
        return Rejected(found.sentence, code=code)
    moment = until or (now + found.wait if found.wait else None)
    return NotNow(found.sentence, code=code, until=moment, limit=found.kind is Kind.RATE)


def failure(reason: str, now: datetime) -> PlatformError:
    """Why a publish is FAILED: surely nothing is live. NotNow: it may be begun anew."""
    found = FAILURES.get(reason)
    if found is None:
        return Rejected(
            _("TikTok could not publish it and gives a reason that Collavo does not know (%(reason)s).")
            % {"reason": reason},
            code=reason,
        )
    if found.kind is Kind.AUTH:
        return Rejected(_("%(sentence)s Then try it again.") % {"sentence": found.sentence}, code=reason)
    return _as_error(found, reason, None, now)


def is_lost(error: PlatformError) -> bool:
    """TikTok knows no such publish, or not for this account and app."""
    found = MEANINGS.get(error.code)
    return found is not None and found.kind is Kind.LOST


def lacks_scope(error: PlatformError) -> bool:
    return error.code in {"scope_not_authorized", "scope_permission_missed"}
