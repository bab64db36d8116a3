"""Hands due posts to the task queue: at the right moment, fairly between accounts, as often as it likes.

It decides nothing about a post; the claim does. So two dispatchers, the safety net and a button may all run at once.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from uuid import UUID

import psycopg
from django.conf import settings
from django.db import connection, transaction
from django.db.models.functions import Now
from django_q.tasks import async_task

from publishing import states
from publishing.models import Post

CHANNEL = "collavo_due"  # a trigger notifies it whenever a post's due_at moves nearer or an account gets room
BATCH = 400  # posts a pass
WORTH_A_TASK = 8  # posts
IDLE = 5.0  # seconds the dispatcher sleeps at the most: also its heartbeat

# Due posts not yet handed over, in fair order: each account's first before any account's second. New starts only
# while their account has room; posts already under way, and those that people post, always.
DUE_SQL = """
WITH under_way AS (
    SELECT connector_id, count(*) AS posts FROM publishing_post
    WHERE status = 'publishing' OR enqueued_at >= statement_timestamp() - make_interval(secs => %s)
    GROUP BY connector_id
), due AS (
    SELECT p.id, p.due_at, p.way = 'api' AND p.status IN ('scheduled', 'queued') AS starts,
           c.max_in_flight - coalesce(u.posts, 0) AS room,
           row_number() OVER (PARTITION BY p.connector_id, p.way = 'api' AND p.status IN ('scheduled', 'queued')
                              ORDER BY p.due_at, p.id) AS place
    FROM publishing_post p
    JOIN connectors_connector c ON c.id = p.connector_id
    LEFT JOIN under_way u ON u.connector_id = p.connector_id
    WHERE p.due_at <= statement_timestamp()
      AND (p.enqueued_at IS NULL OR p.enqueued_at < statement_timestamp() - make_interval(secs => %s))
)
SELECT id FROM due WHERE NOT starts OR place <= room ORDER BY place, due_at, id LIMIT %s
"""
NEXT_SQL = """
SELECT extract(epoch FROM min(due_at) - clock_timestamp()) FROM publishing_post
WHERE due_at > statement_timestamp()
"""


def enqueue(pks: Sequence[UUID]) -> None:
    """Queue tasks for these posts now. Inside a transaction they exist only if it commits."""
    if not pks:
        return
    with transaction.atomic():
        Post.objects.filter(pk__in=pks).update(enqueued_at=Now())
        _queue(pks)


def _queue(pks: Sequence[UUID]) -> None:
    """Shared out between the workers, but not in crumbs: a task and its claim cost the same for one post as for ten."""
    tasks = max(1, min(settings.WORKERS, len(pks) // WORTH_A_TASK))
    size = min(settings.WORKER_THREADS, math.ceil(len(pks) / tasks)) or 1
    for start in range(0, len(pks), size):
        async_task("publishing.tasks.advance", [str(pk) for pk in pks[start : start + size]])


def dispatch_due() -> int:
    """One pass. How many posts were handed over."""
    return len(hand_over())


@transaction.atomic
def hand_over() -> list[UUID]:
    """Queue a task for what is due and has room. The posts that were handed over."""
    pks = states.queue_due(due_now())
    _queue(pks)
    return pks


def due_now(limit: int = BATCH) -> list[UUID]:
    """The posts that a pass would hand over, in their order."""
    with connection.cursor() as cursor:
        lost = states.TASK_LOST_AFTER.total_seconds()
        cursor.execute(DUE_SQL, [lost, lost, limit])
        return [row[0] for row in cursor.fetchall()]


def seconds_to_next() -> float:
    """Until the next post is due, at most IDLE."""
    with connection.cursor() as cursor:
        cursor.execute(NEXT_SQL)
        row = cursor.fetchone()
    seconds = float(row[0]) if row and row[0] is not None else IDLE
    return min(max(seconds, 0.0), IDLE)


@contextmanager
def listening() -> Iterator[psycopg.Connection[tuple[object, ...]]]:
    """A connection of its own that hears CHANNEL."""
    params = {k: v for k, v in connection.get_connection_params().items() if k not in ("cursor_factory", "context")}
    with psycopg.connect(**params, autocommit=True) as ear:
        ear.execute(f"LISTEN {CHANNEL}")
        yield ear


def wait(ear: psycopg.Connection[tuple[object, ...]], seconds: float) -> None:
    """Sleep until `seconds` are over or a post's moment moved nearer. Notices of one burst wake it once."""
    for _ in ear.notifies(timeout=seconds, stop_after=1):
        break
    for _ in ear.notifies(timeout=0):
        pass
