"""What platforms tell by themselves: received, checked, written down once, answered at once, and done by a task."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django_q.tasks import async_task

from collavo.ids import uuid7
from connectors import tokens
from connectors.credentials import installation_app, signers
from connectors.models import Connector, ConnectorStatus, WebhookNotice
from connectors.platforms import registry
from connectors.platforms.base import Json, NeedsRelink, Platform
from connectors.platforms.oauth import Incoming, Notice, NoticeKind, Webhooks
from connectors.signals import post_told

MOST = 1000  # notices in one request (Meta batches up to so many)


def receive(platform: Platform, webhooks: Webhooks, incoming: Incoming) -> Json:
    """Check, write down what is new, and answer. Raises Forged."""
    received = webhooks.read(incoming, signers(platform))
    keep(platform.key, received.notices[:MOST], received.client_id)
    return received.answer


def keep(platform: str, notices: Sequence[Notice], client_id: str) -> None:
    """Write down and queue those that were not told before. One transaction: a notice kept is a task queued."""
    rows = [
        WebhookNotice(
            id=uuid7(), platform=platform, key=n.key, kind=n.kind, account=n.account[:128], handle=n.handle[:200],
            client_id=client_id,
        )
        for n in notices
    ]  # fmt: skip
    with transaction.atomic():
        WebhookNotice.objects.bulk_create(rows, ignore_conflicts=True)
        ours = WebhookNotice.objects.filter(pk__in=[row.pk for row in rows])  # what was told before has another id
        for pk in ours.values_list("pk", flat=True):
            async_task("connectors.tasks.take_notice", str(pk))


def take(notice: WebhookNotice) -> None:
    """Do what it says for every account that it is about. NotNow leaves it undone: it is taken up again."""
    for connector in concerned(notice):
        DEEDS[NoticeKind(notice.kind)](connector, notice)
    WebhookNotice.objects.filter(pk=notice.pk).update(done_at=timezone.now())


def concerned(notice: WebhookNotice) -> list[Connector]:
    """The accounts of that id, linked through the app that signed: another app's signature is worth nothing here."""
    spec = registry.get(notice.platform)
    ours = {app.client_id for oauth in spec.oauth.values() if (app := installation_app(oauth))}
    through = Q(client_id=notice.client_id) | (Q(client_id="") if notice.client_id in ours else Q(pk=None))
    named = Q(remote_id=notice.account) | Q(owner_id=notice.account)
    found = Connector.objects.filter(named, through, platform=notice.platform)
    return list(found.exclude(status=ConnectorStatus.DISCONNECTED))


def _revoked(connector: Connector, notice: WebhookNotice) -> None:
    """The platform is asked: the notice may be older than a new link to the same account."""
    try:
        connector.ask(by="platform")
    except NeedsRelink:
        return  # `ask` has noted it


def _forget(connector: Connector, notice: WebhookNotice) -> None:
    tokens.forget(connector, by="platform")


def _post_moved(connector: Connector, notice: WebhookNotice) -> None:
    post_told.send(sender=Connector, connector=connector, handle=notice.handle)


DEEDS = {NoticeKind.REVOKED: _revoked, NoticeKind.DELETE_DATA: _forget, NoticeKind.POST: _post_moved}
