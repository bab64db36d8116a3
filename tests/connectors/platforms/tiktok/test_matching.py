"""A post is found by its words, its moment and its length, or not at all."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.platforms.tiktok.matching import Address, Wanted, address, bare, matches
from tests.connectors.platforms.samples import NOW
from tests.connectors.platforms.tiktok import api


def row(words: str, **changes: Any) -> dict[str, Any]:
    return {"id": "75", "video_description": words, "create_time": int(NOW.timestamp()), "duration": 12} | changes


@pytest.mark.parametrize("shown", ["Wool 🧶 slowly #linen", "wool  slowly\n#linen", "Wool🧶slowly #linen"])
def test_blanks_and_emoji_do_not_tell_posts_apart(shown: str) -> None:
    content = api.video(caption="Wool 🧶 slowly\n#linen")
    assert matches([row(shown)], Wanted(content, NOW))


def test_a_long_caption_is_known_by_its_beginning() -> None:
    caption = "Wool and wax and weather. " * 20
    content = api.video(caption=caption)
    assert matches([row(caption[:150])], Wanted(content, NOW))
    assert not matches([row(caption[:20])], Wanted(content, NOW))


@pytest.mark.parametrize("caption", ["", "🧶🧶", " \n"])
def test_without_words_nothing_is_found(caption: str) -> None:
    assert not matches([row(caption)], Wanted(api.video(caption=caption), NOW))


def test_an_older_post_with_the_same_words_is_not_ours() -> None:
    assert not matches([row("Wool, slowly.")], Wanted(api.video(), NOW + timedelta(seconds=61)))


def test_photos_have_no_length() -> None:
    assert matches([row("Two looks", duration=0)], Wanted(api.photos(), NOW))
    assert not matches([row("Two looks", duration=9)], Wanted(api.photos(), NOW))


@given(st.text())
def test_what_is_compared_is_the_same_after_comparing(text: str) -> None:
    assert bare(bare(text)) == bare(text)


def test_an_address_names_its_account_and_post() -> None:
    assert address("https://www.tiktok.com/@fjord.films/photo/75?x=1") == Address("fjord.films", "photo", "75")
    assert address("https://www.tiktok.com/@fjord.films/video/abc") is None
