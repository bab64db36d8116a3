"""The order in which versions are reviewed: by slot, those without one at the end. No page counts or skips rows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from urllib.parse import urlencode
from uuid import UUID

from django.db.models import Prefetch, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from approvals.models import Review, Version, VersionQuerySet
from approvals.search import matching
from approvals.states import VersionStatus
from approvals.studios.regenerating import at_work
from collavo.accounts.models import Ability, Membership, Workspace

PAGE = 30
STANDING = Prefetch("reviews", Review.objects.standing().with_people())
MOST = 99  # counted no further: "99+"


@dataclass(frozen=True)
class Narrowed:
    """What the queue is narrowed to. Part of its address, so that what comes next is the next of these."""

    q: str = ""
    channel: str = ""
    creator: UUID | None = None

    @property
    def any(self) -> bool:
        return bool(self.q or self.channel or self.creator)

    @property
    def query(self) -> str:
        """As part of an address: "?q=linen", "" for everything."""
        said = {"q": self.q, "channel": self.channel, "creator": str(self.creator or "")}
        kept = urlencode({name: value for name, value in said.items() if value})
        return f"?{kept}" if kept else ""

    def rows(self) -> Q:
        """On Version."""
        narrowed = matching(self.q)
        if self.channel:
            narrowed &= Q(asset__slot__channel=self.channel)
        return narrowed & Q(asset__creator=self.creator) if self.creator else narrowed


EVERYTHING = Narrowed()


def waiting(workspace: Workspace, narrowed: Narrowed = EVERYTHING) -> VersionQuerySet:
    """In review, the next slot first (PostgreSQL puts those without a slot last)."""
    rows = Version.objects.in_review().filter(narrowed.rows(), workspace=workspace)
    return rows.order_by("planned_at", "id")


def page(
    workspace: Workspace, *, after: Version | None = None, count: int = PAGE, narrowed: Narrowed = EVERYTHING
) -> list[Version]:
    """The next `count` versions after one of them (from the start when None), with their parts."""
    rows = waiting(workspace, narrowed).with_parts()
    return list(rows[:count]) if after is None else _after(rows, after, count)


def _after(rows: VersionQuerySet, after: Version, count: int) -> list[Version]:
    """Dates first, then those without one: two short walks along the index instead of one over everything."""
    undated = rows.filter(planned_at=None)
    if after.planned_at is None:
        return list(undated.filter(id__gt=after.pk)[:count])
    at = after.planned_at
    later = rows.filter(Q(planned_at__gt=at) | Q(planned_at=at, id__gt=after.pk), planned_at__gte=at)
    found = list(later[:count])
    return found + list(undated[: count - len(found)]) if len(found) < count else found


def following(version: Version, narrowed: Narrowed = EVERYTHING) -> Version | None:
    """What to look at after this one: the next in the queue, at its end the first again."""
    rows = waiting(version.workspace, narrowed)
    found = _after(rows, version, 1) or list(rows[:1])
    return found[0] if found and found[0].pk != version.pk else None


def preceding(version: Version, narrowed: Narrowed = EVERYTHING) -> Version | None:
    """The one before this in the queue; None at its start."""
    rows = Version.objects.in_review().filter(narrowed.rows(), workspace_id=version.workspace_id)
    dated = rows.filter(planned_at__isnull=False).order_by("-planned_at", "-id")
    if version.planned_at is None:
        undated = rows.filter(planned_at=None, id__lt=version.pk).order_by("-id")
        return undated.first() or dated.first()
    at = version.planned_at
    return dated.filter(Q(planned_at__lt=at) | Q(planned_at=at, id__lt=version.pk), planned_at__lte=at).first()


def around(version: Version, rows: list[Version], narrowed: Narrowed) -> tuple[Version | None, Version | None]:
    """The one before and the one after, from the rows on the page where they stand there: no query then."""
    places = {row.pk: place for place, row in enumerate(rows)}
    place = places.get(version.pk)
    if place is None:
        return preceding(version, narrowed), following(version, narrowed)
    before = rows[place - 1] if place else None
    return before, rows[place + 1] if place + 1 < len(rows) else following(version, narrowed)


def counted(member: Membership, narrowed: Narrowed = EVERYTHING) -> str:
    """`summary`, and for the rail how much waits for this person, in the same query."""
    moments = _moments(member.workspace, narrowed)
    if member.can(Ability.REVIEW) and not narrowed.any:
        member.waiting = len(moments)
    return _said(moments, member.workspace)


def summary(workspace: Workspace, narrowed: Narrowed = EVERYTHING) -> str:
    """How much waits, in words: "12 to review, 3 due today". "" for an empty queue. One query, of a hundred rows."""
    return _said(_moments(workspace, narrowed), workspace)


def _moments(workspace: Workspace, narrowed: Narrowed) -> list[datetime | None]:
    return list(waiting(workspace, narrowed).values_list("planned_at", flat=True)[: MOST + 1])


def _said(moments: list[datetime | None], workspace: Workspace) -> str:
    if not moments:
        return ""
    ends = _end_of_day(workspace)
    due = sum(1 for at in moments if at and at < ends)
    if not due:
        return _("%(count)s to review") % {"count": _capped(len(moments))}
    return _("%(count)s to review, %(due)s due today") % {"count": _capped(len(moments)), "due": _capped(due)}


def asked_of(member: Membership, count: int = 20) -> list[Version]:
    """What somebody wants this person to make anew, the next slot first: their assets, and nobody's that they sent in.

    What a studio is at work on is no task of theirs, until it could not do it.
    """
    rows = Version.objects.filter(workspace=member.workspace, status=VersionStatus.REGENERATING, current=True)
    theirs = Q(asset__creator=member.user_id) | Q(asset__creator=None, submitted_by=member.user_id)
    mine = rows.filter(theirs, ~Q(at_work()), asset__discarded_at=None)
    return list(mine.with_parts().prefetch_related(STANDING).order_by("planned_at", "id")[:count])


def _capped(count: int) -> str:
    return f"{MOST}+" if count > MOST else str(count)


def _end_of_day(workspace: Workspace) -> datetime:
    today = timezone.localtime(timezone=workspace.zone).date()
    return datetime.combine(today + timedelta(days=1), time.min, workspace.zone)
