"""What the queue runs for studios outside. A task only starts a thread; lost or run twice, it is harmless."""

from __future__ import annotations

import logging
import os
import time
from functools import cache
from uuid import UUID

from django.db import close_old_connections, connection
from django.db.models import QuerySet

from approvals.studios import outside, states
from approvals.studios.models import StudioJob
from approvals.studios.states import Lost
from collavo.threads import Runners, stopping, watch

THREADS = 4  # per worker process: jobs that are sent or fetched at the same time
STINT = 60.0  # seconds a thread goes on to the next due job for; then the next task goes on

log = logging.getLogger(__name__)


def go_on(pk: str) -> None:
    """One step of this job, in the background. One that finds no thread comes in its turn."""
    _runners(os.getpid()).start(_run, pk)


def safety_net() -> None:
    """Scheduled every minute: what nobody was told of, what a worker died of, and what nobody has answered in time."""
    for pk in _due()[:THREADS]:
        go_on(str(pk))


def step(pk: str) -> bool:
    """One step of this job, if it is due and nobody else has it. Whether it was."""
    job = StudioJob.objects.select_related("studio", "workspace", "requested_by", "review").filter(pk=pk).first()
    lease = states.claim(job) if job else None
    if job is None or lease is None:
        return False
    try:
        outside.run(job, lease)
    except Lost as e:
        log.info("Studio job %s: %s", pk, e)
    return True


def _run(pk: str) -> None:
    close_old_connections()
    try:
        step(pk)
        until = time.monotonic() + STINT
        while time.monotonic() < until and not stopping.is_set() and (due := _due().first()):
            step(str(due))
    except Exception:
        log.exception("Studio jobs: left to their leases")  # the database went away, say; the next look goes on
    finally:
        connection.close()  # a thread that idles must not hold one


def _due() -> QuerySet[StudioJob, UUID]:
    """The ids of what somebody must look at now, the longest due first."""
    return StudioJob.objects.external().due().order_by("due_at", "pk").values_list("pk", flat=True)


@cache
def _runners(pid: int) -> Runners:
    """Made after the fork: threads do not live through it. A process that ends breaks its fetching off."""
    watch()
    return Runners(THREADS, "studio")


def settle() -> None:
    """Wait until this process works on no job any more."""
    _runners(os.getpid()).settle()
