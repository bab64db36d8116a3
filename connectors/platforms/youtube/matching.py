"""Finds our upload among the channel's videos: by its file's name, or its size and words; never by a title alone."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import parse_qs, urlsplit

from connectors.platforms.base import Content
from connectors.platforms.youtube.client import Row, moment, part, text
from connectors.platforms.youtube.journal import Session
from connectors.platforms.youtube.resource import description, film, title

SLUG = "collavo-"  # how the names of our files begin
BEFORE = timedelta(minutes=5)  # how far YouTube's clock may be behind ours
_ID = re.compile(r"[A-Za-z0-9_-]{11}")


@dataclass(frozen=True)
class Wanted:
    """What the video that we look for is like."""

    session: Session
    content: Content
    bound: frozenset[str] = frozenset()  # videos that are other posts' already


def video_of(url: str) -> str:
    """The id in a link of any of YouTube's forms: watch?v=X, /shorts/X, /live/X, youtu.be/X. "" if there is none."""
    parts = urlsplit(url)
    names = [name for name in parts.path.split("/") if name]
    found = parse_qs(parts.query).get("v", [""])[0]
    if not found and names:
        found = names[1] if len(names) > 1 and names[0] in {"shorts", "live", "embed", "v"} else names[0]
    return found if _ID.fullmatch(found) else ""


def matches(rows: Sequence[Row], wanted: Wanted) -> list[Row]:
    """The rows that can be our upload: those with our file's name, or else those with its size and words.

    Only exactly one is an answer.
    """
    free = [row for row in rows if text(row, "id") not in wanted.bound]
    named = [row for row in free if file_name(row) == wanted.session.slug]
    return named or [row for row in free if _fits(row, wanted)]


def _fits(row: Row, wanted: Wanted) -> bool:
    """The file's exact size, title and description. A file that has another upload's name is not ours."""
    if file_name(row).startswith(SLUG):
        return False
    snippet = part(row, "snippet")
    return (
        text(part(row, "fileDetails"), "fileSize") == str(wanted.session.size)
        and _same(text(snippet, "title"), title(wanted.content))
        and _same(text(snippet, "description"), description(wanted.content))
    )


def by_hand(rows: Sequence[Row], content: Content, since: datetime, bound: frozenset[str]) -> list[Row]:
    """The rows that can be what a person uploaded: with this file's exact size, title and description."""
    session = Session(uri="", size=film(content).size, slug=SLUG, at=since)
    fits = Wanted(session, content, bound)
    return [row for row in rows if text(row, "id") not in bound and _fits(row, fits) and _is_out(row, since)]


def _is_out(row: Row, since: datetime) -> bool:
    """Published since then, and not a draft or a private one: the world, or whoever has the link, can see it."""
    at, status = published_at(row), part(row, "status")
    visible = text(status, "privacyStatus") in {"public", "unlisted"} and text(status, "uploadStatus") == "processed"
    return visible and at is not None and at >= since - BEFORE


def _same(one: str, other: str) -> bool:
    return unicodedata.normalize("NFC", one).strip() == unicodedata.normalize("NFC", other).strip()


def file_name(row: Row) -> str:
    """What only the channel's owner is shown; "" where it is not."""
    return text(part(row, "fileDetails"), "fileName")


def published_at(row: Row) -> datetime | None:
    return moment(part(row, "snippet").get("publishedAt"))
