"""Connectors: linked accounts."""

from __future__ import annotations

import random
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, ClassVar
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import models, transaction
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from collavo.accounts.models import User, Workspace, check_time_zone
from collavo.ids import uuid7
from collavo.secrets import SecretField
from collavo.timeline.models import record
from connectors import standing
from connectors.http import no_deadline, silent
from connectors.link_models import AppCredentials as AppCredentials
from connectors.link_models import LinkRequest as LinkRequest
from connectors.link_models import WebhookNotice as WebhookNotice
from connectors.platforms import registry
from connectors.platforms.base import (
    Account,
    Content,
    HandRule,
    NeedsRelink,
    Platform,
    PlatformError,
    Profile,
    Usage,
)
from connectors.platforms.oauth import Grant, KeepAlive, OAuth, abilities
from connectors.platforms.ways import why_by_hand
from connectors.signals import status_changed
from connectors.standing import ConnectorStatus as ConnectorStatus

WARN_AHEAD = timedelta(days=14)  # from here on people are told that a link ends
TOKENS = ("token", "extra_token", "refresh_token")
PROBE_EVERY = timedelta(days=1)  # platforms promise no notice when a token dies: they are asked


def tokens_of(path: str) -> tuple[str, ...]:
    """To be deferred where an account is read with something else, by `path`: as `without_tokens` says."""
    return tuple(f"{path}__{name}" for name in TOKENS)


class ConnectorQuerySet(models.QuerySet["Connector"]):
    def active(self) -> ConnectorQuerySet:
        return self.filter(status=ConnectorStatus.ACTIVE)

    def without_tokens(self) -> ConnectorQuerySet:
        """For pages and lists: nothing is decrypted, so that one unreadable token does not take all down."""
        return self.defer(*TOKENS)


class Connector(models.Model):
    """One linked account on a platform. Posts go out through it only while it is ACTIVE."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="connectors")
    platform = models.CharField(max_length=24)
    login = models.CharField(max_length=24, help_text=gettext_lazy("Which of the platform's ways of linking was used."))
    remote_id = models.CharField(max_length=128, help_text=gettext_lazy("The account's id at the platform."))
    handle = models.CharField(max_length=128)
    name = models.CharField(max_length=200, blank=True)
    kind = models.CharField(
        max_length=40, blank=True, help_text=gettext_lazy("The account's type in the platform's own word.")
    )
    status = models.CharField(max_length=16, choices=ConnectorStatus, default=ConnectorStatus.ACTIVE)
    status_reason = models.CharField(max_length=500, blank=True)
    paused_until = models.DateTimeField(null=True, blank=True)
    time_zone = models.CharField(max_length=64, default="UTC", validators=[check_time_zone])
    daily_cap = models.PositiveIntegerField(
        null=True,
        blank=True,
        help_text=gettext_lazy("At most this many posts in 24 hours. Empty: what the platform allows."),
    )
    max_in_flight = models.PositiveSmallIntegerField(
        default=4, help_text=gettext_lazy("Posts of this account on their way at once.")
    )
    can = models.JSONField(default=dict, blank=True)
    details = models.JSONField(default=dict, blank=True)
    sandbox = models.BooleanField(
        default=False, help_text=gettext_lazy("Linked at a host that is not the platform's own.")
    )
    quota_used = models.PositiveIntegerField(
        null=True, blank=True, help_text=gettext_lazy("The platform's own count, when asked.")
    )
    quota_total = models.PositiveIntegerField(null=True, blank=True)
    quota_seen_at = models.DateTimeField(null=True, blank=True)
    throttled_until = models.DateTimeField(
        null=True, blank=True, help_text=gettext_lazy("The platform wants no calls until then.")
    )
    token = SecretField(blank=True, default="")
    extra_token = SecretField(blank=True, default="")
    token_expires_at = models.DateTimeField(null=True, blank=True)
    refresh_token = SecretField(blank=True, default="")
    refresh_expires_at = models.DateTimeField(null=True, blank=True)
    renew_at = models.DateTimeField(
        null=True, blank=True, help_text=gettext_lazy("When the token is renewed next, without a person.")
    )
    renewing_until = models.DateTimeField(
        null=True, blank=True, help_text=gettext_lazy("Somebody renews it now; others keep off.")
    )
    renew_error = models.CharField(max_length=500, blank=True, help_text=gettext_lazy("Why the last renewal failed."))
    app_refused = models.BooleanField(
        default=False, help_text=gettext_lazy("The platform refuses the app: an operator has to act.")
    )
    probe_at = models.DateTimeField(
        null=True, blank=True, help_text=gettext_lazy("When the platform is asked next if the link works.")
    )
    scopes = models.JSONField(
        default=list, blank=True, help_text=gettext_lazy("What was granted, in the platform's words.")
    )
    client_id = models.CharField(max_length=200, blank=True, help_text=gettext_lazy("The app it was linked through."))
    owner_id = models.CharField(
        max_length=128, blank=True, help_text=gettext_lazy("How the platform's callbacks name the person.")
    )
    audited = models.BooleanField(
        default=False, help_text=gettext_lazy("The app has passed the platform's audit, where there is one.")
    )
    scheduling = models.BooleanField(
        gettext_lazy("scheduled publishing"),
        default=True,
        help_text=gettext_lazy("Posts may be planned for later. Off: only “Publish now”."),
    )
    defaults = models.JSONField(
        gettext_lazy("options to start from"), default=dict, blank=True,
        help_text=gettext_lazy(
            "What the forms of its posts are filled in with, by the names of the platform's options."
        ),
    )  # fmt: skip
    switches = models.JSONField(default=dict, blank=True, help_text=gettext_lazy("What of `Rules.switches` is on."))
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
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["platform", "owner_id"], name="connector_owner")]

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
    def oauth(self) -> OAuth | None:
        """How this account is linked and kept linked; None where that is done by hand."""
        return self.spec.oauth.get(self.login)

    @property
    def keep(self) -> KeepAlive | None:
        """How its token is renewed; None: only by a person."""
        return self.oauth.keep if self.oauth else None

    @property
    def private_only(self) -> bool:
        """The platform shows its posts to nobody else, since the app has not passed the audit."""
        return bool(self.oauth and self.oauth.audit and not self.audited)

    @property
    def account(self) -> Account:
        """What a call needs, with the tokens in clear. Do not log it. A token that must live: `fresh_account`."""
        return Account(
            self.pk, self.platform, self.login, self.remote_id, self.handle, self.token, self.extra_token,
            refresh_token=self.refresh_token, audited=not self.private_only, app_secret=self._own_secret(),
        )  # fmt: skip

    def _own_secret(self) -> str:
        """The secret of the workspace's own app, when the account was linked through it."""
        if not self.client_id:
            return ""
        own = AppCredentials.objects.filter(workspace_id=self.workspace_id, platform=self.platform, login=self.login)
        found = own.filter(client_id=self.client_id).first()
        return found.client_secret if found else ""

    @property
    def ends_at(self) -> datetime | None:
        """When the link ends unless a person links the account again; None: not as far as is known.

        A token that renews itself ends only when its renewal is so late that something must be wrong.
        """
        if self.keep is None or self.renew_at is None:
            return self.token_expires_at
        if self.keep.separate:
            return self.refresh_expires_at
        ends = self.token_expires_at
        return ends if ends and ends - timezone.now() < min(WARN_AHEAD, self.keep.ahead / 2) else None

    def problem(self, at: datetime | None = None) -> str:
        """Why nothing can go out through this connector at `at` (now), as a sentence; "" when it can."""
        return standing.problem(self, at or timezone.now())

    @property
    def dead(self) -> bool:
        """Only a person can make it work again, by linking it anew."""
        if self.status == ConnectorStatus.ACTIVE:
            return bool(self.ends_at and self.ends_at <= timezone.now())
        return self.status in (ConnectorStatus.NEEDS_RELINK, ConnectorStatus.DISCONNECTED)

    def by_hand(self, content: Content) -> HandRule | None:
        """Why this content goes by hand on this account; None: the API posts it."""
        return why_by_hand(content, self.spec.rules, kind=self.kind, switches=self.switches)

    # --- verbs ---------------------------------------------------------------------------------------------------

    def verify(self, *, by: User | str) -> Profile:
        """Ask the platform whether the link still works, and store what it says. Raises PlatformError."""
        profile = self.ask(by=by)
        with transaction.atomic():
            self.take_profile(profile)
            self._set_status(ConnectorStatus.ACTIVE, "", by=by, verb="verified")
        return profile

    def ask(self, *, by: User | str) -> Profile:
        """What the platform says of the account now. A dead link leaves ACTIVE. Raises PlatformError."""
        from connectors.tokens import fresh_account  # which renews what is defined here

        try:
            return self.spec.verify(fresh_account(self))
        except NeedsRelink as e:
            self.needs_relink(str(e), by=by)
            raise

    def take_profile(self, profile: Profile) -> None:
        """Store what the platform said of the account (not its tokens)."""
        self.handle, self.name, self.kind = profile.handle, profile.name, profile.kind
        self.can, self.verified_at = {**self.can, **profile.can, **self._not_granted()}, timezone.now()
        self.probe_at = self.verified_at + PROBE_EVERY * random.uniform(0.9, 1.1)  # noqa: S311 (no secret)
        fields = ["handle", "name", "kind", "can", "verified_at", "probe_at"]
        if profile.expires_at:
            self.token_expires_at = profile.expires_at
            fields.append("token_expires_at")
        if self.renew_at is None:
            self.renew_at = renewal(self.keep, self.token_expires_at, bool(self.refresh_token))
            fields.append("renew_at")
        self.save(update_fields=fields)

    def _not_granted(self) -> dict[str, bool]:
        """The abilities that were not granted when it was linked, whatever the platform says of the account itself."""
        granted = abilities(self.oauth.scopes, self.scopes) if self.oauth and self.scopes else {}
        return {ability: False for ability, given in granted.items() if not given}

    def take_usage(self, usage: Usage) -> None:
        """Keep the platform's own figure of its publishing quota; it wins over ours."""
        self.quota_used, self.quota_total, self.quota_seen_at = usage.used, usage.total, timezone.now()
        self.save(update_fields=["quota_used", "quota_total", "quota_seen_at"])

    def ask_usage(self) -> None:
        """Ask the platform for its own figure of the publishing quota, where it tells one. Raises PlatformError."""
        from connectors.tokens import fresh_account

        publisher = self.spec.publisher(fresh_account(self), observe=silent, deadline=no_deadline)
        if usage := publisher.usage():
            self.take_usage(usage)

    def throttle(self, until: datetime) -> None:
        """The platform asked for no more calls until then."""
        Connector.objects.filter(pk=self.pk).update(throttled_until=until)
        self.throttled_until = until

    def needs_relink(self, reason: str, *, by: User | str) -> None:
        """The platform said the token is dead: leave ACTIVE, unless somebody has linked the account again meanwhile."""
        with transaction.atomic():
            now = Connector.objects.select_for_update().get(pk=self.pk)
            if now.token == self.token and now.status != ConnectorStatus.DISCONNECTED:
                self._set_status(ConnectorStatus.NEEDS_RELINK, reason, by=by, verb="needs_relink")
                return
            self.refresh_from_db()
            transaction.on_commit(self.tell)  # what was put on hold for the old token goes on with the new one

    def disable(self, *, by: User | str) -> None:
        self._set_status(ConnectorStatus.DISABLED, "", by=by, verb="disabled")

    def enable(self, *, by: User | str) -> Profile:
        """Switch on again, if the platform says that the link still works. Raises PlatformError."""
        return self.verify(by=by)

    def pause(self, until: datetime | None, *, by: User | str) -> None:
        """Send nothing until then (None: until somebody resumes it). Its posts wait."""
        with transaction.atomic():
            self.paused_until = until
            self.save(update_fields=["paused_until"])
            self._set_status(ConnectorStatus.PAUSED, "", by=by, verb="paused")

    def keep_defaults(self, defaults: dict[str, Any], *, by: User | str) -> None:
        """Where the forms of its posts start from here on. What is scheduled already stays as it was chosen."""
        if defaults == self.defaults:
            return
        with transaction.atomic():
            self.defaults = defaults
            self.save(update_fields=["defaults"])
            record(self, "changed", by=by, text=_("Changed: options to start from."), defaults=defaults)

    def wake(self) -> None:
        """The pause is over."""
        self._set_status(ConnectorStatus.ACTIVE, "", by="schedule", verb="resumed")

    def wipe(self, reason: str, *, by: User | str, verb: str = "disconnected") -> None:
        """Forget every token. The account's posts and history stay, and wait until it is linked again."""
        fields = dict.fromkeys([*TOKENS, "renew_error", "owner_id"], "")
        moments = dict.fromkeys(["token_expires_at", "refresh_expires_at", "renew_at", "renewing_until", "probe_at"])
        with transaction.atomic():
            self._assign(fields | moments | {"scopes": []})
            self._set_status(ConnectorStatus.DISCONNECTED, reason, by=by, verb=verb)

    def _assign(self, values: Mapping[str, Any]) -> None:
        for name, value in values.items():
            setattr(self, name, value)
        self.save(update_fields=list(values))

    def _set_status(self, status: ConnectorStatus, reason: str, *, by: User | str, verb: str) -> None:
        with transaction.atomic():
            Connector.objects.without_tokens().select_for_update().get(pk=self.pk)
            changed = self.status != status
            self.status, self.status_reason = status, reason[:500]
            if status != ConnectorStatus.PAUSED:
                self.paused_until = None
            self.save(update_fields=["status", "status_reason", "paused_until"])
            record(self, verb, by=by, text=reason)
            if changed:
                transaction.on_commit(self.tell)

    def tell(self) -> None:
        """Let the apps above look at what waits for this account."""
        status_changed.send(sender=Connector, connector=self)


class QueueTime(models.Model):
    """A weekly moment at which this account likes to post, as the clocks of its own zone show it."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    connector = models.ForeignKey(Connector, models.CASCADE, related_name="queue_times")
    weekday = models.PositiveSmallIntegerField(help_text=gettext_lazy("0 is Monday."))
    time = models.TimeField()

    class Meta:
        ordering: ClassVar[list[str]] = ["weekday", "time"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["connector", "weekday", "time"], name="each_queue_time_once"),
            models.CheckConstraint(condition=models.Q(weekday__lte=6), name="queue_time_has_a_weekday"),
        ]

    def __str__(self) -> str:
        return f"{WEEKDAYS[self.weekday]} {self.time:%H:%M}"


def renewal(keep: KeepAlive | None, ends: datetime | None, has_refresh_token: bool) -> datetime | None:
    """When a token that was just given (or just seen) is renewed; None: nobody can, or nothing to renew it with."""
    if keep is None or (keep.separate and not has_refresh_token):
        return None
    now = timezone.now()
    return max(now + keep.min_age, (ends or now) - keep.ahead)


def link(
    workspace: Workspace,
    platform: str,
    login: str,
    profile: Profile,
    *,
    token: str,
    by: User | str,
    time_zone: str = "",
    grant: Grant | None = None,
    client_id: str = "",
) -> Connector:
    """Link an account, or link it again: its queued posts and history stay. Raises PlatformError without a token."""
    token = profile.token or token
    if not token:
        raise PlatformError(_("The platform gave no token for this account. Link it again."))
    grant = grant or Grant(token)
    with transaction.atomic():
        connector, made = Connector.objects.select_for_update().get_or_create(
            workspace=workspace,
            platform=platform,
            remote_id=profile.remote_id,
            defaults={"login": login, "handle": profile.handle, "time_zone": time_zone or workspace.time_zone},
        )
        refresh = _refresh_values(connector, grant, client_id)
        connector._assign({"login": login, "token": token, "client_id": client_id} | refresh)
        connector._assign(_linked_values(connector, profile, grant))
        connector._set_status(ConnectorStatus.ACTIVE, "", by=by, verb="linked" if made else "relinked")
    return connector


def _refresh_values(connector: Connector, grant: Grant, client_id: str) -> dict[str, Any]:
    """An empty refresh token never replaces one that still works: that is, one for the same app."""
    if not grant.refresh_token and connector.refresh_token and connector.client_id == client_id:
        return {}
    return {"refresh_token": grant.refresh_token, "refresh_expires_at": grant.refresh_expires_at}


def _linked_values(connector: Connector, profile: Profile, grant: Grant) -> dict[str, Any]:
    now = timezone.now()
    ends = profile.expires_at or grant.expires_at
    return {
        "handle": profile.handle,
        "name": profile.name,
        "kind": profile.kind,
        "can": dict(profile.can),
        "details": {**profile.extra, **grant.extra},
        "extra_token": profile.extra_token or grant.extra_token,
        "token_expires_at": ends,
        "renew_at": renewal(connector.keep, ends, bool(connector.refresh_token)),
        "renewing_until": None,
        "renew_error": "",
        "app_refused": False,
        "probe_at": now + PROBE_EVERY,
        "scopes": sorted(grant.scopes or ()),
        "owner_id": profile.owner_id or grant.owner_id,
        "verified_at": now,
        "sandbox": not connector.spec.official(connector.login),
    }


def linked_accounts(workspace: Workspace) -> list[tuple[UUID, str]]:
    """Id and name of each account of a workspace, to choose from."""
    rows = Connector.objects.without_tokens().filter(workspace=workspace).order_by("platform", "handle")
    return [(row.pk, str(row)) for row in rows]
