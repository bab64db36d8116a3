"""Linked accounts, for operators. Tokens are never loaded here, much less shown."""

from __future__ import annotations

from datetime import datetime
from typing import Any, cast

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop

from collavo.accounts.admin_base import Verb, VerbAdmin, chip, pretty
from collavo.accounts.models import Ability, Membership
from collavo.secrets import UnreadableSecret
from connectors import presets
from connectors.cards import chips
from connectors.forms import CapForm
from connectors.models import TOKENS, Connector, ConnectorStatus
from connectors.platforms import registry
from connectors.platforms.base import PlatformError

ASLEEP = {ConnectorStatus.DISABLED, ConnectorStatus.PAUSED, ConnectorStatus.DISCONNECTED}

WAKEABLE = {ConnectorStatus.DISABLED, ConnectorStatus.PAUSED}
GONE = {ConnectorStatus.DISABLED, ConnectorStatus.DISCONNECTED}


class NotNeeded(Exception):
    """The account is not in the state that this verb is for."""


def verify(connector: Connector, by: Membership, text: str) -> None:
    """Ask the platform. An account that a person switched off stays off."""
    by.require(Ability.CONNECT)
    if connector.status in ASLEEP:
        raise NotNeeded(
            _("It is %(status)s; switch it on instead, or link it again.")
            % {"status": connector.get_status_display().lower()}
        )
    connector.verify(by=by.user)


def disable(connector: Connector, by: Membership, text: str) -> None:
    by.require(Ability.CONNECT)
    if connector.status in GONE:
        raise NotNeeded(_("It is %(status)s already.") % {"status": connector.get_status_display().lower()})
    connector.disable(by=by.user)


def enable(connector: Connector, by: Membership, text: str) -> None:
    by.require(Ability.CONNECT)
    if connector.status not in WAKEABLE:
        raise NotNeeded(_("It is not switched off. Verify it, or link it again."))
    connector.enable(by=by.user)


VERBS = (
    Verb(
        "verify",
        gettext_noop("Verify"),
        gettext_noop("works: the platform says so"),
        verify,
        fits=lambda c: c.status not in ASLEEP,
    ),
    Verb(
        "enable", gettext_noop("Switch on"), gettext_noop("is switched on"), enable, fits=lambda c: c.status in WAKEABLE
    ),
    Verb(
        "disable",
        gettext_noop("Switch off"),
        gettext_noop("is switched off"),
        disable,
        fits=lambda c: c.status not in GONE,
        confirm=gettext_noop(
            "Nothing goes out through these accounts until they are switched on again; their posts wait."
        ),
    ),
)


class PlatformFilter(admin.SimpleListFilter):
    title = gettext_lazy("platform")
    parameter_name = "platform"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(platform.key, platform.name) for platform in registry.PLATFORMS.values()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Connector]) -> QuerySet[Connector]:
        return queryset.filter(platform=self.value()) if self.value() else queryset


class ConnectorForm(CapForm):
    """An operator's settings of one account. Its presets are checked as on the account's own page."""

    def clean_defaults(self) -> dict[str, Any]:
        defaults = self.cleaned_data["defaults"] or {}
        if said := presets.complaints(self.instance.spec, defaults):
            raise forms.ValidationError(said)
        return cast(dict[str, Any], defaults)


@admin.register(Connector)
class ConnectorAdmin(VerbAdmin[Connector]):
    verbs = VERBS
    form = ConnectorForm
    refusals = (PermissionDenied, PlatformError, NotNeeded, UnreadableSecret)
    list_display = [
        "account",
        "workspace",
        "state",
        "status_reason",
        "kind",
        "sandbox",
        "token_expires_at",
        "verified_at",
        "console",
    ]
    list_filter = ["status", PlatformFilter, "sandbox", ("workspace", admin.RelatedOnlyFieldListFilter)]
    list_select_related = ["workspace"]
    search_fields = ["handle", "name", "remote_id", "id__exact"]
    ordering = ["workspace__name", "platform", "handle"]
    fieldsets = [
        (None, {"fields": ["account", "workspace", "state", "status_reason", "paused_until"]}),
        (
            gettext_lazy("Settings"),
            {"fields": ["time_zone", "daily_cap", "max_in_flight", "scheduling", "audited", "defaults"]},
        ),
        (
            gettext_lazy("What the platform says"),
            {"fields": ["name", "kind", "remote_id", "login", "sandbox", "able", "facts"]},
        ),
        (gettext_lazy("The link"), {"fields": ["client_id", "scopes", "ends", "renew_at", "renew_error"]}),
        (
            gettext_lazy("Moments"),
            {"fields": ["created_at", "verified_at", "probe_at", "token_expires_at", "refresh_expires_at"]},
        ),
        (gettext_lazy("History"), {"fields": ["history"]}),
    ]
    readonly_fields = [
        "account",
        "workspace",
        "state",
        "status_reason",
        "paused_until",
        "name",
        "kind",
        "remote_id",
        "login",
        "sandbox",
        "able",
        "facts",
        "client_id",
        "scopes",
        "ends",
        "renew_at",
        "renew_error",
        "created_at",
        "verified_at",
        "probe_at",
        "token_expires_at",
        "refresh_expires_at",
        "history",
    ]

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Accounts are linked in the console or with `manage.py connect`."""
        return False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Connector]:
        return super().get_queryset(request).select_related("workspace").defer(*TOKENS)

    @admin.display(description=gettext_lazy("account"), ordering="handle")
    def account(self, connector: Connector) -> str:
        return str(connector)

    @admin.display(description=gettext_lazy("status"), ordering="status")
    def state(self, connector: Connector) -> SafeString:
        """In the words of the Connections page."""
        first, *others = chips(connector)
        shown = [chip(first.kind, first.text, connector.problem()), *(chip(c.kind, c.text) for c in others)]
        return format_html_join(" ", "{}", ((one,) for one in shown))

    @admin.display(description=gettext_lazy("link ends"))
    def ends(self, connector: Connector) -> datetime | None:
        return connector.ends_at

    @admin.display(description=gettext_lazy("can"))
    def able(self, connector: Connector) -> SafeString:
        return pretty(connector.can)

    @admin.display(description=gettext_lazy("details"))
    def facts(self, connector: Connector) -> SafeString:
        return pretty(connector.details)

    def view_on_site(self, connector: Connector) -> str:
        return reverse("connectors:connections", args=[connector.workspace.slug])
