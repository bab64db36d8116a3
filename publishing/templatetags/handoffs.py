"""The rail's count of hand-offs, and the hand-off's part of a post's page."""

from __future__ import annotations

from typing import Any

from django import template
from django.template import RequestContext

from collavo.accounts.models import Membership
from collavo.timeline.counting import count_together
from collavo.timeline.templatetags.notices import unread_of
from publishing.forms import next_slot
from publishing.handoffs import listing
from publishing.handoffs.forms import LaterForm
from publishing.handoffs.links import wanted
from publishing.handoffs.people import Actor
from publishing.handoffs.verbs import people
from publishing.models import Handoff, Post

register = template.Library()


@register.simple_tag
def open_handoffs(member: Membership) -> str:
    """How many hand-offs wait: "", "3", "99+". One query, which counts the unread notices, too."""
    open_now = listing.theirs(member).open().order_by("due_at")[: listing.MOST + 1]
    found, member.unread = count_together(open_now, unread_of(member))
    return f"{listing.MOST}+" if found > listing.MOST else str(found or "")


@register.inclusion_tag("handoffs/_block.html", takes_context=True)
def handoff_block(context: RequestContext, post: Post, *, back: str) -> dict[str, Any]:
    """The post's last hand-off with what this member may do; nothing where there was none. `back`: where forms lead."""
    member: Membership = context["member"]
    handoff = Handoff.objects.with_parts().filter(post=post).order_by("-opened_at", "-id").first()
    kept = {name: context.get(name) for name in ("workspace", "csrf_token", "refused", "request")}
    if handoff is None:
        return kept
    handoff.post = post  # with its parts
    may = listing.may(handoff, Actor.member(member))
    return kept | {
        "post": post,
        "handoff": handoff,
        "state": listing.state_chip(handoff),
        "told": "" if handoff.is_open else listing.outcome(handoff),
        "may": may,
        "people": people(handoff) if "assign" in may else [],
        "link": wanted(post),
        "later_form": _later_form(post, context.get("refused")),
        "back_to": back,
    }


def _later_form(post: Post, refused: dict[str, Any] | None) -> LaterForm:
    if refused and refused["name"] == "later":
        return refused["form"]  # type: ignore[no-any-return]
    return LaterForm(zone=post.connector.zone, start=next_slot(None))
