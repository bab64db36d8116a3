"""The one place that writes a version's status: the graph as data, and moves that only one caller can win."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import models, transaction
from django.utils import timezone

from collavo.accounts.models import User
from collavo.timeline.models import record

if TYPE_CHECKING:
    from approvals.models import Decision, Review, Version


class IllegalMove(Exception):
    """str(error) is a sentence for the person who asked."""


class VersionStatus(models.TextChoices):
    IN_REVIEW = "in_review", "In review"
    APPROVED = "approved", "Approved"
    REGENERATING = "regenerating", "Regenerating"
    REJECTED = "rejected", "Rejected"
    SUPERSEDED = "superseded", "Superseded"


S = VersionStatus
MOVES: dict[VersionStatus, set[VersionStatus]] = {
    S.IN_REVIEW: {S.APPROVED, S.REGENERATING, S.REJECTED, S.SUPERSEDED},
    S.REGENERATING: {S.SUPERSEDED},
    S.REJECTED: {S.SUPERSEDED},
    S.APPROVED: {S.SUPERSEDED},
    S.SUPERSEDED: set(),
}
OUTCOME: dict[str, VersionStatus] = {"accept": S.APPROVED, "regenerate": S.REGENERATING, "reject": S.REJECTED}


def move(version: Version, to: VersionStatus, **changes: Any) -> None:
    """Move one version, or raise. Of two callers with the same copy, one wins."""
    old = VersionStatus(version.status)
    if to not in MOVES[old]:
        raise IllegalMove(f"This version is {old.label.lower()}; it cannot become {to.label.lower()}.")
    changes["status"] = to
    unmoved = type(version).objects.filter(pk=version.pk, status=old)
    if unmoved.update(**changes) != 1:
        raise IllegalMove("Somebody else has decided about this version meanwhile. Look again before you decide.")
    for name, value in changes.items():
        setattr(version, name, value)


def decide(version: Version, decision: Decision, *, by: User, feedback: str, **changes: Any) -> Review:
    """One decision: the move, its Review and its line of history, all or nothing."""
    with transaction.atomic():
        move(version, OUTCOME[decision], decided_at=timezone.now(), **changes)
        review = version.reviews.create(decision=decision, feedback=feedback, by=by)
        record(version, OUTCOME[decision], by=by, text=feedback, round=version.round, seal=version.seal)
    return review


def supersede(version: Version, *, by: User) -> None:
    """A newer version takes this one's place."""
    with transaction.atomic():
        move(version, VersionStatus.SUPERSEDED, current=False, unplaced=False)
        record(version, "superseded", by=by, round=version.round)
