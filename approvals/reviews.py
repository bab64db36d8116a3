"""Decisions about versions, as they are kept. Who may decide, and what follows, say `Version` and `states.py`."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from approvals.conversation import ReviewLink
from approvals.pins import Pin, loaded
from collavo.ids import uuid7


class Decision(models.TextChoices):
    ACCEPT = "accept", gettext_lazy("Accepted")
    REGENERATE = "regenerate", gettext_lazy("Asked to regenerate")
    REJECT = "reject", gettext_lazy("Rejected")


class ReviewQuerySet(models.QuerySet["Review"]):
    def standing(self) -> ReviewQuerySet:
        """Those that were not taken back."""
        return self.filter(undone_at=None)

    def with_people(self) -> ReviewQuerySet:
        return self.select_related("by", "link", "version")


class Review(models.Model):
    """One decision about one version."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    version = models.ForeignKey("approvals.Version", models.CASCADE, related_name="reviews")
    decision = models.CharField(max_length=12, choices=Decision)
    feedback = models.TextField(blank=True)
    pins = models.JSONField(
        default=list, blank=True, help_text=gettext_lazy("Points of a picture and moments of a film.")
    )
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    link = models.ForeignKey(
        ReviewLink, models.SET_NULL, null=True, blank=True, related_name="reviews",
        help_text=gettext_lazy("By which somebody without an account decided."),
    )  # fmt: skip
    at = models.DateTimeField(db_default=Now())
    undone_at = models.DateTimeField(
        null=True, blank=True, help_text=gettext_lazy("When whoever decided took it back.")
    )

    objects = ReviewQuerySet.as_manager()

    def __str__(self) -> str:
        return _("%(decision)s by %(name)s") % {"decision": self.get_decision_display(), "name": self.who}

    @property
    def who(self) -> str:
        """Who decided, also when it was by a link. "" for somebody who left."""
        return str(self.by or (self.link and self.link.signature) or "")

    @property
    def marks(self) -> list[Pin]:
        return loaded(self.pins)
