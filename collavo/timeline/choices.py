"""How each person wants to be told of each topic: at once, in one mail a day, or not; and by push or not."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils import timezone

from collavo.accounts.models import User, Workspace
from collavo.timeline.models import DailyMail, Notice, NoticeChoice, NoticeQuerySet, PushSubscription
from collavo.timeline.topics import TOPICS, Mail


@dataclass(frozen=True)
class Choice:
    mail: Mail
    push: bool


@dataclass(frozen=True)
class Plan:
    """When one notice is mailed and pushed; None: not at all."""

    mail_at: datetime | None
    daily: bool
    push_at: datetime | None


# --- What was chosen -------------------------------------------------------------------------------------------------


def chosen(user: User) -> dict[str, Choice]:
    """Every topic with what this person chose, or what counts until then."""
    rows = {row.topic: row for row in NoticeChoice.objects.filter(user=user)}
    return {key: _choice(key, rows.get(key)) for key in TOPICS}


def _choice(topic: str, row: NoticeChoice | None) -> Choice:
    if row:
        return Choice(Mail(row.mail), row.push)
    return Choice(TOPICS[topic].mail, TOPICS[topic].push)


def plans(people: Iterable[User], topic: str, workspace: UUID, at: datetime) -> dict[UUID, Plan]:
    """How each of them is told of news of this topic: mail and push go out at `at`, or with the mail of the day."""
    users = list(people)
    rows = {row.user_id: row for row in NoticeChoice.objects.filter(user__in=users, topic=topic)}
    wanted = {user.pk: _choice(topic, rows.get(user.pk)) for user in users}
    mailed = [user for user in users if user.mail_notices]
    moments = _daily_moments([u for u in mailed if wanted[u.pk].mail == Mail.DAILY], workspace, at)
    at_once = dict.fromkeys((u.pk for u in mailed if wanted[u.pk].mail == Mail.NOW), at)
    pushed = _with_push([u for u in users if wanted[u.pk].push])
    return {pk: Plan(moments.get(pk) or at_once.get(pk), pk in moments, at if pk in pushed else None) for pk in wanted}


def _daily_moments(users: list[User], workspace: UUID, at: datetime) -> dict[UUID, datetime]:
    """When the next mail of the day goes to each. Whoever chose no hour gets it at eight where the workspace is."""
    if not users:
        return {}
    known = set(DailyMail.objects.filter(user__in=users).values_list("user", flat=True))
    if missing := [user for user in users if user.pk not in known]:
        zone = Workspace.objects.values_list("time_zone", flat=True).get(pk=workspace)
        DailyMail.objects.bulk_create([DailyMail(user=u, time_zone=zone) for u in missing], ignore_conflicts=True)
    return {when.user_id: next_daily(when, at) for when in DailyMail.objects.filter(user__in=users)}


def _with_push(users: list[User]) -> set[UUID]:
    return set(PushSubscription.objects.filter(user__in=users).values_list("user", flat=True)) if users else set()


# --- The mail of the day ---------------------------------------------------------------------------------------------


def next_daily(when: DailyMail, after: datetime) -> datetime:
    """The first moment behind `after` at which the mail of the day goes out."""
    return min(moment for moment in _around(when, after) if moment > after)


def last_daily(when: DailyMail, at: datetime) -> datetime:
    """The last moment up to `at` at which the mail of the day was due."""
    return max(moment for moment in _around(when, at) if moment <= at)


def _around(when: DailyMail, at: datetime) -> list[datetime]:
    """That hour on the days around `at`. An hour that summer time skips comes an hour later, a doubled one first."""
    zone = ZoneInfo(when.time_zone)
    today = timezone.localtime(at, zone).date()
    days = [today + timedelta(days=n) for n in (-2, -1, 0, 1, 2)]
    # Through UTC: two moments of one zone are compared by their clocks, not by the time between them.
    return [datetime.combine(day, time(when.hour), zone).astimezone(ZoneInfo("UTC")) for day in days]


# --- Choosing --------------------------------------------------------------------------------------------------------


@transaction.atomic
def choose(user: User, choices: Mapping[str, Choice], *, hour: int, time_zone: str) -> None:
    """Keep what this person wants from now on; what waits to be sent follows it."""
    locked = User.objects.select_for_update(no_key=True).get(pk=user.pk)
    rows = [NoticeChoice(user=locked, topic=key, mail=c.mail, push=c.push) for key, c in choices.items()]
    NoticeChoice.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["user", "topic"], update_fields=["mail", "push"]
    )
    when, _ = DailyMail.objects.update_or_create(user=locked, defaults={"hour": hour, "time_zone": time_zone})
    for topic, choice in choices.items():
        _follow(Notice.objects.filter(user=locked, topic=topic), choice, when)


def _follow(rows: NoticeQuerySet, choice: Choice, when: DailyMail) -> None:
    """What of this topic has not been sent yet goes the way that is wanted now."""
    now, waiting = timezone.now(), rows.filter(mail_at__isnull=False)
    if choice.mail == Mail.OFF:
        waiting.update(mail_at=None)
    elif choice.mail == Mail.DAILY:
        waiting.update(daily=True, mail_at=next_daily(when, now))
    else:
        waiting.filter(daily=True).update(daily=False, mail_at=now)
    if not choice.push:
        rows.filter(push_at__isnull=False).update(push_at=None)


def switch_mail(user: User, on: bool) -> None:
    """Whether this person wants mails at all; switched off, none that still waits is sent."""
    with transaction.atomic():
        User.objects.filter(pk=user.pk).update(mail_notices=on)
        if not on:
            Notice.objects.filter(user=user, mail_at__isnull=False).update(mail_at=None)
    user.mail_notices = on
