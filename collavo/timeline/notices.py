"""Telling people: one line per person and matter in the console, and a mail where they want one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django_q.tasks import async_task

from collavo.accounts.models import Ability, Membership, User
from collavo.timeline.models import Notice

NOW = timedelta(0)
MAIL_TASK = "collavo.timeline.tasks.mail"


@dataclass(frozen=True)
class Message:
    """What is to be said. `key` names the matter: nobody is told twice of the same."""

    key: str
    workspace_id: UUID
    subject_type: str
    subject_id: UUID
    title: str
    sentences: Iterable[str]
    path: str
    icon: str = "warn"
    kind: str = "bad"
    gather: timedelta = NOW  # how long its mail waits for others to come with it


def tell(people: Iterable[User], message: Message) -> None:
    """Tell each of them, if they were not told. Call it in the transaction of what they are told of."""
    told = sorted(set(people), key=lambda user: user.pk)  # always in one order: two tellers never wait for each other
    with transaction.atomic():
        Notice.objects.bulk_create([_row(user, message) for user in told], ignore_conflicts=True)
        for user in told:
            if user.mail_notices and not message.gather:
                async_task(MAIL_TASK, str(user.pk))


def _row(user: User, message: Message) -> Notice:
    return Notice(
        user=user, workspace_id=message.workspace_id, key=message.key, subject_type=message.subject_type,
        subject_id=message.subject_id, icon=message.icon, kind=message.kind, title=message.title[:300],
        text="\n".join(" ".join(s.split()) for s in message.sentences if s), path=message.path,
        mail_at=timezone.now() + message.gather if user.mail_notices else None,
    )  # fmt: skip


def settle(subject_id: UUID, *, matter: str = "") -> None:
    """Somebody has seen to this thing: its notices are read, and mails about it that were not sent are not needed.

    `matter`: how the keys of those begin; "" for all.
    """
    about = Notice.objects.unread().filter(subject_id=subject_id, key__startswith=matter)
    about.update(read_at=timezone.now(), mail_at=None)


def audience(workspace_id: UUID, *owners: User | None) -> list[User]:
    """The owners who can still act in this workspace; when there is none, everybody who publishes there."""
    members = Membership.objects.filter(workspace=workspace_id, user__is_active=True).select_related("user")
    able = {member.user_id: member.user for member in members if member.can(Ability.PUBLISH)}
    asked = {owner.pk: owner for owner in owners if owner and owner.is_active}
    told = [user for pk, user in asked.items() if pk in able or user.is_superuser]
    return told or list(able.values())


def switch_mail(user: User, on: bool) -> None:
    """Whether this person wants mails; switched off, none that still waits is sent."""
    with transaction.atomic():
        User.objects.filter(pk=user.pk).update(mail_notices=on)
        if not on:
            Notice.objects.filter(user=user, mail_at__isnull=False).update(mail_at=None)
    user.mail_notices = on


def mark_read(rows: Any) -> int:
    """Of these notices those that were unread. How many."""
    return int(rows.unread().update(read_at=timezone.now()))
