"""What a container takes, and what it refuses."""

from __future__ import annotations

import json

import pytest

from connectors.sandbox.platforms.graph import GraphError
from connectors.sandbox.platforms.instagram import params

IMAGE = {"image_url": "https://example.test/a.jpg"}
REEL = {"media_type": "REELS", "video_url": "https://example.test/a.mp4"}
CHILD = IMAGE | {"is_carousel_item": "true"}


def refusal(values: dict[str, str], host: str = "facebook") -> tuple[int, int] | None:
    """Code and subcode, or None when it is taken."""
    try:
        params.check(params.kind_of(values), values, host)
    except GraphError as e:
        return e.code, e.subcode
    return None


@pytest.mark.parametrize(
    "values",
    [
        IMAGE | {"caption": "a" * 2200, "alt_text": "b" * 1000},
        IMAGE | {"caption": "#a " * 30 + "@b " * 20},
        IMAGE | {"user_tags": json.dumps([{"username": "x", "x": 0.5, "y": 1}])},
        REEL | {"user_tags": json.dumps([{"username": "x"}]), "thumb_offset": "0", "share_to_feed": "false"},
        REEL | {"collaborators": '["a","b","c"]', "trial_params": '{"graduation_strategy": "MANUAL"}'},
        CHILD | {"alt_text": "A coat"},
        IMAGE | {"something_unknown": "is ignored"},
    ],
)
def test_what_the_reference_allows_is_taken(values: dict[str, str]) -> None:
    assert refusal(values) is None


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({}, (100, 0)),
        ({"media_type": "REELS"} | IMAGE, (100, 0)),
        ({"media_type": "VIDEO", "video_url": "https://example.test/a.mp4"}, (100, 0)),
        ({"media_type": "IMAGE"} | IMAGE, (100, 2207023)),
        (REEL | {"is_carousel_item": "true"}, (100, 2207028)),
        ({"image_url": "a.jpg"}, (100, 0)),
        (IMAGE | {"caption": "a" * 2201}, (36004, 2207010)),
        (IMAGE | {"caption": "#a " * 31}, (36004, 2207010)),
        (IMAGE | {"caption": "@a " * 21}, (100, 2207040)),
        (IMAGE | {"alt_text": "a" * 1001}, (100, 0)),
        (IMAGE | {"user_tags": '[{"username": "x"}]'}, (100, 0)),
        (IMAGE | {"user_tags": "no json"}, (100, 0)),
        (IMAGE | {"collaborators": '["a","b","c","d"]'}, (100, 0)),
        (IMAGE | {"location_id": "here"}, (100, 0)),
        (REEL | {"thumb_offset": "-1"}, (1, 2207057)),
        (REEL | {"alt_text": "no"}, (100, 0)),
        (REEL | {"share_to_feed": "maybe"}, (100, 0)),
        (CHILD | {"caption": "no"}, (100, 0)),
        (CHILD | {"collaborators": '["a"]'}, (100, 0)),
        (CHILD | {"is_ai_generated": "true"}, (100, 0)),
    ],
)
def test_what_the_reference_refuses_is_refused(values: dict[str, str], code: tuple[int, int]) -> None:
    assert refusal(values) == code


def test_some_parameters_belong_to_the_facebook_host_alone() -> None:
    values = REEL | {"is_paid_partnership": "true"}
    assert (refusal(values, "facebook"), refusal(values, "instagram")) == (None, (100, 0))


@pytest.mark.parametrize("text", ["1", ",".join("12345678901"), '["1"]', "[1"])
def test_a_carousel_has_two_to_ten_children(text: str) -> None:
    with pytest.raises(GraphError):
        params.children_of(text)
    assert params.children_of("1, 2") == params.children_of('["1","2"]') == ["1", "2"]
