"""What `manage.py` commands share: tables, secrets read without an echo, people to act as, and sentences for mistakes.

Exit codes: 0 all done, 1 something was refused or is not as it should be, 2 wrong input (nothing was changed).
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Sequence
from getpass import getpass
from typing import Any, TextIO
from uuid import UUID

from django.core.exceptions import PermissionDenied, ValidationError
from django.core.management.base import CommandError, CommandParser, OutputWrapper
from django.db.models import Model, QuerySet

from collavo.accounts.access import membership
from collavo.accounts.models import Membership, User, Workspace, check_time_zone

REFUSED = 1
WRONG_INPUT = 2


def wrong(sentence: str) -> CommandError:
    """What the person typed cannot work."""
    return CommandError(sentence, returncode=WRONG_INPUT)


def table(heads: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Columns as wide as what stands in them."""
    lines = [[str(cell) for cell in row] for row in (heads, *rows)]
    widths = [max(len(line[i]) for line in lines) for i in range(len(heads))]
    return "\n".join("  ".join(cell.ljust(w) for cell, w in zip(line, widths, strict=True)).rstrip() for line in lines)


def read_secret(prompt: str, stdin: TextIO | None = None) -> str:
    """One secret from a terminal (not echoed) or a pipe; never from the arguments, which others here can see."""
    source = stdin or sys.stdin
    if source.isatty():
        return getpass(prompt).strip()
    return source.read().strip()


def find_workspace(slug: str) -> Workspace:
    found = Workspace.objects.filter(slug=slug).first()
    if found is None:
        known = ", ".join(Workspace.objects.order_by("slug").values_list("slug", flat=True)[:10])
        hint = f" There are: {known}." if known else " Make one with create_workspace."
        raise wrong(f"There is no workspace “{slug}”.{hint}")
    return found


def find_user(email: str) -> User:
    found = User.objects.filter(email=email.lower()).first()
    if found is None:
        raise wrong(f"Nobody here has the e-mail address {email}.")
    return found


def add_person(parser: CommandParser) -> None:
    """The argument that `operator` reads."""
    parser.add_argument(
        "--as", dest="person", metavar="EMAIL", default="", help="In whose name. Default: the first superuser."
    )


def operator(email: str) -> User:
    """In whose name a command acts: the named person, or the first operator of this installation."""
    if email:
        return find_user(email)
    found = User.objects.filter(is_superuser=True, is_active=True).order_by("date_joined", "id").first()
    if found is None:
        raise wrong("There is no operator yet. Name a person with --as, or make one with createsuperuser.")
    return found


def acting(user: User, workspace: Workspace) -> Membership:
    """The person's right to act in this workspace. Raises PermissionDenied for strangers."""
    return membership(user, workspace)


def parse_ids(values: Sequence[str]) -> list[UUID]:
    """All of them, or one sentence."""
    try:
        return [UUID(value) for value in values]
    except ValueError as e:
        raise wrong("An id looks like 0192f0c1-7b1e-7c3a-9d2b-3f6a5c4e8d10; copy it from the post's page.") from e


def named[Rows: QuerySet[Any]](rows: Rows, ids: Sequence[str], what: str) -> Rows:
    """Those with these ids: all of them, or a sentence about the ones that are not there."""
    wanted = parse_ids(ids)
    found = rows.filter(pk__in=wanted)
    if missing := set(wanted) - set(found.values_list("pk", flat=True)):
        raise wrong(f"No such {what}: {', '.join(map(str, sorted(missing)))}.")
    return found


def each[Row: Model](
    rows: Sequence[Row], do: Callable[[Row], str], *, out: OutputWrapper, refusal: type[Exception]
) -> None:
    """`do` with each, which says what came of it. A refusal is its line and ends nothing; then the exit code is 1."""
    refused = 0
    for row in rows:
        try:
            out.write(f"{row.pk}: {do(row)}.")
        except (refusal, PermissionDenied) as e:
            refused += 1
            out.write(f"{row.pk}: refused. {e}")
    if refused:
        raise CommandError(f"{refused} of {len(rows)} refused.", returncode=REFUSED)


def require_time_zone(name: str) -> None:
    try:
        check_time_zone(name)
    except ValidationError as e:
        raise wrong(e.messages[0]) from e
