"""The graph of a studio job's status: of two callers one wins, and a worker without its lease moves nothing."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import IntegrityError, transaction
from django.utils import timezone

from approvals.models import StudioJob, Version
from approvals.studios import states, verbs
from approvals.studios.states import LEASE, MOVES, OPEN, JobStatus, Lost
from collavo.accounts.models import Membership
from collavo.timeline.models import Event, Notice

pytestmark = pytest.mark.django_db
S = JobStatus


@pytest.fixture
def job(version: Version, creator: Membership) -> StudioJob:
    return verbs.start(version, "reel", by=creator)


def put(job: StudioJob, status: S) -> None:
    """As if it had come there."""
    now = timezone.now()
    lease: dict[str, Any] = {"lease_token": job.pk, "lease_until": now + LEASE, "due_at": now + LEASE}
    changes = {
        S.QUEUED: {}, S.RUNNING: lease, S.WAITING: {"due_at": now + timedelta(hours=1)},
    }.get(status, {"due_at": None, "ended_at": now})  # fmt: skip
    StudioJob.objects.filter(pk=job.pk).update(status=status, **changes)
    job.refresh_from_db()


def about(status: S) -> dict[str, Any]:
    """What a move to there has to say."""
    soon = timezone.now() + LEASE
    if status == S.RUNNING:
        return {"due_at": soon, "lease_until": soon, "lease_token": "0" * 32}
    return {"due_at": soon} if status in OPEN else {}


@pytest.mark.parametrize("new", S)
@pytest.mark.parametrize("old", S)
def test_a_move_follows_the_graph_or_changes_nothing(old: S, new: S, job: StudioJob) -> None:
    put(job, old)
    if new in MOVES[old]:
        states.move(job, new, by="test", **about(new))
    else:
        with pytest.raises(Lost, match="cannot become"):
            states.move(job, new, by="test", **about(new))
    assert StudioJob.objects.get(pk=job.pk).status == (new if new in MOVES[old] else old)


def test_nothing_leaves_an_end() -> None:
    assert all(not MOVES[status] for status in S if status.value not in OPEN)


def test_of_two_workers_one_gets_the_job(job: StudioJob) -> None:
    other = StudioJob.objects.get(pk=job.pk)
    assert states.claim(job) and states.claim(other) is None
    assert (job.status, job.attempts) == (S.RUNNING, 1)


def test_a_job_whose_worker_died_is_free_when_its_lease_is_over(job: StudioJob) -> None:
    first = states.claim(job)
    with time_machine.travel(timezone.now() + LEASE + timedelta(seconds=1)):
        assert states.claim(job) not in {None, first}
        with pytest.raises(Lost):
            states.keep(job, first or job.pk, progress=50)
        assert job.attempts == 2


def test_a_worker_whose_lease_is_over_moves_nothing(job: StudioJob) -> None:
    lease = states.claim(job)
    with time_machine.travel(timezone.now() + LEASE + timedelta(seconds=1)), pytest.raises(Lost):
        states.fail(job, "It could not be made.", lease=lease)
    assert StudioJob.objects.get(pk=job.pk).status == S.RUNNING


def test_a_sign_of_life_makes_the_lease_longer(job: StudioJob) -> None:
    lease = states.claim(job)
    assert lease
    with time_machine.travel(timezone.now() + LEASE / 2):
        states.keep(job, lease, progress=40)
    with time_machine.travel(timezone.now() + LEASE * 1.25):
        states.keep(job, lease, progress=60)
    job.refresh_from_db()
    assert job.progress == 60


def test_a_job_that_is_handed_back_lost_no_try(job: StudioJob) -> None:
    lease = states.claim(job)
    states.hand_back(job, lease or job.pk)
    job.refresh_from_db()
    assert (job.status, job.attempts, job.lease_token) == (S.QUEUED, 0, None)
    assert StudioJob.objects.due().get() == job


@pytest.mark.parametrize("end", [S.DONE, S.FAILED, S.TIMED_OUT])
def test_whoever_asked_is_told_of_the_end_once_and_the_history_has_it(
    end: S, job: StudioJob, version: Version, creator: Membership
) -> None:
    lease = states.claim(job)
    if end == S.DONE:
        states.done(job, version, lease=lease)
    else:
        states.fail(job, "It could not be made. Try again.", lease=lease, timed_out=end == S.TIMED_OUT)
    assert Event.objects.about(job).values_list("verb", flat=True).last() == end.value
    assert Notice.objects.filter(user=creator.user, subject_id=job.pk).count() == 1
    assert job.due_at is None and job.ended_at


def test_the_database_keeps_a_result_to_what_is_done(job: StudioJob, version: Version) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        StudioJob.objects.filter(pk=job.pk).update(result=version)


def test_a_lease_ends_when_the_job_falls_due(job: StudioJob) -> None:
    states.claim(job)
    with pytest.raises(IntegrityError), transaction.atomic():
        StudioJob.objects.filter(pk=job.pk).update(due_at=timezone.now())
