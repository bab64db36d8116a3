"""What is done behind a publication never touches the post: its failure is told, and given up in the end."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import Settings

from collavo.accounts.models import Role
from collavo.timeline.models import Event
from connectors.models import Connector, link
from connectors.platforms.base import Profile
from connectors.sandbox.client import SandboxControl
from publishing import follow_ups, verbs
from publishing.models import Post, Status
from tests.connectors.sandbox.files import film
from tests.factories import jpeg, make_approved, make_media, make_member, make_workspace, numbers
from tests.publishing.test_engine import run_once, settle

pytestmark = pytest.mark.django_db
PLAYLIST = "PLlight000001"


@pytest.fixture
def channel(sandbox: SandboxControl, settings: Settings, tmp_path: Path) -> Connector:
    settings.MEDIA_ROOT = tmp_path
    settings.YOUTUBE_API_URL, settings.YOUTUBE_SITE_URL = sandbox.youtube_url, sandbox.url
    account = sandbox.add_account(f"lys.{next(numbers)}", platform="youtube")
    profile = Profile(remote_id=account["id"], handle=account["username"])
    return link(make_workspace(), "youtube", "youtube", profile, token=account["token"], by="test")


def new_post(channel: Connector, **options: Any) -> Post:
    creator = make_member(channel.workspace, Role.CREATOR)
    media = [make_media(creator, film(), "film.mp4"), make_media(creator, jpeg(1280, 720), "cover.jpg")]
    version = make_approved(
        channel.workspace, creator=creator, media=media, format="video", caption="Light\nIn November"
    )
    options = {"made_for_kids": False, "playlist_id": PLAYLIST, **options}
    manager = make_member(channel.workspace, Role.MANAGER)
    return verbs.schedule(version, channel, at=timezone.now(), by=manager, options=options)


def live(sandbox: SandboxControl, post: Post) -> dict[str, Any]:
    [found] = sandbox.posts(post.connector.remote_id)
    return found


def told(post: Post) -> list[str]:
    return list(Event.objects.filter(subject_id=post.pk, verb="follow_up_failed").values_list("text", flat=True))


def test_thumbnail_and_playlist_follow_once_it_is_live(sandbox: SandboxControl, channel: Connector) -> None:
    post = settle(new_post(channel))
    found = live(sandbox, post)
    assert (post.status, post.remote_id, post.url) == (Status.PUBLISHED, found["id"], found["permalink"])
    assert found["media"][0]["cover"]
    assert len(found["facts"]["playlists"][PLAYLIST]) == 1
    assert told(post) == []
    assert {"thumbnail", "playlist"} <= set(post.journal)


def test_what_the_platform_refuses_is_told_and_the_post_stays_published(
    sandbox: SandboxControl, channel: Connector
) -> None:
    sandbox.change_account(channel.remote_id, facts={"no_thumbnails": True})
    post = settle(new_post(channel))
    assert (post.status, post.error) == (Status.PUBLISHED, "")
    [text] = told(post)
    assert "youtube.com/verify" in text
    assert text.endswith("The post itself is live.")
    assert len(live(sandbox, post)["facts"]["playlists"][PLAYLIST]) == 1, "one failure does not keep the other back"


def test_what_passes_is_tried_again_later_and_only_that(sandbox: SandboxControl, channel: Connector) -> None:
    sandbox.fault("refuse", method="POST", path="/playlistItems$", times=2, status=404, word="videoNotFound")
    post = new_post(channel)
    for _ in range(4):
        post = run_once(post)
    assert post.status == Status.PUBLISHED
    post = settle(post)
    assert len(live(sandbox, post)["facts"]["playlists"][PLAYLIST]) == 1
    assert sandbox.count_calls(account=channel.remote_id, path="/thumbnails/set$") == 1
    assert told(post) == []


def test_what_never_works_is_given_up_after_some_tries(sandbox: SandboxControl, channel: Connector) -> None:
    sandbox.fault("refuse", method="POST", path="/playlistItems$", times=0, status=503)
    post = settle(new_post(channel), most=20)
    assert post.status == Status.PUBLISHED
    assert len(told(post)) == 1
    calls = sandbox.count_calls(account=channel.remote_id, method="POST", path="/playlistItems$")
    assert calls == follow_ups.LINK_TRIES + 1


def test_a_used_up_quota_does_not_stop_the_accounts_other_posts(sandbox: SandboxControl, channel: Connector) -> None:
    sandbox.fault("refuse", method="POST", path="/thumbnails/set$", times=0, status=403, word="quotaExceeded")
    post = new_post(channel)
    for _ in range(3):
        post = run_once(post)
    channel.refresh_from_db()
    assert (post.status, channel.throttled_until) == (Status.PUBLISHED, None)


def test_a_video_that_was_made_private_says_so_in_its_history(sandbox: SandboxControl, channel: Connector) -> None:
    sandbox.change_account(channel.remote_id, facts={"unaudited": True})
    post = settle(new_post(channel))
    text = Event.objects.get(subject_id=post.pk, verb="published").text
    assert "private instead of public" in text
