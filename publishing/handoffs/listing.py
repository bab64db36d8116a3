"""The hand-offs of a workspace as its pages show them: in a constant number of queries."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

from django.db.models import Prefetch
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from approvals.models import VersionMedia
from collavo.accounts.models import Ability, Membership
from collavo.words import together
from publishing.chips import Chip
from publishing.handoffs.people import Actor
from publishing.models import FoundBy, Handoff, HandoffQuerySet, HandoffState
from publishing.moments import span_words

SHOWS = {"open": gettext_noop("Open"), "overdue": gettext_noop("Overdue"), "done": gettext_noop("Over")}
MOST = 99


def theirs(member: Membership) -> HandoffQuerySet:
    """Those that this member may see: managers all of the workspace, others their own."""
    rows = Handoff.objects.filter(workspace=member.workspace)
    return rows if member.can(Ability.PUBLISH) else rows.filter(assignee=member.user_id)


def narrowed(member: Membership, show: str) -> HandoffQuerySet:
    """One of SHOWS, in the order that somebody has to act in; what is over newest first."""
    rows = theirs(member).with_parts().select_related("post__case", "post__version__workspace")
    items = VersionMedia.objects.select_related("media").order_by("position")
    rows = rows.prefetch_related(Prefetch("post__version__items", items))
    if show == "done":
        return rows.exclude(state=HandoffState.OPEN).order_by("-done_at", "-id")
    return (rows.overdue() if show == "overdue" else rows.open()).order_by("due_at", "id")


def counts(member: Membership) -> dict[str, str]:
    """How many are open, and how many of those overdue: "", "3", "99+"."""
    return {"open": counted(theirs(member).open()), "overdue": counted(theirs(member).overdue())}


def counted(rows: HandoffQuerySet) -> str:
    found = rows.order_by("due_at")[: MOST + 1].count()
    return f"{MOST}+" if found > MOST else str(found or "")


@dataclass
class Row:
    """One hand-off, with what this member may do with it."""

    handoff: Handoff
    may: set[str] = field(default_factory=set)
    now: datetime = field(default_factory=timezone.now)

    @cached_property
    def chip(self) -> Chip:
        return state_chip(self.handoff)

    @property
    def age(self) -> str:
        """ "open for 4 h", or what became of it."""
        h = self.handoff
        if h.is_open:
            return _("Open for %(time)s") % {"time": span(h.opened_at, self.now)}
        return outcome(h)


def rows(handoffs: Iterable[Handoff], member: Membership) -> list[Row]:
    actor, now = Actor.member(member), timezone.now()
    return [Row(handoff, may(handoff, actor), now) for handoff in handoffs]


def may(handoff: Handoff, actor: Actor) -> set[str]:
    """The verbs that make sense for it as it stands. The verbs themselves decide."""
    if not handoff.is_open:
        return set()
    does = {"posted", "could_not", "later"} if actor.does(handoff) else set()
    return does | ({"remind", "assign", "cancel"} if actor.manages(handoff) else set())


CHIPS = {
    HandoffState.OPEN: Chip("hand", "hand", gettext_noop("Awaiting creator")),
    HandoffState.DONE: Chip("ok", "check", gettext_noop("Posted")),
    HandoffState.FAILED: Chip("bad", "warn", gettext_noop("Could not be posted")),
    HandoffState.MOVED: Chip("", "clock", gettext_noop("Moved to later")),
    HandoffState.CANCELED: Chip("", "x", gettext_noop("Canceled")),
}


def state_chip(handoff: Handoff) -> Chip:
    if handoff.overdue:
        return Chip("bad", "hand", _("Overdue"))
    return CHIPS[HandoffState(handoff.state)]


def outcome(handoff: Handoff) -> str:
    """What became of one that is over, as a sentence."""
    who = handoff.done_by_name or _("Somebody")
    if handoff.found_by == FoundBy.COLLAVO:
        return _("Found by Collavo at the platform.")
    if handoff.state == HandoffState.DONE:
        return _("%(who)s said so%(proof)s.") % {"who": who, "proof": _proof(handoff)}
    return handoff.reason


def _proof(handoff: Handoff) -> str:
    if handoff.checked:
        return _(", and the platform shows it")
    given = (
        (_("with a link"), handoff.url),
        (_("with a screenshot"), handoff.screenshot_id),
        (_("in words"), handoff.statement),
    )
    how = together(words for words, there in given if there)
    return f", {how}" if how else ""


def span(since: datetime, now: datetime) -> str:
    """ "4 h": how long it is (or was) open."""
    return span_words((now - since).total_seconds())
