"""Usage rights of an asset: where, how and how long it may be used, and the verbs that write them down."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, ClassVar
from uuid import UUID

from django.contrib.postgres.fields import ArrayField
from django.core.files.uploadedfile import UploadedFile
from django.db import models, transaction
from django.db.models.functions import Now
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from approvals.storage.leftovers import nothing_left_of_a_failure
from collavo.accounts.models import Ability, Membership, Workspace
from collavo.ids import uuid7
from collavo.timeline.models import record
from connectors.platforms.registry import PLATFORMS

if TYPE_CHECKING:
    from approvals.models import Asset


class RightsStatus(models.TextChoices):
    GRANTED = "granted", gettext_lazy("Granted")
    PENDING = "pending", gettext_lazy("Not yet granted")
    REVOKED = "revoked", gettext_lazy("Revoked")


class Usage(models.TextChoices):
    ORGANIC = "organic", gettext_lazy("Organic posts")
    PAID = "paid", gettext_lazy("Paid ads")
    BOTH = "both", gettext_lazy("Organic posts and paid ads")


def local_day(at: datetime, workspace: Workspace) -> date:
    """The calendar day of a moment in the workspace's time zone."""
    return at.astimezone(workspace.zone).date()


def evidence_path(rights: Rights, name: str) -> str:
    """Where an evidence file is kept: by workspace and id, never by the name that the person's device gave it."""
    return f"{rights.workspace_id}/rights/{rights.pk}/{name}"


class Rights(models.Model):
    """Where and how long an asset may be used. Several rows add up; none at all is a warning, not a block."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="+")
    asset = models.ForeignKey("approvals.Asset", models.CASCADE, related_name="rights")
    status = models.CharField(max_length=8, choices=RightsStatus, default=RightsStatus.GRANTED)
    channels = ArrayField(
        models.CharField(max_length=24), default=list, blank=True, help_text=gettext_lazy("Empty: every channel.")
    )
    usage = models.CharField(
        max_length=8, choices=Usage, default=Usage.ORGANIC, help_text=gettext_lazy("What Collavo posts is organic.")
    )
    exclusive = models.BooleanField(default=False, help_text=gettext_lazy("Nobody else may use it meanwhile."))
    territory = models.CharField(max_length=120, blank=True)
    starts_on = models.DateField(null=True, blank=True)
    ends_on = models.DateField(
        null=True, blank=True, help_text=gettext_lazy("The last day, in the workspace's time zone.")
    )
    note = models.CharField(max_length=500, blank=True)
    evidence = models.FileField(upload_to=evidence_path, max_length=255, blank=True)
    evidence_name = models.CharField(max_length=200, blank=True)
    evidence_sha256 = models.CharField(max_length=64, blank=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        verbose_name_plural = "rights"
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                condition=models.Q(starts_on=None)
                | models.Q(ends_on=None)
                | models.Q(ends_on__gte=models.F("starts_on")),
                name="rights_end_after_start",
            ),
            models.CheckConstraint(condition=models.Q(usage__in=Usage.values), name="rights_usage_known"),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(
                fields=["workspace", "ends_on"], condition=models.Q(ends_on__isnull=False), name="rights_by_end"
            )
        ]

    def __str__(self) -> str:
        return _("%(status)s for %(channels)s") % {
            "status": self.get_status_display(),
            "channels": ", ".join(self.channels) or _("every channel"),
        }

    @property
    def case_id(self) -> UUID:
        return self.asset.case_id

    def covers(self, channel: str, day: date) -> bool:
        """Whether a post on this channel on this day (workspace time) is allowed by this row."""
        return (
            self.status == RightsStatus.GRANTED
            and self.usage != Usage.PAID
            and (not self.channels or channel in self.channels)
            and (self.starts_on is None or self.starts_on <= day)
            and (self.ends_on is None or day <= self.ends_on)
        )

    def words(self) -> str:
        """The terms in one line: "Granted for Instagram, organic posts, CH, until 3 Mar 2027, exclusive"."""
        ends = [
            _("from %(day)s") % {"day": date_format(self.starts_on, "j M Y")} if self.starts_on else "",
            _("until %(day)s") % {"day": date_format(self.ends_on, "j M Y")} if self.ends_on else _("without an end"),
        ]
        usage = self.get_usage_display().lower()
        where = ", ".join(PLATFORMS[c].name if c in PLATFORMS else c.capitalize() for c in self.channels)
        terms = _("%(status)s for %(channels)s") % {
            "status": self.get_status_display(),
            "channels": where or _("every channel"),
        }
        return ", ".join(filter(None, [terms, usage, self.territory, *ends, _("exclusive") if self.exclusive else ""]))


# --- Verbs -----------------------------------------------------------------------------------------------------------


def add(
    asset: Asset, terms: Mapping[str, Any], *, by: Membership, evidence: UploadedFile[bytes] | None = None
) -> Rights:
    """Write down what was agreed about an asset. `terms`: fields of Rights. Raises PermissionDenied, StorageDown."""
    by.require(Ability.PUBLISH, at=asset.workspace_id)
    rights = Rights(workspace_id=asset.workspace_id, asset=asset, **terms)
    with nothing_left_of_a_failure(rights, "evidence"):
        _keep_evidence(rights, evidence)
        with transaction.atomic():
            rights.save(force_insert=True)
            record(asset, "rights_added", by=by.user, text=rights.words(), **_facts(rights))
    return rights


def change(
    rights: Rights, terms: Mapping[str, Any], *, by: Membership, evidence: UploadedFile[bytes] | None = None
) -> None:
    """Write down other terms. The line of history keeps what they were. An evidence file is replaced, never removed."""
    by.require(Ability.PUBLISH, at=rights.workspace_id)
    with nothing_left_of_a_failure(rights, "evidence"):
        _keep_evidence(rights, evidence)  # which takes as long as the storage does: nobody's row is locked meanwhile
        for name, value in terms.items():
            setattr(rights, name, value)
        with transaction.atomic():
            before = Rights.objects.select_for_update().get(pk=rights.pk)
            rights.save(update_fields=[*terms, "evidence", "evidence_name", "evidence_sha256"])
            was = before.words()
            if was != rights.words() or before.note != rights.note or evidence:
                record(rights.asset, "rights_changed", by=by.user, text=rights.words(), was=was, **_facts(rights))


def _keep_evidence(rights: Rights, evidence: UploadedFile[bytes] | None) -> None:
    if evidence is None:
        return
    digest = hashlib.sha256()
    for chunk in evidence.chunks():
        digest.update(chunk)
    name = (evidence.name or "evidence").replace("\\", "/").rsplit("/", 1)[-1]
    suffix = f".{name.rsplit('.', 1)[-1]}" if "." in name else ""
    evidence.seek(0)
    rights.evidence.save(f"{digest.hexdigest()[:16]}{suffix[:8]}", evidence, save=False)
    rights.evidence_name, rights.evidence_sha256 = name[-200:], digest.hexdigest()


def _facts(rights: Rights) -> dict[str, Any]:
    return {"rights": str(rights.pk), "evidence_sha256": rights.evidence_sha256}
