"""What a person was told: the list, and read marks."""

from __future__ import annotations

from datetime import datetime
from functools import cache
from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext
from django.views.decorators.http import require_POST, require_safe

from collavo.accounts.access import ConsoleRequest, console
from collavo.ids import as_uuid
from collavo.timeline.models import Notice, NoticeQuerySet
from collavo.timeline.notices import mark_read

PAGE = 40


def mine(request: ConsoleRequest) -> NoticeQuerySet:
    return Notice.objects.of(request.user.pk, request.workspace)


@console()
@require_safe
def notices(request: ConsoleRequest) -> HttpResponse:
    """Newest first; `?before=` goes on behind that moment and id."""
    rows = list(mine(request).filter(_behind(request.GET.get("before", "")))[: PAGE + 1])
    last = rows[PAGE - 1] if len(rows) > PAGE else None
    context = {"notices": rows[:PAGE], "more": f"{last.created_at.isoformat()}~{last.pk}" if last else ""}
    part = request.htmx and "before" in request.GET
    return render(request, "timeline/_notices.html" if part else "timeline/notices.html", context)


def _behind(cursor: str) -> Q:
    """The rows after the one that the page before ended with; everything when the cursor cannot be read."""
    try:
        moment, _, pk = cursor.partition("~")
        at, last = parse_datetime(moment), UUID(pk)
    except ValueError:
        return Q()
    return _older(at, last) if at and at.tzinfo else Q()


def _older(at: datetime, last: UUID) -> Q:
    return Q(created_at__lt=at) | Q(created_at=at, pk__lt=last)


@console()
@require_safe
def open_notice(request: ConsoleRequest, pk: UUID) -> HttpResponse:
    """To the page that it is about; having gone there, it is read."""
    found = mine(request).filter(pk=pk)
    if not (notice := found.first()):
        raise Http404(gettext("There is no such notice."))
    mark_read(found)
    return redirect(notice.path)


@console()
@require_POST
def read(request: ConsoleRequest) -> HttpResponse:
    """Mark one (`notice`) or all as read."""
    rows = mine(request)
    if wanted := request.POST.get("notice"):
        if (pk := as_uuid(wanted)) is None:
            raise Http404(gettext("There is no such notice."))
        rows = rows.filter(pk=pk)
    mark_read(rows)
    return redirect("timeline:notices", request.workspace.slug)


@require_safe
def service_worker(request: HttpRequest) -> HttpResponse:
    """The script that takes pushes and keeps hand-offs, at the root: a worker serves nothing above its own address."""
    headers = {"Cache-Control": "no-cache", "X-Content-Type-Options": "nosniff"}
    return HttpResponse(_service_worker(), content_type="text/javascript; charset=utf-8", headers=headers)


@cache
def _service_worker() -> bytes:
    return Path(settings.BASE_DIR, "static", "sw.js").read_bytes()
