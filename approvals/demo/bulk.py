"""Rows in bulk for benchmarks: as many assets as asked for, in seconds, without a file for each."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from itertools import batched, cycle
from pathlib import Path
from tempfile import TemporaryDirectory

from django.db import transaction
from django.utils import timezone

from approvals import uploads
from approvals.demo import render
from approvals.models import Asset, Case, Media, Slot, Version, VersionMedia
from approvals.seal import seal_of
from approvals.states import VersionStatus
from collavo.accounts.models import Ability, Membership, Workspace
from connectors.platforms.base import Content, Format

BATCH = 2000
MIXED = (VersionStatus.IN_REVIEW, VersionStatus.APPROVED, VersionStatus.REGENERATING, VersionStatus.REJECTED)
_CAPTION = "Asset {number}. Too warm for a coat, too cold for none: the linen overshirt, for the weeks in between."


def make_assets(workspace: Workspace, n: int, *, statuses: Sequence[VersionStatus] = MIXED) -> list[Version]:
    """Make `n` assets with a slot and one version each, and give the versions. All share a few media.

    The statuses take turns; approved versions are sealed and wait on the board. Slots stand ten minutes apart from
    tomorrow on. Writes no history: this is for measuring, not for showing. Raises ValueError when nobody in the
    workspace may upload.
    """
    uploader = next((m for m in workspace.memberships.select_related("user") if m.can(Ability.CREATE)), None)
    if uploader is None:
        raise ValueError("Somebody in the workspace must be able to upload.")
    media = list(Media.objects.filter(workspace=workspace, kind="image")[:8]) or _pictures(uploader)
    case = Case.objects.create(workspace=workspace, name=f"Bulk of {n}", creator=uploader.user)
    made: list[Version] = []
    for numbers in batched(range(n), BATCH):
        with transaction.atomic():
            made += _batch(case, numbers, media, statuses)
    return made


def _pictures(uploader: Membership) -> list[Media]:
    with TemporaryDirectory() as folder:
        paths = [render.render(name, Path(folder)) for name in ("dye.jpg", "chairs.jpg", "open-studio.jpg")]
        return [uploads.take_file(path, name=path.name, by=uploader) for path in paths]


def _batch(
    case: Case, numbers: Sequence[int], media: Sequence[Media], statuses: Sequence[VersionStatus]
) -> list[Version]:
    slots = Slot.objects.bulk_create(_slot(case, number) for number in numbers)
    assets = Asset.objects.bulk_create(
        Asset(workspace=case.workspace, case=case, slot=slot, title=f"Asset {number}", creator=case.creator)
        for number, slot in zip(numbers, slots, strict=True)
    )
    pictures = [media[number % len(media)] for number in numbers]
    versions = Version.objects.bulk_create(
        _version(asset, number, picture, status)
        for number, asset, picture, status in zip(numbers, assets, pictures, cycle(statuses), strict=False)
    )
    VersionMedia.objects.bulk_create(
        VersionMedia(version=version, media=picture, position=0)
        for version, picture in zip(versions, pictures, strict=True)
    )
    return versions


def _slot(case: Case, number: int) -> Slot:
    starts_at = timezone.now() + timedelta(days=1, minutes=10 * number)
    return Slot(workspace=case.workspace, case=case, starts_at=starts_at, channel="instagram", format=Format.IMAGE)


def _version(asset: Asset, number: int, picture: Media, status: VersionStatus) -> Version:
    version = Version(
        workspace=asset.workspace, case=asset.case, asset=asset, caption=_CAPTION.format(number=number),
        format=Format.IMAGE, planned_at=asset.slot.starts_at if asset.slot else None, submitted_by=asset.creator,
        status=status, unplaced=status == VersionStatus.APPROVED,
    )  # fmt: skip
    if status == VersionStatus.APPROVED:
        version.seal = seal_of(Content(Format.IMAGE, version.caption, (picture.as_medium(),)))
        version.decided_at = timezone.now()
    return version
