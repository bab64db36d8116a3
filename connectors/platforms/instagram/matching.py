"""Finds our post in an account's list: by everything we know of it, or not at all. Never "the newest one"."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from connectors.platforms.base import Content, Format, Json

BEFORE = timedelta(seconds=60)  # how far the platform's clock may be behind ours
KINDS: Mapping[Format, tuple[str, str]] = {  # media_type and media_product_type, as they read back
    Format.IMAGE: ("IMAGE", "FEED"),
    Format.CAROUSEL: ("CAROUSEL_ALBUM", "FEED"),
    Format.REEL: ("VIDEO", "REELS"),
}
STORY = "STORY"
type Row = Mapping[str, Json]


@dataclass(frozen=True)
class Wanted:
    """What the post that we look for is like."""

    content: Content
    not_before: datetime  # when the commit was sent
    now: datetime
    bound: frozenset[str] = frozenset()  # posts that are somebody else's already
    fields_hidden: bool = False  # this login may not show `caption` and `media_product_type` at all


def normalised(caption: str) -> str:
    """For comparing: NFC, LF line breaks, no blanks around. Without @, which reads hide unless one is admin-like."""
    text = unicodedata.normalize("NFC", caption.replace("\r\n", "\n").replace("\r", "\n"))
    return unicodedata.normalize("NFC", text.replace("@", "")).strip()


def story_id(url: str) -> str:
    """The id in a story's address, /stories/name/123/. "" if there is none."""
    parts = [part for part in urlsplit(url).path.split("/") if part]
    named = len(parts) == 3 and parts[0] == "stories" and parts[2].isdecimal()
    return parts[2] if named else ""


def shortcode(url: str) -> str:
    """The part of a post's address that names it, whichever of its forms: /p/X/, /reel/X/, /name/p/X/. "" if none."""
    parts = [part for part in urlsplit(url).path.split("/") if part]
    named = [parts[i + 1] for i, part in enumerate(parts[:-1]) if part in {"p", "reel", "reels", "tv"}]
    return named[0] if named else ""


def matches(rows: Sequence[Row], wanted: Wanted) -> list[Row]:
    """The rows that can be our post. Only exactly one is an answer."""
    if wanted.content.format == Format.STORY:
        return [row for row in rows if _fits_story(row, wanted)]
    product = not wanted.fields_hidden or any("media_product_type" in row for row in rows)
    caption = not wanted.fields_hidden or any("caption" in row for row in rows)
    return [row for row in rows if _fits(row, wanted, product=product, caption=caption)]


def _fits_story(row: Row, wanted: Wanted) -> bool:
    """A story has no caption and no children: kind and time are all that can be compared."""
    kind = "VIDEO" if wanted.content.media[0].kind == "video" else "IMAGE"
    return (
        isinstance(row.get("id"), str)
        and row["id"] not in wanted.bound
        and row.get("media_type") == kind
        and row.get("media_product_type", STORY) == STORY
        and _in_time(row, wanted)
    )


def _fits(row: Row, wanted: Wanted, *, product: bool, caption: bool) -> bool:
    """`product`, `caption`: whether those fields can be read here; where they cannot, the others decide."""
    media_type, product_type = KINDS[wanted.content.format]
    return (
        isinstance(row.get("id"), str)
        and row["id"] not in wanted.bound
        and row.get("media_type") == media_type
        and (not product or row.get("media_product_type") == product_type)
        and _children(row) == (len(wanted.content.media) if wanted.content.format == Format.CAROUSEL else 0)
        and (not caption or normalised(_text(row.get("caption"))) == normalised(wanted.content.caption))
        and _in_time(row, wanted)
    )


def _in_time(row: Row, wanted: Wanted) -> bool:
    at = moment(row.get("timestamp"))
    return at is not None and wanted.not_before - BEFORE <= at <= wanted.now


def _children(row: Row) -> int:
    children = row.get("children")
    data = children.get("data") if isinstance(children, dict) else None
    return len(data) if isinstance(data, list) else 0


def _text(value: Json) -> str:
    return value if isinstance(value, str) else ""


def moment(value: Json) -> datetime | None:
    """Meta's timestamp, "2026-11-20T10:00:03+0000" (no colon in the zone)."""
    try:
        at = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return at if at and at.tzinfo else None
