"""What belongs to deciding: comments, and the links by which people without an account decide."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, ClassVar

from django.conf import settings
from django.db import models, transaction
from django.db.models.functions import Now
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from approvals import pins as pinning
from approvals.pins import Pin
from approvals.states import IllegalMove
from collavo.accounts.models import Ability, Membership, Workspace
from collavo.ids import hashed, new_token, uuid7
from collavo.timeline.models import record

if TYPE_CHECKING:
    from approvals.models import Case, Version, VersionQuerySet

LONGEST_COMMENT = 5000  # characters
DAYS, MOST_DAYS = 14, 90  # that a link works, when nothing is chosen and at most


class Comment(models.Model):
    """A remark about a version, which decides nothing. Like the history it is never changed."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    version = models.ForeignKey("approvals.Version", models.CASCADE, related_name="comments")
    text = models.TextField()
    pins = models.JSONField(
        default=list, blank=True, help_text=gettext_lazy("Points of a picture and moments of a film.")
    )
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    link = models.ForeignKey("approvals.ReviewLink", models.SET_NULL, null=True, blank=True, related_name="comments")
    at = models.DateTimeField(db_default=Now())

    class Meta:
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["version", "at"], name="comment_of_version")]

    def __str__(self) -> str:
        return self.text[:80]

    @property
    def who(self) -> str:
        return str(self.by or (self.link and self.link.signature) or "")

    @property
    def marks(self) -> list[Pin]:
        return pinning.loaded(self.pins)


class ReviewLinkQuerySet(models.QuerySet["ReviewLink"]):
    def with_token(self, token: str) -> ReviewLinkQuerySet:
        return self.filter(token_hash=hashed(token)).select_related("workspace", "case", "version", "created_by")

    def for_version(self, version: Version) -> ReviewLinkQuerySet:
        """Those that open this version, the newest first."""
        here = models.Q(version=version.pk) | models.Q(version=None, case=version.case_id)
        return self.filter(here).select_related("created_by").order_by("-created_at", "-id")


class ReviewLink(models.Model):
    """A named person decides by this link, without an account: about one version, or about a case's versions.

    Only a hash of the token is kept, so that nobody can read working links out of a copy of the database.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="+")
    case = models.ForeignKey("approvals.Case", models.CASCADE, related_name="review_links")
    version = models.ForeignKey(
        "approvals.Version", models.CASCADE, null=True, blank=True, related_name="review_links",
        help_text=gettext_lazy("Empty: all versions of the case."),
    )  # fmt: skip
    name = models.CharField(max_length=80, help_text=gettext_lazy("Who decides by it; the history says so."))
    token_hash = models.CharField(max_length=64, unique=True, editable=False)
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)
    opened_at = models.DateTimeField(null=True, blank=True, help_text=gettext_lazy("When it was first opened."))
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    objects = ReviewLinkQuerySet.as_manager()

    def __str__(self) -> str:
        return _("%(name)s, until %(day)s") % {"name": self.name, "day": date_format(self.expires_at, "d M Y")}

    @property
    def signature(self) -> str:
        """How the history names this person."""
        return _("%(name)s (client, by link)") % {"name": self.name}

    @property
    def ended(self) -> bool:
        return self.revoked_at is not None or self.expires_at <= timezone.now()

    # --- verbs ---------------------------------------------------------------------------------------------------

    def revoke(self, *, by: Membership) -> None:
        """End it now. Revoked twice is revoked once."""
        by.require(Ability.REVIEW, at=self.workspace_id)
        with transaction.atomic():
            if ReviewLink.objects.filter(pk=self.pk, revoked_at=None).update(revoked_at=timezone.now()):
                record(self.version or self.case, "link_revoked", by=by.user, text=self.name)
        self.refresh_from_db(fields=["revoked_at"])

    def versions(self) -> VersionQuerySet:
        """What it opens: never another case's, and never what is discarded."""
        from approvals.models import Version

        rows = Version.objects.filter(workspace=self.workspace_id, case=self.case_id, asset__discarded_at=None)
        return rows.filter(pk=self.version_id) if self.version_id else rows.filter(current=True)

    def require_open(self) -> None:
        """Raise IllegalMove, with a sentence for the person who holds it, once it has ended."""
        fresh = ReviewLink.objects.get(pk=self.pk)
        if fresh.ended:
            raise IllegalMove(_("This link has ended. Nothing was changed. Ask whoever sent it for another one."))

    def note_opened(self) -> None:
        """Remember when it was first looked at. Decides nothing: a mail scanner opens links, too."""
        ReviewLink.objects.filter(pk=self.pk, opened_at=None).update(opened_at=timezone.now())


def make_link(
    case: Case, version: Version | None, *, name: str, by: Membership, days: int = DAYS
) -> tuple[ReviewLink, str]:
    """A new link and its token, which is told this once. Raises PermissionDenied or IllegalMove with a sentence."""
    by.require(Ability.REVIEW, at=case.workspace_id)
    name = " ".join(name.split())[:80]
    if not name:
        raise IllegalMove(_("Say who the link is for. The history names this person."))
    if not 1 <= days <= MOST_DAYS:
        raise IllegalMove(_("A link works for 1 to %(most)s days. Choose a number between.") % {"most": MOST_DAYS})
    token = new_token()
    until = timezone.now() + timedelta(days=days)
    with transaction.atomic():
        link = ReviewLink.objects.create(
            workspace_id=case.workspace_id, case=case, version=version, name=name, token_hash=hashed(token),
            expires_at=until, created_by=by.user,
        )  # fmt: skip
        said = _("for %(name)s") % {"name": name}
        record(version or case, "link_made", by=by.user, text=said, until=until.isoformat())
    return link, token


def address(token: str) -> str:
    """Where the person goes."""
    return f"{settings.BASE_URL}{reverse('review_link', args=[token])}"
