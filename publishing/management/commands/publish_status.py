"""manage.py publish_status"""

from __future__ import annotations

import sys
from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from collavo.accounts.shell import parse_ids, table, wrong
from collavo.timeline.models import Event
from publishing.chips import chip, story
from publishing.models import Hold, Post, Status
from publishing.preflight import checks_for

NEWEST = 20  # lines of log and of history
PUBLISHED, FAILED, UNDER_WAY, NEEDS_PERSON, CANCELED = 0, 1, 3, 4, 5
CODES = {
    Status.PUBLISHED: PUBLISHED,
    Status.FAILED: FAILED,
    Status.CANCELED: CANCELED,
    Status.UNCONFIRMED: NEEDS_PERSON,
    Status.AWAITING_CREATOR: NEEDS_PERSON,
}
NOT_STARTED = {Status.SCHEDULED, Status.QUEUED, Status.FAILED}


class Command(BaseCommand):
    help = (
        "Everything about one post: state, clocks, checks, dispatch log, history. Exit codes: 0 published; 1 failed; "
        "2 no such post; 3 scheduled or on its way; 4 it needs a person (unconfirmed, awaiting its creator, late, or "
        "its account does not work); 5 canceled."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("post", metavar="POST", help="The post's id.")

    def handle(self, *args: Any, **options: Any) -> None:
        post = Post.objects.with_parts().filter(pk=parse_ids([options["post"]])[0]).first()
        if post is None:
            raise wrong(f"There is no post {options['post']}.")
        parts = [table(["POST", str(post.pk)], facts(post)), checks(post), attempts(post), history(post)]
        self.stdout.write("\n\n".join(part for part in parts if part))
        if code := exit_code(post):
            sys.exit(code)


def exit_code(post: Post) -> int:
    if post.hold in (Hold.LATE, Hold.CONNECTOR):
        return NEEDS_PERSON
    return CODES.get(Status(post.status), UNDER_WAY)


def facts(post: Post) -> list[tuple[str, object]]:
    """One line per thing that is known; what is empty is left out."""
    shown, told = chip(post), story(post)
    rows: list[tuple[str, object]] = [
        ("Status", f"{shown.text}{f' ({shown.detail})' if shown.detail else ''}"),
        ("What", post),
        ("Workspace", post.workspace.slug),
        ("Case", post.case),
        ("Version", post.version_id),
        ("Caption", " ".join(post.version.caption.split())[:100]),
        ("By", post.by or ""),
        ("Planned for", moment(post.scheduled_at)),
        ("Next look", moment(post.due_at)),
        ("Leased until", moment(post.lease_until)),
        ("Claims", post.fence),
        ("Tries", post.tries),
        ("Commit sent", moment(post.commit_sent_at)),
        ("Commit open", "yes" if post.commit_open else ""),
        ("Steps done", ", ".join(post.journal)),
        ("Published", moment(post.published_at)),
        ("Link", post.url),
        ("Id there", post.remote_id),
        ("Error code", post.error_code),
    ]
    if told:
        rows += [("What happened", told.what), ("Is it live", told.live), ("Next", told.next), ("You can", told.you)]
    return [(name, value) for name, value in rows if str(value)]


def moment(at: datetime | None) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S} UTC" if at else ""


def checks(post: Post) -> str:
    """What speaks for and against sending it; only while it can still be sent."""
    if post.status not in NOT_STARTED:
        return ""
    return table(["CHECK", "SAYS"], ((check.level.value, check.text) for check in checks_for(post)))


def attempts(post: Post) -> str:
    lines = list(post.attempts.order_by("-started_at", "-id")[:NEWEST])
    if not lines:
        return ""
    cells = (
        (moment(x.started_at), x.fence, x.step, x.method, x.http_status or "no answer", x.platform_code, x.error or "")
        for x in reversed(lines)
    )
    return table(["CALL", "CLAIM", "STEP", "METHOD", "ANSWER", "CODE", "ERROR"], cells)


def history(post: Post) -> str:
    lines = list(Event.objects.filter(subject_id=post.pk).order_by("-at", "-id")[:NEWEST])
    return table(["HISTORY", "WHO", "DID", "SAID"], ((moment(x.at), x.by, x.verb, x.text) for x in reversed(lines)))
