"""After a commit without a clean answer: the truth, or that it is not known. Nothing is ever sent again here."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import responses
import time_machine
from pytest_django import Settings

from connectors.platforms.base import (
    RECONCILING_SINCE,
    Content,
    Json,
    Live,
    NeedsRelink,
    NotLive,
    NotNow,
    Rejected,
    Unknown,
    Verdict,
    Wait,
)
from connectors.platforms.instagram import journal
from connectors.platforms.instagram.reconcile import LOOK_SECONDS
from tests.connectors.platforms.instagram import graph
from tests.connectors.platforms.instagram.test_matching import row
from tests.connectors.platforms.samples import IG, NOW, carousel, delivery, error, image_post, reel

SENT = NOW
CONTAINER: dict[str, Json] = {"container": journal.Made("1788", NOW - timedelta(minutes=1)).entry()}


@pytest.fixture(autouse=True)
def two_minutes_later() -> Iterator[None]:
    with time_machine.travel(NOW + timedelta(minutes=2), tick=False):
        yield


def reconcile(
    content: Content | None = None, known: dict[str, Json] | None = None, login: str = "instagram", **more: Any
) -> Verdict:
    order = delivery(content or image_post(), {**CONTAINER, **(known or {})}, **{"commit_sent_at": SENT} | more)
    try:
        return graph.publisher(login).reconcile(order)
    finally:
        assert all(call.startswith("GET ") for call in graph.paths()), "reconcile only looks"


def waits(times: int = 50, **more: Any) -> tuple[list[float], Verdict]:
    """Ask again and again: the delays, and the verdict at the end."""
    known: dict[str, Json] = {}
    delays: list[float] = []
    for _ in range(times):
        verdict = reconcile(known=known, **more)
        if not isinstance(verdict, Wait):
            return delays, verdict
        known |= verdict.keep
        delays.append(verdict.delay.total_seconds())
    return delays, verdict


# --- PUBLISHED ---


@responses.activate
def test_a_published_container_with_one_match_is_that_post() -> None:
    graph.status("1788", "PUBLISHED")
    graph.listed(row(id="1", caption="Other"), row(id="1792"))
    assert reconcile() == Live("1792", "https://www.instagram.com/p/DAbc/", NOW + timedelta(seconds=3))


@pytest.mark.parametrize("rows", [[], [row(id="1", caption="Other")], [row(id="1"), row(id="2")]])
@responses.activate
def test_without_exactly_one_match_it_stays_live_with_its_link_unknown(rows: list[dict[str, Any]]) -> None:
    graph.status("1788", "PUBLISHED")
    graph.listed(*rows)
    verdict = reconcile()
    assert isinstance(verdict, Wait)
    assert "It is live" in verdict.note


@responses.activate
def test_after_an_hour_it_is_live_without_a_link() -> None:
    graph.status("1788", "PUBLISHED")
    graph.listed()
    delays, verdict = waits()
    assert delays == list(LOOK_SECONDS)
    assert 45 * 60 <= sum(delays) <= 75 * 60
    assert verdict == Live("", "", SENT)


@responses.activate
def test_a_post_of_another_row_is_not_taken() -> None:
    graph.status("1788", "PUBLISHED")
    graph.listed(row(id="1792"), row(id="1793"))
    verdict = reconcile(bound=frozenset({"1793"}))
    assert isinstance(verdict, Live)
    assert verdict.remote_id == "1792"


@responses.activate
def test_a_list_that_cannot_be_read_whole_proves_nothing() -> None:
    graph.status("1788", "PUBLISHED")
    graph.listed(row(id="1792"), after="again")
    assert isinstance(reconcile(), Wait)


@responses.activate
def test_a_list_that_may_not_be_read_leaves_it_live_with_its_link_unknown() -> None:
    graph.status("1788", "PUBLISHED")
    responses.get(f"{graph.INSTAGRAM}/{IG}/media", json=error(10), status=403)
    assert isinstance(reconcile(), Wait)


@responses.activate
def test_a_list_without_captions_is_matched_by_the_rest_with_instagram_login_only() -> None:
    bare = row(caption=None, media_product_type=None)
    for login in ("instagram", "facebook"):
        graph.status("1788", "PUBLISHED", login=login)
        graph.listed(bare, login=login)
    assert isinstance(reconcile(), Live)
    assert isinstance(reconcile(login="facebook"), Wait)


@responses.activate
def test_a_caption_that_comes_back_without_its_at_signs_matches() -> None:
    graph.status("1788", "PUBLISHED")
    graph.listed(row(caption="by weaver"))
    assert isinstance(reconcile(image_post("by @weaver")), Live)


# --- FINISHED, IN_PROGRESS ---


@responses.activate
def test_a_finished_container_is_looked_at_three_times_more_and_then_kept_for_the_next_try() -> None:
    graph.status("1788", "FINISHED")
    delays, verdict = waits()
    assert delays == [30, 60, 120]
    assert isinstance(verdict, NotLive)
    assert (verdict.drop, verdict.error) == ((), None)


@responses.activate
def test_the_looks_start_anew_with_each_commit() -> None:
    graph.status("1788", "FINISHED")
    known: dict[str, Json] = {}
    for _ in range(3):
        verdict = reconcile(known=known)
        assert isinstance(verdict, Wait)
        known |= verdict.keep
    assert isinstance(reconcile(known=known), NotLive)
    assert isinstance(reconcile(known=known, commit_sent_at=SENT + timedelta(minutes=1)), Wait)


@responses.activate
def test_the_looks_start_anew_when_the_same_container_was_published_again() -> None:
    graph.status("1788", "FINISHED")
    known: dict[str, Json] = {RECONCILING_SINCE: "first"}
    for _ in range(3):
        verdict = reconcile(known=known)
        assert isinstance(verdict, Wait)
        known |= verdict.keep
    assert isinstance(reconcile(known=known), NotLive)
    assert isinstance(reconcile(known=known | {RECONCILING_SINCE: "second"}), Wait)


@responses.activate
def test_how_long_to_look_can_be_set(settings: Settings) -> None:
    settings.INSTAGRAM_RECHECK_SECONDS = (1, 2)
    graph.status("1788", "FINISHED")
    assert waits()[0] == [1, 2]


@responses.activate
def test_a_container_in_progress_is_waited_for_without_end() -> None:
    graph.status("1788", "IN_PROGRESS")
    delays, verdict = waits(times=20)
    assert isinstance(verdict, Wait)
    assert delays[:3] == [30, 60, 120]
    assert delays[-1] == 600


@pytest.mark.parametrize(
    ("code", "meant"), [("36001/2207005", Rejected), ("9/2207042", NotNow), ("4/2207051", NotNow), ("200", NeedsRelink)]
)
@responses.activate
def test_what_the_commit_said_counts_once_it_is_sure_that_nothing_is_live(code: str, meant: type) -> None:
    graph.status("1788", "FINISHED")
    _, verdict = waits(commit_error=code)
    assert isinstance(verdict, NotLive)
    assert type(verdict.error) is meant


# --- ERROR, EXPIRED ---


@pytest.mark.parametrize("code", ["ERROR", "EXPIRED"])
@responses.activate
def test_a_failed_container_is_made_anew_after_a_double_check(code: str) -> None:
    graph.status("1788", code)
    graph.listed(row(id="1", caption="Other"))
    delays, verdict = waits()
    assert delays == [30, 60, 120]
    assert isinstance(verdict, NotLive)
    assert "container" in verdict.drop


@responses.activate
def test_a_failed_carousel_is_made_anew_with_its_slides() -> None:
    graph.status("1788", "EXPIRED")
    graph.listed()
    _, verdict = waits(content=carousel())
    assert isinstance(verdict, NotLive)
    assert {"container", "child:0", "child:3"} <= set(verdict.drop)


@pytest.mark.parametrize("code", ["ERROR", "EXPIRED"])
@responses.activate
def test_a_failed_container_whose_post_is_there_after_all_is_live(code: str) -> None:
    graph.status("1788", code)
    graph.listed(row())
    assert isinstance(reconcile(), Live)


@responses.activate
def test_a_failed_container_with_two_posts_that_fit_is_for_a_person() -> None:
    graph.status("1788", "ERROR")
    graph.listed(row(id="1"), row(id="2"))
    assert isinstance(waits()[1], Unknown)


@responses.activate
def test_a_failed_container_without_a_double_check_is_for_a_person() -> None:
    graph.status("1788", "ERROR")
    responses.get(f"{graph.INSTAGRAM}/{IG}/media", json=error(10), status=403)
    assert isinstance(waits()[1], Unknown)


@responses.activate
def test_a_file_that_instagram_cannot_process_is_not_tried_again() -> None:
    graph.status("1788", "ERROR", "Error: Media upload has failed with error code 2207026")
    graph.listed()
    _, verdict = waits(content=reel())
    assert isinstance(verdict, NotLive)
    assert isinstance(verdict.error, Rejected)


# --- When the platform does not say ---


@pytest.mark.parametrize("subcode", [0, 463, 458])
@responses.activate
def test_a_dead_token_asks_for_a_new_link_and_decides_nothing(subcode: int) -> None:
    responses.get(f"{graph.INSTAGRAM}/1788", json=error(190, subcode), status=400)
    with pytest.raises(NeedsRelink):
        reconcile()


@responses.activate
def test_a_token_that_dies_between_the_two_reads_decides_nothing_either() -> None:
    graph.status("1788", "PUBLISHED")
    responses.get(f"{graph.INSTAGRAM}/{IG}/media", json=error(190, 463), status=400)
    with pytest.raises(NeedsRelink):
        reconcile()


@pytest.mark.parametrize(("body", "status"), [(error(2), 500), (error(80002), 400), (None, 502), ({}, 200)])
@responses.activate
def test_trouble_on_the_way_is_asked_again_later(body: Any, status: int) -> None:
    responses.get(f"{graph.INSTAGRAM}/1788", json=body, status=status)
    with pytest.raises(NotNow):
        reconcile()


@responses.activate
def test_a_container_that_only_the_users_token_is_shown_is_asked_with_that() -> None:
    address = f"{graph.FACEBOOK}/1788"
    responses.get(address, json=error(100, 33), status=400)
    responses.get(address, json={"status_code": "PUBLISHED"})
    graph.listed(row(), login="facebook")
    assert isinstance(reconcile(login="facebook"), Live)


@responses.activate
def test_a_container_that_nobody_is_shown_is_looked_for_in_the_list() -> None:
    responses.get(f"{graph.FACEBOOK}/1788", json=error(100, 33), status=400)
    graph.listed(row(), login="facebook")
    assert isinstance(reconcile(login="facebook"), Live)


@responses.activate
def test_a_container_that_nobody_is_shown_is_never_taken_for_not_published() -> None:
    responses.get(f"{graph.INSTAGRAM}/1788", json=error(100, 33), status=400)
    graph.listed()
    delays, verdict = waits()
    assert delays == list(LOOK_SECONDS)
    assert isinstance(verdict, Unknown)


@responses.activate
def test_a_post_whose_container_was_not_recorded_is_for_a_person() -> None:
    order = delivery(image_post(), {}, commit_sent_at=SENT)
    assert isinstance(graph.publisher().reconcile(order), Unknown)
    assert graph.paths() == []
