"""Rolling windows per account: how much of each is taken, and when there is room for one more post.

What a post takes is written on its row in the claim (`reserved_at`, `spent`), under the account's row lock. The
platform's own figure, where it tells one, wins over ours.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils import timezone

from collavo import prepared
from connectors.models import Connector
from connectors.platforms.base import Content, Limit
from publishing.models import SHOWN_AT, Hold, Post, Status

WINDOW = timedelta(hours=24)  # of posts
POSTS = "posts"
FIGURE_GOOD_FOR = timedelta(minutes=15)  # then the platform is asked again for its own figure
ASK_LATER = timedelta(hours=1)  # it is full for a reason that we do not see, or that a person has to change


@dataclass(frozen=True)
class Take:
    """So much of a window was, or will be, taken at this moment."""

    at: datetime
    amount: int


@dataclass(frozen=True, slots=True)
class Counted:
    """What counts of a post in its account's windows."""

    pk: UUID
    status: str
    reserved_at: datetime | None
    spent: Mapping[str, int]


@dataclass(frozen=True)
class Forecast:
    """Posts made or planned in the window before a moment, and how many are allowed."""

    planned: int
    most: int

    @property
    def full(self) -> bool:
        return self.planned >= self.most


def cap(connector: Connector) -> int | None:
    """How many posts this account may make in `WINDOW`; None: no limit is known."""
    allowed = connector.quota_total
    if allowed is None:
        allowed = next((limit.count for limit in connector.spec.rules.limits if limit.what == POSTS), None)
    known = [n for n in (allowed, connector.daily_cap) if n is not None]
    return min(known) if known else None


def figure_is_old(connector: Connector) -> bool:
    """Whether the platform should be asked for its own figure before the next post."""
    return connector.quota_seen_at is None or timezone.now() - connector.quota_seen_at > FIGURE_GOOD_FOR


def costs(connector: Connector, content: Content) -> dict[str, int]:
    """What one try with this content takes of each of the platform's windows, posts aside."""
    return {x.what: x.cost(content) for x in connector.spec.rules.limits if x.what != POSTS}


def windows(connector: Connector) -> list[Limit]:
    """The account's windows, with its own cap for posts."""
    others = [limit for limit in connector.spec.rules.limits if limit.what != POSTS]
    most = cap(connector)
    return others if most is None else [Limit(POSTS, most, WINDOW), *others]


def free_at(
    connector: Connector, post: Post, content: Content, taken: Sequence[Counted] | None = None
) -> datetime | None:
    """None when there is room for `post` now; else the moment when there will be, behind those who wait already.

    `taken`: the account's other posts that count in its windows, where the caller has them.
    """
    now = timezone.now()
    if connector.throttled_until and connector.throttled_until > now:
        return connector.throttled_until
    taken = others(connector, post) if taken is None else taken
    moments = [at for limit in windows(connector) if (at := _room(limit, taken, connector, post, content))]
    if not moments and _full_for_others(connector, taken) and not figure_is_old(connector):
        return now + ASK_LATER
    return max(moments, default=None)


def used(connector: Connector) -> int:
    """Posts in the present window, by our count or the platform's, whichever is more."""
    ours = Post.objects.filter(connector=connector, reserved_at__gt=timezone.now() - WINDOW).count()
    return ours if figure_is_old(connector) else max(ours, connector.quota_used or 0)


def planned_around(connector: Connector, at: datetime) -> int:
    """How many posts are made or planned for this account in the window that ends at `at`."""
    return AROUND.count(connector.pk, at - WINDOW, at)


def _around(connector: UUID, since: datetime, at: datetime) -> QuerySet[Post]:
    """Each half has an index of its own: what is not published stands in the calendar where it is planned."""
    made = Q(reserved_at__gt=since, reserved_at__lte=at)
    planned = Q(status__in=[Status.SCHEDULED, Status.QUEUED], shown__gt=since, shown__lte=at)
    return Post.objects.alias(shown=SHOWN_AT).filter(made | planned, connector=connector)


AROUND = prepared.Kept(_around, UUID, datetime, datetime)


def forecast(connector: Connector, at: datetime) -> Forecast | None:
    """How full the window of posts will be for one more at `at`; None: no limit is known."""
    most = cap(connector)
    if most is None:
        return None
    planned = planned_around(connector, at)
    return Forecast(planned, most)


def others(connector: Connector, post: Post) -> list[Counted]:
    """The account's other posts that are under way or count in one of its windows, in one query."""
    return [other for other in taken([connector])[connector.pk] if other.pk != post.pk]


def taken(connectors: Collection[Connector]) -> dict[UUID, list[Counted]]:
    """Of each of these accounts the posts that are under way or count in one of its windows, in one query."""
    found: dict[UUID, list[Counted]] = {connector.pk: [] for connector in connectors}
    longest = max((limit.window for c in connectors for limit in windows(c)), default=WINDOW)
    counts = Q(reserved_at__gt=timezone.now() - longest) | Q(status=Status.PUBLISHING)
    posts = Post.objects.filter(counts, connector__in=found).values_list(
        "connector_id", "id", "status", "reserved_at", "spent"
    )
    for account, *what in posts if found else ():
        found[account].append(Counted(*what))
    return found


def _room(
    limit: Limit, taken: Sequence[Counted], connector: Connector, post: Post, content: Content
) -> datetime | None:
    since, need = timezone.now() - limit.window, limit.cost(content)
    if need > limit.count:  # no moment will ever do: somebody has to allow more, and then it goes by itself
        return timezone.now() + ASK_LATER
    takes = [Take(p.reserved_at, _amount(p, limit)) for p in taken if p.reserved_at and p.reserved_at > since]
    if sum(take.amount for take in takes) + need <= limit.count:
        return None
    ahead = [Take(p.due_at, need) for p in _waiting_ahead(connector, post) if p.due_at]
    return first_room([*takes, *ahead], need, limit)


def first_room(takes: Sequence[Take], need: int, limit: Limit) -> datetime:
    """The first moment at which `need` (no more than the limit) fits, each take counted for a window's length."""
    ends = sorted(take.at + limit.window for take in takes)
    for end in ends:
        held = sum(t.amount for t in takes if end - limit.window < t.at <= end)
        if held + need <= limit.count:
            return end
    return ends[-1]


def _waiting_ahead(connector: Connector, post: Post) -> list[Post]:
    """Those that wait for this account's window already and were planned before `post`."""
    waiting = Post.objects.filter(connector=connector, status=Status.QUEUED, hold=Hold.LIMIT).exclude(pk=post.pk)
    before = Q(scheduled_at__lt=post.scheduled_at) | Q(scheduled_at=post.scheduled_at, id__lt=post.pk)
    return list(waiting.filter(before, due_at__gt=timezone.now()).only("due_at"))


def _amount(post: Counted, limit: Limit) -> int:
    return 1 if limit.what == POSTS else int(post.spent.get(limit.what, 1))


def _full_for_others(connector: Connector, taken: Sequence[Counted]) -> bool:
    """The platform counted more than we did (another tool posts there, too), and that fills the window."""
    most = cap(connector)
    if most is None or connector.quota_used is None or connector.quota_seen_at is None:
        return False
    since = sum(1 for p in taken if p.reserved_at and p.reserved_at > connector.quota_seen_at)
    return connector.quota_used + since >= most
