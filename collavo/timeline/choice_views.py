"""Where a person chooses how to be told: mails, the mail of the day, and pushes to their browsers."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from collavo.accounts.access import ConsoleRequest, console
from collavo.timeline import push
from collavo.timeline.choices import choose, chosen, switch_mail
from collavo.timeline.forms import ChoicesForm
from collavo.timeline.models import DailyMail, PushSubscription


def _back(request: ConsoleRequest) -> HttpResponse:
    return redirect("timeline:preferences", request.workspace.slug)


@console()
@require_http_methods(["GET", "HEAD", "POST"])
def preferences(request: ConsoleRequest) -> HttpResponse:
    """What this person is told of by which way, for all of their workspaces."""
    kept = DailyMail.objects.filter(user=request.user).first()
    when = kept or DailyMail(user=request.user, time_zone=request.workspace.time_zone)
    form = ChoicesForm(request.POST or None, chosen=chosen(request.user), when=when)
    if form.is_valid():
        values = form.cleaned_data
        choose(request.user, form.choices(), hour=values["hour"], time_zone=values["time_zone"])
        messages.success(request, _("Kept. It counts from now on."))
        return _back(request)
    browsers = PushSubscription.objects.filter(user=request.user).order_by("created_at")
    context = {"form": form, "browsers": browsers, "push_key": push.public_key()}
    return render(request, "timeline/preferences.html", context, status=422 if form.errors else 200)


@console()
@require_POST
def mail(request: ConsoleRequest) -> HttpResponse:
    """Switch mails on or off, for all of this person's workspaces."""
    on = request.POST.get("mail") == "on"
    switch_mail(request.user, on)
    messages.success(request, _("Mails are on.") if on else _("Mails are off. Everything still appears under Notices."))
    return _back(request)


@console()
@require_POST
def allow(request: ConsoleRequest) -> HttpResponse:
    """Push to the browser that sends this; its scripts have asked for the permission."""
    keys = {name: request.POST.get(name, "") for name in ("endpoint", "p256dh", "auth")}
    try:
        push.subscribe(request.user, **keys, browser=push.browser_name(request.headers.get("User-Agent", "")))
    except ValidationError as e:
        messages.error(request, e.messages[0])
    else:
        messages.success(request, _("Pushes come to this browser now."))
    return _back(request)


@console()
@require_POST
def remove(request: ConsoleRequest, pk: UUID) -> HttpResponse:
    """No more pushes to that browser."""
    get_object_or_404(PushSubscription, pk=pk, user=request.user).delete()
    messages.success(request, _("No more pushes go to that browser."))
    return _back(request)
