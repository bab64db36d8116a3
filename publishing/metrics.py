"""After a post is live: how it does, and the link that came too late. Nothing here changes where a post stands.

Each post is looked at after an hour, a day, three, seven and thirty days (one that is live without a link sooner and
oftener), an account's posts together: platforms that tell of many in one call are asked once. `Post.look_at` is the
next look; a pass takes what is due and hands it to one task per account.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import DateTimeField, ExpressionWrapper, F, Q
from django.db.models.expressions import Combinable
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext as _
from django_q.tasks import async_task

from approvals.states import IllegalMove
from collavo.accounts.models import Ability, Membership
from collavo.ids import uuid7
from collavo.timeline.models import record
from connectors.http import no_deadline
from connectors.models import Connector, ConnectorStatus
from connectors.platforms.base import (
    CallRecord,
    Delivery,
    LinksLate,
    Live,
    Metrics,
    NeedsRelink,
    PlatformError,
    Publisher,
)
from connectors.tokens import fresh_account
from publishing.models import Attempt, Metric, Post, Status
from publishing.preflight import post_content

log = logging.getLogger(__name__)

AFTER = (timedelta(hours=1), timedelta(days=1), timedelta(days=3), timedelta(days=7), timedelta(days=30))
LINK_AFTER = (timedelta(minutes=10), timedelta(hours=6))  # besides those, while the link is missing
AT_ONCE = 100  # posts of one account in one task
ACCOUNTS = 50  # handed over per pass
TAKEN_FOR = timedelta(minutes=10)  # then a look whose task got lost is taken again
AGAIN = timedelta(hours=3)  # after a look that failed
ONE_A_MINUTE = timedelta(minutes=1)
STEP, LINK_STEP = "numbers", "late link"


def next_look(post: Post, now: datetime) -> datetime | None:
    """None: it was looked at often enough."""
    live = post.published_at or now
    delays = AFTER if post.url else (*AFTER, *LINK_AFTER)
    return min((live + delay for delay in delays if live + delay > now), default=None)


# --- The pass ----------------------------------------------------------------------------------------------------


def hand_over() -> int:
    """Scheduled every five minutes: plans new posts' first look, and queues a task for each account with due ones."""
    adopt()
    due = Post.objects.filter(look_at__lte=Now(), connector__status=ConnectorStatus.ACTIVE)
    free = due.filter(Q(connector__throttled_until=None) | Q(connector__throttled_until__lte=Now()))
    accounts = list(free.order_by().values_list("connector", flat=True).distinct()[:ACCOUNTS])
    for pk in accounts:
        async_task("publishing.metrics.look", str(pk))
    return len(accounts)


def adopt() -> int:
    """Posts that went live since, by whatever way. How many."""
    fresh = Post.objects.filter(status=Status.PUBLISHED, look_at=None, looks=0)
    return fresh.filter(url="").update(look_at=_live_for(LINK_AFTER[0])) + fresh.update(look_at=_live_for(AFTER[0]))


def _live_for(delay: timedelta) -> Combinable:
    return ExpressionWrapper(F("published_at") + delay, output_field=DateTimeField())


def look(connector_pk: str) -> int:
    """What the queue runs for one account. A second run finds nothing to do. How many posts were looked at."""
    connector = Connector.objects.active().filter(pk=UUID(connector_pk)).first()
    if connector is None:
        return 0
    posts = _take(connector)
    if posts:
        Looking(connector, posts).go()
    return len(posts)


def _take(connector: Connector) -> list[Post]:
    with transaction.atomic():
        due = Post.objects.filter(connector=connector, look_at__lte=Now(), status=Status.PUBLISHED)
        rows = list(due.select_for_update(skip_locked=True).order_by("look_at")[:AT_ONCE])
        Post.objects.filter(pk__in=[post.pk for post in rows]).update(look_at=timezone.now() + TAKEN_FOR)
    parts = Post.objects.filter(pk__in=[post.pk for post in rows]).select_related("version", "connector")
    return list(parts.prefetch_related("version__items__media"))


class Looking:
    """One account's posts, looked at together."""

    def __init__(self, connector: Connector, posts: Sequence[Post]) -> None:
        self.connector, self.posts = connector, list(posts)
        self.calls: list[CallRecord] = []

    def go(self) -> None:
        try:
            for post in self.posts:
                if not post.url:
                    self.find_link(post)
            found = self.numbers()
        except PlatformError as e:
            self.failed(e)
        except Exception:  # a fault of ours, for the queue to tell: but not every ten minutes from now on
            self.put_off()
            raise
        else:
            self.keep(found)

    def find_link(self, post: Post) -> None:
        """A link that is still missing is no trouble. Raises NeedsRelink."""
        self.calls = []
        account = fresh_account(self.connector)
        publisher = self.connector.spec.publisher(account, observe=self.calls.append, deadline=no_deadline)
        try:
            live = late_link(post, publisher)
        except NeedsRelink:
            raise
        except PlatformError as e:
            self.write([post], LINK_STEP, e)
            return
        if live:
            keep_link(post, live)

    def numbers(self) -> Mapping[str, Metrics]:
        self.calls = []
        ids = [post.remote_id for post in self.posts if post.remote_id]
        if not ids or self.connector.can.get("read_metrics") is False:
            return {}
        return self.connector.spec.metrics(fresh_account(self.connector), ids, observe=self.calls.append)

    def keep(self, found: Mapping[str, Metrics]) -> None:
        now = timezone.now()
        told = [_metric(post, found[post.remote_id], now) for post in self.posts if post.remote_id in found]
        with transaction.atomic():
            Metric.objects.bulk_create(told)
            for post in self.posts:
                post.look_at, post.looks = next_look(post, now), post.looks + 1
            Post.objects.bulk_update(self.posts, ["look_at", "looks"])

    def failed(self, error: PlatformError) -> None:
        """Later again: at the next planned look, or after some hours where that is sooner."""
        log.warning("Connector %s: numbers not read: %s", self.connector.pk, error)
        self.write(self.posts, STEP, error)
        self.put_off()
        if isinstance(error, NeedsRelink):
            self.connector.needs_relink(str(error), by="numbers")

    def put_off(self) -> None:
        now = timezone.now()
        for post in self.posts:
            planned = next_look(post, now)
            post.look_at, post.looks = min(planned, now + AGAIN) if planned else None, post.looks + 1
        Post.objects.bulk_update(self.posts, ["look_at", "looks"])

    def write(self, posts: Iterable[Post], step: str, error: PlatformError) -> None:
        """A line of the dispatch log for each post, with the call that failed where there was one."""
        call = next(
            (call for call in reversed(self.calls) if call.error or not call.status or call.status >= 400), None
        )
        Attempt.objects.bulk_create(_line(post, step, error, call) for post in posts)


def _metric(post: Post, told: Metrics, at: datetime) -> Metric:
    return Metric(
        id=uuid7(), post=post, taken_at=at, views=_whole(told.views), likes=_whole(told.likes),
        comments=_whole(told.comments), shares=_whole(told.shares),
    )  # fmt: skip


def _whole(value: int | None) -> int | None:
    """Platforms have been seen to take views back until the figure was below zero."""
    return None if value is None else max(value, 0)


def _line(post: Post, step: str, error: PlatformError, call: CallRecord | None) -> Attempt:
    line = Attempt(
        id=uuid7(), post=post, fence=post.fence, number=1, step=step, worker="numbers", started_at=timezone.now(),
        error=str(error)[:1000], platform_code=error.code[:80],
    )  # fmt: skip
    if call:
        line.method, line.url, line.request = call.method, call.url[:500], call.request
        line.started_at, line.duration_ms, line.http_status = call.started_at, call.duration_ms, call.status
        line.answer, line.correlation_id = call.answer, call.correlation_id[:120]
    return line


# --- Links that come late ----------------------------------------------------------------------------------------


def late_link(post: Post, publisher: Publisher) -> Live | None:
    """Where the post is by now; None while the platform does not say. Raises PlatformError."""
    if post.remote_id:
        url = publisher.link(post.remote_id)
        return Live(post.remote_id, url) if url else None
    if not isinstance(publisher, LinksLate):
        return None
    content = post_content(post.version, post.options)
    return publisher.late(Delivery(post.pk, content, post.journal, post.commit_sent_at))


def keep_link(post: Post, live: Live) -> bool:
    """Store it, unless somebody did meanwhile, or the id belongs to another post here. Whether it was stored."""
    missing = Post.objects.filter(pk=post.pk, status=Status.PUBLISHED, url="")
    try:
        with transaction.atomic():
            if not missing.update(remote_id=live.remote_id, url=live.url):
                return False
            record(post, "linked_late", by="platform", text=live.url, remote_id=live.remote_id, url=live.url)
    except IntegrityError:
        log.warning("Post %s: %s belongs to another post", post.pk, live.remote_id)
        return False
    post.remote_id, post.url = live.remote_id, live.url
    return True


def told(connector: Connector, handle: str) -> int:
    """The platform says that something became of `handle`: look at its published post now. How many posts."""
    from publishing.verbs import handles

    since = timezone.now() - AFTER[-1]
    unlinked = Post.objects.filter(connector=connector, status=Status.PUBLISHED, url="", published_at__gte=since)
    pks = [post.pk for post in unlinked.only("journal", "remote_id") if handle in handles(post)]
    with transaction.atomic():
        changed = Post.objects.filter(pk__in=pks).update(look_at=timezone.now())
        if changed:
            async_task("publishing.metrics.look", str(connector.pk))
    return changed


# --- People ------------------------------------------------------------------------------------------------------


def look_now(post: Post, *, by: Membership) -> None:
    """Ask at once how a live post does. Raises IllegalMove with a sentence."""
    by.require(Ability.PUBLISH)
    if by.workspace_id != post.workspace_id or post.status != Status.PUBLISHED:
        raise IllegalMove(_("Only a published post has numbers."))
    if problem := post.connector.problem():
        raise IllegalMove(problem)
    newest = post.metrics.order_by("-taken_at").first()
    if newest and timezone.now() - newest.taken_at < ONE_A_MINUTE:
        raise IllegalMove(_("They were read less than a minute ago."))
    with transaction.atomic():
        Post.objects.filter(pk=post.pk).update(look_at=timezone.now())
        async_task("publishing.metrics.look", str(post.connector_id))


def newest(posts: Iterable[Post]) -> dict[UUID, Metric]:
    """The last numbers of each post that has any, in one query."""
    pks = [post.pk for post in posts]
    rows = Metric.objects.filter(post__in=pks) if pks else Metric.objects.none()
    return {metric.post_id: metric for metric in rows.order_by("post", "-taken_at").distinct("post")}
