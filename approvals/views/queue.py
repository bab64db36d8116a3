"""Approvals: the queue on the left, one version on the stage."""

from __future__ import annotations

from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from approvals import queue as order
from approvals.models import Version
from approvals.views.stage import narrowed_by, show, version_of
from collavo.accounts.access import ConsoleRequest, console
from collavo.ids import as_uuid


@require_safe
@console()
def queue(request: ConsoleRequest) -> HttpResponse:
    """The first of the queue, or the version that `?v=` names. `?after=` asks for more rows of the queue."""
    if after := request.GET.get("after"):
        return _more(request, _named(request, after))
    if pk := request.GET.get("v"):
        return show(request, _named(request, pk))
    rows = order.page(request.workspace, count=order.PAGE + 1, narrowed=narrowed_by(request))
    return show(request, rows[0] if rows else None, rows=rows)


@require_safe
@console()
def review(request: ConsoleRequest, pk: UUID) -> HttpResponse:
    return show(request, version_of(request, pk))


def _more(request: ConsoleRequest, after: Version) -> HttpResponse:
    narrowed = narrowed_by(request)
    rows = order.page(request.workspace, after=after, count=order.PAGE + 1, narrowed=narrowed)
    shown = rows[: order.PAGE]
    context = {"rows": shown, "narrowed": narrowed, "more": shown[-1] if len(rows) > order.PAGE else None}
    if request.htmx:
        return render(request, "approvals/_queue_rows.html", context)
    return render(request, "approvals/queue_more.html", context)


def _named(request: ConsoleRequest, pk: str) -> Version:
    """The version with an id from the query string, where anything can stand."""
    if (found := as_uuid(pk)) is None:
        raise Http404(_("There is no such version."))
    return version_of(request, found)
