from datetime import timedelta
from itertools import product
from typing import Any

import pytest
from django.utils import timezone

from approvals.models import Version
from approvals.states import VersionStatus
from publishing.chips import chip, progress, story, version_chip
from publishing.models import Hold, Post, Status
from tests.factories import make_approved, make_connector, make_member, make_post, make_version, make_workspace

pytestmark = pytest.mark.django_db


@pytest.fixture
def post() -> Post:
    workspace = make_workspace(time_zone="Europe/Zurich")
    made = make_post(workspace, at=timezone.now() + timedelta(hours=3))
    return Post.objects.with_parts().get(pk=made.pk)


def as_it_is(post: Post, **values: Any) -> Post:
    for name, value in values.items():
        setattr(post, name, value)
    return post


@pytest.mark.parametrize("due", [None, timedelta(minutes=4)], ids=["nothing due", "due"])
def test_every_status_and_hold_has_words_and_an_icon(post: Post, due: timedelta | None) -> None:
    now = timezone.now()
    for status, hold in product(Status, Hold):
        as_it_is(post, status=status, hold=hold, due_at=now + due if due else None)
        shown = chip(post, now)
        assert shown.text, (status, hold)
        assert shown.icon, (status, hold)
        assert shown.kind in {"", "ok", "wait", "bad", "hand", "go"}


@pytest.mark.parametrize("status", [s for s in Status if s != Status.PUBLISHED])
def test_only_a_published_post_says_published(post: Post, status: Status) -> None:
    for hold in Hold:
        assert "Published" not in chip(as_it_is(post, status=status, hold=hold)).text


def test_a_post_over_the_limit_says_until_when_in_the_accounts_zone(post: Post) -> None:
    now = timezone.now().replace(hour=8, minute=0)
    tomorrow = (now + timedelta(days=1)).replace(hour=8, minute=40)
    post.connector.time_zone = "UTC"
    shown = chip(as_it_is(post, status=Status.QUEUED, hold=Hold.LIMIT, due_at=tomorrow), now)
    assert shown.text == "Queued for tomorrow 08:40"


def test_a_retry_says_which_one_and_when(post: Post) -> None:
    now = timezone.now()
    shown = chip(as_it_is(post, status=Status.QUEUED, hold=Hold.RETRY, tries=2, due_at=now + timedelta(minutes=4)), now)
    assert shown.text == "Retry 2 of 4 in 4 min"


def test_a_publishing_post_says_its_step_in_the_platforms_words(post: Post) -> None:
    as_it_is(post, status=Status.PUBLISHING, step="Instagram is processing.", journal={"container": {"id": "1"}})
    assert chip(post).detail == "Instagram is processing, step 2 of 3"
    step = progress(post)
    assert step is not None
    assert (step.at, step.of, step.percent) == (2, 3, 33)


def test_a_parked_post_is_told_from_one_that_is_under_way(post: Post) -> None:
    assert chip(as_it_is(post, status=Status.QUEUED, hold=Hold.LATE)).text == "Late · waits for you"
    assert chip(as_it_is(post, status=Status.QUEUED, hold=Hold.CONNECTOR)).text == "Waits for its account"
    assert chip(as_it_is(post, status=Status.PUBLISHING, hold=Hold.CONNECTOR)).text == "Waits for its account"


@pytest.mark.parametrize(
    ("values", "live"),
    [
        ({"status": Status.FAILED, "error": "Instagram refused the picture."}, "Nothing is live."),
        ({"status": Status.UNCONFIRMED, "error": "Instagram did not answer."}, "It may be live."),
        ({"status": Status.QUEUED, "hold": Hold.RETRY, "error": "Instagram is down."}, "Nothing is live."),
        ({"status": Status.QUEUED, "hold": Hold.LATE, "error": "It was planned for 09:00."}, "Nothing is live."),
        (
            {"status": Status.PUBLISHING, "hold": Hold.PLATFORM, "commit_open": True, "step": "No answer."},
            "It may be live.",
        ),
    ],
)
def test_a_story_says_what_happened_whether_anything_is_live_and_what_comes_next(
    post: Post, values: dict[str, Any], live: str
) -> None:
    told = story(as_it_is(post, **values))
    assert told is not None
    assert told.what
    assert told.live == live
    assert told.next
    assert all(sentence.endswith(".") for sentence in told.sentences)


def test_a_failure_does_not_say_twice_that_nothing_is_live(post: Post) -> None:
    told = story(as_it_is(post, status=Status.FAILED, error="Refused. 5 tries were made; nothing is live."))
    assert told is not None
    assert told.live == ""


def test_a_scheduled_post_warns_when_its_account_will_not_take_it(post: Post) -> None:
    assert story(post) is None
    post.connector.status = "needs_relink"
    told = story(post)
    assert told is not None
    assert "needs to be linked again" in told.what


def test_a_round_is_named_from_the_second_on() -> None:
    workspace = make_workspace()
    version = make_version(make_member(workspace, "creator"))
    assert version_chip(version).text == "In review"
    version.round = 2
    assert version_chip(version).text == "In review · round 2"


@pytest.mark.parametrize("status", VersionStatus)
def test_every_status_of_a_version_has_words_and_an_icon(status: VersionStatus) -> None:
    shown = version_chip(a_version(status))
    assert shown.text == str(status.label)
    assert shown.icon


def test_a_discarded_asset_says_so_whatever_its_version_is() -> None:
    version = a_version(VersionStatus.APPROVED)
    version.asset.discarded_at = timezone.now()
    assert version_chip(version).text == "Discarded"


def a_version(status: VersionStatus) -> Version:
    version = make_approved(make_workspace())
    version.status = status
    return version


def test_naming_the_steps_needs_no_token(post: Post) -> None:
    """The connector of a card is read without its secrets; to name the steps must not fetch them."""
    as_it_is(post, status=Status.PUBLISHING)
    assert {"token", "extra_token"} <= post.connector.get_deferred_fields()
    progress(post)
    assert {"token", "extra_token"} <= post.connector.get_deferred_fields()
    assert make_connector(post.workspace).token
