"""manage.py create_workspace"""

from __future__ import annotations

from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandParser
from django.core.validators import validate_email
from django.db import transaction
from django.utils.text import slugify

from collavo.accounts.models import Membership, Role, User, Workspace
from collavo.accounts.shell import read_secret, require_time_zone, wrong
from collavo.timeline.models import record


class Command(BaseCommand):
    help = (
        "Makes a workspace and its owner. An owner who is new here gets the password that is read from stdin (typed "
        "unseen at a terminal). Exit codes: 0 made; 2 wrong input, nothing was changed."
    )
    stealth_options = ("stdin",)

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", help="What people call it: “Fjord Supply”.")
        parser.add_argument("--owner", required=True, metavar="EMAIL")
        parser.add_argument("--slug", default="", help="Its part of every address; made from the name when left out.")
        parser.add_argument("--time-zone", default="UTC", help="Such as Europe/Zurich. Default: UTC.")

    def handle(self, *args: Any, **options: Any) -> str:
        name, slug = options["name"].strip(), options["slug"] or slugify(options["name"])
        email = options["owner"].strip().lower()
        self.check_input(name, slug, email, options["time_zone"])
        owner = User.objects.filter(email=email).first()
        password = None if owner else self.new_password(email, options.get("stdin"))
        with transaction.atomic():
            owner = owner or User.objects.create_user(email, password)
            made = Workspace.objects.create(name=name, slug=slug, time_zone=options["time_zone"])
            Membership.objects.create(user=owner, workspace=made, role=Role.OWNER)
            record(made, "added", by="operator", text=f"Owner: {owner}")
        return f"Made the workspace {made.name} at /w/{made.slug}/, owned by {email}.\nNext: manage.py connect."

    def check_input(self, name: str, slug: str, email: str, time_zone: str) -> None:
        if not name or len(name) > 120:
            raise wrong("A workspace's name has 1 to 120 characters.")
        if not slug or slug != slugify(slug) or len(slug) > 50:
            raise wrong("Give it a --slug of small letters, digits and hyphens, 50 at the most.")
        if Workspace.objects.filter(slug=slug).exists():
            raise wrong(f"There is a workspace “{slug}” already. Choose another --slug.")
        require_time_zone(time_zone)
        require_email(email)

    def new_password(self, email: str, stdin: Any) -> str:
        password = read_secret(f"Password for {email}: ", stdin)
        if not password:
            raise wrong(f"{email} is new here: a password must come on stdin. Nothing was made.")
        try:
            validate_password(password, User(email=email))
        except ValidationError as e:
            raise wrong(" ".join(e.messages)) from e
        return password


def require_email(email: str) -> None:
    try:
        validate_email(email)
    except ValidationError as e:
        raise wrong(f"“{email}” is not an e-mail address.") from e
