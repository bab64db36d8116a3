"""The calendar: slots and posts by day, read in a constant number of queries however many there are.

Of each day only the first entries are read, and it is counted to a hundred: a busy month costs as much as a quiet one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from functools import cached_property
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import connection
from django.db.models import Prefetch, QuerySet, prefetch_related_objects
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext

from approvals.models import Case, Slot, Version, VersionMedia
from collavo.accounts.models import Workspace
from connectors.models import Connector, tokens_of
from publishing.chips import Chip, chip, version_chip
from publishing.limits import cap
from publishing.models import Post, Status
from publishing.moments import odd_hours, which_words
from publishing.rights import marked, problem

AnyDay = date  # inside Day, `date` is its own
COUNTED = 100  # more are "99+"
ACCOUNTS = 60  # whose limits are shown at once


class View(StrEnum):
    MONTH = "month"
    WEEK = "week"
    AGENDA = "agenda"
    DAY = "day"


SHOWN = {View.MONTH: 3, View.WEEK: 12, View.AGENDA: 20, View.DAY: 100}  # entries of a day
AGENDA_DAYS = 14


@dataclass(frozen=True)
class Range:
    """What one page of the calendar shows: `count` days from `first` on, around `anchor`."""

    view: View
    anchor: date
    first: date
    count: int

    @property
    def before(self) -> date:
        return _shifted(self.view, self.anchor, -1)

    @property
    def after(self) -> date:
        return _shifted(self.view, self.anchor, 1)

    @property
    def title(self) -> str:
        """ "November 2026", "23 to 29 Nov 2026", "Tue 24 Nov 2026"."""
        if self.view == View.MONTH:
            return date_format(self.anchor, "F Y")
        if self.view == View.DAY:
            return date_format(self.anchor, "l j F Y")
        last = self.first + timedelta(days=self.count - 1)
        return gettext("%(first)s to %(last)s") % {
            "first": date_format(self.first, "j M"),
            "last": date_format(last, "j M Y"),
        }


def range_of(view: View, anchor: date) -> Range:
    """The days of a view that has `anchor` in it; weeks begin on Monday."""
    if view == View.MONTH:
        first = anchor.replace(day=1)
        start = first - timedelta(days=first.weekday())
        weeks = -(-(_shifted(View.MONTH, first, 1) - start).days // 7)
        return Range(view, anchor, start, weeks * 7)
    if view == View.WEEK:
        return Range(view, anchor, anchor - timedelta(days=anchor.weekday()), 7)
    return Range(view, anchor, anchor, AGENDA_DAYS if view == View.AGENDA else 1)


def _shifted(view: View, anchor: date, by: int) -> date:
    if view == View.MONTH:
        months = anchor.year * 12 + anchor.month - 1 + by
        return date(months // 12, months % 12 + 1, 1)
    return anchor + by * timedelta(days={View.WEEK: 7, View.AGENDA: AGENDA_DAYS, View.DAY: 1}[view])


@dataclass
class Entry:
    """One slot or one post in the calendar."""

    at: datetime
    zone: ZoneInfo
    slot: Slot | None = None
    post: Post | None = None

    @property
    def key(self) -> str:
        return f"post-{self.post.pk}" if self.post else f"slot-{self.slot.pk}" if self.slot else ""

    @property
    def version(self) -> Version | None:
        """What was made: the post's, or the present one of the slot's asset."""
        return self.post.version if self.post else getattr(self.slot, "made", None)

    @property
    def title(self) -> str:
        if self.version:
            return str(self.version.asset)
        return (self.slot.angle or self.slot.case.name) if self.slot else ""

    @property
    def case(self) -> Case | None:
        return self.post.case if self.post else self.slot.case if self.slot else None

    @property
    def channel(self) -> str:
        return self.post.connector.platform if self.post else self.slot.channel if self.slot else ""

    @property
    def format(self) -> str:
        source = self.version or self.slot
        return source.get_format_display() if source else ""

    @cached_property
    def chip(self) -> Chip:
        if self.post:
            return chip(self.post)
        return version_chip(self.version) if self.version else Chip("", "plus", gettext("Planned"))

    @property
    def movable(self) -> bool:
        """What is over, under way or ended stays where it is."""
        waiting = self.post is None or self.post.status in (Status.SCHEDULED, Status.QUEUED)
        return waiting and self.at > timezone.now()

    @property
    def odd(self) -> str:
        """Which one is meant in an hour that comes twice."""
        return which_words(self.at, self.zone)

    @cached_property
    def warning(self) -> str:
        """Why it will not go out as things stand: its rights end before."""
        return problem(self.post) if self.post and self.post.status in (Status.SCHEDULED, Status.QUEUED) else ""


@dataclass(frozen=True)
class Used:
    """How much of an account's day is made or planned."""

    connector: Connector
    count: int
    most: int

    @property
    def full(self) -> bool:
        return self.count > self.most


@dataclass
class Day:
    """One day as the clocks of the workspace's zone have it. It may be 23 or 25 hours long."""

    date: AnyDay
    starts: datetime
    ends: datetime
    today: AnyDay
    outside: bool = False  # of the month that is shown
    entries: list[Entry] = field(default_factory=list)
    count: int = 0
    used: list[Used] = field(default_factory=list)

    @property
    def is_today(self) -> bool:
        return self.date == self.today

    @property
    def past(self) -> bool:
        return self.date < self.today

    @cached_property
    def odd(self) -> str:
        zone = self.starts.tzinfo
        return odd_hours(self.date, zone) if isinstance(zone, ZoneInfo) else ""

    @property
    def more(self) -> str:
        """How many more there are than shown: "", "12", "99+"."""
        left = self.count - len(self.entries)
        return f"{COUNTED - 1}+" if self.count >= COUNTED and left else str(left or "")


def load(workspace: Workspace, shown: Range, *, since: datetime | None = None) -> list[Day]:
    """The days with their entries and limits. `since`: only later ones of the first day (the pages of a busy day)."""
    days = _days(workspace.zone, shown)
    if since and days[0].starts < since < days[0].ends:
        days[0].starts = since.astimezone(workspace.zone)
    _fill(workspace, days, SHOWN[shown.view])
    return days


def _days(zone: ZoneInfo, shown: Range) -> list[Day]:
    today = timezone.localtime(timezone=zone).date()
    dates = [shown.first + timedelta(days=n) for n in range(shown.count + 1)]
    edges = [datetime.combine(day, time.min, zone) for day in dates]
    month = shown.anchor.month if shown.view == View.MONTH else 0
    return [
        Day(dates[n], edges[n], edges[n + 1], today, outside=bool(month) and dates[n].month != month)
        for n in range(shown.count)
    ]


# --- Entries and limits ----------------------------------------------------------------------------------------------

# Each part walks along one index, day by day, and ends after a hundred rows of a day.
# A slot whose content has a post is shown as that post.
KEYS = """
WITH d AS (
    SELECT * FROM unnest(%(starts)s::timestamptz[], %(ends)s::timestamptz[]) WITH ORDINALITY AS d(starts, ends, n))
SELECT d.n, 'post', p.pks, p.count FROM d CROSS JOIN LATERAL (
    SELECT (array_agg(id ORDER BY at, id))[:%(shown)s] AS pks, count(*) FROM (
        SELECT id, COALESCE(published_at, scheduled_at) AS at FROM publishing_post
        WHERE workspace_id = %(workspace)s AND status <> 'canceled'
          AND COALESCE(published_at, scheduled_at) >= d.starts AND COALESCE(published_at, scheduled_at) < d.ends
        ORDER BY COALESCE(published_at, scheduled_at) LIMIT %(most)s) AS one
) p WHERE p.count > 0
UNION ALL
SELECT d.n, 'slot', s.pks, s.count FROM d CROSS JOIN LATERAL (
    SELECT (array_agg(id ORDER BY starts_at, id))[:%(shown)s] AS pks, count(*) FROM (
        SELECT id, starts_at FROM approvals_slot
        WHERE workspace_id = %(workspace)s AND starts_at >= d.starts AND starts_at < d.ends AND NOT EXISTS (
            SELECT FROM approvals_asset a JOIN approvals_version v ON v.asset_id = a.id
            JOIN publishing_post p ON p.version_id = v.id
            WHERE a.slot_id = approvals_slot.id AND p.status <> 'canceled')
        ORDER BY starts_at LIMIT %(most)s) AS one
) s WHERE s.count > 0
UNION ALL
SELECT d.n, 'used', ARRAY[c.id], u.count FROM d
CROSS JOIN (SELECT id FROM connectors_connector WHERE workspace_id = %(workspace)s LIMIT %(accounts)s) AS c
CROSS JOIN LATERAL (
    SELECT count(*) FROM (
        SELECT FROM publishing_post WHERE connector_id = c.id AND status <> 'canceled'
          AND COALESCE(published_at, scheduled_at) >= d.starts AND COALESCE(published_at, scheduled_at) < d.ends
        LIMIT %(most)s) AS one
) u WHERE u.count > 0
"""


def _fill(workspace: Workspace, days: Sequence[Day], most: int) -> None:
    asked: dict[str, Any] = {"starts": [day.starts for day in days], "ends": [day.ends for day in days]}
    asked |= {"workspace": workspace.pk, "most": COUNTED, "shown": most, "accounts": ACCOUNTS}
    keys: dict[str, list[UUID]] = {"post": [], "slot": []}
    used: list[tuple[Day, UUID, int]] = []
    with connection.cursor() as cursor:
        cursor.execute(KEYS, asked)
        for number, kind, pks, count in cursor.fetchall():
            day = days[number - 1]
            if kind == "used":
                used.append((day, pks[0], count))
            else:
                keys[kind] += pks
                day.count = min(day.count + count, COUNTED)
    entries = _entries(workspace, keys["post"], keys["slot"])
    for day in days:
        day.entries = [entry for entry in entries if day.starts <= entry.at < day.ends][:most]
    _limits(used)


def _entries(workspace: Workspace, posts: Sequence[UUID], slots: Sequence[UUID]) -> list[Entry]:
    found = list(marked(Post.objects.filter(pk__in=posts).with_parts().prefetch_related(None))) if posts else []
    planned = with_made(Slot.objects.filter(pk__in=slots)) if slots else []
    versions = [*(post.version for post in found), *(slot.made for slot in planned if slot.made)]  # type: ignore[attr-defined]
    prefetch_related_objects(versions, Prefetch("items", VersionMedia.objects.select_related("media")))
    entries = [Entry(p.published_at or p.scheduled_at or p.created_at, workspace.zone, post=p) for p in found]
    entries += [Entry(slot.starts_at, workspace.zone, slot=slot) for slot in planned]
    return sorted(entries, key=lambda entry: (entry.at, entry.key))


def with_made(slots: QuerySet[Slot]) -> list[Slot]:
    """With their account and case; `made` is the present version of what was made for each, or None. Two queries."""
    found = list(slots.select_related("connector", "case").defer(*tokens_of("connector")))
    current = Version.objects.filter(asset__slot__in=found, current=True, asset__discarded_at=None).order_by("id")
    made = {version.asset.slot_id: version for version in current.select_related("asset", "workspace")}
    for slot in found:
        slot.made = made.get(slot.pk)  # type: ignore[attr-defined]
    return found


def _limits(used: Iterable[tuple[Day, UUID, int]]) -> None:
    """How full each account's day is, for those that have a limit; the fullest first."""
    counted = list(used)
    accounts = Connector.objects.without_tokens().in_bulk({pk for _, pk, _ in counted}) if counted else {}
    for day, pk, count in counted:
        most = cap(accounts[pk])
        if most is not None:
            day.used.append(Used(accounts[pk], count, most))
    for day, _, _ in counted:
        day.used.sort(key=lambda one: (-one.count / max(one.most, 1), str(one.connector)))
