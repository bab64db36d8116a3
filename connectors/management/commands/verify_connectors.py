"""manage.py verify_connectors"""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from collavo.accounts.shell import REFUSED, find_workspace, parse_ids, table, wrong
from collavo.secrets import UnreadableSecret
from connectors.models import Connector, ConnectorStatus
from connectors.platforms.base import PlatformError

ASKED = {ConnectorStatus.ACTIVE, ConnectorStatus.NEEDS_RELINK}


class Command(BaseCommand):
    help = (
        "Asks the platforms whether the linked accounts still work, and stores what they say. Accounts that a person "
        "switched off or paused are left alone. Exit codes: 0 every account that was asked about works; 1 one does "
        "not, or the named one is switched off; 2 wrong input."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--workspace", metavar="SLUG", default="")
        parser.add_argument("--connector", metavar="ID", default="")

    def handle(self, *args: Any, **options: Any) -> None:
        connectors = chosen(options["workspace"], options["connector"])
        rows = [(connector, *look(connector)) for connector in connectors]
        lines = ((c.pk, c.workspace.slug, c, c.get_status_display(), says) for c, _, says in rows)
        self.stdout.write(table(["CONNECTOR", "WORKSPACE", "ACCOUNT", "STATUS", "RESULT"], lines))
        bad = [connector for connector, ok, _ in rows if ok is False or (ok is None and options["connector"])]
        if bad:
            raise CommandError(f"{len(bad)} of {len(rows)} do not work.", returncode=REFUSED)


def chosen(slug: str, pk: str) -> list[Connector]:
    """Without their tokens: an unreadable one must not hide the others."""
    found = Connector.objects.select_related("workspace").without_tokens()
    if slug:
        found = found.filter(workspace=find_workspace(slug))
    if pk:
        found = found.filter(pk=parse_ids([pk])[0])
        if not found:
            raise wrong(f"There is no connector {pk}{f' in {slug}' if slug else ''}.")
    return list(found.order_by("workspace__slug", "platform", "handle"))


def look(connector: Connector) -> tuple[bool | None, str]:
    """Whether it works (None: not asked), and what to say about it."""
    if connector.status not in ASKED:
        return None, "not asked"
    try:
        connector.verify(by="operator")
    except (PlatformError, UnreadableSecret) as e:
        return False, str(e)
    if connector.can.get("publish") is False:
        return False, "The link works, but it may not publish. Link it again with a token that may."
    if problem := connector.problem():
        return False, problem
    return True, "OK"
