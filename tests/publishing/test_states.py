"""The graph, and who may write along it."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from collavo.timeline.models import Event
from connectors.platforms.base import LeaseLost, Live
from publishing import states, verbs
from publishing.claims import claim
from publishing.models import Post, Status
from publishing.states import IllegalMove, automatic_doors, doors
from tests.factories import make_member, make_post, make_workspace

pytestmark = pytest.mark.django_db


def due_post() -> Post:
    post = make_post(make_workspace())
    assert states_queue(post) == [post.pk]
    post.refresh_from_db()
    return post


def states_queue(post: Post) -> list[object]:
    return list(states.queue_due([post.pk]))


def test_only_a_queued_post_is_published_and_nothing_unconfirmed_is_retried_by_itself() -> None:
    assert doors(Status.PUBLISHING) == {Status.QUEUED}
    assert automatic_doors(Status.QUEUED) == {Status.SCHEDULED, Status.PUBLISHING}


def test_what_the_system_does_by_itself_is_part_of_the_graph() -> None:
    assert all(new in states.MOVES[old] for old, new in states.BY_ITSELF)


def test_published_and_canceled_are_final() -> None:
    assert states.MOVES[Status.PUBLISHED] == states.MOVES[Status.CANCELED] == set()


def test_a_due_post_is_queued_with_its_line_of_history() -> None:
    post = due_post()
    assert post.status == Status.QUEUED
    assert Event.objects.about(post).filter(verb="queued", by="dispatcher").count() == 1


def test_a_claim_takes_the_post_and_a_second_claim_gets_nothing() -> None:
    post = due_post()
    first = claim(post.pk, worker="a")
    assert first is not None
    assert claim(post.pk, worker="b") is None
    post.refresh_from_db()
    assert (post.status, post.lease_token, post.fence) == (Status.PUBLISHING, first.lease.token, 1)
    assert post.due_at == post.lease_until


def test_after_the_lease_another_worker_takes_over_and_the_first_records_nothing() -> None:
    post = due_post()
    first = claim(post.pk, worker="a")
    assert first is not None
    end_lease(post)
    second = claim(post.pk, worker="b")
    assert second is not None and second.lease.fence == 2
    with pytest.raises(LeaseLost):
        states.publish(first.post, first.lease, Live("1", "https://example.org/1"), [])
    post.refresh_from_db()
    assert post.status == Status.PUBLISHING
    assert not Event.objects.filter(subject_id=post.pk, verb=Status.PUBLISHED).exists()


def test_a_lease_that_ran_out_records_nothing_even_if_nobody_took_over() -> None:
    post = due_post()
    mine = claim(post.pk, worker="a")
    assert mine is not None
    end_lease(post)
    with pytest.raises(LeaseLost):
        states.keep(mine.lease, {"container": "1"}, "step", [])
    post.refresh_from_db()
    assert post.journal == {}


def end_lease(post: Post) -> None:
    past = timezone.now() - timedelta(seconds=1)
    Post.objects.filter(pk=post.pk).update(lease_until=past, due_at=past)


def test_of_two_people_with_the_same_copy_one_wins_and_the_other_is_told() -> None:
    post = make_post(make_workspace(), at=timezone.now() + timedelta(days=1))
    manager = make_member(post.workspace)
    other_copy = Post.objects.get(pk=post.pk)
    verbs.cancel(post, by=manager)
    with pytest.raises(IllegalMove, match="no longer scheduled; it is canceled"):
        verbs.send_now(other_copy, by=manager)


def test_nothing_moves_a_post_that_is_being_sent() -> None:
    post = due_post()
    assert claim(post.pk, worker="a")
    manager = make_member(post.workspace)
    stale = Post.objects.get(pk=post.pk)
    with pytest.raises(IllegalMove, match="Too late"):
        verbs.cancel(stale, by=manager)
    with pytest.raises(IllegalMove, match="Too late"):
        verbs.reschedule(stale, at=timezone.now() + timedelta(hours=1), by=manager)


def test_an_illegal_move_is_a_sentence_and_changes_nothing() -> None:
    post = make_post(make_workspace(), at=timezone.now() + timedelta(days=1))
    with pytest.raises(IllegalMove, match="Scheduled cannot become published"):
        states.move(post, Status.PUBLISHED, by="test")
    post.refresh_from_db()
    assert post.status == Status.SCHEDULED


def test_while_one_commit_of_an_account_is_open_no_other_is_sent() -> None:
    workspace = make_workspace()
    one = make_post(workspace)
    two = make_post(workspace, one.connector)
    states.queue_due([one.pk, two.pk])
    first, second = claim(one.pk, worker="a"), claim(two.pk, worker="b")
    assert first and second
    assert states.arm(first.lease, "Publishing", {}, []) is not None
    assert states.arm(second.lease, "Publishing", {}, []) is None
    states.publish(first.post, first.lease, Live("1", "https://example.org/1"), [])
    assert states.arm(second.lease, "Publishing", {}, []) is not None


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"status": "gone"}, "post_status_known"),
        ({"status": "publishing", "commit_open": True}, "open_commit_was_sent"),
        ({"commit_open": True, "commit_sent_at": timezone.now()}, "open_commit_is_in_flight"),
        ({"status": "published"}, "published_has_a_moment"),
        ({"lease_token": uuid4(), "lease_until": timezone.now()}, "lease_ends_when_due"),
    ],
)
def test_the_database_refuses_what_cannot_be_true(change: dict[str, object], rule: str) -> None:
    post = make_post(make_workspace(), at=timezone.now() + timedelta(days=1))
    with pytest.raises(IntegrityError, match=rule), transaction.atomic():
        Post.objects.filter(pk=post.pk).update(**change)


def test_a_version_has_one_live_post_per_account() -> None:
    post = make_post(make_workspace(), at=timezone.now() + timedelta(days=1))
    manager = make_member(post.workspace)
    with pytest.raises(IllegalMove, match="already has a post"):
        verbs.publish_now(post.version, post.connector, by=manager)
    verbs.cancel(post, by=manager)
    assert verbs.publish_now(post.version, post.connector, by=manager).status == Status.QUEUED
