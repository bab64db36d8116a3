"""When YouTube's daily quotas are full again, and what a post takes of them.

Quotas belong to the Google Cloud project, so all channels of this installation share them; they are full again at
midnight Pacific time (quota and compliance audits page, revision history of 1 June 2026; read 2026-11-20).
"""

from __future__ import annotations

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from connectors.platforms.base import Content

PACIFIC = ZoneInfo("America/Los_Angeles")
UPLOADS_A_DAY = 100  # the bucket of videos.insert alone, one per session that is opened, failed ones too
UNITS_A_DAY = 10_000  # everything else, but searches and batchGetStats
POLLS = 10  # videos.list while a video is processed, one unit each, as a rule
DRESSING = 50  # units of thumbnails.set and of playlistItems.insert, each
MARGIN = timedelta(minutes=1)  # clocks differ


def midnight(now: datetime) -> datetime:
    """The next midnight Pacific time, with its daylight saving, and a minute."""
    tomorrow = now.astimezone(PACIFIC).date() + timedelta(days=1)
    return datetime.combine(tomorrow, time(), PACIFIC).astimezone(now.tzinfo) + MARGIN


def units(content: Content) -> int:
    """What a post takes of the shared units: being watched, its thumbnail, its place in a playlist."""
    thumbnail = any(medium.kind == "image" for medium in content.media)
    playlist = bool(content.options.get("playlist_id"))
    return POLLS + DRESSING * (thumbnail + playlist) + playlist
