"""manage.py retry_posts"""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from collavo.accounts.models import Membership
from collavo.accounts.shell import add_person, operator, wrong
from publishing import verbs
from publishing.management.choosing import add_filters, each, posts, say
from publishing.models import Post, Status
from publishing.preflight import checks_for

FILTERS = ("ids", "workspace", "connector", "error_code", "since")


class Command(BaseCommand):
    help = (
        "Tries failed posts again from the beginning, as the button does. Name posts, or give at least one filter. "
        "Running it again finds nothing more to retry. Exit codes: 0 all are on their way (or none fits); 1 some were "
        "refused; 2 wrong input, nothing was changed."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        add_filters(parser)
        add_person(parser)
        parser.add_argument("--dry-run", action="store_true", help="Say what would happen, and change nothing.")

    def handle(self, *args: Any, **options: Any) -> None:
        if not any(options[name] for name in FILTERS):
            raise wrong("Name posts, or a filter: --workspace, --connector, --error-code or --since.")
        found = posts(options | {"status": Status.FAILED})
        if found:
            say(self.stdout, each(found, operator(options["person"]), would if options["dry_run"] else retry))
        else:
            say(self.stdout, [])


def retry(post: Post, by: Membership) -> str:
    verbs.retry(post, by=by)
    return "goes out again"


def would(post: Post, by: Membership) -> str:
    """What `retry` would come to, without doing it."""
    if post.status != Status.FAILED:
        return f"would be refused: it is {post.get_status_display().lower()}"
    blocking = " ".join(check.text for check in checks_for(post) if check.blocks)
    return f"would be refused: {blocking}" if blocking else "would go out again"
