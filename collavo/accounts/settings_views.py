"""Settings: the workspace, its members, and its API tokens. Other areas add their tab in `TABS`."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from collavo.accounts import api_tokens, hooks
from collavo.accounts.access import ConsoleRequest, console
from collavo.accounts.models import Ability, Workspace, zone_names
from collavo.accounts.settings_forms import TokenForm, WorkspaceForm

# The name of its address, and what the tab is called.
TABS: list[tuple[str, Any]] = [
    ("settings:general", gettext_lazy("General")),
    ("settings:members", gettext_lazy("Members")),
    ("settings:tokens", gettext_lazy("API tokens")),
    ("webhooks:webhooks", gettext_lazy("Webhooks")),
    ("studio_settings:studios", gettext_lazy("Studios")),
]
SHOWN = 200  # tokens on the page


@console()
@require_http_methods(["GET", "HEAD", "POST"])
def general(request: ConsoleRequest) -> HttpResponse:
    """Name, time zone and policies: to read for everybody, to change for who manages the workspace."""
    workspace = Workspace.objects.get(pk=request.workspace.pk)  # the form writes into its instance
    form = WorkspaceForm(request.POST or None, instance=workspace)
    status = 200
    if request.method == "POST":
        request.member.require(Ability.MANAGE)
        if form.is_valid():
            form.keep(by=request.member)
            messages.success(request, "Saved.")
            return redirect("settings:general", request.workspace.slug)
        status = 422
    return render(request, "settings/general.html", {"form": form, "zones": zone_names(), "tabs": TABS}, status=status)


@console()
@require_safe
def members(request: ConsoleRequest) -> HttpResponse:
    """Who belongs to the workspace, and as what."""
    rows = request.workspace.memberships.select_related("user").order_by("user__name", "user__email")
    return render(request, "settings/members.html", {"members": rows, "tabs": TABS})


@console()
@require_http_methods(["GET", "HEAD", "POST"])
def tokens(request: ConsoleRequest) -> HttpResponse:
    """One's own tokens, and a form for a new one. A new token's secret is in this one answer and nowhere else."""
    if request.method != "POST":
        return _tokens(request, TokenForm(by=request.member))
    form = TokenForm(request.POST, by=request.member)
    if not form.is_valid():
        return _tokens(request, form, status=422)
    token, secret = form.issue()
    answer = _tokens(request, TokenForm(by=request.member), made=token, secret=secret)
    answer["Cache-Control"] = "no-store"
    return answer


def _tokens(request: ConsoleRequest, form: TokenForm, *, status: int = 200, **more: Any) -> HttpResponse:
    names = dict(hooks.linked_accounts(request.workspace))
    found = list(api_tokens.visible(request.member)[:SHOWN])
    rows = [(t, [names.get(pk, _("an account that is gone")) for pk in t.connector_ids]) for t in found]
    context = {"form": form, "rows": rows, "tabs": TABS, **more}
    return render(request, "settings/tokens.html", context, status=status)


@console()
@require_POST
def revoke_token(request: ConsoleRequest, pk: UUID) -> HttpResponse:
    """It stops working at once."""
    token = api_tokens.visible(request.member).filter(pk=pk).first()
    if token is None:
        raise Http404(_("There is no such token."))
    api_tokens.revoke(token, by=request.member)
    messages.success(
        request, _("“%(name)s” is revoked. Programs that use it are refused from now on.") % {"name": token.name}
    )
    return redirect("settings:tokens", request.workspace.slug)
