"""The hand-off's row: opened and closed in the transaction of its post's move. Only `states.py` calls these."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db.models.functions import Now
from django.utils import timezone

from collavo.accounts.models import User
from collavo.timeline.notices import settle
from publishing.models import FoundBy, Handoff, HandoffState, Post, Status

OVERDUE_AFTER = timedelta(minutes=30)  # where the workspace reminds nobody
ENDS: dict[str, HandoffState] = {
    Status.PUBLISHED: HandoffState.DONE,
    Status.FAILED: HandoffState.FAILED,
    Status.SCHEDULED: HandoffState.MOVED,
    Status.CANCELED: HandoffState.CANCELED,
}


def open_task(post: Post, *, why: str) -> Handoff:
    """The task for a post whose moment has come. A second open one for the same post is an IntegrityError."""
    due = post.scheduled_at or timezone.now()
    return Handoff.objects.create(
        workspace_id=post.workspace_id, case_id=post.case_id, post=post, assignee=assignee_of(post), why=why[:300],
        due_at=due, latest_at=_latest(post, due), **clocks(post, max(due, timezone.now())),
    )  # fmt: skip


def clocks(post: Post, start: datetime) -> dict[str, Any]:
    """When it is overdue, its creator is reminded, and the managers are told, for a task that begins at `start`."""
    remind, escalate = post.workspace.handoff_remind_minutes, post.workspace.handoff_escalate_minutes
    after = timedelta(minutes=remind)
    return {
        "overdue_at": start + (after or OVERDUE_AFTER),
        "remind_at": start + after if remind else None,
        "escalate_at": start + timedelta(minutes=escalate) if escalate else None,
    }


def assignee_of(post: Post) -> User | None:
    """Whose task it becomes: the content's creator, else the case's, else whoever scheduled it."""
    people = (post.version.asset.creator, post.case.creator, post.by)
    return next((person for person in people if person and person.is_active), None)


def _latest(post: Post, due: datetime) -> datetime:
    """The end of the late window. Moved to later by its creator, a task keeps the window that it had."""
    last = post.handoffs.order_by("-opened_at", "-id").first()
    if last and last.state == HandoffState.MOVED and last.moved_to == due:
        return last.latest_at
    return due + timedelta(minutes=post.workspace.late_window_minutes)


def close_task(post: Post, to: Status, *, by: User | str, person: bool, url: str = "") -> None:
    """End the post's open task, since the post became `to`; nobody needs to be told of it any more."""
    found = (FoundBy.PERSON if person else FoundBy.COLLAVO) if to == Status.PUBLISHED else FoundBy.NOBODY
    for task in Handoff.objects.open().filter(post=post).select_for_update():
        Handoff.objects.filter(pk=task.pk).update(
            state=ENDS[to], done_at=Now(), done_by=by if isinstance(by, User) else None, done_by_name=str(by)[:120],
            found_by=found, url=url, checked=bool(url and not person),
        )  # fmt: skip
        settle(task.pk)
