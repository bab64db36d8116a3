"""The history: one append-only line for everything that was done, written in the transaction that did it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextvars import ContextVar
from typing import Any, ClassVar
from uuid import UUID

from django.conf import settings
from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy

from collavo import together
from collavo.accounts.models import User, Workspace, check_time_zone
from collavo.ids import uuid7
from collavo.timeline.outgoing.models import Delivery as Delivery
from collavo.timeline.outgoing.models import Endpoint as Endpoint
from collavo.timeline.signals import recorded
from collavo.timeline.topics import Mail

# Through what the person of this request acts, where it is not the console: "API token Newsroom".
acting_via: ContextVar[str] = ContextVar("acting_via", default="")


class EventQuerySet(models.QuerySet["Event"]):
    def about(self, *subjects: models.Model) -> EventQuerySet:
        """The lines about these rows, oldest first."""
        return self.filter(subject_id__in=[s.pk for s in subjects]).order_by("at", "id")

    def of_case(self, case_id: UUID) -> EventQuerySet:
        """The whole history of a case, newest first."""
        return self.filter(case_id=case_id).select_related("user").order_by("-at", "-id")


class Event(models.Model):
    """Who did what to which thing, when. Never changed and never deleted while its workspace lives."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="events")
    case_id = models.UUIDField(null=True)  # no foreign key: the history knows no app above it
    subject_type = models.CharField(max_length=24)  # "version", "post", "connector", …
    subject_id = models.UUIDField()
    verb = models.CharField(max_length=32)  # "accepted", "scheduled", "published", …
    text = models.CharField(max_length=500, blank=True)  # a sentence or the person's own words
    data = models.JSONField(default=dict)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    by = models.CharField(max_length=120)  # the person's name then, or "worker", "dispatcher", "operator"
    at = models.DateTimeField(db_default=Now())

    of_new = False  # what it is about is written with it: nothing can wait for that yet
    objects = EventQuerySet.as_manager()

    class Meta:
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["case_id", "-at"], name="event_of_case"),
            models.Index(fields=["subject_id", "at"], name="event_of_subject"),
            models.Index(fields=["workspace", "-at"], name="event_of_workspace"),
            # for the case page's filters; what machines write about posts, the bulk of it, is in neither
            models.Index(
                fields=["case_id", "user", "-at"], condition=models.Q(user__isnull=False), name="event_by_person"
            ),
            models.Index(
                fields=["case_id", "subject_type", "-at"],
                condition=~models.Q(subject_type="post"),
                name="event_by_kind",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.by} {self.verb} {self.subject_type}"


def line(subject: models.Model, verb: str, *, by: User | str, text: str = "", **data: Any) -> Event:
    """An unsaved line about `subject`, which has a `workspace_id` and, where it belongs to one, a `case_id`."""
    return Event(
        workspace_id=getattr(subject, "workspace_id", subject.pk),
        case_id=getattr(subject, "case_id", None),
        subject_type=subject._meta.model_name or "",
        subject_id=subject.pk,
        verb=verb,
        text=text[:500],
        data=data,
        user=by if isinstance(by, User) else None,
        by=_named(by)[:120],
    )


def _named(by: User | str) -> str:
    via = acting_via.get()
    return f"{by} via {via}" if via and isinstance(by, User) else str(by)


def record(subject: models.Model, verb: str, *, by: User | str, text: str = "", **data: Any) -> Event:
    """Write one line. Call it inside the transaction of the change, so that both commit or neither does."""
    event = line(subject, verb, by=by, text=text, **data)
    together.insert([event])
    announce(event)
    return event


def announce(event: Event) -> None:
    """The other apps hear of a line that was just written, inside the transaction that wrote it."""
    recorded.send(sender=Event, event=event)


def record_many(lines: Iterable[Event], *, beside: Sequence[models.Model] = ()) -> None:
    """Write lines made by `line()` in one statement, together with the new rows that they are about (`beside`)."""
    written = list(lines)
    if beside:
        together.insert([*beside, *written])
    else:
        Event.objects.bulk_create(written)
    for event in written:
        announce(event)


class NoticeQuerySet(models.QuerySet["Notice"]):
    def of(self, user: User | UUID, workspace: Workspace) -> NoticeQuerySet:
        """What this person was told in this workspace, newest first."""
        return self.filter(user=user, workspace=workspace).order_by("-created_at", "-id")

    def unread(self) -> NoticeQuerySet:
        return self.filter(read_at=None)


class Notice(models.Model):
    """A line for one person: something needs them. It exists once per person and `key`, whoever writes it how often.

    In the console it is there from the moment on that the change committed. A mail is to be sent at `mail_at` (NULL:
    none is, or it is sent); `mailed_at` is written just before a mail is handed to the mail server. The same holds for
    `push_at` and `pushed_at`.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="notices")
    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="notices")
    key = models.CharField(
        max_length=160, help_text=gettext_lazy("What it is about: an event, or an account's trouble.")
    )
    topic = models.CharField(max_length=16, default="post", help_text=gettext_lazy("What kind of news: see topics.py."))
    subject_type = models.CharField(max_length=24)
    subject_id = models.UUIDField()
    icon = models.CharField(max_length=24, default="warn")
    kind = models.CharField(max_length=8, blank=True, help_text=gettext_lazy("Its colour: a chip's class."))
    title = models.CharField(max_length=300)
    text = models.TextField(blank=True, help_text=gettext_lazy("Sentences, one per line."))
    path = models.CharField(
        max_length=300, help_text=gettext_lazy("The page where something can be done, below BASE_URL.")
    )
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    read_at = models.DateTimeField(null=True, blank=True)
    mail_at = models.DateTimeField(null=True, blank=True)
    mail_tries = models.PositiveSmallIntegerField(default=0)
    mailed_at = models.DateTimeField(null=True, blank=True)
    mail_error = models.CharField(max_length=300, blank=True)
    daily = models.BooleanField(default=False, help_text=gettext_lazy("It goes into the mail of the day."))
    push_at = models.DateTimeField(null=True, blank=True)
    pushed_at = models.DateTimeField(null=True, blank=True)

    objects = NoticeQuerySet.as_manager()

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["user", "key"], name="one_notice_per_person_and_key"),
            models.CheckConstraint(
                condition=models.Q(mail_at=None) | models.Q(mailed_at=None), name="mailed_notice_has_no_mail_ahead"
            ),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["user", "workspace", "-created_at"], name="notice_of_person"),
            models.Index(fields=["user", "workspace"], condition=models.Q(read_at=None), name="notice_unread"),
            models.Index(fields=["subject_id"], condition=models.Q(read_at=None), name="notice_unread_about"),
            models.Index(fields=["user", "mail_at"], condition=models.Q(mail_at__isnull=False), name="notice_to_mail"),
            models.Index(fields=["user", "mailed_at"], name="notice_mailed"),
            models.Index(fields=["user", "push_at"], condition=models.Q(push_at__isnull=False), name="notice_to_push"),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def sentences(self) -> list[str]:
        return self.text.splitlines()

    @property
    def url(self) -> str:
        """The page's whole address, for mails."""
        return f"{settings.BASE_URL}{self.path}"


class NoticeChoice(models.Model):
    """How one person wants to be told of one topic, in all workspaces. Without a row the topic's own defaults count."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="notice_choices")
    topic = models.CharField(max_length=16)
    mail = models.CharField(max_length=8, choices=Mail, default=Mail.NOW)
    push = models.BooleanField(default=True)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["user", "topic"], name="one_choice_per_person_and_topic"),
        ]

    def __str__(self) -> str:
        return f"{self.topic}: {self.get_mail_display()}"


class DailyMail(models.Model):
    """When one person's mail of the day is sent: at this full hour of this zone."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, primary_key=True, related_name="daily_mail")
    hour = models.PositiveSmallIntegerField(default=8, validators=[MaxValueValidator(23)])
    time_zone = models.CharField(max_length=64, default="UTC", validators=[check_time_zone])

    def __str__(self) -> str:
        return f"{self.hour:02}:00 {self.time_zone}"


class PushSubscription(models.Model):
    """A browser of one person that takes pushes. It is deleted when its push service says that it is gone."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="push_subscriptions")
    endpoint = models.CharField(
        max_length=1000, unique=True, help_text=gettext_lazy("The push service's address of this browser.")
    )
    p256dh = models.CharField(max_length=120)
    auth = models.CharField(max_length=60)
    browser = models.CharField(max_length=80, blank=True, help_text=gettext_lazy("For its owner to know it by."))
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    pushed_at = models.DateTimeField(
        null=True, blank=True, help_text=gettext_lazy("When its push service last took one.")
    )
    error = models.CharField(max_length=200, blank=True)

    def __str__(self) -> str:
        return self.browser or "A browser"
