"""manage.py publish_log"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from collavo.accounts.shell import find_workspace, parse_ids, table, wrong
from publishing.log import CLASSES, FORMATS, OUTCOMES, Filters, attempts, export
from publishing.management.choosing import find_connector, parse_moment
from publishing.models import Attempt, Post

NEWEST = 50
MOST = 10_000  # lines of a table; csv and json have no end
HEADS = ["TIME (UTC)", "WORKSPACE", "POST", "TRY", "STEP", "METHOD", "ANSWER", "MS", "CODE", "TRACE", "ERROR"]


class Command(BaseCommand):
    help = (
        "Prints the dispatch log: every call to a platform, newest first, redacted. As a table (the newest lines), or "
        "all that fits as csv or json. Changes nothing. Exit codes: 0 done; 2 wrong input, nothing was printed."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        moments = "2026-11-20T08:00+01:00 (UTC when it names no zone), or a span back from now: 90m, 6h or 2d."
        parser.add_argument("--since", metavar="WHEN", default="", help=f"Only calls since then: {moments}")
        parser.add_argument("--until", metavar="WHEN", default="", help="Only calls before that moment.")
        parser.add_argument("--workspace", metavar="SLUG", default="")
        parser.add_argument("--connector", metavar="ID", default="", help="Only calls of this account.")
        parser.add_argument("--post", metavar="ID", default="", help="Only calls for this post.")
        parser.add_argument("--outcome", choices=sorted(OUTCOMES), default="")
        parser.add_argument("--status", choices=sorted(CLASSES), default="", help="Only answers of this HTTP class.")
        parser.add_argument("--search", metavar="WORDS", default="", help="Code, correlation id, id, step or words.")
        parser.add_argument("--format", choices=["table", *sorted(FORMATS)], default="table")
        parser.add_argument("--limit", type=int, default=NEWEST, help=f"Lines of a table. Default: {NEWEST}.")

    def handle(self, *args: Any, **options: Any) -> None:
        rows = attempts(read(options))
        if options["format"] == "table":
            if not 1 <= options["limit"] <= MOST:
                raise wrong(f"--limit must be from 1 to {MOST}.")
            self.stdout.write(as_table(rows[: options["limit"]]))
            return
        for part in export(rows, options["format"]):
            self.stdout.write(part, ending="")


def read(options: dict[str, Any]) -> Filters:
    """What the words ask for. Whatever is wrong with them is one sentence."""
    since, until = (parse_moment(options[name]) if options[name] else None for name in ("since", "until"))
    if since and until and since >= until:
        raise wrong("--until must be after --since.")
    if "\0" in options["search"]:
        raise wrong("--search holds a character that no text has.")
    return Filters(
        workspace=find_workspace(options["workspace"]) if options["workspace"] else None,
        account=find_connector(options["connector"]) if options["connector"] else None,
        post=find_post(options["post"]).pk if options["post"] else None,
        outcome=options["outcome"], status=options["status"], since=since, until=until, q=options["search"].strip(),
    )  # fmt: skip


def find_post(pk: str) -> Post:
    found = Post.objects.filter(pk=parse_ids([pk])[0]).first()
    if found is None:
        raise wrong(f"There is no post {pk}.")
    return found


def as_table(rows: Iterable[Attempt]) -> str:
    cells = [
        (f"{x.started_at:%Y-%m-%d %H:%M:%S}", x.post.workspace.slug, x.post_id, x.number, x.step, x.method,
         x.http_status or "no answer", "" if x.duration_ms is None else x.duration_ms, x.platform_code,
         x.correlation_id, x.error)
        for x in rows
    ]  # fmt: skip
    return table(HEADS, cells) if cells else "No call fits."
