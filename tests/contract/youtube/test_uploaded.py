"""What becomes of a video that YouTube has, against the sandbox over real HTTP: its state, its trimmings, its numbers.

What counts is the sandbox's own ledger.
"""

from __future__ import annotations

from dataclasses import replace

import pytest
import requests

from connectors.platforms.base import Account, Live, NeedsRelink, NotNow, Rejected
from connectors.platforms.youtube import YOUTUBE
from connectors.platforms.youtube.metrics import metrics
from connectors.platforms.youtube.publisher import YouTubePublisher
from connectors.sandbox.client import SandboxControl
from tests.contract.drive import Drive
from tests.contract.youtube.channel import channel, drive, jpeg, video

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
    live = drive(account, video(privacy="unlisted")).go()
    assert isinstance(live, Live)
    page = requests.get(live.url, timeout=5)
    assert page.status_code == 200
    assert "Light in Bergen" in page.text
    assert "unlisted" in page.text
