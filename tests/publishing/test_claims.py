"""Races for the claim: real threads on real PostgreSQL."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from django.utils import timezone

from connectors.models import Connector
from publishing import dispatcher, states, verbs
from publishing.claims import claim, claim_all
from publishing.models import Hold, Post, Status
from publishing.states import IllegalMove
from tests.factories import make_approved, make_connector, make_member, make_post, make_workspace

pytestmark = pytest.mark.django_db(transaction=True)


def at_once[T](count: int, act: Callable[[int], T]) -> list[T]:
    """The answers of `count` threads that start at the same moment, each with a connection of its own."""
    barrier = Barrier(count)

    def run(number: int) -> T:
        try:
            barrier.wait()
            return act(number)
        finally:
            connection.close()

    with ThreadPoolExecutor(count) as threads:
        return list(threads.map(run, range(count)))


def queued(count: int, **connector: Any) -> list[UUID]:
    workspace = make_workspace()
    account = make_connector(workspace, **connector)
    posts = [make_post(workspace, account).pk for _ in range(count)]
    return states.queue_due(posts)


def test_of_eight_threads_racing_for_one_claim_one_gets_it() -> None:
    [pk] = queued(1)
    claims = at_once(8, lambda n: claim(pk, worker=f"thread {n}"))
    assert len([c for c in claims if c]) == 1
    assert Post.objects.get(pk=pk).fence == 1


def test_racing_threads_claim_each_of_many_posts_once() -> None:
    pks = queued(12, max_in_flight=50)
    claims = at_once(4, lambda n: [pk for pk in pks if claim(pk, worker=f"thread {n}")])
    taken = [pk for mine in claims for pk in mine]
    assert sorted(taken) == sorted(pks)


def test_racing_workers_cannot_overbook_an_accounts_day() -> None:
    pks = queued(9, max_in_flight=50, daily_cap=5)
    at_once(9, lambda n: claim(pks[n], worker=f"thread {n}"))
    assert Post.objects.filter(status=Status.PUBLISHING).count() == 5
    assert Post.objects.filter(status=Status.QUEUED, hold=Hold.LIMIT).count() == 4


def test_no_more_posts_of_an_account_are_under_way_than_it_allows() -> None:
    pks = queued(6, max_in_flight=2)
    at_once(6, lambda n: claim(pks[n], worker=f"thread {n}"))
    assert Post.objects.filter(status=Status.PUBLISHING).count() == 2
    assert Post.objects.filter(status=Status.QUEUED, due_at__lte=timezone.now()).count() == 4


def test_a_post_that_falls_due_in_the_middle_of_a_claim_waits_for_the_next_pass() -> None:
    """Its account is not locked, so its places cannot be counted."""
    workspace = make_workspace()
    post = make_post(workspace, make_connector(workspace))

    def dispatch(execute: Callable[..., Any], sql: str, *args: Any) -> Any:
        found = execute(sql, *args)
        if "connectors_connector" in sql and "FOR NO KEY UPDATE" in sql:
            states.queue_due([post.pk])
        return found

    with connection.execute_wrapper(dispatch):
        assert claim_all([post.pk], worker="worker") == []
    post.refresh_from_db()
    assert (post.status, post.enqueued_at) == (Status.QUEUED, None)
    assert claim(post.pk, worker="worker")


def test_a_double_click_on_publish_now_gives_one_post() -> None:
    workspace = make_workspace()
    version, account, manager = make_approved(workspace), make_connector(workspace), make_member(workspace)

    def press(_: int) -> bool:
        try:
            verbs.publish_now(version, Connector.objects.get(pk=account.pk), by=manager)
        except IllegalMove:
            return False
        return True

    assert sorted(at_once(4, press)) == [False, False, False, True]
    assert Post.objects.count() == 1


def test_cancel_against_a_claim_ends_one_way_or_the_other() -> None:
    [pk] = queued(1)
    post = Post.objects.get(pk=pk)
    manager = make_member(post.workspace)

    def act(number: int) -> bool:
        if number == 0:
            return claim(pk, worker="worker") is not None
        try:
            verbs.cancel(post, by=manager)
        except IllegalMove:
            return False
        return True

    assert sorted(at_once(2, act)) == [False, True]


def test_two_dispatchers_hand_each_post_over_once() -> None:
    workspace = make_workspace()
    for _ in range(10):
        make_post(workspace, make_connector(workspace))
    assert sum(at_once(3, lambda _: dispatcher.dispatch_due())) == 10


def test_one_busy_account_does_not_delay_the_others() -> None:
    workspace = make_workspace()
    busy, calm = make_connector(workspace, max_in_flight=50), make_connector(workspace)
    early = timezone.now() - timedelta(seconds=30)
    for _ in range(5):
        make_post(workspace, busy, at=early)
    late = make_post(workspace, calm)
    assert late.pk in dispatcher.due_now()[:2]


def test_a_batch_is_claimed_in_one_go_and_keeps_to_every_limit() -> None:
    few = queued(5, max_in_flight=2)
    capped = queued(5, max_in_flight=50, daily_cap=3)
    claimed = claim_all([*few, *capped], worker="batch")
    assert len(claimed) == 2 + 3
    assert {c.lease.token for c in claimed} == {claimed[0].lease.token}
    assert Post.objects.filter(pk__in=capped, status=Status.QUEUED, hold=Hold.LIMIT).count() == 2
    assert Post.objects.filter(pk__in=few, status=Status.QUEUED, hold=Hold.NONE, enqueued_at=None).count() == 3


def test_racing_batches_take_each_post_once_and_do_not_stop_each_other() -> None:
    pks = [pk for _ in range(6) for pk in queued(4, max_in_flight=50)]
    orders = [pks, pks[::-1], pks[12:] + pks[:12], pks[::2] + pks[1::2]]
    taken = [c.post.pk for mine in at_once(4, lambda n: claim_all(orders[n], worker=f"thread {n}")) for c in mine]
    assert len(taken) == len(set(taken))
    rest = [c.post.pk for c in claim_all(pks, worker="last")]
    assert sorted([*taken, *rest]) == sorted(pks)


def test_of_two_racing_commits_of_an_account_one_is_armed() -> None:
    pks = queued(2, max_in_flight=50)
    claimed = claim_all(pks, worker="a")
    armed = at_once(2, lambda n: states.arm(claimed[n].lease, "Publishing", {}, []) is not None)
    assert sorted(armed) == [False, True]
    assert Post.objects.filter(commit_open=True).count() == 1
