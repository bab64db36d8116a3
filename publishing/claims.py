"""The claim: in one short transaction, take a due post for one worker, or leave it with the reason why not."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models.functions import Now
from django.utils import timezone

from collavo.accounts.models import LatePolicy
from connectors.models import Connector
from connectors.platforms.base import COMMITTED
from publishing import states
from publishing.handoffs import giving
from publishing.limits import costs, free_at, others
from publishing.models import Hold, Post, Status
from publishing.preflight import checks_for, post_content, refusal

OUT_THERE = (Status.PUBLISHED, Status.UNCONFIRMED, Status.AWAITING_CREATOR)


@dataclass
class Claimed:
    """A post and this worker's right to act on it."""

    post: Post
    lease: states.Lease
    checked: bool  # the preflight was made in this claim; else it has to be made before the commit


def claim(pk: UUID, *, worker: str) -> Claimed | None:
    """Take this post if it is due, free and fit to go; None when there is nothing to do for this caller.

    However often and from however many places it is called, one caller gets the post.
    """
    try:
        with transaction.atomic():
            post = states.lock_due(pk)
            if post is None or not _may_go(post):
                return None
            starts = post.status == Status.QUEUED
            return Claimed(post, states.lease(post, worker=worker, **_reservation(post)), checked=starts)
    except giving.ByHand:
        giving.give(pk, by=worker)
        return None


def _reservation(post: Post) -> dict[str, Any]:
    """What a post that starts takes of its account's windows; another try keeps its place and adds to what it spent."""
    if post.status != Status.QUEUED:
        return {}
    new = costs(post.connector, post_content(post.version, post.options))
    spent = {what: amount + int(post.spent.get(what, 0)) for what, amount in new.items()}
    return {"spent": spent} if post.reserved_at else {"spent": spent, "reserved_at": Now()}


def _may_go(post: Post) -> bool:
    if post.commit_open or COMMITTED in post.journal or post.status in OUT_THERE:
        return True  # the outcome must be found out, whatever else has changed meanwhile
    if post.status == Status.QUEUED and _too_late(post) and not _leave_late(post):
        return False
    if post.status == Status.QUEUED and giving.why(post):
        raise giving.ByHand
    if problem := post.connector.problem():
        states.put_off(post, until=None, hold=Hold.CONNECTOR, reason=problem)
        return False
    if post.status == Status.PUBLISHING:
        return True  # looked at when it started, and looked at again right before its commit
    if blocking := [c for c in checks_for(post) if c.blocks]:
        states.refuse(post, reason=refusal(blocking), code=blocking[0].code)
        return False
    return _reserve(post)


def _too_late(post: Post) -> bool:
    """Planned for longer ago than the workspace's window, and for no reason that the post itself knows of."""
    if post.scheduled_at is None or post.hold != Hold.NONE or post.tries:
        return False
    return timezone.now() - post.scheduled_at > timedelta(minutes=post.workspace.late_window_minutes)


def _leave_late(post: Post) -> bool:
    """What the workspace chose for late posts. True: publish all the same."""
    policy = post.workspace.late_policy
    planned = timezone.localtime(post.scheduled_at, post.connector.zone)
    reason = f"It was planned for {planned:%d %b %H:%M} ({post.connector.time_zone}) and could not go out then."
    if policy == LatePolicy.PUBLISH:
        return True
    if policy == LatePolicy.SKIP:
        states.skip(post, reason=f"{reason} The workspace skips late posts.")
    else:
        states.put_off(post, until=None, hold=Hold.LATE, reason=f"{reason} Publish it now, reschedule it or cancel it.")
    return False


def _reserve(post: Post) -> bool:
    """Room in the account's windows, counted under the account's row lock, so that racing workers cannot overbook."""
    unread = ("token", "extra_token", "refresh_token", "details")
    connector = Connector.objects.defer(*unread).select_for_update(no_key=True).get(pk=post.connector_id)
    siblings = others(connector, post)
    if sum(sibling.status == Status.PUBLISHING for sibling in siblings) >= connector.max_in_flight:
        states.give_back(post)
        return False
    until = free_at(connector, post, post_content(post.version, post.options), siblings)
    if until:
        states.put_off(post, until=until, hold=Hold.LIMIT, reason=_limit_reason(connector, until))
        return False
    return True


def _limit_reason(connector: Connector, until: datetime) -> str:
    when = timezone.localtime(until, connector.zone)
    return f"{connector} has used its posts for these 24 hours. This one goes out {when:%d %b %H:%M} by itself."
