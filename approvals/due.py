"""Until when to decide about a version, who is reminded of it, and who is told when nobody has."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.utils import timezone

if TYPE_CHECKING:
    from approvals.models import Version

DAY = timedelta(hours=24)


def of(version: Version) -> datetime | None:
    """As set by hand; else the workspace's lead before the slot. None where there is no slot.

    Content that comes in late leaves its reviewer a day, but never longer than the slot.
    """
    if version.review_due_at or version.planned_at is None:
        return version.review_due_at
    lead = timedelta(hours=version.workspace.review_lead_hours)
    came = version.submitted_at
    return max(version.planned_at - lead, min(came + DAY, max(version.planned_at, came)))


def remind_at(version: Version) -> datetime:
    """When those who may decide are reminded: a day after it came in, or when it is due, if that is sooner."""
    waited, due = version.submitted_at + DAY, of(version)
    return min(waited, due) if due else waited


def escalate_at(version: Version) -> datetime:
    """When the managers are told: when it is due, and where that was the reminder's moment, a day later."""
    due, reminded = of(version), remind_at(version)
    return due if due and due > reminded else reminded + DAY


def overdue(version: Version) -> bool:
    due = of(version)
    return version.in_review and due is not None and due <= timezone.now()
