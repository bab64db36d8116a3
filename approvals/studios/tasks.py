"""What the queue runs for studios: doors. It may run a task twice or lose it; claims and the clock see to both.

Rendering must not hold up posts, which share the queue: a task only starts a thread. There is one per process, and it
runs with the lowest claim to the processor, the encoder's own threads included.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from functools import cache
from uuid import UUID

from django.db import close_old_connections, connection

from approvals.studios import running
from approvals.studios.models import StudioJob
from collavo.threads import Runners, stopping, watch

log = logging.getLogger(__name__)

STINT = 10 * 60.0  # seconds a thread goes on to the next job for; then the next task goes on
NICE = 15  # of the thread that renders: 19 is the lowest claim


@cache
def _renderer(pid: int) -> Runners:
    """Made after the fork: threads do not live through it. A process that ends hands back what it renders."""
    watch()
    return Runners(1, "render")


def _step_back() -> None:
    """Linux counts niceness by thread; elsewhere the thread is as important as the others."""
    try:
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICE)
    except OSError as e:
        log.info("Rendering runs with the same claim to the processor as everything else: %s", e)


def begin(pk: str) -> None:
    """Begin this job in the background, if nobody has. One that finds no free thread comes in its turn."""
    job = StudioJob.objects.only("studio").filter(pk=UUID(pk)).first()
    if job is not None and job.studio_id is None:
        _renderer(os.getpid()).start(_work, job.pk)


def safety_net() -> None:
    """Scheduled every minute: jobs whose task was lost, whose worker died, or that wait for their turn."""
    if StudioJob.objects.built_in().due().exists():
        _renderer(os.getpid()).start(_work)


def settle() -> None:
    """Wait until this process renders nothing any more."""
    _renderer(os.getpid()).settle()


def _work(pk: UUID | None = None) -> None:
    _step_back()
    close_old_connections()
    try:
        if pk is not None:
            running.run(pk)
        until = time.monotonic() + STINT
        while time.monotonic() < until and not stopping.is_set() and (due := _next_due()):
            running.run(due)
    except Exception:
        log.exception("Studio jobs: left to their leases")  # the database went away, say; the next task goes on
    finally:
        connection.close()  # a thread that idles must not hold one


def _next_due() -> UUID | None:
    """The job that has waited longest."""
    due = StudioJob.objects.built_in().due().order_by("due_at", "pk")
    return due.values_list("pk", flat=True).first()
