"""manage.py invite"""

from __future__ import annotations

from smtplib import SMTPException
from typing import Any

from allauth.account.forms import default_token_generator
from django.conf import settings
from django.core.mail import send_mail
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from django.urls import reverse

from collavo.accounts.management.commands.create_workspace import require_email
from collavo.accounts.models import Membership, Role, User, Workspace
from collavo.accounts.shell import REFUSED, find_workspace, wrong
from collavo.timeline.models import record


class Command(BaseCommand):
    help = (
        "Makes a person a member of a workspace, or changes the role of one who is. Somebody new gets a link to choose "
        "a password: it is printed, and sent with --mail. Running it again changes nothing. "
        "Exit codes: 0 done; 1 the mail could not be sent (the membership stands); 2 wrong input, nothing was changed."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email")
        parser.add_argument("--workspace", required=True, metavar="SLUG")
        parser.add_argument("--role", required=True, choices=Role.values)
        parser.add_argument("--name", default="", help="What others see; only for somebody new.")
        parser.add_argument("--mail", action="store_true", help="Send the link to the address.")

    def handle(self, *args: Any, **options: Any) -> None:
        email = options["email"].strip().lower()
        require_email(email)
        workspace, role = find_workspace(options["workspace"]), Role(options["role"])
        with transaction.atomic():
            user = User.objects.filter(email=email).first() or User.objects.create_user(
                email, name=options["name"][:120]
            )
            self.stdout.write(set_role(user, workspace, role))
        if not user.has_usable_password():
            self.offer_link(user, workspace, mail=options["mail"])

    def offer_link(self, user: User, workspace: Workspace, *, mail: bool) -> None:
        link = password_link(user)
        days = settings.PASSWORD_RESET_TIMEOUT // 86400
        self.stdout.write(f"To choose a password (works once, for {days} days):\n{link}")
        if not mail:
            return
        text = f"You are invited to {workspace} on Collavo.\n\nChoose your password here, within {days} days:\n{link}\n"
        try:
            send_mail(f"Your invitation to {workspace}", text, None, [user.email])
        except (SMTPException, OSError) as e:
            raise CommandError(
                f"The mail could not be sent ({e}). Hand the link over yourself.", returncode=REFUSED
            ) from e
        self.stdout.write(f"Sent to {user.email}.")


def set_role(user: User, workspace: Workspace, role: Role) -> str:
    """Member with this role afterwards; the sentence says what that took. A workspace keeps an owner."""
    member = Membership.objects.select_for_update().filter(user=user, workspace=workspace).first()
    if member is None:
        member = Membership.objects.create(user=user, workspace=workspace, role=role)
        record(workspace, "member_added", by="operator", text=str(member))
        return f"Added: {member}."
    if member.role == role:
        return f"Nothing to do: {member} already."
    others = Membership.objects.filter(workspace=workspace, role=Role.OWNER).exclude(pk=member.pk)
    if member.role == Role.OWNER and not others.exists():
        raise wrong(f"{user} is the only owner of {workspace}. Make somebody else an owner first.")
    member.role = role
    member.save(update_fields=["role"])
    record(workspace, "member_changed", by="operator", text=str(member))
    return f"Changed: {member}."


def password_link(user: User) -> str:
    """A page where this person chooses a password; it stops working once they have."""
    key = default_token_generator.make_token(user)
    return settings.BASE_URL + reverse("account_reset_password_from_key", kwargs={"uidb36": user.pk.hex, "key": key})
