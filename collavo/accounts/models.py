"""Who is here: people, workspaces, and who may do what in which workspace."""

from __future__ import annotations

from typing import Any, ClassVar, Self
from zoneinfo import ZoneInfo, available_timezones

from django.contrib.auth.base_user import BaseUserManager
from django.contrib.auth.models import AbstractUser
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import models
from django.db.models.functions import Now

from collavo.ids import uuid7


class UserManager(BaseUserManager["User"]):
    """People sign in with their e-mail address; there is no user name."""

    use_in_migrations = True

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:
        """A person who can sign in (with `password`, or after a reset when None)."""
        if not email:
            raise ValueError("A person needs an e-mail address.")
        user: User = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> User:
        """An operator: everything in the Django admin is open to them."""
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)


class User(AbstractUser):
    """A person. What they may do is decided per workspace, by their Membership."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    username = None  # type: ignore[assignment]
    first_name = None  # type: ignore[assignment]
    last_name = None  # type: ignore[assignment]
    email = models.EmailField(unique=True)
    name = models.CharField(max_length=120, blank=True)
    mail_notices = models.BooleanField(
        default=True, help_text="A mail when a post of this person's needs somebody; the console says it in any case."
    )

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []
    objects = UserManager()  # type: ignore[misc,assignment]

    def __str__(self) -> str:
        return self.name or self.email

    def get_full_name(self) -> str:
        return self.name

    def get_short_name(self) -> str:
        """The first word of the name, for cards and lines of history."""
        return str(self).split()[0]


def check_time_zone(value: str) -> None:
    """Refuse a name that the time zone database does not know."""
    if value not in available_timezones():
        raise ValidationError(
            "“%(value)s” is not a time zone. Use a name such as Europe/Zurich.", params={"value": value}
        )


class LatePolicy(models.TextChoices):
    """What happens to a post that an outage made late by more than the workspace's window."""

    ASK = "ask", "Wait for a person"
    PUBLISH = "publish", "Publish anyway"
    SKIP = "skip", "Cancel it"


class Workspace(models.Model):
    """A tenant: its members, connectors and cases. Nothing crosses it."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    name = models.CharField(max_length=120)
    slug = models.SlugField(unique=True, help_text="Part of every address of this workspace.")
    time_zone = models.CharField(max_length=64, default="UTC", validators=[check_time_zone])
    allow_self_approval = models.BooleanField(
        default=False, help_text="People may accept what they submitted themselves."
    )
    late_policy = models.CharField(max_length=8, choices=LatePolicy, default=LatePolicy.ASK)
    late_window_minutes = models.PositiveIntegerField(
        default=120, help_text="A post later than this is not sent without asking (or as the policy says)."
    )
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    def __str__(self) -> str:
        return self.name

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)


class Role(models.TextChoices):
    OWNER = "owner", "Owner"
    MANAGER = "manager", "Manager"
    APPROVER = "approver", "Approver"
    CREATOR = "creator", "Creator"
    VIEWER = "viewer", "Viewer"


class Ability(models.TextChoices):
    """What a role may do. Views and the API ask for these, never for a role."""

    VIEW = "view", "see the workspace"
    CREATE = "create", "upload and submit content"
    REVIEW = "review", "accept, regenerate and reject"
    PUBLISH = "publish", "schedule and publish"
    CONNECT = "connect", "link and verify accounts"
    MANAGE = "manage", "change the workspace and its members"


_VIEWER = {Ability.VIEW}
_CREATOR = _VIEWER | {Ability.CREATE}
_APPROVER = _VIEWER | {Ability.REVIEW}
_MANAGER = _CREATOR | _APPROVER | {Ability.PUBLISH, Ability.CONNECT}
ABILITIES: dict[str, set[Ability]] = {
    Role.VIEWER: _VIEWER,
    Role.CREATOR: _CREATOR,
    Role.APPROVER: _APPROVER,
    Role.MANAGER: _MANAGER,
    Role.OWNER: _MANAGER | {Ability.MANAGE},
}


class Membership(models.Model):
    """One person's role in one workspace."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(User, models.CASCADE, related_name="memberships")
    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=16, choices=Role)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["user", "workspace"], name="one_membership_per_workspace"),
            models.CheckConstraint(condition=models.Q(role__in=Role.values), name="membership_role_known"),
        ]

    def __str__(self) -> str:
        return f"{self.user}, {self.get_role_display()} of {self.workspace}"

    def can(self, ability: Ability) -> bool:
        return ability in ABILITIES[self.role]

    def require(self, ability: Ability) -> Self:
        """This membership, or PermissionDenied with a sentence."""
        if not self.can(ability):
            raise PermissionDenied(
                f"As {self.get_role_display().lower()} of {self.workspace} you cannot {ability.label}. Ask a manager."
            )
        return self
