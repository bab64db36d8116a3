"""Accept, regenerate, reject: one POST each, as a plain form or by htmx."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from approvals import queue
from approvals.models import Review, Version
from approvals.states import IllegalMove
from approvals.views.stage import show, version_of
from collavo.accounts.access import ConsoleRequest, console
from collavo.accounts.models import Ability


@require_POST
@console(Ability.REVIEW)
def accept(request: ConsoleRequest, pk: UUID) -> HttpResponse:
    return _decide(request, pk, lambda v, words: v.accept(by=request.member, feedback=words), "Accepted")


@require_POST
@console(Ability.REVIEW)
def regenerate(request: ConsoleRequest, pk: UUID) -> HttpResponse:
    return _decide(request, pk, lambda v, words: v.regenerate(by=request.member, feedback=words), "Asked to regenerate")


@require_POST
@console(Ability.REVIEW)
def reject(request: ConsoleRequest, pk: UUID) -> HttpResponse:
    return _decide(request, pk, lambda v, words: v.reject(by=request.member, reason=words), "Rejected")


def _decide(request: ConsoleRequest, pk: UUID, verb: Callable[[Version, str], Review], done: str) -> HttpResponse:
    """Decide and go on to the next; when that is refused, show why, what it has become, and the words as typed."""
    version, words = version_of(request, pk), request.POST.get("words", "")
    try:
        verb(version, words)
    except (IllegalMove, PermissionDenied) as e:
        messages.error(request, str(e))
        return _refused(request, version_of(request, pk), words)
    messages.success(request, f"{done}: “{version.asset}”")
    return _go_on(request, version)


def _refused(request: ConsoleRequest, now: Version, words: str) -> HttpResponse:
    """The version as it is now, with the words that were typed: they are somebody's work."""
    asking = request.resolver_match.url_name if request.resolver_match else ""
    return show(request, now, status=409, typed=words, asking=asking, gone=None if now.in_review else now)


def _go_on(request: ConsoleRequest, decided: Version) -> HttpResponse:
    following = queue.following(decided)
    place = ["review", following.pk] if following else ["queue"]
    url = reverse(f"approvals:{place[0]}", args=[request.workspace.slug, *place[1:]])
    if not request.htmx:
        return redirect(url)
    response = show(request, following, gone=decided, all_done=following is None)
    response["HX-Replace-Url"] = url
    return response
