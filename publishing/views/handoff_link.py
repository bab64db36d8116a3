"""The creator's link in the console: as a QR code for a phone, to be copied, and to be taken back for a new one."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from approvals.states import IllegalMove
from collavo.accounts.access import ConsoleRequest, console
from publishing.handoffs.people import Actor
from publishing.handoffs.personal_links import link_for, renew
from publishing.handoffs.qr import svg
from publishing.models import Handoff, HandoffLink


def _own(request: ConsoleRequest, pk: UUID) -> Handoff:
    """For whoever has to do it, and for those who give it out; PermissionDenied with a sentence for others."""
    handoff = get_object_or_404(Handoff.objects.with_parts(), pk=pk, workspace=request.workspace)
    Actor.member(request.member).require_doing(handoff)
    return handoff


@console()
@require_safe
def handoff_link(request: ConsoleRequest, pk: UUID) -> HttpResponse:
    """To go on with on a phone."""
    handoff = _own(request, pk)
    there = handoff.is_open and handoff.assignee
    link = link_for(handoff, handoff.assignee) if there and handoff.assignee else ""
    good = HandoffLink.objects.filter(handoff=handoff, revoked_at=None).first()
    return render(request, "handoff/link.html", {"handoff": handoff, "link": link, "good": good})


@console()
@require_safe
def handoff_qr(request: ConsoleRequest, pk: UUID) -> HttpResponse:
    handoff = _own(request, pk)
    if not handoff.is_open or handoff.assignee is None:
        return HttpResponse(status=410)
    return svg(link_for(handoff, handoff.assignee))


@console()
@require_POST
def new_handoff_link(request: ConsoleRequest, pk: UUID) -> HttpResponse:
    """The link that is out there opens nothing any more; its person is sent a new one."""
    try:
        renew(_own(request, pk), by=Actor.member(request.member))
        messages.success(request, _("The old link opens nothing any more. A new one was sent."))
    except (IllegalMove, PermissionDenied) as e:
        messages.error(request, str(e))
    return redirect("publishing:handoff_link", request.workspace.slug, pk)
