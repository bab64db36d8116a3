"""The way of each format to Instagram, step by step, and what every hindrance on it becomes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest
import responses

from connectors.platforms.base import (
    Content,
    Done,
    Format,
    Json,
    Live,
    NeedsRelink,
    NotNow,
    Rejected,
    Usage,
    Wait,
)
from connectors.platforms.instagram import journal
from connectors.platforms.instagram.publisher import POLLS_MAX
from tests.connectors.platforms.instagram import graph
from tests.connectors.platforms.instagram.test_matching import row
from tests.connectors.platforms.samples import (
    IG,
    NOW,
    carousel,
    delivery,
    error,
    film,
    image_post,
    picture,
    reel,
    run,
)


def made(container: str) -> Json:
    return journal.Made(container, NOW).entry()


SLIDES: dict[str, Json] = {f"child:{i}": made(str(i)) for i in range(4)}


def names_of(content: Content) -> list[str]:
    return [step.name for step in graph.publisher().steps(content)]


# --- Which steps ---


@pytest.mark.parametrize("content", [image_post(), reel()])
def test_one_medium_takes_three_steps(content: Content) -> None:
    assert names_of(content) == ["container", "ready", "publish"]


def test_a_carousel_takes_one_step_per_slide_so_that_one_slide_can_fail_alone() -> None:
    slides = ["child:0", "child:1", "child:2", "child:3"]
    assert names_of(carousel()) == [*slides, "children", "container", "ready", "publish"]


@pytest.mark.parametrize("content", [image_post(), reel(), carousel()])
def test_only_the_last_step_is_the_commit(content: Content) -> None:
    assert [step.commit for step in graph.publisher().steps(content)][::-1].index(True) == 0
    assert sum(step.commit for step in graph.publisher().steps(content)) == 1


@pytest.mark.parametrize("format_", [Format.TEXT, Format.VIDEO])
def test_a_format_that_instagram_does_not_have_has_no_steps(format_: Format) -> None:
    with pytest.raises(Rejected):
        graph.publisher().steps(Content(format_, ""))


# --- Making containers ---


@responses.activate
def test_a_picture_is_handed_over_with_caption_alt_text_and_options() -> None:
    graph.created("1788")
    content = Content(
        Format.IMAGE,
        "Autumn\r\nlinen",
        (picture(alt_text="A loom"),),
        {
            "collaborators": ["weaver"],
            "user_tags": [{"username": "a", "x": 0.5, "y": 0.1}],
            "location_id": "42",
            "is_ai_generated": True,
        },
    )
    result = run(graph.publisher(), "container", delivery(content))
    assert isinstance(result, Done)
    assert journal.needed({"container": result.result}, "container").id == "1788"
    assert graph.form() == {
        "image_url": "https://media.example/m/1.jpg?sig=abc",
        "caption": "Autumn\nlinen",
        "alt_text": "A loom",
        "collaborators": '["weaver"]',
        "user_tags": '[{"username": "a", "x": 0.5, "y": 0.1}]',
        "location_id": "42",
        "is_ai_generated": "true",
    }


@responses.activate
def test_a_reel_is_handed_over_with_its_cover_at_the_first_frame() -> None:
    graph.created("1788")
    content = Content(
        Format.REEL, "Loom", (film(alt_text="unused"),), {"thumb_offset": 0, "share_to_feed": False, "user_tags": []}
    )
    run(graph.publisher(), "container", delivery(content))
    assert graph.form() == {
        "media_type": "REELS",
        "video_url": "https://media.example/m/2.mp4?sig=def",
        "caption": "Loom",
        "thumb_offset": "0",
        "share_to_feed": "false",
    }


@responses.activate
def test_slides_carry_no_caption_and_no_collaborators() -> None:
    graph.created("1")
    options: dict[str, Any] = {
        "collaborators": ["weaver"], "is_ai_generated": True, "location_id": "42",
        "user_tags": [{"username": "a", "x": 0, "y": 0, "medium": 0}, {"username": "b", "medium": 2}],
    }  # fmt: skip
    content = carousel(picture(alt_text="One"), picture(), film(), **options)
    for name in ("child:0", "child:2"):
        run(graph.publisher(), name, delivery(content))
    assert graph.form(0) == {
        "image_url": "https://media.example/m/1.jpg?sig=abc",
        "alt_text": "One",
        "is_carousel_item": "true",
        "user_tags": '[{"username": "a", "x": 0, "y": 0}]',
    }
    assert graph.form(1) == {
        "media_type": "VIDEO",
        "video_url": "https://media.example/m/2.mp4?sig=def",
        "is_carousel_item": "true",
        "user_tags": '[{"username": "b"}]',
    }


@responses.activate
def test_the_carousel_names_its_slides_in_their_order() -> None:
    graph.created("9")
    run(graph.publisher(), "container", delivery(carousel(is_ai_generated=True), SLIDES))
    assert graph.form() == {
        "media_type": "CAROUSEL",
        "children": "0,1,2,3",
        "caption": "Four looks",
        "is_ai_generated": "true",
    }


@responses.activate
def test_an_empty_caption_is_left_out() -> None:
    graph.created("1788")
    run(graph.publisher(), "container", delivery(image_post("")))
    assert "caption" not in graph.form()


def test_a_file_without_an_address_is_refused_with_what_to_set() -> None:
    with pytest.raises(Rejected, match="MEDIA_BASE_URL"):
        run(graph.publisher(), "container", delivery(Content(Format.IMAGE, "", (picture(url=""),))))


@pytest.mark.parametrize(("code", "subcode"), [(9004, 2207052), (-2, 2207003)])
@responses.activate
def test_a_slide_that_could_not_be_fetched_is_asked_for_again_and_only_that_one(code: int, subcode: int) -> None:
    graph.refused(error(code, subcode))
    with pytest.raises(NotNow, match=r"^Slide 3: ") as raised:
        run(graph.publisher(), "child:2", delivery(carousel(), SLIDES))
    assert raised.value.drop == ()
    assert raised.value.code == f"{code}/{subcode}"


@responses.activate
def test_a_slide_that_is_refused_is_named() -> None:
    graph.refused(error(36003, 2207009))
    with pytest.raises(Rejected, match=r"^Slide 2: .* Crop it\."):
        run(graph.publisher(), "child:1", delivery(carousel()))


@responses.activate
def test_a_dead_link_or_a_limit_is_not_about_one_slide() -> None:
    graph.refused(error(190, 463))
    with pytest.raises(NeedsRelink, match=r"^The account's link has expired"):
        run(graph.publisher(), "child:1", delivery(carousel()))
    responses.reset()
    graph.refused(error(80002))
    with pytest.raises(NotNow, match=r"^Instagram has had too many calls") as raised:
        run(graph.publisher(), "child:1", delivery(carousel()))
    assert raised.value.limit


# --- Waiting ---


def ready(content: Content, code: str, text: str = "", known: Mapping[str, Json] | None = None) -> Any:
    graph.status("1788", code, text)
    return run(graph.publisher(), "ready", delivery(content, {"container": made("1788"), **(known or {})}))


@responses.activate
def test_a_finished_container_goes_on() -> None:
    assert ready(image_post(), "FINISHED") == Done()


@pytest.mark.parametrize(
    ("content", "expected"), [(image_post(), [1, 5, 10, 20, 25, 30, 60, 60]), (reel(), [5, 10, 20, 25, 30, 60, 60])]
)
@responses.activate
def test_waiting_is_short_at_first_and_long_later(content: Content, expected: list[int]) -> None:
    known: dict[str, Json] = {}
    delays = []
    for _ in expected:
        result = ready(content, "IN_PROGRESS", known=known)
        assert isinstance(result, Wait)
        known |= result.keep
        delays.append(result.delay.total_seconds())
    assert delays == expected


@responses.activate
def test_after_an_hour_of_waiting_it_is_handed_over_again() -> None:
    with pytest.raises(NotNow) as raised:
        ready(reel(), "IN_PROGRESS", known={"polls:ready": POLLS_MAX})
    assert set(raised.value.drop) == {"container", "ready", "polls:ready"}


@responses.activate
def test_a_container_that_is_not_shown_yet_is_waited_for() -> None:
    responses.get(f"{graph.INSTAGRAM}/1788", json=error(100, 33), status=400)
    assert isinstance(run(graph.publisher(), "ready", delivery(reel(), {"container": made("1788")})), Wait)


@responses.activate
def test_an_expired_container_is_made_again() -> None:
    with pytest.raises(NotNow) as raised:
        ready(image_post(), "EXPIRED")
    assert "container" in raised.value.drop


@responses.activate
def test_an_expired_carousel_is_made_again_with_its_slides() -> None:
    with pytest.raises(NotNow) as raised:
        ready(carousel(), "EXPIRED", known=SLIDES)
    assert {"container", "children", "child:0", "child:3"} <= set(raised.value.drop)


@responses.activate
def test_a_failed_container_says_what_is_wrong_with_the_file() -> None:
    with pytest.raises(Rejected, match="MP4"):
        ready(reel(), "ERROR", "Error: Media upload has failed with error code 2207026")


@responses.activate
def test_a_failed_fetch_makes_a_new_container() -> None:
    with pytest.raises(NotNow) as raised:
        ready(reel(), "ERROR", "Error: Media upload has failed with error code 2207003")
    assert raised.value.drop == ("container", "ready", "polls:ready")


@responses.activate
def test_a_container_that_is_public_already_is_never_published_again() -> None:
    graph.listed(row(timestamp=NOW.strftime("%Y-%m-%dT%H:%M:%S+0000")))
    found = ready(image_post(), "PUBLISHED")
    assert isinstance(found, Live)
    assert found.remote_id == "1792"
    assert not [call for call in graph.paths() if call.startswith("POST")]


@responses.activate
def test_a_container_that_is_public_already_waits_for_its_link() -> None:
    graph.listed()
    assert isinstance(ready(image_post(), "PUBLISHED"), Wait)


@responses.activate
def test_slides_are_waited_for_and_a_finished_one_is_not_asked_again() -> None:
    for slide, code in (("0", "FINISHED"), ("1", "FINISHED"), ("2", "IN_PROGRESS"), ("3", "FINISHED")):
        graph.status(slide, code)
    first = run(graph.publisher(), "children", delivery(carousel(), SLIDES))
    assert isinstance(first, Wait)
    assert first.delay == timedelta(seconds=5)
    responses.reset()
    graph.status("2", "FINISHED")
    assert run(graph.publisher(), "children", delivery(carousel(), {**SLIDES, **first.keep})) == Done()
    assert graph.paths() == ["GET /2"]


@responses.activate
def test_one_failed_slide_is_made_again_and_the_others_are_kept() -> None:
    graph.status("0", "FINISHED")
    graph.status("1", "ERROR", "Error: Media upload has failed with error code 2207052")
    with pytest.raises(NotNow, match=r"^Slide 2: ") as raised:
        run(graph.publisher(), "children", delivery(carousel(), SLIDES))
    dropped = set(raised.value.drop)
    assert "child:1" in dropped
    assert not dropped & {"child:0", "child:2", "child:3"}


# --- The commit, and after it ---


@responses.activate
def test_the_commit_answers_with_the_live_post() -> None:
    graph.published({"id": "1792"})
    result = run(graph.publisher(), "publish", delivery(image_post(), {"container": made("1788")}))
    assert isinstance(result, Live)
    assert result.remote_id == "1792"
    assert graph.paths() == [f"POST /{IG}/media_publish"]


@responses.activate
def test_the_link_is_read_and_never_made_up() -> None:
    responses.get(f"{graph.INSTAGRAM}/1792", json={"id": "1792", "permalink": "https://www.instagram.com/p/DAbc/"})
    assert graph.publisher().link("1792") == "https://www.instagram.com/p/DAbc/"
    responses.replace(responses.GET, f"{graph.INSTAGRAM}/1792", json={"id": "1792"})
    assert graph.publisher().link("1792") == ""


LIMIT = f"{graph.INSTAGRAM}/{IG}/content_publishing_limit"


@responses.activate
def test_the_quota_is_what_the_platform_says() -> None:
    config = {"quota_total": 50, "quota_duration": 86400}
    responses.get(LIMIT, json={"data": [{"quota_usage": 2, "config": config}]})
    assert graph.publisher().usage() == Usage(2, 50, timedelta(hours=24))


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"data": []}, 200), ({"data": [{"quota_usage": 2}]}, 200), ({}, 200), (error(10), 403), (error(2), 500),
        ({"data": [{"quota_usage": "2", "config": {"quota_total": None}}]}, 200), (error(100), 400),
    ],
)  # fmt: skip
@responses.activate
def test_a_quota_that_cannot_be_read_is_none(body: dict[str, Any], status: int) -> None:
    responses.get(LIMIT, json=body, status=status)
    assert graph.publisher().usage() is None


@responses.activate
def test_a_dead_link_is_told_also_when_only_the_quota_was_asked() -> None:
    responses.get(LIMIT, json=error(190, 463), status=400)
    with pytest.raises(NeedsRelink):
        graph.publisher().usage()
