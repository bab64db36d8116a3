"""Content that comes into being in one piece: an asset, its first version and, where its maker may, its acceptance.

Until it is written nobody else can see it: nothing has to be locked, superseded, outrun or settled. Who may do it, and
what then stands in the history, is as with `Asset.submit` and `Version.accept`.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.utils.translation import gettext as _

from approvals.models import Asset, Case, Media, Version, VersionMedia
from collavo import prepared
from collavo.accounts.models import Ability, Membership, Workspace
from collavo.timeline.models import Event, line, record_many


class Fresh:
    """What is written together with a version that is not written yet (`Version.fresh`)."""

    def __init__(self, version: Version, items: Sequence[VersionMedia]) -> None:
        self.version = version
        self.rows: list[Model] = [version.asset, version, *items]
        self.lines: list[Event] = []

    def add(self, row: Model, said: Event) -> None:
        self.rows.append(row)
        self.lines.append(said)

    def write(self, *more: Model, lines: Sequence[Event] = ()) -> None:
        """All of it, with rows that follow from it and their lines, in one statement."""
        for said in self.lines:
            said.of_new = True
        record_many([*self.lines, *lines], beside=[*self.rows, *more])
        self.version.fresh = None


def make(
    media: Sequence[Media], *, caption: str, format: str, case: Case, title: str, by: Membership,
    alt_texts: Sequence[str] = (),
) -> Version:  # fmt: skip
    """A version in review, not written yet. `media` are locked already (`held`), so that nobody deletes one."""
    by.require(Ability.CREATE)
    if {case.workspace_id, *(medium.workspace_id for medium in media)} != {by.workspace_id}:
        raise PermissionDenied(_("These media belong to another workspace. Upload them here."))
    common: dict[str, Any] = {"workspace": by.workspace, "case": case}
    asset = Asset(title=title, creator=by.user, **common)
    version = Version(asset=asset, caption=caption, format=format, submitted_by=by.user, **common)
    alts = [*alt_texts, *[""] * len(media)]
    items = [VersionMedia(version=version, media=m, position=i, alt_text=alts[i]) for i, m in enumerate(media)]
    _known(version.items.all(), items, version, "items")
    _known(asset.rights.all(), [], asset, "rights")
    version.fresh = Fresh(version, items)
    version.fresh.lines.append(
        line(version, "submitted", by=by.user, text=_("Round %(round)s") % {"round": version.round}, asset=title)
    )
    return version


def _known(queryset: QuerySet[Any], rows: list[Any], of: Model, name: str) -> None:
    """These are all there are: what a prefetch would find."""
    queryset._result_cache, queryset._prefetch_done = rows, True  # type: ignore[attr-defined]
    of.__dict__.setdefault("_prefetched_objects_cache", {})[name] = queryset


# --- Files -----------------------------------------------------------------------------------------------------------


def held(workspace: Workspace, pks: Sequence[UUID]) -> dict[UUID, Media]:
    """Those of these files that the workspace has, locked until the transaction ends: nobody deletes one as unused
    while it is being put to use."""
    wanted = sorted(set(pks))
    found = _locking(len(wanted)).all(workspace.pk, *wanted) if wanted else []
    return {media.pk: media for media in found}


SHARED = "FOR KEY SHARE"  # keeps deletions off (`keeping`), and nobody else who uses the same file


@cache
def _locking(count: int) -> prepared.Kept[Media]:
    def make(workspace: UUID, *pks: UUID) -> QuerySet[Media]:
        return Media.objects.filter(workspace=workspace, pk__in=pks).order_by("pk")

    return prepared.Kept(make, *[UUID] * (count + 1), lock=SHARED)
