"""What was tried for posts, laid under the lines of history that it led to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db import connection

from approvals.history import Call
from collavo.timeline.models import Event

MOST = 12  # under one line; the rest is in the dispatch log

# A call belongs to the next line about its post; what was tried since the last one belongs to that.
CALLS = """
SELECT e.id, a.started_at, a.step, a.http_status, a.duration_ms, a.error FROM (
    SELECT id, subject_id, at, lag(at) OVER line AS since, lead(at) OVER line IS NULL AS latest
    FROM timeline_event WHERE subject_id = ANY(%(posts)s) WINDOW line AS (PARTITION BY subject_id ORDER BY at, id)
) e CROSS JOIN LATERAL (
    SELECT * FROM publishing_attempt a WHERE a.post_id = e.subject_id
      AND (e.since IS NULL OR a.started_at > e.since) AND (e.latest OR a.started_at <= e.at)
    ORDER BY a.started_at, a.id LIMIT %(most)s
) a WHERE e.id = ANY(%(lines)s) ORDER BY a.started_at, a.id
"""


def calls(events: Sequence[Event]) -> Mapping[UUID, Sequence[Call]]:
    """The calls under each of these lines. One query; none without a post."""
    lines = [event for event in events if event.subject_type == "post"]
    found: dict[UUID, list[Call]] = {}
    if not lines:
        return found
    asked: dict[str, Any] = {"posts": list({e.subject_id for e in lines}), "lines": [e.pk for e in lines], "most": MOST}
    with connection.cursor() as cursor:
        cursor.execute(CALLS, asked)
        for line, *facts in cursor.fetchall():
            found.setdefault(line, []).append(Call(*facts))
    return found
