"""The calendar for other calendars: a secret address per person, and what it answers."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.db.models import Exists, OuterRef, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe
from icalendar import Calendar, Event

from approvals import links
from approvals.models import CalendarFeed, Slot
from approvals.slots import channel_name
from collavo.accounts.access import ConsoleRequest, console
from collavo.accounts.models import Workspace
from publishing.models import SHOWN_AT, Post, Status

BACK, AHEAD = timedelta(days=60), timedelta(days=366)
MOST = 1000  # of each, ahead and over; a calendar program reads the whole feed every time
LENGTH = timedelta(minutes=15)  # as shown; publishing itself has none


@console()
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def feed(request: ConsoleRequest) -> HttpResponse:
    """Make the address, make another one, or end it. The address is shown only when it was made."""
    token = ""
    if request.method == "POST" and request.POST.get("do") == "end":
        links.end_feed(request.member)
        messages.success(request, _("Ended. The address answers nothing any more."))
        return redirect("publishing:calendar_feed", request.workspace.slug)
    if request.method == "POST":
        token = links.make_feed(request.member)
    found = CalendarFeed.objects.filter(workspace=request.workspace, user=request.user).first()
    address = settings.BASE_URL + reverse("ical", args=[token]) if token else ""
    return render(request, "publishing/calendar_feed.html", {"feed": found, "address": address})


@require_safe
def ical(request: HttpRequest, token: str) -> HttpResponse:
    """What a calendar program fetches. Ended, changed and guessed addresses do not exist."""
    member = links.opened_feed(token)
    if member is None:
        raise Http404(_("There is no such calendar."))
    body = as_calendar(member.workspace).to_ical()
    response = HttpResponse(body, content_type="text/calendar; charset=utf-8")
    response["Cache-Control"] = "private, max-age=300"
    response["X-Robots-Tag"] = "noindex"
    response["Referrer-Policy"] = "no-referrer"
    return response


def as_calendar(workspace: Workspace) -> Calendar:
    """Posts and slots from two months ago to a year ahead."""
    made = Calendar()
    made.add("prodid", "-//Collavo//Calendar//EN")
    made.add("version", "2.0")
    made.add("method", "PUBLISH")
    made.add("x-wr-calname", f"{workspace.name}, Collavo")
    made.add("x-wr-timezone", workspace.time_zone)
    made.add("refresh-interval", timedelta(minutes=30), parameters={"VALUE": "DURATION"})
    for event in [*_posts(workspace), *_slots(workspace)]:
        made.add_component(event)
    return made


def _posts(workspace: Workspace) -> Iterator[Event]:
    rows = Post.objects.filter(workspace=workspace).exclude(status=Status.CANCELED).annotate(at=SHOWN_AT)
    parts = rows.select_related("connector", "version__asset").only(
        "status", "url", "scheduled_at", "published_at", "created_at", "version__caption", "version__asset__title",
        "connector__platform", "connector__handle",
    )  # fmt: skip
    for post in _around_now(parts, "at"):
        title = f"{post.get_status_display()}: {post.version.asset} ({post.connector})"
        place = reverse("publishing:post", args=[workspace.slug, post.pk])
        words = "\n\n".join(filter(None, [post.version.caption, post.url]))
        at = post.published_at or post.scheduled_at or post.created_at
        yield _event(f"post-{post.pk}", at, title, words, place)


def _slots(workspace: Workspace) -> Iterator[Event]:
    """Those whose content has no post yet: what has one is in the feed as that post."""
    posted = Post.objects.filter(version__asset__slot=OuterRef("pk")).exclude(status=Status.CANCELED)
    rows = Slot.objects.filter(~Exists(posted), workspace=workspace).select_related("case")
    for slot in _around_now(rows, "starts_at"):
        title = _("Planned: %(format)s for %(channel)s, %(case)s") % {
            "format": slot.get_format_display(),
            "channel": channel_name(slot.channel),
            "case": slot.case,
        }
        day = timezone.localtime(slot.starts_at, workspace.zone).date()
        place = reverse("publishing:calendar", args=[workspace.slug]) + f"?view=day&d={day}&slot={slot.pk}"
        yield _event(f"slot-{slot.pk}", slot.starts_at, title, slot.angle, place)


def _around_now(rows: QuerySet[Any], key: str) -> Iterator[Any]:
    """What is ahead comes before what is over where there is too much of both."""
    now = timezone.now()
    yield from rows.filter(**{f"{key}__gte": now, f"{key}__lt": now + AHEAD}).order_by(key)[:MOST]
    yield from rows.filter(**{f"{key}__gte": now - BACK, f"{key}__lt": now}).order_by(f"-{key}")[:MOST]


def _event(uid: str, at: datetime, title: str, words: str, place: str) -> Event:
    event = Event()
    event.add("uid", f"{uid}@collavo")
    event.add("dtstamp", timezone.now())
    event.add("dtstart", at.astimezone(UTC))
    event.add("duration", LENGTH)
    event.add("summary", title)
    event.add("url", settings.BASE_URL + place)
    event.add("transp", "TRANSPARENT")
    if words:
        event.add("description", words)
    return event
