"""The ways of a post to TikTok, step by step, and what every hindrance on them becomes."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import requests
import responses
import time_machine

from connectors.platforms.base import (
    COMMITTED,
    Content,
    Done,
    Format,
    Live,
    More,
    NeedsRelink,
    NotNow,
    OutcomeUnknown,
    Rejected,
    Unknown,
    Wait,
    WithCreator,
)
from connectors.platforms.tiktok import journal
from connectors.platforms.tiktok.outcome import LINK_SECONDS, POLLS_MAX
from connectors.platforms.tiktok.words import PRIVATE
from tests.connectors.platforms.samples import NOW, delivery, film, run
from tests.connectors.platforms.tiktok import api

SIZE, CHUNK = 25, 10  # two chunks: 0-9, 10-24
OPEN = {"publish_id": api.PUBLISH, "upload_url": api.UPLOAD_URL}


def names_of(content: Content) -> list[str]:
    return [step.name for step in api.publisher().steps(content)]


# --- Which steps ---


@pytest.mark.parametrize(
    ("content", "names"),
    [
        (api.video(), ["creator", "init", "upload", "last_chunk", "status"]),
        (api.draft(api.video()), ["init", "upload", "last_chunk", "status"]),
        (api.video(source="pull"), ["creator", "init", "status"]),
        (api.photos(), ["creator", "init", "status"]),
        (api.draft(api.photos()), ["init", "status"]),
    ],
)
def test_every_way_has_its_steps_and_ends_with_asking(content: Content, names: list[str]) -> None:
    assert names_of(content) == names


@pytest.mark.parametrize(
    ("content", "commit", "blind"),
    [(api.video(), "last_chunk", False), (api.video(source="pull"), "init", True), (api.photos(), "init", True)],
)
def test_one_step_is_the_commit_and_only_by_address_its_lost_answer_leaves_nothing_to_ask(
    content: Content, commit: str, blind: bool
) -> None:
    [found] = [step for step in api.publisher().steps(content) if step.commit]
    assert (found.name, found.blind) == (commit, blind)


def test_another_format_has_no_steps() -> None:
    with pytest.raises(Rejected):
        api.publisher().steps(Content(Format.STORY, "", (film(),)))


# --- What the account may post ---


@responses.activate
def test_the_account_is_asked_first() -> None:
    api.creator()
    assert run(api.publisher(), "creator", delivery(api.video())) == Done({"username": "fjord.films"})
    assert api.sent().headers["Authorization"] == f"Bearer {api.TOKEN}"
    assert api.sent().headers["Content-Type"] == "application/json; charset=UTF-8"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"privacy_level_options": ["SELF_ONLY"]}, "privacy_level_option_mismatch"),
        ({"max_video_post_duration_sec": 10}, "duration"),
    ],
)
@responses.activate
def test_what_the_account_may_not_post_is_refused_with_nothing_sent(changes: dict[str, Any], code: str) -> None:
    api.creator(**changes)
    with pytest.raises(Rejected) as refused:
        run(api.publisher(), "creator", delivery(api.video()))
    assert refused.value.code == code


@responses.activate
def test_what_the_account_has_switched_off_since_is_refused_with_nothing_sent() -> None:
    api.creator(duet_disabled=True)
    with pytest.raises(Rejected, match="duets switched off") as refused:
        run(api.publisher(), "creator", delivery(api.video(disable_duet=False)))
    assert refused.value.code == "option_off"
    run(api.publisher(), "creator", delivery(api.photos(disable_duet=False)))  # photos have none


@responses.activate
def test_a_cap_that_comes_with_http_200_is_waited_for() -> None:
    api.answered("post/publish/creator_info/query/", {}, "spam_risk_too_many_posts", 200)
    with pytest.raises(NotNow) as refused:
        run(api.publisher(), "creator", delivery(api.video()))
    assert refused.value.limit


@responses.activate
def test_an_app_without_audit_posts_no_branded_content() -> None:
    api.creator()
    with pytest.raises(Rejected, match="audit"):
        run(api.publisher(audited=False), "creator", delivery(api.video(branded_content=True)))


# --- Opening an upload ---


@responses.activate
def test_an_upload_is_opened_with_the_whole_post_and_its_plan() -> None:
    api.answered("post/publish/video/init/", OPEN)
    content = api.video(
        caption="Wool,\r\nslowly", size=66_259_900, disable_comment=False, is_aigc=True, thumb_offset=0,
        disclose_commercial=True, brand_organic=True,
    )  # fmt: skip
    result = run(api.publisher(), "init", delivery(content))
    assert isinstance(result, Done)
    assert journal.needed({"init": result.result}).publish_id == api.PUBLISH
    assert api.body() == {
        "post_info": {
            "title": "Wool,\nslowly", "privacy_level": "PUBLIC_TO_EVERYONE", "disable_comment": False,
            "disable_duet": True, "disable_stitch": True, "brand_content_toggle": False, "brand_organic_toggle": True,
            "is_aigc": True, "video_cover_timestamp_ms": 0,
        },
        "source_info": {
            "source": "FILE_UPLOAD", "video_size": 66_259_900, "chunk_size": 10_000_000, "total_chunk_count": 6,
        },
    }  # fmt: skip


@responses.activate
def test_an_app_without_audit_posts_in_private_whatever_was_chosen() -> None:
    api.answered("post/publish/video/init/", OPEN)
    run(api.publisher(audited=False), "init", delivery(api.video()))
    assert api.body()["post_info"]["privacy_level"] == PRIVATE


@responses.activate
def test_a_draft_carries_its_bytes_alone() -> None:
    api.answered("post/publish/inbox/video/init/", OPEN)
    run(api.publisher(), "init", delivery(api.draft(api.video())))
    assert set(api.body()) == {"source_info"}


@responses.activate
def test_before_the_next_try_to_open_the_account_is_asked_again() -> None:
    api.answered("post/publish/video/init/", {}, "internal_error", 500)
    with pytest.raises(NotNow) as refused:
        run(api.publisher(), "init", delivery(api.video()))
    assert refused.value.drop == (journal.CREATOR,)


# --- Bytes ---


def uploading(sent: int, **more: Any) -> Any:
    return delivery(api.video(size=SIZE), api.upload_journal(SIZE, CHUNK, sent, **more))


@time_machine.travel(NOW, tick=False)
@responses.activate
def test_a_chunk_goes_to_the_uploads_own_address_without_our_token() -> None:
    responses.put(api.UPLOAD_URL, status=206, headers={"Content-Range": "bytes 0-10/25"})
    result = run(api.publisher(), "upload", uploading(0))
    assert result == More({"sent": 10}, "Uploading, 40 %")
    assert api.sent().url == api.UPLOAD_URL
    assert api.sent().headers["Content-Range"] == "bytes 0-9/25"
    assert (api.sent().headers["Content-Length"], api.sent().headers["Content-Type"]) == ("10", "video/mp4")
    assert "Authorization" not in api.sent().headers


@pytest.mark.parametrize("told", ["bytes 0-9/25", "bytes 0-10/25", ""])
@time_machine.travel(NOW, tick=False)
@responses.activate
def test_however_tiktok_counts_the_end_the_next_chunk_is_found(told: str) -> None:
    responses.put(api.UPLOAD_URL, status=206, headers={"Content-Range": told})
    assert run(api.publisher(), "upload", uploading(0)) == More({"sent": 10}, "Uploading, 40 %")


@time_machine.travel(NOW, tick=False)
@responses.activate
def test_the_last_chunk_is_left_to_the_commit() -> None:
    assert run(api.publisher(), "upload", uploading(10)) == Done(10)
    assert api.paths() == []


@time_machine.travel(NOW, tick=False)
@responses.activate
def test_where_tiktok_has_other_bytes_its_own_figure_says_where_to_go_on() -> None:
    responses.put(api.UPLOAD_URL, status=416)
    api.told("PROCESSING_UPLOAD", uploaded_bytes=10)
    assert run(api.publisher(), "upload", uploading(0)) == More({"sent": 10}, "Uploading, 40 %")


@pytest.mark.parametrize("status", [403, 404])
@time_machine.travel(NOW, tick=False)
@responses.activate
def test_a_closed_upload_is_begun_anew_since_its_last_chunk_was_never_sent(status: int) -> None:
    responses.put(api.UPLOAD_URL, status=status)
    with pytest.raises(NotNow) as refused:
        run(api.publisher(), "upload", uploading(0))
    assert refused.value.drop == journal.EVERYTHING


@time_machine.travel(NOW + timedelta(minutes=56), tick=False)
@responses.activate
def test_an_upload_that_is_too_old_is_begun_anew_without_a_call() -> None:
    with pytest.raises(NotNow) as refused:
        run(api.publisher(), "upload", uploading(0))
    assert refused.value.drop == journal.EVERYTHING
    assert api.paths() == []


@time_machine.travel(NOW, tick=False)
@responses.activate
def test_a_chunk_that_was_taken_all_the_same_is_not_given_up() -> None:
    responses.put(api.UPLOAD_URL, status=400)
    api.told("PROCESSING_UPLOAD", uploaded_bytes=10)
    assert run(api.publisher(), "upload", uploading(0)) == More({"sent": 10}, "Uploading, 40 %")


@pytest.mark.parametrize(("status", "error"), [(500, NotNow), (502, NotNow), (400, Rejected)])
@time_machine.travel(NOW, tick=False)
@responses.activate
def test_a_chunk_that_fails_is_sent_again_or_given_up(status: int, error: type[Exception]) -> None:
    responses.put(api.UPLOAD_URL, status=status)
    api.told("PROCESSING_UPLOAD", uploaded_bytes=0)
    with pytest.raises(error) as refused:
        run(api.publisher(), "upload", uploading(0))
    assert getattr(refused.value, "drop", ()) == ()


# --- The commit of an upload ---


@responses.activate
def test_the_last_chunk_takes_what_is_left_over() -> None:
    responses.put(api.UPLOAD_URL, status=201)
    assert run(api.publisher(), "last_chunk", uploading(10)) == Done()
    assert api.sent().headers["Content-Range"] == "bytes 10-24/25"


@pytest.mark.parametrize("status", [206, 400, 403, 404, 416, 500, 503])
@responses.activate
def test_whatever_else_is_answered_to_the_last_chunk_is_asked_about(status: int) -> None:
    responses.put(api.UPLOAD_URL, status=status)
    with pytest.raises(OutcomeUnknown):
        run(api.publisher(), "last_chunk", uploading(10))


@responses.activate
def test_silence_to_the_last_chunk_is_asked_about() -> None:
    responses.put(api.UPLOAD_URL, body=requests.ConnectionError("gone"))
    with pytest.raises(OutcomeUnknown):
        run(api.publisher(), "last_chunk", uploading(10))


@responses.activate
def test_where_everything_is_there_already_nothing_is_sent() -> None:
    assert run(api.publisher(), "last_chunk", uploading(SIZE)) == Done()


# --- The commit by address ---


@responses.activate
def test_photos_are_posted_by_their_addresses() -> None:
    api.answered("post/publish/content/init/", {"publish_id": "p_pub_url~v2.7"})
    content = api.photos(caption="Two\r\nlooks", title="Wool", cover_index=1, auto_add_music=True)
    result = run(api.publisher(), "init", delivery(content))
    assert isinstance(result, Done)
    assert journal.needed({"init": result.result}).publish_id == "p_pub_url~v2.7"
    assert api.body() == {
        "media_type": "PHOTO", "post_mode": "DIRECT_POST",
        "post_info": {
            "title": "Wool", "description": "Two\nlooks", "privacy_level": "PUBLIC_TO_EVERYONE",
            "disable_comment": True, "auto_add_music": True, "brand_content_toggle": False,
            "brand_organic_toggle": False,
        },
        "source_info": {
            "source": "PULL_FROM_URL", "photo_images": ["https://media.example/m/1.jpg?sig=abc"] * 2,
            "photo_cover_index": 1,
        },
    }  # fmt: skip


@responses.activate
def test_photos_for_the_inbox_carry_no_audience() -> None:
    api.answered("post/publish/content/init/", {"publish_id": "p_inbox_url~v2.7"})
    run(api.publisher(), "init", delivery(api.draft(api.photos())))
    assert api.body()["post_mode"] == "MEDIA_UPLOAD"
    assert api.body()["post_info"] == {"description": "Two looks"}


@responses.activate
def test_a_film_by_address_is_posted_by_it() -> None:
    api.answered("post/publish/video/init/", {"publish_id": "v_pub_url~v2.7"})
    run(api.publisher(), "init", delivery(api.video(source="pull")))
    assert api.body()["source_info"] == {
        "source": "PULL_FROM_URL", "video_url": "https://media.example/m/2.mp4?sig=def",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("code", "status", "error"),
    [
        ("internal_error", 500, OutcomeUnknown), ("internal_error", 400, OutcomeUnknown), ("ok", 502, OutcomeUnknown),
        ("url_ownership_unverified", 403, Rejected), ("rate_limit_exceeded", 429, NotNow),
        ("access_token_invalid", 401, NeedsRelink),
    ],
)  # fmt: skip
@responses.activate
def test_each_answer_to_a_commit_by_address_has_its_error(code: str, status: int, error: type[Exception]) -> None:
    api.answered("post/publish/content/init/", {}, code, status)
    with pytest.raises(error):
        run(api.publisher(), "init", delivery(api.photos()))


@responses.activate
def test_an_acceptance_without_an_id_is_not_believed_to_be_nothing() -> None:
    api.answered("post/publish/content/init/", {})
    with pytest.raises(OutcomeUnknown):
        run(api.publisher(), "init", delivery(api.photos()))


# --- Behind the commit ---


def asked(content: Content, **more: Any) -> Any:
    return delivery(content, {**api.upload_journal(SIZE, CHUNK, SIZE), COMMITTED: True, **more})


@pytest.mark.parametrize("value", [[7501234567890123456], ["7501234567890123456"], 7501234567890123456,
                                   "7501234567890123456"])  # fmt: skip
@responses.activate
def test_a_public_post_is_live_with_its_id_in_every_shape_that_was_seen(value: Any) -> None:
    api.told("PUBLISH_COMPLETE", publicaly_available_post_id=value)
    assert run(api.publisher(), "status", asked(api.video())) == Live("7501234567890123456")


@responses.activate
def test_photos_are_live_with_their_link() -> None:
    api.told("PUBLISH_COMPLETE", publicaly_available_post_id=[75])
    assert run(api.publisher(), "status", asked(api.photos())) == Live(
        "75", "https://www.tiktok.com/@fjord.films/photo/75"
    )


@pytest.mark.parametrize("more", [{}, {"publicaly_available_post_id": []}, {"publicaly_available_post_id": [0]}])
@responses.activate
def test_the_link_of_a_public_post_is_waited_for_a_little_and_then_it_is_live_without(more: dict[str, Any]) -> None:
    api.told("PUBLISH_COMPLETE", **more)
    first = run(api.publisher(), "status", asked(api.video()))
    assert isinstance(first, Wait) and first.keep == {"link_polls": 1}
    last = run(api.publisher(), "status", asked(api.video(), link_polls=len(LINK_SECONDS)))
    assert last == Live()


@pytest.mark.parametrize(("audited", "word"), [(True, "not public"), (False, "audit")])
@responses.activate
def test_a_private_post_is_live_without_a_link_and_says_why(audited: bool, word: str) -> None:
    api.told("PUBLISH_COMPLETE")
    content = api.video(privacy_level=PRIVATE) if audited else api.video()
    live = run(api.publisher(audited=audited), "status", asked(content))
    assert isinstance(live, Live)
    assert (live.remote_id, live.url) == ("", "")
    assert word in live.note


@responses.activate
def test_a_draft_is_with_the_creator_and_asked_about_ever_more_rarely() -> None:
    api.told("SEND_TO_USER_INBOX")
    delays = []
    for polls in (0, 15, 100, 1000):
        result = run(api.publisher(), "status", asked(api.draft(api.video()), draft_polls=polls))
        assert isinstance(result, WithCreator)
        delays.append(result.delay)
    assert delays == [timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=30), timedelta(days=1)]


@pytest.mark.parametrize("word", ["PROCESSING_UPLOAD", "PROCESSING_DOWNLOAD", "A_WORD_OF_TOMORROW"])
@responses.activate
def test_while_tiktok_works_it_is_asked_again_for_a_day_and_then_a_person_looks(word: str) -> None:
    api.told(word)
    first = run(api.publisher(), "status", asked(api.video()))
    assert isinstance(first, Wait) and first.delay == timedelta(seconds=5)
    last = run(api.publisher(), "status", asked(api.video(), polls=POLLS_MAX))
    assert isinstance(last, Unknown)


@responses.activate
def test_a_failed_publish_is_failed_or_begun_anew_and_nothing_is_live() -> None:
    api.told("FAILED", fail_reason="frame_rate_check_failed")
    with pytest.raises(Rejected):
        run(api.publisher(), "status", asked(api.video()))
    responses.reset()
    api.told("FAILED", fail_reason="internal")
    with pytest.raises(NotNow) as refused:
        run(api.publisher(), "status", asked(api.video()))
    assert COMMITTED in refused.value.drop and journal.INIT in refused.value.drop


@pytest.mark.parametrize(
    "code", ["invalid_publish_id", "token_not_authorized_for_specified_publish_id", "invalid_params"]
)
@responses.activate
def test_when_tiktok_refuses_to_tell_a_person_looks_and_nothing_is_sent_again(code: str) -> None:
    api.answered("post/publish/status/fetch/", {}, code, 400)
    assert isinstance(run(api.publisher(), "status", asked(api.video())), Unknown)


@responses.activate
def test_a_token_that_dies_while_asking_never_leads_back_to_the_beginning() -> None:
    api.answered("post/publish/status/fetch/", {}, "access_token_invalid", 401)
    with pytest.raises(NeedsRelink):
        run(api.publisher(), "status", asked(api.video()))
    assert api.paths() == ["POST /v2/post/publish/status/fetch/"]


# --- Links ---

ROW = {"id": "75", "share_url": "https://www.tiktok.com/@fjord.films/video/75?utm_source=x", "create_time": 1795168800}


@responses.activate
def test_the_link_is_tiktoks_own_without_what_follows_people() -> None:
    api.answered("video/query/", {"videos": [ROW]})
    assert api.publisher().link("75") == "https://www.tiktok.com/@fjord.films/video/75"
    assert "fields=" in str(api.sent().url)


@pytest.mark.parametrize("code", ["ok", "scope_not_authorized"])
@responses.activate
def test_where_tiktok_shows_no_link_it_is_made(code: str) -> None:
    api.answered("video/query/", {"videos": []}, code, 200 if code == "ok" else 401)
    assert api.publisher().link("75") == "https://www.tiktok.com/@fjord.films/video/75"


@responses.activate
def test_a_persons_link_is_looked_up() -> None:
    api.answered("video/query/", {"videos": [ROW]})
    found = api.publisher().find("https://www.tiktok.com/@fjord.films/video/75")
    assert found is not None and found.remote_id == "75" and found.at is not None


@pytest.mark.parametrize(
    ("url", "ours"),
    [
        ("https://www.tiktok.com/@Fjord.films/photo/75", True),
        ("https://www.tiktok.com/@somebody.else/video/75", False),
    ],
)
@responses.activate
def test_what_tiktok_does_not_show_is_the_accounts_by_the_name_in_its_link(url: str, ours: bool) -> None:
    api.answered("video/query/", {"videos": []})
    assert (api.publisher().find(url) is not None) is ours


@pytest.mark.parametrize("url", ["https://vm.tiktok.com/ZMabc/", "https://www.tiktok.com/@fjord.films", "x"])
def test_a_link_that_names_no_post_finds_none(url: str) -> None:
    assert api.publisher().find(url) is None


def test_tiktok_tells_no_figure_of_its_quota() -> None:
    assert api.publisher().usage() is None


def test_no_secret_is_shown() -> None:
    assert api.TOKEN not in repr(api.account())
    assert replace(api.account(), audited=False).audited is False
