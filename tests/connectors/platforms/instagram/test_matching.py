"""Our post is found by everything we know of it, or not at all."""

from __future__ import annotations

import unicodedata
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.platforms.base import Content
from connectors.platforms.instagram.matching import Wanted, matches, moment, normalised
from tests.connectors.platforms.samples import NOW, carousel, image_post, reel


def row(**changes: Any) -> dict[str, Any]:
    """How the sample image post reads back."""
    found = {
        "id": "1792", "caption": "Autumn linen", "media_type": "IMAGE", "media_product_type": "FEED",
        "timestamp": "2026-11-20T10:00:03+0000", "permalink": "https://www.instagram.com/p/DAbc/",
    }  # fmt: skip
    return {name: value for name, value in (found | changes).items() if value is not None}


def wanted(content: Content | None = None, **changes: Any) -> Wanted:
    return replace(Wanted(content or image_post(), not_before=NOW, now=NOW + timedelta(minutes=2)), **changes)


def ids(*rows: dict[str, Any], for_: Wanted | None = None) -> list[Any]:
    return [found["id"] for found in matches(rows, for_ or wanted())]


def test_the_post_itself_matches() -> None:
    assert ids(row()) == ["1792"]


@pytest.mark.parametrize(
    "changes",
    [
        {"caption": "Autumn linens"},
        {"caption": None},
        {"media_type": "VIDEO"},
        {"media_product_type": "STORY"},
        {"media_product_type": None},
        {"children": {"data": [{"id": "1"}, {"id": "2"}]}},
        {"timestamp": "2026-11-20T09:58:59+0000"},
        {"timestamp": "2026-11-20T10:02:01+0000"},
        {"timestamp": "yesterday"},
        {"timestamp": "2026-11-20T10:00:03"},
        {"timestamp": None},
        {"id": 1792},
        {"id": None},
    ],
)
def test_whatever_differs_in_one_thing_is_another_post(changes: dict[str, Any]) -> None:
    assert ids(row(**changes)) == []


def test_a_post_that_belongs_to_another_row_is_not_ours() -> None:
    assert ids(row(), for_=wanted(bound=frozenset({"1792"}))) == []


def test_two_of_a_kind_are_two() -> None:
    assert ids(row(), row(id="1793")) == ["1792", "1793"]


def test_reels_and_carousels_are_told_apart_by_what_they_are() -> None:
    slides = {"data": [{"id": str(i), "media_type": "IMAGE"} for i in range(4)]}
    album = row(id="1", media_type="CAROUSEL_ALBUM", caption="Four looks", children=slides)
    video = row(id="2", media_type="VIDEO", media_product_type="REELS", caption="Behind the scenes")
    fewer = album | {"id": "3", "children": {"data": slides["data"][:3]}}
    assert ids(album, video, fewer, for_=wanted(carousel())) == ["1"]
    assert ids(album, video, fewer, for_=wanted(reel())) == ["2"]


def test_where_captions_cannot_be_read_the_rest_decides() -> None:
    hidden = wanted(fields_hidden=True)
    assert ids(row(caption=None, media_product_type=None), for_=hidden) == ["1792"]
    assert ids(row(caption=None, media_product_type=None, media_type="VIDEO"), for_=hidden) == []


def test_where_any_caption_can_be_read_a_missing_one_is_an_empty_one() -> None:
    hidden = wanted(fields_hidden=True)
    assert ids(row(caption=None), row(id="1793", caption="Other"), for_=hidden) == []
    empty = wanted(image_post(""), fields_hidden=True)
    assert ids(row(caption=None), row(id="1793", caption="Other"), for_=empty) == ["1792"]


@given(st.text(max_size=80))
def test_a_caption_matches_itself_however_instagram_gives_it_back(caption: str) -> None:
    for variant in (
        caption,
        caption.replace("@", ""),
        caption.replace("\r\n", "\n").replace("\r", "\n").replace("\n", "\r\n"),
        f"  {caption}\n",
        unicodedata.normalize("NFD", caption),
        unicodedata.normalize("NFC", caption),
    ):
        assert normalised(variant) == normalised(caption)


@given(st.text(max_size=80))
def test_normalising_twice_changes_nothing_more(caption: str) -> None:
    assert normalised(normalised(caption)) == normalised(caption)


def test_meta_writes_its_zone_without_a_colon() -> None:
    assert moment("2026-11-20T10:00:00+0000") == NOW
