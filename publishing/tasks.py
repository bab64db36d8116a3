"""What the task queue runs: doors to the engine. It may deliver a task twice; the claim lets one through."""

from __future__ import annotations

import logging
import os
import socket
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from functools import cache
from uuid import UUID

from django.conf import settings
from django.db import close_old_connections

from publishing import dispatcher, engine

log = logging.getLogger(__name__)


def worker_name() -> str:
    """Who this process is in histories and logs."""
    return f"worker {socket.gethostname()}:{os.getpid()}"


@cache
def _threads(pid: int) -> ThreadPoolExecutor:
    """The process's threads (made after the fork): waiting for the network must not cost a process per post."""
    return ThreadPoolExecutor(settings.WORKER_THREADS, thread_name_prefix="post")


def advance(pks: Sequence[str]) -> None:
    """Take each of these posts as far as it goes now, side by side."""
    if len(pks) == 1:
        _advance(pks[0])
        return
    futures: list[Future[None]] = [_threads(os.getpid()).submit(_advance, pk) for pk in pks]
    wait(futures)


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
