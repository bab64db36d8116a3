"""A workspace's own studios, and one row for everything that any studio is to make."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import ClassVar

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext, gettext_lazy

from approvals.studios.states import OPEN, JobStatus
from collavo.accounts.models import Workspace
from collavo.ids import uuid7
from collavo.secrets import SecretField

LONGEST_PATIENCE = 7 * 24 * 60  # minutes
MOST_TRIES = 3  # of one job, when the worker that had it died
SECRETS = ("secret", "old_secret")


class StudioKind(models.TextChoices):
    IMAGE = "image", gettext_lazy("Image")
    VIDEO = "video", gettext_lazy("Video")
    LIPSYNC = "lipsync", gettext_lazy("Lip-sync")
    CINEMA = "cinema", gettext_lazy("Cinema")


class StudioQuerySet(models.QuerySet["Studio"]):
    def active(self) -> StudioQuerySet:
        return self.filter(active=True)

    def without_secrets(self) -> StudioQuerySet:
        """For pages: whoever only looks needs no key, and must not fail when one cannot be read."""
        return self.defer(*SECRETS)


class Studio(models.Model):
    """A program of the workspace's own that makes content: it is asked by a signed request and answers by a callback.

    The built-in format studio is code and has no row. A studio that has made something is never deleted, only
    switched off: its jobs are history.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="studios")
    name = models.CharField(max_length=100)
    kind = models.CharField(max_length=8, choices=StudioKind)
    url = models.URLField("address", max_length=500, help_text=gettext_lazy("Where requests are sent."))
    secret = SecretField(help_text=gettext_lazy("Signs what is sent and what comes back (whsec_…)."))
    old_secret = SecretField(blank=True, default="")
    old_secret_until = models.DateTimeField(
        null=True, blank=True, help_text=gettext_lazy("So long the old secret counts, too.")
    )
    active = models.BooleanField(default=True)
    patience = models.PositiveIntegerField(
        default=60, validators=[MinValueValidator(1), MaxValueValidator(LONGEST_PATIENCE)],
        help_text=gettext_lazy("Minutes until a job without an answer is given up."),
    )  # fmt: skip
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    objects = StudioQuerySet.as_manager()

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["workspace", "name"], name="one_studio_per_name"),
            models.CheckConstraint(condition=Q(kind__in=StudioKind.values), name="studio_kind_known"),
            models.CheckConstraint(
                condition=Q(patience__gte=1, patience__lte=LONGEST_PATIENCE), name="studio_patience_sane"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def takes(self, kinds: Sequence[str]) -> bool:
        """Whether it can start from media of these kinds ("image", "video"), in their order."""
        if self.kind == StudioKind.CINEMA:
            return bool(kinds)
        if self.kind == StudioKind.LIPSYNC:
            return len(kinds) == 1
        return set(kinds) == {"image"}

    @property
    def patience_time(self) -> timedelta:
        return timedelta(minutes=self.patience)


class StudioJobQuerySet(models.QuerySet["StudioJob"]):
    def open(self) -> StudioJobQuerySet:
        """Those that have not ended."""
        return self.filter(status__in=OPEN)

    def due(self) -> StudioJobQuerySet:
        """Those about which somebody must do something now."""
        return self.open().filter(due_at__lte=timezone.now())

    def built_in(self) -> StudioJobQuerySet:
        """Those of the format studio."""
        return self.filter(studio=None)

    def external(self) -> StudioJobQuerySet:
        return self.filter(studio__isnull=False)

    def for_pages(self) -> StudioJobQuerySet:
        """With what a row or a page shows of each, in one query, and without the studio's secret."""
        return self.select_related("asset", "source", "studio", "result", "requested_by").defer(
            *(f"studio__{name}" for name in SECRETS)
        )


class StudioJob(models.Model):
    """One new version that a studio is to make of another one. `studio` NULL: the built-in format studio.

    Its status is written by `states.py` alone. `due_at` is the next moment somebody must act (NULL: nobody must): when
    it may begin, the end of its worker's lease, or until when an external studio's answer is awaited.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="studio_jobs")
    case = models.ForeignKey("approvals.Case", models.CASCADE, related_name="studio_jobs")
    asset = models.ForeignKey("approvals.Asset", models.CASCADE, related_name="studio_jobs")
    source = models.ForeignKey("approvals.Version", models.CASCADE, related_name="studio_jobs")
    studio = models.ForeignKey(Studio, models.RESTRICT, null=True, blank=True, related_name="jobs")
    recipe = models.CharField(
        max_length=40, help_text=gettext_lazy("What is to be made: “reel”, “portrait”; else the kind.")
    )
    options = models.JSONField(default=dict, blank=True)
    prompt = models.TextField(blank=True)
    feedback = models.TextField(blank=True, help_text=gettext_lazy("What the reviewer wants changed."))
    status = models.CharField(max_length=10, choices=JobStatus, default=JobStatus.QUEUED)
    progress = models.PositiveSmallIntegerField(default=0, help_text=gettext_lazy("Percent."))
    error = models.CharField(
        max_length=500, blank=True, help_text=gettext_lazy("Why it ended without a version, as a sentence.")
    )
    due_at = models.DateTimeField(null=True, blank=True, default=timezone.now)
    lease_token = models.UUIDField(null=True, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0, help_text=gettext_lazy("How often a worker has begun it."))
    review = models.ForeignKey(
        "approvals.Review", models.SET_NULL, null=True, blank=True, related_name="+",
        help_text=gettext_lazy("The decision that asked for it: its feedback and pins go along."),
    )  # fmt: skip
    sent_at = models.DateTimeField(
        null=True, blank=True, help_text=gettext_lazy("When an external studio may last have got it.")
    )
    deadline = models.DateTimeField(
        null=True, blank=True, help_text=gettext_lazy("Until when an external studio may answer.")
    )
    delivered = models.JSONField(
        null=True, blank=True, help_text=gettext_lazy("What an external studio said at its end.")
    )
    remote_id = models.CharField(
        max_length=200, blank=True, help_text=gettext_lazy("What the external studio calls it.")
    )
    result = models.OneToOneField(
        "approvals.Version", models.SET_NULL, null=True, blank=True, related_name="made_by_job",
        help_text=gettext_lazy("The version that was made: one at most."),
    )  # fmt: skip
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    ended_at = models.DateTimeField(null=True, blank=True)

    objects = StudioJobQuerySet.as_manager()

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(condition=Q(status__in=JobStatus.values), name="studio_job_status_known"),
            models.CheckConstraint(condition=Q(progress__lte=100), name="studio_job_progress_in_percent"),
            models.CheckConstraint(
                condition=Q(status__in=OPEN, due_at__isnull=False, ended_at=None)
                | (~Q(status__in=OPEN) & Q(due_at=None, ended_at__isnull=False)),
                name="studio_job_due_while_open",
            ),
            models.CheckConstraint(
                condition=Q(status=JobStatus.RUNNING, lease_token__isnull=False, lease_until=F("due_at"))
                | (~Q(status=JobStatus.RUNNING) & Q(lease_token=None, lease_until=None)),
                name="studio_job_leased_while_running",
            ),
            models.CheckConstraint(
                condition=Q(status=JobStatus.DONE) | Q(result=None), name="studio_job_result_when_done"
            ),
            # a double click makes one job: NULL, the format studio, counts as one studio here
            models.UniqueConstraint(
                fields=["source", "studio", "recipe"], condition=Q(status__in=OPEN), nulls_distinct=False,
                name="one_open_job_per_recipe",
            ),
        ]  # fmt: skip
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["due_at"], condition=Q(status__in=OPEN), name="studio_job_due"),
            models.Index(fields=["asset", "-created_at"], name="studio_job_of_asset"),
            models.Index(fields=["workspace", "-created_at"], name="studio_job_of_workspace"),
        ]

    def __str__(self) -> str:
        return f"{self.recipe} of {self.asset}"

    @property
    def is_open(self) -> bool:
        return self.status in OPEN

    @property
    def maker(self) -> str:
        """Whose work it is, for people and for the history."""
        return self.studio.name if self.studio_id and self.studio else gettext("Format studio")
