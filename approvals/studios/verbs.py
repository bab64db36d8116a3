"""What people do with studios: have something made, call it off, ask for it again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django_q.tasks import async_task

from approvals.states import IllegalMove
from approvals.studios import states
from approvals.studios.models import Studio, StudioJob
from approvals.studios.states import JobStatus, Lost
from collavo.accounts.models import Ability, Membership
from collavo.timeline.models import record
from connectors.platforms.base import Json

if TYPE_CHECKING:
    from approvals.models import Version

TASK = "approvals.studios.tasks.begin"
LONGEST_PROMPT = 4000


def start(
    version: Version, recipe: str, *, by: Membership, options: Mapping[str, Json] | None = None,
    studio: Studio | None = None, prompt: str = "", feedback: str = "",
) -> StudioJob:  # fmt: skip
    """Have a new version made of this one. A second press finds the job of the first.

    Raises PermissionDenied or IllegalMove with a sentence. `studio` None: the format studio. The task that begins it
    is queued in the same transaction.
    """
    _require(version.workspace_id, by)
    if version.asset.discarded:
        raise IllegalMove("This asset is discarded. Bring it back first.")
    if studio and (studio.workspace_id != version.workspace_id or not studio.active):
        raise IllegalMove("This studio is switched off. Choose another one.")
    if len(prompt) > LONGEST_PROMPT:
        raise IllegalMove(f"A prompt has at most {LONGEST_PROMPT} characters. Shorten it.")
    wanted = StudioJob(
        workspace_id=version.workspace_id, case_id=version.case_id, asset=version.asset, source=version, studio=studio,
        recipe=recipe, options=dict(options or {}), prompt=prompt, feedback=feedback, requested_by=by.user,
    )  # fmt: skip
    return _created(wanted) or _already(wanted)


def _created(job: StudioJob) -> StudioJob | None:
    """Kept, with its line and its task, or None when one like it is under way."""
    try:
        with transaction.atomic():
            job.save(force_insert=True)
            record(
                job, "asked", by=job.requested_by or "", text=job.maker, recipe=job.recipe, source=str(job.source_id)
            )
            async_task(TASK, str(job.pk))
    except IntegrityError as e:
        if "one_open_job_per_recipe" not in str(e):
            raise
        return None
    return job


def _already(wanted: StudioJob) -> StudioJob:
    same = StudioJob.objects.open().filter(source=wanted.source, studio=wanted.studio, recipe=wanted.recipe).first()
    if same is None:
        raise IllegalMove("The one before has just ended. Look at it, and ask again if you want another.")
    if (same.options, same.prompt, same.feedback) != (wanted.options, wanted.prompt, wanted.feedback):
        raise IllegalMove("This is being made already, with other settings. Cancel that job first, or wait for it.")
    return same


def cancel(job: StudioJob, *, by: Membership) -> None:
    """Nothing is made any more. Raises IllegalMove when it has ended meanwhile."""
    _require(job.workspace_id, by)
    fresh = StudioJob.objects.for_pages().get(pk=job.pk)
    try:
        states.move(fresh, JobStatus.CANCELED, by=by.user)
    except Lost as e:
        raise IllegalMove("This job has ended meanwhile or has just moved on. Look again.") from e
    job.refresh_from_db()


def again(job: StudioJob, *, by: Membership) -> StudioJob:
    """The same asked for once more: another job, for what the first one says stays true."""
    _require(job.workspace_id, by)
    if job.is_open or job.status == JobStatus.DONE:
        raise IllegalMove("Only a job that ended without a version can be tried again.")
    return start(
        job.source, job.recipe, by=by, options=job.options, studio=job.studio, prompt=job.prompt,
        feedback=job.feedback,
    )  # fmt: skip


def _require(workspace_id: object, by: Membership) -> None:
    by.require(Ability.CREATE)
    if by.workspace_id != workspace_id:
        raise PermissionDenied("This belongs to another workspace.")
