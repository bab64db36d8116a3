from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from collavo import embedded


class Command(BaseCommand):
    help = "Start, stop or show the embedded PostgreSQL."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("action", choices=["start", "stop", "status"])

    def handle(self, *, action: str, **options: Any) -> str:
        if settings.DATABASES["default"]["ENGINE"] != "collavo.embedded":
            raise CommandError("DATABASE_URL is set: the embedded PostgreSQL is not used.")
        return str(getattr(self, action)())

    def start(self) -> str:
        started = embedded.start(embedded.default_folder())
        return f"{'Started' if started else 'It was running already'}: {embedded.url()}"

    def stop(self) -> str:
        return "Stopped." if embedded.stop(embedded.default_folder()) else "It was not running."

    def status(self) -> str:
        """Exits with 1 when it does not run, so that scripts can ask."""
        if pid := embedded.process(embedded.default_folder()):
            return f"It runs as process {pid}: {embedded.url()}"
        raise CommandError("It does not run.")
