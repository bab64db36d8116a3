"""Cases: the list, and one case with everything that happened in it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import Prefetch
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from approvals import history
from approvals.forms import CaseForm
from approvals.models import Asset, Case, Version
from collavo.accounts.access import ConsoleRequest, console
from collavo.accounts.models import Ability
from collavo.timeline.models import Event

PAGE = 40


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
    found = get_object_or_404(Case.objects.select_related("creator"), pk=pk, workspace=request.workspace)
    if request.htmx and "before" in request.GET:
        return render(request, "approvals/_case_history.html", {"case": found, **_history(request, found)})
    context: dict[str, Any] = {"case": found, **_history(request, found), **_assets(request, found)}
    context["slots"] = _free_slots(found)
    return render(request, "approvals/case.html", context)


def _history(request: ConsoleRequest, case: Case) -> dict[str, Any]:
    kind = request.GET.get("kind", "all")
    if kind not in history.KINDS:
        raise Http404("There is no such filter.")
    pk = _uuid(request.GET.get("before"))
    before = get_object_or_404(Event, pk=pk, case_id=case.pk) if pk else None
    events = history.of_case(case.pk, kind=kind, before=before)
    return {
        "kinds": [(key, label) for key, (label, _) in history.KINDS.items()],
        "kind": kind,
        "lines": history.lines(events[: history.PAGE], case.workspace.zone),
        "older": events[history.PAGE - 1].pk if len(events) > history.PAGE else None,
        "later": bool(before),
    }


def _assets(request: ConsoleRequest, case: Case) -> dict[str, Any]:
    rows = case.assets.select_related("slot", "creator").order_by("-id")
    if last := _uuid(request.GET.get("assets")):
        rows = rows.filter(id__lt=last)
    current = Version.objects.filter(current=True).with_parts()
    found = list(rows.prefetch_related(Prefetch("versions", current, to_attr="now"))[: PAGE + 1])
    return {"assets": found[:PAGE], "more_assets": found[PAGE - 1].pk if len(found) > PAGE else None}


def _free_slots(case: Case) -> list[Any]:
    """The next slots of the case that nobody has made anything for."""
    taken = Asset.objects.kept().filter(slot__isnull=False, case=case).values("slot")
    coming = case.slots.filter(starts_at__gte=timezone.now()).exclude(pk__in=taken)
    return list(coming.select_related("connector").order_by("starts_at")[:12])


def _paged(found: list[Case]) -> dict[str, Any]:
    return {"cases": found[:PAGE], "older": found[PAGE - 1].pk if len(found) > PAGE else None}


def _uuid(value: str | None) -> UUID | None:
    """An id from the query string, where anything can stand."""
    try:
        return UUID(value) if value else None
    except ValueError as e:
        raise Http404("There is no such page.") from e
