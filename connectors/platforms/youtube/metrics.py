"""What people made of our videos, by videos:batchGetStats, which has a quota of its own (read 2026-11-20)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from connectors.http import silent
from connectors.platforms.base import Account, CallObserver, Json, Metrics
from connectors.platforms.youtube.client import YouTubeClient, part, text

PAGE = 50
NAMES = {"viewCount": "views", "likeCount": "likes", "commentCount": "comments"}


def metrics(account: Account, ids: Iterable[str], *, observe: CallObserver = silent) -> dict[str, Metrics]:
    """Per video what YouTube tells: views, likes, comments. What it hides or leaves out is None, and not 0.

    YouTube counts no shares here. Since August 2026 a view is a start of playback, for all formats. Raises
    PlatformError.
    """
    client, wanted = YouTubeClient(account.token, observe=observe), list(dict.fromkeys(ids))
    pages = [wanted[start : start + PAGE] for start in range(0, len(wanted), PAGE)]
    rows = [row for page in pages for row in client.statistics(page)]
    return {text(row, "id"): _numbers(part(row, "statistics")) for row in rows if text(row, "id")}


def _numbers(statistics: Mapping[str, Json]) -> Metrics:
    """They come as strings."""
    found = {ours: str(statistics.get(theirs, "")) for theirs, ours in NAMES.items()}
    return Metrics(**{name: int(value) for name, value in found.items() if value.isascii() and value.isdecimal()})
