"""The board's columns: each a state in which somebody acts, read in a constant number of queries.

A column is made of legs: one indexed, ordered and limited SELECT per status. Only the keys of the first hundred rows
are read to count ("99+") and to cut the page; the rows themselves are fetched for the cards that are shown.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any
from uuid import UUID

from django.db.models import F, Model, Prefetch, Q, QuerySet, Value, prefetch_related_objects
from django.utils import timezone
from django.utils.translation import gettext_noop

from approvals.models import Version, VersionMedia
from approvals.search import matching
from approvals.states import VersionStatus
from collavo.accounts.models import Workspace
from collavo.words import worded
from publishing.chips import Chip, Progress, audience, chip, progress, version_chip
from publishing.metrics import newest
from publishing.models import Hold, Metric, Post, Status, Way
from publishing.rights import marked, problem

COUNTED = 100  # more are "99+"
PAGE = 6  # cards of a column at once; more come as one scrolls
PARKED = (Hold.LATE, Hold.CONNECTOR)  # held until a person does something


@dataclass(frozen=True)
class Filters:
    """What the board is narrowed to. Part of its address."""

    q: str = ""
    connector: UUID | None = None
    channel: str = ""
    case: UUID | None = None
    state: str = ""  # a column's key: only this one
    person: UUID | None = None  # who made the content or scheduled the post
    since: datetime | None = None  # of the moment that a column is ordered by …
    until: datetime | None = None  # … which is before this

    @property
    def any(self) -> bool:
        return bool(self.q or self.state or self.folded)

    @property
    def folded(self) -> bool:
        """Whether something is chosen that one sees only when the filter is opened."""
        return bool(self.connector or self.channel or self.case or self.person or self.since or self.until)

    def between(self, key: str) -> Q:
        """On the column's moment. What has none is on no day."""
        since = Q(**{f"{key}__gte": self.since}) if self.since else Q()
        return since & Q(**{f"{key}__lt": self.until}) if self.until else since

    def of_versions(self) -> Q:
        """On Version. The account is the slot's: a version has none of its own before it is scheduled."""
        narrowed = matching(self.q)
        if self.person:
            narrowed &= Q(asset__creator=self.person)
        if self.connector:
            narrowed &= Q(asset__slot__connector=self.connector)
        if self.channel:
            narrowed &= Q(asset__slot__channel=self.channel)
        return narrowed & Q(case=self.case) if self.case else narrowed

    def of_posts(self) -> Q:
        """On Post."""
        narrowed = matching(self.q, "version__")
        if self.person:
            narrowed &= Q(by=self.person) | Q(version__asset__creator=self.person)
        if self.connector:
            narrowed &= Q(connector=self.connector)
        if self.channel:
            narrowed &= Q(connector__platform=self.channel)
        return narrowed & Q(case=self.case) if self.case else narrowed


@worded("title", "empty")
@dataclass(frozen=True)
class Column:
    """One column as defined. `key` names the moment that its rows are ordered by; ties by id."""

    slug: str
    title: str
    empty: str  # what will appear here
    model: type[Version] | type[Post]
    key: str
    legs: Sequence[Q]
    newest_first: bool = False
    next_step: str = ""  # of the empty column: "upload", "approvals"

    def walks(
        self, workspace: Workspace, filters: Filters, after: Model | None, limit: int
    ) -> list[QuerySet[Any, Any]]:
        """For each leg the next rows as (slug, moment, id)."""
        narrowed = filters.of_versions() if self.model is Version else filters.of_posts()
        narrowed &= filters.between(self.key)
        return [self._leg(workspace, leg & narrowed, after)[:limit] for leg in self.legs]

    def sort(self, rows: Iterable[tuple[datetime | None, UUID]], limit: int) -> list[UUID]:
        """The ids of the first of them all, in the column's order."""
        ordered = sorted(rows, key=lambda row: (row[0] or _never(), row[1]), reverse=self.newest_first)
        return [pk for _, pk in ordered[:limit]]

    def _leg(self, workspace: Workspace, leg: Q, after: Model | None) -> QuerySet[Any, Any]:
        rows = self.model._default_manager.filter(leg, workspace=workspace)
        if after is not None:
            rows = rows.filter(_beyond(self.key, getattr(after, self.key), after.pk, backwards=self.newest_first))
        ends = (f"-{self.key}", "-id") if self.newest_first else (self.key, "id")
        named = rows.annotate(place=Value(self.slug), moment=F(self.key))
        return named.order_by(*ends).values_list("place", "moment", "id")


def _never() -> datetime:
    return timezone.now() + timedelta(days=36500)  # rows without a moment come where PostgreSQL puts NULLs


def _beyond(key: str, value: datetime | None, pk: UUID, *, backwards: bool) -> Q:
    """The rows that follow (value, pk) in a column's order."""
    if backwards:
        if value is None:
            return Q(**{key: None, "pk__lt": pk}) | Q(**{f"{key}__isnull": False})
        return Q(**{f"{key}__lt": value}) | Q(**{key: value, "pk__lt": pk})
    if value is None:
        return Q(**{key: None, "pk__gt": pk})
    return Q(**{f"{key}__gt": value}) | Q(**{key: value, "pk__gt": pk}) | Q(**{key: None})


def _kept(**status: Any) -> Q:
    return Q(**status, asset__discarded_at=None)


COLUMNS: tuple[Column, ...] = (
    Column(
        "to_review",
        gettext_noop("To review"),
        gettext_noop("Content that waits for a decision appears here."),
        Version,
        "planned_at",
        [_kept(status=VersionStatus.IN_REVIEW)],
        next_step="upload",
    ),
    Column(
        "changes_asked",
        gettext_noop("Changes asked"),
        gettext_noop("What the creator is asked to make again appears here."),
        Version,
        "planned_at",
        [_kept(status=VersionStatus.REGENERATING)],
    ),
    Column(
        "approved",
        gettext_noop("Approved"),
        gettext_noop("Accepted content that is not on its way yet appears here."),
        Version,
        "planned_at",
        [_kept(unplaced=True)],
        next_step="approvals",
    ),
    Column(
        "scheduled",
        gettext_noop("Scheduled"),
        gettext_noop("Posts on their way appear here, until the platform says that they are live."),
        Post,
        "scheduled_at",
        [
            Q(status=Status.SCHEDULED),
            Q(status=Status.QUEUED) & ~Q(hold__in=PARKED),
            Q(status=Status.PUBLISHING) & ~Q(hold=Hold.CONNECTOR),
        ],
    ),
    Column(
        "needs_you",
        gettext_noop("Needs you"),
        gettext_noop("Nothing waits for you. Failed, late and unclear posts appear here."),
        Post,
        "scheduled_at",
        [
            Q(status=Status.FAILED),
            Q(status=Status.UNCONFIRMED),
            Q(status=Status.AWAITING_CREATOR),
            Q(status=Status.QUEUED, hold__in=PARKED),
            Q(status=Status.PUBLISHING, hold=Hold.CONNECTOR),
        ],
        newest_first=True,
    ),
    Column(
        "live",
        gettext_noop("Live"),
        gettext_noop("Published posts appear here, with their link."),
        Post,
        "published_at",
        [Q(status=Status.PUBLISHED)],
        newest_first=True,
    ),
)
BY_SLUG: Mapping[str, Column] = {column.slug: column for column in COLUMNS}


@dataclass
class Card:
    """One card: a version, with the post it is about where there is one."""

    version: Version
    post: Post | None = None
    column: str = ""
    numbers: Metric | None = None  # the last ones that were read

    @property
    def motion(self) -> str:
        """How the card keeps itself fresh: the value of hx-trigger, "" when it stands still."""
        return motion(self.post) if self.post else ""

    @cached_property
    def chip(self) -> Chip:
        return chip(self.post) if self.post else version_chip(self.version)

    @cached_property
    def audience(self) -> Chip | None:
        return audience(self.post) if self.post else None

    @cached_property
    def progress(self) -> Progress | None:
        return progress(self.post) if self.post else None

    @cached_property
    def note(self) -> str:
        """One more line where somebody has to know why: a reason, the step under way, a warning ahead of time."""
        if self.post is None or self.post.status == Status.PUBLISHED:
            return ""
        if self.post.status == Status.SCHEDULED:
            by_api = self.post.way == Way.API
            return (self.post.connector.problem(self.post.scheduled_at) if by_api else "") or problem(self.post)
        return self.chip.detail

    @property
    def owner(self) -> str:
        """Whose turn it was: who scheduled the post, or who made the content. A first name."""
        person = self.post.by if self.post else self.version.asset.creator
        return person.get_short_name() if person else ""


@dataclass
class Shown:
    """One column as shown."""

    column: Column
    count: int
    cards: list[Card] = field(default_factory=list)
    more: UUID | None = None  # the last card's row, when there are more behind it

    @property
    def counted(self) -> str:
        return f"{COUNTED - 1}+" if self.count >= COUNTED else str(self.count)


def load(
    workspace: Workspace, filters: Filters, *, columns: Iterable[Column] = COLUMNS, after: UUID | None = None
) -> list[Shown]:
    """These columns with the cards of their (next) page. `after`: the row that the page before ended with."""
    keys = _keys(list(columns), workspace, filters, after)
    shown = {slug: pks[:PAGE] for slug, pks in keys.items()}
    cards = _cards(shown)
    return [
        Shown(
            BY_SLUG[slug], len(pks), [cards[pk] for pk in shown[slug] if pk in cards],
            more=pks[PAGE - 1] if len(pks) > PAGE else None,
        )
        for slug, pks in keys.items()
    ]  # fmt: skip


def _keys(
    columns: Sequence[Column], workspace: Workspace, filters: Filters, after: UUID | None
) -> dict[str, list[UUID]]:
    """The first ids of each column, all in one statement: every leg walks its own index."""
    walks = [
        walk for column in columns for walk in column.walks(workspace, filters, _row(column, workspace, after), COUNTED)
    ]
    found: dict[str, list[tuple[datetime | None, UUID]]] = {column.slug: [] for column in columns}
    for slug, moment, pk in walks[0].union(*walks[1:], all=True) if len(walks) > 1 else walks[0]:
        found[slug].append((moment, pk))
    return {column.slug: column.sort(found[column.slug], COUNTED) for column in columns}


def _row(column: Column, workspace: Workspace, pk: UUID | None) -> Model | None:
    """Where the page before ended. A row that is gone or another workspace's starts from the beginning."""
    return column.model._default_manager.filter(pk=pk, workspace=workspace).first() if pk else None


def _cards(shown: Mapping[str, Sequence[UUID]]) -> dict[UUID, Card]:
    """Every card of every column: the versions in one go, the posts in another."""
    cards: dict[UUID, Card] = {}
    slugs = {pk: slug for slug, pks in shown.items() for pk in pks}
    versions = [pk for pk, slug in slugs.items() if BY_SLUG[slug].model is Version]
    posts = [pk for pk, slug in slugs.items() if BY_SLUG[slug].model is Post]
    bare = Version.objects.with_parts().prefetch_related(None)
    for version in bare.filter(pk__in=versions) if versions else ():
        cards[version.pk] = Card(version, None, slugs[version.pk])
    bare_posts = Post.objects.with_parts().prefetch_related(None)
    found = list(marked(bare_posts.filter(pk__in=posts))) if posts else []
    numbers = newest(post for post in found if post.status == Status.PUBLISHED)
    for post in found:
        cards[post.pk] = Card(post.version, post, slugs[post.pk], numbers.get(post.pk))
    items = VersionMedia.objects.select_related("media").order_by("position")
    prefetch_related_objects([card.version for card in cards.values()], Prefetch("items", items))
    return cards


# --- Cards in motion -------------------------------------------------------------------------------------------------


def column_of(post: Post) -> str:
    """The column in which this post stands; "" for a canceled one."""
    parked = post.hold in PARKED and post.status == Status.QUEUED
    if parked or (post.status == Status.PUBLISHING and post.hold == Hold.CONNECTOR):
        return "needs_you"
    places: dict[str, str] = {
        Status.PUBLISHED: "live",
        Status.CANCELED: "",
        Status.SCHEDULED: "scheduled",
        Status.QUEUED: "scheduled",
        Status.PUBLISHING: "scheduled",
    }
    return places.get(post.status, "needs_you")


AT_ONCE, SOON = 1, 5  # seconds between two looks
NEAR = timedelta(minutes=2)
AHEAD = timedelta(hours=12)  # a board is not left open longer without a reload


def motion(post: Post, now: datetime | None = None) -> str:
    """When the card should ask again, as an htmx trigger: every second while it moves, once when its moment comes.

    "" for a post that stands still: nobody polls what only a person can move.
    """
    now = now or timezone.now()
    if column_of(post) in ("", "needs_you") and not (post.status == Status.UNCONFIRMED and post.due_at):
        return ""
    if post.status == Status.PUBLISHED:
        return f"every {SOON}s" if post.due_at else ""  # its link is still being fetched
    if post.status == Status.PUBLISHING or (post.status == Status.QUEUED and post.hold == Hold.NONE):
        return f"every {AT_ONCE}s"
    return _waiting(post.due_at, now)


def _waiting(due: datetime | None, now: datetime) -> str:
    if due is None or due - now > AHEAD:
        return ""
    if due - now <= NEAR:
        return f"every {AT_ONCE if due - now < timedelta(seconds=5) else SOON}s"
    return f"load delay:{int((due - now - NEAR).total_seconds()) + 1}s"


def changed(*slugs: str) -> list[str]:
    """The events that make these columns of an open board load themselves again."""
    return [f"column-{slug}" for slug in slugs if slug]
