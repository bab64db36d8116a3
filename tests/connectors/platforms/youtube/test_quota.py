"""Quotas are full again at midnight in California, whatever the clocks there do."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from connectors.platforms.base import Content, Format
from connectors.platforms.youtube.quota import MARGIN, midnight, units
from tests.connectors.platforms.samples import film, picture


@pytest.mark.parametrize(
    ("now", "midnight_there"),
    [
        (datetime(2026, 11, 20, 7, 59, tzinfo=UTC), datetime(2026, 11, 20, 8, 0, tzinfo=UTC)),
        (datetime(2026, 11, 20, 8, 0, tzinfo=UTC), datetime(2026, 11, 21, 8, 0, tzinfo=UTC)),
        (datetime(2026, 7, 1, 12, 0, tzinfo=UTC), datetime(2026, 7, 2, 7, 0, tzinfo=UTC)),
        (datetime(2026, 10, 31, 12, 0, tzinfo=UTC), datetime(2026, 11, 1, 7, 0, tzinfo=UTC)),
        (datetime(2026, 11, 1, 12, 0, tzinfo=UTC), datetime(2026, 11, 2, 8, 0, tzinfo=UTC)),  # clocks went back
        (datetime(2027, 3, 14, 12, 0, tzinfo=UTC), datetime(2027, 3, 15, 7, 0, tzinfo=UTC)),  # clocks went forward
    ],
)
def test_it_is_midnight_there(now: datetime, midnight_there: datetime) -> None:
    assert midnight(now) == midnight_there + MARGIN


def test_a_thumbnail_and_a_playlist_cost_fifty_units_each() -> None:
    plain = Content(Format.VIDEO, "Light", (film(),))
    dressed = Content(Format.VIDEO, "Light", (film(), picture()), {"playlist_id": "PL1"})
    assert (units(plain), units(dressed)) == (10, 111)
