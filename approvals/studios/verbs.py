"""What people do with studios: have something made, call it off, ask for it again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from approvals.hooks import followed
from approvals.states import IllegalMove
from approvals.studios import states
from approvals.studios.fixes import Fix
from approvals.studios.models import Studio, StudioJob
from approvals.studios.recipes import PLACES, find, making_of
from approvals.studios.states import JobStatus, Lost
from approvals.studios.waking import wake
from collavo.accounts.models import Ability, Membership
from collavo.timeline.models import record
from connectors.platforms.base import Json

if TYPE_CHECKING:
    from approvals.models import Review, Version

LONGEST_PROMPT = 4000


def start(
    version: Version, recipe: str, *, by: Membership, options: Mapping[str, Json] | None = None,
    studio: Studio | None = None, prompt: str = "", feedback: str = "",
) -> StudioJob:  # fmt: skip
    """Have a new version made of this one. A second press finds the job of the first.

    Raises PermissionDenied or IllegalMove with a sentence. `studio` None: the format studio, whose recipes say which
    `options` there are. The task that begins it is queued in the same transaction.
    """
    by.require(Ability.CREATE, at=version.workspace_id)
    said = dict(options or {})
    if studio is None:
        said = _settings(version, recipe, said)
    elif not studio.takes([item.media.kind for item in version.ordered_items()]):
        raise IllegalMove(_("%(name)s cannot start from these files. Choose another studio.") % {"name": studio.name})
    return _begin(version, recipe, said, by=by, studio=studio, prompt=prompt, feedback=feedback)


def mend(version: Version, fix: Fix, *, by: Membership, place: str = "") -> StudioJob:
    """Have made what `fix` offers. The same promises as `start`."""
    by.require(Ability.CREATE, at=version.workspace_id)
    place = place or default_place(version)
    options: dict[str, Json] = {"making": dict(fix.making.stored), "place": place, "will_be": fix.will_be}
    return _begin(version, fix.recipe, options, by=by)


def default_place(version: Version) -> str:
    """Where the new content belongs unless somebody says so: never in the place of something that is on its way."""
    return "asset" if version.approved and followed(version) else "round"


def _settings(version: Version, recipe: str, said: Mapping[str, Json]) -> dict[str, Json]:
    content = version.content()
    options = find(recipe, content).clean(content, said)
    making_of(recipe, options, content)  # refuses what the settings cannot say by themselves
    place = str(said.get("place") or default_place(version))
    if place not in PLACES:
        raise IllegalMove(_("Choose whether it is the next round of this asset, or an asset of its own."))
    return {**options, "place": place}


def _begin(
    version: Version, recipe: str, options: dict[str, Json], *, by: Membership, studio: Studio | None = None,
    prompt: str = "", feedback: str = "", review: Review | None = None,
) -> StudioJob:  # fmt: skip
    if version.asset.discarded:
        raise IllegalMove(_("This asset is discarded. Bring it back first."))
    if studio and (studio.workspace_id != version.workspace_id or not studio.active):
        raise IllegalMove(_("This studio is switched off. Choose another one."))
    if len(prompt) > LONGEST_PROMPT:
        raise IllegalMove(_("A prompt has at most %(most)s characters. Shorten it.") % {"most": LONGEST_PROMPT})
    wanted = StudioJob(
        workspace_id=version.workspace_id, case_id=version.case_id, asset=version.asset, source=version, studio=studio,
        recipe=recipe, options=options, prompt=prompt, feedback=feedback, review=review, requested_by=by.user,
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
            wake(job)
    except IntegrityError as e:
        if "one_open_job_per_recipe" not in str(e):
            raise
        return None
    return job


def _already(wanted: StudioJob) -> StudioJob:
    same = StudioJob.objects.open().filter(source=wanted.source, studio=wanted.studio, recipe=wanted.recipe).first()
    if same is None:
        raise IllegalMove(_("The one before has just ended. Look at it, and ask again if you want another."))
    if (same.options, same.prompt, same.feedback) != (wanted.options, wanted.prompt, wanted.feedback):
        raise IllegalMove(_("This is being made already, with other settings. Cancel that job first, or wait for it."))
    return same


def cancel(job: StudioJob, *, by: Membership) -> None:
    """Nothing is made any more. Raises IllegalMove when it has ended meanwhile."""
    by.require(Ability.CREATE, at=job.workspace_id)
    fresh = StudioJob.objects.for_pages().get(pk=job.pk)
    try:
        states.move(fresh, JobStatus.CANCELED, by=by.user)
    except Lost as e:
        raise IllegalMove(_("This job has ended meanwhile or has just moved on. Look again.")) from e
    job.refresh_from_db()


def again(job: StudioJob, *, by: Membership) -> StudioJob:
    """The same asked for once more: another job, for what the first one says stays true."""
    by.require(Ability.CREATE, at=job.workspace_id)
    if job.is_open or job.status == JobStatus.DONE:
        raise IllegalMove(_("Only a job that ended without a version can be tried again."))
    return _begin(
        job.source, job.recipe, job.options, by=by, studio=job.studio, prompt=job.prompt, feedback=job.feedback,
        review=job.review,
    )  # fmt: skip
