"""How near an account is to Meta's call limits, from the headers of every answer (meta.md §8; read 2026-11-20).

Calling while throttled lengthens the block, so Collavo stops a little before.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta

from connectors.platforms.base import Json

STOP_AT = 90  # percent of the rolling hour
WITHOUT_WORD = timedelta(minutes=15)  # when the header does not say how long
FIGURES = ("call_count", "total_cputime", "total_time", "total_cpu_time")


def hold_back(usage: Mapping[str, Json], now: datetime) -> datetime | None:
    """Until when to make no more calls; None while there is room."""
    waits = [_wait(entry) for entry in _entries(usage) if _percent(entry) >= STOP_AT]
    return now + max(waits) if waits else None


def _entries(usage: Mapping[str, Json]) -> Iterator[Mapping[str, Json]]:
    app = usage.get("X-App-Usage")
    if isinstance(app, dict):
        yield app
    business = usage.get("X-Business-Use-Case-Usage")
    for entries in business.values() if isinstance(business, dict) else ():
        for entry in entries if isinstance(entries, list) else ():
            if isinstance(entry, dict) and entry.get("type", "instagram") == "instagram":
                yield entry


def _percent(entry: Mapping[str, Json]) -> float:
    figures = [entry.get(name) for name in FIGURES]
    return max((float(f) for f in figures if isinstance(f, int | float)), default=0.0)


def _wait(entry: Mapping[str, Json]) -> timedelta:
    minutes = entry.get("estimated_time_to_regain_access")
    return timedelta(minutes=minutes) if isinstance(minutes, int | float) and minutes > 0 else WITHOUT_WORD
