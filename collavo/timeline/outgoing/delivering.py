"""Takes due deliveries one by one, sends them, and writes down what became of them.

Fair: the endpoint that was served longest ago comes first, each has a few under way at most, and one that fails is
left alone for a while. In order: a delivery is taken when no earlier one about the same thing is open there.
"""

from __future__ import annotations

import logging
import random
import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from django.db import connection, transaction
from django.db.models import F, Value
from django.db.models.functions import Now
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from collavo.accounts.models import Ability, Membership, User
from collavo.secrets import UnreadableSecret
from collavo.timeline.models import Delivery, Endpoint, record
from collavo.timeline.notices import Message, tell
from collavo.timeline.outgoing import messages, sending
from collavo.timeline.outgoing.models import SECRETS, DeliveryStatus, EndpointStatus

log = logging.getLogger(__name__)

LEASE = timedelta(seconds=90)  # more than one POST can take, a slow name server included
AT_ONCE = 4  # deliveries under way per endpoint; one while it fails
# Seconds between the tries of one delivery, 24 hours in all; then it is given up and the next of its thing follows.
RETRY_AFTER = (5, 30, 120, 600, 1800, 3600, 7200, 14400, 21600, 36000)
PAUSE_MOST = 3600.0  # seconds that an endpoint which fails is left alone at the most
OFF_AFTER = timedelta(hours=20)  # nothing got through for so long, and …
OFF_TRIES = 8  # … so many tries failed: it is switched off

HEADS = """
    d.status = 'pending' AND d.due_at <= statement_timestamp() AND NOT EXISTS (
        SELECT 1 FROM timeline_delivery b
        WHERE b.endpoint_id = d.endpoint_id AND b.subject_id = d.subject_id AND b.status = 'pending' AND b.id < d.id)
"""
# The first of an endpoint, by when they fell due: one that is refused again and again does not stand before the others.
# Found by its index however much waits there; an EXISTS would read all that waits.
FIRST = f"SELECT d.id FROM timeline_delivery d WHERE d.endpoint_id = %s AND {HEADS} ORDER BY d.due_at, d.id LIMIT 1"  # noqa: S608
READY = f"""
FROM timeline_endpoint e JOIN LATERAL ({FIRST % "e.id"}) first ON true
WHERE e.status = 'active' AND (e.wait_until IS NULL OR e.wait_until <= statement_timestamp())
"""
# No lock that whoever writes an event would have to wait for.
NEXT_ENDPOINT = f"""
SELECT e.id {READY}
  AND (SELECT count(*) FROM timeline_delivery u WHERE u.endpoint_id = e.id AND u.status = 'pending'
       AND u.lease_token IS NOT NULL AND u.due_at > statement_timestamp()) < CASE WHEN e.failures = 0 THEN %s ELSE 1 END
ORDER BY e.served_at NULLS FIRST, e.id LIMIT 1 FOR NO KEY UPDATE OF e SKIP LOCKED
"""  # noqa: S608 (constants)
NEXT_DELIVERY = f"{FIRST} FOR UPDATE SKIP LOCKED"
ANY_DUE = f"SELECT EXISTS (SELECT 1 {READY})"


@dataclass(frozen=True)
class Taken:
    """One delivery, ours until `deadline` (of the monotonic clock)."""

    delivery: Delivery
    token: UUID
    deadline: float


def any_due() -> bool:
    """Whether there is something to send now."""
    with connection.cursor() as cursor:
        cursor.execute(ANY_DUE)
        return bool(cursor.fetchone()[0])


def deliver_next() -> bool:
    """Send the next due delivery, whichever. False when there was none."""
    taken = _take_next()
    if taken:
        _send(taken)
    return taken is not None


def deliver(pk: int) -> None:
    """Send this one now, even to an endpoint that is paused; nothing when it is under way or done."""
    if taken := _take_one(pk):
        _send(taken)


# --- Taking ----------------------------------------------------------------------------------------------------------


@transaction.atomic
def _take_next() -> Taken | None:
    if (endpoint := _first(NEXT_ENDPOINT, AT_ONCE)) is None:
        return None
    Endpoint.objects.filter(pk=endpoint).update(served_at=Now())
    pk = _first(NEXT_DELIVERY, endpoint)
    return _lease(pk) if pk else None


@transaction.atomic
def _take_one(pk: int) -> Taken | None:
    due = Delivery.objects.filter(pk=pk, status=DeliveryStatus.PENDING, due_at__lte=Now())
    found = due.exclude(endpoint__status=EndpointStatus.REMOVED).select_for_update(skip_locked=True, of=("self",))
    return _lease(pk) if found.first() else None


def _lease(pk: int) -> Taken:
    """Take a locked row, and make its body if it has none yet: every try says the same.

    Without the endpoint's secrets: one that no key opens must not keep this one from being taken, and all behind it.
    """
    token, deadline = uuid4(), time.monotonic() + LEASE.total_seconds()
    secrets = [f"endpoint__{name}" for name in SECRETS]
    delivery = Delivery.objects.select_related("endpoint", "event").defer(*secrets).get(pk=pk)
    delivery.body = delivery.body or messages.body(delivery)
    Delivery.objects.filter(pk=pk).update(lease_token=token, due_at=Now() + Value(LEASE), body=delivery.body)
    return Taken(delivery, token, deadline)


def _first(sql: str, *params: Any) -> Any:
    """The only value of the first row; None without one."""
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        row = cursor.fetchone()
    return row[0] if row else None


# --- Sending ---------------------------------------------------------------------------------------------------------


def _send(taken: Taken) -> None:
    delivery = taken.delivery
    at = timezone.now()
    try:
        signed = messages.headers(delivery, Endpoint.objects.get(pk=delivery.endpoint_id), at)
    except UnreadableSecret:
        answer = sending.Answer(error=_("Its secret cannot be read with the present TOKEN_KEYS. Rotate it."))
    else:
        if time.monotonic() > taken.deadline - LEASE.total_seconds() / 2:
            return  # this process stood still: somebody else sends it
        answer = sending.post(delivery.endpoint.url, delivery.body, signed)
    _written(taken, answer, at)


@transaction.atomic
def _written(taken: Taken, answer: sending.Answer, at: datetime) -> None:
    """Write down what became of it, unless somebody else has taken it over meanwhile."""
    endpoint = Endpoint.objects.without_secrets().select_for_update(no_key=True).get(pk=taken.delivery.endpoint_id)
    tried = {
        "tries": F("tries") + 1, "tried_at": at, "lease_token": None, "http_status": answer.status,
        "error": answer.error[:300], "answer": answer.text, "duration_ms": answer.ms,
    }  # fmt: skip
    after = _after_success(endpoint) if answer.taken else _after_failure(taken.delivery, endpoint, answer)
    mine = Delivery.objects.filter(pk=taken.delivery.pk, lease_token=taken.token)
    if mine.update(**tried, **after) and not answer.taken:
        log.info("Webhook %s, %s: %s", endpoint.pk, taken.delivery.message_id, answer.error)


def _after_success(endpoint: Endpoint) -> dict[str, object]:
    Endpoint.objects.filter(pk=endpoint.pk).update(worked_at=Now(), failures=0, failing_since=None, wait_until=None)
    return {"status": DeliveryStatus.DELIVERED, "due_at": None}


def _after_failure(delivery: Delivery, endpoint: Endpoint, answer: sending.Answer) -> dict[str, object]:
    if delivery.event_id is None:  # a test says something to the person who sent it, and nothing of the endpoint
        return {"status": DeliveryStatus.FAILED, "due_at": None}
    now = timezone.now()
    _fail(endpoint, answer, now)
    if _hopeless(endpoint, answer, now):
        switch_off(endpoint, answer.error)
    elif delivery.tries >= len(RETRY_AFTER):
        return {"status": DeliveryStatus.FAILED, "due_at": None}
    pause = _jittered(RETRY_AFTER[min(delivery.tries, len(RETRY_AFTER) - 1)])
    return {"due_at": max(now + pause, answer.retry_at or now)}


def _fail(endpoint: Endpoint, answer: sending.Answer, now: datetime) -> None:
    pause = min(_jittered(RETRY_AFTER[min(endpoint.failures, len(RETRY_AFTER) - 1)]), timedelta(seconds=PAUSE_MOST))
    endpoint.failures += 1
    endpoint.failing_since = endpoint.failing_since or now
    endpoint.wait_until = max(now + pause, answer.retry_at or now)
    endpoint.save(update_fields=["failures", "failing_since", "wait_until"])


def _jittered(seconds: int) -> timedelta:
    return timedelta(seconds=seconds * random.uniform(0.9, 1.2))  # noqa: S311 (no secret)


# --- Switching off ---------------------------------------------------------------------------------------------------


def _hopeless(endpoint: Endpoint, answer: sending.Answer, now: datetime) -> bool:
    if endpoint.status != EndpointStatus.ACTIVE:
        return False
    long = endpoint.failing_since is not None and now - endpoint.failing_since >= OFF_AFTER
    return answer.status == sending.GONE or (long and endpoint.failures >= OFF_TRIES)


def switch_off(endpoint: Endpoint, why: str) -> None:
    """It failed for too long: stop, and tell the people who look after the workspace. What waits there goes on waiting.

    Call it with the endpoint's row locked.
    """
    endpoint.status, endpoint.reason = EndpointStatus.OFF, why[:300]
    endpoint.save(update_fields=["status", "reason"])
    record(endpoint, "switched_off", by="worker", text=why)
    waiting = endpoint.deliveries.filter(status=DeliveryStatus.PENDING).count()
    message = Message(
        key=f"endpoint:{endpoint.pk}:{endpoint.failing_since}", workspace_id=endpoint.workspace_id,
        subject_type="endpoint", subject_id=endpoint.pk, icon="link", topic="account",
        title=(_("Webhook switched off: %(webhook)s") % {"webhook": endpoint})[:300],
        sentences=[
            _("Nothing got through to %(address)s. %(reason)s") % {"address": endpoint.url, "reason": why},
            ngettext(
                "%(count)d event waits and will be sent when it is switched on again.",
                "%(count)d events wait and will be sent when it is switched on again.",
                waiting,
            )
            % {"count": waiting},
            _("Put its receiver right, then switch it on in Settings, Webhooks."),
        ],
        path=reverse("webhooks:webhook", args=[endpoint.workspace.slug, endpoint.pk]),
    )  # fmt: skip
    tell(keepers(endpoint.workspace_id), message)


def keepers(workspace_id: UUID) -> list[User]:
    """Whoever may change the workspace."""
    members = Membership.objects.filter(workspace=workspace_id, user__is_active=True).select_related("user")
    return [member.user for member in members if member.can(Ability.MANAGE)]
