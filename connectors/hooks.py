"""Questions that this app's pages ask and that an app above it answers; nobody above, no answer."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

if TYPE_CHECKING:
    from connectors.models import Connector


@dataclass(frozen=True)
class Window:
    """How many posts an account has made in its rolling window, and how many it may. `most` None: no limit is known."""

    used: int
    most: int | None
    length: timedelta

    @property
    def hours(self) -> int:
        return round(self.length.total_seconds() / 3600)

    @property
    def full(self) -> bool:
        return self.most is not None and self.used >= self.most


@dataclass(frozen=True)
class Planned:
    """Posts of an account that have not gone out: all, and those planned for after the link ends."""

    total: int = 0
    beyond: int = 0


def _nobody_counts(connectors: Iterable[Connector]) -> Mapping[UUID, Window]:
    return {}


def _nothing_is_planned(ends: Mapping[UUID, datetime | None]) -> Mapping[UUID, Planned]:
    return {}


def _nobody_tries(connector: Connector, most: int) -> Iterable[Any]:
    return ()


def _nobody_waits() -> Iterable[UUID]:
    return ()


windows: Callable[[Iterable[Connector]], Mapping[UUID, Window]] = _nobody_counts
planned: Callable[[Mapping[UUID, datetime | None]], Mapping[UUID, Planned]] = _nothing_is_planned  # by end of link
attempts: Callable[[Connector, int], Iterable[Any]] = _nobody_tries  # the last ones, newest first
waiting: Callable[[], Iterable[UUID]] = _nobody_waits  # the accounts that some post waits for
