"""What the steps keep between them, and how to read it back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from connectors.platforms.base import COMMITTED, Journal, Json
from connectors.platforms.tiktok.chunks import Plan

CREATOR, INIT, UPLOAD, LAST, STATUS = "creator", "init", "upload", "last_chunk", "status"  # steps
SENT = "sent"  # bytes that TikTok has confirmed
POLLS = "polls"  # how often it was asked what became of it …
DRAFT_POLLS = "draft_polls"  # … and how often since it lies in the creator's inbox
LINK_POLLS = "link_polls"  # … and how often for its link
LOOKS = "looks"  # of reconcile
ADDRESS_LASTS = timedelta(minutes=55)  # an upload address is good for an hour, for the whole upload
EVERYTHING = (
    CREATOR,
    INIT,
    UPLOAD,
    SENT,
    LAST,
    POLLS,
    DRAFT_POLLS,
    LINK_POLLS,
    LOOKS,
    COMMITTED,
)  # to forget it: begin anew


@dataclass(frozen=True)
class Opened:
    """A publish that TikTok has opened. `url` (a secret), `plan`: of an upload."""

    publish_id: str
    at: datetime
    url: str = ""
    plan: Plan | None = None

    def entry(self) -> Json:
        found: dict[str, Json] = {"publish_id": self.publish_id, "at": self.at.isoformat()}
        if self.plan:
            found |= {"url": self.url, "size": self.plan.size, "chunk": self.plan.chunk}
        return found

    def expired(self, now: datetime) -> bool:
        return now >= self.at + ADDRESS_LASTS


def opened(journal: Mapping[str, Json]) -> Opened | None:
    """None when the journal knows of none."""
    entry = journal.get(INIT)
    if not isinstance(entry, dict):
        return None
    publish_id, at, url = entry.get("publish_id"), entry.get("at"), entry.get("url", "")
    if not isinstance(publish_id, str) or not isinstance(at, str) or not isinstance(url, str):
        return None
    size, chunk = entry.get("size"), entry.get("chunk")
    plan = Plan(size, chunk) if isinstance(size, int) and isinstance(chunk, int) else None
    return Opened(publish_id, datetime.fromisoformat(at), url, plan)


def needed(journal: Mapping[str, Json]) -> Opened:
    """The publish that an earlier step opened. LookupError when there is none: steps ran out of order."""
    if found := opened(journal):
        return found
    raise LookupError("The journal knows of no publish at TikTok.")


def upload(journal: Mapping[str, Json]) -> tuple[Opened, Plan]:
    """The same, for an upload."""
    found = needed(journal)
    if found.plan is None:
        raise LookupError("The journal knows of no upload to TikTok.")
    return found, found.plan


def count(journal: Mapping[str, Json], name: str) -> int:
    value = journal.get(name)
    return value if isinstance(value, int) else 0


@dataclass(frozen=True)
class Looks:
    """How often reconcile has looked since it began."""

    since: str
    count: int = 0

    @classmethod
    def of(cls, journal: Mapping[str, Json], since: str) -> Looks:
        entry = journal.get(LOOKS)
        if not isinstance(entry, dict) or entry.get("since") != since:
            return cls(since)
        number = entry.get("count")
        return cls(since, number if isinstance(number, int) else 0)

    def next(self) -> Journal:
        return {LOOKS: {"since": self.since, "count": self.count + 1}}
