"""What linking an account leaves behind: a workspace's own apps, sign-ins under way, and what platforms have told."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy

from collavo.accounts.models import User, Workspace
from collavo.ids import uuid7
from collavo.secrets import SecretField


class AppCredentials(models.Model):
    """A workspace's own app at a platform, used instead of this installation's."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="apps")
    platform = models.CharField(max_length=24)
    login = models.CharField(max_length=24)
    client_id = models.CharField(gettext_lazy("app id"), max_length=200)
    client_secret = SecretField(gettext_lazy("app secret"))
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        verbose_name = verbose_name_plural = gettext_lazy("app credentials")
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["workspace", "platform", "login"], name="one_own_app_per_login"),
        ]

    def __str__(self) -> str:
        return f"{self.platform}, {self.login}: {self.client_id}"


class LinkRequest(models.Model):
    """Somebody is on their way to a platform and back. Good once, for ten minutes, in the browser that began it."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="+")
    user = models.ForeignKey(User, models.CASCADE, related_name="+")
    platform = models.CharField(max_length=24)
    login = models.CharField(max_length=24)
    connector = models.ForeignKey(
        "connectors.Connector",
        models.CASCADE,
        null=True,
        related_name="+",
        help_text=gettext_lazy("Linked again: no other account will do."),
    )
    client_id = models.CharField(max_length=200)
    state_hash = models.CharField(max_length=64, unique=True)
    session_hash = models.CharField(max_length=64)
    verifier = SecretField(blank=True, default="")
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)
    found = SecretField(blank=True, default="", help_text=gettext_lazy("What came back, until one account is chosen."))
    error = models.CharField(max_length=800, blank=True)
    linked = models.ForeignKey("connectors.Connector", models.SET_NULL, null=True, related_name="+")

    class Meta:
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["expires_at"], name="link_request_by_end")]

    def __str__(self) -> str:
        return f"{self.user} links {self.platform}"


class WebhookNotice(models.Model):
    """One thing that a platform told us, kept so that the same thing told again is not done again."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    platform = models.CharField(max_length=24)
    key = models.CharField(max_length=200)
    kind = models.CharField(max_length=16)
    account = models.CharField(max_length=128)
    handle = models.CharField(max_length=200, blank=True)
    client_id = models.CharField(max_length=200, blank=True, help_text=gettext_lazy("The app that signed it."))
    received_at = models.DateTimeField(db_default=Now(), editable=False)
    done_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["platform", "key"], name="each_notice_once"),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["received_at"], condition=models.Q(done_at=None), name="webhook_notice_undone"),
        ]

    def __str__(self) -> str:
        return f"{self.platform}: {self.kind} ({self.account})"
