"""`Prefer: wait=N`: a call that waits for the platform, without a transaction and without taking every thread."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from functools import cache
from threading import BoundedSemaphore
from uuid import UUID

from django.conf import settings
from django.utils.translation import gettext

from collavo.api.errors import ApiError
from publishing.models import Hold, Post, Status

MOST = 60  # seconds, whatever is preferred
LOOK_EVERY = (0.1, 0.2, 0.3, 0.5, 1.0)  # seconds between looks; the last one for the rest
WAIT = re.compile(r"(?:^|[,;\s])wait\s*=\s*(\d{1,6})(?:$|[,;\s])", re.IGNORECASE)
RESTS = (Status.FAILED, Status.CANCELED, Status.UNCONFIRMED, Status.AWAITING_CREATOR, Status.SCHEDULED)
PARKED = (Hold.LATE, Hold.CONNECTOR, Hold.LIMIT)


def preferred(header: str, otherwise: int) -> int:
    """How many seconds the call may wait. 422 for a preference that cannot be read."""
    if not header.strip():
        return otherwise
    if "wait" not in header.lower():
        return otherwise  # other preferences are for others
    found = WAIT.search(header)
    if not found:
        raise ApiError(
            422,
            "invalid",
            gettext("Prefer: wait=N takes whole seconds."),
            fields={"Prefer": gettext("Such as wait=20.")},
        )
    return min(int(found[1]), MOST)


@cache
def _room() -> BoundedSemaphore:
    """Half of this process's threads may wait; whoever comes then is answered at once."""
    return BoundedSemaphore(max(settings.WEB_THREADS // 2, 1))


def until_known(pk: UUID, seconds: float, *, enough: Callable[[Post], bool] = lambda _: False) -> None:
    """Return when the post is live with its link, or `enough` is known, or it needs somebody, or the time is over."""
    if seconds <= 0 or not _room().acquire(blocking=False):
        return
    try:
        end, looks = time.monotonic() + seconds, 0
        while time.monotonic() < end and _moving(pk, enough):
            pause = LOOK_EVERY[min(looks, len(LOOK_EVERY) - 1)]
            time.sleep(max(min(pause, end - time.monotonic()), 0))
            looks += 1
    finally:
        _room().release()


def _moving(pk: UUID, enough: Callable[[Post], bool]) -> bool:
    post = Post.objects.select_related("version").filter(pk=pk).first()
    if post is None or post.status in RESTS or enough(post):
        return False
    if post.status == Status.PUBLISHED:
        return not post.url and post.due_at is not None
    return post.hold not in PARKED
