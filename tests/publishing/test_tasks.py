"""What the queue runs: doors that may be opened twice, and one post's trouble is not its neighbours'."""

import pytest
from django.db import connection, transaction
from django.db.models.functions import Now
from django_q.models import OrmQ

from collavo.ops.schedules import SCHEDULES
from connectors.sandbox.client import SandboxControl
from publishing import dispatcher, states, tasks
from publishing.models import Attempt, Post, Status
from tests.factories import make_connector, make_post, make_workspace, numbers

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def connections_of_threads_end_with_their_task(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else the threads of the worker's pool would hold the test database open after the session."""
    monkeypatch.setitem(connection.settings_dict, "CONN_MAX_AGE", 0)


@pytest.fixture
def posts(sandbox: SandboxControl) -> list[Post]:
    """Three due posts, already queued, of three accounts."""
    workspace = make_workspace()
    found = []
    for _ in range(3):
        account = sandbox.add_account(f"fjord.{next(numbers)}")
        connector = make_connector(workspace, token=account["token"], remote_id=account["id"])
        found.append(make_post(workspace, connector))
    states.queue_due([post.pk for post in found])
    return found


def test_a_batch_publishes_each_of_its_posts_side_by_side(sandbox: SandboxControl, posts: list[Post]) -> None:
    tasks.advance([str(post.pk) for post in posts])
    tasks.settle()
    assert set(Post.objects.values_list("status", flat=True)) == {Status.PUBLISHED}
    assert len(sandbox.posts()) == 3
    assert len(set(Attempt.objects.values_list("worker", flat=True))) == 1


def test_a_task_that_is_delivered_three_times_publishes_once(sandbox: SandboxControl, posts: list[Post]) -> None:
    for _ in range(3):
        tasks.advance([str(posts[0].pk)])
    tasks.settle()
    assert len(sandbox.posts()) == 1
    assert Post.objects.get(pk=posts[0].pk).fence == 1


def test_the_same_post_twice_in_one_batch_publishes_once(sandbox: SandboxControl, posts: list[Post]) -> None:
    tasks.advance([str(posts[0].pk)] * 4)
    tasks.settle()
    assert len(sandbox.posts()) == 1


def test_a_post_that_no_longer_exists_is_no_trouble_for_its_neighbours(
    sandbox: SandboxControl, posts: list[Post]
) -> None:
    pks = [str(post.pk) for post in posts]
    posts[1].delete()
    tasks.advance(pks)
    tasks.settle()
    assert len(sandbox.posts()) == 2


def test_a_post_whose_token_cannot_be_read_is_no_trouble_for_its_neighbours(
    sandbox: SandboxControl, posts: list[Post]
) -> None:
    with connection.cursor() as cursor:
        cursor.execute("UPDATE connectors_connector SET token = 'garbage' WHERE id = %s", [posts[0].connector_id])
    tasks.advance([str(post.pk) for post in posts])
    tasks.settle()
    assert len(sandbox.posts()) == 2
    assert set(Post.objects.exclude(pk=posts[0].pk).values_list("status", flat=True)) == {Status.PUBLISHED}


def test_the_safety_net_hands_over_what_no_dispatcher_did(posts: list[Post]) -> None:
    Post.objects.update(enqueued_at=None)
    assert tasks.safety_net() == 3
    assert tasks.safety_net() == 0
    assert sum(len(entry.task["args"][0]) for entry in OrmQ.objects.all()) == 3


def test_the_safety_net_is_scheduled() -> None:
    assert "publishing.tasks.safety_net" in {task for task, _ in SCHEDULES.values()}


def test_a_task_queued_in_a_transaction_that_is_taken_back_does_not_exist() -> None:
    post = make_post(make_workspace())
    with pytest.raises(RuntimeError), transaction.atomic():
        dispatcher.enqueue([post.pk])
        raise RuntimeError
    assert not OrmQ.objects.exists()
    assert Post.objects.get(pk=post.pk).enqueued_at is None


def test_posts_behind_a_lost_connection_go_on_after_their_lease(sandbox: SandboxControl, posts: list[Post]) -> None:
    """A connection that was used a moment ago is not asked whether it lives; one that broke is not kept."""
    connection.settings_dict["CONN_MAX_AGE"] = None  # the thread keeps its connection, as in production
    tasks.advance([str(posts[0].pk)])
    tasks.settle()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    connection.settings_dict["CONN_MAX_AGE"] = 0
    for _ in range(2):
        Post.objects.filter(status=Status.PUBLISHING).update(lease_until=Now(), due_at=Now())
        tasks.advance([str(post.pk) for post in posts])
        tasks.settle()
    assert set(Post.objects.values_list("status", flat=True)) == {Status.PUBLISHED}
    assert len(sandbox.posts()) == 3
