"""Which posts a command is about, in whose name it acts, and what it says of each."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.core.exceptions import PermissionDenied
from django.core.management.base import CommandError, CommandParser, OutputWrapper
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from approvals.states import IllegalMove
from collavo.accounts.models import Membership, User
from collavo.accounts.shell import REFUSED, acting, find_workspace, named, parse_ids, table, wrong
from connectors.models import Connector
from publishing.models import Post
from publishing.preflight import Blocked

SPANS = {"m": "minutes", "h": "hours", "d": "days"}
HEADS = ["POST", "WORKSPACE", "WHAT", "STATUS", "RESULT"]


def add_filters(parser: CommandParser) -> None:
    """The arguments that `posts` reads."""
    parser.add_argument("ids", nargs="*", metavar="POST", help="Ids of posts. Without any: all that fit the filters.")
    parser.add_argument("--workspace", metavar="SLUG", default="")
    parser.add_argument("--connector", metavar="ID", default="", help="Only posts of this account.")
    parser.add_argument("--error-code", metavar="CODE", default="", help="Only posts with this error code.")
    parser.add_argument(
        "--since", metavar="WHEN", default="", help="Only posts planned since then: 2026-11-20T08:00+01:00, 6h or 2d."
    )


def posts(options: dict[str, Any]) -> list[Post]:
    """The posts that were named, or all that fit. Whatever is wrong with the input is one sentence."""
    found = Post.objects.with_parts()
    if options["workspace"]:
        found = found.filter(workspace=find_workspace(options["workspace"]))
    if options["connector"]:
        found = found.filter(connector=find_connector(options["connector"]))
    if options["error_code"]:
        found = found.filter(error_code=options["error_code"])
    if options["since"]:
        found = found.filter(scheduled_at__gte=parse_moment(options["since"]))
    if options["ids"]:
        return list(named(found, options["ids"], "post, or it does not fit the filters").order_by("id"))
    return list(found.filter(status=options["status"]).order_by("id"))


def find_connector(pk: str) -> Connector:
    found = Connector.objects.without_tokens().filter(pk=parse_ids([pk])[0]).first()
    if found is None:
        raise wrong(f"There is no connector {pk}. verify_connectors lists them.")
    return found


def parse_moment(text: str) -> datetime:
    """A moment with its zone (UTC when it names none), or a span back from now."""
    if match := re.fullmatch(r"(\d{1,4})([mhd])", text):
        return timezone.now() - timedelta(**{SPANS[match[2]]: int(match[1])})
    try:
        moment = parse_datetime(text)
    except ValueError:  # well formed, but no such day
        moment = None
    if moment is None:
        raise wrong(f"“{text}” is no moment. Write 2026-11-20T08:00+01:00, or a span such as 90m, 6h or 2d.")
    return moment if timezone.is_aware(moment) else moment.replace(tzinfo=UTC)


@dataclass
class Line:
    """One post and what came of it."""

    post: Post
    result: str
    refused: bool = False


def each(found: Iterable[Post], user: User, do: Callable[[Post, Membership], str]) -> list[Line]:
    """`do` with each post in the person's name; a refusal is its line and ends nothing."""
    return [one(post, user, do) for post in found]


def one(post: Post, user: User, do: Callable[[Post, Membership], str]) -> Line:
    try:
        return Line(post, do(post, acting(user, post.workspace)))
    except (IllegalMove, Blocked, PermissionDenied) as e:
        return Line(post, f"Refused. {e}", refused=True)


def say(stdout: OutputWrapper, lines: list[Line]) -> None:
    """The table, and exit code 1 when something was refused."""
    cells = ((x.post.pk, x.post.workspace.slug, x.post, x.post.get_status_display(), x.result) for x in lines)
    stdout.write(table(HEADS, cells) if lines else "No post fits: nothing to do.")
    refused = sum(line.refused for line in lines)
    if refused:
        raise CommandError(f"{refused} of {len(lines)} refused.", returncode=REFUSED)
