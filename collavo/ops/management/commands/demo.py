from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from collavo import launcher


class Command(BaseCommand):
    help = "Run Collavo with a demo workspace and a sandbox for the platforms. Ctrl-C stops everything."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--reset", action="store_true", help="Wipe the demo's data first.")

    def handle(self, *, reset: bool, **options: Any) -> None:
        try:
            code = launcher.demo(reset=reset)
        except launcher.CannotStart as e:
            raise CommandError(str(e), returncode=2) from e
        except KeyboardInterrupt:
            raise SystemExit(130) from None
        raise SystemExit(code)
