"""A worker process of the proof: the product's own task in a loop, until it dies or loses its database.

It is forked from a server process that has loaded Django (see `preload`), so that a cell costs no start of Python.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

LEASE = 3  # seconds: short, so that a lease really runs out within a cell
PATIENCE = 90  # seconds for a cell


@dataclass(frozen=True)
class Plan:
    """What befalls this worker at the `nth` time that it passes the checkpoint `name` ("" for nothing)."""

    name: str = ""
    nth: int = 1
    # "kill": SIGKILL; "stop": SIGSTOP, until somebody wakes it; "database": its connection is cut; "count": nothing,
    # but its exit code says how often it passed.
    what: str = "kill"
    # Seconds behind a commit in which the clock is not moved on: a platform that is slow to act is so by its own clock.
    slow: float = 0.0


def work(pk: UUID, plan: Plan) -> None:
    """Run the task again and again until nobody has to act on the post any more. Exits as the plan says."""
    from django.conf import settings

    settings.LEASE_SECONDS = LEASE
    settings.INSTAGRAM_RECHECK_SECONDS = (1, 1, 1)
    passed = _arm(plan)
    from publishing.tasks import advance, settle

    end = time.monotonic() + PATIENCE
    while time.monotonic() < end and not at_rest(pk):
        move_clock(pk, plan.slow)
        advance([str(pk)])
        settle()
        time.sleep(0.02)
    if plan.what == "count":
        sys.exit(len(passed))


def at_rest(pk: UUID) -> bool:
    from django.db import OperationalError, close_old_connections
    from django.utils import timezone

    from publishing.models import Post

    close_old_connections()
    try:
        post = Post.objects.get(pk=pk)
        looking = post.way == "hand" and post.due_at is not None and post.due_at <= timezone.now()
        return post.due_at is None or (post.status == "awaiting_creator" and post.way == "hand" and not looking)
    except OperationalError:
        return False


def move_clock(pk: UUID, slow: float = 0.0) -> None:
    """Whatever the post waits for is over now: as if the clock had moved. Leases are left to run out by themselves.

    Not in the first `slow` seconds behind a commit: half a minute later it counts as lost, and it is on its way still.
    """
    from django.db import close_old_connections
    from django.db.models.functions import Now
    from django.utils import timezone

    from publishing.models import Post

    close_old_connections()
    waiting = Post.objects.filter(pk=pk, lease_token=None, due_at__gt=Now())
    waiting = waiting.exclude(commit_open=True, commit_sent_at__gt=timezone.now() - timedelta(seconds=slow))
    waiting.exclude(status="awaiting_creator", way="hand").update(due_at=Now(), enqueued_at=None)
    if not Post.objects.filter(pk=pk, status="scheduled").exists():
        return
    from publishing.states import queue_due

    queue_due([pk])


def _arm(plan: Plan) -> list[str]:
    """Let it befall; the checkpoints of that name that were passed, as they are."""
    passed: list[str] = []
    if not plan.name:
        return passed
    from publishing.checkpoints import reached

    def at_checkpoint(name: str, **_: Any) -> None:
        if name == plan.name or name.endswith(f":{plan.name}"):
            passed.append(name)
            if len(passed) == plan.nth and plan.what != "count":
                _strike(plan.what)

    reached.connect(at_checkpoint, weak=False)
    return passed


def _strike(what: str) -> None:
    if what == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    if what == "stop":
        # To this thread: sent to the process, another thread may take it while this one still goes on for a while.
        signal.pthread_kill(threading.get_ident(), signal.SIGSTOP)
        return
    import psycopg
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        [mine] = cursor.fetchone()
    params = {k: v for k, v in connection.get_connection_params().items() if k not in ("cursor_factory", "context")}
    with psycopg.connect(**params, autocommit=True) as other:
        other.execute("SELECT pg_terminate_backend(%s)", [mine])
