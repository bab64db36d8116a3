"""Collavo looks by itself whether a post by hand is live: spaced, bounded, and told only beyond doubt."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from django.utils import timezone
from django.utils.translation import gettext_noop

from connectors.platforms.base import Content, LeaseLost, Live, NeedsRelink, PlatformError, Publisher, Seeks
from publishing.models import Handoff, Post

log = logging.getLogger(__name__)

FIRST = timedelta(minutes=2)
# From this age of the task on, so long between two looks.
SPACING = (
    (timedelta(0), timedelta(minutes=3)),
    (timedelta(minutes=15), timedelta(minutes=10)),
    (timedelta(hours=2), timedelta(minutes=30)),
    (timedelta(hours=24), timedelta(hours=3)),
)
LOOK_FOR = timedelta(days=7)
EARLY = timedelta(minutes=5)  # how much before it was asked for a post may have been made
FOUND = gettext_noop("Found by Collavo at the platform: nobody had to say so.")


def first_look(now: datetime) -> datetime:
    return now + FIRST


def next_look(since: datetime, now: datetime) -> datetime | None:
    """When to look again for a task opened at `since`; None: not any more, a person will say."""
    age = now - since
    if age > LOOK_FOR:
        return None
    return now + [gap for start, gap in SPACING if age >= start][-1]


def look(
    post: Post, publisher: Callable[[], Publisher], content: Content, bound: Callable[[], frozenset[str]]
) -> tuple[Live | None, datetime | None]:
    """The live post if it is there beyond doubt, else when to look again. Asks the platform when the account works."""
    task = Handoff.objects.filter(post=post).order_by("opened_at", "id").first()  # the first: given out is given out
    if task is None:
        return None, None
    again = next_look(task.opened_at, timezone.now())
    if post.connector.problem():
        return None, again
    try:
        asked = publisher()
        if not isinstance(asked, Seeks):
            return None, None
        live = asked.seek(content, min(task.opened_at, task.due_at) - EARLY, bound())
    except NeedsRelink as e:
        post.connector.needs_relink(str(e), by="worker")
        return None, again
    except PlatformError as e:
        log.info("Post %s: could not look for it: %s", post.pk, e)
        return None, again
    except LeaseLost:
        raise
    except Exception:  # a fault of our own: nobody waits for this look, and the next one is planned as always
        log.exception("Post %s: looking for it broke", post.pk)
        return None, again
    return (replace(live, note=FOUND), None) if live else (None, again)
