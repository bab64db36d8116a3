"""How old lines of the dispatch log go: those of posts that have ended, in small portions."""

from __future__ import annotations

import math
import time
from datetime import timedelta

from django.db.models import QuerySet
from django.utils import timezone

from publishing.models import Attempt, Status

ENDED = (Status.PUBLISHED, Status.FAILED, Status.CANCELED)
BATCH = 5000  # rows deleted at once, so that no lock is held for long


def old_attempts(days: int) -> QuerySet[Attempt]:
    """Lines older than this. The log of a post whose outcome is open stays, however old."""
    before = timezone.now() - timedelta(days=days)
    return Attempt.objects.filter(started_at__lt=before, post__status__in=ENDED)


def prune(days: int, *, seconds: float = math.inf) -> tuple[int, bool]:
    """Delete them, for about so long. How many, and whether some are left. Running it twice is harmless."""
    deleted, end = 0, time.monotonic() + seconds
    old = old_attempts(days).order_by("started_at").values_list("pk", flat=True)
    while pks := list(old[:BATCH]):
        if time.monotonic() >= end:
            return deleted, True
        deleted += Attempt.objects.filter(pk__in=pks).delete()[0]
    return deleted, False
