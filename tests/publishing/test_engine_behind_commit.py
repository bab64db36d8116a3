"""A platform may take a post and say only later what became of it. Until then nothing is sent again and nothing is said
that is not known: TikTok is such a platform, and its sandbox's ledger counts what is live.
"""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import responses
from django.utils import timezone
from pytest_django.fixtures import Settings

from approvals import uploads
from collavo.accounts.models import Role
from connectors.models import Connector, ConnectorStatus, link
from connectors.platforms.base import COMMITTED, Profile
from connectors.platforms.tiktok.journal import POLLS
from connectors.platforms.tiktok.outcome import POLLS_MAX
from connectors.sandbox.client import SandboxControl, running_sandbox
from publishing import engine, verbs
from publishing.models import Hold, Post, Status
from tests.crash.matrix import make_video
from tests.factories import make_approved, make_member, make_workspace, numbers
from tests.publishing.test_engine import run_once, settle

pytestmark = pytest.mark.django_db
STATUS = "status/fetch"


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("film") / "film.mp4"
    make_video(path, seconds=1.2, width=360, height=640)
    return path


@pytest.fixture(scope="module")
def far() -> Any:
    with running_sandbox(video_seconds=0.0, check_media=False, call_limits=False, tiktok_chunk_min=1) as control:
        yield control


@pytest.fixture
def tiktok(far: SandboxControl, settings: Settings) -> SandboxControl:
    far.reset()
    far.settings(video_seconds=0.0, creator_seconds=0.0)
    settings.TIKTOK_API_URL, settings.TIKTOK_SITE_URL = far.tiktok_url, far.url
    return far


def new_post(tiktok: SandboxControl, film: Path, **options: Any) -> Post:
    workspace = make_workspace()
    made = tiktok.add_account(f"films.{next(numbers)}", platform="tiktok", login="tiktok")
    profile = Profile(remote_id=made["id"], handle=made["username"])
    connector = link(workspace, "tiktok", "tiktok", profile, token=made["token"], by="test")
    Connector.objects.filter(pk=connector.pk).update(audited=True)
    connector.refresh_from_db()
    creator = make_member(workspace, Role.CREATOR)
    media = uploads.take_file(film, name="film.mp4", by=creator)
    chosen = options or {"privacy_level": "PUBLIC_TO_EVERYONE"}
    version = make_approved(workspace, creator=creator, media=[media], format="video")
    manager = make_member(workspace, Role.MANAGER)
    return verbs.schedule(version, connector, at=timezone.now(), by=manager, options=chosen)


def long_ago(post: Post) -> None:
    Post.objects.filter(pk=post.pk).update(commit_sent_at=timezone.now() - engine.ASK_FOR - timedelta(minutes=1))


def inits(tiktok: SandboxControl) -> int:
    return tiktok.count_calls(path="video/init")


def test_a_film_goes_live_once_with_its_link(tiktok: SandboxControl, film: Path) -> None:
    post = settle(new_post(tiktok, film))
    [live] = tiktok.posts()
    assert (post.status, post.remote_id, post.url) == (Status.PUBLISHED, live["id"], live["permalink"])


def test_a_lost_answer_to_the_commit_is_found_to_have_arrived(tiktok: SandboxControl, film: Path) -> None:
    tiktok.settings(video_seconds=3600.0)
    post = new_post(tiktok, film)
    tiktok.fault("drop_after", method="PUT")
    assert run_once(post).commit_open
    post = run_once(post)
    assert (post.status, post.commit_open) == (Status.PUBLISHING, False)
    assert COMMITTED in post.journal
    tiktok.clock(3700)
    assert settle(post).status == Status.PUBLISHED
    assert len(tiktok.posts()) == 1 and inits(tiktok) == 1


def test_while_the_platform_cannot_say_the_post_stays_on_its_way_however_often_it_is_asked(
    tiktok: SandboxControl, film: Path
) -> None:
    post = new_post(tiktok, film)
    tiktok.fault("refuse", path=STATUS, status=500, times=0)
    for _ in range(engine.MAX_TRIES + 3):
        post = run_once(post)
        assert (post.status, post.tries) == (Status.PUBLISHING, 0)
    tiktok.clear_faults()
    assert settle(post).status == Status.PUBLISHED
    assert inits(tiktok) == 1


def test_after_a_day_without_a_word_a_person_looks(tiktok: SandboxControl, film: Path) -> None:
    post = new_post(tiktok, film)
    tiktok.fault("refuse", path=STATUS, status=500, times=0)
    post = run_once(post)
    long_ago(post)
    post = run_once(post)
    assert post.status == Status.UNCONFIRMED and post.due_at is None
    tiktok.clear_faults()
    verbs.ask_again(post, by=make_member(post.workspace, Role.MANAGER))
    assert settle(post).status == Status.PUBLISHED
    assert len(tiktok.posts()) == 1


def test_a_link_that_dies_while_asking_parks_the_post_where_nobody_can_send_it_again(
    tiktok: SandboxControl, film: Path
) -> None:
    post = new_post(tiktok, film)
    tiktok.fault("refuse", path=STATUS, status=401, word="access_token_invalid", times=0)
    post = run_once(post)
    assert (post.status, post.hold, post.due_at) == (Status.PUBLISHING, Hold.CONNECTOR, None)
    post.connector.refresh_from_db()
    assert post.connector.status == ConnectorStatus.NEEDS_RELINK
    tiktok.clear_faults()
    link(
        post.workspace, "tiktok", "tiktok", Profile(remote_id=post.connector.remote_id, handle=post.connector.handle),
        token=post.connector.token, by="test",
    )  # fmt: skip
    verbs.release_held(post.connector)
    assert settle(post).status == Status.PUBLISHED
    assert inits(tiktok) == 1


def test_what_the_platform_says_has_failed_is_failed(tiktok: SandboxControl, film: Path) -> None:
    post = new_post(tiktok, film)
    tiktok.fault("container_error", method="PUT", word="frame_rate_check_failed")
    post = settle(post)
    assert (post.status, post.error_code) == (Status.FAILED, "frame_rate_check_failed")
    assert tiktok.posts() == []


def test_a_failure_that_may_pass_is_begun_anew_and_lives_once(tiktok: SandboxControl, film: Path) -> None:
    post = new_post(tiktok, film)
    tiktok.fault("container_error", method="PUT", word="internal")
    post = run_once(post)
    assert (post.status, post.hold) == (Status.QUEUED, Hold.RETRY)
    assert COMMITTED not in post.journal
    assert settle(post).status == Status.PUBLISHED
    assert len(tiktok.posts()) == 1 and inits(tiktok) == 2


def test_a_draft_waits_for_its_creator_and_is_published_once_they_have_posted_it(
    tiktok: SandboxControl, film: Path
) -> None:
    post = run_once(new_post(tiktok, film, post_mode="inbox"))
    assert post.status == Status.AWAITING_CREATOR
    tiktok.fault("refuse", path=STATUS, status=500)
    assert run_once(post).status == Status.AWAITING_CREATOR
    tiktok.settings(creator_seconds=0.01)
    post = settle(post)
    [live] = tiktok.posts(hidden=True)
    assert (post.status, post.remote_id) == (Status.PUBLISHED, live["id"])
    assert tiktok.count_calls(path="inbox/video/init") == 1


def test_a_private_post_is_published_without_a_link(tiktok: SandboxControl, film: Path) -> None:
    post = settle(new_post(tiktok, film, privacy_level="SELF_ONLY"))
    assert (post.status, post.remote_id, post.url) == (Status.PUBLISHED, "", "")
    assert len(tiktok.posts()) == 1


def in_inbox(tiktok: SandboxControl, film: Path) -> Post:
    post = run_once(new_post(tiktok, film, post_mode="inbox"))
    assert post.status == Status.AWAITING_CREATOR
    return post


def told(tiktok: SandboxControl, **status: Any) -> responses.RequestsMock:
    """From here on TikTok answers so when it is asked what became of a publish."""
    mock = responses.RequestsMock()
    data = {"uploaded_bytes": 0, "publicaly_available_post_id": [], **status}
    mock.post(f"{tiktok.tiktok_url}/v2/post/publish/{STATUS}/", json={"data": data, "error": {"code": "ok"}})
    return mock


def test_a_draft_that_the_platform_has_lost_fails_and_is_not_begun_anew_by_itself(
    tiktok: SandboxControl, film: Path
) -> None:
    post = in_inbox(tiktok, film)
    with told(tiktok, status="FAILED", fail_reason="internal"):
        post = run_once(post)
    assert (post.status, post.due_at, post.handoffs.open().count()) == (Status.FAILED, None, 0)
    assert "not begun anew by itself" in post.error
    verbs.retry(post, by=make_member(post.workspace, Role.MANAGER))
    assert run_once(post).status == Status.AWAITING_CREATOR
    assert tiktok.count_calls(path="inbox/video/init") == 2


def test_a_draft_of_which_nothing_is_told_any_more_stays_with_its_creator(tiktok: SandboxControl, film: Path) -> None:
    post = in_inbox(tiktok, film)
    Post.objects.filter(pk=post.pk).update(journal={**post.journal, POLLS: POLLS_MAX})
    with told(tiktok, status="PROCESSING_UPLOAD"):
        post = run_once(post)
    assert (post.status, post.handoffs.open().count()) == (Status.AWAITING_CREATOR, 1)
    assert post.due_at and post.due_at > timezone.now() + timedelta(hours=23)
