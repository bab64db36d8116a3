"""The history in words: one sentence per line, whoever wrote it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import CharField, Q, UUIDField, Value
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from approvals.models import Version
from approvals.pins import Pin, loaded
from collavo.timeline.models import Event, EventQuerySet
from collavo.words import worded

PAGE = 40


@worded("does")
@dataclass(frozen=True)
class Wording:
    """How a verb reads after the name of whoever did it. `quotes`: the line's text follows in quotation marks."""

    does: str
    icon: str = "dots"
    kind: str = ""
    quotes: bool = False
    says: bool = False  # the line's text follows as it is


WORDINGS: dict[tuple[str, str], Wording] = {
    ("case", "opened"): Wording(gettext_noop("opened this case"), "folder"),
    ("slot", "planned"): Wording(gettext_noop("planned a slot"), "calendar", says=True),
    ("slot", "moved"): Wording(gettext_noop("moved a slot"), "calendar", says=True),
    ("slot", "changed"): Wording(gettext_noop("changed a slot"), "calendar", says=True),
    ("slot", "removed"): Wording(gettext_noop("took a slot off the calendar"), "trash", says=True),
    ("version", "submitted"): Wording(gettext_noop("sent round {round} in for review"), "up"),
    ("version", "approved"): Wording(gettext_noop("accepted round {round}"), "check", "ok", quotes=True),
    ("version", "regenerating"): Wording(
        gettext_noop("asked to regenerate round {round}"), "refresh", "wait", quotes=True
    ),
    ("version", "rejected"): Wording(gettext_noop("rejected round {round}"), "x", "bad", quotes=True),
    ("version", "superseded"): Wording(gettext_noop("replaced round {round} by a newer one"), "lines"),
    ("version", "undone"): Wording(gettext_noop("took the decision about round {round} back"), "back"),
    ("version", "commented"): Wording(gettext_noop("commented on round {round}"), "chat", quotes=True),
    ("version", "due_set"): Wording(gettext_noop("set until when to decide{for_when}"), "clock"),
    ("version", "link_made"): Wording(gettext_noop("made a link to decide by"), "link", says=True),
    ("version", "link_revoked"): Wording(gettext_noop("ended the link to decide by of"), "link", says=True),
    ("case", "link_made"): Wording(gettext_noop("made a link to decide by, for the whole case"), "link", says=True),
    ("case", "link_revoked"): Wording(gettext_noop("ended the case's link to decide by of"), "link", says=True),
    ("asset", "discarded"): Wording(gettext_noop("discarded this asset"), "trash", "bad"),
    ("asset", "brought_back"): Wording(gettext_noop("brought this asset back"), "back"),
    ("asset", "rights_added"): Wording(gettext_noop("added rights"), "lock", "ok", says=True),
    ("asset", "rights_changed"): Wording(gettext_noop("changed rights"), "lock", says=True),
    ("asset", "rights_removed"): Wording(gettext_noop("removed rights"), "lock", "bad", says=True),
    ("asset", "shared"): Wording(gettext_noop("shared it by a link"), "link", says=True),
    ("asset", "share_revoked"): Wording(gettext_noop("ended a shared link"), "x"),
    ("media", "uploaded"): Wording(gettext_noop("uploaded"), "image", says=True),
    ("studiojob", "asked"): Wording(gettext_noop("had a new version made by"), "image", says=True),
    ("studiojob", "sent"): Wording(gettext_noop("was asked"), "up"),
    ("studiojob", "done"): Wording(gettext_noop("made a new version"), "check", "ok"),
    ("studiojob", "failed"): Wording(gettext_noop("could not make a new version:"), "warn", "bad", says=True),
    ("studiojob", "timed_out"): Wording(gettext_noop("gave no answer in time:"), "clock", "bad", says=True),
    ("studiojob", "canceled"): Wording(gettext_noop("called a studio off"), "x"),
    ("post", "scheduled"): Wording(gettext_noop("scheduled a post{for_when}"), "calendar"),
    ("post", "rescheduled"): Wording(gettext_noop("moved a post to another time"), "calendar", says=True),
    ("post", "handoff_link_renewed"): Wording(gettext_noop("made a new link to the hand-off"), "link", says=True),
    ("post", "queued"): Wording(gettext_noop("queued a post"), "clock"),
    ("post", "sent_now"): Wording(gettext_noop("sent a post out at once"), "up", "go"),
    ("post", "publishing"): Wording(gettext_noop("began to publish"), "up", "go"),
    ("post", "published"): Wording(gettext_noop("published it"), "check", "ok", says=True),
    ("post", "linked_late"): Wording(gettext_noop("gave its link"), "link", "ok"),
    ("post", "published_again"): Wording(gettext_noop("published it again, for everybody"), "up", "go"),
    ("post", "held"): Wording(gettext_noop("put a post on hold"), "clock", "wait", says=True),
    ("post", "failed"): Wording(gettext_noop("could not publish it"), "warn", "bad", says=True),
    ("post", "unconfirmed"): Wording(gettext_noop("cannot say whether it is live"), "question", "wait", says=True),
    ("post", "canceled"): Wording(gettext_noop("canceled a post"), "x", says=True),
    ("post", "retried"): Wording(gettext_noop("asked for another try"), "refresh"),
    ("post", "confirmed_live"): Wording(gettext_noop("found it live"), "check", "ok", says=True),
    ("post", "confirmed_not_live"): Wording(
        gettext_noop("found that it is not live, and asked to post it again"), "refresh", "wait"
    ),
    ("post", "asked_again"): Wording(gettext_noop("asked the platform again"), "question"),
    ("post", "awaiting_creator"): Wording(gettext_noop("handed a post to the creator"), "hand", "hand", says=True),
    ("post", "handoff_later"): Wording(gettext_noop("moved a hand-off to later"), "hand", "hand", says=True),
    ("post", "handoff_assigned"): Wording(gettext_noop("handed the task over"), "hand", "hand", says=True),
    ("post", "handoff_reminded"): Wording(gettext_noop("reminded of a hand-off"), "bell", "hand", says=True),
    ("post", "handoff_escalated"): Wording(
        gettext_noop("told managers that a hand-off is overdue, left by"), "bell", "wait", says=True
    ),
    ("post", "by_hand"): Wording(gettext_noop("chose to have a post posted by hand"), "hand", "hand"),
    ("connector", "linked"): Wording(gettext_noop("linked an account"), "link", "ok"),
    ("connector", "relinked"): Wording(gettext_noop("linked an account again"), "link", "ok"),
    ("connector", "verified"): Wording(gettext_noop("verified an account"), "check", "ok"),
    ("connector", "needs_relink"): Wording(
        gettext_noop("found that an account must be linked again"), "warn", "bad", says=True
    ),
    ("connector", "disabled"): Wording(gettext_noop("switched an account off"), "x"),
}
DECISIONS = ("approved", "regenerating", "rejected")
PLANS = ("scheduled", "rescheduled", "canceled", "handoff_later")
HANDED = Q(verb="awaiting_creator") | Q(verb__startswith="handoff_")
NO_POST = ~Q(subject_type="post")  # which makes an index of its own good for it
KINDS: dict[str, tuple[str, Q]] = {
    "all": (gettext_noop("Everything"), Q()),
    "content": (
        gettext_noop("Content"),
        NO_POST & Q(subject_type__in=["case", "asset", "version", "media", "studiojob"]),
    ),
    "decisions": (gettext_noop("Decisions"), NO_POST & Q(subject_type="version", verb__in=DECISIONS)),
    "rights": (
        gettext_noop("Rights and sharing"),
        NO_POST & Q(subject_type="asset") & Q(verb__regex="^(rights_|share)"),
    ),
    "plans": (gettext_noop("Plans"), Q(subject_type="slot") | Q(subject_type="post", verb__in=PLANS)),
    "posts": (gettext_noop("Posts"), Q(subject_type="post")),
    "handoffs": (gettext_noop("Hand-offs"), Q(subject_type="post") & HANDED),
}


@dataclass(frozen=True)
class Narrowed:
    """Which lines of a case's history are asked for. Days are whole ones in the workspace's zone."""

    kind: str = "all"
    who: UUID | None = None
    machines: bool = False  # what no person did
    since: datetime | None = None
    until: datetime | None = None

    @property
    def q(self) -> Q:
        found = KINDS[self.kind][1]
        if self.who:
            found &= Q(user=self.who)
        if self.machines:
            found &= Q(user=None)
        if self.since:
            found &= Q(at__gte=self.since)
        return found & Q(at__lt=self.until) if self.until else found


@dataclass(frozen=True)
class Call:
    """One call to a platform that was made for a post."""

    at: datetime
    step: str
    status: int | None  # HTTP; None: no answer
    ms: int | None
    error: str


@dataclass(frozen=True)
class Line:
    """One line of history, ready for the page."""

    id: UUID
    who: str
    does: str
    quote: str
    says: str
    icon: str
    kind: str
    at: datetime
    about: str  # the asset's title, and for a post its account
    asset_id: UUID | None
    post_id: UUID | None
    url: str  # of a live post
    verb: str = ""
    round: int = 0
    user_id: UUID | None = None
    pins: tuple[Pin, ...] = ()
    calls: Sequence[Call] = ()  # what was tried until then, of a post


@dataclass(frozen=True)
class Subject:
    """What a line is about."""

    title: str
    asset_id: UUID | None
    round: int = 0


UNKNOWN = Subject("", None)


def lines(events: Iterable[Event], zone: ZoneInfo, subjects: dict[UUID, Subject] | None = None) -> list[Line]:
    """The events as sentences, times inside them in `zone`. One query, however many there are; none with `subjects`.

    `subjects`: what the events are about, where the caller knows it.
    """
    rows = list(events)
    subjects = _subjects(rows) if subjects is None else subjects
    return [_line(event, subjects, zone) for event in rows]


def of_case(case_id: UUID, narrowed: Narrowed, *, before: Event | None = None, most: int = PAGE) -> list[Event]:
    """A page of a case's history, newest first, and one line more when there are older ones."""
    rows: EventQuerySet = Event.objects.of_case(case_id).filter(narrowed.q)
    if before:
        older = Q(at__lt=before.at) | Q(at=before.at, id__lt=before.pk)
        rows = rows.filter(older, at__lte=before.at)
    return list(rows[: most + 1])


def _line(event: Event, subjects: dict[UUID, Subject], zone: ZoneInfo) -> Line:
    fallback = Wording(f"{event.verb.replace('_', ' ')} ({event.subject_type})", says=True)
    wording = WORDINGS.get((event.subject_type, event.verb), fallback)
    about = subjects.get(event.subject_id, UNKNOWN)
    url = str(event.data.get("url") or "")
    does = wording.does.format(round=about.round, for_when=_when(event, zone))
    return Line(
        id=event.pk, who=_who(event), does=does,
        quote=str(event.data.get("words") or event.text) if wording.quotes else "",
        says=event.text if wording.says else "", icon=wording.icon,
        kind=wording.kind, at=event.at, about=about.title, asset_id=about.asset_id,
        post_id=event.subject_id if event.subject_type == "post" else None,
        url=url if url.startswith(("https://", "http://")) else "",
        verb=event.verb, round=about.round, user_id=event.user_id, pins=_pins(event),
    )  # fmt: skip


def _who(event: Event) -> str:
    """People by their name; machines by what they are ("worker 7 on web-1" stays in the log)."""
    return event.by if event.user_id else event.by[:1].upper() + event.by[1:]


def _pins(event: Event) -> tuple[Pin, ...]:
    kept = event.data.get("pins")
    return tuple(loaded(kept)) if isinstance(kept, list) else ()


def _when(event: Event, zone: ZoneInfo) -> str:
    if not (at := event.data.get("at")):
        return ""
    return _(" for %(when)s") % {
        "when": f"{date_format(timezone.localtime(datetime.fromisoformat(at), zone), 'D j M Y, H:i')} {zone}"
    }


def _subjects(events: list[Event]) -> dict[UUID, Subject]:
    """What the events are about, by the id of a version, an asset, a post or a studio's job. One query."""
    made_of = {event.subject_id: UUID(event.data["source"]) for event in events if event.data.get("source")}
    ids = {made_of.get(event.subject_id, event.subject_id) for event in events}
    if not ids:
        return {}
    nobody, nothing = Value(None, UUIDField()), Value("", CharField())
    facts = ("pk", "asset_id", "asset__title", "round")
    plain = Version.objects.filter(Q(pk__in=ids) | Q(asset__in=ids)).values_list(*facts, nobody, nothing)
    posted = Version.objects.filter(posts__in=ids).values_list(*facts, "posts__pk", "posts__connector__handle")
    found: dict[UUID, Subject] = {}
    for pk, asset_id, title, number, post, handle in plain.union(posted, all=True):
        if post:
            found[post] = Subject(f"{title}, {handle}", asset_id, number)
        else:
            found[pk], found[asset_id] = Subject(title, asset_id, number), Subject(title, asset_id)
    return found | {job: found[source] for job, source in made_of.items() if source in found}
