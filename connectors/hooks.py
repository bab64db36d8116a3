"""Questions that this app's pages ask and that an app above it answers; nobody above, no answer."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING
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


def _nobody_counts(connectors: Iterable[Connector]) -> Mapping[UUID, Window]:
    return {}


windows: Callable[[Iterable[Connector]], Mapping[UUID, Window]] = _nobody_counts
