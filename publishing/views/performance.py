"""The Performance page: numbers first, then curves, then the posts; and “read them now” on a post."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from django.views.decorators.http import require_POST, require_safe

from approvals.states import IllegalMove
from collavo.accounts.access import ConsoleRequest, console
from collavo.accounts.models import Ability
from connectors.models import Connector
from publishing import metrics
from publishing.performance import MEASURES, SPANS, Performance
from publishing.views.actions import get_post

DEFAULT_SPAN = 30
SORTS = {**MEASURES, "newest": gettext_noop("Newest")}


@console()
@require_safe
def performance(request: ConsoleRequest) -> HttpResponse:
    """?days=7|30|90, ?sort=views|likes|comments|shares|newest, ?account=…: what cannot be read is left out."""
    days, sort = request.GET.get("days", ""), request.GET.get("sort", "")
    accounts = Connector.objects.filter(workspace=request.workspace).without_tokens().order_by("platform", "handle")
    account = next((c for c in accounts if str(c.pk) == request.GET.get("account")), None)
    shown = Performance(
        request.workspace, int(days) if days in map(str, SPANS) else DEFAULT_SPAN, sort if sort in SORTS else "views",
        account.pk if account else None,
    )  # fmt: skip
    context = {
        "shown": shown,
        "spans": {days: _(words) for days, words in SPANS.items()},
        "sorts": {key: _(words) for key, words in SORTS.items()},
        "accounts": accounts,
        "account": account,
    }
    return render(request, "publishing/performance.html", context)


@console(Ability.PUBLISH)
@require_POST
def look_now(request: ConsoleRequest, pk: UUID) -> HttpResponse:
    post = get_post(request, pk)
    try:
        metrics.look_now(post, by=request.member)
    except (IllegalMove, PermissionDenied) as e:
        messages.error(request, str(e))
    else:
        messages.success(
            request,
            _("%(platform)s is asked. Load the page again in a moment.") % {"platform": post.connector.spec.name},
        )
    return redirect("publishing:post", request.workspace.slug, pk)
