"""manage.py prune_attempts"""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser
from django.db.models import Count

from collavo.accounts.shell import table, wrong
from publishing.pruning import old_attempts, prune


class Command(BaseCommand):
    help = (
        "Deletes old lines of the dispatch log, of posts that have ended. Posts and their history stay, and so does "
        "the log of a post whose outcome is open. Exit codes: 0 done; 2 wrong input, nothing was deleted."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--days", type=int, default=settings.ATTEMPTS_KEPT_DAYS,
            help="Older than this. Default: ATTEMPTS_KEPT_DAYS, by which it also runs daily by itself.",
        )  # fmt: skip
        parser.add_argument("--dry-run", action="store_true", help="Say how many, and delete nothing.")

    def handle(self, *args: Any, **options: Any) -> None:
        if not 1 <= options["days"] <= 36500:
            raise wrong("--days must be from 1 to 36500.")
        old = old_attempts(options["days"])
        counted = list(
            old.values_list("post__workspace__slug").annotate(n=Count("pk")).order_by("post__workspace__slug")
        )
        if not options["dry_run"]:
            prune(options["days"])
        what = "WOULD BE DELETED" if options["dry_run"] else "DELETED"
        self.stdout.write(table(["WORKSPACE", what], [*counted, ("all", sum(n for _, n in counted))]))
