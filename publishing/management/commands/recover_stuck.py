"""manage.py recover_stuck"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import transaction
from django.utils import timezone

from collavo.accounts.shell import wrong
from connectors.models import Connector
from publishing import dispatcher, states, verbs
from publishing.management.choosing import Line, say
from publishing.models import Hold, Post

LONGEST = 60 * 24 * 365  # minutes


class Command(BaseCommand):
    help = (
        "Hands posts over again that should have moved long ago: their lease ran out, their task was lost, or they "
        "wait for an account that works again. It decides nothing about a post: the claim does, as always, so running "
        "it twice or beside a running system is harmless. Exit codes: 0 done (or nothing is stuck); 2 wrong input."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--minutes", type=int, default=10, help="Overdue for longer than this. Default: 10.")

    def handle(self, *args: Any, **options: Any) -> None:
        if not 1 <= options["minutes"] <= LONGEST:
            raise wrong(f"--minutes must be from 1 to {LONGEST}.")
        say(self.stdout, [*hand_over(overdue(options["minutes"])), *release_forgotten()])


def overdue(minutes: int) -> list[Post]:
    """A leased post is due at its lease's end, so this finds dead workers' posts, too."""
    before = timezone.now() - timedelta(minutes=minutes)
    return list(Post.objects.with_parts().filter(due_at__lt=before).order_by("due_at", "id"))


def hand_over(stuck: list[Post]) -> list[Line]:
    """As the dispatcher does it, in one transaction; rows that somebody holds at this moment are left to them."""
    reasons = {post.pk: why(post) for post in stuck}
    with transaction.atomic():
        handed = states.queue_due(list(reasons), lost=True)
        dispatcher.enqueue(handed)
    now = Post.objects.with_parts().in_bulk(handed)
    return [Line(now[pk], f"{reason}; handed over again") for pk, reason in reasons.items() if pk in now]


def why(post: Post) -> str:
    since = f"{post.due_at:%d %b %H:%M} UTC"
    if post.leased:
        return f"its worker fell silent, lease over since {since}"
    return f"due since {since}" + (", its task was lost" if post.enqueued_at else "")


def release_forgotten() -> list[Line]:
    """Posts parked for an account that works again: its good news was lost with the process that brought it."""
    lines: list[Line] = []
    for connector in Connector.objects.active().without_tokens().filter(posts__hold=Hold.CONNECTOR).distinct():
        if connector.problem():
            continue
        parked = list(Post.objects.with_parts().filter(connector=connector, hold=Hold.CONNECTOR).order_by("id"))
        verbs.release_held(connector)
        lines += [Line(post, "its account works again; released") for post in parked]
    return lines
