"""What studios outside say of their jobs. No session, no cookie: the signature over the raw body is what counts."""

from __future__ import annotations

import logging
from uuid import UUID

from django.db import transaction
from django.db.models.functions import Greatest
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST
from standardwebhooks import Webhook, WebhookVerificationError

from approvals.studios import states, wire
from approvals.studios.models import Studio, StudioJob
from approvals.studios.states import JobStatus
from approvals.studios.waking import wake
from collavo.secrets import UnreadableSecret
from collavo.timeline.outgoing.messages import keys

MOST_BYTES = 256 * 1024  # of one message: files come by their addresses
LONGEST_ID = 200

log = logging.getLogger(__name__)


class Refused(Exception):
    """str(error) is a sentence for whoever wrote the studio."""

    def __init__(self, http_status: int, message: str) -> None:
        super().__init__(message)
        self.http_status = http_status


@csrf_exempt
@require_POST
def callback(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Progress, a result or a failure. Answered before anything is fetched; told twice, it counts once."""
    try:
        studio = _studio(pk)
        body = _body(request)
        message_id = _verified(studio, request, body)
        said = receive(pk, message_id, _told(body))
    except Refused as e:
        return JsonResponse({"error": str(e)}, status=e.http_status)
    return JsonResponse({"ok": said})


def _studio(pk: UUID) -> Studio:
    job = StudioJob.objects.select_related("studio").filter(pk=pk, studio__isnull=False).defer("studio__secret").first()
    if job is None or job.studio is None:
        raise Refused(404, _("There is no such job."))
    return job.studio


def _body(request: HttpRequest) -> bytes:
    if int(request.headers.get("Content-Length") or 0) > MOST_BYTES:
        raise Refused(
            413,
            _("A message has at most %(most)s kB. Say where the files are instead.") % {"most": MOST_BYTES // 1024},
        )
    return request.body


def _verified(studio: Studio, request: HttpRequest, body: bytes) -> str:
    """The id of a message that this studio has signed within five minutes of now."""
    headers = dict(request.headers.items())
    try:
        signed_by = keys(studio, timezone.now())
    except UnreadableSecret as e:
        raise Refused(503, _("The studio's secret cannot be read here. Its owner has to rotate it.")) from e
    if not any(_signed(key, body, headers) for key in signed_by):
        log.warning("A callback for studio %s was refused: bad signature", studio.pk)
        raise Refused(
            401, _("The signature or its time is wrong. Sign the bytes that are sent, with the time of sending.")
        )
    message_id = request.headers["webhook-id"]
    if len(message_id) > LONGEST_ID or not message_id.isprintable():
        raise Refused(422, f"webhook-id: it has at most {LONGEST_ID} characters.")
    return message_id


def _signed(key: str, body: bytes, headers: dict[str, str]) -> bool:
    try:
        Webhook(key).verify(body, headers, json_parse=False)
    except (WebhookVerificationError, ValueError):  # ValueError: a signature or a body of no known form
        return False
    return True


def _told(body: bytes) -> wire.Told:
    try:
        return wire.told(body)
    except wire.Unreadable as e:
        raise Refused(422, str(e)) from e


# --- What it does ----------------------------------------------------------------------------------------------------


@transaction.atomic
def receive(pk: UUID, message_id: str, said: wire.Told) -> str:
    """Write down what was said, and see that it is acted on: what was done, in a word. Raises Refused."""
    job = StudioJob.objects.select_for_update(of=("self",)).for_pages().get(pk=pk)
    if _heard(job, message_id, said):
        return "known"
    if not job.is_open:
        raise Refused(
            409,
            _("This job has ended: it is %(status)s. Nothing was changed.")
            % {"status": job.get_status_display().lower()},
        )
    if isinstance(said, wire.Progress):
        return _progress(job, said)
    if job.delivered:
        raise Refused(409, _("This job has its result already. Nothing was changed."))
    return _failed(job, message_id, said) if isinstance(said, wire.Failed) else _succeeded(job, message_id, said)


def _heard(job: StudioJob, message_id: str, said: wire.Told) -> bool:
    """Whether it was said before: the same message, or the same result under another id."""
    known = job.delivered or {}
    return bool(known) and (known["id"] == message_id or known["said"] == said.model_dump(mode="json"))


def _progress(job: StudioJob, said: wire.Progress) -> str:
    StudioJob.objects.filter(pk=job.pk).update(progress=Greatest("progress", min(said.data.progress, 99)))
    return "noted"


def _failed(job: StudioJob, message_id: str, said: wire.Failed) -> str:
    reason = _("%(studio)s could not make it: %(reason)s") % {"studio": job.maker, "reason": said.data.reason.strip()}
    states.move(job, JobStatus.FAILED, by=job.maker, error=reason[:500], delivered=_kept(message_id, said))
    return "failed"


def _succeeded(job: StudioJob, message_id: str, said: wire.Succeeded) -> str:
    """Its files are fetched by a worker. One that is sending this job at the moment finds them when it has sent it."""
    due = {} if job.status == JobStatus.RUNNING else {"due_at": timezone.now()}
    StudioJob.objects.filter(pk=job.pk).update(delivered=_kept(message_id, said), **due)
    wake(job)
    return "taken"


def _kept(message_id: str, said: wire.Told) -> dict[str, object]:
    return {"id": message_id, "at": timezone.now().isoformat(), "said": said.model_dump(mode="json")}
