"""Assets and their versions: content sent in for review, and the decisions about it."""

from __future__ import annotations

import json
from typing import Annotated, Any, Literal
from uuid import UUID

from django.http import HttpRequest
from ninja import Query
from pydantic import Field, field_validator, model_validator

from approvals import making
from approvals.api import wire
from approvals.api.cases import READING, person
from approvals.api.wire import AssetAnswer, AssetSummary, VersionAnswer
from approvals.models import Asset, Case, Media, Slot, Version
from approvals.states import VersionStatus
from collavo.accounts.models import Scope
from collavo.api.auth import Caller, caller, needs
from collavo.api.errors import answers, not_found
from collavo.api.idempotency import Made, creating
from collavo.api.paging import MOST, PAGE, cursor, page
from collavo.api.routing import area
from collavo.api.schemas import Answer, Body, Moment, Text
from connectors.platforms.base import Format

router = area("Content")
ASSET_CURSOR = ("cursorCreatedAt", "cursorAssetId")
VERSION_CURSOR = ("cursorSubmittedAt", "cursorVersionId")
MEDIA_MOST, OPTIONS_BYTES = 50, 10_000
WORDS_ALONE = {Format.TEXT, Format.POST}  # formats that need no file


class NewAsset(Body):
    case_id: UUID
    slot_id: UUID | None = Field(None, description="The slot it is made for, of the same case.")
    title: Text = Field(min_length=1, max_length=200)
    creator_id: UUID | None = Field(None, description="One of the workspace's people; else the token's person.")


class NewVersion(Body):
    """The next round of an asset."""

    caption: Text = Field("", max_length=10_000)
    media_ids: list[UUID] = Field(default_factory=list, max_length=MEDIA_MOST, description="In their order.")
    format: Format
    options: dict[str, Any] = Field(
        default_factory=dict, description="What a post of it sets, by the platform's schema."
    )
    alt_texts: list[Text] = Field(default_factory=list, description="For the media, in their order.")

    @field_validator("media_ids")
    @classmethod
    def _each_once(cls, ids: list[UUID]) -> list[UUID]:
        if len(set(ids)) != len(ids):
            raise ValueError("Name each file once")
        return ids

    @field_validator("alt_texts")
    @classmethod
    def _short(cls, texts: list[str]) -> list[str]:
        if any(len(text) > 1000 for text in texts):
            raise ValueError("An alternative text has at most 1000 characters")
        return texts

    @field_validator("options")
    @classmethod
    def _small(cls, options: dict[str, Any]) -> dict[str, Any]:
        if len(json.dumps(options)) > OPTIONS_BYTES:
            raise ValueError(f"Options have at most {OPTIONS_BYTES} bytes of JSON")
        return options

    @model_validator(mode="after")
    def _whole(self) -> NewVersion:
        if len(self.alt_texts) > len(self.media_ids):
            raise ValueError("There are more altTexts than mediaIds")
        if not self.media_ids and not self.caption.strip():
            raise ValueError("There is nothing to review yet: name mediaIds, or write a caption")
        if not self.media_ids and self.format not in WORDS_ALONE:
            raise ValueError("Name at least one picture or film in mediaIds for this format")
        return self


class NewReview(Body):
    decision: Literal["ACCEPT", "REGENERATE", "REJECT"]
    feedback: Text = Field("", max_length=10_000, description="Required to regenerate and to reject.")

    @model_validator(mode="after")
    def _with_words(self) -> NewReview:
        if self.decision != "ACCEPT" and not self.feedback.strip():
            raise ValueError("Say in feedback what should change, or why it is rejected")
        return self


class AssetCursor(Answer):
    """Send both along to get the page behind."""

    cursor_created_at: Moment
    cursor_asset_id: UUID


class AssetPage(Answer):
    items: list[AssetSummary]
    next_cursor: AssetCursor | None


class VersionCursor(Answer):
    """Send both along to get the page behind."""

    cursor_submitted_at: Moment
    cursor_version_id: UUID


class VersionPage(Answer):
    items: list[VersionAnswer]
    next_cursor: VersionCursor | None


# --- Assets ----------------------------------------------------------------------------------------------------------


@router.post("/assets", auth=needs(Scope.MEDIA), response=answers({201: AssetAnswer}), operation_id="beginAsset")
@creating
def begin_asset(request: HttpRequest, body: NewAsset) -> Made:
    """Begin a piece of content. Its content itself comes with its versions."""
    who = caller(request)
    case = who.one(Case.objects.all(), body.case_id, "case")
    slot = who.one(Slot.objects.all(), body.slot_id, "slot") if body.slot_id else None
    creator = person(who, body.creator_id)
    made = making.begin_asset(case, title=body.title, slot=slot, creator=creator, by=who.member)
    return Made(201, wire.asset_answer(wire.assets().get(pk=made.pk)))


@router.get("/assets", auth=needs(*READING), response=answers({200: AssetPage}), operation_id="listAssets")
def list_assets(
    request: HttpRequest,
    case_id: Annotated[UUID | None, Query(alias="caseId")] = None,
    slot_id: Annotated[UUID | None, Query(alias="slotId")] = None,
    status: VersionStatus | None = None,
    discarded: bool | None = None,
    cursor_created_at: Annotated[Moment | None, Query(alias=ASSET_CURSOR[0])] = None,
    cursor_asset_id: Annotated[UUID | None, Query(alias=ASSET_CURSOR[1])] = None,
    limit: Annotated[int, Query(ge=1, le=MOST)] = PAGE,
) -> AssetPage:
    """The assets of the workspace, newest first. `status` is that of the current version."""
    wanted = {"case": case_id, "slot": slot_id, "discarded_at__isnull": None if discarded is None else not discarded}
    found = caller(request).rows(wire.assets().filter(**{k: v for k, v in wanted.items() if v is not None}))
    if status:
        found = found.filter(pk__in=Version.objects.filter(current=True, status=status).values("asset"))
    shown = page(found, cursor(cursor_created_at, cursor_asset_id, names=ASSET_CURSOR), limit)
    behind = AssetCursor(cursor_created_at=shown.next.at, cursor_asset_id=shown.next.pk) if shown.next else None
    return AssetPage(items=[wire.asset_summary(asset) for asset in shown.rows], next_cursor=behind)


@router.get("/assets/{uuid:asset_id}", auth=needs(*READING), response=answers({200: AssetAnswer}), operation_id="asset")
def get_asset(request: HttpRequest, asset_id: UUID) -> AssetAnswer:
    """One asset with all its rounds."""
    return wire.asset_answer(caller(request).one(wire.assets(), asset_id, "asset"))


# --- Versions --------------------------------------------------------------------------------------------------------


@router.post(
    "/assets/{uuid:asset_id}/versions", auth=needs(Scope.MEDIA), response=answers({201: VersionAnswer}),
    operation_id="submitVersion",
)  # fmt: skip
@creating
def submit_version(request: HttpRequest, asset_id: UUID, body: NewVersion) -> Made:
    """Send content in for review, as the next round of the asset. The round before it is superseded."""
    who = caller(request)
    asset = who.one(Asset.objects.select_related("slot"), asset_id, "asset")
    version = asset.submit(
        caption=body.caption.replace("\r\n", "\n"), media=_media(who, body.media_ids), format=body.format.value,
        options=body.options, alt_texts=body.alt_texts, by=who.member,
    )  # fmt: skip
    return Made(201, _version(version.pk))


@router.get("/versions", auth=needs(*READING), response=answers({200: VersionPage}), operation_id="listVersions")
def list_versions(
    request: HttpRequest,
    status: VersionStatus | None = None,
    case_id: Annotated[UUID | None, Query(alias="caseId")] = None,
    cursor_submitted_at: Annotated[Moment | None, Query(alias=VERSION_CURSOR[0])] = None,
    cursor_version_id: Annotated[UUID | None, Query(alias=VERSION_CURSOR[1])] = None,
    limit: Annotated[int, Query(ge=1, le=MOST)] = PAGE,
) -> VersionPage:
    """The versions of the workspace, newest first: with `status=in_review`, what waits for a decision."""
    wanted = {"status": status, "case": case_id}
    found = caller(request).rows(wire.versions().filter(**{k: v for k, v in wanted.items() if v is not None}))
    shown = page(found, cursor(cursor_submitted_at, cursor_version_id, names=VERSION_CURSOR), limit, by="submitted_at")
    behind = VersionCursor(cursor_submitted_at=shown.next.at, cursor_version_id=shown.next.pk) if shown.next else None
    return VersionPage(items=[wire.version_answer(version) for version in shown.rows], next_cursor=behind)


@router.get(
    "/versions/{uuid:version_id}", auth=needs(*READING), response=answers({200: VersionAnswer}), operation_id="version"
)
def get_version(request: HttpRequest, version_id: UUID) -> VersionAnswer:
    """One version with its decisions."""
    return wire.version_answer(caller(request).one(wire.versions(), version_id, "version"))


@router.post(
    "/versions/{uuid:version_id}/review", auth=needs(Scope.REVIEW), response=answers({200: VersionAnswer}),
    operation_id="reviewVersion",
)  # fmt: skip
@creating
def review_version(request: HttpRequest, version_id: UUID, body: NewReview) -> Made:
    """Decide about a version in review, in the name of the token's person.

    403 for what that person submitted, unless the workspace allows it; 409 when it was decided already.
    """
    who = caller(request)
    version = who.one(Version.objects.select_related("asset", "workspace"), version_id, "version")
    if body.decision == "ACCEPT":
        version.accept(by=who.member, feedback=body.feedback)
    elif body.decision == "REGENERATE":
        version.regenerate(by=who.member, feedback=body.feedback)
    else:
        version.reject(by=who.member, reason=body.feedback)
    return Made(200, _version(version.pk))


def _version(pk: UUID) -> VersionAnswer:
    return wire.version_answer(wire.versions().get(pk=pk))


def _media(who: Caller, pks: list[UUID]) -> list[Media]:
    """In their order; 404 when one is not the workspace's."""
    found = who.rows(Media.objects.all()).in_bulk(pks)
    for pk in pks:
        if pk not in found:
            raise not_found(f"medium {pk}")
    return [found[pk] for pk in pks]
