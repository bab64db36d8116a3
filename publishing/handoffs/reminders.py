"""What happens to hand-offs by the clock, once a minute: reminders, escalation, notice ahead, posts of dead accounts.

Each is done once, whoever runs this how often: a row is locked, looked at again, and marked in the transaction that
tells people.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import DurationField, ExpressionWrapper, F, Q
from django.db.models.functions import Now
from django.utils import timezone

from collavo.accounts.models import DeadLinkPolicy
from collavo.timeline.models import record
from connectors.models import Connector
from publishing.handoffs import notices
from publishing.handoffs.tasks import assignee_of
from publishing.handoffs.verbs import remind_once
from publishing.models import Handoff, HandoffQuerySet, Hold, Post, Status, Way

BATCH = 200
CLOCK = "clock"


def by_the_clock() -> str:
    """Scheduled every minute."""
    done = {
        "reminded": remind_due(),
        "escalated": escalate_due(),
        "announced": announce_ahead(),
        "released": release_dead(),
    }
    return ", ".join(f"{number} {what}" for what, number in done.items())


def remind_due(among: HandoffQuerySet | None = None) -> int:
    """Remind the creators of the open tasks whose reminder is due. How many."""
    due = Handoff.objects.open().filter(remind_at__lte=Now())
    return _each(due if among is None else due & among, lambda task: remind_once(task, by=CLOCK))


def escalate_due() -> int:
    """Tell the managers of what nobody has posted. How many tasks."""
    return _each(Handoff.objects.open().filter(escalate_at__lte=Now()), _escalate)


def _escalate(task: Handoff) -> None:
    Handoff.objects.filter(pk=task.pk).update(escalate_at=None, escalated_at=Now())
    record(task.post, "handoff_escalated", by=CLOCK, text=str(task.assignee or "nobody"), handoff=str(task.pk))
    notices.escalated(task)


def _each(due: HandoffQuerySet, do: Callable[[Handoff], None]) -> int:
    """Each task in a transaction of its own, under its row lock, if it is still due then."""
    return sum(_one(due, pk, do) for pk in due.order_by("due_at").values_list("pk", flat=True)[:BATCH])


def _one(due: HandoffQuerySet, pk: UUID, do: Callable[[Handoff], None]) -> bool:
    with transaction.atomic():
        task = due.with_parts().select_for_update(skip_locked=True, of=("self",)).filter(pk=pk).first()
        if task is None:
            return False
        do(task)
        return True


def announce_ahead() -> int:
    """Tell creators of the posts by hand whose moment comes soon, where their workspace wants that. How many posts."""
    minute = timedelta(minutes=1)
    ahead = ExpressionWrapper(F("workspace__handoff_ahead_minutes") * minute, output_field=DurationField())
    soon = Post.objects.with_parts().filter(
        way=Way.HAND, status=Status.SCHEDULED, workspace__handoff_ahead_minutes__gt=0, scheduled_at__gt=Now(),
        scheduled_at__lte=Now() + ahead,
    )  # fmt: skip
    posts = list(soon.select_related("case__creator").order_by("scheduled_at")[:BATCH])
    for post in posts:
        if (person := assignee_of(post)) and post.scheduled_at:
            notices.ahead(post, person, post.scheduled_at)
    return len(posts)


def release_dead() -> int:
    """Make due what waits for a dead account, where the workspace gives such posts to their creators. How many."""
    waiting = Post.objects.filter(
        Q(way=Way.HAND) | Q(workspace__dead_link_policy=DeadLinkPolicy.HAND_OFF),
        status=Status.QUEUED, hold=Hold.CONNECTOR, due_at=None,
    )  # fmt: skip
    accounts = Connector.objects.filter(pk__in=waiting.values("connector")).without_tokens()
    dead = [account.pk for account in accounts if account.dead]
    return Post.objects.filter(pk__in=waiting.filter(connector__in=dead).values("pk")).update(due_at=timezone.now())
