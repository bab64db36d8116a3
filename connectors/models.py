"""Connectors: linked accounts."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from django.db import models, transaction
from django.db.models.functions import Now
from django.utils import timezone

from collavo.accounts.models import User, Workspace, check_time_zone
from collavo.ids import uuid7
from collavo.timeline.models import record
from connectors.platforms import registry
from connectors.platforms.base import Account, NeedsRelink, Platform, PlatformError, Profile, Usage
from connectors.secrets import SecretField
from connectors.signals import status_changed


class ConnectorStatus(models.TextChoices):
    ACTIVE = "active", "Active"
    NEEDS_RELINK = "needs_relink", "Needs re-link"
    PAUSED = "paused", "Paused"
    DISABLED = "disabled", "Disabled"


class ConnectorQuerySet(models.QuerySet["Connector"]):
    def active(self) -> ConnectorQuerySet:
        return self.filter(status=ConnectorStatus.ACTIVE)


class Connector(models.Model):
    """One linked account on a platform. Posts go out through it only while it is ACTIVE."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="connectors")
    platform = models.CharField(max_length=24)
    login = models.CharField(max_length=24, help_text="Which of the platform's ways of linking was used.")
    remote_id = models.CharField(max_length=128, help_text="The account's id at the platform.")
    handle = models.CharField(max_length=128)
    name = models.CharField(max_length=200, blank=True)
    kind = models.CharField(max_length=40, blank=True, help_text="The account's type in the platform's own word.")
    status = models.CharField(max_length=16, choices=ConnectorStatus, default=ConnectorStatus.ACTIVE)
    status_reason = models.CharField(max_length=500, blank=True)
    paused_until = models.DateTimeField(null=True, blank=True)
    time_zone = models.CharField(max_length=64, default="UTC", validators=[check_time_zone])
    daily_cap = models.PositiveIntegerField(
        null=True, blank=True, help_text="At most this many posts in 24 hours. Empty: what the platform allows."
    )
    max_in_flight = models.PositiveSmallIntegerField(default=4, help_text="Posts of this account on their way at once.")
    can = models.JSONField(default=dict, blank=True)
    details = models.JSONField(default=dict, blank=True)
    sandbox = models.BooleanField(default=False, help_text="Linked at a host that is not the platform's own.")
    quota_used = models.PositiveIntegerField(null=True, blank=True, help_text="The platform's own count, when asked.")
    quota_total = models.PositiveIntegerField(null=True, blank=True)
    quota_seen_at = models.DateTimeField(null=True, blank=True)
    throttled_until = models.DateTimeField(null=True, blank=True, help_text="The platform wants no calls until then.")
    token = SecretField(blank=True, default="")
    extra_token = SecretField(blank=True, default="")
    token_expires_at = models.DateTimeField(null=True, blank=True)
    verified_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    objects = ConnectorQuerySet.as_manager()

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["workspace", "platform", "remote_id"], name="one_connector_per_account"),
            models.CheckConstraint(
                condition=models.Q(status__in=ConnectorStatus.values), name="connector_status_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.spec.name}, {self.handle}"

    @property
    def spec(self) -> Platform:
        """The platform's code."""
        return registry.get(self.platform)

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)

    @property
    def account(self) -> Account:
        """What a call needs, with the tokens in clear. Do not log it."""
        return Account(self.pk, self.platform, self.login, self.remote_id, self.handle, self.token, self.extra_token)

    def problem(self, at: datetime | None = None) -> str:
        """Why nothing can go out through this connector at `at` (now), as a sentence; "" when it can."""
        if self.status == ConnectorStatus.ACTIVE:
            return self._expiry_problem(at or timezone.now())
        reason = f" {self.status_reason}" if self.status_reason else ""
        if self.status == ConnectorStatus.NEEDS_RELINK:
            return f"{self} needs to be linked again.{reason} Open Connections and link it; its posts wait."
        if self.status == ConnectorStatus.PAUSED:
            return f"{self} is paused.{reason} Resume it on the Connections page."
        return f"{self} is switched off.{reason} Switch it on in Connections."

    def _expiry_problem(self, at: datetime) -> str:
        if self.token_expires_at and self.token_expires_at <= at:
            when = timezone.localtime(self.token_expires_at, self.zone)
            return f"The link to {self} ends {when:%d %b %Y %H:%M}. Link the account again before then."
        return ""

    # --- verbs ---------------------------------------------------------------------------------------------------

    def verify(self, *, by: User | str) -> Profile:
        """Ask the platform whether the link still works, and store what it says. Raises PlatformError."""
        try:
            profile = self.spec.verify(self.account)
        except NeedsRelink as e:
            self.needs_relink(str(e), by=by)
            raise
        with transaction.atomic():
            self.take_profile(profile)
            self._set_status(ConnectorStatus.ACTIVE, "", by=by, verb="verified")
        return profile

    def take_profile(self, profile: Profile) -> None:
        """Store what the platform said of the account (not its tokens)."""
        self.handle, self.name, self.kind = profile.handle, profile.name, profile.kind
        self.can, self.verified_at = dict(profile.can), timezone.now()
        fields = ["handle", "name", "kind", "can", "verified_at"]
        if profile.expires_at:
            self.token_expires_at = profile.expires_at
            fields.append("token_expires_at")
        self.save(update_fields=fields)

    def take_usage(self, usage: Usage) -> None:
        """Keep the platform's own figure of its publishing quota; it wins over ours."""
        self.quota_used, self.quota_total, self.quota_seen_at = usage.used, usage.total, timezone.now()
        self.save(update_fields=["quota_used", "quota_total", "quota_seen_at"])

    def throttle(self, until: datetime) -> None:
        """The platform asked for no more calls until then."""
        Connector.objects.filter(pk=self.pk).update(throttled_until=until)
        self.throttled_until = until

    def needs_relink(self, reason: str, *, by: User | str) -> None:
        """The platform said the token is dead: leave ACTIVE."""
        self._set_status(ConnectorStatus.NEEDS_RELINK, reason, by=by, verb="needs_relink")

    def disable(self, *, by: User | str) -> None:
        self._set_status(ConnectorStatus.DISABLED, "", by=by, verb="disabled")

    def enable(self, *, by: User | str) -> Profile:
        """Switch on again, if the platform says that the link still works. Raises PlatformError."""
        return self.verify(by=by)

    def _set_status(self, status: ConnectorStatus, reason: str, *, by: User | str, verb: str) -> None:
        with transaction.atomic():
            Connector.objects.select_for_update().get(pk=self.pk)
            changed = self.status != status
            self.status, self.status_reason = status, reason[:500]
            self.save(update_fields=["status", "status_reason"])
            record(self, verb, by=by, text=reason)
            if changed:
                transaction.on_commit(lambda: status_changed.send(sender=Connector, connector=self))


def link(
    workspace: Workspace,
    platform: str,
    login: str,
    profile: Profile,
    *,
    token: str,
    by: User | str,
    time_zone: str = "",
) -> Connector:
    """Link an account, or link it again: its queued posts and history stay. Raises PlatformError without a token."""
    token = profile.token or token
    if not token:
        raise PlatformError("The platform gave no token for this account. Link it again.")
    spec = registry.get(platform)
    values: dict[str, Any] = {
        "login": login,
        "handle": profile.handle,
        "name": profile.name,
        "kind": profile.kind,
        "can": dict(profile.can),
        "details": dict(profile.extra),
        "token": token,
        "extra_token": profile.extra_token,
        "token_expires_at": profile.expires_at,
        "verified_at": timezone.now(),
        "sandbox": not spec.official(login),
    }
    with transaction.atomic():
        connector, made = Connector.objects.select_for_update().get_or_create(
            workspace=workspace,
            platform=platform,
            remote_id=profile.remote_id,
            defaults=values | {"time_zone": time_zone or workspace.time_zone},
        )
        if not made:
            for name, value in values.items():
                setattr(connector, name, value)
            connector.save(update_fields=list(values))
        connector._set_status(ConnectorStatus.ACTIVE, "", by=by, verb="linked" if made else "relinked")
    return connector
