"""manage.py reconcile_posts"""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from collavo.accounts.models import Membership
from collavo.accounts.shell import add_person, operator
from publishing import verbs
from publishing.management.choosing import add_filters, each, posts, say
from publishing.models import Post, Status


class Command(BaseCommand):
    help = (
        "Asks the platforms once more what became of unconfirmed posts. Sends nothing. A post that is being asked "
        "about already is left alone. Exit codes: 0 all are being asked about (or none fits); 1 some were refused; 2 "
        "wrong input, nothing was changed."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        add_filters(parser)
        add_person(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        found = posts(options | {"status": Status.UNCONFIRMED})
        say(self.stdout, each(found, operator(options["person"]), ask) if found else [])


def ask(post: Post, by: Membership) -> str:
    if post.status == Status.UNCONFIRMED and post.due_at:
        return "is being asked about already"
    verbs.ask_again(post, by=by)
    return "is asked about once more"
