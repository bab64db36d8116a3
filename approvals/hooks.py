"""What apps above this one add to its pages. They append to these lists when they start; nothing here imports them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from approvals.history import Call
from approvals.models import Version
from collavo.timeline.models import Event


class ReviewCheck(Protocol):
    """One thing that was looked at. `level` is "ok", "warn" or "block"; `text` is a sentence.

    One that a studio can mend has a `fix` (`approvals.studios.fixes.Fix`), for which pages show a button.
    """

    @property
    def level(self) -> str: ...
    @property
    def text(self) -> str: ...


# What has followed from a decision, so that it cannot be undone any more: a sentence, or "".
followers: list[Callable[[Version], str]] = []


def followed(version: Version) -> str:
    return next(filter(None, (look(version) for look in followers)), "")


review_checks: list[Callable[[Version], Iterable[ReviewCheck]]] = []


def checks(version: Version) -> list[ReviewCheck]:
    """What speaks for and against this version going out, the blocking things first."""
    order = {"block": 0, "warn": 1, "ok": 2}
    found = [check for look in review_checks for check in look(version)]
    return sorted(found, key=lambda check: order.get(str(check.level), 1))


@dataclass(frozen=True)
class Use:
    """Somewhere that finished content can be used again: what its button says, and where that leads."""

    label: str
    url: str


uses: list[Callable[[Version], Iterable[Use]]] = []  # the gallery asks them for every tile: no queries there


def _nobody_calls(events: Sequence[Event]) -> Mapping[UUID, Sequence[Call]]:
    return {}


calls: Callable[[Sequence[Event]], Mapping[UUID, Sequence[Call]]] = _nobody_calls  # by the line they led to
