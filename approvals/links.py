"""Addresses that work without signing in: shared content and calendar feeds. Only the hash of a secret is kept."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, ClassVar

from django.conf import settings
from django.db import models, transaction
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext, gettext_lazy

from collavo.accounts.models import Ability, Membership, Workspace
from collavo.ids import hashed, new_token, uuid7
from collavo.timeline.models import record

if TYPE_CHECKING:
    from approvals.models import Version

MOST_SHARED = 60  # versions behind one link


class ShareLinkQuerySet(models.QuerySet["ShareLink"]):
    def open(self) -> ShareLinkQuerySet:
        """Neither revoked nor over."""
        return self.filter(revoked_at=None, expires_at__gt=timezone.now())


class ShareLink(models.Model):
    """A public page with some approved versions. It ends by itself, and can be revoked before."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="share_links")
    token_hash = models.CharField(max_length=64, unique=True, editable=False)
    versions = models.ManyToManyField("approvals.Version", related_name="share_links")
    title = models.CharField(max_length=200)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)
    seen_at = models.DateTimeField(null=True, blank=True, help_text=gettext_lazy("When somebody looked at it last."))

    objects = ShareLinkQuerySet.as_manager()

    class Meta:
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["workspace", "-created_at"], name="share_link_by_age")
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def ended(self) -> bool:
        return self.revoked_at is not None or self.expires_at <= timezone.now()

    def revoke(self, *, by: Membership) -> None:
        """The page is gone from now on, its media too."""
        by.require(Ability.PUBLISH, at=self.workspace_id)
        with transaction.atomic():
            if ShareLink.objects.filter(pk=self.pk, revoked_at=None).update(revoked_at=timezone.now()):
                _tell(self, list(self.versions.select_related("asset")), "share_revoked", by)
        self.refresh_from_db(fields=["revoked_at"])


def share(versions: Sequence[Version], *, until: datetime, by: Membership) -> tuple[ShareLink, str]:
    """A link to these versions, and its token, which is shown once. Raises PermissionDenied or IllegalMove."""
    from approvals.states import IllegalMove

    if not versions or len(versions) > MOST_SHARED:
        raise IllegalMove(gettext("Choose between 1 and %(most)s assets to share.") % {"most": MOST_SHARED})
    if any(not version.approved or version.asset.discarded for version in versions):
        raise IllegalMove(gettext("Only approved content can be shared. Choose again."))
    if until <= timezone.now():
        raise IllegalMove(gettext("The link would have ended already. Choose a later day."))
    for version in versions:
        by.require(Ability.PUBLISH, at=version.workspace_id)
    token = new_token()
    with transaction.atomic():
        link = ShareLink.objects.create(
            workspace=by.workspace, token_hash=hashed(token), title=_title(versions), by=by.user, expires_at=until
        )
        link.versions.set(versions)
        _tell(link, versions, "shared", by)
    return link, token


def opened_share(token: str) -> ShareLink | None:
    """The link of this token while it is good."""
    return ShareLink.objects.open().select_related("workspace").filter(token_hash=hashed(token)).first()


def _title(versions: Sequence[Version]) -> str:
    first = str(versions[0].asset)
    return (
        first
        if len(versions) == 1
        else gettext("%(first)s and %(count)s more") % {"first": first[:160], "count": len(versions) - 1}
    )


def _tell(link: ShareLink, versions: Sequence[Version], verb: str, by: Membership) -> None:
    """One line per asset, in its own case."""
    until = timezone.localtime(link.expires_at, link.workspace.zone)
    when = f"{date_format(until, 'j M Y H:i')} {link.workspace.time_zone}"
    text = gettext("until %(when)s") % {"when": when} if verb == "shared" else ""
    for version in versions:
        record(version.asset, verb, by=by.user, text=text, link=str(link.pk), seal=version.seal)


class CalendarFeed(models.Model):
    """One person's calendar of one workspace, by a secret address. A new address ends the old one."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="+")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    token_hash = models.CharField(max_length=64, unique=True, editable=False)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    fetched_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["workspace", "user"], name="one_feed_per_person_and_workspace")
        ]

    def __str__(self) -> str:
        return gettext("Calendar of %(workspace)s for %(user)s") % {"workspace": self.workspace, "user": self.user}


def make_feed(member: Membership) -> str:
    """A new secret for this person's feed; the address before it ends. The token is shown once and kept nowhere."""
    token = new_token()
    fresh: dict[str, Any] = {"token_hash": hashed(token), "fetched_at": None, "created_at": timezone.now()}
    with transaction.atomic():
        CalendarFeed.objects.update_or_create(workspace=member.workspace, user=member.user, defaults=fresh)
        record(member.workspace, "feed_made", by=member.user)
    return token


def end_feed(member: Membership) -> None:
    """The person's address answers nothing from now on."""
    with transaction.atomic():
        gone, _ = CalendarFeed.objects.filter(workspace=member.workspace, user=member.user).delete()
        if gone:
            record(member.workspace, "feed_ended", by=member.user)


def opened_feed(token: str) -> Membership | None:
    """Whose feed this token opens, as long as that person is a member; notes when it was fetched."""
    feed = CalendarFeed.objects.filter(token_hash=hashed(token), user__is_active=True).first()
    if feed is None:
        return None
    members = Membership.objects.filter(workspace=feed.workspace_id, user=feed.user_id)
    found = members.select_related("workspace", "user").first()
    if found and (feed.fetched_at is None or timezone.now() - feed.fetched_at > timedelta(minutes=1)):
        CalendarFeed.objects.filter(pk=feed.pk).update(fetched_at=timezone.now())
    return found
