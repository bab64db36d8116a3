"""Beside the decision: comments, until when to decide, and links for people without an account."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from approvals import pins
from approvals.conversation import DAYS, MOST_DAYS, ReviewLink, address, make_link
from approvals.models import Version
from approvals.states import IllegalMove
from approvals.views.stage import narrowed_by, show, version_of
from collavo.accounts.access import ConsoleRequest, console
from collavo.accounts.models import Ability
from collavo.ids import as_uuid


@require_POST
@console()
def comment(request: ConsoleRequest, pk: UUID) -> HttpResponse:
    version, words = version_of(request, pk), request.POST.get("words", "")
    try:
        pinned = pins.read(request.POST, version.durations())
        version.comment(by=request.member, text=words, pins=pinned)
    except (IllegalMove, PermissionDenied) as e:
        messages.error(request, str(e))
        filled = {name: value for name, value in request.POST.items() if name.startswith("pin-")}
        return show(request, version, status=409, typed=words, asking="comment", filled=filled)
    messages.success(request, _("Comment added"))
    return _back(request, version)


@require_POST
@console(Ability.REVIEW)
def set_due(request: ConsoleRequest, pk: UUID) -> HttpResponse:
    """`at` as the workspace's clocks show it; empty goes back to the lead before the slot."""
    version = version_of(request, pk)
    try:
        version.set_due(_moment(request.POST.get("at", ""), request), by=request.member)
    except (IllegalMove, PermissionDenied) as e:
        messages.error(request, str(e))
    else:
        messages.success(request, _("The review's date is set"))
    return _back(request, version)


def _moment(text: str, request: ConsoleRequest) -> datetime | None:
    if not text.strip():
        return None
    try:
        wall = parse_datetime(text)
    except ValueError:
        wall = None
    if wall is None:
        raise IllegalMove(_("Give the date and the time, as in 2026-11-24 18:30."))
    return timezone.make_aware(wall.replace(tzinfo=None), request.workspace.zone)


def _back(request: ConsoleRequest, version: Version) -> HttpResponse:
    if request.htmx:
        return show(request, version_of(request, version.pk))
    url = reverse("approvals:review", args=[request.workspace.slug, version.pk])
    return redirect(url + narrowed_by(request).query)


@require_http_methods(["GET", "HEAD", "POST"])
@console(Ability.REVIEW)
def links(request: ConsoleRequest, pk: UUID) -> HttpResponse:
    """The links by which clients decide about this version or its whole case; a POST makes one, told this once."""
    version = version_of(request, pk)
    context = {"version": version, "days": DAYS, "most_days": MOST_DAYS, "now": timezone.now()}
    if request.method == "POST":
        context |= _made(request, version)
    context["links"] = list(ReviewLink.objects.for_version(version)[:50])
    return render(request, "approvals/review_links.html", context)


def _made(request: ConsoleRequest, version: Version) -> dict[str, object]:
    whole = request.POST.get("scope") == "case"
    name, days = request.POST.get("name", ""), request.POST.get("days", "")
    try:
        if not days.isdecimal() or len(days) > 3:
            raise IllegalMove(_("Say for how many days the link works."))
        link, token = make_link(version.case, None if whole else version, name=name, by=request.member, days=int(days))
    except IllegalMove as e:
        return {"problem": str(e), "name": name, "days": days, "whole": whole}
    return {"made": link, "address": address(token)}


@require_POST
@console(Ability.REVIEW)
def revoke_link(request: ConsoleRequest, pk: UUID) -> HttpResponse:
    link = get_object_or_404(ReviewLink.objects.select_related("case", "version"), pk=pk, workspace=request.workspace)
    link.revoke(by=request.member)
    messages.success(request, _("The link of %(name)s has ended") % {"name": link.name})
    if back := as_uuid(request.POST.get("version", "")):
        return redirect("approvals:review_links", request.workspace.slug, back)
    return redirect("approvals:case", request.workspace.slug, link.case_id)
