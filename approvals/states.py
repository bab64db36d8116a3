"""The one place that writes a version's status: the graph as data, and moves that only one caller can win."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from collavo.accounts.models import Membership, User
from collavo.timeline.models import Event, line, record, record_many
from collavo.timeline.notices import settle

if TYPE_CHECKING:
    from approvals.conversation import ReviewLink
    from approvals.models import Decision, Review, Version
    from approvals.pins import Pin

ASKED = "review:"  # how the keys of notices begin that ask for a decision …
TOLD = "decided:"  # … and of those that tell one
LINE = 500  # characters of a line of history


class IllegalMove(Exception):
    """str(error) is a sentence for the person who asked."""


class VersionStatus(models.TextChoices):
    IN_REVIEW = "in_review", gettext_lazy("In review")
    APPROVED = "approved", gettext_lazy("Approved")
    REGENERATING = "regenerating", gettext_lazy("Regenerating")
    REJECTED = "rejected", gettext_lazy("Rejected")
    SUPERSEDED = "superseded", gettext_lazy("Superseded")


S = VersionStatus
MOVES: dict[VersionStatus, set[VersionStatus]] = {
    S.IN_REVIEW: {S.APPROVED, S.REGENERATING, S.REJECTED, S.SUPERSEDED},
    S.REGENERATING: {S.SUPERSEDED, S.IN_REVIEW},  # back into review by `undo` alone
    S.REJECTED: {S.SUPERSEDED, S.IN_REVIEW},
    S.APPROVED: {S.SUPERSEDED, S.IN_REVIEW},
    S.SUPERSEDED: set(),
}
UNDO = timedelta(seconds=10)  # that a decision can be taken back, as the button says …
SLACK = timedelta(seconds=5)  # … and that pressing it may take to arrive
OUTCOME: dict[str, VersionStatus] = {"accept": S.APPROVED, "regenerate": S.REGENERATING, "reject": S.REJECTED}


def move(version: Version, to: VersionStatus, **changes: Any) -> None:
    """Move one version, or raise. Of two callers with the same copy, one wins."""
    old = VersionStatus(version.status)
    if to not in MOVES[old]:
        raise IllegalMove(
            _("This version is %(status)s; it cannot become %(other)s.")
            % {"status": old.label.lower(), "other": to.label.lower()}
        )
    changes["status"] = to
    if not version.fresh:  # what is not written yet nobody else can move
        _outrun(version, old, **changes)
    for name, value in changes.items():
        setattr(version, name, value)
    version.edition += 1


def _outrun(version: Version, old: VersionStatus, **changes: Any) -> None:
    unmoved = type(version).objects.filter(pk=version.pk, status=old)
    if unmoved.update(**changes, edition=models.F("edition") + 1) != 1:
        raise IllegalMove(_("Somebody else has decided about this version meanwhile. Look again before you decide."))


def decide(
    version: Version,
    decision: Decision,
    *,
    by: Membership | ReviewLink,
    feedback: str,
    pins: Sequence[Pin] = (),
    **changes: Any,
) -> Review:
    """One decision: the move, its Review and its line of history, all or nothing."""
    from approvals.models import Review
    from approvals.pins import stored  # which raises IllegalMove itself

    member = by if isinstance(by, Membership) else None
    link = by if not isinstance(by, Membership) else None
    changes |= {"decided_at": timezone.now()}
    review = Review(
        version=version, decision=decision, feedback=feedback, by=member.user if member else None, link=link,
        pins=stored(pins),
    )  # fmt: skip

    def told() -> Event:
        return line(
            version, OUTCOME[decision], by=member.user if member else str(link and link.signature),
            text=feedback or "; ".join(pin.text for pin in pins if pin.text), round=version.round, seal=version.seal,
            **_answered_for(link), **said_in_full(feedback, pins),
        )  # fmt: skip

    if version.fresh:  # nobody else has seen it: nobody was asked
        move(version, OUTCOME[decision], **changes)
        version.fresh.add(review, told())
        return review
    with transaction.atomic():
        move(version, OUTCOME[decision], **changes)
        record_many([told()], beside=[review])
        settle(version.pk, matter=ASKED)
    return review


def said_in_full(words: str, pins: Sequence[Pin]) -> dict[str, Any]:
    """What a line of history says beside its text: pins, and words that are longer than the text may be."""
    from approvals.pins import stored

    long = {"words": words} if len(words) > LINE else {}
    return {**long, **({"pins": stored(pins)} if pins else {})}


def _answered_for(link: ReviewLink | None) -> dict[str, str]:
    """Of a decision by link: which link, and who made it."""
    return {"link": str(link.pk), "made_by": str(link.created_by or "")} if link else {}


def undo(version: Version, *, by: Membership) -> Review:
    """Take back the decision that this person has just made. The lines of both stay in the history."""
    from approvals.hooks import followed
    from approvals.studios.regenerating import withdraw

    with transaction.atomic():
        fresh = type(version).objects.select_for_update(of=("self",)).get(pk=version.pk)
        review = fresh.reviews.standing().filter(by=by.user).order_by("-at").first()
        if review is None or not fresh.current or fresh.status != OUTCOME[review.decision]:
            raise IllegalMove(_("There is nothing of yours to undo here: it was changed meanwhile."))
        if timezone.now() > review.at + UNDO + SLACK:
            raise IllegalMove(
                _("A decision can be undone for %(seconds)s seconds. Send in a new round instead.")
                % {"seconds": UNDO.seconds}
            )
        if why := followed(fresh):
            raise IllegalMove(why)
        withdraw(fresh, by=by)
        move(fresh, S.IN_REVIEW, decided_at=None, seal="", unplaced=False)
        review.undone_at = timezone.now()
        review.save(update_fields=["undone_at"])
        record(fresh, "undone", by=by.user, round=fresh.round, decision=review.decision)
        settle(fresh.pk, matter=TOLD)
    version.refresh_from_db(fields=["status", "seal", "unplaced", "decided_at", "edition"])
    return review


def supersede(version: Version, *, by: User | str) -> None:
    """A newer version takes this one's place."""
    with transaction.atomic():
        move(version, VersionStatus.SUPERSEDED, current=False, unplaced=False)
        record(version, "superseded", by=by, round=version.round)
        settle(version.pk, matter=ASKED)
