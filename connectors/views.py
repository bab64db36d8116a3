"""The Connections page: what each linked account can do, and the verbs about it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from collavo.accounts.access import ConsoleRequest, console
from collavo.accounts.models import Ability
from connectors import hooks
from connectors.hooks import Window
from connectors.models import Connector, ConnectorStatus
from connectors.platforms import registry
from connectors.platforms.base import PlatformError

EXPIRES_SOON = timedelta(days=7)
ABILITIES = {"publish": "Publish", "read_status": "Read status", "read_metrics": "Read numbers"}
CHIPS = {
    ConnectorStatus.ACTIVE: ("ok", "check"),
    ConnectorStatus.NEEDS_RELINK: ("bad", "link"),
    ConnectorStatus.PAUSED: ("wait", "clock"),
    ConnectorStatus.DISABLED: ("", "x"),
}


@dataclass(frozen=True)
class Card:
    """One account as its card shows it."""

    connector: Connector
    window: Window | None
    now: datetime

    @property
    def kind(self) -> str:
        return CHIPS[ConnectorStatus(self.connector.status)][0]

    @property
    def icon(self) -> str:
        return CHIPS[ConnectorStatus(self.connector.status)][1]

    @property
    def login(self) -> str:
        return self.connector.spec.logins.get(self.connector.login, self.connector.login)

    @property
    def problem(self) -> str:
        return self.connector.problem(self.now)

    @property
    def can(self) -> list[tuple[str, bool]]:
        """What the platform said that the account may do; [] when it was never asked."""
        said = self.connector.can
        return [(words, bool(said[name])) for name, words in ABILITIES.items() if name in said]

    @property
    def expires_soon(self) -> str:
        """ "In 3 days", when somebody should link the account again; "" while there is time."""
        ends = self.connector.token_expires_at
        if ends is None or ends - self.now > EXPIRES_SOON:
            return ""
        days = (ends - self.now).days
        return f"In {days} days" if days > 1 else ("Has ended" if ends <= self.now else "Within two days")


@console()
@require_safe
def connections(request: ConsoleRequest) -> HttpResponse:
    """One card per account, those that need somebody first."""
    return render(request, "connectors/connections.html", {"cards": _cards(request), "platforms": _platforms()})


def _platforms() -> list[str]:
    return [platform.name for platform in registry.PLATFORMS.values()]


def _cards(request: ConsoleRequest) -> list[Card]:
    linked = Connector.objects.filter(workspace=request.workspace).defer("token", "extra_token")
    found, now = list(linked.order_by("platform", "handle", "id")), timezone.now()
    windows = hooks.windows(found)
    return sorted((Card(c, windows.get(c.pk), now) for c in found), key=lambda card: not card.problem)


@console(Ability.CONNECT)
@require_POST
def verify(request: ConsoleRequest, pk: UUID) -> HttpResponse:
    """Ask the platform whether the link still works."""
    return _with(request, pk, lambda c: c.verify(by=request.user), "{} works.")


@console(Ability.CONNECT)
@require_POST
def disable(request: ConsoleRequest, pk: UUID) -> HttpResponse:
    return _with(request, pk, lambda c: c.disable(by=request.user), "{} is switched off. Its posts wait.")


@console(Ability.CONNECT)
@require_POST
def enable(request: ConsoleRequest, pk: UUID) -> HttpResponse:
    """Switch on again, once the platform has said that the link works."""
    return _with(request, pk, lambda c: c.enable(by=request.user), "{} is on. Posts that waited for it go on.")


def _with(request: ConsoleRequest, pk: UUID, verb: Callable[[Connector], object], said: str) -> HttpResponse:
    connector = Connector.objects.filter(workspace=request.workspace, pk=pk).first()
    if connector is None:
        raise Http404("There is no such account.")
    try:
        verb(connector)
        messages.success(request, said.format(connector))
    except PlatformError as e:
        messages.error(request, f"{connector}: {e}")
    if not request.htmx:
        return redirect("connectors:connections", request.workspace.slug)
    connector.refresh_from_db()
    card = Card(connector, hooks.windows([connector]).get(connector.pk), timezone.now())
    return render(request, "connectors/_card.html", {"card": card})
