"""A post's settings are checked before they are sent, and each becomes the parameter that Meta documents."""

from __future__ import annotations

from dataclasses import replace

import pytest

from connectors.platforms.base import Content, Json
from connectors.platforms.instagram.options import parameters, tags_of
from connectors.platforms.instagram.rules import RULES
from connectors.platforms.problems import problems
from tests.connectors.platforms.samples import carousel, film, image_post, picture, reel


def complaint(content: Content) -> str:
    return next((problem.message for problem in problems(content, RULES) if problem.code == "option_invalid"), "")


@pytest.mark.parametrize(
    "value",
    [True, "yes", -1, 1.5, 12_000, [0]],
)
def test_a_cover_outside_the_video_is_refused(value: Json) -> None:
    assert complaint(reel(thumb_offset=value)).startswith("Cover: ")


@pytest.mark.parametrize("value", [0, 11_999])
def test_the_first_frame_is_a_cover_like_any_other(value: int) -> None:
    assert complaint(reel(thumb_offset=value)) == ""
    assert parameters(reel(thumb_offset=value)) == {"thumb_offset": value}


@pytest.mark.parametrize("value", ["fjord", ["@fjord"], ["a", "b", "c", "d"], ["a", "A"], [""], [7], ["a b"]])
def test_collaborators_are_at_most_three_different_user_names(value: Json) -> None:
    assert complaint(image_post(collaborators=value)).startswith("Collaborators: ")


@pytest.mark.parametrize("value", [True, 12, "12a", "", "١٢"])
def test_a_location_is_the_number_of_a_page(value: Json) -> None:
    assert complaint(image_post(location_id=value)).startswith("Location: ")


@pytest.mark.parametrize("name", ["is_ai_generated", "share_to_feed"])
def test_switches_are_yes_or_no(name: str) -> None:
    assert complaint(replace(reel(), options={name: "true"}))
    assert not complaint(replace(reel(), options={name: False}))


@pytest.mark.parametrize(
    "tag",
    [
        "fjord",
        {"x": 0.1, "y": 0.2},
        {"username": "fjord"},
        {"username": "fjord", "x": 1.5, "y": 0.2},
        {"username": "fjord", "x": True, "y": 0.2},
        {"username": "fjord", "x": 0.1, "y": 0.2, "medium": 1},
        {"username": "fjord", "x": 0.1, "y": 0.2, "colour": "red"},
    ],
)
def test_a_tag_on_a_picture_needs_a_name_and_a_place(tag: Json) -> None:
    assert complaint(image_post(user_tags=[tag])).startswith("Tagged people: ")


def test_a_tag_in_a_video_has_no_place() -> None:
    assert complaint(reel(user_tags=[{"username": "fjord", "x": 0.1, "y": 0.1}]))
    assert not complaint(reel(user_tags=[{"username": "fjord"}]))


def test_a_carousels_tags_belong_to_its_slides() -> None:
    tags: list[Json] = [{"username": "a", "x": 0, "y": 1, "medium": 0}, {"username": "b", "medium": 1}]
    content = carousel(picture(), film(), user_tags=tags)
    assert complaint(content) == ""
    assert tags_of(content, 0) == [{"username": "a", "x": 0, "y": 1}]
    assert tags_of(content, 1) == [{"username": "b"}]
    assert parameters(content) == {}


def test_what_is_not_set_is_not_sent() -> None:
    assert parameters(reel(thumb_offset=None, share_to_feed=False, user_tags=[])) == {"share_to_feed": False}
