"""A client decides by a link, without an account. Two steps: a page with the content, and a page that asks once more.

No GET changes a decision, whatever opens the link: mail scanners follow links, and some even press what looks like a
button. What decides is a POST from the second page, with the cookie that this page sets.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from approvals import pins
from approvals.conversation import LONGEST_COMMENT, ReviewLink
from approvals.media_views import VARIANTS, send
from approvals.models import Media, Review, Version
from approvals.states import IllegalMove
from approvals.views.stage import why_not

type View = Callable[..., HttpResponseBase]

MOST = 60  # versions on one page
VERBS: dict[str, tuple[Any, Any]] = {
    "accept": (gettext_lazy("Accept"), gettext_lazy("Yes, accept it")),
    "regenerate": (gettext_lazy("Ask for changes"), gettext_lazy("Send the request")),
    "reject": (gettext_lazy("Reject"), gettext_lazy("Yes, reject it")),
}


def by_link(view: View) -> View:
    """The view gets the link; a changed token is 404, an ended link a page that says so. Nothing of it is indexed,
    kept in a cache, or told to other hosts. (`no-referrer` would also empty the Origin of the forms' own POSTs.)
    """

    @wraps(view)
    def wrapper(request: HttpRequest, token: str, **kwargs: Any) -> HttpResponseBase:
        link = get_object_or_404(ReviewLink.objects.with_token(token))
        if link.ended:
            response: HttpResponseBase = render(request, "reviewing/ended.html", {"link": link}, status=410)
        else:
            response = view(request, link, token=token, **kwargs)
        response["X-Robots-Tag"] = "noindex, nofollow"
        response["Referrer-Policy"] = "same-origin"
        response.setdefault("Cache-Control", "private, no-store")
        return response

    return wrapper


@require_safe
@by_link
def opened(request: HttpRequest, link: ReviewLink, token: str) -> HttpResponse:
    """The one version, or the case's: what waits first, then what was decided."""
    link.note_opened()
    if link.version_id:
        return _page(request, link, token, _version(link, link.version_id))
    rows = list(link.versions().with_parts().order_by("planned_at", "id")[:MOST])
    waiting = [v for v in rows if v.in_review]
    context = {"link": link, "token": token, "waiting": waiting, "others": [v for v in rows if not v.in_review]}
    return render(request, "reviewing/case.html", context)


@require_safe
@by_link
def version(request: HttpRequest, link: ReviewLink, token: str, version: UUID) -> HttpResponse:
    link.note_opened()
    return _page(request, link, token, _version(link, version))


def _page(request: HttpRequest, link: ReviewLink, token: str, shown: Version, **more: Any) -> HttpResponse:
    said = Review.objects.standing().filter(version=shown).with_people().order_by("-at").first()
    context = {
        "link": link, "token": token, "version": shown, "items": shown.ordered_items(), "verbs": VERBS,
        "decided": said if not shown.in_review else None, "obstacle": why_not(shown, link),
        "workspace": shown.workspace, "mine": said is not None and said.link_id == link.pk, **more,
    }  # fmt: skip
    return render(request, "reviewing/version.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@by_link
def decide(request: HttpRequest, link: ReviewLink, token: str, version: UUID, decision: str) -> HttpResponse:
    """GET asks once more; POST decides."""
    if decision not in VERBS:
        raise Http404(_("There is no such decision."))
    shown = _version(link, version)
    if request.method != "POST":
        return _asked(request, link, token, shown, decision)
    try:
        _require_fresh(shown, request.POST.get("edition", ""))
        _do(shown, decision, link, request)
    except IllegalMove as e:
        return _asked(request, link, token, _version(link, version), decision, problem=str(e), status=409)
    return redirect("review_link_version", token, version)


def _require_fresh(version: Version, edition: str) -> None:
    if edition != str(version.edition):
        raise IllegalMove(_("It was changed since you opened it, so nothing was decided. Look at it again first."))


def _do(version: Version, decision: str, link: ReviewLink, request: HttpRequest) -> Review:
    words = _words(request.POST.get("words", ""))
    if decision == "accept":
        return version.accept(by=link, feedback=words)
    if decision == "reject":
        return version.reject(by=link, reason=words)
    return version.regenerate(by=link, feedback=words, pins=pins.read(request.POST, version.durations()))


def _words(typed: str) -> str:
    """As they were typed, whole or not at all. Browsers count a new line as one character and send it as two."""
    length = len(typed.replace("\r\n", "\n"))
    if length > LONGEST_COMMENT:
        said = {"length": length, "most": LONGEST_COMMENT}
        raise IllegalMove(_("That has %(length)s characters, and %(most)s are the most. Shorten it a little.") % said)
    return typed


def _asked(
    request: HttpRequest, link: ReviewLink, token: str, shown: Version, decision: str,
    problem: str = "", status: int = 200,
) -> HttpResponse:  # fmt: skip
    title, button = VERBS[decision]
    context = {
        "link": link, "token": token, "version": shown, "decision": decision, "title": title, "button": button,
        "items": shown.ordered_items(), "problem": problem, "typed": request.POST.get("words", ""),
        "obstacle": why_not(shown, link), "filled": {k: v for k, v in request.POST.items() if k.startswith("pin-")},
    }  # fmt: skip
    return render(request, "reviewing/sure.html", context, status=status)


def _version(link: ReviewLink, pk: UUID) -> Version:
    """One that this link opens, or 404."""
    return get_object_or_404(link.versions().with_parts(), pk=pk)


@require_safe
@by_link
def media(request: HttpRequest, link: ReviewLink, token: str, pk: UUID, variant: str) -> HttpResponseBase:
    """The files of what the link opens, and no others."""
    found = get_object_or_404(Media.objects.filter(versions__in=link.versions().values("pk")).distinct(), pk=pk)
    if variant not in VARIANTS or not (file := getattr(found, variant)):
        raise Http404(_("There is no such file."))
    response = send(request, file, found.mime_type if variant == "file" else "image/jpeg")
    response["Cache-Control"] = "private, max-age=3600"
    return response
