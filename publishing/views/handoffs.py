"""Hand-offs: the list, the rail's count, and what people do with one. Each view calls one verb."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.forms import Form
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from approvals.states import IllegalMove
from collavo.accounts.access import ConsoleRequest, console
from publishing.handoffs import listing, verbs
from publishing.handoffs.forms import AssignForm, LaterForm, PostedForm, ReasonForm
from publishing.handoffs.people import Actor
from publishing.models import Handoff
from publishing.preflight import Blocked
from publishing.views.actions import get_post
from publishing.views.board import panel_address
from publishing.views.panel import page_context

PAGE = 50


@console()
@require_safe
def handoffs(request: ConsoleRequest) -> HttpResponse:
    """`?show=` open, overdue or done; `?page=` from 1."""
    show = request.GET.get("show", "open")
    show = show if show in listing.SHOWS else "open"
    page = _page(request.GET.get("page", ""))
    found = list(listing.narrowed(request.member, show)[(page - 1) * PAGE : page * PAGE + 1])
    context = {
        "rows": listing.rows(found[:PAGE], request.member),
        "show": show,
        "shows": {key: _(words) for key, words in listing.SHOWS.items()},
        "counts": listing.counts(request.member),
        "next": page + 1 if len(found) > PAGE else None,
        "previous": page - 1,
    }
    return render(request, "handoffs/list.html", context)


def _page(asked: str) -> int:
    return max(int(asked), 1) if asked.isdecimal() and len(asked) < 6 else 1


@console()
@require_safe
def count(request: ConsoleRequest) -> HttpResponse:
    """The rail's count, as it is now."""
    return render(request, "handoffs/_count.html", {"member": request.member})


# --- Verbs -----------------------------------------------------------------------------------------------------------


@console()
@require_POST
def posted(request: ConsoleRequest, pk: UUID) -> HttpResponse:
    form = PostedForm(request.POST)

    def do(handoff: Handoff, by: Actor) -> str:
        said = form.cleaned_data
        new = verbs.posted(handoff, by=by, url=said["url"], statement=said["statement"])
        return _("Noted: it is live.") if new else _("It was said already: it is live.")

    return _do(request, pk, "posted", form, do)


@console()
@require_POST
def could_not(request: ConsoleRequest, pk: UUID) -> HttpResponse:
    form = ReasonForm(request.POST)

    def do(handoff: Handoff, by: Actor) -> str:
        verbs.could_not(handoff, by=by, reason=form.cleaned_data["reason"])
        return _("Noted. It is back with its manager.")

    return _do(request, pk, "could_not", form, do)


@console()
@require_POST
def later(request: ConsoleRequest, pk: UUID) -> HttpResponse:
    form = LaterForm(request.POST, zone=_get(request, pk).post.connector.zone)

    def do(handoff: Handoff, by: Actor) -> str:
        verbs.later(handoff, by=by, at=form.at)
        return _("Moved to later.")

    return _do(request, pk, "later", form, do)


@console()
@require_POST
def assign(request: ConsoleRequest, pk: UUID) -> HttpResponse:
    form = AssignForm(request.POST, people=verbs.people(_get(request, pk)))

    def do(handoff: Handoff, by: Actor) -> str:
        verbs.assign(handoff, to=form.cleaned_data["to"], by=by)
        return _("It is %(name)s’s now.") % {"name": form.cleaned_data["to"]}

    return _do(request, pk, "assign", form, do)


@console()
@require_POST
def remind(request: ConsoleRequest, pk: UUID) -> HttpResponse:
    def do(handoff: Handoff, by: Actor) -> str:
        verbs.remind(handoff, by=by)
        return _("Reminded %(who)s.") % {"who": handoff.assignee or _("everybody who may publish")}

    return _do(request, pk, "remind", Form(request.POST), do)


@console()
@require_POST
def cancel(request: ConsoleRequest, pk: UUID) -> HttpResponse:
    def do(handoff: Handoff, by: Actor) -> str:
        verbs.cancel(handoff, by=by)
        return _("Canceled. Nobody has to post it.")

    return _do(request, pk, "cancel", Form(request.POST), do)


# --- What they share -------------------------------------------------------------------------------------------------


def _get(request: ConsoleRequest, pk: UUID) -> Handoff:
    """This member's hand-off with its parts, or 404."""
    found = listing.theirs(request.member).with_parts().filter(pk=pk).first()
    if found is None:
        raise Http404(_("There is no such hand-off."))
    return found


def _do(request: ConsoleRequest, pk: UUID, name: str, form: Form, do: Callable[[Handoff, Actor], str]) -> HttpResponse:
    """Call the verb; what it refuses is said at its form, on the post's page, which stays as it was filled in."""
    handoff = _get(request, pk)
    if not form.is_valid():
        return _refused(request, handoff, name, form)
    try:
        said = do(handoff, Actor.member(request.member))
    except (IllegalMove, Blocked, PermissionDenied) as e:
        form.add_error(None, str(e))
        return _refused(request, handoff, name, form)
    messages.success(request, said)
    return redirect(_back(request, handoff))


def _refused(request: ConsoleRequest, handoff: Handoff, name: str, form: Form) -> HttpResponse:
    sentences = [text for errors in form.errors.values() for text in errors]
    for text in sentences:
        messages.error(request, str(text))
    context: dict[str, Any] = page_context(get_post(request, handoff.post_id))
    refused = {"name": name, "form": form, "sentences": sentences}
    return render(request, "publishing/post.html", context | {"refused": refused}, status=422)


def _back(request: ConsoleRequest, handoff: Handoff) -> str:
    """Where the form stood."""
    workspace, post = request.workspace.slug, handoff.post
    if request.POST.get("back") == "list":
        return reverse("publishing:handoffs", args=[workspace])
    if request.POST.get("back") == "board":
        return panel_address(request, post.version_id, post.connector_id)
    return reverse("publishing:post", args=[workspace, post.pk])
