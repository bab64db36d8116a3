"""What people do with posts: who may, what becomes of the post, and the sentence when it cannot be."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.core.exceptions import PermissionDenied
from django.utils import timezone
from django_q.models import OrmQ

from approvals.models import Version
from collavo.accounts.models import Membership, Role
from collavo.timeline.models import Event
from connectors.models import Connector, link
from connectors.platforms.base import Profile
from connectors.sandbox.client import SandboxControl
from publishing import engine, states, verbs
from publishing.models import Hold, Post, Status
from publishing.preflight import Blocked
from publishing.states import IllegalMove
from tests.factories import make_approved, make_connector, make_member, make_post, make_version, make_workspace

pytestmark = pytest.mark.django_db
TOMORROW = timedelta(days=1)


def tomorrow_post() -> Post:
    return make_post(make_workspace(), at=timezone.now() + TOMORROW)


def manager_of(post: Post) -> Membership:
    return make_member(post.workspace, Role.MANAGER)


def in_state(status: str, **changes: Any) -> Post:
    """A post put into a state by SQL, with what the database wants of that state."""
    post = tomorrow_post()
    if status == Status.PUBLISHED:
        changes |= {"published_at": timezone.now(), "due_at": None}
    if status == Status.UNCONFIRMED:
        changes |= {"commit_open": True, "commit_sent_at": timezone.now(), "due_at": None}
    Post.objects.filter(pk=post.pk).update(status=status, **changes)
    post.refresh_from_db()
    return post


def last_line(post: Post) -> Event:
    event = Event.objects.about(post).last()
    assert event is not None
    return event


# --- Who may -----------------------------------------------------------------------------------------------------

type Verb = Callable[[Post, Membership], object]
VERBS: dict[str, Verb] = {
    "send now": lambda post, by: verbs.send_now(post, by=by),
    "reschedule": lambda post, by: verbs.reschedule(post, at=timezone.now() + TOMORROW, by=by),
    "cancel": lambda post, by: verbs.cancel(post, by=by),
    "retry": lambda post, by: verbs.retry(post, by=by),
    "confirm live": lambda post, by: verbs.confirm_live(post, url="https://instagram.com/p/1", by=by),
    "confirm not live": lambda post, by: verbs.confirm_not_live(post, by=by),
    "ask again": lambda post, by: verbs.ask_again(post, by=by),
}


@pytest.mark.parametrize("role", [Role.VIEWER, Role.CREATOR, Role.APPROVER])
@pytest.mark.parametrize("verb", VERBS)
def test_only_managers_and_owners_touch_posts(role: str, verb: str) -> None:
    post = tomorrow_post()
    with pytest.raises(PermissionDenied, match="you cannot schedule and publish"):
        VERBS[verb](post, make_member(post.workspace, role))
    assert Post.objects.get(pk=post.pk).due_at == post.due_at


@pytest.mark.parametrize("verb", VERBS)
def test_nobody_touches_another_workspaces_post(verb: str) -> None:
    post = tomorrow_post()
    with pytest.raises(PermissionDenied, match="another workspace"):
        VERBS[verb](post, make_member(make_workspace(), Role.OWNER))


def test_nobody_schedules_another_workspaces_version_or_to_another_workspaces_account() -> None:
    workspace, other = make_workspace(), make_workspace()
    version, at = make_approved(workspace), timezone.now() + TOMORROW
    with pytest.raises(PermissionDenied, match="another workspace"):
        verbs.schedule(version, make_connector(other), at=at, by=make_member(other))
    with pytest.raises(Blocked, match="another workspace"):
        verbs.schedule(version, make_connector(other), at=at, by=make_member(workspace))
    assert not Post.objects.exists()


# --- Placing -----------------------------------------------------------------------------------------------------


def test_scheduling_plans_the_post_and_takes_the_version_off_the_waiting_list() -> None:
    post = tomorrow_post()
    version = Version.objects.get(pk=post.version_id)
    assert (post.status, post.due_at, version.unplaced) == (Status.SCHEDULED, post.scheduled_at, False)
    assert last_line(post).verb == "scheduled" and not OrmQ.objects.exists()


def test_publishing_now_queues_the_post_and_its_task() -> None:
    workspace = make_workspace()
    post = verbs.publish_now(make_approved(workspace), make_connector(workspace), by=make_member(workspace))
    assert post.status == Status.QUEUED and OrmQ.objects.count() == 1


def test_a_moment_in_the_past_is_refused_but_not_the_one_that_a_slow_form_meant() -> None:
    workspace = make_workspace()
    version, connector, by = make_approved(workspace), make_connector(workspace), make_member(workspace)
    with pytest.raises(IllegalMove, match="in the past"):
        verbs.schedule(version, connector, at=timezone.now() - timedelta(minutes=2), by=by)
    post = verbs.schedule(version, connector, at=timezone.now() - timedelta(seconds=30), by=by)
    with pytest.raises(IllegalMove, match="in the past"):
        verbs.reschedule(post, at=timezone.now() - timedelta(minutes=2), by=by)


def test_what_preflight_blocks_is_neither_scheduled_nor_published() -> None:
    workspace = make_workspace()
    version, connector = make_version(make_member(workspace, Role.CREATOR)), make_connector(workspace)
    by = make_member(workspace)
    with pytest.raises(Blocked, match="not approved"):
        verbs.schedule(version, connector, at=timezone.now() + TOMORROW, by=by)
    with pytest.raises(Blocked, match="not approved"):
        verbs.publish_now(version, connector, by=by)
    assert not Post.objects.exists() and not OrmQ.objects.exists()


def test_one_version_goes_to_two_accounts_as_two_posts() -> None:
    workspace = make_workspace()
    version, by = make_approved(workspace), make_member(workspace)
    for _ in range(2):
        verbs.schedule(version, make_connector(workspace), at=timezone.now() + TOMORROW, by=by)
    assert Post.objects.filter(version=version).count() == 2


# --- Changing one's mind -----------------------------------------------------------------------------------------


def test_send_now_makes_a_scheduled_post_due() -> None:
    post = tomorrow_post()
    verbs.send_now(post, by=manager_of(post))
    assert post.status == Status.QUEUED and post.due_at is not None and post.due_at <= timezone.now()
    assert OrmQ.objects.count() == 1 and last_line(post).verb == "sent_now"


def test_send_now_is_a_decision_about_a_late_post() -> None:
    post = in_state(Status.QUEUED, hold=Hold.LATE, due_at=None, error="It was planned for …")
    verbs.send_now(post, by=manager_of(post))
    assert (post.hold, post.error) == (Hold.NONE, "") and post.due_at is not None


def test_rescheduling_forgets_what_was_tried_and_says_when_in_the_accounts_zone() -> None:
    post = in_state(Status.QUEUED, hold=Hold.RETRY, tries=2, journal={"container": {"id": "1"}}, error="No answer.")
    Connector.objects.update(time_zone="Asia/Tokyo")
    post = Post.objects.get(pk=post.pk)
    at = timezone.now().replace(hour=20, minute=5, second=0, microsecond=0) + 2 * TOMORROW
    verbs.reschedule(post, at=at, by=manager_of(post))
    assert (post.status, post.due_at, post.scheduled_at, post.tries) == (Status.SCHEDULED, at, at, 0)
    assert (post.hold, post.journal, post.error) == (Hold.NONE, {}, "")
    assert last_line(post).text.endswith("05:05 Asia/Tokyo")


def test_canceling_puts_the_version_back_on_the_waiting_list_when_no_other_post_has_it() -> None:
    workspace = make_workspace()
    version, by = make_approved(workspace), make_member(workspace)
    at = timezone.now() + TOMORROW
    one, two = (verbs.schedule(version, make_connector(workspace), at=at, by=by) for _ in range(2))
    verbs.cancel(one, by=by)
    assert Version.objects.get(pk=version.pk).unplaced is False
    verbs.cancel(two, by=by)
    assert Version.objects.get(pk=version.pk).unplaced is True
    assert (two.status, two.due_at) == (Status.CANCELED, None)


def test_canceling_twice_is_a_sentence() -> None:
    post = tomorrow_post()
    verbs.cancel(post, by=manager_of(post))
    with pytest.raises(IllegalMove, match="canceled already"):
        verbs.cancel(post, by=manager_of(post))
    assert Event.objects.about(post).filter(verb="canceled").count() == 1


@pytest.mark.parametrize("status", [Status.PUBLISHING, Status.PUBLISHED, Status.UNCONFIRMED])
@pytest.mark.parametrize("verb", ["cancel", "reschedule", "send now"])
def test_what_may_be_live_is_not_taken_back(status: Status, verb: str) -> None:
    post = in_state(status)
    with pytest.raises(IllegalMove, match=status.label.lower()):
        VERBS[verb](post, manager_of(post))
    assert Post.objects.get(pk=post.pk).status == status


# --- After a failure ---------------------------------------------------------------------------------------------


def test_a_failed_post_is_retried_from_the_beginning() -> None:
    post = in_state(
        Status.FAILED, due_at=None, tries=4, journal={"container": {}}, commit_sent_at=timezone.now(), error="No."
    )
    verbs.retry(post, by=manager_of(post))
    assert (post.status, post.tries, post.journal, post.commit_sent_at) == (Status.QUEUED, 0, {}, None)
    assert OrmQ.objects.count() == 1


def test_a_waiting_retry_goes_at_once_when_a_person_says_so() -> None:
    post = in_state(Status.QUEUED, hold=Hold.RETRY, tries=2)
    verbs.retry(post, by=manager_of(post))
    assert post.due_at is not None and post.due_at <= timezone.now()


@pytest.mark.parametrize("status", [Status.SCHEDULED, Status.PUBLISHED, Status.UNCONFIRMED, Status.CANCELED])
def test_only_a_failed_post_is_retried(status: Status) -> None:
    post = in_state(status)
    with pytest.raises(IllegalMove, match="Only a failed post can be retried"):
        verbs.retry(post, by=manager_of(post))


def test_a_failed_post_whose_content_was_changed_since_is_not_retried() -> None:
    post = in_state(Status.FAILED, due_at=None)
    Version.objects.filter(pk=post.version_id).update(caption="Buy!")
    with pytest.raises(Blocked, match="seal is broken"):
        verbs.retry(Post.objects.get(pk=post.pk), by=manager_of(post))
    assert Post.objects.get(pk=post.pk).status == Status.FAILED


# --- Unconfirmed -------------------------------------------------------------------------------------------------


def unconfirmed_at(sandbox: SandboxControl) -> tuple[Post, str]:
    """An unconfirmed post, and the link of a post that is live on its account."""
    workspace = make_workspace()
    account = sandbox.add_account(f"account.{uuid4().hex[:8]}")
    connector = make_connector(workspace, token=account["token"], remote_id=account["id"], handle=account["username"])
    live, post = make_post(workspace, connector), make_post(workspace, connector)
    for _ in range(4):
        Post.objects.filter(pk=live.pk, lease_token=None, due_at__isnull=False).update(due_at=timezone.now())
        states.queue_due([live.pk])
        engine.advance(live.pk, worker="test")
    live.refresh_from_db()
    Post.objects.filter(pk=live.pk).update(remote_id="", url="")  # as if we did not know whose it is
    sent = {"commit_open": True, "commit_sent_at": timezone.now()}
    Post.objects.filter(pk=post.pk).update(status=Status.UNCONFIRMED, due_at=None, error="It may be live.", **sent)
    return Post.objects.get(pk=post.pk), live.url


def test_a_link_that_a_person_gives_is_found_on_the_account_and_its_id_is_kept(sandbox: SandboxControl) -> None:
    post, url = unconfirmed_at(sandbox)
    verbs.confirm_live(post, url=f" {url}?utm_source=copy ", by=manager_of(post))
    [live] = sandbox.posts()
    assert (post.status, post.url, post.remote_id, post.error) == (Status.PUBLISHED, url, live["id"], "")
    assert not post.commit_open and last_line(post).user is not None


def test_a_link_of_somebody_elses_post_is_refused(sandbox: SandboxControl) -> None:
    post, _ = unconfirmed_at(sandbox)
    with pytest.raises(IllegalMove, match="has no post at that link"):
        verbs.confirm_live(post, url="https://www.instagram.com/p/DSomebody/", by=manager_of(post))
    assert Post.objects.get(pk=post.pk).status == Status.UNCONFIRMED


@pytest.mark.parametrize("url", ["https://[instagram.com/p/1", "instagram.com/p/1", "https://x.example/" + "1" * 500])
def test_what_is_no_address_is_refused_in_a_sentence(url: str) -> None:
    post = in_state(Status.UNCONFIRMED, error="It may be live.")
    post.connector.disable(by="test")
    with pytest.raises(IllegalMove, match="Paste the link of the live post"):
        verbs.confirm_live(post, url=url, by=manager_of(post))


def test_while_the_account_cannot_be_asked_the_persons_word_stands_and_the_history_says_so() -> None:
    post = in_state(Status.UNCONFIRMED, error="It may be live.")
    post.connector.disable(by="test")
    verbs.confirm_live(post, url=" https://www.instagram.com/p/abc/ ", by=manager_of(post))
    assert (post.status, post.url, post.error) == (Status.PUBLISHED, "https://www.instagram.com/p/abc/", "")
    assert post.published_at == post.commit_sent_at and "not checked" in last_line(post).text


@pytest.mark.parametrize("url", ["", "abc", "javascript:alert(1)", "ftp://x/y", "https://"])
def test_a_link_that_is_none_is_refused(url: str) -> None:
    post = in_state(Status.UNCONFIRMED)
    with pytest.raises(IllegalMove, match="starts with https"):
        verbs.confirm_live(post, url=url, by=manager_of(post))
    assert Post.objects.get(pk=post.pk).status == Status.UNCONFIRMED


def test_a_person_who_found_it_not_live_sends_it_again_from_the_beginning() -> None:
    post = in_state(Status.UNCONFIRMED, journal={"container": {}})
    verbs.confirm_not_live(post, by=manager_of(post))
    assert (post.status, post.journal, post.commit_sent_at, post.commit_open) == (Status.QUEUED, {}, None, False)
    assert OrmQ.objects.count() == 1 and last_line(post).verb == "confirmed_not_live"


def test_asking_again_sends_nothing_and_keeps_the_commit_open() -> None:
    post = in_state(Status.UNCONFIRMED)
    verbs.ask_again(post, by=manager_of(post))
    assert (post.status, post.commit_open) == (Status.UNCONFIRMED, True)
    assert post.due_at is not None and post.due_at <= timezone.now()


@pytest.mark.parametrize("verb", ["confirm live", "confirm not live", "ask again"])
@pytest.mark.parametrize("status", [Status.SCHEDULED, Status.PUBLISHED, Status.FAILED, Status.CANCELED])
def test_only_an_unconfirmed_post_is_confirmed(verb: str, status: Status) -> None:
    post = in_state(status)
    with pytest.raises(IllegalMove, match="Nothing to confirm"):
        VERBS[verb](post, manager_of(post))


# --- Accounts ----------------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_linking_the_account_again_releases_the_posts_that_waited_for_it() -> None:
    post = in_state(Status.QUEUED, hold=Hold.CONNECTOR, due_at=None, error="Link it again.")
    other = in_state(Status.QUEUED, hold=Hold.CONNECTOR, due_at=None)
    account = post.connector
    account.needs_relink("The token has ended.", by="worker")
    profile = Profile(account.remote_id, account.handle)
    link(post.workspace, account.platform, account.login, profile, token="new", by="test")
    post.refresh_from_db()
    assert (post.hold, post.error) == (Hold.NONE, "") and post.due_at is not None
    other.refresh_from_db()
    assert other.hold == Hold.CONNECTOR


def test_releasing_does_not_wake_posts_that_wait_for_something_else() -> None:
    post = in_state(Status.QUEUED, hold=Hold.LATE, due_at=None)
    assert verbs.release_held(post.connector) == 0
    assert Post.objects.get(pk=post.pk).due_at is None
