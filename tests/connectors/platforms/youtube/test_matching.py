"""An upload is found by its file's name, or by its size and words; never by a title alone."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from connectors.platforms.base import Content, Format
from connectors.platforms.youtube.journal import Session
from connectors.platforms.youtube.matching import Wanted, matches, video_of
from tests.connectors.platforms.samples import film

SLUG = "collavo-1.mp4"
CONTENT = Content(Format.VIDEO, "Light\nIn November", (film(),))
SESSION = Session("https://www.googleapis.com/up", 4_000_000, SLUG, datetime(2026, 11, 20, tzinfo=UTC))


def row(key: str = "a", name: str = "", size: str = "4000000", title: str = "Light", **more: Any) -> dict[str, Any]:
    snippet = {"title": title, "description": "In November"} | more
    return {"id": key, "snippet": snippet, "fileDetails": {"fileName": name, "fileSize": size}}


def found(*rows: dict[str, Any], bound: frozenset[str] = frozenset()) -> list[str]:
    return [str(one["id"]) for one in matches(rows, Wanted(SESSION, CONTENT, bound))]


def test_the_files_name_wins_over_everything() -> None:
    assert found(row("a"), row("b", SLUG, size="1", title="Changed since")) == ["b"]


def test_size_and_words_together_stand_in_for_a_name_that_is_not_shown() -> None:
    assert found(row("a"), row("b", size="4000001"), row("c", title="Dark"), row("d", description="")) == ["a"]


@pytest.mark.parametrize("other", [row(name="collavo-2.mp4"), row(size=""), {"id": "a", "snippet": {"title": "Light"}}])
def test_another_uploads_name_or_a_title_alone_is_no_match(other: dict[str, Any]) -> None:
    assert found(other) == []


def test_what_other_posts_own_is_left_to_them() -> None:
    assert found(row("a", SLUG), bound=frozenset({"a"})) == []


@pytest.mark.parametrize(
    ("url", "video"),
    [
        ("https://www.youtube.com/watch?v=AbCdEfGhIjK&t=5", "AbCdEfGhIjK"),
        ("https://youtu.be/AbCdEfGhIjK?si=x", "AbCdEfGhIjK"),
        ("https://youtube.com/shorts/AbCdEfGhIjK", "AbCdEfGhIjK"),
        ("https://m.youtube.com/live/AbCdEfGhIjK", "AbCdEfGhIjK"),
        ("https://www.youtube.com/@lys", ""),
        ("https://www.youtube.com/", ""),
        ("nonsense", ""),
    ],
)
def test_a_links_video_is_read_from_every_form_of_it(url: str, video: str) -> None:
    assert video_of(url) == video
