"""What the queue runs for linked accounts. Each may run twice or late: leases and conditions in the rows decide."""

from __future__ import annotations

import logging
from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django_q.tasks import async_task

from connectors import expiry, hooks, linking, tokens
from connectors.models import Connector, ConnectorStatus, WebhookNotice
from connectors.notices import take
from connectors.platforms.base import NeedsRelink, PlatformError

log = logging.getLogger(__name__)

AT_ONCE = 50  # accounts handed over per pass
HANDED_OVER = timedelta(minutes=10)  # then a renewal or probe whose task got lost is handed over again
UNDONE_AFTER = timedelta(minutes=2)
NOTICES_KEPT = timedelta(days=30)  # platforms tell the same again for 36 h at most (Meta)
LINKED = (ConnectorStatus.ACTIVE, ConnectorStatus.PAUSED, ConnectorStatus.DISABLED)


def look_after() -> None:
    """Scheduled every minute: ends pauses, hands over what is due, releases what waits for an account that works."""
    wake_paused()
    hand_over("renew", Connector.objects.filter(status__in=LINKED), "renew_at")
    hand_over("probe", Connector.objects.active(), "probe_at")
    release_waiting()
    retry_notices()
    linking.forget_old()


def wake_paused() -> None:
    paused = Connector.objects.filter(status=ConnectorStatus.PAUSED, paused_until__lte=timezone.now())
    for connector in paused.without_tokens():
        connector.wake()


def hand_over(task: str, linked: QuerySet[Connector], moment: str) -> None:
    """Queue the task for each account whose moment has come; put the moment off until it surely ran or got lost."""
    now = timezone.now()
    with transaction.atomic():
        due = linked.filter(**{f"{moment}__lte": now}).order_by(moment).select_for_update(skip_locked=True, no_key=True)
        pks = list(due.values_list("pk", flat=True)[:AT_ONCE])
        Connector.objects.filter(pk__in=pks).update(**{moment: now + HANDED_OVER})
        for pk in pks:
            async_task(f"connectors.tasks.{task}", str(pk))


def renew(pk: str) -> None:
    """Renew one account's token ahead of its end. What goes wrong is kept on the row, and tried again."""
    connector = Connector.objects.filter(pk=UUID(pk)).first()
    if connector is None:
        return
    try:
        tokens.renew(connector)
    except PlatformError as e:
        log.warning("Connector %s: not renewed: %s", pk, e)


def probe(pk: str) -> None:
    """Ask once a day whether the link works: no platform promises to say so when a token dies."""
    connector = Connector.objects.active().filter(pk=UUID(pk)).first()
    if connector is None:
        return
    try:
        connector.take_profile(connector.ask(by="daily check"))
    except NeedsRelink:
        return  # `ask` has noted it
    except PlatformError as e:
        log.info("Connector %s: not checked: %s", pk, e)


def release_waiting() -> None:
    """For posts that were put on hold at the very moment their account came back."""
    for connector in Connector.objects.active().without_tokens().filter(pk__in=list(hooks.waiting())):
        if not connector.problem():
            connector.tell()


def retry_notices() -> None:
    undone = WebhookNotice.objects.filter(done_at=None, received_at__lte=timezone.now() - UNDONE_AFTER)
    for pk in undone.values_list("pk", flat=True)[:AT_ONCE]:
        async_task("connectors.tasks.take_notice", str(pk))


def take_notice(pk: str) -> None:
    """Do what a platform's notice is about."""
    notice = WebhookNotice.objects.filter(pk=UUID(pk), done_at=None).first()
    if notice:
        take(notice)


def warn() -> int:
    """Scheduled hourly: tells managers of links that end. How many links."""
    return expiry.warn()


def tidy() -> int:
    """Scheduled daily: forgets notices that nobody will send again."""
    old = WebhookNotice.objects.filter(done_at__isnull=False, received_at__lte=timezone.now() - NOTICES_KEPT)
    return old.delete()[0]
