"""The claim: in one short transaction, take a due post for one worker, or leave it with the reason why not."""

from __future__ import annotations

import logging
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from collavo.accounts.models import LatePolicy
from connectors.models import Connector
from connectors.platforms.base import COMMITTED, Content
from publishing import limits, states
from publishing.handoffs import giving
from publishing.models import Hold, Post, Status
from publishing.preflight import checks_for, post_content, refusal

log = logging.getLogger(__name__)

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
    return next(iter(claim_all([pk], worker=worker)), None)


def claim_all(pks: Collection[UUID], *, worker: str) -> list[Claimed]:
    """`claim` for several posts in one transaction, which costs little more than one. Those that the caller got.

    Posts that go by hand are given to their creators.
    """
    by_hand: list[UUID] = []
    with transaction.atomic():
        accounts = _Accounts(pks)  # before the posts, like everybody who locks both
        ready = [post for post in states.lock_due(pks) if _may_go(post, accounts, by_hand)]
        starts = [post.status == Status.QUEUED for post in ready]
        leases = states.lease(ready, worker=worker)
    for pk in by_hand:
        _give(pk, worker)
    return [Claimed(post, mine, checked) for post, mine, checked in zip(ready, leases, starts, strict=True)]


def _give(pk: UUID, worker: str) -> None:
    """Its trouble is not its neighbours', who are claimed already: it is handed over again after a while."""
    try:
        giving.give(pk, by=worker)
    except Exception:  # whatever it is: its neighbours' claims are committed, and would be left to their leases
        log.exception("Post %s: cannot be given to its creator", pk)


def _may_go(post: Post, accounts: _Accounts, by_hand: list[UUID]) -> bool:
    if post.commit_open or COMMITTED in post.journal or post.status in OUT_THERE:
        return True  # the outcome must be found out, whatever else has changed meanwhile
    if post.status == Status.QUEUED and _too_late(post) and not _leave_late(post):
        return False
    if post.status == Status.QUEUED and giving.why(post):
        by_hand.append(post.pk)  # not for a worker; its files have to be looked at, outside of this transaction
        return False
    if problem := post.connector.problem():
        states.put_off(post, until=None, hold=Hold.CONNECTOR, reason=problem)
        return False
    if post.status == Status.PUBLISHING:
        return True  # looked at when it started, and looked at again right before its commit
    if blocking := [c for c in checks_for(post) if c.blocks]:
        states.refuse(post, reason=refusal(blocking), code=blocking[0].code)
        return False
    return accounts.reserve(post)


def _too_late(post: Post) -> bool:
    """Planned for longer ago than the workspace's window, and for no reason that the post itself knows of."""
    if post.scheduled_at is None or post.hold != Hold.NONE or post.tries:
        return False
    return timezone.now() - post.scheduled_at > timedelta(minutes=post.workspace.late_window_minutes)


def _leave_late(post: Post) -> bool:
    """What the workspace chose for late posts. True: publish all the same."""
    policy = post.workspace.late_policy
    planned = timezone.localtime(post.scheduled_at, post.connector.zone)
    reason = _("It was planned for %(planned)s (%(time_zone)s) and could not go out then.") % {
        "planned": date_format(planned, "d M H:i"),
        "time_zone": post.connector.time_zone,
    }
    if policy == LatePolicy.PUBLISH:
        return True
    if policy == LatePolicy.SKIP:
        states.skip(post, reason=_("%(reason)s The workspace skips late posts.") % {"reason": reason})
    else:
        states.put_off(
            post,
            until=None,
            hold=Hold.LATE,
            reason=_("%(reason)s Publish it now, reschedule it or cancel it.") % {"reason": reason},
        )
    return False


class _Accounts:
    """The accounts of posts that start, their rows locked, so that racing workers cannot overbook them."""

    def __init__(self, pks: Collection[UUID]) -> None:
        starting = Post.objects.filter(pk__in=pks, status=Status.QUEUED).values("connector_id")
        rows = Connector.objects.without_tokens().defer("details").select_for_update(no_key=True)
        self.locked = {connector.pk: connector for connector in rows.filter(pk__in=starting).order_by("pk")}
        self.taken = limits.taken(self.locked.values())

    def reserve(self, post: Post) -> bool:
        """Room in the account's windows for a post that starts; else it is put off. Its take is noted on the post."""
        connector = self.locked.get(post.connector_id)
        siblings = [other for other in self.taken.get(post.connector_id, ()) if other.pk != post.pk]
        under_way = sum(other.status == Status.PUBLISHING for other in siblings)
        if connector is None or under_way >= connector.max_in_flight:  # None: it became QUEUED this very moment
            states.give_back(post)
            return False
        content = post_content(post.version, post.options)
        if until := limits.free_at(connector, post, content, siblings):
            states.put_off(post, until=until, hold=Hold.LIMIT, reason=_limit_reason(connector, until))
            return False
        self._take(post, connector, content, siblings)
        return True

    def _take(self, post: Post, connector: Connector, content: Content, siblings: list[limits.Counted]) -> None:
        """Another try keeps its place in the windows and adds to what it spent."""
        for what, amount in limits.costs(connector, content).items():
            post.spent[what] = amount + int(post.spent.get(what, 0))
        post.reserved_at = post.reserved_at or timezone.now()
        mine = limits.Counted(post.pk, Status.PUBLISHING, post.reserved_at, post.spent)
        self.taken[connector.pk] = [*siblings, mine]


def _limit_reason(connector: Connector, until: datetime) -> str:
    if connector.daily_cap == 0:
        return _(
            "%(account)s is set to 0 posts in 24 hours: this one waits until somebody allows more in its settings."
        ) % {"account": connector}
    when = timezone.localtime(until, connector.zone)
    return _("%(account)s has used its posts for these 24 hours. This one goes out %(when)s by itself.") % {
        "account": connector,
        "when": date_format(when, "d M H:i"),
    }
