"""Content and the decisions about it: cases, slots, assets, versions, media, reviews, rights."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, BinaryIO, ClassVar, cast
from uuid import UUID

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import models, transaction
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from approvals import due, states
from approvals.conversation import LONGEST_COMMENT as LONGEST_COMMENT
from approvals.conversation import Comment as Comment
from approvals.conversation import ReviewLink as ReviewLink
from approvals.links import CalendarFeed as CalendarFeed
from approvals.links import ShareLink as ShareLink
from approvals.pins import Pin, stored
from approvals.pins import check as check_pins
from approvals.resumable import Upload as Upload
from approvals.reviews import Decision as Decision
from approvals.reviews import Review as Review
from approvals.rights import Rights as Rights
from approvals.rights import RightsStatus as RightsStatus
from approvals.rights import Usage as Usage
from approvals.seal import seal_of
from approvals.search import SearchEntry as SearchEntry
from approvals.states import VersionStatus
from approvals.studios.models import Studio as Studio
from approvals.studios.models import StudioJob as StudioJob
from collavo.accounts.models import Ability, Membership, User, Workspace
from collavo.ids import uuid7
from collavo.timeline.models import record
from connectors.models import Connector, tokens_of
from connectors.platforms.base import Content, Format, Json, Medium

if TYPE_CHECKING:
    from approvals.fresh import Fresh

FORMATS: list[tuple[str, Any]] = [
    (Format.POST.value, gettext_lazy("Post")),
    (Format.IMAGE.value, gettext_lazy("Image")),
    (Format.CAROUSEL.value, gettext_lazy("Carousel")),
    (Format.REEL.value, gettext_lazy("Reel")),
    (Format.STORY.value, gettext_lazy("Story")),
    (Format.VIDEO.value, gettext_lazy("Video")),
    (Format.SHORT.value, gettext_lazy("Short")),
    (Format.TEXT.value, gettext_lazy("Text")),
]


class Case(models.Model):
    """A collaboration of a brand and a creator: its slots, assets, posts and their whole history."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="cases")
    name = models.CharField(max_length=200)
    brand = models.CharField(max_length=200, blank=True)
    creator = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="cases")
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    def __str__(self) -> str:
        return self.name

    @property
    def case_id(self) -> UUID:
        return self.pk


class Slot(models.Model):
    """A planned place in the calendar."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="slots")
    case = models.ForeignKey(Case, models.CASCADE, related_name="slots")
    starts_at = models.DateTimeField()
    connector = models.ForeignKey(Connector, models.SET_NULL, null=True, blank=True, related_name="slots")
    channel = models.CharField(max_length=24)  # a platform's key; stays when the connector is gone
    format = models.CharField(max_length=16, choices=FORMATS)
    angle = models.CharField(max_length=200, blank=True)

    class Meta:
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["workspace", "starts_at"], name="slot_by_date")]

    def __str__(self) -> str:
        return _("%(format)s on %(channel)s, %(when)s UTC") % {
            "format": self.get_format_display(),
            "channel": self.channel,
            "when": date_format(self.starts_at.astimezone(UTC), "d M H:i"),
        }


class AssetQuerySet(models.QuerySet["Asset"]):
    def kept(self) -> AssetQuerySet:
        return self.filter(discarded_at=None)


class Asset(models.Model):
    """One piece of content, for a slot or for none. Its versions carry the content itself."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="assets")
    case = models.ForeignKey(Case, models.CASCADE, related_name="assets")
    slot = models.ForeignKey(Slot, models.SET_NULL, null=True, blank=True, related_name="assets")
    title = models.CharField(max_length=200)
    creator = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="assets")
    studio = models.ForeignKey(
        "approvals.Studio", models.SET_NULL, null=True, blank=True, related_name="+",
        help_text=gettext_lazy("The studio that made what it is now: it is asked when somebody wants it made anew."),
    )  # fmt: skip
    discarded_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    objects = AssetQuerySet.as_manager()

    def __str__(self) -> str:
        return self.title

    @property
    def discarded(self) -> bool:
        return self.discarded_at is not None

    # --- verbs ---------------------------------------------------------------------------------------------------

    def submit(
        self, *, caption: str, media: Sequence[Media], format: str, by: Membership,
        options: dict[str, Json] | None = None, alt_texts: Sequence[str] = (),
    ) -> Version:  # fmt: skip
        """Put new content into review as the next round. The version before it becomes SUPERSEDED."""
        by.require(Ability.CREATE, at=self.workspace_id)
        return self.next_round(
            caption=caption, media=media, format=format, by=by.user, options=options, alt_texts=alt_texts
        )

    def next_round(
        self, *, caption: str, media: Sequence[Media], format: str, by: User | str,
        options: dict[str, Json] | None = None, alt_texts: Sequence[str] = (), studio: Studio | None = None,
    ) -> Version:  # fmt: skip
        """The same for what was allowed when it was asked for: a studio's work. `by`: a person, or the studio's name.

        `studio`: the one outside that made it, and will be asked when somebody wants it made anew.
        """
        if any(m.workspace_id != self.workspace_id for m in media):
            raise PermissionDenied(_("These media belong to another workspace. Upload them here."))
        with transaction.atomic():
            Asset.objects.select_for_update().get(pk=self.pk)
            Asset.objects.filter(pk=self.pk).update(studio=studio)
            _hold(media)
            last = self.versions.filter(current=True).first()
            if last:
                states.supersede(last, by=by)
            version = Version.objects.create(
                workspace_id=self.workspace_id, case_id=self.case_id, asset=self, caption=caption, format=format,
                options=options or {}, round=last.round + 1 if last else 1,
                submitted_by=by if isinstance(by, User) else None,
                planned_at=self.slot.starts_at if self.slot else None,
            )  # fmt: skip
            alts = [*alt_texts, *[""] * len(media)]
            VersionMedia.objects.bulk_create(
                VersionMedia(version=version, media=m, position=i, alt_text=alts[i]) for i, m in enumerate(media)
            )
            record(version, "submitted", by=by, text=_("Round %(round)s") % {"round": version.round}, asset=self.title)
        self.studio = studio
        return version

    def discard(self, *, by: Membership) -> None:
        """Take it out: it never publishes while discarded."""
        by.require(Ability.REVIEW, at=self.workspace_id)
        with transaction.atomic():
            if Asset.objects.filter(pk=self.pk, discarded_at=None).update(discarded_at=timezone.now()):
                record(self, "discarded", by=by.user)
        self.refresh_from_db(fields=["discarded_at"])

    def bring_back(self, *, by: Membership) -> None:
        by.require(Ability.REVIEW, at=self.workspace_id)
        with transaction.atomic():
            if Asset.objects.filter(pk=self.pk, discarded_at__isnull=False).update(discarded_at=None):
                record(self, "brought_back", by=by.user)
        self.refresh_from_db(fields=["discarded_at"])


def media_path(media: Media, name: str) -> str:
    """Where a file is kept: by workspace and id, never by the name that the person's device gave it."""
    return f"{media.workspace_id}/{media.pk}/{name}"


class Media(models.Model):
    """One uploaded picture or film, as it was probed. The bytes never change: another file is another row."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="media")
    name = models.CharField(max_length=255, help_text=gettext_lazy("The file's name on the device it came from."))
    file = models.FileField(upload_to=media_path, max_length=255)
    thumbnail = models.FileField(upload_to=media_path, max_length=255, blank=True)
    poster = models.FileField(upload_to=media_path, max_length=255, blank=True)
    kind = models.CharField(max_length=8)
    mime_type = models.CharField(max_length=64)
    size = models.BigIntegerField()
    sha256 = models.CharField(max_length=64)
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    duration = models.FloatField(null=True, blank=True)
    codec = models.CharField(max_length=24, blank=True)
    audio_codec = models.CharField(max_length=24, blank=True)
    fps = models.FloatField(null=True, blank=True)
    fast_start = models.BooleanField(null=True, blank=True)
    location_removed = models.BooleanField(default=False)
    uploaded_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        verbose_name_plural = "media"

    def __str__(self) -> str:
        return self.name

    @property
    def is_video(self) -> bool:
        return self.kind == "video"

    def open_bytes(self) -> BinaryIO:
        """The file's bytes, to read. Raises FileNotFoundError."""
        return cast(BinaryIO, self.file.storage.open(str(self.file.name)))

    def as_medium(self, alt_text: str = "", url: str = "") -> Medium:
        """This file as a platform's rules and calls see it."""
        from approvals.serving import served_from, storage_label  # which serve what is defined here

        return Medium(
            id=self.pk, kind=self.kind, mime_type=self.mime_type, size=self.size, width=self.width, height=self.height,
            sha256=self.sha256, duration=self.duration, codec=self.codec, audio_codec=self.audio_codec, fps=self.fps,
            fast_start=self.fast_start, alt_text=alt_text, url=url, open=self.open_bytes,
            served_from=served_from(self), stored_on=storage_label(self),
        )  # fmt: skip


class VersionQuerySet(models.QuerySet["Version"]):
    def in_review(self) -> VersionQuerySet:
        return self.filter(status=VersionStatus.IN_REVIEW, asset__discarded_at=None)

    def with_parts(self) -> VersionQuerySet:
        """With everything that a card or panel shows, in a constant number of queries."""
        items = VersionMedia.objects.select_related("media").order_by("position")
        parts = ("asset", "asset__slot__connector", "asset__creator", "case", "submitted_by", "workspace")
        return (
            self.select_related(*parts)
            .defer(*tokens_of("asset__slot__connector"))
            .prefetch_related(models.Prefetch("items", items))
        )


class Version(models.Model):
    """Caption, ordered media, format and options as submitted. Immutable; a change is a new version."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="+")
    case = models.ForeignKey(Case, models.CASCADE, related_name="versions")
    asset = models.ForeignKey(Asset, models.CASCADE, related_name="versions")
    round = models.PositiveIntegerField(default=1)
    current = models.BooleanField(default=True)
    caption = models.TextField(blank=True)
    format = models.CharField(max_length=16, choices=FORMATS)
    options = models.JSONField(default=dict, blank=True)
    media = models.ManyToManyField(Media, through="VersionMedia", related_name="versions")
    status = models.CharField(max_length=16, choices=VersionStatus, default=VersionStatus.IN_REVIEW)
    seal = models.CharField(max_length=64, blank=True, help_text=gettext_lazy("SHA-256 of what was approved."))
    planned_at = models.DateTimeField(
        null=True, blank=True, help_text=gettext_lazy("The slot's moment, kept here to sort by.")
    )
    unplaced = models.BooleanField(default=False, help_text=gettext_lazy("Approved and not on its way anywhere."))
    submitted_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    submitted_at = models.DateTimeField(db_default=Now(), editable=False)
    decided_at = models.DateTimeField(null=True, blank=True)
    edition = models.PositiveIntegerField(default=0, help_text=gettext_lazy("Rises with every change of its status."))
    review_due_at = models.DateTimeField(
        null=True,
        blank=True,
        help_text=gettext_lazy("Until when to decide, set by hand. Empty: the workspace's lead before the slot."),
    )

    reminders = models.PositiveSmallIntegerField(
        default=0, help_text=gettext_lazy("1: reviewers were reminded, 2: managers, too.")
    )

    fresh: Fresh | None = None  # not written yet: with what is written beside it
    objects = VersionQuerySet.as_manager()

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["asset", "round"], name="one_version_per_round"),
            models.UniqueConstraint(fields=["asset"], condition=models.Q(current=True), name="one_current_version"),
            models.CheckConstraint(condition=models.Q(status__in=VersionStatus.values), name="version_status_known"),
            models.CheckConstraint(
                condition=~models.Q(status=VersionStatus.APPROVED) | ~models.Q(seal=""), name="approved_is_sealed"
            ),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["workspace", "status", "planned_at", "id"], name="version_queue"),
            models.Index(
                fields=["workspace", "planned_at", "id"], condition=models.Q(unplaced=True), name="version_unplaced"
            ),
            models.Index(fields=["case", "-asset"], condition=models.Q(current=True), name="version_of_case"),
            models.Index(
                fields=["workspace", "-decided_at", "-id"],
                condition=models.Q(status=VersionStatus.APPROVED, current=True),
                name="version_finished",
            ),
            models.Index(
                fields=["submitted_at"],
                condition=models.Q(status=VersionStatus.IN_REVIEW, reminders__lt=2),
                name="version_to_remind",
            ),
        ]

    def __str__(self) -> str:
        return _("%(asset)s, round %(round)s") % {"asset": self.asset, "round": self.round}

    @property
    def in_review(self) -> bool:
        return self.status == VersionStatus.IN_REVIEW

    @property
    def approved(self) -> bool:
        return self.status == VersionStatus.APPROVED

    def ordered_items(self) -> list[VersionMedia]:
        """The media in their order, from the prefetch where there is one."""
        if "items" in getattr(self, "_prefetched_objects_cache", {}):
            return list(self.items.all())
        return list(self.items.select_related("media").order_by("position"))

    def content(self) -> Content:
        """What was submitted, as the rules and the platforms see it."""
        media = tuple(item.media.as_medium(item.alt_text) for item in self.ordered_items())
        return Content(Format(self.format), self.caption, media, self.options)

    def compute_seal(self) -> str:
        """The hash of what this version says now; equal to `seal` as long as nothing was changed since approval."""
        return seal_of(self.content())

    @property
    def seal_holds(self) -> bool:
        return bool(self.seal) and self.seal == self.compute_seal()

    @property
    def due_at(self) -> datetime | None:
        """Until when to decide: as set by hand, else from the slot (see `due.py`)."""
        return due.of(self)

    @property
    def overdue(self) -> bool:
        return due.overdue(self)

    def durations(self) -> list[float | None]:
        """Of each medium, in seconds; None for a picture."""
        return [(item.media.duration or 0.0) if item.media.is_video else None for item in self.ordered_items()]

    # --- verbs ---------------------------------------------------------------------------------------------------

    def accept(self, *, by: Membership | ReviewLink, feedback: str = "") -> Review:
        """Approve, lock and seal. Raises PermissionDenied or IllegalMove with a sentence."""
        self.require_reviewer(by)
        return states.decide(self, Decision.ACCEPT, by=by, feedback=feedback, seal=self.compute_seal(), unplaced=True)

    def regenerate(self, *, by: Membership | ReviewLink, feedback: str, pins: Sequence[Pin] = ()) -> Review:
        """Ask for another version, its studio where one made it, else its creator; feedback and pins stay beside it."""
        from approvals.studios import regenerating  # which knows what is defined here

        self.require_reviewer(by)
        check_pins(pins, self.durations())
        words = feedback if any(pin.text.strip() for pin in pins) else _words(feedback, _("what should change"))
        with transaction.atomic():
            review = states.decide(self, Decision.REGENERATE, by=by, feedback=words.strip(), pins=pins)
            regenerating.ask(self, review)
        return review

    def reject(self, *, by: Membership | ReviewLink, reason: str) -> Review:
        """Exclude this version for good."""
        self.require_reviewer(by)
        return states.decide(self, Decision.REJECT, by=by, feedback=_words(reason, _("why it is rejected")))

    def undo(self, *, by: Membership) -> Review:
        """Take one's own decision back, just after it and while nothing has followed. The history keeps both."""
        by.require_at(self.workspace_id)
        return states.undo(self, by=by)

    def comment(self, *, by: Membership, text: str, pins: Sequence[Pin] = ()) -> Comment:
        """Say something about it that decides nothing. Whoever has to do with it is told."""
        by.require_at(self.workspace_id)
        if not (by.can(Ability.CREATE) or by.can(Ability.REVIEW)):
            raise PermissionDenied(_("As viewer you can read the conversation. Ask a manager if you should take part."))
        return self._said(by.user, text, pins)

    def _said(self, by: User, text: str, pins: Sequence[Pin]) -> Comment:
        check_pins(pins, self.durations())
        words = text.strip()
        if not words and not any(pin.text for pin in pins):
            raise states.IllegalMove(_("Write something first."))
        if len(words) > LONGEST_COMMENT:
            raise states.IllegalMove(
                _("A comment has at most %(most)s characters. Shorten it, or write two.") % {"most": LONGEST_COMMENT}
            )
        with transaction.atomic():
            said = self.comments.create(text=words, pins=stored(pins), by=by)
            line = words or "; ".join(pin.text for pin in pins if pin.text)
            record(self, "commented", by=by, text=line, round=self.round, **states.said_in_full(words, pins))
        return said

    def set_due(self, at: datetime | None, *, by: Membership) -> None:
        """Say until when to decide; None goes back to the workspace's lead before the slot."""
        by.require(Ability.REVIEW, at=self.workspace_id)
        if at and at <= timezone.now():
            raise states.IllegalMove(_("This moment is over. Choose a later one."))
        with transaction.atomic():
            waiting = Version.objects.filter(pk=self.pk, status=VersionStatus.IN_REVIEW)
            if not waiting.update(review_due_at=at):
                raise states.IllegalMove(_("Nothing is due any more: this version is decided."))
            record(self, "due_set", by=by.user, at=at.isoformat() if at else None)
        self.review_due_at = at

    def require_reviewer(self, by: Membership | ReviewLink) -> None:
        """Raise PermissionDenied or IllegalMove, with a sentence, when this person may not decide about it."""
        if isinstance(by, ReviewLink):
            by.require_open()
            if not by.versions().filter(pk=self.pk).exists():
                raise PermissionDenied(_("This link does not open this version."))
            return
        by.require(Ability.REVIEW, at=self.workspace_id)
        if self.submitted_by_id == by.user_id and not by.workspace.allow_self_approval:
            raise PermissionDenied(_("You submitted this version yourself; somebody else has to decide about it."))
        if self.asset.discarded:
            raise states.IllegalMove(_("This asset is discarded. Bring it back first."))


class VersionMedia(models.Model):
    """One medium at its place in a version."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    version = models.ForeignKey(Version, models.CASCADE, related_name="items")
    media = models.ForeignKey(Media, models.PROTECT, related_name="+")
    position = models.PositiveSmallIntegerField()
    alt_text = models.CharField(max_length=1000, blank=True)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["version", "position"], name="one_medium_per_place")
        ]

    def __str__(self) -> str:
        return f"{self.position + 1}. {self.media}"


def _words(text: str, what: str) -> str:
    if not text.strip():
        raise states.IllegalMove(_("Say %(what)s, so that the creator knows what to do.") % {"what": what})
    return text.strip()


def _hold(media: Sequence[Media]) -> None:
    """Lock these files, so that nobody deletes one as unused while it is being put to use."""
    wanted = {m.pk for m in media}
    held = (
        Media.objects.select_for_update(no_key=True).filter(pk__in=wanted).order_by("pk").values_list("pk", flat=True)
    )
    if len(held) != len(wanted):
        raise states.IllegalMove(_("A file was deleted meanwhile, because nothing used it. Upload it again."))
