"""What must be true before a post goes out. One function for the form, the board, the API and the claim."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from approvals.models import Version
from approvals.rights import local_day
from approvals.seal import seal_of
from approvals.studios.fixes import Fix
from connectors.models import Connector
from connectors.platforms.base import Content, Json
from connectors.platforms.problems import problems
from publishing.limits import forecast
from publishing.models import Post, Way


class Level(StrEnum):
    OK = "ok"
    WARN = "warn"
    BLOCK = "block"


# What still counts when a person posts it: the rest of the platform's rules is about its API.
HAND_CODES = {
    "format_not_supported", "too_few_media", "too_many_media", "caption_too_long", "too_many_hashtags",
    "too_many_mentions", "option_unknown", "option_invalid",
}  # fmt: skip
CHOSEN = gettext_noop("It was chosen to be posted by hand.")


@dataclass(frozen=True)
class Check:
    """One thing that was looked at. `text` is a sentence; for a block it says what to do."""

    level: Level
    code: str
    text: str
    fix: Fix | None = None  # what would mend it, where a page asks (see `mending.py`)

    @property
    def blocks(self) -> bool:
        return self.level == Level.BLOCK


class Blocked(Exception):
    """It must not go out. str(error) is every reason, as sentences."""

    def __init__(self, checks: list[Check]) -> None:
        self.checks = [c for c in checks if c.blocks]
        super().__init__(" ".join(c.text for c in self.checks))


def preflight(
    version: Version, connector: Connector, *, at: datetime | None = None,
    options: Mapping[str, Json] | None = None, way: str = Way.API,
) -> list[Check]:  # fmt: skip
    """Everything that speaks for and against sending `version` to `connector` at `at` (now when None).

    Asks no network. `options` are the post's own, laid over the version's sealed ones. What goes by hand (because
    `way` says so, or the platform's rules do) needs no working account, and none of what only an API wants.
    """
    moment = at or timezone.now()
    own = version.content()
    content = _with_options(own, options or {})
    why = why_by_hand(content, connector, way)
    return [
        _approval(version),
        _seal(version, own),
        _connector(connector, version, moment, by_hand=bool(why)),
        *([Check(Level.WARN, "by_hand", why)] if why else []),
        *_format_and_media(content, connector, by_hand=bool(why)),
        rights_check(version, connector, moment),
        *(_window(connector, at) if at and not why else []),
    ]


def why_by_hand(content: Content, connector: Connector, way: str = Way.API) -> str:
    """Why a person has to post this, as a sentence; "" when the API does."""
    line = connector.by_hand(content)
    return line.why if line else (_(CHOSEN) if way == Way.HAND else "")


def checks_for(post: Post, *, way: str = "") -> list[Check]:
    """The preflight of this post, with its own seal. `way`: when it is about to go another way than it was placed."""
    checks = preflight(post.version, post.connector, options=post.options, way=way or post.way)
    if post.seal != post_seal(post.version, post.connector_id, post.options, post.way):
        text = _(
            "The seal is broken: account or options were changed after scheduling. Cancel it and schedule it again."
        )
        checks.append(Check(Level.BLOCK, "seal_broken", text))
    return checks


def require_clear(checks: list[Check]) -> None:
    """Raise Blocked when any check blocks."""
    if any(check.blocks for check in checks):
        raise Blocked(checks)


def refusal(blocking: list[Check]) -> str:
    """What is told of a post that must not go out."""
    return " ".join([*(c.text for c in blocking), _("Nothing was sent.")])


def post_content(version: Version, options: Mapping[str, Json]) -> Content:
    """The version's content with the post's options laid over its own."""
    return _with_options(version.content(), options)


def _with_options(content: Content, options: Mapping[str, Json]) -> Content:
    return Content(content.format, content.caption, content.media, {**content.options, **options})


def hides(post: Post) -> bool:
    """Whether nobody but the account's owner sees what goes out for it now, for want of the platform's audit."""
    connector = post.connector
    return connector.private_only and connector.spec.rules.unaudited_hides(post_content(post.version, post.options))


def post_seal(version: Version, connector_id: UUID, options: Mapping[str, Json], way: str = Way.API) -> str:
    """Covers what scheduling adds to the approved version: the account, the post's own options, and that it goes by
    hand."""
    parts = [version.seal, str(connector_id), options, *([str(way)] if way != Way.API else [])]
    said = json.dumps(parts, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(said.encode()).hexdigest()


def _approval(version: Version) -> Check:
    if version.asset.discarded:
        return Check(Level.BLOCK, "discarded", _("This asset is discarded. Bring it back before it is published."))
    if not version.approved:
        status = version.get_status_display().lower()
        return Check(
            Level.BLOCK,
            "not_approved",
            _("This version is not approved (it is %(status)s). Accept it first.") % {"status": status},
        )
    return Check(Level.OK, "approved", _("Approved and locked"))


def _seal(version: Version, content: Content) -> Check:
    """`content`: what the version says now."""
    if version.approved and version.seal != seal_of(content):
        return Check(
            Level.BLOCK,
            "seal_broken",
            _("The seal is broken: this version was changed after its approval. Submit the change as a new version."),
        )
    return Check(Level.OK, "sealed", _("Exactly as approved") if version.approved else _("Sealed on approval"))


def _connector(connector: Connector, version: Version, moment: datetime, *, by_hand: bool) -> Check:
    if connector.workspace_id != version.workspace_id:
        return Check(Level.BLOCK, "other_workspace", _("This account belongs to another workspace."))
    if by_hand:
        return Check(
            Level.OK,
            "connector_not_needed",
            _("Posted in the app, as %(account)s: no link is needed") % {"account": connector.handle},
        )
    if problem := connector.problem(moment):
        return Check(Level.BLOCK, "connector_not_active", problem)
    return Check(Level.OK, "connector_active", _("%(account)s is active") % {"account": connector})


def _format_and_media(content: Content, connector: Connector, *, by_hand: bool) -> list[Check]:
    found = problems(content, connector.spec.rules, name=connector.spec.name)
    if by_hand:
        found = [p for p in found if p.code in HAND_CODES]
    if not found:
        n = len(content.media)
        what = _("%(count)s media") % {"count": n} if n > 1 else (_(content.media[0].kind) if n else _("text"))
        text = _("%(platform)s takes this %(format)s (%(what)s)") % {
            "platform": connector.spec.name,
            "format": _(content.format),
            "what": what,
        }
        return [Check(Level.OK, "media_accepted", text)]
    return [Check(Level.BLOCK if p.blocks else Level.WARN, p.code, p.message) for p in found]


def _window(connector: Connector, at: datetime) -> list[Check]:
    """Said beforehand: whether the account's day will have room at the planned moment. Never blocks: it would wait."""
    expected = forecast(connector, at)
    if expected is None:
        return []
    figures = {"planned": expected.planned, "most": expected.most}
    if expected.full:
        text = _(
            "%(planned)s of %(most)s posts are made or planned in the 24 hours before: this one would wait until the "
            "account has room again"
        )
        return [Check(Level.WARN, "window_full", text % figures)]
    text = _("%(planned)s of %(most)s posts are made or planned in the 24 hours before")
    return [Check(Level.OK, "window_has_room", text % figures)]


def rights_check(version: Version, connector: Connector, moment: datetime) -> Check:
    """Whether the recorded rights cover this channel on that day."""
    rights = list(version.asset.rights.all())
    day = local_day(moment, version.workspace)
    if not rights:
        return Check(Level.WARN, "no_rights", _("No usage rights are recorded for this asset"))
    if any(r.covers(connector.platform, day) for r in rights):
        ends = [r.ends_on for r in rights if r.covers(connector.platform, day)]
        text = _("Rights cover %(platform)s") % {"platform": connector.spec.name}
        if None not in ends:
            last = date_format(max(e for e in ends if e), "d M Y")
            text = _("Rights cover %(platform)s until %(day)s") % {"platform": connector.spec.name, "day": last}
        return Check(Level.OK, "rights_cover", text)
    return Check(Level.BLOCK, "rights_missing", rights_missing(version, connector, moment))


def rights_missing(version: Version, connector: Connector, moment: datetime) -> str:
    """What is said when rights are recorded and none covers this channel on that day."""
    day = local_day(moment, version.workspace)
    return _(
        "The recorded rights do not cover %(platform)s on %(day)s. Choose another day or channel, or add "
        "the rights to the asset."
    ) % {"platform": connector.spec.name, "day": date_format(day, "d M Y")}
