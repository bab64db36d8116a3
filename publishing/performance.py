"""How a workspace's posts do: totals, curves and the posts themselves, out of the numbers that were read.

A platform gives figures since a post went live, at the few moments when it is asked. A curve is made of what was known
by the end of each day; between two looks it stays where it was, and is never guessed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cached_property
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext, gettext_noop

from collavo.accounts.models import Workspace
from connectors.models import Connector
from publishing.models import Metric, Post, Status

MEASURES = {
    "views": gettext_noop("Views"),
    "likes": gettext_noop("Likes"),
    "comments": gettext_noop("Comments"),
    "shares": gettext_noop("Shares"),
}
DRAWN = ("views", "likes", "comments")
SPANS = {7: gettext_noop("7 days"), 30: gettext_noop("30 days"), 90: gettext_noop("90 days")}
POSTS = 500  # the newest of the span; the page says when there are more
ROWS = 50  # of the table
WIDTH, BASE, LEFT = 360, 152, 40  # of a chart, in the units of its viewBox (360 × 176)
COLOURS = 6


@dataclass(frozen=True)
class Total:
    """One measure over all posts. `value` None: no platform told it."""

    label: str
    value: int | None


@dataclass(frozen=True)
class Row:
    """One post with its last numbers."""

    post: Post
    metric: Metric | None
    line: str  # points of its views over time


@dataclass(frozen=True)
class Curve:
    """One channel's line in a chart."""

    name: str
    colour: int
    values: Sequence[int | None]
    points: str

    @property
    def last(self) -> int | None:
        return self.values[-1] if self.values else None

    @property
    def end(self) -> list[str]:
        """Where it ends: what was read only once is a dot."""
        return self.points.split()[-1].split(",")


@dataclass(frozen=True)
class Chart:
    """One measure over the days of the span, a curve for each account."""

    key: str
    title: str
    days: Sequence[date]
    curves: Sequence[Curve]
    top: int

    @property
    def ticks(self) -> list[tuple[float, int]]:
        """Where the lines across stand, and what they mean."""
        return [(_y(value, self.top), value) for value in sorted({0, self.top // 2, self.top})]

    @property
    def ends(self) -> tuple[date, date]:
        return self.days[0], self.days[-1]

    @property
    def table(self) -> list[tuple[date, list[int | None]]]:
        return [(day, [curve.values[i] for curve in self.curves]) for i, day in enumerate(self.days)]


@dataclass(frozen=True)
class Performance:
    """What the page shows, in three queries."""

    workspace: Workspace
    days: int
    sort: str = "views"
    connector: UUID | None = None

    @property
    def since(self) -> datetime:
        first = timezone.localdate(timezone=self.workspace.zone) - timedelta(days=self.days - 1)
        return datetime.combine(first, time.min, self.workspace.zone)

    @cached_property
    def posts(self) -> list[Post]:
        """Published in the span, newest first."""
        found = Post.objects.with_parts().filter(
            workspace=self.workspace, status=Status.PUBLISHED, published_at__gte=self.since
        )
        if self.connector:
            found = found.filter(connector=self.connector)
        return list(found.order_by("-published_at")[: POSTS + 1])

    @property
    def cut(self) -> bool:
        return len(self.posts) > POSTS

    @cached_property
    def samples(self) -> list[Metric]:
        return list(Metric.objects.filter(post__in=[post.pk for post in self.posts[:POSTS]]).order_by("taken_at"))

    @cached_property
    def last(self) -> Mapping[UUID, Metric]:
        return {sample.post_id: sample for sample in self.samples}  # the later one wins

    @property
    def as_of(self) -> datetime | None:
        return self.samples[-1].taken_at if self.samples else None

    @property
    def totals(self) -> list[Total]:
        return [
            Total(gettext(label), _sum(getattr(m, key) for m in self.last.values())) for key, label in MEASURES.items()
        ]

    @cached_property
    def connectors(self) -> list[Connector]:
        """Those with posts in the span, always in the same order, so that each keeps its colour."""
        found = {post.connector_id: post.connector for post in self.posts}
        return sorted(found.values(), key=lambda c: (c.platform, c.handle))

    @property
    def notes(self) -> list[str]:
        """What one has to know of these platforms' numbers."""
        return [said for said in dict.fromkeys(c.spec.rules.of_numbers for c in self.connectors) if said]

    @cached_property
    def dates(self) -> list[date]:
        return [self.since.date() + timedelta(days=n) for n in range(self.days)]

    @cached_property
    def charts(self) -> list[Chart]:
        return [self._chart(key) for key in DRAWN]

    def _chart(self, key: str) -> Chart:
        series = [(c, self._by_day(c, key)) for c in self.connectors]
        top = _round_up(max((value for _, values in series for value in values if value), default=0))
        curves = [Curve(str(c), n % COLOURS, v, _points(v, top)) for n, (c, v) in enumerate(series)]
        return Chart(key, MEASURES[key], self.dates, [curve for curve in curves if curve.last is not None], top)

    def _by_day(self, connector: Connector, key: str) -> list[int | None]:
        """What was known of this account's posts by the end of each day, together."""
        mine = {post.pk for post in self.posts if post.connector_id == connector.pk}
        read = [s for s in self.samples if s.post_id in mine and getattr(s, key) is not None]
        known: dict[UUID, int] = {}
        days: dict[date, int] = {}
        for sample in read:
            known[sample.post_id] = getattr(sample, key)
            days[timezone.localtime(sample.taken_at, self.workspace.zone).date()] = sum(known.values())
        return _carried(days, self.dates)

    @property
    def rows(self) -> list[Row]:
        """The posts, the best first by the chosen measure."""
        lines = self._lines()
        found = [Row(post, self.last.get(post.pk), lines.get(post.pk, "")) for post in self.posts[:POSTS]]
        if self.sort == "newest":
            return found[:ROWS]
        return sorted(found, key=lambda row: -_measure(row.metric, self.sort))[:ROWS]

    def _lines(self) -> dict[UUID, str]:
        views: dict[UUID, list[int | None]] = defaultdict(list)
        for sample in self.samples:
            views[sample.post_id].append(sample.views)
        return {pk: spark(values) for pk, values in views.items()}


def spark(values: Sequence[int | None]) -> str:
    """A small curve from nothing to the last figure, 80 × 24; "" when there is nothing to draw."""
    told = [0, *(value for value in values if value is not None)]
    if len(told) < 2 or not max(told):
        return ""
    step = 78 / (len(told) - 1)
    return " ".join(f"{1 + n * step:.1f},{23 - 22 * value / max(told):.1f}" for n, value in enumerate(told))


def _measure(metric: Metric | None, key: str) -> int:
    """-1 for what was not told: behind what was told as none."""
    value: int | None = getattr(metric, key) if metric else None
    return -1 if value is None else value


def _sum(values: Iterable[int | None]) -> int | None:
    told = [value for value in values if value is not None]
    return sum(told) if told else None


def _carried(known: Mapping[date, int], days: Sequence[date]) -> list[int | None]:
    """Each day's value, or that of the day before; None before the first."""
    last: int | None = None
    found: list[int | None] = []
    for day in days:
        last = known.get(day, last)
        found.append(last)
    return found


def _round_up(value: int) -> int:
    """The next figure that reads well, at least 4: 1, 2, 4, 5 or 10 times a power of ten."""
    power = 10 ** (len(str(max(value, 1))) - 1)
    return int(max(next(step * power for step in (1, 2, 4, 5, 10) if step * power >= value), 4))


def _y(value: int, top: int) -> float:
    return round(BASE - (BASE - 12) * value / top, 1)


def _points(values: Sequence[int | None], top: int) -> str:
    step = (WIDTH - LEFT - 12) / max(len(values) - 1, 1)
    return " ".join(f"{LEFT + n * step:.1f},{_y(v, top)}" for n, v in enumerate(values) if v is not None)
