"""The one place that writes a studio job's status: the graph as data, and moves that only one caller can win."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

from django.db import models, transaction
from django.db.models import F
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop

from collavo.accounts.models import User
from collavo.timeline.models import record
from collavo.timeline.notices import Message, settle, tell

if TYPE_CHECKING:
    from approvals.models import Version
    from approvals.studios.models import StudioJob


class JobStatus(models.TextChoices):
    QUEUED = "queued", gettext_lazy("Queued")
    RUNNING = "running", gettext_lazy("Running")
    WAITING = "waiting", gettext_lazy("Waiting for the studio")
    DONE = "done", gettext_lazy("Done")
    FAILED = "failed", gettext_lazy("Failed")
    TIMED_OUT = "timed_out", gettext_lazy("Timed out")
    CANCELED = "canceled", gettext_lazy("Canceled")


S = JobStatus
MOVES: dict[JobStatus, set[JobStatus]] = {
    S.QUEUED: {S.RUNNING, S.FAILED, S.CANCELED},
    # back to QUEUED: handed back or to be tried again; to WAITING: an external studio has it now
    S.RUNNING: {S.QUEUED, S.WAITING, S.DONE, S.FAILED, S.TIMED_OUT, S.CANCELED},
    S.WAITING: {S.RUNNING, S.DONE, S.FAILED, S.TIMED_OUT, S.CANCELED},  # to RUNNING: what came back is taken in
    S.DONE: set(),
    S.FAILED: set(),
    S.TIMED_OUT: set(),
    S.CANCELED: set(),
}
OPEN = [S.QUEUED.value, S.RUNNING.value, S.WAITING.value]
VERBS = {  # of the lines of history; RUNNING and QUEUED have none: they are no news
    S.WAITING: "sent", S.DONE: "done", S.FAILED: "failed", S.TIMED_OUT: "timed_out", S.CANCELED: "canceled",
}  # fmt: skip
UNLEASED: dict[str, Any] = {"lease_token": None, "lease_until": None}
LEASE = timedelta(minutes=2)


class Lost(Exception):
    """Somebody else has moved this job, or the worker's lease is over: whoever gets this does nothing more about it."""


def move(job: StudioJob, to: JobStatus, *, by: User | str, lease: UUID | None = None, **changes: Any) -> None:
    """Move one job, its line of history and its notice, or raise Lost. Of two callers with the same copy, one wins.

    A worker names its `lease`: without it, or after its end, it moves nothing. To WAITING, QUEUED or RUNNING comes with
    a `due_at`; the ends with none.
    """
    old = JobStatus(job.status)
    if to not in MOVES[old]:
        raise Lost(
            _("This job is %(status)s; it cannot become %(other)s.")
            % {"status": old.label.lower(), "other": to.label.lower()}
        )
    values = {**UNLEASED, "status": to, **(_ended() if to not in OPEN else {}), **changes}
    unmoved = type(job).objects.filter(pk=job.pk, status=old)
    if lease is not None:
        unmoved = unmoved.filter(lease_token=lease, lease_until__gt=timezone.now())
    with transaction.atomic():
        if unmoved.update(**values) != 1:
            raise Lost(_("Somebody else has moved this job meanwhile."))
        for name, value in values.items():
            setattr(job, name, value)
        if verb := VERBS.get(to):
            _write(job, verb, by)


def claim(job: StudioJob, *, due: bool = True) -> UUID | None:
    """Take a QUEUED or WAITING job, or one whose worker's lease is over: a fresh lease, or None for whoever loses.

    `due` False: also before its moment, for what came back from an external studio.
    """
    now = timezone.now()
    open_jobs = type(job).objects.filter(pk=job.pk, status__in=OPEN)
    free = open_jobs.exclude(status=S.RUNNING, lease_until__gt=now)
    if due:
        free = free.filter(due_at__lte=now)
    token = uuid4()
    leased = {"lease_token": token, "lease_until": now + LEASE, "due_at": now + LEASE}
    if free.update(status=S.RUNNING, attempts=F("attempts") + 1, **leased) != 1:
        return None
    job.refresh_from_db()
    return token


def keep(job: StudioJob, lease: UUID, *, length: timedelta = LEASE, **changes: Any) -> None:
    """A sign of life of the worker that has it: a longer lease, and what it says of its progress. Raises Lost.

    `length`: for what comes next and cannot give a sign before it ends.
    """
    now = timezone.now()
    mine = type(job).objects.filter(pk=job.pk, status=S.RUNNING, lease_token=lease, lease_until__gt=now)
    if mine.update(lease_until=now + length, due_at=now + length, **changes) != 1:
        raise Lost(_("Somebody else has moved this job meanwhile."))


def done(job: StudioJob, result: Version, *, lease: UUID | None = None) -> None:
    """It is made. Call it in the transaction that made `result`, so that there is never one without the other."""
    move(job, S.DONE, by=job.maker, lease=lease, progress=100, result=result)


def fail(job: StudioJob, why: str, *, lease: UUID | None = None, timed_out: bool = False) -> None:
    """It ended without a version; `why` is a sentence."""
    move(job, S.TIMED_OUT if timed_out else S.FAILED, by=job.maker, lease=lease, error=why[:500])


def hand_back(job: StudioJob, lease: UUID, *, at: datetime | None = None, counts: bool = False) -> None:
    """To be begun again: now (a worker that ends), or at a later moment. `counts`: as one of its tries."""
    tries = {} if counts else {"attempts": max(0, job.attempts - 1)}
    move(job, S.QUEUED, by=job.maker, lease=lease, due_at=at or timezone.now(), progress=0, **tries)


def _ended() -> dict[str, Any]:
    return {"due_at": None, "ended_at": timezone.now()}


def _write(job: StudioJob, verb: str, by: User | str) -> None:
    """The line of history and, at the end, a notice to whoever asked."""
    made = {"result": str(job.result_id)} if job.result_id else {}
    record(job, verb, by=by, text=job.error or str(job.recipe), recipe=job.recipe, source=str(job.source_id), **made)
    if job.status not in OPEN:
        settle(job.pk)
    if told := ENDS.get(JobStatus(job.status)):
        _tell(job, *told)


ENDS = {
    S.DONE: (gettext_noop("“{what}” has a new round to review"), "check", "ok"),
    S.FAILED: (gettext_noop("“{what}” could not be made"), "warn", "bad"),
    S.TIMED_OUT: (gettext_noop("No answer came about “{what}”"), "warn", "bad"),
}


def _tell(job: StudioJob, title: str, icon: str, kind: str) -> None:
    sentences = [job.error] if job.error else [_("Made by %(studio)s.") % {"studio": job.maker}]
    path = reverse("approvals:studio_job", args=[job.workspace.slug, job.pk])
    said = _(title).format(what=job.asset)
    tell(_concerned(job), Message(
        key=f"studio:{job.pk}:{job.status}", workspace_id=job.workspace_id, subject_type="studiojob",
        subject_id=job.pk, title=said, sentences=sentences, path=path, icon=icon, kind=kind, topic="studio",
    ))  # fmt: skip


def _concerned(job: StudioJob) -> list[User]:
    """Whoever asked, and of what a reviewer wanted its creator: without a new version it is their task."""
    undone = job.review_id and job.status != S.DONE
    people = {job.requested_by, job.asset.creator if undone else None}
    return [person for person in people if person and person.is_active]
