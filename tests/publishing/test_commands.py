"""The commands about posts: verbs in a person's name, tables, exit codes, and a second run that is harmless."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone
from django_q.models import OrmQ

from collavo.accounts.models import Role, Workspace
from collavo.timeline.models import Event
from connectors.models import ConnectorStatus
from publishing.management.choosing import parse_moment
from publishing.models import Attempt, Hold, Post, Status
from tests.admin_pages import make_operator
from tests.factories import make_member, make_post, make_workspace, numbers
from tests.shell import run

pytestmark = pytest.mark.django_db
PAST = timedelta(hours=1)


def new_post(status: str = Status.FAILED, workspace: Workspace | None = None, **fields: Any) -> Post:
    """A post as a worker would have left it in this status."""
    post = make_post(workspace or make_workspace(), at=timezone.now() + timedelta(days=1))
    if status == Status.UNCONFIRMED:
        fields = {"commit_sent_at": timezone.now(), "commit_open": True, **fields}
    if status == Status.PUBLISHED:
        fields = {"published_at": timezone.now(), "remote_id": str(next(numbers)), **fields}
    if status != Status.SCHEDULED:
        fields = {"due_at": None, **fields}
    Post.objects.filter(pk=post.pk).update(status=status, **fields)
    return fresh(post)


def fresh(post: Post) -> Post:
    return Post.objects.get(pk=post.pk)


def statuses() -> list[str]:
    return list(Post.objects.order_by("id").values_list("status", flat=True))


# --- retry_posts -----------------------------------------------------------------------------------------------------


def test_named_posts_are_retried_in_the_operators_name_and_a_second_run_finds_them_under_way() -> None:
    make_operator()
    post, other = new_post(), new_post()
    code, said = run("retry_posts", post.pk)
    assert code == 0 and "goes out again" in said
    assert (fresh(post).status, fresh(other).status) == (Status.QUEUED, Status.FAILED)
    assert Event.objects.get(subject_id=post.pk, verb="retried").by == "Olga Operator"
    assert OrmQ.objects.count() == 1
    code, said = run("retry_posts", post.pk)
    assert code == 1 and "Only a failed post can be retried" in said
    assert OrmQ.objects.count() == 1


@pytest.mark.parametrize("by", ["connector", "error-code", "workspace", "since"])
def test_filters_choose_the_failed_posts_to_retry(by: str) -> None:
    make_operator()
    wanted = new_post(error_code="2207052")
    other = new_post(error_code="36000", scheduled_at=timezone.now() - timedelta(days=9))
    values = {
        "connector": wanted.connector_id,
        "error-code": "2207052",
        "workspace": wanted.workspace.slug,
        "since": "2d",
    }
    assert run("retry_posts", f"--{by}", values[by])[0] == 0
    assert (fresh(wanted).status, fresh(other).status) == (Status.QUEUED, Status.FAILED)
    code, said = run("retry_posts", f"--{by}", values[by])
    assert code == 0 and "nothing to do" in said, "idempotent"


def test_a_dry_run_says_what_would_happen_and_changes_nothing() -> None:
    make_operator()
    fit, blocked = new_post(), new_post()
    blocked.connector.disable(by="test")
    code, said = run("retry_posts", fit.pk, blocked.pk, "--dry-run")
    assert code == 0 and "would go out again" in said and "would be refused" in said and "switched off" in said
    assert statuses() == [Status.FAILED, Status.FAILED] and not OrmQ.objects.exists()


def test_what_is_blocked_is_refused_and_the_rest_goes_on() -> None:
    make_operator()
    blocked, fit = new_post(), new_post()
    blocked.connector.disable(by="test")
    code, said = run("retry_posts", blocked.pk, fit.pk)
    assert code == 1 and "1 of 2 refused" in said
    assert statuses() == [Status.FAILED, Status.QUEUED]


def test_it_acts_in_the_name_and_with_the_role_of_the_named_person() -> None:
    post = new_post()
    manager, creator = make_member(post.workspace), make_member(post.workspace, Role.CREATOR)
    stranger = make_member(make_workspace())
    for person in (creator, stranger):
        code, said = run("retry_posts", post.pk, "--as", person.user.email)
        assert code == 1 and "Refused" in said and fresh(post).status == Status.FAILED
    assert run("retry_posts", post.pk, "--as", manager.user.email)[0] == 0
    assert Event.objects.get(subject_id=post.pk, verb="retried").user == manager.user


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ((), "Name posts, or a filter"),
        (("7",), "An id looks like"),
        ((str(uuid4()),), "No such post"),
        (("--connector", str(uuid4())), "There is no connector"),
        (("--workspace", "nowhere"), "There is no workspace"),
        (("--since", "yesterday"), "is no moment"),
        (("--since", "2026-13-45T00:00"), "is no moment"),
        (("--error-code", "x", "--as", "nobody@example.org"), "Nobody here has"),
    ],
)
def test_wrong_input_gets_one_sentence_and_changes_nothing(words: tuple[str, ...], sentence: str) -> None:
    make_operator()
    new_post(error_code="x")
    code, said = run("retry_posts", *words)
    assert code == 2 and sentence in said
    assert statuses() == [Status.FAILED]


def test_without_any_operator_somebody_has_to_be_named() -> None:
    code, said = run("retry_posts", new_post().pk)
    assert code == 2 and "--as" in said and statuses() == [Status.FAILED]


# --- reconcile_posts -------------------------------------------------------------------------------------------------


def test_unconfirmed_posts_are_asked_about_and_nothing_is_sent() -> None:
    make_operator()
    post, failed = new_post(Status.UNCONFIRMED), new_post()
    code, said = run("reconcile_posts")
    assert code == 0 and "asked about once more" in said
    assert fresh(post).status == Status.UNCONFIRMED and fresh(post).due_at is not None
    assert fresh(post).commit_open and fresh(failed).due_at is None


def test_a_post_that_is_being_asked_about_is_not_asked_about_twice() -> None:
    make_operator()
    new_post(Status.UNCONFIRMED)
    run("reconcile_posts")
    code, said = run("reconcile_posts")
    assert code == 0 and "already" in said
    assert Event.objects.filter(verb="asked_again").count() == 1 and OrmQ.objects.count() == 1


def test_a_named_post_that_is_not_unconfirmed_is_refused() -> None:
    make_operator()
    code, said = run("reconcile_posts", new_post(Status.PUBLISHED).pk)
    assert code == 1 and "Nothing to confirm" in said


# --- recover_stuck ---------------------------------------------------------------------------------------------------


def leased(status: str, until: datetime, **fields: Any) -> Post:
    return new_post(status, lease_token=uuid4(), lease_until=until, due_at=until, **fields)


def test_a_dead_workers_post_is_handed_over_again_with_its_status_untouched() -> None:
    post = leased(Status.PUBLISHING, timezone.now() - PAST, enqueued_at=None)
    code, said = run("recover_stuck")
    assert code == 0 and str(post.pk) in said and "fell silent" in said
    after = fresh(post)
    assert after.status == Status.PUBLISHING and after.enqueued_at is not None
    assert (after.lease_token, after.fence) == (post.lease_token, post.fence), "the claim takes it, not the command"
    assert OrmQ.objects.count() == 1


def test_a_lost_task_is_queued_again() -> None:
    lost = timezone.now() - PAST
    post = new_post(Status.QUEUED, due_at=lost, enqueued_at=lost)
    assert "its task was lost" in run("recover_stuck")[1]
    enqueued = fresh(post).enqueued_at
    assert enqueued and enqueued > lost and OrmQ.objects.count() == 1


def test_what_is_not_overdue_for_long_is_left_to_the_system() -> None:
    soon = timezone.now() - timedelta(minutes=5)
    posts = [new_post(Status.QUEUED, due_at=soon), leased(Status.PUBLISHING, timezone.now() + PAST), new_post()]
    before = list(Post.objects.order_by("id").values())
    code, said = run("recover_stuck")
    assert code == 0 and "nothing to do" in said and len(posts) == 3
    assert list(Post.objects.order_by("id").values()) == before
    assert str(posts[0].pk) in run("recover_stuck", "--minutes", 1)[1]


def test_an_overdue_scheduled_post_is_queued_as_the_dispatcher_does_it() -> None:
    post = new_post(Status.SCHEDULED, due_at=timezone.now() - PAST)
    assert run("recover_stuck")[0] == 0
    assert fresh(post).status == Status.QUEUED
    assert Event.objects.filter(subject_id=post.pk, verb="queued", by="dispatcher").count() == 1


def test_posts_parked_for_an_account_that_works_again_are_released() -> None:
    post = new_post(Status.QUEUED, hold=Hold.CONNECTOR)
    other = new_post(Status.QUEUED, hold=Hold.CONNECTOR)
    other.connector.disable(by="test")
    assert "released" in run("recover_stuck")[1]
    assert (fresh(post).hold, fresh(other).hold) == (Hold.NONE, Hold.CONNECTOR)
    assert fresh(post).due_at is not None and fresh(post).connector.status == ConnectorStatus.ACTIVE
    assert "nothing to do" in run("recover_stuck")[1], "idempotent"


@pytest.mark.parametrize("minutes", [0, -5, 10**9])
def test_an_impossible_number_of_minutes_is_wrong_input(minutes: int) -> None:
    assert run("recover_stuck", f"--minutes={minutes}")[0] == 2


# --- publish_status --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "fields", "code"),
    [
        (Status.PUBLISHED, {}, 0),
        (Status.FAILED, {"error": "Refused."}, 1),
        (Status.SCHEDULED, {}, 3),
        (Status.QUEUED, {}, 3),
        (Status.PUBLISHING, {}, 3),
        (Status.UNCONFIRMED, {}, 4),
        (Status.AWAITING_CREATOR, {}, 4),
        (Status.QUEUED, {"hold": Hold.LATE}, 4),
        (Status.QUEUED, {"hold": Hold.CONNECTOR}, 4),
        (Status.CANCELED, {}, 5),
    ],
)
def test_the_exit_code_tells_where_a_post_stands(status: str, fields: dict[str, Any], code: int) -> None:
    post = new_post(status, **fields)
    found, said = run("publish_status", post.pk)
    assert found == code and str(post) in said and post.workspace.slug in said


def test_it_tells_checks_log_and_history() -> None:
    post = new_post(error="Instagram refused the picture.", error_code="36003")
    post.attempts.create(
        fence=1,
        number=1,
        step="container",
        started_at=timezone.now(),
        method="POST",
        http_status=400,
        platform_code="36003",
    )
    said = run("publish_status", post.pk)[1]
    for part in ("Instagram refused the picture.", "36003", "Exactly as approved", "container", "400", "scheduled"):
        assert part in said


def test_a_post_that_is_not_there_is_wrong_input() -> None:
    assert run("publish_status", uuid4())[0] == 2
    assert run("publish_status", "7")[0] == 2


# --- prune_attempts --------------------------------------------------------------------------------------------------


def make_attempt(post: Post, days: int) -> Attempt:
    return post.attempts.create(fence=1, number=1, step="x", started_at=timezone.now() - timedelta(days=days))


def test_old_lines_of_ended_posts_go_and_everything_else_stays() -> None:
    live, open_one = new_post(Status.PUBLISHED), new_post(Status.UNCONFIRMED)
    make_attempt(live, 91)
    kept = {make_attempt(live, 89).pk, make_attempt(open_one, 400).pk}
    history = Event.objects.count()
    code, said = run("prune_attempts", "--dry-run")
    assert code == 0 and "WOULD BE DELETED" in said and Attempt.objects.count() == 3
    code, said = run("prune_attempts")
    assert code == 0 and live.workspace.slug in said
    assert set(Attempt.objects.values_list("pk", flat=True)) == kept
    assert Event.objects.count() == history and Post.objects.count() == 2
    assert run("prune_attempts")[1].split()[-1] == "0", "idempotent"
    assert run("prune_attempts", "--days", 30)[0] == 0
    assert Attempt.objects.get().post == open_one


@pytest.mark.parametrize("days", [0, -1, 10**7])
def test_an_impossible_number_of_days_deletes_nothing(days: int) -> None:
    make_attempt(new_post(Status.PUBLISHED), 400)
    assert run("prune_attempts", f"--days={days}")[0] == 2
    assert Attempt.objects.count() == 1


def test_moments_without_a_zone_are_utc() -> None:

    assert parse_moment("2026-11-20T08:00") == datetime(2026, 11, 20, 8, tzinfo=UTC)
    assert parse_moment("2026-11-20T08:00+01:00") == datetime(2026, 11, 20, 7, tzinfo=UTC)
