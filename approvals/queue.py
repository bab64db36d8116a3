"""The order in which versions are reviewed: by slot, those without one at the end. No page counts or skips rows."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from django.db.models import Q
from django.utils import timezone

from approvals.models import Version, VersionQuerySet
from approvals.states import VersionStatus
from collavo.accounts.models import Membership, Workspace

PAGE = 40
MOST = 99  # counted no further: "99+"


def waiting(workspace: Workspace) -> VersionQuerySet:
    """In review, the next slot first (PostgreSQL puts those without a slot last)."""
    return Version.objects.in_review().filter(workspace=workspace).order_by("planned_at", "id")


def page(workspace: Workspace, *, after: Version | None = None, count: int = PAGE) -> list[Version]:
    """The next `count` versions after one of them (from the start when None), with their parts."""
    rows = waiting(workspace).with_parts()
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


def following(version: Version) -> Version | None:
    """What to look at after this one: the next in the queue, at its end the first again."""
    rows = waiting(version.workspace)
    found = _after(rows, version, 1) or list(rows[:1])
    return found[0] if found and found[0].pk != version.pk else None


def preceding(version: Version) -> Version | None:
    """The one before this in the queue; None at its start."""
    rows = Version.objects.in_review().filter(workspace_id=version.workspace_id)
    dated = rows.filter(planned_at__isnull=False).order_by("-planned_at", "-id")
    if version.planned_at is None:
        undated = rows.filter(planned_at=None, id__lt=version.pk).order_by("-id")
        return undated.first() or dated.first()
    at = version.planned_at
    return dated.filter(Q(planned_at__lt=at) | Q(planned_at=at, id__lt=version.pk), planned_at__lte=at).first()


def summary(workspace: Workspace) -> str:
    """How much waits, in words: "12 to review, 3 due today". "" for an empty queue."""
    rows = waiting(workspace)
    total = rows[: MOST + 1].count()
    if not total:
        return ""
    due = rows.filter(planned_at__lt=_end_of_day(workspace))[: MOST + 1].count()
    return f"{_capped(total)} to review" + (f", {_capped(due)} due today" if due else "")


def asked_of(member: Membership, count: int = 20) -> list[Version]:
    """Versions of this person's assets that somebody wants changed, the next slot first."""
    rows = Version.objects.filter(workspace=member.workspace, status=VersionStatus.REGENERATING, current=True)
    mine = rows.filter(asset__creator=member.user_id, asset__discarded_at=None)
    return list(mine.with_parts().prefetch_related("reviews__by").order_by("planned_at", "id")[:count])


def _capped(count: int) -> str:
    return f"{MOST}+" if count > MOST else str(count)


def _end_of_day(workspace: Workspace) -> datetime:
    today = timezone.localtime(timezone=workspace.zone).date()
    return datetime.combine(today + timedelta(days=1), time.min, workspace.zone)
