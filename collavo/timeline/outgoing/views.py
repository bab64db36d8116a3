"""Settings, Webhooks: where events are told to, and what became of each."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.db.models import Count, Q, QuerySet
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from collavo.accounts.access import ConsoleRequest, View, console
from collavo.accounts.models import Ability
from collavo.accounts.settings_views import TABS
from collavo.timeline.models import Delivery, Endpoint
from collavo.timeline.outgoing import verbs
from collavo.timeline.outgoing.forms import WebhookForm
from collavo.timeline.outgoing.models import DeliveryStatus

FORM_METHODS = ["GET", "HEAD", "POST"]
PAGE = 40
SHOWN = {"all": Q(), "waiting": Q(status=DeliveryStatus.PENDING), "failed": Q(status=DeliveryStatus.FAILED)}
FILTERS = (("all", gettext_lazy("All")), ("waiting", gettext_lazy("Waiting")), ("failed", gettext_lazy("Given up")))


def telling(view: View) -> View:
    """What a verb refuses is told on the webhook's page; in the list, when it was removed meanwhile."""

    @wraps(view)
    def wrapper(request: ConsoleRequest, pk: UUID, **kwargs: Any) -> HttpResponseBase:
        try:
            return view(request, pk, **kwargs)
        except verbs.Refused as e:
            messages.error(request, str(e))
            here = _rows(request).filter(pk=pk).first()
            return _to(here) if here else redirect("webhooks:webhooks", request.workspace.slug)

    return wrapper


@require_safe
@console()
def webhooks(request: ConsoleRequest) -> HttpResponse:
    waiting = Count("deliveries", filter=Q(deliveries__status=DeliveryStatus.PENDING))
    rows = _rows(request).annotate(waiting=waiting).order_by("-id")
    mine = rows if request.member.can(Ability.MANAGE) else None  # others learn who can, and no address
    return render(request, "settings/webhooks.html", {"endpoints": mine, "tabs": TABS})


@require_http_methods(FORM_METHODS)
@console(Ability.MANAGE)
def new(request: ConsoleRequest) -> HttpResponse:
    """The secret is said in the answer and nowhere else; the same form sent twice makes one webhook."""
    form = WebhookForm(request.POST or None, by=request.member)
    if request.method == "POST" and form.is_valid():
        if known := _rows(request).filter(pk=form.pk).first():
            messages.info(request, _("This webhook was added already. Rotate its secret if you have not kept it."))
            return _to(known)
        if made := form.add():
            return _show_secret(request, *made, done=_("Added"))
    return render(request, "settings/webhook_form.html", {"form": form})


@require_http_methods(FORM_METHODS)
@console(Ability.MANAGE)
def change(request: ConsoleRequest, pk: UUID) -> HttpResponse:
    endpoint = _endpoint(request, pk)
    form = WebhookForm(request.POST or None, by=request.member, endpoint=endpoint)
    if request.method == "POST" and form.is_valid() and form.change(endpoint):
        messages.success(request, _("Saved"))
        return _to(endpoint)
    return render(request, "settings/webhook_form.html", {"form": form, "endpoint": endpoint})


@require_safe
@console(Ability.MANAGE)
def webhook(request: ConsoleRequest, pk: UUID) -> HttpResponse:
    endpoint = _endpoint(request, pk)
    context = {"endpoint": endpoint, "kept_days": settings.WEBHOOK_LOG_DAYS}
    part = "settings/_webhook_log.html" if request.htmx and "before" in request.GET else "settings/webhook.html"
    return render(request, part, context | _log(request, endpoint))


@require_safe
@console(Ability.MANAGE)
def line(request: ConsoleRequest, pk: UUID, number: int) -> HttpResponse:
    """One delivery with what was sent and what came back; as a part for the row that waits for it."""
    delivery = _delivery(request, pk, number)
    part = "settings/_webhook_line.html" if request.htmx else "settings/webhook_line.html"
    return render(request, part, {"endpoint": delivery.endpoint, "d": delivery})


@require_POST
@console(Ability.MANAGE)
@telling
def test(request: ConsoleRequest, pk: UUID) -> HttpResponse:
    return _do(request, pk, verbs.test, _("A test is on its way. The log below says what became of it."))


@require_POST
@console(Ability.MANAGE)
@telling
def pause(request: ConsoleRequest, pk: UUID) -> HttpResponse:
    return _do(request, pk, verbs.pause, _("Paused. What happens meanwhile is sent when you switch it on again."))


@require_POST
@console(Ability.MANAGE)
@telling
def resume(request: ConsoleRequest, pk: UUID) -> HttpResponse:
    return _do(request, pk, verbs.resume, _("Switched on. What waits is sent now."))


def _do(request: ConsoleRequest, pk: UUID, verb: Callable[..., object], said: str) -> HttpResponse:
    endpoint = _endpoint(request, pk)
    verb(endpoint, by=request.member)
    messages.success(request, said)
    return _to(endpoint)


@require_http_methods(FORM_METHODS)
@console(Ability.MANAGE)
@telling
def rotate(request: ConsoleRequest, pk: UUID) -> HttpResponse:
    endpoint = _endpoint(request, pk)
    if request.method == "POST":
        return _show_secret(request, endpoint, verbs.rotate(endpoint, by=request.member), done=_("Rotated"))
    return render(request, "settings/webhook_ask.html", {"endpoint": endpoint, "ask": "rotate"})


@require_http_methods(FORM_METHODS)
@console(Ability.MANAGE)
@telling
def remove(request: ConsoleRequest, pk: UUID) -> HttpResponse:
    endpoint = _endpoint(request, pk)
    if request.method == "POST":
        verbs.remove(endpoint, by=request.member)
        messages.success(request, _("Removed: %(webhook)s") % {"webhook": endpoint})
        return redirect("webhooks:webhooks", request.workspace.slug)
    waiting = endpoint.deliveries.filter(status=DeliveryStatus.PENDING).count()
    return render(request, "settings/webhook_ask.html", {"endpoint": endpoint, "ask": "remove", "waiting": waiting})


@require_POST
@console(Ability.MANAGE)
@telling
def replay(request: ConsoleRequest, pk: UUID, number: int) -> HttpResponse:
    delivery = _delivery(request, pk, number)
    verbs.replay(delivery, by=request.member)
    messages.success(
        request,
        _("Sent again: %(type)s. It has a line of its own in the log.") % {"type": delivery.event_type},
    )
    return _to(delivery.endpoint)


def _rows(request: ConsoleRequest) -> QuerySet[Endpoint]:
    return Endpoint.objects.kept().without_secrets().filter(workspace=request.workspace).select_related("workspace")


def _endpoint(request: ConsoleRequest, pk: UUID) -> Endpoint:
    return get_object_or_404(_rows(request), pk=pk)


def _delivery(request: ConsoleRequest, pk: UUID, number: int) -> Delivery:
    delivery = get_object_or_404(Delivery, pk=number, endpoint=_endpoint(request, pk))
    delivery.endpoint = _endpoint(request, pk)
    return delivery


def _to(endpoint: Endpoint) -> HttpResponse:
    return redirect("webhooks:webhook", endpoint.workspace.slug, endpoint.pk)


def _show_secret(request: ConsoleRequest, endpoint: Endpoint, secret: str, *, done: str) -> HttpResponse:
    response = render(request, "settings/webhook_secret.html", {"endpoint": endpoint, "secret": secret, "done": done})
    response["Cache-Control"] = "no-store"
    return response


def _log(request: ConsoleRequest, endpoint: Endpoint) -> dict[str, Any]:
    """The newest lines first; ids rise with time, so the id of the last one says where the next page begins."""
    show, before = request.GET.get("show", "all"), request.GET.get("before", "")
    if show not in SHOWN or (before and not before.isdecimal()):
        raise Http404(_("There is no such page."))
    rows = endpoint.deliveries.filter(SHOWN[show]).order_by("-id")
    if before:
        rows = rows.filter(pk__lt=min(int(before), 2**63 - 1))
    found = list(rows[: PAGE + 1])
    older = found[PAGE - 1].pk if len(found) > PAGE else None
    return {"lines": found[:PAGE], "older": older, "show": show, "filters": FILTERS}
