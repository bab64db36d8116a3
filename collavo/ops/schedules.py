"""What the queue does by the clock."""

from typing import Any

from django_q.models import Schedule

# name: (task, minutes between runs)
SCHEDULES = {
    "Look for posts that everybody missed": ("publishing.tasks.safety_net", 1),
    "Keep the links to accounts alive": ("connectors.tasks.look_after", 1),
    "Warn of links that end": ("connectors.tasks.warn", 60),
    "Warn of rights that end": ("publishing.rights.warn", 60),
    "Forget what platforms told long ago": ("connectors.tasks.tidy", 24 * 60),
    "Mail the notices that are due": ("collavo.timeline.tasks.mail_due", 1),
    "Remind of versions that wait for a decision": ("approvals.tasks.remind", 5),
    "Send the webhooks that everybody missed": ("collavo.timeline.outgoing.tasks.safety_net", 1),
    "Delete old lines of the webhooks' log": ("collavo.timeline.outgoing.tasks.prune", 24 * 60),
    "Go on with the jobs of studios outside": ("approvals.studios.outside_tasks.safety_net", 1),
    "Look after hand-offs": ("publishing.handoffs.reminders.by_the_clock", 1),
    "Make what studios were asked for": ("approvals.studios.tasks.safety_net", 1),
    "Delete media that nothing uses": ("approvals.tasks.prune_media", 60),
    "Read how live posts do": ("publishing.metrics.hand_over", 5),
    "Delete old lines of the dispatch log": ("publishing.tasks.prune_attempts", 24 * 60),
    "Forget what API calls were answered a day ago": ("collavo.api.idempotency.prune", 60),
}


def ensure_schedules(**kwargs: Any) -> None:
    """Create or correct the schedules; called after every migrate. What an operator has paused stays paused."""
    for name, (task, minutes) in SCHEDULES.items():
        wanted = {"func": task, "schedule_type": Schedule.MINUTES, "minutes": minutes}
        _, created = Schedule.objects.get_or_create(name=name, defaults={**wanted, "repeats": -1})
        if not created:
            Schedule.objects.filter(name=name).update(**wanted)
