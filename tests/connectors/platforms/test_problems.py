"""Every reason why content cannot go out is found before anything is sent, with figures and what to do."""

from __future__ import annotations

from dataclasses import replace

import pytest

from connectors.platforms.base import Content, Format, Medium, OptionRule, Problem
from connectors.platforms.instagram.rules import RULES, caption_length
from connectors.platforms.problems import blocking, hashtags, mentions, problems
from tests.connectors.platforms.samples import carousel, film, image_post, names, picture, reel


def found(content: Content) -> list[str]:
    return names(problems(content, RULES, "Instagram"))


def sentence(content: Content) -> str:
    return problems(content, RULES, "Instagram")[0].message


def with_picture(**changes: object) -> Content:
    return Content(Format.IMAGE, "", (picture(**changes),))


def with_film(**changes: object) -> Content:
    return Content(Format.REEL, "", (film(**changes),))


@pytest.mark.parametrize("content", [image_post(), carousel(picture(), picture()), reel()])
def test_good_content_has_no_problems(content: Content) -> None:
    assert problems(content, RULES, "Instagram") == []


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (Content(Format.TEXT, "Hello"), "format_not_supported"),
        (Content(Format.IMAGE, "Hello"), "too_few_media"),
        (Content(Format.IMAGE, "", (picture(), picture())), "too_many_media"),
        (carousel(picture()), "too_few_media"),
        (carousel(*[picture()] * 11), "too_many_media"),
        (Content(Format.IMAGE, "", (film(),)), "media_kind"),
        (Content(Format.REEL, "", (picture(),)), "media_kind"),
        (with_picture(mime_type="image/png"), "media_type"),
        (with_picture(mime_type=""), "media_type"),
        (with_picture(size=8 * 1024 * 1024 + 1), "media_too_large"),
        (with_picture(size=0), "media_empty"),
        (with_picture(width=0), "media_unreadable"),
        (with_picture(width=400, height=900), "media_ratio"),
        (with_picture(width=1000, height=500), "media_ratio"),
        (with_film(size=300_000_001, duration=800.0), "media_too_large"),
        (with_film(width=2160, height=3840), "media_too_wide"),
        (with_film(duration=2.9), "media_too_short"),
        (with_film(duration=901.0), "media_too_long"),
        (with_film(duration=None), "media_unreadable"),
        (with_film(codec="vp9"), "video_codec"),
        (with_film(audio_codec="opus"), "audio_codec"),
        (with_film(fps=12.0), "frame_rate"),
        (with_film(fps=120.0), "frame_rate"),
        (with_film(fast_start=False), "fast_start"),
        (with_film(size=60_000_000), "bit_rate"),
        (image_post("a" * 2201), "caption_too_long"),
        (image_post("#a " * 31), "too_many_hashtags"),
        (image_post("@a " * 21), "too_many_mentions"),
        (with_picture(alt_text="a" * 1001), "alt_text_too_long"),
        (image_post(share_to_feed=True), "option_unknown"),
        (reel(thumb_offset=12_000), "option_invalid"),
    ],
)
def test_each_thing_that_instagram_would_refuse_blocks(content: Content, code: str) -> None:
    assert names(blocking(problems(content, RULES, "Instagram"))) == [code]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (carousel(picture(), film()), "mixed_ratios"),
        (with_picture(width=300, height=300), "media_too_narrow"),
        (with_film(alt_text="A loom"), "alt_text_not_shown"),
    ],
)
def test_what_only_has_to_be_known_does_not_block(content: Content, code: str) -> None:
    assert names(problems(content, RULES, "Instagram")) == [code]
    assert blocking(problems(content, RULES, "Instagram")) == []


@pytest.mark.parametrize(
    "content",
    [
        with_picture(width=4000, height=4000),  # made smaller by Instagram
        with_picture(width=1080, height=1350),
        with_picture(width=1200, height=628),  # what everybody calls 1.91:1
        with_picture(size=8 * 1024 * 1024),
        with_film(duration=3.0),
        with_film(audio_codec=""),
        with_film(fps=23.976),
        with_film(fps=None, fast_start=None, codec=""),
        image_post("a" * 2200),
        image_post("#a " * 30 + "@b " * 20),
        reel(thumb_offset=0, share_to_feed=False),
        image_post(location_id=None),
    ],
)
def test_what_is_just_within_the_limits_passes(content: Content) -> None:
    assert problems(content, RULES, "Instagram") == []


def test_a_ratio_is_told_in_figures_with_what_to_do() -> None:
    assert sentence(with_picture(width=400, height=900)) == (
        "The picture is 400 × 900 (ratio 0.44). Instagram takes 4:5 to 1.91:1. Crop it, or choose story."
    )


def test_a_video_in_an_image_post_is_sent_to_the_reels() -> None:
    assert sentence(Content(Format.IMAGE, "", (film(),))) == (
        "An image on Instagram takes a picture. The video is a video. Choose reel or story, or another file."
    )


def test_too_many_pictures_are_sent_to_the_carousel() -> None:
    assert sentence(Content(Format.IMAGE, "", (picture(), picture()))) == (
        "An image on Instagram takes at most 1 picture; here there are 2. Remove some, or choose carousel."
    )


def test_a_slide_is_named_by_its_place_and_found_by_its_index() -> None:
    found = problems(carousel(picture(), picture(mime_type="image/webp")), RULES, "Instagram")
    assert (found[0].medium, found[0].message) == (
        1,
        "Slide 2 is WebP. Instagram takes JPEG. Save it as JPEG.",
    )


def test_blocking_problems_come_first() -> None:
    content = replace(carousel(picture(), film()), caption="a" * 2201)
    assert found(content) == ["caption_too_long", "mixed_ratios"]


def test_several_problems_are_told_at_once() -> None:
    assert found(with_film(duration=1.0, size=100_000, codec="vp9", fps=12.0)) == [
        "media_too_short",
        "video_codec",
        "frame_rate",
    ]


@pytest.mark.parametrize(("caption", "count"), [("é", 1), ("👍", 2), ("a\r\nb", 3), ("a\rb", 3), ("", 0)])
def test_a_caption_is_counted_so_that_instagram_never_counts_more(caption: str, count: int) -> None:
    assert caption_length(caption) == count


@pytest.mark.parametrize(("text", "count"), [("#a #b#c", 3), ("# no", 0), ("#été #東京 #❤️", 3), ("1#2", 1)])
def test_hashtags_are_counted(text: str, count: int) -> None:
    assert hashtags(text) == count


@pytest.mark.parametrize(("text", "count"), [("@a .@b (@c)", 3), ("me@example.org", 0), ("@ no", 0)])
def test_mentions_are_counted_and_addresses_are_not(text: str, count: int) -> None:
    assert mentions(text) == count


@pytest.mark.parametrize("medium", [picture(mime_type="text/html", kind="document"), picture(kind="audio")])
def test_a_kind_that_nobody_knows_is_a_problem_and_no_crash(medium: Medium) -> None:
    assert found(Content(Format.IMAGE, "", (medium,))) == ["media_kind"]


def test_what_somebody_has_to_choose_is_asked_for_until_it_is_chosen() -> None:
    rule = OptionRule("Made for kids", "bool", lambda value, _: "" if value is not None else "?", required=True)
    formats = {Format.IMAGE: replace(RULES.formats[Format.IMAGE], options={"kids": rule})}
    rules = replace(RULES, formats=formats)
    assert names(problems(image_post(), rules)) == ["option_missing"]
    assert problems(replace(image_post(), options={"kids": False}), rules) == []


def test_a_platform_may_have_more_to_say_than_figures() -> None:
    rules = replace(RULES, more=lambda content: [Problem("odd", f"“{content.caption}” is odd.")])
    assert "odd" in names(problems(image_post(), rules))
