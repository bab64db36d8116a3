"""`manage.py sandbox`: the far side of the platforms, on this machine."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from connectors.sandbox.serve import RULE, CannotStart, check_place, open_sandbox, serve


class Command(BaseCommand):
    help = "Serve the platforms' APIs and a feed page on loopback. " + RULE
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", type=int, default=settings.SANDBOX_PORT)
        parser.add_argument("--state", type=Path, default=Path(settings.DATA_DIR) / "sandbox")
        parser.add_argument("--no-media-check", action="store_true", help="do not download media (benchmarks)")

    def handle(self, **options: Any) -> None:
        try:
            check_place(options["host"], settings.BASE_URL)
            changes = {"check_media": False} if options["no_media_check"] else {}
            serve(open_sandbox(options["host"], options["port"], options["state"], changes), self._say)
        except CannotStart as e:
            raise CommandError(str(e)) from e

    def _say(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()
