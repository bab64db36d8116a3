"""The board and its side panel."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_safe
from django_htmx.http import push_url, replace_url

from collavo.accounts.access import ConsoleRequest, console
from collavo.accounts.models import Ability
from collavo.ids import as_uuid
from publishing.board import BY_SLUG, COLUMNS, Column, load
from publishing.forms import BoardForm
from publishing.views.panel import get_version, panel_context


@console()
@require_safe
def board(request: ConsoleRequest) -> HttpResponse:
    """The whole board, with the panel of `?v=`; for htmx one column (`?col=`), or its next cards (`?col=&after=`)."""
    if slug := _wants_part(request):
        return _varied(_part(request, BY_SLUG[slug]))
    context = board_context(request)
    if version := as_uuid(request.GET.get("v")):
        context |= panel_context(get_version(request, version), as_uuid(request.GET.get("connector")))
        context["close_url"] = closed_address(request)
    return _varied(render(request, "publishing/board.html", context))


def _part(request: ConsoleRequest, column: Column) -> HttpResponse:
    filters, after = BoardForm(request.GET, workspace=request.workspace).filters(), as_uuid(request.GET.get("after"))
    shown = load(request.workspace, filters, columns=[column], after=after)[0]
    template = "publishing/_cards.html" if after else "publishing/_column.html"
    return render(request, template, {"shown": shown, "filters": filters, "query": _query(request)})


def board_context(request: ConsoleRequest) -> dict[str, Any]:
    """What board.html shows: every column, or the one of `?state=` from `?after=` on."""
    form = BoardForm(request.GET, workspace=request.workspace)
    filters = form.filters()
    after = as_uuid(request.GET.get("after")) if filters.state else None
    columns = [BY_SLUG[filters.state]] if filters.state else COLUMNS
    boards = load(request.workspace, filters, columns=columns, after=after)
    if not filters.any and request.member.can(Ability.REVIEW):  # the rail counts the same
        request.member.waiting = boards[0].count
    nothing = not any(shown.cards for shown in boards)
    return {"boards": boards, "form": form, "filters": filters, "query": _query(request), "nothing": nothing}


FILTERS = ("q", "account", "case", "state", "person", "since", "until")


def _wants_part(request: ConsoleRequest) -> str:
    """The column that htmx asks for; "" for a whole page."""
    slug = request.GET.get("col", "")
    return slug if request.htmx and not request.htmx.history_restore_request and slug in BY_SLUG else ""


def _varied(response: HttpResponse) -> HttpResponse:
    """The same address answers a page or a part; no cache may confuse them."""
    patch_vary_headers(response, ["HX-Request"])
    return response


def _query(request: ConsoleRequest) -> str:
    """The filters as part of an address, without what belongs to one view of them: "&q=linen"."""
    kept = [(k, v) for k, v in request.GET.items() if k in FILTERS and v]
    return f"&{urlencode(kept)}" if kept else ""


@console()
@require_safe
def panel(request: ConsoleRequest, version: UUID) -> HttpResponse:
    """The panel of one version. Opened directly, the board with it."""
    chosen = as_uuid(request.GET.get("connector"))
    if not request.htmx or request.htmx.history_restore_request:
        get_version(request, version)
        return redirect(panel_address(request, version, chosen))
    context = panel_context(get_version(request, version), chosen)
    return show_panel(request, context, panel_address(request, version, chosen))


def show_panel(request: ConsoleRequest, context: dict[str, Any], address: str) -> HttpResponse:
    """The panel for htmx. Back closes it: a panel opens a new address, another view of the same one replaces it."""
    context["close_url"] = closed_address(request)
    response = _varied(render(request, "publishing/_panel.html", context))
    same = f"v={context['version'].pk}" in (request.htmx.current_url_abs_path or "")
    return replace_url(response, address) if same else push_url(response, address)


def panel_address(request: ConsoleRequest, version: UUID, connector: UUID | None = None) -> str:
    """The board as the person has filtered it, with this panel open."""
    own, kept = _here(request)
    kept["v"] = str(version)
    if connector:
        kept["connector"] = str(connector)
    return f"{own}?{kept.urlencode()}"


def closed_address(request: ConsoleRequest) -> str:
    """The board as the person has filtered it, with no panel."""
    own, kept = _here(request)
    return f"{own}?{kept.urlencode()}" if kept else own


def _here(request: ConsoleRequest) -> tuple[str, QueryDict]:
    """The board's address, and the filters of the board that the person is looking at."""
    own = reverse("publishing:board", args=[request.workspace.slug])
    here = request.htmx.current_url_abs_path if request.htmx else request.get_full_path()
    path, _, query = (here or "").partition("?")
    kept = QueryDict(query if path == own else "", mutable=True)
    for name in ("v", "connector", "col", "after"):
        kept.pop(name, None)
    return own, kept
