"""TikTok's endpoints of the REST API: its users' words for what `options.py` calls otherwise."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, ConfigDict, Field

from collavo.api.schemas import Answer, Text
from connectors.platforms.api import (
    Count,
    DraftDialect,
    DraftFields,
    Endpoint,
    Flag,
    MediaId,
    PlatformApi,
    PublishBody,
    PublishRow,
    ScheduledAt,
    Sent,
    Wanted,
    carousel_values,
    row_values,
)
from connectors.platforms.base import Format, Json
from connectors.platforms.tiktok import journal
from connectors.platforms.tiktok.post import length
from connectors.platforms.tiktok.words import DIRECT, INBOX, PRIVATE

type Privacy = Literal["PUBLIC_TO_EVERYONE", "MUTUAL_FOLLOW_FRIENDS", "FOLLOWER_OF_CREATOR", "SELF_ONLY"]
CAPTION, CAROUSEL_CAPTION = 2200, 90
EXAMPLE_MEDIA = "019e1b70-6f9e-80fd-8c49-690bcbdaf8db"
EXAMPLE_ACCOUNT = "550e8400-e29b-41d4-a716-446655440000"


def _short(caption: str) -> str:
    """As TikTok counts: in UTF-16 code units."""
    if length(caption) > CAROUSEL_CAPTION:
        raise ValueError(f"The caption of photos takes up to {CAROUSEL_CAPTION} characters")
    return caption


class _TikTokBody(PublishBody):
    tiktok_account_id: UUID = Field(description="A connected account, from GET /tiktok/accounts.")
    privacy_level: Privacy = Field("SELF_ONLY", description="Who can see it. Ignored when postMode is inbox.")
    is_aigc: Flag = Field(False, description="Made with AI.")
    post_mode: Literal["direct", "inbox"] = Field("direct", description="inbox: the creator finishes it in the app.")
    disable_comment: Flag = False
    disable_duet: Flag = False
    disable_stitch: Flag = False
    disclose_commercial: Flag | None = Field(None, description="It promotes a brand, a product or a service.")
    brand_organic: Flag = Field(False, description="For your own brand.")
    branded_content: Flag = Field(False, description="For another brand: a paid partnership.")

    def options(self) -> dict[str, Json]:
        chosen: dict[str, Json] = {"post_mode": self.post_mode}
        if self.post_mode == INBOX:
            return chosen  # everything else is the creator's choice in the app
        for name in _CHOICES:
            if getattr(self, name) is not None:
                chosen[name] = getattr(self, name)
        return chosen


_CHOICES = (
    "privacy_level", "is_aigc", "disable_comment", "disable_duet", "disable_stitch", "disclose_commercial",
    "brand_organic", "branded_content",
)  # fmt: skip


class TikTokPublish(_TikTokBody):
    """A single video."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "mediaId": EXAMPLE_MEDIA, "tiktokAccountId": EXAMPLE_ACCOUNT, "caption": "Made with AI #wonda",
                    "privacyLevel": PRIVATE, "isAigc": True, "postMode": DIRECT,
                }
            ]
        }
    )  # fmt: skip
    media_id: MediaId
    caption: Text = Field("", max_length=CAPTION)
    scheduled_at: ScheduledAt = None

    def wanted(self) -> Wanted:
        formats = dict.fromkeys(("video", "image"), Format.VIDEO)
        return Wanted(
            self.tiktok_account_id, (self.media_id,), self.caption, formats, self.options(),
            scheduled_at=self.scheduled_at,
        )  # fmt: skip


class TikTokCarousel(_TikTokBody):
    """Photos: JPEG or WebP, stored under a prefix that TikTok has verified."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "mediaIds": [EXAMPLE_MEDIA, "019e1b72-0742-8bae-bb93-b569036d05af"],
                    "tiktokAccountId": EXAMPLE_ACCOUNT, "caption": "New carousel", "privacyLevel": PRIVATE,
                    "postMode": DIRECT, "coverIndex": 0,
                }
            ]
        }
    )  # fmt: skip
    media_ids: list[MediaId] = Field(min_length=2, max_length=35)
    caption: Annotated[Text, AfterValidator(_short)] = Field("", max_length=CAROUSEL_CAPTION)
    cover_index: Count = Field(0, description="Which image is the cover, from 0.")

    def wanted(self) -> Wanted:
        formats = dict.fromkeys(("image", "video"), Format.CAROUSEL)
        options: dict[str, Json] = {**self.options(), "cover_index": self.cover_index}
        return Wanted(self.tiktok_account_id, tuple(self.media_ids), self.caption, formats, options)


class TikTokCarouselLive(Answer):
    """It is live."""

    tiktok_publish_id: UUID
    publish_id: str | None = Field(description="TikTok's id of the publish.")
    tiktok_media_id: str | None = Field(description="TikTok's id of the post.")
    permalink: str | None
    image_count: int


class TikTokCarouselPending(TikTokCarouselLive):
    """Not live yet: null for what is not known. Poll GET /jobs/publish/{outputJobId}."""

    output_job_id: UUID
    status: str


class TikTokRow(PublishRow):
    tiktok_publish_id: UUID
    tiktok_account_id: UUID
    publish_id: str | None
    tiktok_media_id: str | None


def publish_id(sent: Sent) -> str:
    """TikTok's own id of the publish; "" while it has not been opened."""
    found = journal.opened(sent.journal)
    return found.publish_id if found else ""


def _ids(sent: Sent) -> dict[str, object]:
    return {
        "tiktok_publish_id": sent.job_id, "publish_id": publish_id(sent) or None,
        "tiktok_media_id": sent.remote_id or None,
    }  # fmt: skip


def _carousel(sent: Sent) -> Mapping[str, object]:
    return {**_ids(sent), **carousel_values(sent)}


def _row(sent: Sent) -> TikTokRow:
    values = {**row_values(sent), **_ids(sent), "tiktok_account_id": sent.connector_id}
    return TikTokRow.model_validate(values)


# --- The posts dialect -----------------------------------------------------------------------------------------------


class TikTokDraft(DraftFields):
    """TikTok's part of a draft. Who can see it is asked for and has no default."""

    tiktok_account_id: UUID | None = None
    privacy_level: Privacy | None = None
    mode: Literal["direct", "inbox"] | None = None
    disable_comment: Flag | None = None
    disable_duet: Flag | None = None
    disable_stitch: Flag | None = None
    brand_content_toggle: Flag | None = None
    brand_organic_toggle: Flag | None = None


def _options(said: Mapping[str, Json]) -> dict[str, Json]:
    """What a draft says, in our words; flags that it does not mention are off."""
    mode = said.get("mode") or DIRECT
    chosen: dict[str, Json] = {"post_mode": mode}
    if mode == INBOX:
        return chosen
    if said.get("privacy_level"):
        chosen["privacy_level"] = said["privacy_level"]
    for name in ("disable_comment", "disable_duet", "disable_stitch"):
        chosen[name] = bool(said.get(name))
    content, organic = bool(said.get("brand_content_toggle")), bool(said.get("brand_organic_toggle"))
    return chosen | {"branded_content": content, "brand_organic": organic, "disclose_commercial": content or organic}


STATES: Mapping[str, str] = {
    "succeeded": "PUBLISH_COMPLETE", "awaiting_creator": "SEND_TO_USER_INBOX", "failed": "FAILED",
}  # fmt: skip


def _remote_status(sent: Sent) -> str:
    """In TikTok's words, by what it last told: an upload is processed as such, an address is downloaded."""
    found = journal.opened(sent.journal)
    way = "PROCESSING_UPLOAD" if found and found.plan else "PROCESSING_DOWNLOAD"
    return STATES.get(sent.status, way)


API = PlatformApi(
    publish_id="tiktokPublishId",
    account_id="tiktokAccountId",
    endpoints=(
        Endpoint("/tiktok", "publishTiktok", "Publish a video to TikTok", TikTokPublish),
        Endpoint(
            "/tiktok/carousel", "publishTiktokCarousel", "Publish photos to TikTok", TikTokCarousel,
            TikTokCarouselLive, TikTokCarouselPending, _carousel, wait=60,
        ),
    ),
    row=TikTokRow,
    row_of=_row,
    drafts=DraftDialect(
        "tiktok_account_id", TikTokDraft, _options, ("privacy_level",),
        {"video": Format.VIDEO, "image": Format.CAROUSEL}, Format.CAROUSEL, publish_id, _remote_status, "tiktok_status",
    ),
)  # fmt: skip
