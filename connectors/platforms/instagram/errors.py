"""What Instagram's error numbers mean, as a table, and which of our errors each becomes.

Numbers are the only key: messages are localised. Sources: Meta's error reference (2 June 2026), Graph error handling
and rate limiting pages, and failures that users of open-source clients reported; read 2026-11-20.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import Any

from django.utils.translation import gettext, gettext_noop

from collavo.words import worded
from connectors.http import Remark, Reply
from connectors.platforms.base import Json, NeedsRelink, NotNow, OutcomeUnknown, PlatformError, Rejected


class Kind(Enum):
    """What has to happen next, when the answer came before the commit."""

    AUTH = "link the account again"
    PERM = "link the account again with more permissions, or give it back its role"
    ACCOUNT = "put the account in order, then link it again"
    RATE = "wait; a quota is used up"
    BLOCK = "wait long"
    MEDIA = "change the file"
    CONTENT = "change the text or the options"
    FETCH = "Instagram could not load our address"
    STATE = "make the container again"
    TEMP = "try again"


@worded("sentence")
@dataclass(frozen=True)
class Meaning:
    kind: Kind
    sentence: str
    wait: timedelta | None = None  # when the platform names no moment itself


ANY = 0  # a code with any other subcode, or a subcode under any other code
HOUR, DAY = timedelta(hours=1), timedelta(days=1)

_BUSY = Meaning(Kind.TEMP, gettext_noop("Instagram had a problem of its own. Collavo tries again."))
_THROTTLED = Meaning(Kind.RATE, gettext_noop("Instagram has had too many calls for now. Collavo waits."), HOUR)
_NO_PERMISSION = Meaning(
    Kind.PERM,
    gettext_noop("The account's link lacks a permission that this needs. Link it again and grant all that is asked."),
)
_FAULTY_VIDEO = Meaning(
    Kind.MEDIA, gettext_noop("Instagram cannot process this video. Export it again as MP4 (H.264, AAC).")
)
_FAULTY_FILE = Meaning(
    Kind.MEDIA, gettext_noop("Meta cannot take this file: its size, length or shape. Export it again.")
)
_UNLOADABLE = Meaning(
    Kind.FETCH,
    gettext_noop(
        "Instagram could not load the media from this server. Collavo tries again. If it stays so: is"
        " MEDIA_BASE_URL open to the internet, over HTTPS, without a sign-in in front?"
    ),
)
_RESTRICTED = Meaning(
    Kind.ACCOUNT,
    gettext_noop("Instagram has restricted the account. Log in to Instagram, follow its steps, then link it again."),
)
_CANNOT_FIND = Meaning(
    Kind.TEMP, gettext_noop("Instagram does not find it, or does not show it, at the moment. Collavo tries again.")
)

_NOT_FOUND = Meaning(Kind.STATE, gettext_noop("Instagram does not find what was prepared. Collavo prepares it again."))
PRODUCTS = (80000, 80001, 80002, 80003, 80004, 80005, 80006, 80008, 80009, 80014)  # one limit per product of Meta's

MEANINGS: Mapping[tuple[int, int], Meaning] = {
    # The link
    (190, ANY): Meaning(
        Kind.AUTH,
        gettext_noop("Instagram no longer accepts this account's link. Link the account again; its posts wait."),
    ),
    (102, ANY): Meaning(
        Kind.AUTH,
        gettext_noop("Instagram no longer accepts this account's link. Link the account again; its posts wait."),
    ),
    (190, 463): Meaning(
        Kind.AUTH, gettext_noop("The account's link has expired. Link the account again; its posts wait.")
    ),
    (190, 467): Meaning(
        Kind.AUTH, gettext_noop("The account's link is no longer valid. Link the account again; its posts wait.")
    ),
    (190, 460): Meaning(
        Kind.AUTH,
        gettext_noop(
            "The account's password was changed, which ended the link. Link the account again; its posts wait."
        ),
    ),
    (190, 458): Meaning(
        Kind.AUTH, gettext_noop("The app was removed from the account. Link the account again; its posts wait.")
    ),
    (190, 459): Meaning(
        Kind.ACCOUNT, gettext_noop("Instagram asks the account's owner to log in and confirm it. Then link it again.")
    ),
    (190, 464): Meaning(
        Kind.ACCOUNT, gettext_noop("The account is not confirmed. Confirm it at Instagram, then link it again.")
    ),
    (190, 492): Meaning(
        Kind.PERM, gettext_noop("The person who linked the account has lost their role on its Page. Link it again.")
    ),
    (10, ANY): _NO_PERMISSION,
    (3, ANY): _NO_PERMISSION,
    (283, ANY): _NO_PERMISSION,
    (ANY, 1404078): Meaning(
        Kind.ACCOUNT, gettext_noop("The Page needs “Page Publishing Authorization” at Facebook. Then link it again.")
    ),
    (ANY, 4854002): Meaning(
        Kind.ACCOUNT, gettext_noop("Facebook asks for the Page owner's identity. Confirm it, then link it again.")
    ),
    (ANY, 1404006): Meaning(
        Kind.ACCOUNT, gettext_noop("Facebook asks for a security check. Pass it, then link the account again.")
    ),
    (25, 2207050): _RESTRICTED,
    (ANY, 4279013): _RESTRICTED,
    (ANY, 4476002): Meaning(
        Kind.ACCOUNT,
        gettext_noop(
            "Meta knows no app with this id here. An operator checks the app's id and secret; then link "
            "the account again."
        ),
    ),
    # How much
    **{(code, ANY): _THROTTLED for code in (4, 17, 32, 341, 613, *PRODUCTS)},
    (9, 2207042): Meaning(
        Kind.RATE, gettext_noop("Instagram's daily number of posts for this account is used up."), HOUR
    ),
    (4, 2207051): Meaning(
        Kind.BLOCK,
        gettext_noop(
            "Instagram takes this account's activity for spam and has blocked it for now. Collavo waits a day."
        ),
        DAY,
    ),
    (368, ANY): Meaning(Kind.BLOCK, gettext_noop("Instagram has blocked this action for now. Collavo waits."), HOUR),
    (368, 1390008): Meaning(
        Kind.BLOCK, gettext_noop("Instagram finds that this account posts too fast. Collavo waits."), HOUR / 4
    ),
    (368, 1404112): Meaning(
        Kind.BLOCK, gettext_noop("Instagram has limited this account for now. Collavo waits a day."), DAY
    ),
    # What was sent
    (ANY, 1346003): Meaning(Kind.CONTENT, gettext_noop("Instagram takes this content for abusive. Change it.")),
    (ANY, 1404102): Meaning(
        Kind.CONTENT, gettext_noop("Instagram says that this content breaks its standards. Change it.")
    ),
    (100, ANY): Meaning(Kind.CONTENT, gettext_noop("Instagram does not accept a part of this post.")),
    (ANY, 2207023): Meaning(
        Kind.CONTENT, gettext_noop("Instagram does not accept this kind of media here. Choose another format.")
    ),
    (ANY, 2207028): Meaning(
        Kind.CONTENT, gettext_noop("Instagram takes 2 to 10 media in a carousel. Change their number.")
    ),
    (ANY, 2207040): Meaning(Kind.CONTENT, gettext_noop("The caption has more than 20 @mentions. Remove some.")),
    **{
        (ANY, subcode): Meaning(
            Kind.CONTENT, gettext_noop("Instagram does not accept the tagged products. Remove them.")
        )
        for subcode in (2207035, 2207036, 2207037)
    },
    (36004, ANY): Meaning(
        Kind.CONTENT, gettext_noop("The caption is too long for Instagram. Shorten it to 2200 characters.")
    ),
    (ANY, 2207010): Meaning(
        Kind.CONTENT, gettext_noop("The caption is too long for Instagram. Shorten it to 2200 characters.")
    ),
    (ANY, 2207081): Meaning(Kind.CONTENT, gettext_noop("This account may not post trial reels. Remove that option.")),
    (197, ANY): Meaning(Kind.CONTENT, gettext_noop("Meta says that the post is empty. Write a caption or add media.")),
    (506, ANY): Meaning(
        Kind.CONTENT, gettext_noop("The same text was posted just now. Look at the account; else change the text.")
    ),
    (ANY, 1609008): Meaning(
        Kind.CONTENT, gettext_noop("Meta takes no links to Facebook itself here. Remove the link.")
    ),
    **{(code, ANY): _FAULTY_FILE for code in (382, 6000, 6001)},
    **{(ANY, subcode): _FAULTY_FILE for subcode in (1363040, 1363127, 1363128, 1363129)},
    (ANY, 1366046): Meaning(Kind.MEDIA, gettext_noop("The picture is larger than 4 MB. Save it smaller.")),
    (36000, ANY): Meaning(Kind.MEDIA, gettext_noop("The picture is larger than 8 MB. Save it smaller.")),
    (ANY, 2207004): Meaning(Kind.MEDIA, gettext_noop("The picture is larger than 8 MB. Save it smaller.")),
    (36001, ANY): Meaning(Kind.MEDIA, gettext_noop("Instagram takes JPEG pictures only. Save it as JPEG.")),
    (ANY, 2207005): Meaning(Kind.MEDIA, gettext_noop("Instagram takes JPEG pictures only. Save it as JPEG.")),
    (36003, ANY): Meaning(Kind.MEDIA, gettext_noop("Instagram takes pictures from 4:5 to 1.91:1. Crop it.")),
    (ANY, 2207009): Meaning(Kind.MEDIA, gettext_noop("Instagram takes pictures from 4:5 to 1.91:1. Crop it.")),
    (352, ANY): _FAULTY_VIDEO,
    (ANY, 2207026): _FAULTY_VIDEO,
    (ANY, 2207077): _FAULTY_VIDEO,
    (ANY, 2207082): _FAULTY_VIDEO,
    (ANY, 2207085): _FAULTY_VIDEO,
    (ANY, 2207057): Meaning(
        Kind.MEDIA, gettext_noop("The cover's moment is not within the video. Choose an earlier one.")
    ),
    # Between us
    (-2, 2207003): Meaning(
        Kind.FETCH,
        gettext_noop(
            "Instagram took too long to load the media from this server. Collavo tries again. If it stays"
            " so: is it fast enough?"
        ),
    ),
    (ANY, 2207052): _UNLOADABLE,
    (9004, ANY): _UNLOADABLE,
    (389, ANY): _UNLOADABLE,
    (ANY, 1609005): Meaning(
        Kind.FETCH, gettext_noop("Meta could not load the page behind the link. Collavo tries again.")
    ),
    (ANY, 2207020): Meaning(
        Kind.STATE, gettext_noop("What was prepared at Instagram has expired. Collavo prepares it again.")
    ),
    (ANY, 2207008): Meaning(
        Kind.STATE, gettext_noop("Instagram has lost what was prepared. Collavo prepares it again.")
    ),
    (ANY, 2207006): _NOT_FOUND,
    (ANY, 4279009): _NOT_FOUND,
    (ANY, 1366051): Meaning(
        Kind.STATE, gettext_noop("These pictures were used in a post already. Collavo looks for it.")
    ),
    (ANY, 2207027): Meaning(Kind.TEMP, gettext_noop("Instagram has not finished processing. Collavo tries again.")),
    (100, 33): _CANNOT_FIND,
    (1, ANY): _BUSY,
    (2, ANY): _BUSY,
    (-1, ANY): _BUSY,
    (ANY, 2207001): _BUSY,
    (ANY, 2207032): Meaning(
        Kind.STATE, gettext_noop("Instagram could not prepare the media. Collavo prepares it again.")
    ),
    (ANY, 2207053): Meaning(
        Kind.STATE, gettext_noop("Instagram could not take the upload. Collavo prepares it again.")
    ),
}
OWN_SUBCODE = 1_000_000  # from here on a subcode means the same under every code
LAST = {Kind.MEDIA: Rejected, Kind.CONTENT: Rejected}
LINK = frozenset({Kind.AUTH, Kind.PERM, Kind.ACCOUNT})


@dataclass(frozen=True)
class GraphError:
    """Meta's error envelope, without what is secret in it."""

    code: int
    subcode: int
    message: str
    transient: bool
    trace: str

    @property
    def name(self) -> str:
        """ "190/463", or "190" without a subcode."""
        return f"{self.code}/{self.subcode}" if self.subcode else str(self.code)


def read(reply: Reply) -> GraphError | None:
    """The error in an answer, whatever its HTTP status. None when there is no envelope."""
    error = reply.safe.get("error") if isinstance(reply.safe, dict) else None
    if not isinstance(error, dict):
        return None
    return GraphError(
        code=_number(error.get("code")),
        subcode=_number(error.get("error_subcode")),
        message=_words(error.get("error_user_msg")) or _words(error.get("message")),
        transient=error.get("is_transient") is True,
        trace=_words(error.get("fbtrace_id")),
    )


def _number(value: Json) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) else 0


def _words(value: Json) -> str:
    return value.strip()[:300] if isinstance(value, str) else ""


def describe(reply: Reply) -> Remark:
    """For the dispatch log."""
    if error := read(reply):
        return Remark(error.message, error.name, error.trace)
    return Remark() if reply.ok else Remark(f"HTTP {reply.status}", str(reply.status))


def meaning(code: int, subcode: int) -> Meaning | None:
    """The table's word on an error; None for one that it does not know."""
    if found := MEANINGS.get((code, subcode)) if subcode else None:
        return found
    if subcode >= OWN_SUBCODE and (found := MEANINGS.get((ANY, subcode))):
        return found
    return MEANINGS.get((code, ANY)) or (_NO_PERMISSION if 200 <= code <= 299 else None)


def _by_name(name: str) -> Meaning | None:
    """From "190/463", as in `PlatformError.code`."""
    code, _, subcode = name.partition("/")
    try:
        return meaning(int(code), int(subcode or 0))
    except ValueError:
        return None


# --- Before the commit ----------------------------------------------------------------------------------------


def refusal(reply: Reply, now: datetime) -> PlatformError:
    """What an answer other than a clean one means for a call that published nothing."""
    error = read(reply)
    if error is None:
        return _wordless(reply, now)
    found = meaning(error.code, error.subcode)
    if found is None:
        return NotNow(_unknown(error), code=error.name, until=reply.retry_at)
    if found.kind in LAST and error.transient:
        return NotNow(
            gettext("%(sentence)s It may pass: Collavo tries again.") % {"sentence": found.sentence},
            code=error.name,
            until=reply.retry_at,
        )
    until = regained_at(reply, now) or reply.retry_at
    message = found.sentence
    if (error.code, found.kind) == (100, Kind.CONTENT) and error.message:
        message = gettext("%(sentence)s It says: “%(message)s”") % {
            "sentence": found.sentence,
            "message": error.message,
        }
    return _as_error(found, message, error.name, until, now)


def _wordless(reply: Reply, now: datetime) -> PlatformError:
    """No envelope: a proxy, an outage page, or success without what was asked for."""
    if reply.status == 429:
        return NotNow(_THROTTLED.sentence, code="429", until=reply.retry_at or now + HOUR, limit=True)
    return NotNow(
        gettext("Instagram gave an answer that says nothing. Collavo tries again."),
        code=str(reply.status),
        until=reply.retry_at,
    )


def _unknown(error: GraphError) -> str:
    said = gettext(" It says: “%(message)s”") % {"message": error.message} if error.message else ""
    return gettext(
        "Instagram refused with an error that Collavo does not know (%(code)s). Collavo tries again.%(said)s"
    ) % {
        "code": error.name,
        "said": said,
    }


def _as_error(found: Meaning, message: str, name: str, until: datetime | None, now: datetime) -> PlatformError:
    if found.kind in LINK:
        return NeedsRelink(message, code=name)
    if found.kind in LAST:
        return Rejected(message, code=name)
    moment = until or (now + found.wait if found.wait else None)
    return NotNow(message, code=name, until=moment, limit=found.kind is Kind.RATE)


def regained_at(reply: Reply, now: datetime) -> datetime | None:
    """When the account may call again, by `estimated_time_to_regain_access`, which is in minutes."""
    usage = reply.usage.get("X-Business-Use-Case-Usage")
    entries = [entry for group in usage.values() for entry in _list(group)] if isinstance(usage, dict) else []
    minutes = [_number(e.get("estimated_time_to_regain_access")) for e in entries if isinstance(e, dict)]
    longest = min(max(minutes, default=0), 7 * 24 * 60)
    return now + timedelta(minutes=longest) if longest > 0 else None


def _list(value: Json) -> list[Any]:
    return value if isinstance(value, list) else []


# --- The commit -----------------------------------------------------------------------------------------------


def doubt(reply: Reply) -> OutcomeUnknown:
    """Every answer to the commit but a clean one: live posts have been seen behind 400, 500 and 4/2207051."""
    error = read(reply)
    name = error.name if error else str(reply.status)
    found = meaning(error.code, error.subcode) if error else None
    said = (
        found.sentence
        if found
        else (_unknown(error) if error else gettext("Instagram gave an answer that says nothing."))
    )
    return OutcomeUnknown(
        gettext("%(said)s The post may be public all the same: Collavo asks Instagram.") % {"said": said}, code=name
    )


def after_commit(name: str, now: datetime) -> PlatformError | None:
    """What the commit's error meant, once it is sure that nothing is live. None: the commit may be sent again."""
    found = _by_name(name)
    if found is None or found.kind in {Kind.AUTH, Kind.TEMP, Kind.STATE, Kind.FETCH}:
        return None
    return _as_error(found, found.sentence, name, None, now)


# --- Containers -----------------------------------------------------------------------------------------------

_SUBCODE = re.compile(r"(?<!\d)2207\d{3}(?!\d)")


def container_error(status: str, now: datetime) -> PlatformError:
    """Why a container is in ERROR: its status text carries the subcode. Its steps must run again, hence NotNow."""
    numbers = _SUBCODE.findall(status)
    subcode = int(numbers[-1]) if numbers else 0
    found = MEANINGS.get((ANY, subcode)) or next(
        (m for (_, s), m in MEANINGS.items() if subcode and s == subcode), None
    )
    if found is None:
        return NotNow(
            gettext("Instagram could not process the media. Collavo tries again."),
            code=str(subcode or gettext("ERROR")),
        )
    return _as_error(found, found.sentence, str(subcode), None, now)


# --- Questions about an error ---------------------------------------------------------------------------------


def kind_of(error: PlatformError) -> Kind | None:
    """By the error's code; None for one that the table does not know."""
    found = _by_name(error.code)
    return found.kind if found else None


def is_dead(error: PlatformError) -> bool:
    """The link itself is dead, as against a single thing that it may not do."""
    return isinstance(error, NeedsRelink) and kind_of(error) is not Kind.PERM


def tells_nothing(error: PlatformError) -> bool:
    """A read was refused in a way that will not pass soon, and that says nothing of what was to be read."""
    return isinstance(error, Rejected) or kind_of(error) is Kind.PERM or error.code == "100/33"
