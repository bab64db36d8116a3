"""What mends what platforms refuse: a fix is offered only when the rules then take what will come of it."""

from __future__ import annotations

import pytest

from approvals.studios.fixes import MENDABLE, fix, words
from approvals.studios.making import foretold
from connectors.platforms.base import Content, Format, Medium
from connectors.platforms.problems import problems
from connectors.platforms.registry import PLATFORMS
from tests.approvals.studios.test_recipes import content, medium

TALL = medium("video", width=1080, height=1920)
CASES = {
    "a picture": content(medium()),
    "a png": content(medium(mime_type="image/png")),
    "a huge picture": content(medium(size=40_000_000, width=6000, height=4500)),
    "a panorama": content(medium(width=4000, height=1000)),
    "a carousel": content(medium(), medium(mime_type="image/webp"), medium(), format=Format.CAROUSEL),
    "a long reel": content(medium("video", duration=4000.0), format=Format.REEL),
    "an old film": content(medium("video", codec="mpeg4", fps=15.0, mime_type="video/webm"), format=Format.VIDEO),
    "a story": content(medium("video", duration=90.0), format=Format.STORY),
    "a short": content(TALL, format=Format.SHORT),
    "a huge film": content(medium("video", size=9_000_000_000, fast_start=False), format=Format.REEL),
}


def wrong(found: Content, platform: str) -> list[str]:
    return [p.code for p in problems(found, PLATFORMS[platform].rules) if p.blocks and p.code in MENDABLE]


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("platform", PLATFORMS)
def test_what_a_fix_makes_is_taken_by_the_rules(platform: str, name: str) -> None:
    found = fix(CASES[name], PLATFORMS[platform].rules, platform)
    if found is None:
        return
    assert wrong(CASES[name], platform), "nothing was wrong"
    assert not wrong(foretold(CASES[name], found.making), platform)
    assert found.recipe.startswith(f"fit:{platform}:") and found.label.startswith("Make it fit: ")


@pytest.mark.parametrize(("platform", "name"), [
    ("instagram", "a png"), ("instagram", "a huge picture"), ("instagram", "a panorama"), ("instagram", "a long reel"),
    ("instagram", "an old film"), ("instagram", "a short"), ("instagram", "a huge film"), ("instagram", "a story"),
    ("tiktok", "a picture"), ("tiktok", "a long reel"), ("tiktok", "a short"), ("tiktok", "an old film"),
    ("youtube", "a picture"), ("youtube", "a carousel"), ("youtube", "a long reel"), ("youtube", "a story"),
])  # fmt: skip
def test_there_is_a_fix_for(platform: str, name: str) -> None:
    assert fix(CASES[name], PLATFORMS[platform].rules, platform)


def test_what_is_fine_needs_no_fix_and_words_alone_have_none() -> None:
    fine = content(medium(width=1080, height=1350))
    assert fix(fine, PLATFORMS["instagram"].rules, "instagram") is None
    assert fix(content(format=Format.TEXT), PLATFORMS["instagram"].rules, "instagram") is None


def test_a_picture_becomes_a_film_where_only_films_are_taken() -> None:
    found = fix(CASES["a picture"], PLATFORMS["youtube"].rules, "youtube")
    assert found and found.making.slides and found.making.format == "short"
    assert found.will_be == "a short of 6 seconds, 9:16 on a blurred ground"


def test_a_film_that_is_too_long_is_cut_to_its_limit() -> None:
    found = fix(CASES["a story"], PLATFORMS["instagram"].rules, "instagram")
    assert found and found.making.format == "story" and found.making.length == pytest.approx(60, abs=0.5)


def test_only_the_slides_that_are_refused_are_changed() -> None:
    found = fix(CASES["a carousel"], PLATFORMS["instagram"].rules, "instagram")
    assert found and found.making.only == (1,)
    assert words(CASES["a carousel"], found.making) == "a carousel, JPEG"


def test_what_nobody_can_make_is_not_offered() -> None:
    tiny: Medium = medium(width=60, height=45, kind="video", duration=0.5)
    assert fix(content(tiny, format=Format.REEL), PLATFORMS["instagram"].rules, "instagram") is None
