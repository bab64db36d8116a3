"""manage.py prune_attempts"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db.models import Count, QuerySet
from django.utils import timezone

from collavo.accounts.shell import table, wrong
from publishing.models import Attempt, Status

ENDED = (Status.PUBLISHED, Status.FAILED, Status.CANCELED)
BATCH = 5000  # rows deleted at once, so that no lock is held for long


class Command(BaseCommand):
    help = (
        "Deletes old lines of the dispatch log, of posts that have ended. Posts and their history stay, and so does "
        "the log of a post whose outcome is open. Exit codes: 0 done; 2 wrong input, nothing was deleted."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--days", type=int, default=90, help="Older than this. Default: 90.")
        parser.add_argument("--dry-run", action="store_true", help="Say how many, and delete nothing.")

    def handle(self, *args: Any, **options: Any) -> None:
        if not 1 <= options["days"] <= 36500:
            raise wrong("--days must be from 1 to 36500.")
        old = old_attempts(options["days"])
        counted = list(
            old.values_list("post__workspace__slug").annotate(n=Count("pk")).order_by("post__workspace__slug")
        )
        if not options["dry_run"]:
            delete(old)
        what = "WOULD BE DELETED" if options["dry_run"] else "DELETED"
        self.stdout.write(table(["WORKSPACE", what], [*counted, ("all", sum(n for _, n in counted))]))


def old_attempts(days: int) -> QuerySet[Attempt]:
    before = timezone.now() - timedelta(days=days)
    return Attempt.objects.filter(started_at__lt=before, post__status__in=ENDED)


def delete(old: QuerySet[Attempt]) -> None:
    while pks := list(old.order_by("started_at").values_list("pk", flat=True)[:BATCH]):
        Attempt.objects.filter(pk__in=pks).delete()
