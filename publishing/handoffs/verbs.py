"""What people do with hand-offs. Every verb checks who asks, moves the post through `states.py`, and says no in a
sentence (IllegalMove, PermissionDenied, Blocked)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from approvals.models import Media
from approvals.states import IllegalMove
from collavo.accounts.models import User
from collavo.timeline.models import record
from connectors.platforms.base import Live
from publishing import states
from publishing import verbs as posts
from publishing.handoffs import notices, tasks
from publishing.handoffs.links import Checked, check, wanted
from publishing.handoffs.people import Actor
from publishing.models import Handoff, HandoffState, Hold, Post, Status, Way
from publishing.moments import full_words
from publishing.preflight import preflight, require_clear

WORDS_MAX = 500
BETWEEN_REMINDERS = 60  # seconds: a second press is the same reminder

# --- What the creator says -------------------------------------------------------------------------------------------


def posted(handoff: Handoff, *, by: Actor, url: str = "", statement: str = "", screenshot: Media | None = None) -> bool:
    """It is live. The link is required where the platform gives one; else a screenshot or a statement is.

    False: it was said already, by a person or by Collavo's own finding, and nothing changed. With a statement, a link
    stands that the platform does not show (yet). Asks the platform about the link.
    """
    by.require_doing(handoff)
    return _publish(handoff, by, url.strip(), _words(statement), screenshot)


def mark_published(handoff: Handoff, *, url: str, by: Actor) -> bool:
    """A manager saw it live, at `url`. False: it was said already."""
    by.require_managing(handoff)
    if not url.strip():
        raise IllegalMove(_("Paste the link of the live post."))
    return _publish(handoff, by, url.strip(), "", None)


def could_not(handoff: Handoff, *, by: Actor, reason: str) -> None:
    """It cannot be posted, and why: it goes back to whoever scheduled it, as failed."""
    by.require_doing(handoff)
    said = _words(reason)
    if not said:
        raise IllegalMove(_("Say in a sentence why it could not be posted."))
    post = _open_post(handoff)
    text = _("%(name)s could not post it: %(reason)s")
    if post.way == Way.API:
        text = _("%(name)s could not post it: %(reason)s The draft may still be in the app's inbox.")
    changes: dict[str, Any] = {
        "due_at": None,
        "hold": Hold.NONE,
        "error": text % {"name": by.name, "reason": said},
    }
    with transaction.atomic():
        states.move(
            post, Status.FAILED, by=by.by, text=changes["error"], error_code="could_not", handoff=str(handoff.pk),
            **changes,
        )  # fmt: skip
        _keep(handoff, reason=said)


def later(handoff: Handoff, *, by: Actor, at: datetime) -> None:
    """It is posted at `at` instead: within the late window for its creator, within the rights for everybody."""
    by.require_doing(handoff)
    post = _open_post(handoff)
    if at <= timezone.now():
        raise IllegalMove(_("That moment is over. Choose a later one, or post it now."))
    if at > handoff.latest_at and not by.manages(handoff):
        until = full_words(handoff.latest_at, post.connector.zone, timezone.now())
        raise IllegalMove(
            _("It may be posted until %(until)s. Choose an earlier moment, or ask a manager.") % {"until": until}
        )
    require_clear(preflight(post.version, post.connector, at=at, options=post.options, way=Way.HAND))
    if post.way == Way.API:
        _shift(handoff, post, at, by)
        return
    fresh = states.FRESH | {"scheduled_at": at, "due_at": at}
    with transaction.atomic():
        text = full_words(at, post.connector.zone, timezone.now())
        states.move(post, Status.SCHEDULED, by=by.by, verb="handoff_later", text=text, handoff=str(handoff.pk), **fresh)
        _keep(handoff, moved_to=at)


def _shift(handoff: Handoff, post: Post, at: datetime, by: Actor) -> None:
    """It lies in the app's inbox already: only the task's clocks move."""
    with transaction.atomic():
        open_now = Handoff.objects.open().filter(pk=handoff.pk)
        changes = tasks.clocks(post, at) | {"due_at": at, "reminded_at": None, "escalated_at": None}
        if not open_now.update(**changes):
            raise IllegalMove(_over(handoff))
        text = full_words(at, post.connector.zone, timezone.now())
        record(post, "handoff_later", by=by.by, text=text, handoff=str(handoff.pk))
    handoff.refresh_from_db()


# --- What the manager does -------------------------------------------------------------------------------------------


def assign(handoff: Handoff, *, to: User, by: Actor) -> None:
    """Give it to another person of the workspace, who is told. A link that was made for the one before is dead."""
    by.require_managing(handoff)
    if to.pk not in {person.pk for person in people(handoff)}:
        raise IllegalMove(_("%(name)s does not belong to this workspace. Choose one of its people.") % {"name": to})
    with transaction.atomic():
        task = _lock_open(handoff)
        if task.assignee_id == to.pk:
            raise IllegalMove(_("It is %(name)s's already.") % {"name": to})
        Handoff.objects.filter(pk=task.pk).update(assignee=to)
        record(
            task.post,
            "handoff_assigned",
            by=by.by,
            text=_("to %(name)s") % {"name": to},
            handoff=str(task.pk),
            to=str(to.pk),
        )
        task.assignee = to
        notices.given(task)
    handoff.refresh_from_db()


def people(handoff: Handoff) -> list[User]:
    """Whom it can be given to: the workspace's members, and the creators of its content and its case."""
    members = User.objects.filter(is_active=True, memberships__workspace=handoff.workspace_id)
    creators = (handoff.post.version.asset.creator, handoff.post.case.creator)
    found = {person.pk: person for person in (*members, *creators) if person and person.is_active}
    return sorted(found.values(), key=lambda person: str(person).casefold())


def remind(handoff: Handoff, *, by: Actor) -> None:
    """Tell its creator once more."""
    by.require_managing(handoff)
    with transaction.atomic():
        task = _lock_open(handoff)
        now = timezone.now()
        if task.reminded_at and (now - task.reminded_at).total_seconds() < BETWEEN_REMINDERS:
            raise IllegalMove(_("They were reminded a moment ago."))
        remind_once(task, by=by.by)
    handoff.refresh_from_db()


def remind_once(task: Handoff, *, by: User | str) -> None:
    """Tell the creator of a locked, open task. The clock calls it, too."""
    task.reminders += 1
    Handoff.objects.filter(pk=task.pk).update(reminders=task.reminders, reminded_at=timezone.now(), remind_at=None)
    record(task.post, "handoff_reminded", by=by, text=str(task.assignee or "everybody"), handoff=str(task.pk))
    notices.reminded(task)


def cancel(handoff: Handoff, *, by: Actor) -> None:
    """Take it back: nobody posts it. Its version stays approved."""
    by.require_managing(handoff)
    if by.membership is None:
        raise PermissionDenied(_("Only a manager of the workspace can do that."))
    posts.cancel(_open_post(handoff), by=by.membership)
    handoff.refresh_from_db()


# --- What they share -------------------------------------------------------------------------------------------------


def _publish(handoff: Handoff, by: Actor, url: str, statement: str, screenshot: Media | None) -> bool:
    handoff.refresh_from_db()
    if handoff.state == HandoffState.DONE:
        return False
    try:
        _publish_open(handoff, by, url, statement, screenshot)
    except IntegrityError as e:
        raise IllegalMove(_("That link belongs to another post here. Paste the link of this one.")) from e
    except IllegalMove:
        handoff.refresh_from_db()
        if handoff.state == HandoffState.DONE:
            return False  # Collavo, or a second press, was faster
        raise
    return True


def _publish_open(handoff: Handoff, by: Actor, url: str, statement: str, screenshot: Media | None) -> None:
    post = _open_post(handoff)
    _require_evidence(post, url, statement, screenshot)
    found = check(post, url, sure=bool(statement)) if url else Checked(Live(), _("Not checked: there is no link."))
    with transaction.atomic():
        _move_to_published(post, handoff, by, found)
        _keep(handoff, url=found.live.url, checked=found.confirmed, statement=statement, screenshot=screenshot)


def _move_to_published(post: Post, handoff: Handoff, by: Actor, found: Checked) -> None:
    live = found.live
    _require_unused(post, live.url)
    text = " ".join(part for part in (_("By hand."), live.url, found.note if live.url else "") if part)
    states.move(
        post, Status.PUBLISHED, by=by.by, text=text, handoff=str(handoff.pk), remote_id=live.remote_id, url=live.url,
        published_at=live.at or timezone.now(), due_at=None, error="", error_code="", step="", hold=Hold.NONE,
    )  # fmt: skip


def _require_evidence(post: Post, url: str, statement: str, screenshot: Media | None) -> None:
    link = wanted(post)
    if link and link.required and not url:
        raise IllegalMove(_("Paste the link of the live post; it looks like %(example)s.") % {"example": link.example})
    if not (url or statement or screenshot):
        raise IllegalMove(_("Add the link, a screenshot, or a sentence that says where it is."))
    if screenshot and screenshot.workspace_id != post.workspace_id:
        raise PermissionDenied(_("This screenshot belongs to another workspace."))


def _require_unused(post: Post, url: str) -> None:
    """Where the platform could not be asked, at least no two posts here may claim the same link.

    Whoever claims it next waits until this transaction is over; no row is locked yet, so nobody waits crosswise.
    """
    if url:
        _claim_alone(f"{post.connector_id} {url}")
    others = Post.objects.filter(connector_id=post.connector_id, url=url, status=Status.PUBLISHED)
    if url and others.exclude(pk=post.pk).exists():
        raise IllegalMove(_("That link belongs to another post here. Paste the link of this one."))


def _claim_alone(what: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [what])


def _words(text: str) -> str:
    """What somebody wrote, on one line."""
    said = " ".join(text.split())
    if len(said) > WORDS_MAX:
        raise IllegalMove(
            _("That has %(count)s characters. Say it in %(most)s.") % {"count": len(said), "most": WORDS_MAX}
        )
    return said


def _open_post(handoff: Handoff) -> Post:
    """The post of an open hand-off, as it is now."""
    post = Post.objects.with_parts().get(pk=handoff.post_id)
    handoff.refresh_from_db()
    if not handoff.is_open or post.status != Status.AWAITING_CREATOR:
        raise IllegalMove(_over(handoff))
    return post


def _lock_open(handoff: Handoff) -> Handoff:
    """The row, locked. The post first, as everybody does."""
    Post.objects.select_for_update().only("pk").get(pk=handoff.post_id)
    tasks_ = Handoff.objects.select_for_update(of=("self",)).select_related(
        "post__version__asset__creator", "post__case__creator", "post__connector", "workspace", "assignee"
    )
    task = tasks_.get(pk=handoff.pk)
    if not task.is_open:
        raise IllegalMove(_over(task))
    return task


def _over(handoff: Handoff) -> str:
    return _("This hand-off is no longer open: %(state)s.") % {"state": handoff.get_state_display().lower()}


def _keep(handoff: Handoff, **fields: Any) -> None:
    """What was said, on the row that the post's move has just closed."""
    Handoff.objects.filter(pk=handoff.pk).update(**fields)
    handoff.refresh_from_db()
