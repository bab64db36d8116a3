"""Cases: the list, and one case with everything that happened in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID
from zoneinfo import ZoneInfo

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_safe

from approvals import history, hooks
from approvals.forms import CaseForm
from approvals.models import Asset, Case, Version
from collavo.accounts.access import ConsoleRequest, console
from collavo.accounts.models import Ability
from collavo.ids import as_uuid
from collavo.timeline.models import Event

PAGE = 40
MACHINES = "collavo"  # as the person of a filter


@require_safe
@console()
def cases(request: ConsoleRequest) -> HttpResponse:
    """The newest first; ids rise with time, so the id of the last one says where the next page begins."""
    rows = request.workspace.cases.select_related("creator").order_by("-id")
    if words := request.GET.get("q", "").strip():
        rows = rows.filter(name__icontains=words) | rows.filter(brand__icontains=words)
    if before := _uuid(request.GET.get("before")):
        rows = rows.filter(id__lt=before)
    found = list(rows[: PAGE + 1])
    return render(request, "approvals/cases.html", {"q": words, **_paged(found)})


@require_http_methods(["GET", "HEAD", "POST"])
@console(Ability.CREATE)
def new_case(request: ConsoleRequest) -> HttpResponse:
    form = CaseForm(request.POST or None, workspace=request.workspace)
    if request.method == "POST" and form.is_valid():
        return redirect("approvals:case", request.workspace.slug, form.open(by=request.member).pk)
    return render(request, "approvals/new_case.html", {"form": form})


@require_safe
@console()
def case(request: ConsoleRequest, pk: UUID) -> HttpResponse:
    found = get_object_or_404(Case.objects.select_related("creator", "workspace"), pk=pk, workspace=request.workspace)
    if request.htmx and "before" in request.GET:
        return render(request, "approvals/_case_history.html", {"case": found, **_history(request, found)})
    context: dict[str, Any] = {"case": found, **_history(request, found), **_assets(request, found)}
    context["slots"] = _free_slots(found)
    return render(request, "approvals/case.html", context)


def _history(request: ConsoleRequest, case: Case) -> dict[str, Any]:
    narrowed = narrowed_by(request.GET, case.workspace.zone)
    pk = _uuid(request.GET.get("before"))
    before = get_object_or_404(Event, pk=pk, case_id=case.pk) if pk else None
    events = history.of_case(case.pk, narrowed, before=before)
    kept = {name: request.GET[name] for name in ("kind", "who", "from", "to") if request.GET.get(name)}
    return {
        "kinds": [(key, gettext(label)) for key, (label, _) in history.KINDS.items()],
        "narrowed": narrowed,
        "kept": kept,
        "query": urlencode(kept),
        "people": _people(events, kept.get("who", "")),
        "lines": with_calls(events[: history.PAGE], case.workspace.zone),
        "older": events[history.PAGE - 1].pk if len(events) > history.PAGE else None,
        "later": bool(before),
    }


def with_calls(events: list[Event], zone: ZoneInfo) -> list[history.Line]:
    """The lines, each of a post's with the calls that led to it."""
    calls = hooks.calls(events)
    return [replace(line, calls=calls.get(line.id, ())) for line in history.lines(events, zone)]


def narrowed_by(query: Mapping[str, str], zone: ZoneInfo) -> history.Narrowed:
    """The filters of an address. Http404 for a kind that there is not."""
    kind, who = query.get("kind", "all"), query.get("who", "")
    if kind not in history.KINDS:
        raise Http404(gettext("There is no such filter."))
    first, last = _day(query.get("from", "")), _day(query.get("to", ""))
    return history.Narrowed(
        kind=kind,
        who=None if who == MACHINES else _uuid(who),
        machines=who == MACHINES,
        since=datetime.combine(first, time.min, zone) if first else None,
        until=datetime.combine(last + timedelta(days=1), time.min, zone) if last else None,
    )


def _day(text: str) -> date | None:
    """What cannot be read is left out."""
    try:
        found = date.fromisoformat(text)
    except ValueError:
        return None
    return found if 2000 <= found.year <= 2199 else None


def _people(events: list[Event], chosen: str) -> list[tuple[str, str]]:
    """Those who did something on this page, to choose from; and the one who is chosen."""
    found = {str(event.user_id): event.by for event in events if event.user_id}
    if chosen and chosen not in found and chosen != MACHINES:
        found[chosen] = gettext("This person")
    return [*sorted(found.items(), key=lambda one: one[1].lower()), (MACHINES, gettext("Collavo itself"))]


def _assets(request: ConsoleRequest, case: Case) -> dict[str, Any]:
    """The case's content, newest first: each asset by its present version."""
    rows = Version.objects.filter(case=case, current=True).with_parts().order_by("-asset_id")
    if last := _uuid(request.GET.get("assets")):
        rows = rows.filter(asset_id__lt=last)
    found = list(rows[: PAGE + 1])
    return {"versions": found[:PAGE], "more_assets": found[PAGE - 1].asset_id if len(found) > PAGE else None}


def _free_slots(case: Case) -> list[Any]:
    """The next slots of the case that nobody has made anything for."""
    taken = Asset.objects.kept().filter(slot__isnull=False, case=case).values("slot")
    coming = case.slots.filter(starts_at__gte=timezone.now()).exclude(pk__in=taken)
    return list(coming.select_related("connector").order_by("starts_at")[:12])


def _paged(found: list[Case]) -> dict[str, Any]:
    return {"cases": found[:PAGE], "older": found[PAGE - 1].pk if len(found) > PAGE else None}


def _uuid(value: str | None) -> UUID | None:
    """An id from the query string, where anything can stand."""
    if value and not as_uuid(value):
        raise Http404(gettext("There is no such page."))
    return as_uuid(value)
