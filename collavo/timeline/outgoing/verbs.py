"""What people do with webhooks. Each verb takes the Membership of whoever asks, and writes a line of history."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from django.db import IntegrityError, transaction
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext as _
from django_q.tasks import async_task

from collavo.accounts.models import Ability, Membership
from collavo.ids import uuid7
from collavo.secrets import UnreadableSecret
from collavo.targets import BadTarget, check
from collavo.timeline.models import Delivery, Endpoint, record
from collavo.timeline.notices import settle
from collavo.timeline.outgoing.kinds import KNOWN, TEST
from collavo.timeline.outgoing.messages import new_secret
from collavo.timeline.outgoing.models import DeliveryStatus, EndpointStatus

MOST = 20  # endpoints of one workspace
OVERLAP = timedelta(hours=24)  # after a rotation both secrets sign


class Refused(Exception):
    """str(error) is a sentence for the person who asked."""


def add(*, url: str, note: str, events: Sequence[str], by: Membership, pk: UUID | None = None) -> tuple[Endpoint, str]:
    """A new endpoint, and its secret: the only time that it is said. Raises Refused."""
    by.require(Ability.MANAGE)
    _check(url, events)
    if Endpoint.objects.kept().filter(workspace=by.workspace).count() >= MOST:
        raise Refused(_("A workspace has at most %(most)s webhooks. Remove one that is not used.") % {"most": MOST})
    secret = new_secret()
    try:
        with transaction.atomic():
            endpoint = Endpoint.objects.create(
                pk=pk or uuid7(), workspace=by.workspace, url=url, note=note, events=sorted(set(events)), secret=secret,
                created_by=by.user,
            )  # fmt: skip
            record(endpoint, "added", by=by.user, text=url)
    except IntegrityError as e:  # the same form, sent twice at once
        raise Refused(
            _("This webhook was added already. Open it in the list, and rotate its secret if need be.")
        ) from e
    return endpoint, secret


def change(endpoint: Endpoint, *, url: str, note: str, events: Sequence[str], by: Membership) -> None:
    """What waits goes to the new address; what it did not want until now is not sent afterwards. Raises Refused."""
    by.require(Ability.MANAGE, at=endpoint.workspace_id)
    _check(url, events)
    with transaction.atomic():
        row = _locked(endpoint)
        _set(row, url=url, note=note, events=sorted(set(events)))
        record(row, "changed", by=by.user, text=url)


def pause(endpoint: Endpoint, *, by: Membership) -> None:
    by.require(Ability.MANAGE, at=endpoint.workspace_id)
    with transaction.atomic():
        row = _locked(endpoint)
        if row.status == EndpointStatus.ACTIVE:
            _set(row, status=EndpointStatus.PAUSED)
            record(row, "paused", by=by.user)


def resume(endpoint: Endpoint, *, by: Membership) -> None:
    """On again, with all its tries: what waits is sent now, in its order."""
    by.require(Ability.MANAGE, at=endpoint.workspace_id)
    with transaction.atomic():
        row = _locked(endpoint)
        if row.status not in (EndpointStatus.PAUSED, EndpointStatus.OFF):
            return
        _set(row, status=EndpointStatus.ACTIVE, reason="", failures=0, failing_since=None, wait_until=None)
        row.deliveries.filter(status=DeliveryStatus.PENDING, lease_token=None).update(due_at=Now(), tries=0)
        record(row, "resumed", by=by.user)
        settle(row.pk)
        nudge()


def remove(endpoint: Endpoint, *, by: Membership) -> None:
    """Nothing is sent there any more, what waits neither. Its log goes with the next pruning."""
    by.require(Ability.MANAGE, at=endpoint.workspace_id)
    with transaction.atomic():
        row = _locked(endpoint)
        _set(row, status=EndpointStatus.REMOVED, secret="", old_secret="")
        record(row, "removed", by=by.user, text=row.url)
        settle(row.pk)


def rotate(endpoint: Endpoint, *, by: Membership) -> str:
    """A new secret: the only time that it is said. For a day both sign, so that no delivery is refused meanwhile."""
    by.require(Ability.MANAGE, at=endpoint.workspace_id)
    secret = new_secret()
    with transaction.atomic():
        row = _locked(endpoint)
        _set(row, secret=secret, old_secret=_secret_of(row), old_secret_until=timezone.now() + OVERLAP)
        record(row, "secret_rotated", by=by.user)
    return secret


def test(endpoint: Endpoint, *, by: Membership) -> Delivery:
    """Send a message that says nothing but that it arrived: once, even while the endpoint is paused."""
    by.require(Ability.MANAGE, at=endpoint.workspace_id)
    with transaction.atomic():
        _locked(endpoint)
        made = Delivery.objects.create(endpoint=endpoint, event_type=TEST, subject_id=uuid4())
        async_task("collavo.timeline.outgoing.tasks.deliver_one", made.pk)
    return made


def replay(delivery: Delivery, *, by: Membership) -> Delivery:
    """Send it once more, the same message under the same id, after what waits already."""
    endpoint = delivery.endpoint
    by.require(Ability.MANAGE, at=endpoint.workspace_id)
    if delivery.event_id is None:
        return test(endpoint, by=by)
    if delivery.pending:
        raise Refused(_("It has not been delivered yet: it is sent by itself. Nothing was changed."))
    with transaction.atomic():
        _locked(endpoint)
        made = Delivery.objects.create(
            endpoint=endpoint, event_id=delivery.event_id, event_type=delivery.event_type, body=delivery.body,
            subject_id=delivery.subject_id, replay=True,
        )  # fmt: skip
        record(endpoint, "replayed", by=by.user, text=delivery.event_type, event=str(delivery.event_id))
        nudge()
    return made


def nudge() -> None:
    """Have somebody look for due deliveries now."""
    async_task("collavo.timeline.outgoing.tasks.deliver")


def _locked(endpoint: Endpoint) -> Endpoint:
    row = Endpoint.objects.without_secrets().select_for_update(no_key=True).get(pk=endpoint.pk)
    if row.status == EndpointStatus.REMOVED:
        raise Refused(_("This webhook was removed meanwhile."))
    return row


def _set(row: Endpoint, **values: Any) -> None:
    for name, value in values.items():
        setattr(row, name, value)
    row.save(update_fields=list(values))


def _secret_of(endpoint: Endpoint) -> str:
    """The present secret; "" when no key opens it, so that it can be replaced all the same."""
    try:
        return str(Endpoint.objects.only("secret").get(pk=endpoint.pk).secret)
    except UnreadableSecret:
        return ""


def _check(url: str, events: Sequence[str]) -> None:
    try:
        check(url)
    except BadTarget as e:
        raise Refused(str(e)) from e
    if len(url) > 500:
        raise Refused(_("This address is too long: at most 500 characters."))
    if unknown := sorted(set(events) - KNOWN):
        raise Refused(_("There is no kind of event called %(type)s.") % {"type": unknown[0]})
