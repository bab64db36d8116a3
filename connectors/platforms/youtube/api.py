"""YouTube's endpoint of the REST API."""

from __future__ import annotations

from typing import Literal
from uuid import UUID

from pydantic import ConfigDict, Field

from collavo.api.schemas import Text
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
    row_values,
)
from connectors.platforms.base import Format, Json

DESCRIPTION = 5000
PRODUCTS = {"VIDEO": Format.VIDEO, "SHORT": Format.SHORT}
CHOICES = {
    "title": "title", "privacy_status": "privacy", "made_for_kids": "made_for_kids",
    "contains_synthetic_media": "contains_synthetic_media", "notify_subscribers": "notify_subscribers",
    "tags": "tags", "category_id": "category_id", "playlist_id": "playlist_id",
}  # fmt: skip


class YouTubePublish(PublishBody):
    """One video, and a picture as its thumbnail."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "mediaId": "019e1b70-6f9e-80fd-8c49-690bcbdaf8db",
                    "youtubeAccountId": "550e8400-e29b-41d4-a716-446655440002", "title": "Four ways to wear it",
                    "caption": "A linen overshirt, from morning to night.", "privacyStatus": "public",
                    "madeForKids": False,
                }
            ]
        }
    )  # fmt: skip
    media_id: MediaId
    thumbnail_media_id: MediaId | None = None
    youtube_account_id: UUID = Field(description="A connected channel, from GET /youtube/accounts.")
    caption: Text = Field("", max_length=DESCRIPTION, description="The description.")
    title: Text = Field("", max_length=100, description="Empty: the caption's first line.")
    product: Literal["VIDEO", "SHORT"] = "VIDEO"
    privacy_status: Literal["public", "unlisted", "private"] = "public"
    made_for_kids: Flag = Field(description="The law wants an answer for every video.")
    contains_synthetic_media: Flag | None = Field(None, description="Realistic content that never happened.")
    notify_subscribers: Flag | None = None
    tags: list[Text] | None = Field(None, max_length=100)
    category_id: Text | None = Field(None, max_length=4, description="Its number at YouTube, such as 22.")
    playlist_id: Text | None = Field(None, max_length=64)
    scheduled_at: ScheduledAt = None

    def wanted(self) -> Wanted:
        options: dict[str, Json] = {
            ours: getattr(self, theirs) for theirs, ours in CHOICES.items() if getattr(self, theirs) not in (None, "")
        }
        media = tuple(pk for pk in (self.media_id, self.thumbnail_media_id) if pk)
        formats = dict.fromkeys(("video", "image"), PRODUCTS[self.product])
        return Wanted(
            self.youtube_account_id, media, self.caption, formats, options, scheduled_at=self.scheduled_at
        )  # fmt: skip


class YouTubeRow(PublishRow):
    youtube_publish_id: UUID
    youtube_account_id: UUID
    youtube_video_id: str | None


def _row(sent: Sent) -> YouTubeRow:
    ids = {"youtube_publish_id": sent.job_id, "youtube_video_id": sent.remote_id or None}
    return YouTubeRow.model_validate({**row_values(sent), **ids, "youtube_account_id": sent.connector_id})


API = PlatformApi(
    publish_id="youtubePublishId",
    account_id="youtubeAccountId",
    endpoints=(Endpoint("/youtube", "publishYoutube", "Publish a video to YouTube", YouTubePublish),),
    row=YouTubeRow,
    row_of=_row,
)
