"""Instagram's endpoints of the REST API: its users' words for what `options.py` calls otherwise."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal
from uuid import UUID

from pydantic import ConfigDict, Field

from collavo.api.schemas import Answer, Text
from connectors.platforms.api import (
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

CAPTION, ALT_TEXT = 2200, 1000
PRODUCTS: Mapping[str, Format] = {"IMAGE": Format.IMAGE, "REELS": Format.REEL, "STORIES": Format.STORY}
BY_KIND: Mapping[str, Format] = {"image": Format.IMAGE, "video": Format.REEL}
EXAMPLE_MEDIA = "019e1b70-6f9e-80fd-8c49-690bcbdaf8db"
EXAMPLE_ACCOUNT = "550e8400-e29b-41d4-a716-446655440001"


class InstagramPublish(PublishBody):
    """One picture or video."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "mediaId": EXAMPLE_MEDIA, "instagramAccountId": EXAMPLE_ACCOUNT, "caption": "Four ways to wear it.",
                    "altText": "A linen overshirt on a chair", "product": "IMAGE",
                }
            ]
        }
    )  # fmt: skip
    media_id: MediaId
    instagram_account_id: UUID = Field(description="A connected account, from GET /instagram/accounts.")
    caption: Text = Field("", max_length=CAPTION)
    alt_text: Text = Field("", max_length=ALT_TEXT, description="For who cannot see the picture.")
    product: Literal["IMAGE", "REELS", "STORIES"] | None = Field(
        None, description="Left out: a picture becomes IMAGE, a video REELS."
    )
    share_to_feed: Flag | None = Field(None, description="For REELS: false shows it in the Reels tab only.")
    scheduled_at: ScheduledAt = None

    def wanted(self) -> Wanted:
        formats = dict.fromkeys(BY_KIND, PRODUCTS[self.product]) if self.product else BY_KIND
        options: dict[str, Json] = {} if self.share_to_feed is None else {"share_to_feed": self.share_to_feed}
        return Wanted(
            self.instagram_account_id, (self.media_id,), self.caption, formats, options, (self.alt_text,),
            self.scheduled_at,
        )  # fmt: skip


class InstagramCarousel(PublishBody):
    """Pictures only."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "mediaIds": [EXAMPLE_MEDIA, "019e1b72-0742-8bae-bb93-b569036d05af"],
                    "instagramAccountId": EXAMPLE_ACCOUNT, "caption": "Autumn linen, from all sides.",
                }
            ]
        }
    )  # fmt: skip
    media_ids: list[MediaId] = Field(min_length=2, max_length=10)
    instagram_account_id: UUID = Field(description="A connected account, from GET /instagram/accounts.")
    caption: Text = Field("", max_length=CAPTION)

    def wanted(self) -> Wanted:
        """Of pictures alone: the API takes no other kind here, though carousels of the console may hold videos."""
        formats = {"image": Format.CAROUSEL}
        return Wanted(self.instagram_account_id, tuple(self.media_ids), self.caption, formats)


class InstagramCarouselLive(Answer):
    """It is live."""

    instagram_publish_id: UUID
    ig_media_id: str | None = Field(description="Instagram's id of the post.")
    permalink: str | None
    image_count: int


class InstagramCarouselPending(InstagramCarouselLive):
    """Not live yet: null for what is not known. Poll GET /jobs/publish/{outputJobId}."""

    output_job_id: UUID
    status: str


class InstagramRow(PublishRow):
    instagram_publish_id: UUID
    instagram_account_id: UUID
    ig_media_id: str | None


def _ids(sent: Sent) -> dict[str, object]:
    return {"instagram_publish_id": sent.job_id, "ig_media_id": sent.remote_id or None}


def _carousel(sent: Sent) -> Mapping[str, object]:
    return {**_ids(sent), **carousel_values(sent)}


def _row(sent: Sent) -> InstagramRow:
    values = {**row_values(sent), **_ids(sent), "instagram_account_id": sent.connector_id}
    return InstagramRow.model_validate(values)


API = PlatformApi(
    publish_id="instagramPublishId",
    account_id="instagramAccountId",
    endpoints=(
        Endpoint("/instagram", "publishInstagram", "Publish a picture or video to Instagram", InstagramPublish),
        Endpoint(
            "/instagram/carousel", "publishInstagramCarousel", "Publish a carousel to Instagram", InstagramCarousel,
            InstagramCarouselLive, InstagramCarouselPending, _carousel, wait=60,
        ),
    ),
    row=InstagramRow,
    row_of=_row,
)  # fmt: skip
