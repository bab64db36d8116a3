"""Jobs of studios outside: sent by a signed request, looked after until an answer or the end of their patience.

A worker calls `run` for a job that it has claimed. What it does follows from the row alone, so that a job whose worker
died is gone on with by the next: an answer is taken in, a patience that is over ends the job, everything else is sent,
under the job's id, by which a studio leaves out what it has seen.
"""

from __future__ import annotations

import json
import logging
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from approvals.studios import results, states, wire
from approvals.studios.models import Studio, StudioJob
from approvals.studios.states import JobStatus
from approvals.studios.waking import wake
from collavo.secrets import UnreadableSecret
from collavo.targets import BadTarget, check
from collavo.timeline.outgoing import messages, sending

log = logging.getLogger(__name__)

PAUSES = (5, 15, 60, 120, 300)  # seconds between tries to send; the last one again and again
WORTH_ANOTHER = (408, 429)  # of the 4xx: the others say that this request is wrong
NEVER = 400  # as if it had been answered: trying again would not help
UNREADABLE = gettext_noop("Its secret cannot be read with the present TOKEN_KEYS. Rotate it in Settings, Studios.")


def run(job: StudioJob, lease: UUID) -> None:
    """One step of a claimed job. Raises Lost when somebody else has moved it meanwhile."""
    if job.delivered:
        results.take_in(job, lease)
    elif job.deadline and timezone.now() >= job.deadline:
        _end(job, lease, _over(job), timed_out=True)
    else:
        send(job, lease)


def _end(job: StudioJob, lease: UUID, why: str, *, timed_out: bool = False) -> None:
    """End it without a version, unless its studio has just called back: what it was told is taken, is taken in."""
    with transaction.atomic():
        job.delivered = _locked(job).delivered
        if not job.delivered:
            states.fail(job, why, lease=lease, timed_out=timed_out)
    if job.delivered:
        results.take_in(job, lease)


def _locked(job: StudioJob) -> StudioJob:
    """As it is now, and stays while callbacks wait."""
    return StudioJob.objects.select_for_update(of=("self",)).get(pk=job.pk)


def send(job: StudioJob, lease: UUID) -> None:
    """Ask the studio. That it may have been asked is committed before the call, its answer after it."""
    studio = job.studio
    if studio is None or not studio.active:
        _end(job, lease, _("%(studio)s is switched off. Nothing was sent.") % {"studio": job.maker})
        return
    now = timezone.now()
    job.deadline, job.sent_at = job.deadline or now + studio.patience_time, now
    states.keep(job, lease, deadline=job.deadline, sent_at=now)
    try:
        answer = post(studio, str(job.pk), wire.requested(job))
    except UnreadableSecret:
        answer = sending.Answer(status=NEVER, error=_(UNREADABLE))
    except BadTarget as e:
        answer = sending.Answer(status=NEVER, error=str(e))
    _written(job, lease, answer)


def post(studio: Studio, message_id: str, body: str) -> sending.Answer:
    """One signed request. Raises UnreadableSecret, and BadTarget for an address that may not be called."""
    check(studio.url)
    return sending.post(studio.url, body, messages.signed(message_id, body, studio, timezone.now()))


def _written(job: StudioJob, lease: UUID, answer: sending.Answer) -> None:
    if answer.taken:
        _wait(job, lease, answer)
    elif _hopeless(answer):
        _end(job, lease, _refused(job, answer))
    else:
        log.info("Studio job %s is sent again: %s", job.pk, answer.error)
        states.move(
            job, JobStatus.QUEUED, by=job.maker, lease=lease, due_at=_next(job, answer), error=answer.error[:500]
        )


def _wait(job: StudioJob, lease: UUID, answer: sending.Answer) -> None:
    """It has the job now. It may have called back before it answered: then there is something to take in at once."""
    with transaction.atomic():
        delivered = _locked(job).delivered
        due = timezone.now() if delivered else job.deadline
        states.move(
            job, JobStatus.WAITING, by=job.maker, lease=lease, due_at=due, error="", remote_id=_remote_id(answer.text)
        )
        if delivered:
            wake(job)


def _remote_id(text: str) -> str:
    """What the studio calls it, where its answer says so: {"id": "…"}."""
    try:
        said = json.loads(text)
    except ValueError:
        return ""
    found = said.get("id") if isinstance(said, dict) else None
    return found[:200] if isinstance(found, str) and found.isprintable() else ""


def _hopeless(answer: sending.Answer) -> bool:
    """Whether the same request would be answered in the same way."""
    return answer.status is not None and 300 <= answer.status < 500 and answer.status not in WORTH_ANOTHER


def _refused(job: StudioJob, answer: sending.Answer) -> str:
    facts = {"studio": job.maker, "error": answer.error, "text": answer.text[:200]}
    if answer.text and answer.status not in (301, 302, 307, 308):
        return _("%(studio)s did not take it. %(error)s It says: “%(text)s”") % facts
    return _("%(studio)s did not take it. %(error)s") % facts


def _next(job: StudioJob, answer: sending.Answer) -> datetime:
    """When to send it again: ever later, as late as the studio asked for, and never after its patience."""
    now = timezone.now()
    pause = timedelta(seconds=PAUSES[min(job.attempts, len(PAUSES)) - 1])
    return min(max(now + pause, answer.retry_at or now), job.deadline or now)


def _over(job: StudioJob) -> str:
    minutes = job.studio.patience if job.studio else 1
    waited = _("%(count)s minutes") % {"count": minutes} if minutes > 1 else _("a minute")
    if job.error:
        return _("%(studio)s could not be asked for %(waited)s. %(error)s") % {
            "studio": job.maker,
            "waited": waited,
            "error": job.error,
        }
    return _("%(studio)s did not deliver within %(waited)s. Nothing was made. Try again, or ask whoever runs it.") % {
        "studio": job.maker,
        "waited": waited,
    }
