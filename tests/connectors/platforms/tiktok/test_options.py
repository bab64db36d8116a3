"""What a post may set, and what has to be said about it before anything is sent."""

from __future__ import annotations

from typing import Any

import pytest
from pytest_django import Settings

from connectors.platforms.base import Content, Format
from connectors.platforms.problems import problems
from connectors.platforms.tiktok.rules import RULES
from tests.connectors.platforms.samples import film, names, picture
from tests.connectors.platforms.tiktok import api


def found(content: Content) -> list[str]:
    return names(problems(content, RULES, "TikTok"))


@pytest.mark.parametrize("content", [api.video(), api.photos(), api.video(source="upload")])
def test_what_tiktok_takes_has_no_problems(content: Content) -> None:
    assert found(content) == []


def test_nobody_is_spared_the_choice_of_who_can_see_it() -> None:
    content = Content(Format.VIDEO, "x", (film(),), {})
    assert found(content) == ["option_missing"]


def test_a_draft_needs_no_audience_and_says_that_it_comes_without_its_caption() -> None:
    assert found(api.draft(api.video())) == ["inbox_caption"]


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("privacy_level", "EVERYBODY"),
        ("post_mode", "later"),
        ("source", "carrier pigeon"),
        ("disable_comment", "yes"),
        ("thumb_offset", -1),
        ("thumb_offset", 12_000),
        ("thumb_offset", True),
    ],
)
def test_a_wrong_value_is_refused(option: str, value: Any) -> None:
    assert found(api.video(**{option: value})) == ["option_invalid"]


@pytest.mark.parametrize(("option", "value"), [("cover_index", 2), ("cover_index", True), ("title", "x" * 91)])
def test_photos_have_settings_of_their_own(option: str, value: Any) -> None:
    assert found(api.photos(**{option: value})) == ["option_invalid"]


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"disclose_commercial": True}, "disclosure_incomplete"),
        ({"disclose_commercial": False, "brand_organic": True}, "disclosure_off"),
        ({"branded_content": True, "privacy_level": "SELF_ONLY"}, "branded_private"),
    ],
)
def test_a_disclosure_has_its_consequences(options: dict[str, Any], code: str) -> None:
    assert found(api.video(**options)) == [code]


@pytest.mark.parametrize("brand", ["brand_organic", "branded_content"])
def test_a_whole_disclosure_is_fine(brand: str) -> None:
    options: dict[str, Any] = {"disclose_commercial": True, brand: True}
    assert found(api.video(**options)) == []


def test_a_caption_is_counted_as_tiktok_counts_it() -> None:
    assert found(api.video(caption="🧶" * 1100)) == []
    assert found(api.video(caption="🧶" * 1100 + "x")) == ["caption_too_long"]
    assert found(api.photos(caption="x" * 4000)) == []
    assert found(api.photos(caption="x" * 4001)) == ["caption_too_long"]


def test_one_picture_that_is_too_large_is_named() -> None:
    content = api.photos(count=1)
    both = Content(
        Format.CAROUSEL, "x", (*content.media, picture(width=1086, height=1448, served_from="https://media.example/m/")),
        api.OPTIONS,
    )  # fmt: skip
    [problem] = problems(both, RULES, "TikTok")
    assert (problem.code, problem.medium) == ("media_too_wide", 1)
    assert "Slide 2 is 1086 × 1448" in problem.message


@pytest.mark.parametrize(("kind", "count"), [("image/png", 2), ("image/jpeg", 1), ("image/jpeg", 36)])
def test_photos_are_2_to_35_jpeg_or_webp(kind: str, count: int) -> None:
    media = tuple(picture(mime_type=kind, served_from="https://media.example/m/") for _ in range(count))
    assert found(Content(Format.CAROUSEL, "x", media, api.OPTIONS))


@pytest.mark.parametrize("content", [api.photos(), api.video(source="pull")])
def test_media_that_are_stored_elsewhere_are_refused_before_anything_is_sent(
    content: Content, settings: Settings
) -> None:
    settings.TIKTOK_MEDIA_PREFIXES = ("https://cdn.verified.example/",)
    told = problems(content, RULES, "TikTok")
    assert {problem.code for problem in told} == {"prefix_not_verified"}
    assert all(problem.blocks and "https://cdn.verified.example/" in problem.message for problem in told)


def test_without_a_verified_prefix_photos_cannot_go_out_and_films_can(settings: Settings) -> None:
    settings.TIKTOK_MEDIA_PREFIXES = ()
    assert found(api.photos()) == ["prefix_not_verified"]
    assert found(api.video()) == []


def test_what_the_api_cannot_label_is_said() -> None:
    [problem] = problems(api.photos(is_aigc=True), RULES, "TikTok")
    assert (problem.code, problem.blocks) == ("no_ai_label", False)


def test_nothing_is_preset_where_tiktok_wants_a_choice() -> None:
    rule = RULES.formats[Format.VIDEO]
    assert rule.options["privacy_level"].default is None
    assert all(rule.options[f"disable_{what}"].default is True for what in ("comment", "duet", "stitch"))
