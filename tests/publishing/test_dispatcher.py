"""What wakes the dispatcher, and what it hands over."""

from datetime import timedelta

import psycopg
import pytest
from django.utils import timezone
from django_q.models import OrmQ
from pytest_django.fixtures import Settings

from collavo.ids import uuid7
from publishing import dispatcher, states, verbs
from publishing.models import Post, Status
from tests.factories import make_approved, make_connector, make_member, make_post, make_workspace
from tests.shell import run

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_post_scheduled_for_later_is_left_alone() -> None:
    make_post(make_workspace(), at=timezone.now() + timedelta(minutes=5))
    assert dispatcher.dispatch_due() == 0


def test_a_due_post_is_handed_over_once_and_again_only_when_its_task_was_lost() -> None:
    post = make_post(make_workspace())
    assert [dispatcher.dispatch_due(), dispatcher.dispatch_due()] == [1, 0]
    long_ago = timezone.now() - 2 * states.TASK_LOST_AFTER
    Post.objects.filter(pk=post.pk).update(enqueued_at=long_ago)
    assert dispatcher.dispatch_due() == 1
    assert OrmQ.objects.count() == 2


def test_many_posts_are_shared_out_between_the_workers_but_not_in_crumbs(settings: Settings) -> None:
    settings.WORKERS, settings.WORKER_THREADS = 2, 32
    sizes = {}
    for count in (0, 5, 15, 20, 100):
        OrmQ.objects.all().delete()
        dispatcher.enqueue([uuid7() for _ in range(count)])
        sizes[count] = sorted(len(entry.task["args"][0]) for entry in OrmQ.objects.all())
    assert sizes == {0: [], 5: [5], 15: [15], 20: [10, 10], 100: [4, 32, 32, 32]}


def test_publish_now_queues_its_task_with_the_post_or_not_at_all() -> None:
    workspace = make_workspace()
    post = verbs.publish_now(make_approved(workspace), make_connector(workspace), by=make_member(workspace))
    assert (post.status, OrmQ.objects.count()) == (Status.QUEUED, 1)


@pytest.mark.parametrize("change", ["scheduled", "nearer"])
def test_the_dispatcher_is_woken_when_a_moment_within_the_next_minute_is_new_or_moves_nearer(change: str) -> None:
    workspace, near = make_workspace(), timezone.now() + timedelta(seconds=50)
    post = make_post(workspace, at=timezone.now() + timedelta(days=1)) if change == "nearer" else None
    with dispatcher.listening() as ear:
        if post:
            Post.objects.filter(pk=post.pk).update(due_at=near)
        else:
            make_post(workspace, at=near)
        assert heard(ear, 10), "it slept through the notice"


def test_what_is_due_later_wakes_nobody_and_is_found_by_the_dispatchers_own_looks_in_time() -> None:
    with dispatcher.listening() as ear:
        make_post(make_workspace(), at=timezone.now() + timedelta(seconds=70))
        assert not heard(ear, 0.5)
    assert dispatcher.IDLE < 60


def heard(ear: psycopg.Connection[tuple[object, ...]], seconds: float) -> bool:
    """Whether somebody called before these seconds were over."""
    return bool(list(ear.notifies(timeout=seconds, stop_after=1)))


def test_it_sleeps_until_the_next_moment_and_never_longer_than_its_heartbeat() -> None:
    workspace = make_workspace()
    make_post(workspace, at=timezone.now() + timedelta(days=1))
    assert dispatcher.seconds_to_next() == dispatcher.IDLE
    make_post(workspace, at=timezone.now() + timedelta(seconds=2))
    assert 0 < dispatcher.seconds_to_next() <= 2


def test_posts_under_way_are_handed_over_even_when_their_account_is_full() -> None:
    workspace = make_workspace()
    account = make_connector(workspace, max_in_flight=1)
    first, second = make_post(workspace, account), make_post(workspace, account)
    assert dispatcher.due_now() == [first.pk]
    states.queue_due([first.pk])
    past = timezone.now() - timedelta(seconds=1)
    Post.objects.filter(pk=first.pk).update(status=Status.PUBLISHING, due_at=past, enqueued_at=None)
    assert dispatcher.due_now() == [first.pk]
    Post.objects.filter(pk=first.pk).update(status=Status.FAILED, due_at=None)
    assert dispatcher.due_now() == [second.pk]


def test_one_pass_at_the_shell_prints_what_it_handed_over_and_a_second_one_nothing() -> None:
    due, later = make_post(make_workspace()), make_post(make_workspace(), at=timezone.now() + timedelta(hours=1))
    code, said = run("dispatch", "--once")
    assert code == 0 and str(due.pk) in said and str(later.pk) not in said and "handed over" in said
    assert "nothing to do" in run("dispatch", "--once")[1]
