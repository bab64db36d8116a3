"""The YouTube publisher against the sandbox, over real HTTP. What counts is the sandbox's own ledger."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from PIL import Image
from pytest_django import Settings

from connectors.http import clock
from connectors.platforms.base import (
    Account,
    CallRecord,
    Content,
    Done,
    Format,
    Json,
    Live,
    Medium,
    NeedsRelink,
    NotLive,
    NotNow,
    OutcomeUnknown,
    Rejected,
    Unknown,
    Wait,
)
from connectors.platforms.problems import blocking, problems
from connectors.platforms.youtube import YOUTUBE
from connectors.platforms.youtube.metrics import metrics
from connectors.platforms.youtube.publisher import YouTubePublisher
from connectors.platforms.youtube.quota import midnight
from connectors.sandbox.client import SandboxControl, running_sandbox
from tests.connectors.platforms import samples
from tests.connectors.sandbox.files import film
from tests.contract.drive import Drive

PIECE = 256 * 1024
SESSION = "/upload/youtube/v3/videos$"
CAPTION = "Light in Bergen\nFilmed in November, by @lys & friends 🎞"
DAY = 86400


@pytest.fixture(scope="module")
def one_sandbox() -> Iterator[SandboxControl]:
    with running_sandbox(video_seconds=0.03) as control:
        yield control


@pytest.fixture
def sandbox(one_sandbox: SandboxControl, settings: Settings) -> SandboxControl:
    one_sandbox.reset()
    settings.YOUTUBE_API_URL, settings.YOUTUBE_SITE_URL = one_sandbox.youtube_url, one_sandbox.url
    settings.YOUTUBE_CHUNK_BYTES = PIECE
    return one_sandbox


@pytest.fixture
def account(sandbox: SandboxControl) -> Account:
    return channel(sandbox)


def channel(sandbox: SandboxControl, username: str = "lys.studio", **facts: Json) -> Account:
    made = sandbox.add_account(username, platform="youtube", facts=facts)
    return replace(
        samples.account(), platform="youtube", login="youtube", remote_id=made["id"], token=made["token"],
        handle="@lys.studio",
    )  # fmt: skip


def padded(size: int) -> bytes:
    """A real film with a box behind it that players skip: as large as a test needs it."""
    body = film()
    rest = size - len(body)
    return body + rest.to_bytes(4, "big") + b"free" + b"\x00" * (rest - 8)


def mp4(size: int = 3 * PIECE - 1000, **changes: Any) -> Medium:
    body = padded(size)
    fits = {"width": 180, "height": 320, "duration": 3.2, "size": len(body), "audio_codec": ""}
    digest = hashlib.sha256(body).hexdigest()
    return samples.film(sha256=digest, url="", open=lambda: closing(io.BytesIO(body)), **(fits | changes))


def jpeg() -> Medium:
    out = io.BytesIO()
    Image.new("RGB", (1280, 720), "navy").save(out, "JPEG")
    body = out.getvalue()
    digest = hashlib.sha256(body).hexdigest()
    return samples.picture(
        width=1280, height=720, size=len(body), sha256=digest, url="", open=lambda: closing(io.BytesIO(body))
    )


def video(*more: Medium, size: int = 3 * PIECE - 1000, format: Format = Format.VIDEO, **options: Json) -> Content:
    return Content(format, CAPTION, (mp4(size), *more), {"made_for_kids": False, **options})


def drive(account: Account, content: Content, calls: list[CallRecord] | None = None, **more: Any) -> Drive:
    seen: list[CallRecord] = [] if calls is None else calls
    publisher = YOUTUBE.publisher(account, observe=seen.append, deadline=lambda: clock() + 60)
    return Drive(publisher, content, **more)


def again(run: Drive, account: Account) -> Drive:
    """Another worker takes over, with what was journalled."""
    fresh = drive(account, run.content, bound=run.bound, journal=dict(run.journal), commit_error=run.commit_error)
    fresh.sent_at, fresh.commits = run.sent_at, run.commits
    return fresh


def arrived(run: Drive, verdict: object) -> object:
    """As the engine does when the commit is found to have arrived: the steps behind it find out the rest."""
    assert isinstance(verdict, Done | Live), verdict
    if isinstance(verdict, Live):
        return verdict
    run.journal["finish"] = verdict.result
    return run.go()


def puts(sandbox: SandboxControl, account: Account) -> int:
    return sandbox.count_calls(account=account.remote_id, method="PUT")


# --- It goes live, once and as approved ---


def test_a_video_goes_up_in_pieces_and_goes_live_as_it_was_approved(sandbox: SandboxControl, account: Account) -> None:
    content = video(
        title="Light, the film", tags=["light", "north sea"], category_id="1", privacy="unlisted",
        contains_synthetic_media=True,
    )  # fmt: skip
    assert not blocking(problems(content, YOUTUBE.rules, "YouTube"))
    live = drive(account, content).go()
    [post] = sandbox.posts(account.remote_id)
    assert isinstance(live, Live)
    assert (live.remote_id, live.url, live.note) == (post["id"], post["permalink"], "")
    sent = post["facts"]["resource"]
    assert sent["snippet"] == {
        "title": "Light, the film", "description": CAPTION, "tags": ["light", "north sea"], "categoryId": "1",
    }  # fmt: skip
    assert sent["status"] == {
        "privacyStatus": "unlisted", "selfDeclaredMadeForKids": False, "containsSyntheticMedia": True,
    }  # fmt: skip
    assert post["media"][0]["sha256"] == content.media[0].sha256
    assert post["facts"]["notify"] == "false", "nobody is told of an unlisted video"
    assert puts(sandbox, account) == 3


def test_the_captions_first_line_is_the_title_and_the_rest_the_description(
    sandbox: SandboxControl, account: Account
) -> None:
    drive(account, video()).go()
    [post] = sandbox.posts(account.remote_id)
    snippet = post["facts"]["resource"]["snippet"]
    assert (snippet["title"], snippet["description"]) == tuple(CAPTION.split("\n"))
    assert post["facts"]["notify"] == "true"


@pytest.mark.parametrize(("size", "pieces"), [(PIECE, 1), (PIECE + 1, 2), (2 * PIECE, 2), (2 * PIECE + 1, 3)])
def test_the_last_piece_alone_is_the_commit_however_large_the_file(
    size: int, pieces: int, sandbox: SandboxControl, account: Account
) -> None:
    calls: list[CallRecord] = []
    run = drive(account, video(size=size), calls)
    assert isinstance(run.go(), Live)
    sent = [call.request["Content-Range"] for call in calls if call.method == "PUT"]  # type: ignore[index, call-overload]
    assert len(sent) == pieces
    assert sent[-1] == f"bytes {(pieces - 1) * PIECE}-{size - 1}/{size}"


def test_a_short_is_recognised_by_its_shape(sandbox: SandboxControl, account: Account) -> None:
    run = drive(account, video(format=Format.SHORT))
    assert isinstance(run.go(), Live)
    assert sandbox.posts(account.remote_id)[0]["kind"] == "short"
    assert [p.code for p in problems(video(), YOUTUBE.rules)] == ["is_a_short"]


def test_the_session_is_journalled_before_the_first_byte(sandbox: SandboxControl, account: Account) -> None:
    run = drive(account, video())
    run.keep(run.publisher.steps(run.content)[0], run.publisher.steps(run.content)[0].run(run.delivery()))
    assert "upload_id=" in run.journal["session"]["uri"]  # type: ignore[index, call-overload, operator]
    assert puts(sandbox, account) == 0


def test_no_secret_is_in_what_is_written_down(sandbox: SandboxControl, account: Account) -> None:
    calls: list[CallRecord] = []
    run = drive(account, video(), calls)
    run.go()
    uri = str(run.journal["session"]["uri"])  # type: ignore[index, call-overload]
    assert account.token not in repr(calls)
    assert uri.partition("upload_id=")[2] not in repr(calls)
    assert len(calls) == sandbox.count_calls(account=account.remote_id)


# --- Broken uploads ---


@pytest.mark.parametrize("fault", ["drop_before", "drop_after"])
@pytest.mark.parametrize("nth", [1, 2])
def test_a_piece_that_was_lost_goes_on_where_youtube_stands(
    fault: str, nth: int, sandbox: SandboxControl, account: Account
) -> None:
    sandbox.fault(fault, method="PUT", nth=nth)
    run = drive(account, video())
    assert isinstance(run.go(), Live)
    assert run.retries == 0, "a stall is no failed try"
    assert len(sandbox.posts(account.remote_id)) == 1
    assert len(sandbox.containers(account.remote_id)) == 1


def test_another_worker_goes_on_where_youtube_stands_and_not_where_the_journal_does(
    sandbox: SandboxControl, account: Account
) -> None:
    hold = sandbox.fault("error_but_done", method="PUT", nth=2, status=503)
    run = drive(account, video())
    opened, sending, *_ = run.publisher.steps(run.content)
    run.keep(opened, opened.run(run.delivery()))
    run.keep(sending, sending.run(run.delivery()))
    assert isinstance(sending.run(run.delivery()), Wait)
    assert hold.state()["hits"] == 1
    assert isinstance(again(run, account).go(), Live)
    assert sandbox.posts(account.remote_id)[0]["media"][0]["sha256"] == run.content.media[0].sha256


def test_what_youtube_lost_of_a_piece_is_sent_again(sandbox: SandboxControl, account: Account) -> None:
    content = video(size=4 * PIECE)
    sandbox.fault("keep_less", method="PUT", nth=2, bytes=1000)
    assert isinstance(drive(account, content).go(), Live)
    assert sandbox.posts(account.remote_id)[0]["media"][0]["sha256"] == content.media[0].sha256


def test_what_youtube_lost_of_the_last_piece_is_sent_again_to_the_same_session(
    sandbox: SandboxControl, account: Account
) -> None:
    sandbox.fault("keep_less", method="PUT", nth=3, bytes=PIECE)
    run = drive(account, video())
    assert isinstance(run.go(), Live)
    assert len(sandbox.containers(account.remote_id)) == 1
    assert len(sandbox.posts(account.remote_id)) == 1


def test_a_session_that_moves_is_followed(sandbox: SandboxControl, account: Account) -> None:
    sandbox.fault("new_location", method="PUT", nth=1)
    run = drive(account, video())
    assert isinstance(run.go(), Live)
    assert str(run.journal["session"]["uri"]).endswith("&moved=1")  # type: ignore[index, call-overload]


def test_an_upload_that_was_never_finished_begins_anew_when_its_session_is_gone(
    sandbox: SandboxControl, account: Account
) -> None:
    sandbox.fault("refuse", method="PUT", nth=2, status=404)
    run = drive(account, video())
    assert isinstance(run.go(), Live)
    assert len(sandbox.containers(account.remote_id)) == 2
    assert len(sandbox.posts(account.remote_id)) == 1


def test_a_token_that_ends_in_the_middle_is_waited_for(sandbox: SandboxControl, account: Account) -> None:
    sandbox.fault("refuse", method="PUT", nth=2, status=401)
    run = drive(account, video())
    assert isinstance(run.go(), Live)
    sandbox.fault("refuse", method="PUT", nth=1, times=0, status=401)
    with pytest.raises(NeedsRelink):
        drive(account, video()).go()


@pytest.mark.parametrize(
    ("fault", "error", "sentence"),
    [
        ({"status": 400, "word": "invalidTitle"}, Rejected, "does not accept the title"),
        ({"status": 403, "word": "insufficientPermissions"}, NeedsRelink, "lacks a permission"),
    ],
)
def test_what_youtube_refuses_at_the_start_is_said_in_our_words(
    fault: dict[str, Any], error: type[Exception], sentence: str, sandbox: SandboxControl, account: Account
) -> None:
    sandbox.fault("refuse", method="POST", path=SESSION, **fault)
    with pytest.raises(error, match=sentence):
        drive(account, video()).go()
    assert sandbox.posts(account.remote_id) == []


def test_a_start_that_already_exists_is_made_again(sandbox: SandboxControl, account: Account) -> None:
    sandbox.fault("refuse", method="POST", path=SESSION, status=409, word="alreadyExists")
    assert isinstance(drive(account, video()).go(), Live)


def test_used_up_uploads_wait_for_midnight_in_california(sandbox: SandboxControl, account: Account) -> None:
    sandbox.change_account(account.remote_id, quota_total=1)
    assert isinstance(drive(account, video()).go(), Live)
    with pytest.raises(NotNow) as raised:
        drive(account, video()).go()
    assert (raised.value.limit, raised.value.code) == (True, "uploadsPerDay")
    assert raised.value.until == midnight(datetime.now(UTC))


# --- The last piece's answer is lost or wrong ---


@pytest.mark.parametrize(
    ("fault", "options"),
    [
        ("drop_after", {}),
        ("error_but_done", {"status": 500}),
        ("error_but_done", {"status": 400}),
        ("error_but_done", {"status": 404}),
        ("html", {"when": "after"}),
    ],
)
def test_an_upload_that_was_completed_behind_an_error_is_found_and_never_made_again(
    fault: str, options: dict[str, Any], sandbox: SandboxControl, account: Account
) -> None:
    sandbox.fault(fault, method="PUT", nth=3, **options)
    run = drive(account, video())
    assert isinstance(run.go(), OutcomeUnknown)
    live = arrived(run, run.reconcile())
    [post] = sandbox.posts(account.remote_id)
    assert isinstance(live, Live)
    assert (live.remote_id, live.url) == (post["id"], post["permalink"])


def test_a_last_piece_that_never_arrived_is_sent_again_to_the_same_session(
    sandbox: SandboxControl, account: Account
) -> None:
    sandbox.fault("drop_before", method="PUT", nth=3)
    run = drive(account, video())
    assert isinstance(run.go(), OutcomeUnknown)
    looks: list[int] = []
    verdict = run.reconcile(between=lambda: looks.append(1))
    assert isinstance(verdict, NotLive)
    assert (verdict.drop, len(looks)) == ((), 1)
    assert isinstance(again(run, account).go(), Live)
    assert (len(sandbox.posts(account.remote_id)), len(sandbox.containers(account.remote_id))) == (1, 1)


def test_a_session_that_was_forgotten_after_the_last_piece_is_looked_for_by_the_files_name(
    sandbox: SandboxControl, account: Account
) -> None:
    sandbox.fault("drop_after", method="PUT", nth=3)
    run = drive(account, video())
    run.go()
    sandbox.clock(8 * DAY)
    assert isinstance(arrived(run, run.reconcile()), Live)
    assert len(sandbox.posts(account.remote_id)) == 1


def test_without_the_files_name_its_size_and_words_find_it(sandbox: SandboxControl, account: Account) -> None:
    sandbox.fault("drop_after", method="PUT", nth=3)
    sandbox.fault("omit", path="/videos$", method="GET", times=0, fields=["fileName"])
    run = drive(account, video())
    run.go()
    sandbox.clock(8 * DAY)
    assert isinstance(arrived(run, run.reconcile()), Live)


@pytest.mark.parametrize("hidden", [["fileName", "fileSize"], None])
def test_where_nothing_tells_whose_it_is_a_person_decides_and_nothing_is_sent(
    hidden: list[str] | None, sandbox: SandboxControl, account: Account
) -> None:
    if hidden:
        sandbox.fault("drop_after", method="PUT", nth=3)
        sandbox.fault("omit", path="/videos$", method="GET", times=0, fields=hidden)
    else:
        sandbox.fault("drop_before", method="PUT", nth=3)
    run = drive(account, video())
    run.go()
    sandbox.clock(8 * DAY)
    before = sandbox.count_calls(method="POST")
    assert isinstance(run.reconcile(), Unknown)
    assert sandbox.count_calls(method="POST") == before


def test_a_video_that_belongs_to_another_post_is_left_to_it(sandbox: SandboxControl, account: Account) -> None:
    first = drive(account, video()).go()
    assert isinstance(first, Live)
    sandbox.fault("drop_before", method="PUT", nth=3)
    sandbox.fault("omit", path="/videos$", method="GET", times=0, fields=["fileName"])
    run = drive(account, video(), bound=frozenset({first.remote_id}))
    run.go()
    sandbox.clock(8 * DAY)
    assert isinstance(run.reconcile(), Unknown)


def test_once_a_last_piece_may_have_left_no_other_session_is_ever_opened(
    sandbox: SandboxControl, account: Account
) -> None:
    sandbox.fault("drop_before", method="PUT", nth=3)
    run = drive(account, video())
    run.go()
    assert isinstance(run.reconcile(), NotLive)
    run.sent_at = None  # as the engine forgets it when steps run again
    run.journal.pop("sent", None)
    sandbox.clock(8 * DAY)
    fresh = again(run, account)
    assert isinstance(fresh.go(), OutcomeUnknown)
    assert isinstance(fresh.reconcile(), Unknown)
    assert len(sandbox.containers(account.remote_id)) == 1


def test_a_quota_that_meets_the_question_says_nothing_of_the_upload(sandbox: SandboxControl, account: Account) -> None:
    sandbox.fault("drop_after", method="PUT", nth=3)
    run = drive(account, video())
    run.go()
    sandbox.fault("refuse", method="PUT", status=403, word="quotaExceeded")
    with pytest.raises(NotNow) as raised:
        run.reconcile()
    assert raised.value.drop == ()
    assert isinstance(arrived(run, run.reconcile()), Live)
    assert len(sandbox.containers(account.remote_id)) == 1


def test_an_upload_that_met_the_channels_limit_begins_anew_the_next_day(
    sandbox: SandboxControl, account: Account
) -> None:
    sandbox.fault("refuse", method="PUT", nth=2, status=400, word="uploadLimitExceeded")
    run = drive(account, video())
    with pytest.raises(NotNow) as raised:
        run.go()
    assert raised.value.limit
    assert "session" in raised.value.drop


# --- What YouTube makes of it ---


@pytest.mark.parametrize(
    ("word", "sentence"), [("failed:codec", "encoding"), ("rejected:duplicate", "has the same one already")]
)
def test_a_video_that_youtube_refuses_has_failed_with_the_reason(
    word: str, sentence: str, sandbox: SandboxControl, account: Account
) -> None:
    sandbox.fault("container_error", method="PUT", nth=3, word=word)
    with pytest.raises(Rejected, match=sentence):
        drive(account, video()).go()


def test_a_video_that_was_made_private_is_live_with_a_note(sandbox: SandboxControl) -> None:
    locked = channel(sandbox, unaudited=True)
    live = drive(locked, video()).go()
    assert isinstance(live, Live)
    assert "private instead of public" in live.note
    assert live.remote_id == sandbox.posts(locked.remote_id)[0]["id"]


def test_while_it_is_processed_it_is_waited_for(sandbox: SandboxControl, account: Account) -> None:
    sandbox.fault("container_stuck", method="PUT", nth=3, seconds=0.3)
    run = drive(account, video())
    assert isinstance(run.go(), Live)
    assert run.journal["polls"]


# --- Once it is live ---


def follow(run: Drive, live: Live) -> dict[str, Exception | None]:
    """Every follow-up, and what it raised."""
    assert isinstance(run.publisher, YouTubePublisher)
    ended: dict[str, Exception | None] = {}
    for step in run.publisher.follow_ups(run.content):
        try:
            step.run(replace(run.delivery(), remote_id=live.remote_id))
            ended[step.name] = None
        except (NotNow, Rejected, NeedsRelink) as e:
            ended[step.name] = e
    return ended


def test_thumbnail_and_playlist_are_set_once_however_often_they_are_tried(
    sandbox: SandboxControl, account: Account
) -> None:
    run = drive(account, video(jpeg(), playlist_id="PLlight000001"))
    live = run.go()
    assert isinstance(live, Live)
    assert follow(run, live) == follow(run, live) == {"thumbnail": None, "playlist": None}
    [post] = sandbox.posts(account.remote_id)
    assert post["media"][0]["cover"] == run.content.media[1].sha256
    assert len(post["facts"]["playlists"]["PLlight000001"]) == 1


def test_a_thumbnail_that_the_channel_may_not_set_is_said_with_what_to_do(sandbox: SandboxControl) -> None:
    new = channel(sandbox, no_thumbnails=True)
    run = drive(new, video(jpeg(), playlist_id="PLgone0000001"))
    live = run.go()
    assert isinstance(live, Live)
    ended = follow(run, live)
    assert "youtube.com/verify" in str(ended["thumbnail"])
    assert "does not find the playlist" in str(ended["playlist"])
    assert len(sandbox.posts(new.remote_id)) == 1


def test_a_fresh_video_that_the_playlist_does_not_know_yet_is_tried_again(
    sandbox: SandboxControl, account: Account
) -> None:
    sandbox.fault("refuse", method="POST", path="/playlistItems$", status=404, word="videoNotFound")
    run = drive(account, video(playlist_id="PLlight000001"))
    live = run.go()
    assert isinstance(live, Live)
    assert isinstance(follow(run, live)["playlist"], NotNow)
    assert follow(run, live)["playlist"] is None


# --- Accounts, links, numbers ---


def test_a_token_opens_its_channel(sandbox: SandboxControl, account: Account) -> None:
    [found] = YOUTUBE.identify("youtube", account.token)
    assert (found.remote_id, found.handle) == (account.remote_id, "@lys.studio")
    assert YOUTUBE.verify(account).can == {"read_status": True, "read_metrics": True}
    with pytest.raises(NeedsRelink, match="not @lys"):
        YOUTUBE.verify(replace(account, remote_id="UCother"))
    sandbox.change_account(account.remote_id, facts={"no_channel": True})
    with pytest.raises(Rejected, match="no YouTube channel"):
        YOUTUBE.identify("youtube", account.token)
    sandbox.change_account(account.remote_id, token_state="revoked")
    with pytest.raises(NeedsRelink):
        YOUTUBE.identify("youtube", account.token)


def test_a_link_of_a_person_leads_to_the_channels_own_video_or_to_none(
    sandbox: SandboxControl, account: Account
) -> None:
    run = drive(account, video())
    live = run.go()
    assert isinstance(live, Live)
    for url in (live.url, f"https://youtu.be/{live.remote_id}", f"https://youtube.com/shorts/{live.remote_id}?x=1"):
        found = run.publisher.find(url)
        assert found is not None
        assert found.remote_id == live.remote_id
    stranger = drive(channel(sandbox, username="skog.studio"), video()).publisher
    assert stranger.find(live.url) is None
    assert run.publisher.find("https://youtu.be/AAAAAAAAAAA") is None
    assert run.publisher.find("https://example.org/") is None


def test_numbers_come_per_video_and_what_is_missing_is_left_out(sandbox: SandboxControl, account: Account) -> None:
    first, second = drive(account, video()).go(), drive(account, video()).go()
    assert isinstance(first, Live)
    assert isinstance(second, Live)
    found = metrics(account, [first.remote_id, second.remote_id, "AAAAAAAAAAA"])
    assert set(found) == {first.remote_id, second.remote_id}
    numbers = found[first.remote_id]
    assert None not in (numbers.views, numbers.likes, numbers.comments)
    assert numbers.shares is None  # YouTube counts none


def test_the_feed_shows_it_where_its_link_leads(sandbox: SandboxControl, account: Account) -> None:
    import requests

    live = drive(account, video(privacy="unlisted")).go()
    assert isinstance(live, Live)
    page = requests.get(live.url, timeout=5)
    assert page.status_code == 200
    assert "Light in Bergen" in page.text
    assert "unlisted" in page.text
