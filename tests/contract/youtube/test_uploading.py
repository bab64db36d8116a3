"""The YouTube publisher's upload against the sandbox, over real HTTP: live once and as approved, whatever breaks.

What counts is the sandbox's own ledger.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from connectors.platforms.base import (
    Account,
    CallRecord,
    Done,
    Format,
    Live,
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
from connectors.platforms.youtube.quota import midnight
from connectors.sandbox.client import SandboxControl
from tests.contract.drive import Drive
from tests.contract.youtube.channel import CAPTION, PIECE, drive, video

SESSION = "/upload/youtube/v3/videos$"
DAY = 86400


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
