"""A worker's one statement: the post changes and its lines are written, or neither."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from publishing import guarded, states
from publishing.claims import Claimed, claim
from publishing.guarded import Sql
from publishing.models import Attempt, Post
from tests.factories import make_post, make_workspace

pytestmark = pytest.mark.django_db


@pytest.fixture
def claimed() -> Claimed:
    post = make_post(make_workspace())
    states.queue_due([post.pk])
    found = claim(post.pk, worker="a")
    assert found
    return found


def a_line(claimed: Claimed, step: str = "container") -> Attempt:
    return Attempt(
        post=claimed.post, fence=1, number=1, step=step, started_at=timezone.now(), request={"caption": "it's %s"},
        duration_ms=12,
    )  # fmt: skip


def test_the_holder_of_the_lease_changes_its_post_and_writes_all_its_lines(claimed: Claimed) -> None:
    mine = claimed.lease
    lines = [a_line(claimed, "container"), a_line(claimed, "ready")]
    assert guarded.write(mine.post_id, mine.token, {"step": "Publishing", "journal": {"a": [1, None]}}, lines)
    post = Post.objects.get(pk=mine.post_id)
    assert (post.step, post.journal) == ("Publishing", {"a": [1, None]})
    assert list(Attempt.objects.order_by("step").values_list("step", "duration_ms", "http_status", "answer")) == [
        ("container", 12, None, None),
        ("ready", 12, None, None),
    ]
    assert Attempt.objects.first().request == {"caption": "it's %s"}  # type: ignore[union-attr]


def test_without_lines_the_post_alone_changes(claimed: Claimed) -> None:
    assert guarded.write(claimed.lease.post_id, claimed.lease.token, {"tries": Sql("tries + 1")})
    assert Post.objects.get(pk=claimed.post.pk).tries == 1


def test_with_another_token_neither_post_nor_log_changes(claimed: Claimed) -> None:
    assert not guarded.write(claimed.lease.post_id, uuid4(), {"step": "mine"}, [a_line(claimed)])
    assert Post.objects.get(pk=claimed.post.pk).step == ""
    assert not Attempt.objects.exists()


def test_after_the_leases_end_neither_post_nor_log_changes(claimed: Claimed) -> None:
    past = timezone.now() - timedelta(seconds=1)
    Post.objects.filter(pk=claimed.post.pk).update(lease_until=past, due_at=past)
    assert not guarded.write(claimed.lease.post_id, claimed.lease.token, {"step": "mine"}, [a_line(claimed)])
    assert Post.objects.get(pk=claimed.post.pk).step == ""
    assert not Attempt.objects.exists()


def test_what_speaks_against_it_keeps_both_back(claimed: Claimed) -> None:
    against = Sql("p.tries = %s", (0,))
    assert not guarded.write(
        claimed.lease.post_id, claimed.lease.token, {"step": "mine"}, [a_line(claimed)], unless=against
    )
    assert not Attempt.objects.exists()
