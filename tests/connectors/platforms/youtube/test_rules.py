"""What YouTube would refuse is found before anything is sent."""

from __future__ import annotations

import pytest

from connectors.platforms.base import Content, Format, Json, Medium
from connectors.platforms.problems import blocking, problems
from connectors.platforms.youtube.rules import RULES
from tests.connectors.platforms.samples import film, names, picture

WIDE = {"width": 1920, "height": 1080}


def video(caption: str = "Light in Bergen\nFilmed in November", *media: Medium, **options: Json) -> Content:
    return Content(Format.VIDEO, caption, media or (film(**WIDE),), {"made_for_kids": False, **options})


def codes(content: Content) -> list[str]:
    return names(blocking(problems(content, RULES, "YouTube")))


@pytest.mark.parametrize(
    "content",
    [
        video(),
        video("Light", film(**WIDE), picture(width=1280, height=720)),
        video("x" * 200, title="Light"),
        video("Light", tags=["a b", "c"], privacy="private", category_id="22", playlist_id="PLlight000001"),
        video("Light", notify_subscribers=False, contains_synthetic_media=True, made_for_kids=True),
        Content(Format.SHORT, "Light", (film(),), {"made_for_kids": False}),
    ],
)
def test_good_content_has_no_problems(content: Content) -> None:
    assert problems(content, RULES, "YouTube") == []


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (Content(Format.IMAGE, "Light", (picture(),)), "format_not_supported"),
        (Content(Format.VIDEO, "Light", (film(**WIDE),)), "option_missing"),
        (video(""), "title"),
        (video("x" * 101), "title"),
        (video("Light <3"), "title"),
        (video("Light\nmore > less"), "description"),
        (video("Light\n" + "ø" * 2500), "caption_too_long"),
        (video("Light", title="x" * 101), "option_invalid"),
        (video("Light", title="two\nlines"), "option_invalid"),
        (video("Light", tags=["x" * 251, "y" * 249]), "option_invalid"),
        (video("Light", tags=["a,b"]), "option_invalid"),
        (video("Light", tags="a"), "option_invalid"),
        (video("Light", tags=["<"]), "option_invalid"),
        (video("Light", privacy="friends"), "option_invalid"),
        (video("Light", made_for_kids="no"), "option_invalid"),
        (video("Light", category_id="People"), "option_invalid"),
        (video("Light", playlist_id="https://youtube.com/playlist?list=PL1"), "option_invalid"),
        (video("Light", shorts=True), "option_unknown"),
        (video("Light", film(**WIDE), film(**WIDE)), "too_many_media"),
        (video("Light", picture()), "too_few_media"),
        (video("Light", film(**WIDE, duration=12 * 3600.5)), "media_too_long"),
        (video("Light", film(**WIDE), picture(mime_type="image/webp")), "media_type"),
        (Content(Format.SHORT, "Light", (film(duration=181.0),), {"made_for_kids": False}), "media_too_long"),
        (Content(Format.SHORT, "Light", (film(**WIDE),), {"made_for_kids": False}), "media_ratio"),
    ],
)
def test_what_youtube_would_refuse_is_named(content: Content, code: str) -> None:
    assert code in codes(content)


def test_tags_may_have_five_hundred_characters_with_their_commas_and_quotes() -> None:
    assert codes(video("Light", tags=["x" * 250, "y" * 249])) == []
    assert codes(video("Light", tags=["x y" + "z" * 247, "y" * 249])) == ["option_invalid"]


def test_an_upright_film_up_to_three_minutes_will_be_a_short_whatever_it_is_called() -> None:
    assert names(problems(video("Light", film(duration=180.0)), RULES)) == ["is_a_short"]
    assert problems(video("Light", film(duration=181.0)), RULES) == []


def test_a_film_over_fifteen_minutes_needs_a_confirmed_channel() -> None:
    assert names(problems(video("Light", film(**WIDE, duration=901.0)), RULES)) == ["long_film"]


def test_a_description_is_counted_in_bytes_and_said_so() -> None:
    [problem] = blocking(problems(video("Light\n" + "ø" * 2500), RULES, "YouTube"))
    assert "5006 bytes" in problem.message
