"""The creator's page: one hand-off on a phone, without an account, by the right of its link alone.

Its forms need no CSRF token: the address itself is the secret, no other site knows it, and no cookie is looked at.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from allauth.account.adapter import get_adapter
from django.conf import settings
from django.core.cache import cache
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.templatetags.static import static
from django.urls import reverse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from approvals.media import UnreadableMedia
from approvals.media_views import send
from approvals.states import IllegalMove
from approvals.storage.base import StorageDown
from publishing.handoffs import verbs
from publishing.handoffs.guide import files, steps, title
from publishing.handoffs.links import wanted
from publishing.handoffs.page_forms import CouldNotForm, LaterForm, PostedForm
from publishing.handoffs.people import Actor
from publishing.handoffs.personal_links import EndedLink, NoLink, opened
from publishing.handoffs.qr import svg
from publishing.models import FoundBy, Handoff, HandoffLink, HandoffState, Post, Way
from publishing.moments import full_words
from publishing.preflight import Blocked, checks_for

GUESSES, PER_SECONDS = 20, 600  # wrong addresses from one place before it is told to wait

HEADERS = {
    "X-Robots-Tag": "noindex, nofollow, noarchive",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "private, no-cache",
}
type LinkView = Callable[..., HttpResponseBase]


def by_link(view: LinkView) -> LinkView:
    """For views at /h/<token>/…: calls them with the link. Changed: 404 and nothing else; ended: 410 and why."""

    @csrf_exempt
    @wraps(view)
    def wrapper(request: HttpRequest, token: str, **kwargs: Any) -> HttpResponseBase:
        try:
            response = view(request, opened(token), token=token, **kwargs)
        except NoLink:
            response = _nothing(request)
        except EndedLink as e:
            response = render(request, "handoff/ended.html", {"why": str(e)}, status=410)
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        return response

    return wrapper


def said(view: LinkView) -> LinkView:
    """For what is said by a form; whoever comes there in another way (a reload, Back) is shown the page."""

    @wraps(view)
    def wrapper(request: HttpRequest, link: HandoffLink, token: str) -> HttpResponseBase:
        return view(request, link, token) if request.method == "POST" else _back(token)

    return wrapper


def _nothing(request: HttpRequest) -> HttpResponse:
    key = f"handoff-guesses:{get_adapter().get_client_ip(request)}"
    if _counted(key) > GUESSES:
        return HttpResponse(_("Too many requests."), status=429, headers={"Retry-After": str(PER_SECONDS)})
    return HttpResponse(_("Nothing is here."), status=404, content_type="text/plain")


def _counted(key: str) -> int:
    """How many there were with this one. The key may end at any moment, and then counting begins again."""
    if cache.add(key, 1, PER_SECONDS):
        return 1
    try:
        return cache.incr(key)
    except ValueError:
        cache.set(key, 1, PER_SECONDS)
        return 1


# --- The page --------------------------------------------------------------------------------------------------------


@by_link
@require_safe
def page(request: HttpRequest, link: HandoffLink, token: str) -> HttpResponse:
    """What there is to do; afterwards what became of it."""
    if link.opened_at is None:
        HandoffLink.objects.filter(pk=link.pk, opened_at=None).update(opened_at=timezone.now())
    return _show(request, link, token)


def _show(request: HttpRequest, link: HandoffLink, token: str, *, status: int = 200, **context: Any) -> HttpResponse:
    handoff = link.handoff
    handoff.refresh_from_db()
    post = Post.objects.with_parts().get(pk=handoff.post_id)
    context = {"link": link, "handoff": handoff, "post": post, "token": token, "title": title(post)} | context
    if not handoff.is_open:
        return render(request, "handoff/over.html", context | _over(handoff, post), status=status)
    return render(request, "handoff/page.html", _to_do(link, post) | context, status=status)


def _to_do(link: HandoffLink, post: Post) -> dict[str, Any]:
    """Steps and forms; when it must not go out any more, why, and only the forms."""
    handoff, zone = link.handoff, post.connector.zone
    blocked = [check.text for check in checks_for(post, way=Way.HAND) if check.blocks]
    return {
        "blocked": blocked, "steps": [] if blocked else steps(post), "when": _when(handoff, post),
        "posted": PostedForm(link=link, wanted=wanted(post)), "could_not": CouldNotForm(),
        "later": LaterForm(handoff=handoff, zone=zone), "latest": full_words(handoff.latest_at, zone, timezone.now()),
    }  # fmt: skip


def _when(handoff: Handoff, post: Post) -> str:
    now = timezone.now()
    words = full_words(handoff.due_at, post.connector.zone, now)
    if handoff.overdue:
        return _("Overdue: it was planned for %(when)s") % {"when": words}
    return _("Now, %(when)s") % {"when": words} if handoff.due_at <= now else words


def _over(handoff: Handoff, post: Post) -> dict[str, Any]:
    """What became of it, and where it goes on when there is a newer task for the same person."""
    found = handoff.found_by == FoundBy.COLLAVO
    key = "found" if found and handoff.state == HandoffState.DONE else handoff.state
    at = handoff.moved_to if handoff.state == HandoffState.MOVED else handoff.done_at
    return {"over": key, "at": at and full_words(at, post.connector.zone, timezone.now())}


# --- What the creator says -------------------------------------------------------------------------------------------


@by_link
@said
def say_posted(request: HttpRequest, link: HandoffLink, token: str) -> HttpResponse:
    """“I posted it.” Said twice, or after Collavo found it, nothing changes and the page says how it stands."""
    form = PostedForm(request.POST, request.FILES, link=link, wanted=wanted(_post(link)))
    if not form.is_valid():
        return _show(request, link, token, status=422, posted=form, open="posted")
    screenshot = None
    try:
        screenshot = form.evidence()
        values = form.cleaned_data
        verbs.posted(
            link.handoff, by=_actor(link), url=values.get("url", ""), statement=values["statement"],
            screenshot=screenshot,
        )  # fmt: skip
    except (UnreadableMedia, StorageDown, IllegalMove, PermissionDenied) as e:
        form.keep(screenshot)
        form.add_error(None, str(e))
        return _show(request, link, token, status=422, posted=form, open="posted", kept=screenshot)
    return _back(token)


@by_link
@said
def say_could_not(request: HttpRequest, link: HandoffLink, token: str) -> HttpResponse:
    """“I could not”, and why: it goes back to whoever planned it."""
    form = CouldNotForm(request.POST)
    if form.is_valid():
        try:
            verbs.could_not(link.handoff, by=_actor(link), reason=form.cleaned_data["reason"])
            return _back(token)
        except (IllegalMove, PermissionDenied) as e:
            form.add_error(None, str(e))
    return _show(request, link, token, status=422, could_not=form, open="could-not")


@by_link
@said
def say_later(request: HttpRequest, link: HandoffLink, token: str) -> HttpResponse:
    """“Later”: moved within its window."""
    form = LaterForm(request.POST, handoff=link.handoff, zone=_post(link).connector.zone)
    if form.is_valid():
        try:
            verbs.later(link.handoff, by=_actor(link), at=form.cleaned_data["at"])
            return _back(token)
        except (IllegalMove, PermissionDenied, Blocked) as e:
            form.add_error(None, str(e))
    return _show(request, link, token, status=422, later=form, open="later")


def _post(link: HandoffLink) -> Post:
    return Post.objects.with_parts().get(pk=link.handoff.post_id)


def _actor(link: HandoffLink) -> Actor:
    return Actor.holder(link.handoff, link.person)


def _back(token: str) -> HttpResponse:
    """Shown by a GET of its own, so that nothing is said twice by reloading."""
    return HttpResponseRedirect(reverse("handoff:page", args=[token]))


# --- What the page needs ---------------------------------------------------------------------------------------------


@by_link
@require_safe
def media(request: HttpRequest, link: HandoffLink, token: str, number: int, small: bool = False) -> HttpResponseBase:
    """The post's file with this number, whole and as approved; `?save` for the phone's files. Only while it is open."""
    post = _post(link)
    if not link.handoff.is_open or any(check.blocks for check in checks_for(post, way=Way.HAND)):
        return HttpResponse(_("This is not given out any more."), status=410, content_type="text/plain")
    items = post.version.ordered_items()
    if not 1 <= number <= len(items):
        raise Http404(_("There is no such file."))
    found = items[number - 1].media
    if small:
        return send(request, found.thumbnail, "image/jpeg")
    response = send(request, found.file, found.mime_type)
    name = files(post)[number - 1].name
    response["Content-Disposition"] = content_disposition_header("save" in request.GET, name) or "inline"
    return response


@by_link
@require_safe
def qr(request: HttpRequest, link: HandoffLink, token: str) -> HttpResponse:
    """This page's address as a picture, to go on with on a phone."""
    return svg(settings.BASE_URL + reverse("handoff:page", args=[token]))


@by_link
@require_safe
def manifest(request: HttpRequest, link: HandoffLink, token: str) -> HttpResponse:
    """So that the page can be put on the home screen."""
    here = reverse("handoff:page", args=[token])
    sizes = ((192, "icon-192.png"), (512, "icon-512.png"))
    icons = [{"src": static(name), "sizes": f"{px}x{px}", "type": "image/png"} for px, name in sizes]
    about: dict[str, Any] = {
        "name": title(_post(link)), "short_name": "Collavo", "id": here, "start_url": here, "scope": here,
        "display": "standalone", "background_color": "#f6f5f3", "theme_color": "#4338ca", "icons": icons,
    }  # fmt: skip
    return JsonResponse(about, content_type="application/manifest+json")
