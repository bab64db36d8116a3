"""What the task queue runs: doors to the engine. It may deliver a task twice; the claim lets one through."""

from __future__ import annotations

import logging
import os
import socket
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from functools import cache
from threading import BoundedSemaphore
from uuid import UUID

from django.conf import settings
from django.db import close_old_connections
from django_q.tasks import async_task

from collavo.ops.heartbeat import WORKER, beat
from publishing import dispatcher, engine, pruning

log = logging.getLogger(__name__)


def worker_name() -> str:
    """Who this process is in histories and logs."""
    return f"worker {socket.gethostname()}:{os.getpid()}"


class Threads:
    """This process's threads: waiting for the network must not cost a process per post.

    Whoever hands over a post waits for a free thread, not for the post's end: one long upload in a task must not keep
    the next task's posts waiting.
    """

    def __init__(self, size: int) -> None:
        self.pool = ThreadPoolExecutor(size, thread_name_prefix="post")
        self.free = BoundedSemaphore(size)
        self.running: set[Future[None]] = set()

    def take(self, pk: str) -> None:
        self.free.acquire()
        future = self.pool.submit(_advance, pk)
        self.running.add(future)
        future.add_done_callback(self._done)

    def _done(self, future: Future[None]) -> None:
        self.running.discard(future)
        self.free.release()


@cache
def _threads(pid: int) -> Threads:
    """Made after the fork: threads do not live through it."""
    return Threads(settings.WORKER_THREADS)


def advance(pks: Sequence[str]) -> None:
    """Take each of these posts as far as it goes now, side by side. Returns as soon as each has its thread.

    A process that ends (a deploy) waits for its threads; one that is killed leaves its posts to their leases.
    """
    beat(WORKER)
    for pk in pks:
        _threads(os.getpid()).take(pk)


def settle() -> None:
    """Wait until this process acts on no post any more."""
    wait(list(_threads(os.getpid()).running))


def _advance(pk: str) -> None:
    close_old_connections()
    try:
        engine.advance(UUID(pk), worker=worker_name())
    except Exception:
        # One post's trouble (the database went away, say) must not end its neighbours. Its lease runs out, and the
        # next worker resumes or reconciles it.
        log.exception("Post %s: left to its lease", pk)
    finally:
        close_old_connections()


def safety_net() -> int:
    """Scheduled every minute: hands over what is due even if no dispatcher runs."""
    return dispatcher.dispatch_due()


def prune_attempts() -> int:
    """Scheduled daily: deletes old lines of the dispatch log. What does not fit into one task is left to another."""
    deleted, rest = pruning.prune(settings.ATTEMPTS_KEPT_DAYS, seconds=settings.LEASE_SECONDS / 2)
    if rest:
        async_task("publishing.tasks.prune_attempts")
    return deleted
