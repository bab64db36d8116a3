"""What became of a commit without a clean answer: never a second one while the first may live."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import responses
import time_machine

from connectors.platforms.base import (
    RECONCILING_SINCE,
    Content,
    Delivery,
    Done,
    Live,
    NeedsRelink,
    NotLive,
    NotNow,
    Rejected,
    Unknown,
    Wait,
)
from connectors.platforms.tiktok import journal
from connectors.platforms.tiktok.reconcile import LOOK_SECONDS
from tests.connectors.platforms.samples import NOW, delivery
from tests.connectors.platforms.tiktok import api

SIZE, CHUNK = 25, 10


def lost(content: Content | None = None, commit_error: str = "", **more: Any) -> Delivery:
    kept = {**api.upload_journal(SIZE, CHUNK, 10), RECONCILING_SINCE: "then", **more}
    return delivery(content or api.video(size=SIZE), kept, commit_sent_at=NOW, commit_error=commit_error)


def ask(order: Delivery, *, audited: bool = True) -> Any:
    return api.publisher(audited=audited).reconcile(order)


def again(order: Delivery, wait: Wait) -> Delivery:
    return delivery(
        order.content, {**order.journal, **wait.keep}, commit_sent_at=order.commit_sent_at,
        commit_error=order.commit_error, bound=order.bound,
    )  # fmt: skip


@pytest.fixture(autouse=True)
def today() -> Any:
    with time_machine.travel(NOW + timedelta(minutes=1), tick=False):
        yield


# --- An upload ---


@pytest.mark.parametrize("uploaded", [SIZE, SIZE + 1])
@responses.activate
def test_with_every_byte_there_the_commit_has_arrived(uploaded: int) -> None:
    api.told("PROCESSING_UPLOAD", uploaded_bytes=uploaded)
    assert ask(lost()) == Done()


@responses.activate
def test_a_draft_that_arrived_has_arrived() -> None:
    api.told("SEND_TO_USER_INBOX")
    assert ask(lost(api.draft(api.video()))) == Done()


@responses.activate
def test_a_post_that_is_out_is_live() -> None:
    api.told("PUBLISH_COMPLETE", publicaly_available_post_id=[75])
    assert ask(lost()) == Live("75")


@responses.activate
def test_a_post_that_is_out_without_its_link_waits_for_it_or_is_live_without() -> None:
    api.told("PUBLISH_COMPLETE", publicaly_available_post_id=[])
    assert ask(lost()) == Done()
    assert isinstance(ask(lost(), audited=False), Live)
    with time_machine.travel(NOW + timedelta(minutes=6), tick=False):
        assert isinstance(ask(lost()), Live)


@responses.activate
def test_a_missing_last_chunk_is_sent_again_to_the_same_address_after_a_second_look() -> None:
    api.told("PROCESSING_UPLOAD", uploaded_bytes=10)
    first = ask(lost())
    assert isinstance(first, Wait)
    second = ask(again(lost(), first))
    assert isinstance(second, NotLive) and second.drop == () and second.error is None


@responses.activate
def test_where_more_than_the_last_chunk_is_missing_the_upload_goes_on_where_tiktok_is() -> None:
    api.told("PROCESSING_UPLOAD", uploaded_bytes=0)
    first = ask(lost())
    assert isinstance(first, Wait)
    second = ask(again(lost(), first))
    assert isinstance(second, NotLive) and second.drop == (journal.UPLOAD, journal.SENT)


@pytest.mark.parametrize("code", ["upload/403", "upload/404", "expired"])
@responses.activate
def test_a_closed_upload_is_begun_anew_only_after_two_looks_far_apart(code: str) -> None:
    api.told("PROCESSING_UPLOAD", uploaded_bytes=10)
    later = NOW + timedelta(minutes=56) if code == "expired" else NOW
    with time_machine.travel(later, tick=False):
        order = lost(commit_error=code)
        first = ask(order)
        assert isinstance(first, Wait) and first.delay == timedelta(minutes=15)
        second = ask(again(order, first))
    assert isinstance(second, NotLive) and second.drop == journal.EVERYTHING


@responses.activate
def test_a_closed_upload_that_still_grew_is_looked_at_again() -> None:
    api.told("PROCESSING_UPLOAD", uploaded_bytes=10)
    order = lost(commit_error="upload/403")
    first = ask(order)
    assert isinstance(first, Wait)
    responses.reset()
    api.told("PROCESSING_UPLOAD", uploaded_bytes=20)
    assert isinstance(ask(again(order, first)), Wait)


@responses.activate
def test_without_a_figure_nothing_is_repeated() -> None:
    api.told("PROCESSING_UPLOAD")
    order = lost()
    for _ in range(20):
        verdict = ask(order)
        assert isinstance(verdict, Wait)
        order = again(order, verdict)
    assert isinstance(ask(order), Unknown)


@pytest.mark.parametrize(
    ("reason", "error"),
    [("frame_rate_check_failed", Rejected), ("internal", None), ("spam_risk_too_many_posts", NotNow)],
)
@responses.activate
def test_what_tiktok_says_has_failed_is_surely_not_live(reason: str, error: type[Exception] | None) -> None:
    api.told("FAILED", fail_reason=reason)
    verdict = ask(lost())
    assert isinstance(verdict, NotLive) and verdict.drop == journal.EVERYTHING
    assert (type(verdict.error) is error) if error else verdict.error is None


@pytest.mark.parametrize("code", ["invalid_publish_id", "token_not_authorized_for_specified_publish_id"])
@responses.activate
def test_a_publish_that_tiktok_does_not_tell_about_is_for_a_person(code: str) -> None:
    api.answered("post/publish/status/fetch/", {}, code, 400)
    assert isinstance(ask(lost()), Unknown)


@pytest.mark.parametrize(("code", "error"), [("internal_error", NotNow), ("access_token_invalid", NeedsRelink)])
@responses.activate
def test_while_tiktok_cannot_be_asked_the_outcome_stays_open(code: str, error: type[Exception]) -> None:
    api.answered("post/publish/status/fetch/", {}, code, 500)
    with pytest.raises(error):
        ask(lost())


# --- By address, with the answer lost ---


def blind(content: Content, **more: Any) -> Delivery:
    return delivery(content, {RECONCILING_SINCE: "then"}, commit_sent_at=NOW, **more)


def row(**changes: Any) -> dict[str, Any]:
    shown = {
        "id": "75", "video_description": "Wool, slowly.", "create_time": int(NOW.timestamp()) + 5, "duration": 12,
        "share_url": "https://www.tiktok.com/@fjord.films/video/75?utm=x",
    }  # fmt: skip
    return shown | changes


FILM = api.video(source="pull")


@responses.activate
def test_exactly_one_public_post_like_ours_is_ours() -> None:
    api.listed(row(), row(id="70", create_time=int(NOW.timestamp()) - 3600))
    live = ask(blind(FILM))
    assert isinstance(live, Live)
    assert (live.remote_id, live.url) == ("75", "https://www.tiktok.com/@fjord.films/video/75")


@pytest.mark.parametrize(
    "rows",
    [
        [],
        [row(), row(id="76")],
        [row(video_description="Another")],
        [row(duration=40)],
        [row(create_time=int(NOW.timestamp()) - 120)],
    ],
)
@responses.activate
def test_a_miss_or_a_doubt_is_looked_at_again_and_then_a_person_decides(rows: list[dict[str, Any]]) -> None:
    api.listed(*rows)
    order = blind(FILM)
    for seconds in LOOK_SECONDS:
        verdict = ask(order)
        assert isinstance(verdict, Wait) and verdict.delay == timedelta(seconds=seconds)
        order = again(order, verdict)
    assert isinstance(ask(order), Unknown)
    assert all("init" not in path for path in api.paths())


@responses.activate
def test_a_post_of_another_is_never_taken_for_ours() -> None:
    api.listed(row())
    assert isinstance(ask(blind(FILM, bound=frozenset({"75"}))), Wait)


@pytest.mark.parametrize(
    "content",
    [
        api.draft(api.photos()),
        api.photos(privacy_level="SELF_ONLY"),
        api.video(source="pull", privacy_level="SELF_ONLY"),
    ],
)
@responses.activate
def test_where_no_list_can_show_it_a_person_is_asked_at_once(content: Content) -> None:
    assert isinstance(ask(blind(content)), Unknown)
    assert api.paths() == []


@responses.activate
def test_without_the_right_to_read_the_list_a_person_is_asked_at_once() -> None:
    api.answered("video/list/", {}, "scope_not_authorized", 401)
    assert isinstance(ask(blind(FILM)), Unknown)


def test_without_a_record_of_the_upload_a_person_is_asked() -> None:
    assert isinstance(ask(blind(api.video())), Unknown)
