"""What a reviewer wants made anew goes to the studio that made it; where a person did, it is that person's task.

The job is part of the decision's transaction, and begins when the decision can no longer be undone.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from django.db.models import Exists, OuterRef
from django.utils import timezone
from django.utils.translation import gettext as _

from approvals.states import SLACK, UNDO, IllegalMove
from approvals.studios import states
from approvals.studios.models import Studio, StudioJob, StudioJobQuerySet
from approvals.studios.states import JobStatus, Lost
from approvals.studios.waking import wake
from collavo.accounts.models import Membership, User
from collavo.timeline.models import record

if TYPE_CHECKING:
    from approvals.models import Review, Version


def studio_of(version: Version) -> Studio | None:
    """The studio that made this version and still takes jobs; None where a person made it."""
    pk = version.asset.studio_id
    return Studio.objects.active().without_secrets().filter(pk=pk).first() if pk else None


def ask(version: Version, review: Review) -> StudioJob | None:
    """Have its studio make it anew, by the feedback and pins of this decision. None: its creator has to."""
    studio = studio_of(version)
    if studio is None:
        return None
    asker = review.link.created_by if review.link else review.by
    _call_off(version, asker)
    before = StudioJob.objects.filter(result=version).first()
    job = StudioJob.objects.create(
        workspace_id=version.workspace_id, case_id=version.case_id, asset=version.asset, source=version, studio=studio,
        recipe=studio.kind, options=before.options if before else {}, prompt=before.prompt if before else "",
        feedback=review.feedback, review=review, requested_by=asker, due_at=_begins(review),
    )  # fmt: skip
    record(job, "asked", by=asker or studio.name, text=studio.name, recipe=job.recipe, source=str(version.pk))
    wake(job)
    return job


def _begins(review: Review) -> datetime:
    """When it can no longer be undone. Who decides by a link has no undo."""
    return timezone.now() if review.link_id else timezone.now() + UNDO + SLACK


def _call_off(version: Version, by: User | None) -> None:
    """What the studio was asked for before knows nothing of the feedback."""
    for job in StudioJob.objects.open().for_pages().filter(source=version, studio=version.asset.studio_id):
        try:
            states.move(job, JobStatus.CANCELED, by=by or job.maker)
        except Lost as e:
            raise IllegalMove(_("The studio has just moved on with this version. Look again, then decide.")) from e


def withdraw(version: Version, *, by: Membership) -> None:
    """The decision is taken back: its job goes. Raises IllegalMove with a sentence when the studio has it already."""
    for job in asked_for(version).for_pages():
        if job.status != JobStatus.QUEUED or job.sent_at:
            raise IllegalMove(_sent(job))
        try:
            states.move(job, JobStatus.CANCELED, by=by.user)
        except Lost as e:
            raise IllegalMove(_sent(job)) from e


def _sent(job: StudioJob) -> str:
    return _("%(studio)s is at work on it already. Cancel its job first, or wait for the next round.") % {
        "studio": job.maker
    }


def asked_for(version: Version) -> StudioJobQuerySet:
    """The open job that the decision about this version has made, if any."""
    return StudioJob.objects.open().filter(source=version, review__isnull=False)


def at_work() -> Exists:
    """On Version: whether a studio makes it anew."""
    return Exists(StudioJob.objects.open().filter(source=OuterRef("pk"), review__isnull=False))
