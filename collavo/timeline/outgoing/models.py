"""Where events are told to, and one row for everything that is to be told there."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy

from collavo.accounts.models import Workspace
from collavo.ids import uuid7
from collavo.secrets import SecretField

SECRETS = ("secret", "old_secret")


class EndpointStatus(models.TextChoices):
    ACTIVE = "active", gettext_lazy("Active")
    PAUSED = "paused", gettext_lazy("Paused")
    OFF = "off", gettext_lazy("Switched off")
    REMOVED = "removed", gettext_lazy("Removed")


class EndpointQuerySet(models.QuerySet["Endpoint"]):
    def kept(self) -> EndpointQuerySet:
        return self.exclude(status=EndpointStatus.REMOVED)

    def without_secrets(self) -> EndpointQuerySet:
        """For pages: whoever only looks needs no key, and must not fail when one cannot be read."""
        return self.defer(*SECRETS)


class Endpoint(models.Model):
    """An address of the workspace's own that is told of events.

    PAUSED by a person, OFF by itself after it failed for long: in both what happens goes on being written down, and is
    sent when it is on again. REMOVED rows stay until their log has been pruned: deleting many rows at once would hold
    up whoever writes an event.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="endpoints")
    url = models.URLField("address", max_length=500)
    note = models.CharField(max_length=200, blank=True, help_text=gettext_lazy("What listens there, for people."))
    events = ArrayField(
        models.CharField(max_length=60), default=list, blank=True,
        help_text=gettext_lazy("“post.*” or “post.published”; empty: everything."),
    )  # fmt: skip
    secret = SecretField()
    old_secret = SecretField(blank=True, default="")
    old_secret_until = models.DateTimeField(
        null=True, blank=True, help_text=gettext_lazy("Signed with the old secret too, so long.")
    )
    status = models.CharField(max_length=8, choices=EndpointStatus, default=EndpointStatus.ACTIVE)
    reason = models.CharField(max_length=300, blank=True, help_text=gettext_lazy("Why it is switched off."))
    failures = models.PositiveIntegerField(
        default=0, help_text=gettext_lazy("Tries that failed since the last that worked.")
    )
    failing_since = models.DateTimeField(null=True, blank=True)
    wait_until = models.DateTimeField(null=True, blank=True, help_text=gettext_lazy("Nothing is sent there before."))
    served_at = models.DateTimeField(
        null=True, blank=True, help_text=gettext_lazy("When something was last taken up for it.")
    )
    worked_at = models.DateTimeField(null=True, blank=True, help_text=gettext_lazy("When it last took something."))
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    objects = EndpointQuerySet.as_manager()

    class Meta:
        verbose_name = "webhook"
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(condition=Q(status__in=EndpointStatus.values), name="endpoint_status_known"),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["workspace"], condition=~Q(status=EndpointStatus.REMOVED), name="endpoint_kept"),
        ]

    def __str__(self) -> str:
        return self.note or self.url

    @property
    def active(self) -> bool:
        return self.status == EndpointStatus.ACTIVE


class DeliveryStatus(models.TextChoices):
    PENDING = "pending", gettext_lazy("Waiting")
    DELIVERED = "delivered", gettext_lazy("Delivered")
    FAILED = "failed", gettext_lazy("Given up")


class Delivery(models.Model):
    """One event for one endpoint. Its number rises in the order in which events about one thing were written.

    While somebody sends it (`lease_token`), `due_at` is the end of their lease: a crashed worker's falls due by itself.
    The defaults are the database's, because a trigger writes these rows.
    """

    id = models.BigAutoField(primary_key=True)  # a number, not a UUID: the order per thing hangs on it
    endpoint = models.ForeignKey(Endpoint, models.CASCADE, related_name="deliveries")
    event = models.ForeignKey("timeline.Event", models.CASCADE, null=True, related_name="+")  # NULL: a test
    event_type = models.CharField(max_length=60)
    subject_id = models.UUIDField()
    status = models.CharField(max_length=10, choices=DeliveryStatus, db_default=DeliveryStatus.PENDING)
    due_at = models.DateTimeField(null=True, blank=True, db_default=Now())
    lease_token = models.UUIDField(null=True, blank=True)
    tries = models.PositiveSmallIntegerField(db_default=0)
    replay = models.BooleanField(db_default=False, help_text=gettext_lazy("A person asked for it to be sent again."))
    body = models.TextField(
        blank=True, db_default="", help_text=gettext_lazy("What is sent: made once, the same at every try.")
    )
    http_status = models.PositiveSmallIntegerField(null=True, blank=True)
    error = models.CharField(max_length=300, blank=True, db_default="")
    answer = models.CharField(
        max_length=500, blank=True, db_default="", help_text=gettext_lazy("How the last answer begins.")
    )
    duration_ms = models.PositiveIntegerField(null=True, blank=True)
    tried_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        verbose_name_plural = "deliveries"
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(condition=Q(status__in=DeliveryStatus.values), name="delivery_status_known"),
            models.CheckConstraint(
                condition=Q(status="pending", due_at__isnull=False) | (~Q(status="pending") & Q(due_at=None)),
                name="delivery_due_while_pending",
            ),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["endpoint", "-id"], name="delivery_log"),
            models.Index(fields=["endpoint", "due_at", "id"], condition=Q(status="pending"), name="delivery_due"),
            models.Index(fields=["endpoint", "subject_id", "id"], condition=Q(status="pending"), name="delivery_order"),
        ]

    def __str__(self) -> str:
        return f"{self.event_type} to {self.endpoint}"

    @property
    def message_id(self) -> str:
        """The same at every try and every replay, so that a receiver can leave out what it knows."""
        if self.event_id is None:
            return f"msg_test_{self.subject_id.hex}"
        return f"msg_{self.event_id.hex}" + ("_handoff" if self.event_type.startswith("handoff.") else "")

    @property
    def workspace(self) -> Workspace:
        return self.endpoint.workspace

    @property
    def pending(self) -> bool:
        return self.status == DeliveryStatus.PENDING
