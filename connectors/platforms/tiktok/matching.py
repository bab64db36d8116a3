"""Finds our post among an account's public ones: by everything that TikTok shows of it, or not at all."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

from connectors.platforms.base import Content
from connectors.platforms.tiktok.client import Row, created, text, whole

BEFORE = timedelta(seconds=60)  # how far TikTok's clock may be behind ours
CUT = 140  # a list shows 150 characters of a caption: what is as long as this may have been cut
LEAST = 20  # letters that a cut caption has to have in common with ours
SECONDS = 1.0


@dataclass(frozen=True)
class Wanted:
    """What the post that we look for is like."""

    content: Content
    not_before: datetime  # when the commit was sent
    bound: frozenset[str] = frozenset()  # posts that are somebody else's already


def bare(caption: str) -> str:
    """For comparing: letters, digits, # and @ alone, since TikTok changes blanks and emoji."""
    text_ = unicodedata.normalize("NFKC", caption).casefold()
    return "".join(c for c in text_ if c.isalnum() or c in "#@")


def matches(rows: Sequence[Row], wanted: Wanted) -> list[Row]:
    """The rows that can be our post. Only exactly one is an answer; without words there is nothing to go by."""
    return [row for row in rows if _fits(row, wanted)] if bare(wanted.content.caption) else []


def _fits(row: Row, wanted: Wanted) -> bool:
    return (
        text(row, "id") not in wanted.bound
        and created(row) >= (wanted.not_before - BEFORE).timestamp()
        and _same_words(text(row, "video_description") or text(row, "title"), wanted.content.caption)
        and _same_length(row, wanted.content)
    )


def _same_words(shown: str, caption: str) -> bool:
    theirs, ours = bare(shown), bare(caption)
    return theirs == ours or (len(shown) >= CUT and len(theirs) >= LEAST and ours.startswith(theirs))


def _same_length(row: Row, content: Content) -> bool:
    """Photos are shown with a duration of 0, or none."""
    ours = content.media[0].duration if content.media else None
    theirs = whole(row, "duration") or 0
    return theirs == 0 if ours is None else abs(theirs - ours) <= SECONDS


def moment(row: Row) -> datetime | None:
    return datetime.fromtimestamp(created(row), UTC) if created(row) else None


@dataclass(frozen=True)
class Address:
    """https://www.tiktok.com/@name/video/7501234567890123456"""

    name: str
    kind: str  # "video" or "photo"
    id: str


def address(url: str) -> Address | None:
    """None for an address that names no post, such as a short link."""
    parts = [part for part in urlsplit(url).path.split("/") if part]
    if len(parts) < 3 or not parts[0].startswith("@") or parts[1] not in {"video", "photo"} or not parts[2].isdecimal():
        return None
    return Address(parts[0].removeprefix("@"), parts[1], parts[2])
