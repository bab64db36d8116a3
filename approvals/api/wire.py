"""Cases, slots, assets and versions as the API tells of them."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import Prefetch, QuerySet
from pydantic import Field

from approvals.models import Asset, Case, Review, Slot, Version, VersionMedia
from collavo.accounts.models import User
from collavo.api.schemas import Answer, Moment

STATUSES = "in_review, approved, regenerating, rejected or superseded"


class CaseAnswer(Answer):
    """A collaboration of a brand and a creator."""

    id: UUID
    name: str
    brand: str
    creator: str | None = Field(description="The creator's name.")
    created_at: Moment


class SlotAnswer(Answer):
    """A planned place in the calendar."""

    id: UUID
    case_id: UUID
    starts_at: Moment
    connector_id: UUID | None
    channel: str = Field(description="The platform's key, such as `instagram`.")
    format: str
    angle: str


class PlacedMedium(Answer):
    """A file at its place in a version."""

    media_id: UUID
    alt_text: str


class ReviewAnswer(Answer):
    """One decision about a version."""

    decision: str = Field(description="ACCEPT, REGENERATE or REJECT")
    feedback: str
    by: str | None
    at: Moment


class VersionAnswer(Answer):
    """Content as it was submitted. It never changes: a change is the next round."""

    id: UUID
    asset_id: UUID
    case_id: UUID
    round: int
    current: bool = Field(description="No newer round exists.")
    status: str = Field(description=STATUSES)
    caption: str
    format: str
    options: dict[str, Any]
    media: list[PlacedMedium]
    seal: str = Field(description="SHA-256 of what was approved; empty before.")
    submitted_by: str | None
    submitted_at: Moment
    decided_at: Moment | None
    reviews: list[ReviewAnswer]


class AssetSummary(Answer):
    """One piece of content."""

    id: UUID
    case_id: UUID
    slot_id: UUID | None
    title: str
    creator: str | None
    discarded: bool = Field(description="Taken out: it never publishes while it is.")
    status: str | None = Field(description=f"Of its current version: {STATUSES}; null while it has none.")
    round: int = Field(description="Of its current version; 0 while it has none.")
    created_at: Moment


class AssetAnswer(AssetSummary):
    """With all its rounds, the newest first."""

    versions: list[VersionAnswer]


def versions() -> QuerySet[Version]:
    """With what an answer tells, in a constant number of statements."""
    items = VersionMedia.objects.order_by("position")
    reviews = Review.objects.select_related("by").order_by("at", "id")
    return Version.objects.select_related("submitted_by").prefetch_related(
        Prefetch("items", items), Prefetch("reviews", reviews)
    )


def assets() -> QuerySet[Asset]:
    current = Version.objects.filter(current=True).only("asset_id", "status", "round")
    return Asset.objects.select_related("creator").prefetch_related(Prefetch("versions", current, to_attr="now"))


def case_answer(case: Case) -> CaseAnswer:
    return CaseAnswer(
        id=case.pk, name=case.name, brand=case.brand, creator=_name(case.creator), created_at=case.created_at
    )


def slot_answer(slot: Slot) -> SlotAnswer:
    return SlotAnswer(
        id=slot.pk, case_id=slot.case_id, starts_at=slot.starts_at, connector_id=slot.connector_id,
        channel=slot.channel, format=slot.format, angle=slot.angle,
    )  # fmt: skip


def version_answer(version: Version) -> VersionAnswer:
    """Of a version that `versions()` has read."""
    return VersionAnswer(
        id=version.pk, asset_id=version.asset_id, case_id=version.case_id, round=version.round,
        current=version.current, status=version.status, caption=version.caption, format=version.format,
        options=version.options, seal=version.seal, submitted_by=_name(version.submitted_by),
        submitted_at=version.submitted_at, decided_at=version.decided_at,
        media=[PlacedMedium(media_id=item.media_id, alt_text=item.alt_text) for item in version.items.all()],
        reviews=[
            ReviewAnswer(decision=r.decision.upper(), feedback=r.feedback, by=_name(r.by), at=r.at)
            for r in version.reviews.all()
        ],
    )  # fmt: skip


def asset_summary(asset: Asset) -> AssetSummary:
    """Of an asset that `assets()` has read."""
    return AssetSummary(**_summary(asset))


def asset_answer(asset: Asset) -> AssetAnswer:
    rounds = versions().filter(asset=asset).order_by("-round")
    return AssetAnswer(**_summary(asset), versions=[version_answer(version) for version in rounds])


def _summary(asset: Asset) -> dict[str, Any]:
    now: list[Version] = asset.now  # type: ignore[attr-defined]
    return {
        "id": asset.pk, "case_id": asset.case_id, "slot_id": asset.slot_id, "title": asset.title,
        "creator": _name(asset.creator), "discarded": asset.discarded, "created_at": asset.created_at,
        "status": now[0].status if now else None, "round": now[0].round if now else 0,
    }  # fmt: skip


def _name(person: User | None) -> str | None:
    return str(person) if person else None
