"""What the task queue runs: doors to the engine. It may deliver a task twice; the claim lets one through."""

from __future__ import annotations

import logging
import math
import os
import socket
import time
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from functools import cache
from threading import BoundedSemaphore, local
from uuid import UUID

from django.conf import settings
from django.db import close_old_connections, connection
from django_q.tasks import async_task

from collavo.ops.heartbeat import WORKER, beat
from collavo.threads import watch
from publishing import dispatcher, engine, pruning
from publishing.claims import Claimed, claim_all

RESTED_SECONDS = 5.0  # a connection used a moment ago is not asked whether it lives: that is one way more per post

log = logging.getLogger(__name__)
_thread = local()


def worker_name() -> str:
    """Who this process is in histories and logs."""
    return f"worker {socket.gethostname()}:{os.getpid()}"


class Threads:
    """This process's threads: waiting for the network must not cost a process per post.

    Whoever hands over posts waits for free threads, not for the posts' end: one long upload in a task must not keep
    the next task's posts waiting. Only what has its thread is claimed, so no lease runs while a post stands in line.
    """

    def __init__(self, size: int) -> None:
        self.pool = ThreadPoolExecutor(size, thread_name_prefix="post")
        self.free = BoundedSemaphore(size)
        self.running: set[Future[None]] = set()
        self.beaten_at = -math.inf

    def beat(self) -> None:
        """A sign of life, once a second at most: tasks come faster."""
        if time.monotonic() - self.beaten_at >= 1.0:
            self.beaten_at = time.monotonic()
            beat(WORKER)

    def reserve(self, wanted: int) -> int:
        """Take up to so many free threads: at least one, waited for. How many; each is for `run` or `give_back`."""
        self.free.acquire()
        got = 1
        while got < wanted and self.free.acquire(blocking=False):
            got += 1
        return got

    def give_back(self, count: int) -> None:
        if count:
            self.free.release(count)

    def run(self, claimed: Claimed) -> None:
        """On a thread that was reserved."""
        future = self.pool.submit(_act, claimed)
        self.running.add(future)
        future.add_done_callback(self._done)

    def _done(self, future: Future[None]) -> None:
        self.running.discard(future)
        self.free.release()


@cache
def _threads(pid: int) -> Threads:
    """Made after the fork: threads do not live through it."""
    watch()
    return Threads(settings.WORKER_THREADS)


def advance(pks: Sequence[str]) -> None:
    """Take each of these posts as far as it goes now, side by side. Returns as soon as each has its thread.

    A process that ends (a deploy) waits for its threads, which hand back their posts at the next step; one that is
    killed leaves its posts to their leases.
    """
    threads = _threads(os.getpid())
    threads.beat()
    left = [UUID(pk) for pk in pks]
    while left:
        count = threads.reserve(len(left))
        batch, left = left[:count], left[count:]
        claimed: list[Claimed] = []
        try:
            claimed = _claim(batch)
        finally:
            threads.give_back(count - len(claimed))
        for each in claimed:
            threads.run(each)


def _claim(pks: list[UUID]) -> list[Claimed]:
    """Those of these posts that this worker got. One post's trouble costs its neighbours no more than a moment."""
    try:
        return claim_all(pks, worker=worker_name())
    except Exception:
        if len(pks) == 1:
            log.exception("Post %s: cannot be claimed; it is handed over again after a while", pks[0])
            return []
        log.warning("%d posts cannot be claimed together; each is claimed by itself", len(pks), exc_info=True)
        return [claimed for pk in pks for claimed in _claim([pk])]


def settle() -> None:
    """Wait until this process acts on no post any more."""
    wait(list(_threads(os.getpid()).running))


def _act(claimed: Claimed) -> None:
    if time.monotonic() - getattr(_thread, "used_at", -math.inf) > RESTED_SECONDS:
        close_old_connections()  # the next statement asks whether this thread's connection still lives
    try:
        engine.act(claimed)
    except Exception:
        # One post's trouble (the database went away, say) must not end its neighbours. Its lease runs out, and the
        # next worker resumes or reconciles it.
        log.exception("Post %s: left to its lease", claimed.post.pk)
    finally:
        _thread.used_at = time.monotonic()
        if connection.errors_occurred or _is_old():
            close_old_connections()


def _is_old() -> bool:
    return connection.close_at is not None and time.monotonic() >= connection.close_at


def safety_net() -> int:
    """Scheduled every minute: hands over what is due even if no dispatcher runs."""
    return dispatcher.dispatch_due()


def prune_attempts() -> int:
    """Scheduled daily: deletes old lines of the dispatch log. What does not fit into one task is left to another."""
    deleted, rest = pruning.prune(settings.ATTEMPTS_KEPT_DAYS, seconds=settings.LEASE_SECONDS / 2)
    if rest:
        async_task("publishing.tasks.prune_attempts")
    return deleted
