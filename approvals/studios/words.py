"""What people read about a job: its name, its state, how far it is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from approvals.studios.models import StudioJob
from approvals.studios.recipes import FIT, label_of
from approvals.studios.states import JobStatus

S = JobStatus
LOOKS: dict[str, tuple[str, str]] = {
    S.QUEUED: ("wait", "clock"), S.RUNNING: ("go", "refresh"), S.WAITING: ("wait", "clock"), S.DONE: ("ok", "check"),
    S.FAILED: ("bad", "warn"), S.TIMED_OUT: ("bad", "clock"), S.CANCELED: ("", "x"),
}  # fmt: skip


@dataclass(frozen=True)
class Chip:
    kind: str
    icon: str
    text: str


def chip(job: StudioJob) -> Chip:
    kind, icon = LOOKS.get(job.status, ("", ""))
    return Chip(kind, icon, job.get_status_display())


def name(job: StudioJob) -> str:
    """What is made, for people."""
    if job.recipe.startswith(FIT) and (will_be := job.options.get("will_be")):
        return str(will_be)[:1].upper() + str(will_be)[1:]
    if job.studio_id and job.studio:
        return _("%(kind)s by %(studio)s") % {"kind": job.studio.get_kind_display(), "studio": job.studio.name}
    return label_of(job.recipe) or job.recipe


def sentence(job: StudioJob) -> str:
    """What is happening, or what happened and what can be done."""
    if job.error and not job.is_open:
        return job.error
    if job.studio_id and job.is_open and (words := _outside(job)):
        return words
    said = {
        S.QUEUED: _("It begins in a moment."),
        S.RUNNING: _("It is being made. You can leave this page: you are told when it is ready."),
        S.WAITING: _("%(studio)s has it. You can leave this page: you are told when it is ready."),
        S.DONE: _("It is in review."),
        S.CANCELED: _("It was called off. Nothing was made."),
    }
    return said.get(JobStatus(job.status), "") % {"studio": job.maker}


def _outside(job: StudioJob) -> str:
    """Where a studio outside has it, or has not yet."""
    said = {"studio": job.maker, "error": job.error}
    if job.delivered:
        done = _("%(studio)s is done. What it made is being fetched.") % said
        return f"{done} {job.error}".strip()
    if job.status == S.QUEUED and job.error:
        return _("%(studio)s was not reached. %(error)s It is asked again by itself.") % said
    if job.status == S.QUEUED and job.review_id:
        return _("It is sent as soon as the decision can no longer be undone.")
    return _("It is being sent to %(studio)s.") % said if job.status == S.RUNNING else ""


def until(job: StudioJob) -> datetime | None:
    """When it ends without a version, if nothing comes."""
    return job.deadline if job.is_open and not job.delivered else None


def seen(job: StudioJob) -> str:
    """What a listener was told last: it is told again when this is another."""
    return f"{job.status}.{job.progress // 25}"


def spoken(job: StudioJob) -> str:
    """The same in words, for who listens."""
    if job.status == S.RUNNING:
        return _("Running, %(percent)d percent") % {"percent": job.progress}
    return f"{job.get_status_display()}. {sentence(job)}"
