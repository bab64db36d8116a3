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

from approvals.models import Version, local_day
from connectors.models import Connector
from connectors.platforms.base import Content, Json
from connectors.platforms.problems import problems
from publishing.limits import forecast


class Level(StrEnum):
    OK = "ok"
    WARN = "warn"
    BLOCK = "block"


NOT_YET = {"by_hand"}  # what the API cannot post has no way out until hand-offs are built: better said than tried


@dataclass(frozen=True)
class Check:
    """One thing that was looked at. `text` is a sentence; for a block it says what to do."""

    level: Level
    code: str
    text: str

    @property
    def blocks(self) -> bool:
        return self.level == Level.BLOCK


class Blocked(Exception):
    """It must not go out. str(error) is every reason, as sentences."""

    def __init__(self, checks: list[Check]) -> None:
        self.checks = [c for c in checks if c.blocks]
        super().__init__(" ".join(c.text for c in self.checks))


def preflight(
    version: Version, connector: Connector, *, at: datetime | None = None, options: Mapping[str, Json] | None = None
) -> list[Check]:
    """Everything that speaks for and against sending `version` to `connector` at `at` (now when None).

    Asks no network. `options` are the post's own, laid over the version's sealed ones.
    """
    moment = at or timezone.now()
    content = post_content(version, options or {})
    return [
        _approval(version),
        _seal(version),
        _connector(connector, version, moment),
        *_format_and_media(content, connector),
        rights_check(version, connector, moment),
        *(_window(connector, at) if at else []),
    ]


def require_clear(checks: list[Check]) -> None:
    """Raise Blocked when any check blocks."""
    if any(check.blocks for check in checks):
        raise Blocked(checks)


def post_content(version: Version, options: Mapping[str, Json]) -> Content:
    """The version's content with the post's options laid over its own."""
    content = version.content()
    return Content(content.format, content.caption, content.media, {**content.options, **options})


def post_seal(version: Version, connector_id: UUID, options: Mapping[str, Json]) -> str:
    """Covers what scheduling adds to the approved version: the account and the post's own options."""
    said = json.dumps([version.seal, str(connector_id), options], sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(said.encode()).hexdigest()


def _approval(version: Version) -> Check:
    if version.asset.discarded:
        return Check(Level.BLOCK, "discarded", "This asset is discarded. Bring it back before it is published.")
    if not version.approved:
        status = version.get_status_display().lower()
        return Check(Level.BLOCK, "not_approved", f"This version is not approved (it is {status}). Accept it first.")
    return Check(Level.OK, "approved", "Approved and locked")


def _seal(version: Version) -> Check:
    if version.approved and not version.seal_holds:
        return Check(
            Level.BLOCK,
            "seal_broken",
            "The seal is broken: this version was changed after its approval. Submit the change as a new version.",
        )
    return Check(Level.OK, "sealed", "Exactly as approved" if version.approved else "Sealed on approval")


def _connector(connector: Connector, version: Version, moment: datetime) -> Check:
    if connector.workspace_id != version.workspace_id:
        return Check(Level.BLOCK, "other_workspace", "This account belongs to another workspace.")
    if problem := connector.problem(moment):
        return Check(Level.BLOCK, "connector_not_active", problem)
    return Check(Level.OK, "connector_active", f"{connector} is active")


def _format_and_media(content: Content, connector: Connector) -> list[Check]:
    found = problems(content, connector.spec.rules, name=connector.spec.name)
    if not found:
        n = len(content.media)
        what = f"{n} media" if n > 1 else (content.media[0].kind if n else "text")
        return [Check(Level.OK, "media_accepted", f"{connector.spec.name} takes this {content.format} ({what})")]
    return [Check(Level.BLOCK if p.blocks or p.code in NOT_YET else Level.WARN, p.code, p.message) for p in found]


def _window(connector: Connector, at: datetime) -> list[Check]:
    """Said beforehand: whether the account's day will have room at the planned moment. Never blocks: it would wait."""
    expected = forecast(connector, at)
    if expected is None:
        return []
    figures = f"{expected.planned} of {expected.most} posts are made or planned in the 24 hours before"
    if expected.full:
        return [Check(Level.WARN, "window_full", f"{figures}: this one would wait until the account has room again")]
    return [Check(Level.OK, "window_has_room", figures)]


def rights_check(version: Version, connector: Connector, moment: datetime) -> Check:
    """Whether the recorded rights cover this channel on that day."""
    rights = list(version.asset.rights.all())
    day = local_day(moment, version.workspace)
    if not rights:
        return Check(Level.WARN, "no_rights", "No usage rights are recorded for this asset")
    if any(r.covers(connector.platform, day) for r in rights):
        ends = [r.ends_on for r in rights if r.covers(connector.platform, day)]
        until = "" if None in ends else f" until {max(e for e in ends if e):%d %b %Y}"
        return Check(Level.OK, "rights_cover", f"Rights cover {connector.spec.name}{until}")
    return Check(Level.BLOCK, "rights_missing", rights_missing(version, connector, moment))


def rights_missing(version: Version, connector: Connector, moment: datetime) -> str:
    """What is said when rights are recorded and none covers this channel on that day."""
    day = local_day(moment, version.workspace)
    return (
        f"The recorded rights do not cover {connector.spec.name} on {day:%d %b %Y}. Choose another day or channel, "
        "or add the rights to the asset."
    )
