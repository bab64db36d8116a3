"""Who is here: people, workspaces, and who may do what in which workspace."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, ClassVar, Self
from uuid import UUID
from zoneinfo import ZoneInfo, available_timezones

from django.contrib.auth.base_user import BaseUserManager
from django.contrib.auth.models import AbstractUser
from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import models
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from collavo.ids import hashed, new_token, uuid7


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
        default=True,
        help_text=gettext_lazy("A mail when a post of this person's needs somebody; the console says it in any case."),
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
            _("“%(value)s” is not a time zone. Use a name such as Europe/Zurich."), params={"value": value}
        )


def zone_names() -> list[str]:
    """To choose from: the places, without the database's old and technical names."""
    return sorted(name for name in available_timezones() if "/" in name and not name.startswith(("Etc/", "posix")))


class LatePolicy(models.TextChoices):
    """What happens to a post that an outage made late by more than the workspace's window."""

    ASK = "ask", gettext_lazy("Wait for a person")
    PUBLISH = "publish", gettext_lazy("Publish anyway")
    SKIP = "skip", gettext_lazy("Cancel it")


class DeadLinkPolicy(models.TextChoices):
    """What happens to posts that are due while their account has to be linked again."""

    WAIT = "wait", gettext_lazy("They wait until it is linked again")
    HAND_OFF = "hand_off", gettext_lazy("The creator posts them by hand")


class Workspace(models.Model):
    """A tenant: its members, connectors and cases. Nothing crosses it."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    name = models.CharField(max_length=120)
    slug = models.SlugField(unique=True, help_text=gettext_lazy("Part of every address of this workspace."))
    time_zone = models.CharField(max_length=64, default="UTC", validators=[check_time_zone])
    allow_self_approval = models.BooleanField(
        default=False, help_text=gettext_lazy("People may accept what they submitted themselves.")
    )
    late_policy = models.CharField(max_length=8, choices=LatePolicy, default=LatePolicy.ASK)
    late_window_minutes = models.PositiveIntegerField(
        default=120,
        help_text=gettext_lazy("A post later than this is not sent without asking (or as the policy says)."),
    )
    review_lead_hours = models.PositiveSmallIntegerField(
        default=48, help_text=gettext_lazy("A version is to be decided so many hours before its slot.")
    )
    dead_link_policy = models.CharField(max_length=8, choices=DeadLinkPolicy, default=DeadLinkPolicy.WAIT)
    handoff_ahead_minutes = models.PositiveIntegerField(
        default=0,
        help_text=gettext_lazy("So long before its moment a creator is told of a post by hand. 0: not beforehand."),
    )
    handoff_remind_minutes = models.PositiveIntegerField(
        default=30,
        help_text=gettext_lazy("So long after its moment a creator is reminded of a post by hand. 0: never."),
    )
    handoff_escalate_minutes = models.PositiveIntegerField(
        default=120,
        help_text=gettext_lazy("So long after its moment the managers are told of a post by hand. 0: never."),
    )
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    def __str__(self) -> str:
        return self.name

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)


class Role(models.TextChoices):
    OWNER = "owner", gettext_lazy("Owner")
    MANAGER = "manager", gettext_lazy("Manager")
    APPROVER = "approver", gettext_lazy("Approver")
    CREATOR = "creator", gettext_lazy("Creator")
    VIEWER = "viewer", gettext_lazy("Viewer")


class Ability(models.TextChoices):
    """What a role may do. Views and the API ask for these, never for a role."""

    VIEW = "view", gettext_lazy("see the workspace")
    CREATE = "create", gettext_lazy("upload and submit content")
    REVIEW = "review", gettext_lazy("accept, regenerate and reject")
    PUBLISH = "publish", gettext_lazy("schedule and publish")
    CONNECT = "connect", gettext_lazy("link and verify accounts")
    MANAGE = "manage", gettext_lazy("change the workspace and its members")


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

    unread: int | None = None  # notices, counted to a hundred; known while a page is made
    waiting: int | None = None  # versions that wait for a decision, counted to a hundred; known while a page is made

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["user", "workspace"], name="one_membership_per_workspace"),
            models.CheckConstraint(condition=models.Q(role__in=Role.values), name="membership_role_known"),
        ]

    def __str__(self) -> str:
        return _("%(name)s, %(role)s of %(workspace)s") % {
            "name": self.user,
            "role": self.get_role_display(),
            "workspace": self.workspace,
        }

    def can(self, ability: Ability) -> bool:
        return ability in ABILITIES[self.role]

    def require(self, ability: Ability, *, at: UUID | None = None) -> Self:
        """This membership, or PermissionDenied with a sentence. `at`: the workspace of what it is about."""
        if not self.can(ability):
            raise PermissionDenied(
                _("As %(role)s of %(workspace)s you cannot %(action)s. Ask a manager.")
                % {"role": self.get_role_display().lower(), "workspace": self.workspace, "action": ability.label}
            )
        return self.require_at(at) if at else self

    def require_at(self, workspace_id: UUID) -> Self:
        """This membership, or PermissionDenied when something belongs to another workspace than this one."""
        if self.workspace_id != workspace_id:
            raise PermissionDenied(_("This belongs to another workspace."))
        return self


# --- Programs ----------------------------------------------------------------------------------------------------


class Scope(models.TextChoices):
    """What a token may do at most. Its person's role decides as well: a token never can more than its person."""

    READ = "read", gettext_lazy("Read posts, jobs, content and logs")
    MEDIA = "media", gettext_lazy("Upload media and submit content")
    REVIEW = "review", gettext_lazy("Accept, regenerate and reject")
    PUBLISH = "publish", gettext_lazy("Publish now, and cancel")
    SCHEDULE = "schedule", gettext_lazy("Schedule, reschedule and cancel")
    CONNECTORS = "connectors", gettext_lazy("Verify accounts")
    ADMIN = "admin", gettext_lazy("Change the workspace: webhooks, settings")


ABILITY_OF: Mapping[str, Ability] = {
    Scope.READ: Ability.VIEW,
    Scope.MEDIA: Ability.CREATE,
    Scope.REVIEW: Ability.REVIEW,
    Scope.PUBLISH: Ability.PUBLISH,
    Scope.SCHEDULE: Ability.PUBLISH,
    Scope.CONNECTORS: Ability.CONNECT,
    Scope.ADMIN: Ability.MANAGE,
}


class ApiTokenQuerySet(models.QuerySet["ApiToken"]):
    def working(self) -> ApiTokenQuerySet:
        """Neither revoked nor expired."""
        lasting = models.Q(expires_at=None) | models.Q(expires_at__gt=timezone.now())
        return self.filter(lasting, revoked_at=None)


class ApiToken(models.Model):
    """A program's key to one workspace, in the name of one person. Only its hash is kept: it is shown once."""

    PREFIX = "collavo_"  # so that people, and scanners for leaked secrets, know what they have before them

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="api_tokens")
    user = models.ForeignKey(User, models.CASCADE, related_name="api_tokens")
    name = models.CharField(max_length=60, help_text=gettext_lazy("Which program uses it: “Newsroom”."))
    hash = models.CharField(max_length=64, unique=True, editable=False)
    hint = models.CharField(max_length=8, editable=False, help_text=gettext_lazy("How it ends, to tell tokens apart."))
    scopes = ArrayField(models.CharField(max_length=16, choices=Scope))
    # Ids and no foreign keys: this app knows none above it.
    connector_ids = ArrayField(
        models.UUIDField(), default=list, blank=True, help_text=gettext_lazy("Empty: every account.")
    )
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True, help_text=gettext_lazy("Written at most once a minute."))
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    objects = ApiTokenQuerySet.as_manager()

    class Meta:
        verbose_name = gettext_lazy("API token")
        verbose_name_plural = gettext_lazy("API tokens")
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                condition=models.Q(scopes__contained_by=Scope.values) & ~models.Q(scopes=[]), name="token_scopes_known"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @classmethod
    def make(
        cls,
        member: Membership,
        name: str,
        scopes: Iterable[str],
        *,
        connector_ids: Iterable[UUID] = (),
        expires_at: datetime | None = None,
    ) -> tuple[ApiToken, str]:
        """A new token of this person, and its secret, which nobody can read again later."""
        secret = cls.PREFIX + new_token()
        token = cls.objects.create(
            workspace=member.workspace, user=member.user, name=name, hash=hashed(secret), hint=secret[-4:],
            scopes=sorted(set(scopes)), connector_ids=sorted(set(connector_ids)), expires_at=expires_at,
        )  # fmt: skip
        return token, secret

    @property
    def expired(self) -> bool:
        return self.expires_at is not None and self.expires_at <= timezone.now()

    @property
    def works(self) -> bool:
        return self.revoked_at is None and not self.expired


class ApiRate(models.Model):
    """How many requests a token made in its present minute. In an unlogged table: it may be lost, and costs little."""

    token = models.OneToOneField(ApiToken, models.CASCADE, primary_key=True, related_name="rate")
    since = models.DateTimeField()
    used = models.PositiveIntegerField()

    def __str__(self) -> str:
        return _("%(used)s since %(since)s") % {"used": self.used, "since": f"{self.since:%H:%M:%S}"}


class ApiAnswer(models.Model):
    """What a call with an `Idempotency-Key` was answered, written in the transaction that did what it asked for."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    token = models.ForeignKey(ApiToken, models.CASCADE, related_name="answers")
    key = models.CharField(max_length=255)
    request_hash = models.CharField(max_length=64, help_text=gettext_lazy("SHA-256 of method, path, query and body."))
    status = models.PositiveSmallIntegerField()
    body = models.BinaryField()
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["token", "key"], name="one_answer_per_key"),
        ]
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["created_at"], name="api_answer_by_age")]

    def __str__(self) -> str:
        return self.key
