"""What the queue runs about webhooks: doors to `delivering`. Lost or run twice, a task is harmless.

A receiver that does not answer must not hold up posts, which share the queue: so a task only starts threads.
"""

from __future__ import annotations

import logging
import os
import time
from functools import cache

from django.conf import settings
from django.db import close_old_connections, connection
from django_q.tasks import async_task

from collavo.threads import Runners
from collavo.timeline.outgoing import delivering, pruning

log = logging.getLogger(__name__)

THREADS = 8  # per worker process
STINT = 15.0  # seconds a thread goes on for: a process that ends waits for it, and the next task goes on
WAKE_PAUSE = 0.5  # seconds between two tasks that one dispatcher asks for


@cache
def _runners(pid: int) -> Runners:
    """Made after the fork: threads do not live through it."""
    return Runners(THREADS, "webhook")


def deliver() -> None:
    """Send what is due, in the background."""
    runners = _runners(os.getpid())
    while delivering.any_due() and runners.start(_run, None):
        time.sleep(0.01)  # so that the one before has taken its delivery: no more threads than there is to do


def deliver_one(pk: int) -> None:
    """Send this delivery now, in the background. One that finds no thread is sent in its turn."""
    _runners(os.getpid()).start(_run, pk)


def settle() -> None:
    """Wait until this process sends nothing any more."""
    _runners(os.getpid()).settle()


def _run(pk: int | None) -> None:
    close_old_connections()
    try:
        if pk is not None:
            delivering.deliver(pk)
        until = time.monotonic() + STINT
        while time.monotonic() < until and delivering.deliver_next():
            pass
    except Exception:  # the database went away, say: nobody waits for this thread who could be told
        log.exception("Webhooks: left to their leases")  # the next task goes on
    finally:
        connection.close()  # a thread that idles must not hold one


def safety_net() -> None:
    """Scheduled every minute: whatever nobody was told of."""
    deliver()


_woken = 0.0


def wake() -> None:
    """The dispatcher's look, at every pass: queue a task if something is due."""
    global _woken
    if time.monotonic() - _woken < WAKE_PAUSE or not delivering.any_due():
        return
    _woken = time.monotonic()
    async_task("collavo.timeline.outgoing.tasks.deliver")


def prune() -> int:
    """Scheduled daily: deletes old lines of the delivery log. What does not fit into one task is left to another."""
    deleted, rest = pruning.prune(settings.WEBHOOK_LOG_DAYS, seconds=settings.LEASE_SECONDS / 2)
    if rest:
        async_task("collavo.timeline.outgoing.tasks.prune")
    return deleted
