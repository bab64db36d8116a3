"""The Connections page: what each linked account can do, and the verbs about it. Linking is in `link_views.py`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from collavo.accounts.access import ConsoleRequest, console
from collavo.accounts.models import Ability, zone_names
from connectors import composing, hooks, tokens
from connectors.cards import ABILITIES, Card, as_cards, card_of, cards, choices
from connectors.forms import PauseForm, PresetsForm, SettingsForm
from connectors.models import Connector, ConnectorStatus
from connectors.platforms.base import PlatformError

ATTEMPTS = 20


@console()
@require_safe
def connections(request: ConsoleRequest) -> HttpResponse:
    """One card per account, those that need somebody first; and what can be linked."""
    context = {"cards": cards(request.workspace), "choices": choices(request.workspace)}
    return render(request, "connectors/connections.html", context)


@console()
@require_safe
def account(request: ConsoleRequest, pk: UUID) -> HttpResponse:
    """Everything about one account: settings, limits, its last calls."""
    return _account(request, _card(request, pk))


def _account(request: ConsoleRequest, card: Card, *, status: int = 200, **forms: Any) -> HttpResponse:
    context = {
        "card": card,
        "settings_form": SettingsForm(connector=card.connector),
        "pause_form": PauseForm(connector=card.connector),
        "presets_form": PresetsForm(connector=card.connector),
        "attempts": hooks.attempts(card.connector, ATTEMPTS),
        "zones": zone_names(),
    }
    return render(request, "connectors/account.html", context | forms, status=status)


def _card(request: ConsoleRequest, pk: UUID) -> Card:
    card = card_of(request.workspace, pk)
    if card is None:
        raise Http404(_("There is no such account."))
    return card


@console(Ability.CONNECT)
@require_POST
def settings(request: ConsoleRequest, pk: UUID) -> HttpResponse:
    card = _card(request, pk)
    form = SettingsForm(request.POST, connector=card.connector)
    if not form.is_valid():
        return _account(request, _card(request, pk), status=422, settings_form=form)
    form.keep(by=request.user)
    messages.success(request, _("Saved for %(account)s.") % {"account": card.connector})
    return redirect("connectors:account", request.workspace.slug, pk)


@console(Ability.CONNECT)
@require_POST
def presets(request: ConsoleRequest, pk: UUID) -> HttpResponse:
    """What the forms of its posts start from."""
    card = _card(request, pk)
    form = PresetsForm(request.POST, connector=card.connector)
    if not form.is_valid():
        return _account(request, _card(request, pk), status=422, presets_form=form)
    form.keep(by=request.user)
    messages.success(request, _("Saved: the forms of %(account)s start from it.") % {"account": card.connector})
    return redirect("connectors:account", request.workspace.slug, pk)


@console(Ability.CONNECT)
@require_POST
def pause(request: ConsoleRequest, pk: UUID) -> HttpResponse:
    """Send nothing through it for a while."""
    card = _card(request, pk)
    form = PauseForm(request.POST, connector=card.connector)
    if not form.is_valid():
        return _account(request, card, status=422, pause_form=form)
    if card.connector.status not in (ConnectorStatus.ACTIVE, ConnectorStatus.PAUSED):
        messages.error(
            request,
            _("%(account)s is %(status)s, not active.")
            % {"account": card.connector, "status": card.connector.get_status_display().lower()},
        )
    else:
        card.connector.pause(form.cleaned_data["until"], by=request.user)
        messages.success(request, _("%(problem)s Its posts wait.") % {"problem": card.connector.problem()})
    return redirect("connectors:account", request.workspace.slug, pk)


@console(Ability.CONNECT)
@require_http_methods(["GET", "HEAD", "POST"])
def disconnect(request: ConsoleRequest, pk: UUID) -> HttpResponse:
    """Asks first: the platform forgets us, and we forget the tokens."""
    card = _card(request, pk)
    if request.method != "POST":
        return render(request, "connectors/disconnect.html", {"card": card})
    if card.linked:
        said = tokens.disconnect(card.connector, by=request.user)
        messages.success(
            request,
            _("%(account)s is disconnected. Its posts wait until it is linked again.") % {"account": card.connector},
        )
        if said:
            messages.warning(request, said)
    return redirect("connectors:connections", request.workspace.slug)


@console(Ability.CONNECT)
@require_POST
def verify(request: ConsoleRequest, pk: UUID) -> HttpResponse:
    """Ask the platform whether the link still works, what it may do, and how much of its limit is used."""
    return _with(request, pk, lambda c: _verified(c, request), _("{} works."))


def _verified(connector: Connector, request: ConsoleRequest) -> str:
    connector.verify(by=request.user)
    able = [_(words).lower() for name, words in ABILITIES.items() if connector.can.get(name)]
    unable = [_(words).lower() for name, words in ABILITIES.items() if connector.can.get(name) is False]
    said = [
        _("It can %(able)s.") % {"able": ", ".join(able)} if able else "",
        _("It cannot %(unable)s.") % {"unable": ", ".join(unable)} if unable else "",
    ]
    return " ".join(filter(None, [*said, _usage(connector), _live(connector)]))


def _usage(connector: Connector) -> str:
    """The platform's own figure. That the link works is known by now, whatever becomes of this question."""
    try:
        connector.ask_usage()
    except PlatformError as e:
        return _("How much of its limit is used could not be read: %(reason)s") % {"reason": e}
    own = as_cards([connector])[0].own_count
    return _("Posts in 24 hours: %(figure)s.") % {"figure": own} if own else ""


def _live(connector: Connector) -> str:
    """What the platform lets it choose at this moment, where that changes."""
    composing.forget()
    live = composing.look(connector)
    longest = _("Videos may last %(count)s seconds.") % {"count": live.max_seconds} if live.max_seconds else ""
    return " ".join(filter(None, [live.why_not or live.unread, longest]))


@console(Ability.CONNECT)
@require_POST
def disable(request: ConsoleRequest, pk: UUID) -> HttpResponse:
    return _with(request, pk, lambda c: c.disable(by=request.user), _("{} is switched off. Its posts wait."))


@console(Ability.CONNECT)
@require_POST
def enable(request: ConsoleRequest, pk: UUID) -> HttpResponse:
    """Switch on again, once the platform has said that the link works."""
    return _with(request, pk, lambda c: c.enable(by=request.user), _("{} is on. Posts that waited for it go on."))


def require_linked(connector: Connector) -> None:
    if connector.status == ConnectorStatus.DISCONNECTED:
        raise PlatformError(_("It is disconnected. Link it again first."))


def _with(request: ConsoleRequest, pk: UUID, verb: Callable[[Connector], object], said: str) -> HttpResponse:
    connector = Connector.objects.filter(workspace=request.workspace, pk=pk).first()
    if connector is None:
        raise Http404(_("There is no such account."))
    try:
        require_linked(connector)
        more = verb(connector)
        messages.success(
            request, " ".join([said.format(connector), *([more] if isinstance(more, str) and more else [])])
        )
    except PlatformError as e:
        messages.error(request, f"{connector}: {e}")
    if not request.htmx:
        return redirect("connectors:connections", request.workspace.slug)
    connector.refresh_from_db()
    return render(request, "connectors/_card.html", {"card": as_cards([connector])[0]})
