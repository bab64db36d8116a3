"""manage.py seed_demo"""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from approvals.demo import content
from approvals.demo.seed import NotADemo, seed
from collavo.accounts.models import User

PASSWORD_FILE = "demo-password"  # noqa: S105 -- a file's name


class Command(BaseCommand):
    help = (
        "Makes the demo workspace “Fjord Supply”: people, a sandbox account, and content in review. "
        "Run again, it keeps what is there. Prints who can sign in."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--password", default="", help=f"For everybody in the demo. Without it one is kept in {PASSWORD_FILE}."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.SANDBOX_URL:
            raise CommandError("Demo data belongs into a demo: run “make demo”, or set SANDBOX_URL.")
        password = kept_password(settings.DATA_DIR / PASSWORD_FILE, options["password"])
        try:
            seed(password)
        except NotADemo as e:
            raise CommandError(str(e)) from e
        self.stdout.write("\n".join(sign_in(password)))


def kept_password(path: Path, given: str) -> str:
    """The password that is given, else the one kept in the file, else a new one. Only the file's owner can read it."""
    if not given and path.exists():
        return path.read_text().strip()
    password = given or secrets.token_urlsafe(9)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as file:
        file.write(password)
    return password


def sign_in(password: str) -> list[str]:
    """Who can sign in, and how. People who chose another password are not given a wrong one."""
    people = User.objects.filter(email__in=[person.email for person in content.PEOPLE])
    able = {user.email for user in people if user.check_password(password)}
    manager, *others = (person.email for person in content.PEOPLE)
    also = [email for email in others if email in able]
    return [
        f"Sign in as: {manager}",
        f"Password:   {password if manager in able else 'the one that you chose'}",
        *([f"The same password opens: {', '.join(also)}"] if also else []),
    ]
