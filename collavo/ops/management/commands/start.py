from typing import Any

from django.core.management.base import BaseCommand, CommandError

from collavo import launcher


class Command(BaseCommand):
    help = "Run Collavo: web, worker and dispatcher, with everything they need. Ctrl-C stops all of them."
    requires_system_checks: list[str] = []

    def handle(self, **options: Any) -> None:
        try:
            code = launcher.start()
        except launcher.CannotStart as e:
            raise CommandError(str(e), returncode=2) from e
        except KeyboardInterrupt:
            raise SystemExit(130) from None
        raise SystemExit(code)
