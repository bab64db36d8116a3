"""Posts, and the log of what was tried for them. The status is written by `states.py` alone."""

from __future__ import annotations

from datetime import UTC
from typing import ClassVar

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Coalesce, Now
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from approvals.models import FORMATS, Case, Media, Version
from collavo.accounts.models import Workspace
from collavo.ids import uuid7
from connectors.models import Connector, tokens_of


class Status(models.TextChoices):
    SCHEDULED = "scheduled", gettext_lazy("Scheduled")
    QUEUED = "queued", gettext_lazy("Queued")
    PUBLISHING = "publishing", gettext_lazy("Publishing")
    PUBLISHED = "published", gettext_lazy("Published")
    UNCONFIRMED = "unconfirmed", gettext_lazy("Unconfirmed")
    FAILED = "failed", gettext_lazy("Failed")
    CANCELED = "canceled", gettext_lazy("Canceled")
    AWAITING_CREATOR = "awaiting_creator", gettext_lazy("Awaiting creator")


class Hold(models.TextChoices):
    """Why a post that should move does not: nobody polls it until the reason is gone."""

    NONE = "", "—"
    LATE = "late", gettext_lazy("Late: waits for a person")
    CONNECTOR = "connector", gettext_lazy("Waits for its account")
    LIMIT = "limit", gettext_lazy("Waits for the daily limit")
    RETRY = "retry", gettext_lazy("Waits for the next try")
    PLATFORM = "platform", gettext_lazy("Waits for the platform")


SHOWN_AT = Coalesce("published_at", "scheduled_at")  # where a post stands in the calendar


class Way(models.TextChoices):
    """How a post goes out. Chosen when it is placed; from the API to a hand, never back."""

    API = "api", gettext_lazy("By the platform's API")
    HAND = "hand", gettext_lazy("By hand")


class PostQuerySet(models.QuerySet["Post"]):
    def due(self) -> PostQuerySet:
        """Somebody must act now: the database's clock decides, leases included (a lease moves `due_at` to its end)."""
        return self.filter(due_at__lte=Now())

    def open(self) -> PostQuerySet:
        """Not yet ended: may still go live, or is asked about."""
        return self.exclude(status__in=[Status.PUBLISHED, Status.CANCELED])

    def with_parts(self) -> PostQuerySet:
        """With what a card shows, in a constant number of queries."""
        from approvals.models import VersionMedia

        items = VersionMedia.objects.select_related("media").order_by("position")
        return (
            self.select_related(
                "connector",
                "case",
                "workspace",
                "by",
                "version__workspace",
                "version__asset__slot",
                "version__asset__creator",
            )
            .defer(*tokens_of("connector"))
            .annotate(overdue=models.Exists(Handoff.objects.overdue().filter(post=models.OuterRef("pk"))))
            .prefetch_related(models.Prefetch("version__items", items))
        )


class Post(models.Model):
    """One version to one connector: the thing that is scheduled and goes live, at most once.

    Three clocks: `scheduled_at` (what the person chose), `due_at` (the next moment somebody must act; NULL when
    nobody must) and `lease_until` with `lease_token` (who is acting now). While leased, `due_at` is the lease's end.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="posts")
    case = models.ForeignKey(Case, models.CASCADE, related_name="posts")
    version = models.ForeignKey(Version, models.PROTECT, related_name="posts")
    connector = models.ForeignKey(Connector, models.PROTECT, related_name="posts")
    options = models.JSONField(default=dict, blank=True)
    way = models.CharField(max_length=4, choices=Way, default=Way.API)
    seal = models.CharField(
        max_length=64, help_text=gettext_lazy("SHA-256 of the version's seal, the connector, the options and the way.")
    )
    status = models.CharField(max_length=16, choices=Status, default=Status.SCHEDULED)
    hold = models.CharField(max_length=12, choices=Hold, default=Hold.NONE, blank=True)

    scheduled_at = models.DateTimeField(null=True, blank=True)
    due_at = models.DateTimeField(null=True, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    lease_token = models.UUIDField(null=True, blank=True)
    fence = models.PositiveIntegerField(default=0, help_text=gettext_lazy("Rises with every claim."))
    enqueued_at = models.DateTimeField(
        null=True, blank=True, help_text=gettext_lazy("When a task for it was last queued.")
    )

    tries = models.PositiveSmallIntegerField(default=0)
    journal = models.JSONField(
        default=dict, blank=True, help_text=gettext_lazy("What each finished step has found out.")
    )
    step = models.CharField(max_length=120, blank=True, help_text=gettext_lazy("What is being done now, in words."))
    commit_sent_at = models.DateTimeField(null=True, blank=True)
    commit_open = models.BooleanField(
        default=False, help_text=gettext_lazy("The commit was sent and its outcome is not known.")
    )
    spent = models.JSONField(
        default=dict, blank=True, help_text=gettext_lazy("What its tries took of the platform's other windows.")
    )
    reserved_at = models.DateTimeField(
        null=True, blank=True, help_text=gettext_lazy("Counts in the account's window from here on.")
    )

    published_at = models.DateTimeField(null=True, blank=True)
    remote_id = models.CharField(max_length=200, blank=True)
    url = models.URLField(max_length=500, blank=True)
    note = models.CharField(
        max_length=500,
        blank=True,
        help_text=gettext_lazy("What the platform made of it, where that is not quite what was asked for."),
    )
    hidden = models.BooleanField(
        default=False, help_text=gettext_lazy("Live for its owner alone: the app had not passed the platform's audit.")
    )
    again_of = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="again",
        help_text=gettext_lazy("The hidden post that this one shows to everybody, after the audit."),
    )  # fmt: skip
    error = models.CharField(max_length=1000, blank=True)
    error_code = models.CharField(max_length=80, blank=True)

    look_at = models.DateTimeField(
        null=True, blank=True, help_text=gettext_lazy("When its numbers are asked for next.")
    )
    looks = models.PositiveSmallIntegerField(default=0, help_text=gettext_lazy("How often they were asked for."))

    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    objects = PostQuerySet.as_manager()

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["version", "connector"],
                condition=~Q(status=Status.CANCELED) & Q(again_of=None),
                name="one_live_post_per_version",
            ),
            # A hidden post may be followed by one public one. `verbs.publish_again` sees to it that it is hidden, and
            # a published post is never canceled, so that nobody can put a third one beside the two.
            models.UniqueConstraint(
                fields=["again_of"],
                condition=~Q(status=Status.CANCELED) & Q(again_of__isnull=False),
                name="one_post_again",
            ),
            models.CheckConstraint(condition=Q(again_of=None) | ~Q(again_of=F("id")), name="post_not_again_of_itself"),
            models.CheckConstraint(condition=Q(hidden=False) | Q(status=Status.PUBLISHED), name="hidden_post_is_live"),
            models.UniqueConstraint(
                fields=["connector", "remote_id"], condition=~Q(remote_id=""), name="one_post_per_remote_id"
            ),
            models.UniqueConstraint(
                fields=["connector"],
                condition=Q(commit_open=True, status=Status.PUBLISHING),
                name="one_open_commit",
            ),
            models.CheckConstraint(condition=Q(status__in=Status.values), name="post_status_known"),
            models.CheckConstraint(condition=Q(way__in=Way.values), name="post_way_known"),
            models.CheckConstraint(
                condition=~Q(way=Way.HAND, status__in=[Status.PUBLISHING, Status.UNCONFIRMED]),
                name="what_goes_by_hand_is_never_sent",
            ),
            models.CheckConstraint(
                condition=Q(commit_open=False) | Q(commit_sent_at__isnull=False), name="open_commit_was_sent"
            ),
            models.CheckConstraint(
                condition=Q(commit_open=False) | Q(status__in=[Status.PUBLISHING, Status.UNCONFIRMED]),
                name="open_commit_is_in_flight",
            ),
            models.CheckConstraint(
                condition=~Q(status=Status.PUBLISHED) | Q(published_at__isnull=False), name="published_has_a_moment"
            ),
            models.CheckConstraint(
                condition=Q(lease_token=None, lease_until=None) | Q(lease_token__isnull=False, lease_until=F("due_at")),
                name="lease_ends_when_due",
            ),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["due_at"], condition=Q(due_at__isnull=False), name="post_due"),
            models.Index(fields=["connector"], condition=Q(status=Status.PUBLISHING), name="post_in_flight"),
            models.Index(fields=["connector"], condition=Q(enqueued_at__isnull=False), name="post_enqueued"),
            models.Index(
                fields=["connector", "reserved_at"], condition=Q(reserved_at__isnull=False), name="post_reserved"
            ),
            models.Index(fields=["connector", "hold"], condition=~Q(hold=""), name="post_held"),
            models.Index(fields=["workspace", "status", "scheduled_at"], name="post_by_schedule"),
            models.Index(fields=["workspace", "status", "-published_at"], name="post_by_publication"),
            models.Index(fields=["workspace", "-created_at"], name="post_by_creation"),
            models.Index(fields=["look_at"], condition=Q(look_at__isnull=False), name="post_look_due"),
            models.Index(
                fields=["published_at"],
                condition=Q(status=Status.PUBLISHED, look_at=None, looks=0),
                name="post_never_looked_at",
            ),
            models.Index("workspace", SHOWN_AT, condition=~Q(status=Status.CANCELED), name="post_in_calendar"),
            models.Index("connector", SHOWN_AT, condition=~Q(status=Status.CANCELED), name="post_of_account_by_day"),
        ]

    def __str__(self) -> str:
        return _("%(asset)s to %(account)s") % {"asset": self.version.asset, "account": self.connector}

    @property
    def leased(self) -> bool:
        return self.lease_token is not None


class HandoffState(models.TextChoices):
    OPEN = "open", gettext_lazy("To be posted")
    DONE = "done", gettext_lazy("Posted")
    FAILED = "failed", gettext_lazy("Could not be posted")
    MOVED = "moved", gettext_lazy("Moved to later")
    CANCELED = "canceled", gettext_lazy("Canceled")


class FoundBy(models.TextChoices):
    """Who found out that it is live."""

    NOBODY = "", "—"
    PERSON = "person", gettext_lazy("A person")
    COLLAVO = "collavo", "Collavo"


class HandoffQuerySet(models.QuerySet["Handoff"]):
    def open(self) -> HandoffQuerySet:
        return self.filter(state=HandoffState.OPEN)

    def overdue(self) -> HandoffQuerySet:
        return self.open().filter(overdue_at__lte=Now())

    def with_parts(self) -> HandoffQuerySet:
        """With what a row of a list shows, in a constant number of queries."""
        return (
            self.select_related(
                "workspace", "case", "assignee", "done_by", "screenshot", "post__connector", "post__workspace",
                "post__version__asset",
            )
            .defer(*tokens_of("post__connector"))
        )  # fmt: skip


class Handoff(models.Model):
    """The task to post something by hand: opened when its post's moment has come, and at most one open per post.

    Open exactly while its post is AWAITING_CREATOR: `states.py` opens and closes it in the transaction of the move.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="handoffs")
    case = models.ForeignKey(Case, models.CASCADE, related_name="handoffs")
    post = models.ForeignKey(Post, models.CASCADE, related_name="handoffs")
    assignee = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="handoffs"
    )
    state = models.CharField(max_length=8, choices=HandoffState, default=HandoffState.OPEN)
    why = models.CharField(max_length=300, blank=True, help_text=gettext_lazy("Why it goes by hand, as a sentence."))

    due_at = models.DateTimeField(help_text=gettext_lazy("The post's moment."))
    latest_at = models.DateTimeField(help_text=gettext_lazy("Until then its creator may move it to later."))
    overdue_at = models.DateTimeField(help_text=gettext_lazy("Open after this moment it is overdue."))
    opened_at = models.DateTimeField(db_default=Now(), editable=False)
    remind_at = models.DateTimeField(
        null=True, blank=True, help_text=gettext_lazy("When its creator is reminded; NULL: not by itself.")
    )
    reminded_at = models.DateTimeField(null=True, blank=True)
    reminders = models.PositiveSmallIntegerField(default=0)
    escalate_at = models.DateTimeField(
        null=True, blank=True, help_text=gettext_lazy("When the managers are told; NULL: never.")
    )
    escalated_at = models.DateTimeField(null=True, blank=True)

    done_at = models.DateTimeField(null=True, blank=True, help_text=gettext_lazy("When it stopped being open."))
    done_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    done_by_name = models.CharField(max_length=120, blank=True, help_text=gettext_lazy("Their name then."))
    found_by = models.CharField(max_length=8, choices=FoundBy, default=FoundBy.NOBODY, blank=True)
    url = models.URLField(max_length=500, blank=True)
    checked = models.BooleanField(default=False, help_text=gettext_lazy("The platform itself has shown the post."))
    statement = models.CharField(
        max_length=500, blank=True, help_text=gettext_lazy("What they said about it, in their words.")
    )
    screenshot = models.ForeignKey(Media, models.SET_NULL, null=True, blank=True, related_name="+")
    reason = models.CharField(
        max_length=500, blank=True, help_text=gettext_lazy("Why it could not be posted, or was taken back.")
    )
    moved_to = models.DateTimeField(null=True, blank=True)

    objects = HandoffQuerySet.as_manager()

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["post"], condition=Q(state=HandoffState.OPEN), name="one_open_handoff_per_post"
            ),
            models.CheckConstraint(condition=Q(state__in=HandoffState.values), name="handoff_state_known"),
            models.CheckConstraint(
                condition=Q(state=HandoffState.OPEN, done_at=None)
                | ~Q(state=HandoffState.OPEN) & Q(done_at__isnull=False),
                name="closed_handoff_has_a_moment",
            ),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["workspace", "due_at"], condition=Q(state=HandoffState.OPEN), name="handoff_open"),
            models.Index(fields=["overdue_at"], condition=Q(state=HandoffState.OPEN), name="handoff_overdue"),
            models.Index(fields=["workspace", "state", "-done_at"], name="handoff_closed"),
            models.Index(fields=["assignee", "state", "due_at"], name="handoff_of_person"),
        ]

    def __str__(self) -> str:
        return _("%(asset)s to %(account)s, by hand") % {
            "asset": self.post.version.asset,
            "account": self.post.connector,
        }

    @property
    def is_open(self) -> bool:
        return self.state == HandoffState.OPEN

    @property
    def overdue(self) -> bool:
        return self.is_open and self.overdue_at <= timezone.now()


class HandoffLinkQuerySet(models.QuerySet["HandoffLink"]):
    def with_parts(self) -> HandoffLinkQuerySet:
        return self.select_related("person", "handoff__workspace", "handoff__assignee")


class HandoffLink(models.Model):
    """The right of one person to one hand-off's page, without an account. Its address is signed and kept nowhere."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    handoff = models.ForeignKey(Handoff, models.CASCADE, related_name="links")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="handoff_links")
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    ends_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)
    opened_at = models.DateTimeField(
        null=True, blank=True, help_text=gettext_lazy("When its page was first looked at.")
    )

    objects = HandoffLinkQuerySet.as_manager()

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["handoff"], condition=Q(revoked_at=None), name="one_good_link_per_handoff"),
        ]

    def __str__(self) -> str:
        return f"{self.person}'s link to {self.handoff_id}"


class Attempt(models.Model):
    """One line of the dispatch log: one call (or one step that failed without one), redacted."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    post = models.ForeignKey(Post, models.CASCADE, related_name="attempts")
    fence = models.PositiveIntegerField(help_text=gettext_lazy("Which claim made it."))
    number = models.PositiveSmallIntegerField(help_text=gettext_lazy("Which try it belongs to, from 1."))
    step = models.CharField(max_length=60)
    worker = models.CharField(max_length=80, blank=True)
    method = models.CharField(max_length=8, blank=True)
    url = models.CharField(max_length=500, blank=True)
    request = models.JSONField(null=True, blank=True)
    started_at = models.DateTimeField()
    duration_ms = models.PositiveIntegerField(null=True, blank=True)
    http_status = models.PositiveSmallIntegerField(null=True, blank=True)
    platform_code = models.CharField(max_length=80, blank=True)
    correlation_id = models.CharField(max_length=120, blank=True)
    answer = models.JSONField(null=True, blank=True)
    error = models.CharField(max_length=1000, blank=True)

    class Meta:
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["post", "started_at"], name="attempt_of_post"),
            models.Index(fields=["started_at"], name="attempt_by_age"),
        ]

    def __str__(self) -> str:
        return _("%(step)s at %(when)s UTC") % {
            "step": self.step,
            "when": date_format(self.started_at.astimezone(UTC), "d M H:i:s"),
        }


class Metric(models.Model):
    """How a live post did at one moment, in the platform's own figures since it went live. NULL: not told."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    post = models.ForeignKey(Post, models.CASCADE, related_name="metrics")
    taken_at = models.DateTimeField()
    views = models.PositiveBigIntegerField(null=True, blank=True)
    likes = models.PositiveBigIntegerField(null=True, blank=True)
    comments = models.PositiveBigIntegerField(null=True, blank=True)
    shares = models.PositiveBigIntegerField(null=True, blank=True)

    class Meta:
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["post", "-taken_at"], name="metric_of_post")]

    def __str__(self) -> str:
        return _("%(views)s views at %(when)s UTC") % {
            "views": self.views,
            "when": date_format(self.taken_at.astimezone(UTC), "d M H:i"),
        }


class WishState(models.TextChoices):
    DRAFT = "draft", gettext_lazy("Draft")
    WAITING = "waiting", gettext_lazy("Awaiting approval")
    PLACED = "placed", gettext_lazy("Placed")
    ENDED = "ended", gettext_lazy("Ended")


class Wish(models.Model):
    """What a program wants published and what is not a post yet: a draft, or content that awaits its approval.

    Once it can be, it becomes a post with the same id: who was told the id needs no other.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="wishes")
    state = models.CharField(max_length=8, choices=WishState, default=WishState.DRAFT)
    listed = models.BooleanField(
        default=False, help_text=gettext_lazy("Made as a draft: stands in the list of /posts.")
    )
    title = models.CharField(max_length=200, blank=True)
    caption = models.TextField(blank=True)
    format = models.CharField(max_length=16, choices=FORMATS, blank=True)
    media_ids = ArrayField(models.UUIDField(), default=list, blank=True)
    connector = models.ForeignKey(Connector, models.PROTECT, null=True, blank=True, related_name="+")
    said = models.JSONField(
        default=dict, blank=True, help_text=gettext_lazy("A draft's platform fields, as they were sent.")
    )
    options = models.JSONField(
        default=dict, blank=True, help_text=gettext_lazy("The post's options, once it is on its way.")
    )
    scheduled_at = models.DateTimeField(null=True, blank=True, help_text=gettext_lazy("Empty: at once."))
    version = models.ForeignKey(Version, models.PROTECT, null=True, blank=True, related_name="wishes")
    post = models.ForeignKey(Post, models.SET_NULL, null=True, blank=True, related_name="wishes")
    error = models.CharField(max_length=1000, blank=True, help_text=gettext_lazy("Why it ended without a post."))
    error_code = models.CharField(max_length=80, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    via = models.CharField(max_length=120, blank=True, help_text=gettext_lazy("Through what: “API token Newsroom”."))
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name_plural = "wishes"
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(condition=Q(state__in=WishState.values), name="wish_state_known"),
            models.CheckConstraint(
                condition=~Q(state=WishState.WAITING) | Q(version__isnull=False, connector__isnull=False),
                name="waiting_wish_is_whole",
            ),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["workspace", "-created_at"], condition=Q(listed=True), name="wish_listed"),
            models.Index(fields=["version"], condition=Q(state=WishState.WAITING), name="wish_waiting"),
        ]

    def __str__(self) -> str:
        return self.title or self.caption[:60] or _("Draft of %(day)s") % {"day": date_format(self.created_at, "d M Y")}
