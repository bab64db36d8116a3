"""Says to the queue that there is something to do about a job."""

from __future__ import annotations

from django_q.tasks import async_task

from approvals.studios.models import StudioJob

TASK = "approvals.studios.tasks.begin"
OUTSIDE_TASK = "approvals.studios.outside_tasks.go_on"


def wake(job: StudioJob) -> None:
    """Have somebody look at it as soon as this transaction commits."""
    async_task(OUTSIDE_TASK if job.studio_id else TASK, str(job.pk))
