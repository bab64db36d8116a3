"""Doors of the queue: they start a thread and go; what was lost is found by the clock."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from approvals.models import StudioJob, Version
from approvals.studios import states, tasks, verbs
from approvals.studios.states import LEASE, JobStatus
from collavo.accounts.models import Membership
from collavo.ops.schedules import SCHEDULES
from tests.factories import jpeg, make_media, make_version

pytestmark = pytest.mark.django_db(transaction=True)


def make(creator: Membership) -> Version:
    return make_version(creator, media=[make_media(creator, jpeg(60, 40))])


def statuses() -> set[str]:
    return set(StudioJob.objects.values_list("status", flat=True))


def test_a_task_and_its_double_make_one_version(creator: Membership) -> None:
    version = make(creator)
    job = verbs.start(version, "square", by=creator)
    tasks.begin(str(job.pk))
    tasks.begin(str(job.pk))
    tasks.settle()
    assert statuses() == {JobStatus.DONE} and version.asset.versions.count() == 2


def test_what_found_the_thread_busy_comes_in_its_turn(creator: Membership) -> None:
    jobs = [verbs.start(make(creator), "square", by=creator) for _ in range(3)]
    tasks.begin(str(jobs[0].pk))
    tasks.settle()
    assert statuses() == {JobStatus.DONE}


def test_the_clock_finds_what_was_lost_and_whose_worker_died(creator: Membership) -> None:
    lost, died = verbs.start(make(creator), "square", by=creator), verbs.start(make(creator), "square", by=creator)
    states.claim(died)
    with time_machine.travel(timezone.now() + LEASE + timedelta(seconds=1)):
        tasks.safety_net()
        tasks.settle()
    assert statuses() == {JobStatus.DONE} and lost.pk != died.pk
    assert "approvals.studios.tasks.safety_net" in {task for task, _ in SCHEDULES.values()}


def test_a_job_that_is_gone_is_nobodys_trouble(creator: Membership) -> None:
    tasks.begin(str(creator.pk))
    tasks.settle()
