"""One linked account as a card shows it, and what the Connections page offers to link."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, ngettext

from collavo.accounts.models import Workspace
from collavo.words import together
from connectors import hooks
from connectors.credentials import installation_app
from connectors.expiry import beyond, stage
from connectors.hooks import Planned, Window
from connectors.models import AppCredentials, Connector, ConnectorStatus
from connectors.platforms import registry
from connectors.platforms.base import Content, Platform
from connectors.platforms.oauth import OAuth

ABILITIES = {
    "publish": gettext_noop("Publish"),
    "read_status": gettext_noop("Read status"),
    "read_metrics": gettext_noop("Read numbers"),
}
CHIPS = {
    ConnectorStatus.ACTIVE: ("ok", "check"),
    ConnectorStatus.NEEDS_RELINK: ("bad", "link"),
    ConnectorStatus.PAUSED: ("wait", "clock"),
    ConnectorStatus.DISABLED: ("", "x"),
    ConnectorStatus.DISCONNECTED: ("", "x"),
}
OFF = (ConnectorStatus.DISABLED, ConnectorStatus.PAUSED)


@dataclass(frozen=True)
class Chip:
    kind: str
    icon: str
    text: str


@dataclass(frozen=True)
class Card:
    """One account as its card shows it."""

    connector: Connector
    window: Window | None
    planned: Planned
    now: datetime

    @property
    def chips(self) -> list[Chip]:
        return chips(self.connector, self.now)

    @property
    def off(self) -> bool:
        """A person has switched it off or paused it."""
        return self.connector.status in OFF

    @property
    def linked(self) -> bool:
        return self.connector.status != ConnectorStatus.DISCONNECTED

    @property
    def login(self) -> str:
        return _(self.connector.spec.logins.get(self.connector.login, self.connector.login))

    @property
    def problem(self) -> str:
        return self.connector.problem(self.now)

    @property
    def audit(self) -> str:
        """What the platform does to its posts while the app has not passed the audit."""
        return _(self.connector.oauth.audit) if self.connector.private_only and self.connector.oauth else ""

    @property
    def can(self) -> list[tuple[str, bool]]:
        """What the platform said that the account may do; [] when it was never asked."""
        said = self.connector.can
        return [(_(words), bool(said[name])) for name, words in ABILITIES.items() if name in said]

    @property
    def ends_soon(self) -> bool:
        return ends_soon(self.connector, self.now)

    @property
    def expires_soon(self) -> str:
        """ "In 3 days", when somebody should link the account again; "" while there is time."""
        ends = self.connector.ends_at
        if ends is None or not self.ends_soon:
            return ""
        days = (ends - self.now).days
        return (
            ngettext("In %(count)d day", "In %(count)d days", days) % {"count": days}
            if days > 1
            else (_("Has ended") if ends <= self.now else _("Within two days"))
        )

    @property
    def late_posts(self) -> str:
        """What the link's end means for what is planned; "" while it means nothing."""
        return beyond(self.planned) if self.ends_soon else ""

    @property
    def formats(self) -> list[tuple[str, bool]]:
        """Each format, and whether the API posts it plain for this account (else a person does)."""
        plain = (Content(format=name, caption="") for name in self.connector.spec.rules.formats)
        return [(content.format.capitalize(), self.connector.by_hand(content) is None) for content in plain]

    @property
    def limits(self) -> list[str]:
        """What is counted here, as the platform's rules say: "15 posts in 24 hours"."""
        return [
            _("%(count)s %(things)s in %(time)s")
            % {"count": f"{limit.count:,}", "things": _(limit.what), "time": _length(limit.window)}
            for limit in self.connector.spec.rules.limits
        ]

    @property
    def own_count(self) -> str:
        """The platform's own figure, when it tells one: "3 of 100, as Instagram counts"."""
        c = self.connector
        return (
            ""
            if c.quota_total is None
            else _("%(used)s of %(total)s, as %(platform)s counts")
            % {"used": c.quota_used or 0, "total": c.quota_total, "platform": c.spec.name}
        )

    @property
    def can_relink(self) -> bool:
        return self.connector.oauth is not None


def chips(connector: Connector, now: datetime | None = None) -> list[Chip]:
    """The same words on every screen: its state first, then what else one has to know."""
    found = [_state(connector, now or timezone.now())]
    if connector.private_only:
        found.append(Chip("wait", "lock", _("Private until audited")))
    if not connector.scheduling:
        found.append(Chip("", "clock", _("No scheduling")))
    if connector.sandbox:
        found.append(Chip("wait", "warn", _("Sandbox")))
    return found


def _state(connector: Connector, now: datetime) -> Chip:
    if connector.status == ConnectorStatus.PAUSED and connector.paused_until:
        until = timezone.localtime(connector.paused_until, connector.zone)
        return Chip("wait", "clock", _("Paused until %(until)s") % {"until": date_format(until, "D d M, H:i")})
    if connector.status == ConnectorStatus.ACTIVE and connector.app_refused:
        return Chip("bad", "warn", _("App refused"))
    if connector.status == ConnectorStatus.ACTIVE and ends_soon(connector, now):
        return Chip("wait", "warn", _("Expires soon"))
    if connector.status == ConnectorStatus.ACTIVE and connector.renew_error:
        return Chip("wait", "warn", _("Active, not renewed"))
    return Chip(*CHIPS[ConnectorStatus(connector.status)], str(ConnectorStatus(connector.status).label))


def ends_soon(connector: Connector, now: datetime) -> bool:
    ends = connector.ends_at
    return stage(ends, now) is not None or bool(ends and ends <= now)


def _length(window: timedelta) -> str:
    minutes = round(window.total_seconds() / 60)
    if minutes == 60:
        return _("an hour")
    if minutes > 60:
        return ngettext("%(count)d hour", "%(count)d hours", minutes // 60) % {"count": minutes // 60}
    return ngettext("%(count)d minute", "%(count)d minutes", minutes) % {"count": minutes}


def cards(workspace: Workspace) -> list[Card]:
    """Every account of the workspace, those that need somebody first."""
    linked = Connector.objects.filter(workspace=workspace).without_tokens()
    return sorted(as_cards(linked.order_by("platform", "handle", "id")), key=_order)


def as_cards(connectors: Iterable[Connector]) -> list[Card]:
    """In a constant number of queries."""
    found, now = list(connectors), timezone.now()
    windows = hooks.windows(found)
    planned = hooks.planned({c.pk: c.ends_at for c in found})
    return [Card(c, windows.get(c.pk), planned.get(c.pk, Planned()), now) for c in found]


def _order(card: Card) -> tuple[bool, bool]:
    return not card.linked, not card.problem


@dataclass(frozen=True)
class Offer:
    """One way of linking one platform, and whether an app for it is there."""

    platform: Platform
    login: str
    oauth: OAuth
    own: str  # id of the workspace's own app, or ""
    installation: bool

    @property
    def name(self) -> str:
        return _(self.platform.logins[self.login])

    @property
    def ready(self) -> bool:
        return bool(self.own) or self.installation

    @property
    def needs(self) -> str:
        """What an operator sets so that it can be used."""
        return together(self.oauth.app_settings)


@dataclass(frozen=True)
class Choice:
    """One platform with its ways of linking; none of them where it is done at the shell."""

    platform: Platform
    offers: list[Offer]

    @property
    def single(self) -> bool:
        return len(self.offers) == 1


def choices(workspace: Workspace) -> list[Choice]:
    rows = AppCredentials.objects.filter(workspace=workspace).defer("client_secret")
    own = {(row.platform, row.login): row.client_id for row in rows}
    return [Choice(platform, _offers(platform, own)) for platform in registry.PLATFORMS.values()]


def _offers(platform: Platform, own: dict[Any, str]) -> list[Offer]:
    return [
        Offer(platform, login, oauth, own.get((platform.key, login), ""), installation_app(oauth) is not None)
        for login, oauth in platform.oauth.items()
    ]


def card_of(workspace: Workspace, pk: UUID) -> Card | None:
    found = as_cards(Connector.objects.filter(workspace=workspace, pk=pk).without_tokens())
    return found[0] if found else None
