"""Settings, Studios: the programs of others that make content, and what became of their jobs."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.db.models import Count, Q, QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from approvals.models import Studio
from approvals.studios import owning, words
from approvals.studios.settings_forms import StudioForm
from approvals.studios.states import OPEN
from collavo.accounts.access import ConsoleRequest, console
from collavo.accounts.models import Ability
from collavo.accounts.settings_views import TABS

FORM_METHODS = ["GET", "HEAD", "POST"]
JOBS = 30  # on a studio's page


@require_safe
@console()
def studios(request: ConsoleRequest) -> HttpResponse:
    at_work = Count("jobs", filter=Q(jobs__status__in=OPEN))
    rows = _rows(request).annotate(at_work=at_work).order_by("-active", "name")
    mine = rows if request.member.can(Ability.MANAGE) else None  # others learn who can, and no address
    return render(request, "settings/studios.html", {"studios": mine, "tabs": TABS})


@require_http_methods(FORM_METHODS)
@console(Ability.MANAGE)
def new(request: ConsoleRequest) -> HttpResponse:
    """The secret is said in the answer and nowhere else; the same form sent twice makes one studio."""
    form = StudioForm(request.POST or None, by=request.member)
    if request.method == "POST" and form.is_valid():
        if known := _rows(request).filter(pk=form.pk).first():
            messages.info(request, _("This studio was added already. Rotate its secret if you have not kept it."))
            return _to(known)
        if made := form.add():
            return _show_secret(request, *made, done=_("Added"))
    return render(request, "settings/studio_form.html", {"form": form}, status=422 if form.errors else 200)


@require_http_methods(FORM_METHODS)
@console(Ability.MANAGE)
def change(request: ConsoleRequest, pk: UUID) -> HttpResponse:
    found = _studio(request, pk)
    form = StudioForm(request.POST or None, by=request.member, studio=found)
    if request.method == "POST" and form.is_valid() and form.change(found):
        messages.success(request, _("Saved"))
        return _to(found)
    context = {"form": form, "studio": found}
    return render(request, "settings/studio_form.html", context, status=422 if form.errors else 200)


@require_safe
@console(Ability.MANAGE)
def studio(request: ConsoleRequest, pk: UUID) -> HttpResponse:
    found = _studio(request, pk)
    jobs = [(job, words.chip(job)) for job in found.jobs.for_pages().order_by("-created_at", "-pk")[:JOBS]]
    return render(request, "settings/studio.html", {"studio": found, "jobs": jobs})


@require_POST
@console(Ability.MANAGE)
def ping(request: ConsoleRequest, pk: UUID) -> HttpResponse:
    """Asks the studio while the person waits: some seconds at most."""
    found = _studio(request, pk)
    answer = owning.ping(found, by=request.member)
    if answer.taken:
        messages.success(
            request,
            _("It works: %(studio)s answered %(status)s in %(ms)s ms.")
            % {"studio": found, "status": answer.status, "ms": answer.ms},
        )
    else:
        messages.error(
            request, _("%(studio)s did not take the test. %(error)s") % {"studio": found, "error": answer.error}
        )
    return _to(found)


@require_POST
@console(Ability.MANAGE)
def switch(request: ConsoleRequest, pk: UUID) -> HttpResponse:
    found = _studio(request, pk)
    on = request.POST.get("on") == "1"
    owning.switch(found, on=on, by=request.member)
    messages.success(request, _("Switched on.") if on else _("Switched off. It gets no jobs any more."))
    return _to(found)


@require_http_methods(FORM_METHODS)
@console(Ability.MANAGE)
def rotate(request: ConsoleRequest, pk: UUID) -> HttpResponse:
    found = _studio(request, pk)
    if request.method == "POST":
        return _show_secret(request, found, owning.rotate(found, by=request.member), done=_("Rotated"), rotated=True)
    return render(request, "settings/studio_rotate.html", {"studio": found})


def _rows(request: ConsoleRequest) -> QuerySet[Studio]:
    return Studio.objects.without_secrets().filter(workspace=request.workspace).select_related("workspace")


def _studio(request: ConsoleRequest, pk: UUID) -> Studio:
    return get_object_or_404(_rows(request), pk=pk)


def _to(found: Studio) -> HttpResponse:
    return redirect("studio_settings:studio", found.workspace.slug, found.pk)


def _show_secret(
    request: ConsoleRequest, found: Studio, secret: str, *, done: str, rotated: bool = False
) -> HttpResponse:
    context = {"studio": found, "secret": secret, "done": done, "rotated": rotated}
    response = render(request, "settings/studio_secret.html", context)
    response["Cache-Control"] = "no-store"
    return response
