"""The log of posts, one post's page, and the parts that keep themselves fresh while a post moves."""

from __future__ import annotations

from urllib.parse import urlencode
from uuid import UUID

from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe
from django_htmx.http import trigger_client_event

from collavo.accounts.access import ConsoleRequest, console
from collavo.ids import as_uuid
from publishing.board import BY_SLUG, Card, changed, column_of
from publishing.chips import chip
from publishing.forms import PostsForm
from publishing.metrics import newest
from publishing.models import Post
from publishing.views.actions import get_post
from publishing.views.board import panel_address
from publishing.views.panel import page_context, post_context, seen

PAGE = 40


@console()
@require_safe
def posts(request: ConsoleRequest) -> HttpResponse:
    """Newest first; `?after=` goes on behind that post."""
    form = PostsForm(request.GET, workspace=request.workspace)
    own = Post.objects.with_parts().filter(workspace=request.workspace)
    found = form.narrow(own.filter(_behind(_last(request))))
    rows = list(found.order_by("-created_at", "-id")[: PAGE + 1])
    context = {
        "form": form,
        "rows": [(post, chip(post)) for post in rows[:PAGE]],
        "more": rows[PAGE - 1].pk if len(rows) > PAGE else None,
        "query": _query(request),
        "narrowed": bool(_query(request)),
    }
    template = "publishing/_rows.html" if request.htmx and "after" in request.GET else "publishing/posts.html"
    return render(request, template, context)


def _behind(last: Post | None) -> Q:
    """The rows after the one that the page before ended with."""
    return Q(created_at__lt=last.created_at) | Q(created_at=last.created_at, pk__lt=last.pk) if last else Q()


def _last(request: ConsoleRequest) -> Post | None:
    if (pk := as_uuid(request.GET.get("after"))) is None:
        return None
    return Post.objects.filter(workspace=request.workspace, pk=pk).first()


def _query(request: ConsoleRequest) -> str:
    kept = [(k, v) for k, v in request.GET.items() if k in ("status", "account") and v]
    return f"&{urlencode(kept)}" if kept else ""


@console()
@require_safe
def post(request: ConsoleRequest, pk: UUID) -> HttpResponse:
    """State, clocks, what was tried, history; everything that can be done with it."""
    context = page_context(get_post(request, pk))
    return render(request, "publishing/post.html", context)


@console()
@require_safe
def card(request: ConsoleRequest, pk: UUID) -> HttpResponse:
    """The card as it is now. When it has left the column `?in=`, both columns are told to load themselves again."""
    found = get_post(request, pk)
    if not request.htmx:
        return redirect(panel_address(request, found.version_id, found.connector_id))
    now_in = column_of(found)
    response = render(
        request, "publishing/_card.html", {"card": Card(found.version, found, now_in, newest([found]).get(found.pk))}
    )
    was_in = request.GET.get("in", "")
    if was_in in BY_SLUG and was_in != now_in:
        for event in changed(was_in, now_in or "approved"):
            trigger_client_event(response, event, after="settle")
    return response


@console()
@require_safe
def state(request: ConsoleRequest, pk: UUID) -> HttpResponse:
    """Where the post stands, for panel and page. When it differs from `?seen=`, what is around it loads again."""
    found = get_post(request, pk)
    if not request.htmx:
        return redirect("publishing:post", request.workspace.slug, found.pk)
    response = render(request, "publishing/_state.html", post_context(found))
    if request.GET.get("seen") != seen(found):
        trigger_client_event(response, "post-moved", after="settle")
    return response
