"""Who is told about a version: of a comment, of a decision, and that one is wanted."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.dispatch import receiver
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from approvals import due
from approvals.conversation import ReviewLink
from approvals.models import Version
from approvals.states import ASKED, TOLD, VersionStatus
from approvals.studios.regenerating import studio_of
from collavo.accounts.models import Ability, Membership, User
from collavo.timeline.models import Event
from collavo.timeline.notices import Message, tell
from collavo.timeline.signals import recorded

BURST = timedelta(minutes=1)  # longer than a decision can be undone; many at once come in one mail
BATCH = 500  # versions that are read at once
REMINDED, ESCALATED = 1, 2  # values of Version.reminders


@receiver(recorded, sender=Event)
def on_event(event: Event, **_: Any) -> None:
    if do := DOINGS.get((event.subject_type, event.verb)):
        do(event)


def commented(event: Event) -> None:
    """Those who made it, and those who have said something about it."""
    version = _version(event)
    people = _members(version, {*_makers(version), *_talkers(version)} - {event.user_id})
    words = event.text if len(event.text) < 300 else f"{event.text[:300]}…"
    title = _("%(who)s commented on “%(what)s”") % {"who": event.by, "what": version.asset}
    look = {"icon": "chat", "kind": "", "topic": "comment"}
    tell(people, _message(version, f"event:{event.pk}", title, [f"“{words}”" if words else ""], **look))


def asked_again(event: Event) -> None:
    """Its makers have a task, unless a studio made it: then they are told that it is at work."""
    title = _("%(who)s asks for changes to “%(what)s”")
    studio = studio_of(_version(event))
    more = _("%(studio)s makes the next round.") % {"studio": studio} if studio else ""
    _tell_makers(event, title, icon="refresh", kind="wait", fallback=_("Marked on the picture."), more=more)


def rejected(event: Event) -> None:
    _tell_makers(event, _("%(who)s rejected “%(what)s”"), icon="x", kind="bad")


def approved(event: Event) -> None:
    """News when a client did it: a colleague's yes is seen on the board."""
    if event.data.get("link"):
        _tell_makers(event, _("%(who)s accepted “%(what)s”"), icon="check", kind="ok")


def _tell_makers(event: Event, title: str, *, icon: str, kind: str, fallback: str = "", more: str = "") -> None:
    """Those who made the version, and whoever sent the link by which it was decided. Not whoever decided."""
    version = _version(event)
    sender = ReviewLink.objects.filter(pk=event.data.get("link")).values_list("created_by", flat=True)
    people = _members(version, {*_makers(version), *sender} - {event.user_id})
    said = title % {"who": event.by, "what": version.asset}
    words = f"“{event.text}”" if event.text else fallback
    look = {"icon": icon, "kind": kind, "topic": "decision", "gather": BURST}
    tell(people, _message(version, f"{TOLD}{event.pk}", said, [words, more], **look))


def _version(event: Event) -> Version:
    return Version.objects.select_related("asset", "workspace").get(pk=event.subject_id)


def _makers(version: Version) -> set[Any]:
    return {version.submitted_by_id, version.asset.creator_id} - {None}


def _talkers(version: Version) -> Iterator[Any]:
    rounds = version.asset.versions.all()
    for said in ("comments__by", "reviews__by"):
        yield from rounds.filter(**{f"{said}__isnull": False}).values_list(said, flat=True)


def _members(version: Version, ids: Iterable[Any]) -> list[User]:
    """Those of them who are still here."""
    return list(User.objects.filter(pk__in=set(ids), is_active=True, memberships__workspace=version.workspace_id))


def _message(version: Version, key: str, title: str, sentences: Iterable[str], **look: Any) -> Message:
    return Message(
        key=key, workspace_id=version.workspace_id, subject_type="version", subject_id=version.pk, title=title,
        sentences=sentences, path=reverse("approvals:review", args=[version.workspace.slug, version.pk]), **look,
    )  # fmt: skip


# --- Reminders -------------------------------------------------------------------------------------------------------


def remind() -> int:
    """Tell of every version that has waited too long: its reviewers once, then the managers once. How many tellings.

    `Version.reminders` moves in the same transaction, so that two looks at the same time tell once.
    """
    now = timezone.now()
    waiting = Version.objects.in_review().filter(reminders__lt=ESCALATED).select_related("asset", "workspace")
    return sum(_look_at(version, now) for version in waiting.order_by("submitted_at").iterator(chunk_size=BATCH))


def _look_at(version: Version, now: datetime) -> int:
    told = 0
    if version.reminders < REMINDED and due.remind_at(version) <= now:
        told += _once(version, REMINDED, _remind)
    if version.reminders < ESCALATED and due.escalate_at(version) <= now:
        told += _once(version, ESCALATED, _escalate)
    return told


def _once(version: Version, stage: int, do: Callable[[Version], None]) -> int:
    with transaction.atomic():
        # No join in this condition: with one, PostgreSQL would not look at `reminders` again after waiting for the row.
        unmoved = Version.objects.filter(pk=version.pk, status=VersionStatus.IN_REVIEW, reminders=stage - 1)
        if not unmoved.update(reminders=stage):
            return 0  # decided, or told by somebody else, meanwhile
        do(version)
    version.reminders = stage
    return 1


def _remind(version: Version) -> None:
    title = _("“%(what)s” waits for your decision") % {"what": version.asset}
    look = {"icon": "inbox", "kind": "wait", "topic": "review", "gather": BURST}
    message = _message(version, f"{ASKED}{version.pk}", title, [_waiting(version)], **look)
    tell(_able(version, Ability.REVIEW), message)


def _escalate(version: Version) -> None:
    title = _("Nobody has decided about “%(what)s” yet") % {"what": version.asset}
    sentences = [_waiting(version), _("Its reviewers were reminded. Decide yourself, or ask one of them.")]
    look = {"icon": "clock", "kind": "bad", "topic": "review", "gather": BURST}
    tell(_able(version, Ability.PUBLISH), _message(version, f"{ASKED}late:{version.pk}", title, sentences, **look))


def _waiting(version: Version) -> str:
    zone = version.workspace.zone
    came = timezone.localtime(version.submitted_at, zone)
    said = _("Round %(round)s came in %(at)s.") % {
        "round": version.round,
        "at": f"{date_format(came, 'D j M, H:i')} {zone}",
    }
    at = due.of(version)
    if at is None:
        return said
    by = f"{date_format(timezone.localtime(at, zone), 'D j M, H:i')} {zone}"
    return f"{said} " + _("A decision is due by %(by)s.") % {"by": by}


def _able(version: Version, ability: Ability) -> list[User]:
    """Who may decide about it: nobody is reminded of what they cannot do."""
    members = Membership.objects.filter(workspace=version.workspace_id, user__is_active=True)
    able = [member for member in members.select_related("user", "workspace") if member.can(ability)]
    own = None if version.workspace.allow_self_approval else version.submitted_by_id
    return [member.user for member in able if member.user_id != own]


DOINGS: dict[tuple[str, str], Callable[[Event], None]] = {
    ("version", "commented"): commented,
    ("version", "regenerating"): asked_again,
    ("version", "rejected"): rejected,
    ("version", "approved"): approved,
}
