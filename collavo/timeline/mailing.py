"""Sends notices by mail: at most once each, all that a person has waiting in one mail.

A mail server has no key that makes a second delivery harmless, so a choice has to be made. This is at most once: the
slow part that often fails (connect, TLS, sign in) comes first; then `mailed_at` is committed; then the message is
handed over. Whatever is killed before that commit is tried again. The server's clear refusal takes it back, to be
tried again a few times. Silence does not: the mail may have arrived, and the notice is in the console in any case.

What goes into the mail of the day is due at that moment, and is put off to the next day when that mail went already.
"""

from __future__ import annotations

import logging
import smtplib
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.mail import EmailMessage, mailers
from django.db import transaction
from django.db.models import F, Q
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from collavo.accounts.models import Membership, User
from collavo.timeline.choices import last_daily, next_daily
from collavo.timeline.models import DailyMail, Notice, NoticeQuerySet

log = logging.getLogger(__name__)

PAUSE = timedelta(minutes=2)  # between two mails to one person: what happens meanwhile comes in one
RETRY_AFTER = tuple(timedelta(minutes=m) for m in (1, 5, 15, 60, 240))
# The server said no, or the message never left: surely nobody has got it.
REFUSED = (
    smtplib.SMTPRecipientsRefused, smtplib.SMTPResponseException, smtplib.SMTPNotSupportedError, ValueError,
)  # fmt: skip


def waiting(at: datetime | None = None) -> NoticeQuerySet:
    """The notices whose mail is due."""
    return Notice.objects.filter(mail_at__lte=at or timezone.now())


def readers() -> list[UUID]:
    """Everybody for whom a mail is due and who was not just sent one."""
    recent = Notice.objects.filter(mailed_at__gt=timezone.now() - PAUSE).values("user")
    return list(waiting().exclude(user__in=recent).order_by().values_list("user", flat=True).distinct())


def send(user_id: UUID) -> int:
    """Send this person one mail with all that is due. How many notices were in it; 0: nothing was sent."""
    if not waiting().filter(user=user_id).exists():
        return 0
    mailer = mailers.default
    try:
        mailer.open()
    except OSError as e:  # nothing was sent; SMTPException is one, too
        _later(waiting().filter(user=user_id), e)
        return 0
    try:
        taken = _take(user_id)
        return _hand_over(mailer, taken) if taken else 0
    finally:
        _close(mailer)


@transaction.atomic
def _take(user_id: UUID) -> list[Notice]:
    """Commit that these go out now; [] when somebody else just sent some, or when they are not wanted any more.

    The person's row is locked: of two workers one sends.
    """
    user = User.objects.select_for_update(no_key=True).get(pk=user_id)
    now = timezone.now()
    due = waiting(now).filter(user=user)
    due.filter(unwanted(user)).update(mail_at=None)
    _once_a_day(due.filter(daily=True), user, now)
    if Notice.objects.filter(user=user, mailed_at__gt=now - PAUSE).exists():
        return []
    taken = list(due.select_related("user", "workspace").order_by("created_at", "id"))
    Notice.objects.filter(pk__in=[n.pk for n in taken]).update(mailed_at=now, mail_at=None, mail_error="")
    return taken


def _once_a_day(due: NoticeQuerySet, user: User, now: datetime) -> None:
    """What came too late for today's mail of the day waits for tomorrow's."""
    when = DailyMail.objects.filter(user=user).first()
    if when and Notice.objects.filter(user=user, daily=True, mailed_at__gte=last_daily(when, now)).exists():
        due.update(mail_at=next_daily(when, now))


def unwanted(user: User) -> Q:
    """Read in the console already, or of a workspace that is not this person's any more, or no mail is wanted."""
    if not (user.is_active and user.mail_notices):
        return Q()
    if user.is_superuser:
        return Q(read_at__isnull=False)
    return Q(read_at__isnull=False) | ~Q(workspace__in=Membership.objects.filter(user=user).values("workspace"))


def _hand_over(mailer: Any, taken: Sequence[Notice]) -> int:
    rows = Notice.objects.filter(pk__in=[n.pk for n in taken])
    try:
        mailer.send_messages([compose(taken)])
    except REFUSED as e:
        rows.update(mailed_at=None)
        _later(rows, e)
        return 0
    except OSError as e:  # it may have arrived
        log.warning("%d notices: the mail server did not answer (%s); not sent again", len(taken), type(e).__name__)
        rows.update(mail_error=_("The mail server did not answer. It may have arrived, so it is not sent again."))
    return len(taken)


def compose(notices: Sequence[Notice]) -> EmailMessage:
    """One mail to the person of these notices."""
    first = notices[0]
    context = {"notices": notices, "base_url": settings.BASE_URL, "switch_off": preferences(first)}
    return EmailMessage(
        subject=subject(notices), body=render_to_string("timeline/mail.txt", context), to=[first.user.email],
        headers={
            "Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "All",
            "List-Unsubscribe": f"<{preferences(first)}>",
        },
    )  # fmt: skip


def subject(notices: Sequence[Notice]) -> str:
    """The title; for many "3 things need you in Fjord Supply"."""
    places = {n.workspace.name for n in notices}
    what = notices[0].title if len(notices) == 1 else _("%(count)s things need you") % {"count": len(notices)}
    where = f" · {places.pop()}" if len(places) == 1 else ""
    return " ".join(f"{what}{where}".split())[:180]


def preferences(notice: Notice) -> str:
    """Where this person chooses what is mailed."""
    return f"{settings.BASE_URL}{reverse('timeline:preferences', args=[notice.workspace.slug])}"


def _later(rows: NoticeQuerySet, error: Exception) -> None:
    """Surely nothing was sent: try again after a while, a few times."""
    log.warning("Mail for notices was not sent: %s", type(error).__name__)
    said = (_("Not sent: %(reason)s") % {"reason": f"{type(error).__name__}. {error}"})[:300]
    for notice in rows.only("mail_tries"):
        tries = notice.mail_tries
        again = timezone.now() + RETRY_AFTER[tries] if tries < len(RETRY_AFTER) else None
        rows.filter(pk=notice.pk).update(mail_tries=F("mail_tries") + 1, mail_at=again, mail_error=said)


def _close(mailer: Any) -> None:
    try:
        mailer.close()
    except OSError as e:  # after the message: what was said of it stands
        log.info("The mail server broke the connection off: %s", type(e).__name__)
