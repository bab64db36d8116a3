"""What the journal holds for an Instagram post: the names of its entries, and reading them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from connectors.platforms.base import Content, Format, Journal, Json

CONTAINER, CHILDREN, READY, PUBLISH = "container", "children", "ready", "publish"
POLLS = "polls:"  # + the waiting step's name: how often it has asked
DONE_CHILDREN = "children:finished"
RECONCILE = "reconcile"


def child(index: int) -> str:
    """The step that makes the carousel's container at this index."""
    return f"child:{index}"


@dataclass(frozen=True)
class Made:
    """A container of ours."""

    id: str
    at: datetime  # when it was made

    def entry(self) -> Json:
        return {"id": self.id, "at": self.at.isoformat()}


def made(journal: Mapping[str, Json], name: str) -> Made | None:
    entry = journal.get(name)
    if not isinstance(entry, dict):
        return None
    container, at = entry.get("id"), entry.get("at")
    if not isinstance(container, str) or not isinstance(at, str):
        return None
    return Made(container, datetime.fromisoformat(at))


def needed(journal: Mapping[str, Json], name: str) -> Made:
    """The container that an earlier step made. LookupError when it is not there: steps ran out of order."""
    if found := made(journal, name):
        return found
    raise LookupError(f"The journal has no container under {name!r}.")


def polls(journal: Mapping[str, Json], step: str) -> int:
    count = journal.get(POLLS + step)
    return count if isinstance(count, int) else 0


def last_entries() -> tuple[str, ...]:
    """The container that gets published, and the waiting for it."""
    return CONTAINER, READY, POLLS + READY


def child_entries(index: int) -> tuple[str, ...]:
    """One slide, and the waiting for all of them."""
    return child(index), CHILDREN, POLLS + CHILDREN, DONE_CHILDREN


def everything(content: Content) -> tuple[str, ...]:
    """All that was prepared: to forget it means to prepare anew."""
    if content.format != Format.CAROUSEL:
        return last_entries()
    slides = tuple(child(index) for index in range(len(content.media)))
    return (*slides, CHILDREN, POLLS + CHILDREN, DONE_CHILDREN, *last_entries())


@dataclass(frozen=True)
class Looks:
    """How often reconcile has looked at one state since the commit was sent."""

    since: str  # tells one commit's looks from another's
    state: str
    count: int = 0

    @classmethod
    def of(cls, journal: Mapping[str, Json], since: str, state: str) -> Looks:
        entry = journal.get(RECONCILE)
        if not isinstance(entry, dict) or (entry.get("since"), entry.get("state")) != (since, state):
            return cls(since, state)
        count = entry.get("count")
        return cls(since, state, count if isinstance(count, int) else 0)

    def next(self) -> Journal:
        return {RECONCILE: {"since": self.since, "state": self.state, "count": self.count + 1}}
