"""The queue's doors to studios outside: they start threads, and the clock finds what nobody was told of."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from approvals.studios import outside_tasks
from approvals.studios.models import StudioJob
from approvals.studios.states import JobStatus
from collavo.threads import stopping
from tests.approvals.studios.place import Place
from tests.factories import make_version

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_task_only_starts_a_thread_that_does_the_step(place: Place) -> None:
    job = place.ask()
    outside_tasks.go_on(str(job.pk))
    outside_tasks.settle()
    job.refresh_from_db()
    assert job.status == JobStatus.WAITING and len(place.program.got) == 1


def test_the_clock_finds_all_that_is_due_more_than_there_are_threads(place: Place) -> None:
    for _ in range(outside_tasks.THREADS + 3):
        place.version = make_version(place.creator)
        place.ask()
    outside_tasks.safety_net()
    outside_tasks.settle()
    assert set(StudioJob.objects.values_list("status", flat=True)) == {JobStatus.WAITING}
    assert len(place.program.got) == outside_tasks.THREADS + 3, "each is sent once"


def test_told_twice_at_the_same_time_it_is_sent_once(place: Place) -> None:
    job = place.ask()
    for _ in range(3):
        outside_tasks.go_on(str(job.pk))
    outside_tasks.settle()
    assert len(place.program.got) == 1


def test_a_job_that_is_gone_or_not_due_is_left_alone(place: Place) -> None:
    job = place.ask()
    StudioJob.objects.update(due_at=timezone.now() + timedelta(minutes=1))
    assert not outside_tasks.step(str(job.pk)) and not outside_tasks.step(str(place.studio.pk))
    assert place.program.got == []


def test_a_process_that_ends_begins_no_further_job(place: Place) -> None:
    first = place.ask()
    place.version = make_version(place.creator)
    second = place.ask()
    stopping.set()
    try:
        outside_tasks.go_on(str(first.pk))
        outside_tasks.settle()
    finally:
        stopping.clear()
    second.refresh_from_db()
    assert second.status == JobStatus.QUEUED
