"""manage.py handoffs"""

from __future__ import annotations

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from approvals.states import IllegalMove
from collavo.accounts.models import User
from collavo.accounts.shell import acting, add_person, each, find_workspace, named, operator, table
from publishing.handoffs import verbs
from publishing.handoffs.listing import span
from publishing.handoffs.people import Actor
from publishing.handoffs.reminders import remind_due
from publishing.models import Handoff, HandoffQuerySet

HEADS = ["HAND-OFF", "WORKSPACE", "WHAT", "PERSON", "PLANNED (UTC)", "AGE", "STATE"]


class Command(BaseCommand):
    help = (
        "Lists what people have to post by hand, the oldest first. --remind tells the creators of those whose reminder "
        "is due, or of those that are named; running it again at once reminds nobody twice. Exit codes: 0 listed or "
        "reminded (or there is none); 1 some were refused; 2 wrong input, nothing was changed."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("ids", nargs="*", metavar="HANDOFF", help="Ids of open hand-offs. Without any: all.")
        parser.add_argument("--workspace", metavar="SLUG", default="")
        parser.add_argument("--overdue", action="store_true", help="Only those that are overdue.")
        parser.add_argument("--json", action="store_true", help="As JSON, for programs.")
        parser.add_argument("--remind", action="store_true", help="Remind their creators.")
        add_person(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        found = self.chosen(options)
        if not options["remind"]:
            self.say(list(found), as_json=options["json"])
        elif options["ids"]:
            user = operator(options["person"])
            each(list(found), lambda row: remind(row, user), out=self.stdout, refusal=IllegalMove)
        else:
            self.stdout.write(f"Reminded of {remind_due(Handoff.objects.filter(pk__in=found.values('pk')))}.")

    def chosen(self, options: dict[str, Any]) -> HandoffQuerySet:
        rows = Handoff.objects.with_parts().open().order_by("due_at", "id")
        if options["workspace"]:
            rows = rows.filter(workspace=find_workspace(options["workspace"]))
        if options["overdue"]:
            rows = rows.overdue()
        if options["ids"]:
            rows = named(rows, options["ids"], "open hand-off")
        return rows

    def say(self, rows: list[Handoff], *, as_json: bool) -> None:
        if as_json:
            self.stdout.write(json.dumps([as_dict(row) for row in rows], indent=2, ensure_ascii=False))
        else:
            self.stdout.write(table(HEADS, map(cells, rows)) if rows else "Nobody has to post anything.")


def remind(row: Handoff, user: User) -> str:
    verbs.remind(row, by=Actor.member(acting(user, row.workspace)))
    return f"reminded {row.assignee or 'everybody who may publish'}"


def cells(row: Handoff) -> list[object]:
    state = "overdue" if row.overdue else "open"
    age = span(row.opened_at, timezone.now())
    return [
        row.pk, row.workspace.slug, f"{row.post.version.asset} to {row.post.connector}", row.assignee or "—",
        f"{row.due_at:%Y-%m-%d %H:%M}", age, state,
    ]  # fmt: skip


def as_dict(row: Handoff) -> dict[str, Any]:
    post, person = row.post, row.assignee
    return {
        "id": str(row.pk),
        "workspace": row.workspace.slug,
        "post": str(post.pk),
        "title": str(post.version.asset),
        "account": str(post.connector),
        "person": person.email if person else None,
        "why": row.why,
        "due_at": row.due_at.isoformat(),
        "opened_at": row.opened_at.isoformat(),
        "overdue": row.overdue,
        "reminded_at": row.reminded_at.isoformat() if row.reminded_at else None,
    }
