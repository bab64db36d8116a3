"""How posts do. Source: reference of media insights (18 June 2026) and what clients measured, read 2026-11-20.

One metric that a medium does not have fails the whole call, so only the four are asked for that image, carousel, reel
and story share; where these are refused (no insights right, too few viewers) the plain counters remain. Empty data
means that there is none yet, and not zero: Meta takes up to two days.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from urllib.parse import quote

from connectors.platforms.base import Json, Metrics, PlatformError
from connectors.platforms.instagram import errors
from connectors.platforms.instagram.client import GraphClient, as_list

NAMES = ("views", "likes", "comments", "shares")


def metrics(client: GraphClient, ids: Sequence[str]) -> Mapping[str, Metrics]:
    """One or two calls for each post: Meta has no call for many. Raises PlatformError."""
    found = ((media_id, _of(client, media_id)) for media_id in ids)
    return {media_id: numbers for media_id, numbers in found if numbers is not None}


def _of(client: GraphClient, media_id: str) -> Metrics | None:
    """None: the post is not shown to us, or is gone."""
    try:
        return _insights(client, media_id)
    except PlatformError as e:
        if errors.is_dead(e) or not errors.tells_nothing(e):
            raise
    return _counters(client, media_id)


def _insights(client: GraphClient, media_id: str) -> Metrics:
    body = client.get(f"/{quote(media_id, safe='')}/insights", metric=",".join(NAMES))
    rows = [row for row in as_list(body.get("data")) if isinstance(row, dict)]
    return Metrics(**{str(row["name"]): _value(row) for row in rows if row.get("name") in NAMES})


def _counters(client: GraphClient, media_id: str) -> Metrics | None:
    """Plain fields, which need no right of their own."""
    try:
        body = client.get(f"/{quote(media_id, safe='')}", fields="id,like_count,comments_count")
    except PlatformError as e:
        if errors.is_dead(e) or not errors.tells_nothing(e):
            raise
        return None
    return Metrics(likes=_whole(body.get("like_count")), comments=_whole(body.get("comments_count")))


def _value(row: Mapping[str, Json]) -> int | None:
    """In `values`, or (some metrics) in `total_value`."""
    first = next((value for value in as_list(row.get("values")) if isinstance(value, dict)), None)
    total = row.get("total_value")
    holder = first or (total if isinstance(total, dict) else {})
    return _whole(holder.get("value"))


def _whole(value: Json) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None
