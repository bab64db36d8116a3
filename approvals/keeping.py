"""How media go: by a person's hand while nothing uses them, and by themselves when nothing has for long."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import BooleanField, Exists, ExpressionWrapper, ManyToOneRel, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from approvals import resumable
from approvals.models import Media, Upload
from approvals.states import IllegalMove
from approvals.storage.leftovers import forget
from collavo.accounts.models import Ability, Membership, User
from collavo.timeline.models import record

IN_USE = gettext_noop("Something uses this file (a version, or a hand-off's proof), so it has to stay.")
BATCH = 200


def uses() -> ExpressionWrapper[Any]:
    """Whether anything refers to a medium: a version, or a row of an app above (a hand-off's screenshot, say)."""
    found = [
        Exists(relation.related_model._base_manager.filter(**{relation.field.name: OuterRef("pk")}))
        for relation in Media._meta.get_fields(include_hidden=True)
        if isinstance(relation, ManyToOneRel) and relation.related_model is not Upload
    ]
    return ExpressionWrapper(Q(*found, _connector=Q.OR), BooleanField())


def unused() -> QuerySet[Media]:
    return Media.objects.filter(~Q(uses()))


def delete(media: Media, *, by: Membership) -> None:
    """Delete a file that no version uses. Raises IllegalMove for one that is used."""
    by.require(Ability.CREATE, at=media.workspace_id)
    if not _delete(media, by=by.user):
        raise IllegalMove(_(IN_USE))


def prune() -> int:
    """Delete what no version has used for `UNUSED_MEDIA_DAYS`, and uploads that nobody finished. How many media.

    Those of an upload that is still open (its program may be about to use them) stay.
    """
    resumable.prune()
    before = timezone.now() - timedelta(days=settings.UNUSED_MEDIA_DAYS)
    under_way = Upload.objects.filter(media=OuterRef("pk"), expires_at__gt=timezone.now())
    old, deleted = unused().filter(~Exists(under_way), created_at__lt=before).order_by("pk"), 0
    last: Sequence[Media] = list(old[:BATCH])
    while last:
        deleted += sum(_delete(media, by="schedule") for media in last)
        last = list(old.filter(pk__gt=last[-1].pk)[:BATCH])
    return deleted


def _delete(media: Media, *, by: User | str) -> bool:
    """Whether it was deleted. Its row is locked, as `Asset.submit` locks it: nobody begins to use it meanwhile."""
    with transaction.atomic():
        Media.objects.select_for_update().filter(pk=media.pk).first()
        row = unused().filter(pk=media.pk).first()  # asked when the lock is held
        if row is None:
            return False
        record(media, "deleted", by=by, text=media.name, sha256=media.sha256)
        row.delete()
        files = (media.file, media.thumbnail, media.poster)
        transaction.on_commit(lambda: forget(files))
    return True
