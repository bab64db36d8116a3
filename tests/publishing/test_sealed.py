"""Uploads in pieces: the board shows how far they are, and a file that changes under one never goes live."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django.fixtures import Settings

from approvals.models import Media
from collavo import media_storage
from collavo.accounts.models import Membership, Role
from collavo.media_storage import Bucket
from connectors.models import Connector, link
from connectors.platforms.base import Json, Profile
from connectors.sandbox.client import SandboxControl
from publishing import dispatcher, engine, verbs
from publishing.checkpoints import reached
from publishing.claims import claim
from publishing.models import Hold, Post, Status
from tests import buckets
from tests.connectors.sandbox.files import film
from tests.factories import make_approved, make_media, make_member, make_workspace, numbers
from tests.publishing.test_engine import run_once, settle

pytestmark = pytest.mark.django_db
KB = 1024
OPTIONS: dict[str, dict[str, Json]] = {"tiktok": {"privacy_level": "SELF_ONLY"}, "youtube": {"made_for_kids": False}}
WORDS = {"tiktok": "Uploading, 28 %", "youtube": "Uploading to YouTube, 28 %"}


@pytest.fixture(params=["tiktok", "youtube"])
def platform(request: pytest.FixtureRequest, sandbox: SandboxControl, settings: Settings) -> str:
    sandbox.settings(tiktok_chunk_min=1, call_limits=False)
    settings.TIKTOK_API_URL, settings.TIKTOK_SITE_URL = sandbox.tiktok_url, sandbox.url
    settings.YOUTUBE_API_URL, settings.YOUTUBE_SITE_URL = sandbox.youtube_url, sandbox.url
    settings.TIKTOK_SINGLE_BYTES = settings.TIKTOK_CHUNK_BYTES = settings.YOUTUBE_CHUNK_BYTES = 256 * KB
    name: str = request.param
    return name


@pytest.fixture
def post(platform: str, sandbox: SandboxControl) -> Post:
    return linked_post(platform, sandbox)


def linked_post(platform: str, sandbox: SandboxControl) -> Post:
    """A film of 900 KB, which goes in four pieces (three at TikTok, whose last one is longer)."""
    account = sandbox.add_account(f"lys.{next(numbers)}", platform=platform)
    profile = Profile(remote_id=account["id"], handle=account["username"])
    connector = link(make_workspace(), platform, platform, profile, token=account["token"], by="test")
    return scheduled(connector, OPTIONS[platform])


def scheduled(connector: Connector, options: dict[str, Json]) -> Post:
    creator = make_member(connector.workspace, Role.CREATOR)
    version = make_approved(
        connector.workspace, creator=creator, media=[padded(creator, 900 * KB)], format="video", caption="Light"
    )
    manager = make_member(connector.workspace, Role.MANAGER)
    return verbs.schedule(version, connector, at=timezone.now(), by=manager, options=options)


def padded(creator: Membership, size: int) -> Media:
    body = film(width=360, height=640)
    rest = size - len(body)
    return make_media(creator, body + rest.to_bytes(4) + b"free" + bytes(rest - 8), "film.mp4")


@contextmanager
def at(name: str, act: Callable[[], None], times: int = 1) -> Iterator[None]:
    """Do something when the publish has passed this point so many times."""
    seen = 0

    def look(name: str, **_: object) -> None:
        nonlocal seen
        seen += name in wanted
        if name in wanted and seen == times:
            act()

    wanted = {f"{step}:{name}" for step in ("upload", "sent")}
    reached.connect(look)
    try:
        yield
    finally:
        reached.disconnect(look)


def crash() -> None:
    raise SystemExit


def change(post: Post) -> None:
    """Other bytes, the same size, and the times that the file had."""
    path = Path(media_of(post).file.path)
    times = path.stat()
    with path.open("r+b") as file:
        file.seek(-10, os.SEEK_END)
        file.write(b"!")
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))


def media_of(post: Post) -> Media:
    found: Media = post.version.ordered_items()[0].media
    return found


def test_the_board_shows_how_far_an_upload_is_and_asks_again_by_itself(post: Post, platform: str) -> None:
    member = make_member(post.workspace, Role.VIEWER)
    client = Client()
    client.force_login(member.user)
    slug, pages = post.workspace.slug, list[str]()

    def look() -> None:
        asked = {"HX-Request": "true"}  # what the card asks for by itself
        pages.append(client.get(reverse("publishing:board", args=[slug])).content.decode())
        pages.append(client.get(reverse("publishing:card", args=[slug, post.pk]), headers=asked).content.decode())

    with at("after_commit", look):
        settle(post)
    assert len(pages) == 2
    for page in pages:
        assert WORDS[platform] in page
        assert 'hx-trigger="every' in page


def test_a_file_that_changes_between_two_pieces_is_found_before_the_commit(post: Post, sandbox: SandboxControl) -> None:
    with at("after_commit", lambda: change(post)):
        post = run_once(post)
    assert post.status == Status.FAILED
    assert "The seal is broken" in post.error and "Nothing is live" in post.error
    assert not sandbox.posts(post.connector.remote_id)


def test_a_file_that_changes_between_a_crash_and_the_resume_is_found(post: Post, sandbox: SandboxControl) -> None:
    with at("after_commit", crash), pytest.raises(SystemExit):
        run_once(post)
    change(post)
    post = run_once(post)
    assert (post.status, "The seal is broken" in post.error) == (Status.FAILED, True)
    assert not sandbox.posts(post.connector.remote_id)


def test_a_file_that_was_copied_back_as_it_was_goes_out(post: Post, sandbox: SandboxControl) -> None:
    with at("after_commit", crash), pytest.raises(SystemExit):
        run_once(post)
    path = Path(media_of(post).file.path)
    content = path.read_bytes()
    path.unlink()
    path.write_bytes(content)
    post = settle(post)
    assert post.status == Status.PUBLISHED
    [live] = sandbox.posts(post.connector.remote_id)
    assert sandbox.count_calls(method="PUT") > 1 and live


def test_a_file_that_is_gone_at_the_resume_fails_with_what_to_do(post: Post, sandbox: SandboxControl) -> None:
    with at("after_commit", crash), pytest.raises(SystemExit):
        run_once(post)
    Path(media_of(post).file.path).unlink()
    post = run_once(post)
    assert post.status == Status.FAILED and "is gone. Upload it again" in post.error
    assert not sandbox.posts(post.connector.remote_id)


@pytest.mark.parametrize("key", ["s3", "gcs"])
def test_an_upload_from_a_bucket_is_resumed_at_its_piece(
    key: str, platform: str, sandbox: SandboxControl, settings: Settings, media_servers: buckets.Servers
) -> None:
    buckets.set_up(key, media_servers[key], settings)
    post = linked_post(platform, sandbox)
    with at("after_commit", crash, times=2), pytest.raises(SystemExit):
        run_once(post)
    post = settle(post)
    [live] = sandbox.posts(post.connector.remote_id)
    [upload] = sandbox.containers(post.connector.remote_id)
    assert (post.status, live["container"]) == (Status.PUBLISHED, upload["id"])


def test_a_bucket_that_is_down_costs_a_try_and_not_the_post(
    platform: str, sandbox: SandboxControl, settings: Settings, media_servers: buckets.Servers
) -> None:
    post = linked_post(platform, sandbox)
    nowhere = Bucket("media", endpoint="http://127.0.0.1:9", access_key="a", secret_key="b")
    here = settings.STORAGES
    settings.STORAGES = {**here, "default": media_storage.storage("s3", "collavo", nowhere)}
    post = run_once(post)
    assert (post.status, post.hold) == (Status.QUEUED, Hold.RETRY)
    assert post.error == "The media storage cannot be reached. Collavo tries again."
    settings.STORAGES = here
    assert settle(post).status == Status.PUBLISHED


def test_long_hashing_keeps_the_lease(post: Post, settings: Settings) -> None:
    dispatcher.dispatch_due()
    claimed = claim(post.pk, worker="test")
    assert claimed
    work = engine.Run(claimed)
    before = work.lease.deadline
    settings.LEASE_SECONDS = 10 * settings.LEASE_SECONDS  # so that half of it is over already
    work.files.check(work.stay)
    post.refresh_from_db()
    assert work.lease.deadline > before + 1000
    assert post.lease_until and post.lease_until > timezone.now() + timedelta(seconds=1000)


def test_short_hashing_writes_nothing(post: Post) -> None:
    dispatcher.dispatch_due()
    claimed = claim(post.pk, worker="test")
    assert claimed
    work = engine.Run(claimed)
    work.files.check(work.stay)
    assert work.lease == claimed.lease
