"""Telling people: one line per person and matter in the console, and a mail and a push where they want them."""

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
from collavo.timeline.choices import Plan, plans
from collavo.timeline.models import Notice
from collavo.timeline.topics import TOPICS

NOW = timedelta(0)
MAIL_TASK = "collavo.timeline.tasks.mail"
PUSH_TASK = "collavo.timeline.tasks.push"


@dataclass(frozen=True)
class Message:
    """What is to be said. `key` names the matter: nobody is told twice of the same. `topic` is one of `TOPICS`."""

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
    topic: str = "post"  # by which each person has chosen how to be told

    def __post_init__(self) -> None:
        if self.topic not in TOPICS:
            raise ValueError(f"There is no topic {self.topic!r}.")


def tell(people: Iterable[User], message: Message) -> None:
    """Tell each of them, if they were not told. Call it in the transaction of what they are told of."""
    told = sorted(set(people), key=lambda user: user.pk)  # always in one order: two tellers never wait for each other
    with transaction.atomic():
        planned = plans(told, message.topic, message.workspace_id, timezone.now() + message.gather)
        Notice.objects.bulk_create([_row(user, message, planned[user.pk]) for user in told], ignore_conflicts=True)
        for user in told if not message.gather else ():
            _queue(user.pk, planned[user.pk])


def _queue(user: UUID, plan: Plan) -> None:
    if plan.mail_at and not plan.daily:
        async_task(MAIL_TASK, str(user))
    if plan.push_at:
        async_task(PUSH_TASK, str(user))


def _row(user: User, message: Message, plan: Plan) -> Notice:
    return Notice(
        user=user, workspace_id=message.workspace_id, key=message.key, subject_type=message.subject_type,
        subject_id=message.subject_id, icon=message.icon, kind=message.kind, title=message.title[:300],
        text="\n".join(" ".join(s.split()) for s in message.sentences if s), path=message.path, topic=message.topic,
        mail_at=plan.mail_at, daily=plan.daily, push_at=plan.push_at,
    )  # fmt: skip


def settle(subject_id: UUID, *, matter: str = "") -> None:
    """Somebody has seen to this thing: its notices are read, and what was not sent about it is not needed.

    `matter`: how the keys of those begin; "" for all.
    """
    about = Notice.objects.unread().filter(subject_id=subject_id, key__startswith=matter)
    about.update(read_at=timezone.now(), mail_at=None, push_at=None)


def audience(workspace_id: UUID, *owners: User | None) -> list[User]:
    """The owners who can still act in this workspace; when there is none, everybody who publishes there."""
    members = Membership.objects.filter(workspace=workspace_id, user__is_active=True).select_related("user")
    able = {member.user_id: member.user for member in members if member.can(Ability.PUBLISH)}
    asked = {owner.pk: owner for owner in owners if owner and owner.is_active}
    told = [user for pk, user in asked.items() if pk in able or user.is_superuser]
    return told or list(able.values())


def mark_read(rows: Any) -> int:
    """Of these notices those that were unread. How many."""
    return int(rows.unread().update(read_at=timezone.now()))
