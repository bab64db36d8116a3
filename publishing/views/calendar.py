"""The calendar: its pages, the panel of one slot or post, and what people do there."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, time
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext
from django.views.decorators.http import require_POST, require_safe

from approvals import slots
from approvals.models import Slot, Version
from approvals.states import IllegalMove
from collavo.accounts.access import ConsoleRequest, console
from collavo.accounts.models import Ability
from collavo.ids import as_uuid
from publishing import verbs
from publishing.calendar import Entry, View, load, with_made
from publishing.calendar_forms import NewSlotForm, PlanForm, day_in, moment_in, shown_range
from publishing.chips import story
from publishing.forms import ScheduleForm, next_slot
from publishing.models import Post
from publishing.moments import NoSuchTime, TwoSuchTimes, full_words, moment
from publishing.preflight import Blocked
from publishing.rights import marked


@console()
@require_safe
def calendar(request: ConsoleRequest) -> HttpResponse:
    """A month, week, agenda or day, with the panel of `?slot=`, `?post=` or `?new=`. htmx gets the part it aims at."""
    if request.htmx and request.htmx.target == "panel":
        return _varied(render(request, "publishing/_calendar_panel.html", _state(request) | _panel(request)))
    return _page(request, **_panel(request))


def _page(request: ConsoleRequest, *, status: int = 200, **panel: Any) -> HttpResponse:
    context = _grid(request) | panel
    part = request.htmx and request.htmx.target == "calendar" and not request.htmx.history_restore_request
    template = "publishing/_calendar.html" if part else "publishing/calendar.html"
    return _varied(render(request, template, context, status=status))


def _grid(request: ConsoleRequest) -> dict[str, Any]:
    state = _state(request)
    days = load(request.workspace, state["shown"], since=moment_in(_query(request).get("since", "")))
    return state | {"days": days, "nothing": not any(day.entries for day in days)}


def _state(request: ConsoleRequest) -> dict[str, Any]:
    """Where in the calendar the person is, for every link on it."""
    shown = shown_range(_query(request), request.workspace)
    return {
        "shown": shown,
        "views": [(View.MONTH, gettext("Month")), (View.WEEK, gettext("Week")), (View.AGENDA, gettext("Agenda"))],
        "here": urlencode({"view": shown.view, "d": shown.anchor.isoformat()}),
        "today": timezone.localtime(timezone=request.workspace.zone).date(),
    }


def _query(request: ConsoleRequest) -> QueryDict:
    """A form carries the state of the page it stands on."""
    return request.POST if request.method == "POST" else request.GET


def _varied(response: HttpResponse) -> HttpResponse:
    patch_vary_headers(response, ["HX-Request", "HX-Target"])
    return response


# --- The panel -------------------------------------------------------------------------------------------------------


def _panel(request: ConsoleRequest) -> dict[str, Any]:
    if pk := as_uuid(request.GET.get("slot")):
        return slot_panel(request, get_slot(request, pk))
    if pk := as_uuid(request.GET.get("post")):
        return post_panel(request, get_post(request, pk))
    if (day := day_in(request.GET.get("new", ""))) and request.member.can(Ability.CREATE):
        start = max(datetime.combine(day, time(10), request.workspace.zone), next_slot(None))
        return {"panel": "new", "new_form": NewSlotForm(workspace=request.workspace, start=start)}
    return {}


def slot_panel(
    request: ConsoleRequest, slot: Slot, *, form: ScheduleForm | None = None, plan: PlanForm | None = None
) -> dict[str, Any]:
    entry = Entry(slot.starts_at, request.workspace.zone, slot=slot)
    return {
        "panel": "slot",
        "entry": entry,
        "slot": slot,
        "form": form or ScheduleForm(zone=request.workspace.zone, start=slot.starts_at),
        "plan": plan or PlanForm(workspace=request.workspace, slot=slot),
        "regenerable": entry.version if entry.version and entry.version.in_review else None,
    }


def post_panel(request: ConsoleRequest, post: Post, *, form: ScheduleForm | None = None) -> dict[str, Any]:
    entry = Entry(post.published_at or post.scheduled_at or post.created_at, request.workspace.zone, post=post)
    return {
        "panel": "post",
        "entry": entry,
        "post": post,
        "story": story(post),
        "form": form or ScheduleForm(zone=post.connector.zone, start=next_slot(post.scheduled_at)),
    }


def get_slot(request: ConsoleRequest, pk: UUID) -> Slot:
    found = with_made(Slot.objects.filter(workspace=request.workspace, pk=pk))
    if not found:
        raise Http404(gettext("There is no such slot."))
    return found[0]


def get_post(request: ConsoleRequest, pk: UUID) -> Post:
    return get_object_or_404(marked(Post.objects.with_parts()), pk=pk, workspace=request.workspace)


# --- What people do --------------------------------------------------------------------------------------------------


@console(Ability.PUBLISH)
@require_POST
def move(request: ConsoleRequest) -> HttpResponse:
    """Drop something on another day: the clocks of the workspace's zone show the same time there."""
    day, (kind, pk) = day_in(request.POST.get("day", "")), _item(request)
    if day is None:
        raise Http404(gettext("There is no such day."))
    post = get_post(request, pk) if kind == "post" else None
    slot = get_slot(request, pk) if kind == "slot" else None
    seen = moment_in(request.POST.get("was", ""))

    def verb() -> str:
        at = _on(day, (post.scheduled_at if post else slot.starts_at if slot else None) or timezone.now(), request)
        _move(request, post, slot, at, seen)
        return gettext("Moved to %(when)s.") % {"when": full_words(at, request.workspace.zone, timezone.now())}

    _said(request, verb)
    return _back(request)


def _item(request: ConsoleRequest) -> tuple[str, UUID]:
    kind, _, text = request.POST.get("item", "").partition("-")
    pk = as_uuid(text)
    if kind not in ("post", "slot") or pk is None:
        raise Http404(gettext("There is nothing like that in the calendar."))
    return kind, pk


def _on(day: Any, at: datetime, request: ConsoleRequest) -> datetime:
    """The same time on another day, as the clocks show it."""
    zone = request.workspace.zone
    try:
        return moment(day, at.astimezone(zone).time(), zone)
    except TwoSuchTimes as e:
        raise IllegalMove(gettext("%(reason)s Open it and choose there.") % {"reason": e}) from e
    except NoSuchTime as e:
        raise IllegalMove(str(e)) from e


def _move(request: ConsoleRequest, post: Post | None, slot: Slot | None, at: datetime, seen: datetime | None) -> None:
    if slot:
        slots.move(slot, at=at, by=request.member, was=seen)
    elif post:
        if seen and post.scheduled_at != seen:
            raise IllegalMove(
                gettext("Somebody has moved this post meanwhile. Look where it is now before you move it again.")
            )
        verbs.reschedule(post, at=at, by=request.member)


@console(Ability.PUBLISH)
@require_POST
def reschedule(request: ConsoleRequest, pk: UUID) -> HttpResponse:
    """Another date and time for a post, in its account's zone."""
    post = get_post(request, pk)
    form = ScheduleForm(request.POST, zone=post.connector.zone)
    seen = moment_in(request.POST.get("was", ""))
    verb = lambda: _move(request, post, None, form.at, seen)  # noqa: E731
    if form.is_valid() and _tried(request, verb, form, gettext("Moved to %(when)s.") % {"when": _words(form)}):
        return _back(request)
    return _page(request, status=422, **post_panel(request, post, form=form))


@console(Ability.PUBLISH)
@require_POST
def move_slot(request: ConsoleRequest, pk: UUID) -> HttpResponse:
    """Another date and time for a slot, in the workspace's zone."""
    slot = get_slot(request, pk)
    form = ScheduleForm(request.POST, zone=request.workspace.zone)
    seen = moment_in(request.POST.get("was", ""))
    verb = lambda: _move(request, None, slot, form.at, seen)  # noqa: E731
    if form.is_valid() and _tried(request, verb, form, gettext("Moved to %(when)s.") % {"when": _words(form)}):
        return _back(request)
    return _page(request, status=422, **slot_panel(request, slot, form=form))


@console(Ability.PUBLISH)
@require_POST
def change_slot(request: ConsoleRequest, pk: UUID) -> HttpResponse:
    """Another channel, format or angle; with `feedback`, the version in review is asked to be made anew for it."""
    slot = get_slot(request, pk)
    plan = PlanForm(request.POST, workspace=request.workspace, slot=slot)
    feedback = request.POST.get("feedback", "").strip()

    def verb() -> None:
        with transaction.atomic():
            slots.change(slot, by=request.member, **plan.cleaned_data)
            if feedback:
                _in_review(request, slot).regenerate(by=request.member, feedback=feedback)

    said = gettext("Saved, and asked for another version.") if feedback else gettext("Saved.")
    if plan.is_valid() and _tried(request, verb, plan, said):
        return _back(request)
    return _page(request, status=422, **slot_panel(request, get_slot(request, pk), plan=plan))


def _in_review(request: ConsoleRequest, slot: Slot) -> Version:
    version = Entry(slot.starts_at, request.workspace.zone, slot=slot).version
    if version is None:
        raise IllegalMove(gettext("Nothing was made for this slot yet, so there is nothing to make anew."))
    return version


@console(Ability.PUBLISH)
@require_POST
def remove_slot(request: ConsoleRequest, pk: UUID) -> HttpResponse:
    slot = get_slot(request, pk)

    def verb() -> str:
        slots.remove(slot, by=request.member)
        return gettext("Taken off the calendar. What was made for it stays.")

    _said(request, verb)
    return _back(request)


@console(Ability.CREATE)
@require_POST
def new_slot(request: ConsoleRequest) -> HttpResponse:
    form = NewSlotForm(request.POST, workspace=request.workspace)

    def verb() -> None:
        said = {name: form.cleaned_data[name] for name in ("channel", "format", "angle")}
        slots.plan(form.cleaned_data["case"], at=form.at, by=request.member, **said)

    if form.is_valid() and _tried(request, verb, form, gettext("Planned for %(when)s.") % {"when": _words(form)}):
        return _back(request)
    return _page(request, status=422, panel="new", new_form=form)


# --- What they share -------------------------------------------------------------------------------------------------


def _tried(request: ConsoleRequest, verb: Callable[[], None], form: Any, said: str) -> bool:
    """Whether the verb was done; what it refuses stands at the form."""
    try:
        verb()
    except (IllegalMove, PermissionDenied, Blocked) as e:
        form.add_error(None, str(e))
        return False
    messages.success(request, said)
    return True


def _said(request: ConsoleRequest, verb: Callable[[], str]) -> None:
    """Do it, and say what became of it."""
    try:
        messages.success(request, verb())
    except (IllegalMove, PermissionDenied, Blocked) as e:
        messages.error(request, str(e))


def _back(request: ConsoleRequest) -> HttpResponse:
    """The calendar as it is now: its part for htmx, else the page where the person was."""
    if request.htmx and request.htmx.target == "calendar":
        return _page(request)
    own = reverse("publishing:calendar", args=[request.workspace.slug])
    return redirect(f"{own}?{_state(request)['here']}")


def _words(form: ScheduleForm) -> str:
    return full_words(form.at, form.zone, timezone.now())
