"""Signs of life: the dispatcher gives its own, and asks the worker for one through the queue that real work uses."""

from datetime import timedelta

from django.db import transaction
from django.db.models import F, Q
from django.utils.timezone import now
from django_q.tasks import async_task

from collavo.ops.models import Heartbeat

DISPATCHER = "dispatcher"
WORKER = "worker"
ASK_EVERY = timedelta(seconds=10)
ASK_AGAIN = timedelta(minutes=5)  # without an answer: somebody may have emptied the queue
FRESH = timedelta(seconds=2)  # a beat younger than this is not written again
DOWN_AFTER = timedelta(seconds=60)


def tick() -> None:
    """Called by the dispatcher on every pass, however often that is."""
    beat(DISPATCHER)
    ask_worker()


def beat(name: str) -> None:
    """Record that `name` is at work now."""
    moment = now()
    stale = Q(beat_at=None) | Q(beat_at__lt=moment - FRESH) | Q(beat_at__gt=moment)
    known = Heartbeat.objects.filter(name=name)
    if not known.filter(stale).update(beat_at=moment) and not known.exists():
        rows = [Heartbeat(name=name, beat_at=moment)]
        Heartbeat.objects.bulk_create(rows, update_conflicts=True, unique_fields=["name"], update_fields=["beat_at"])


def ask_worker() -> None:
    """Queue a heartbeat task, unless the last one is young or still waits: a dead worker must not fill the queue."""
    moment = now()
    Heartbeat.objects.get_or_create(name=WORKER)
    unasked = Q(asked_at=None) | Q(asked_at__gt=moment)
    answered = Q(asked_at__lte=moment - ASK_EVERY, beat_at__gte=F("asked_at"))
    forgotten = Q(asked_at__lte=moment - ASK_AGAIN)
    due = Heartbeat.objects.filter(unasked | answered | forgotten, name=WORKER)
    with transaction.atomic():
        if due.update(asked_at=moment):
            async_task("collavo.ops.tasks.heartbeat")


def ages() -> dict[str, float | None]:
    """Seconds since the last beat of worker and dispatcher; None: never seen."""
    beats = dict(Heartbeat.objects.values_list("name", "beat_at"))
    moment = now()
    return {
        name: round((moment - beat_at).total_seconds(), 1) if (beat_at := beats.get(name)) else None
        for name in (WORKER, DISPATCHER)
    }
