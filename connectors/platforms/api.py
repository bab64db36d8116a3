"""The REST API's dialect of a platform: which endpoints it has, what they take and answer. It calls nothing.

Each platform's `api.py` says in its own words what its users send, and turns that into the product's words (`Wanted`);
what came of it (`Sent`) it tells in its own words again.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, Field, Strict

from collavo.api.schemas import Answer, Body, Moment
from connectors.platforms.base import Format, Json

Flag = Annotated[bool, Strict()]
Count = Annotated[int, Strict(), Field(ge=0, le=2**31 - 1)]
MediaId = Annotated[UUID, Field(description="From POST /media.")]
ScheduledAt = Annotated[
    Moment | None,
    Field(description="ISO 8601 with an offset, 5 minutes to 29 days ahead. Left out: at once."),
]


@dataclass(frozen=True)
class Wanted:
    """What a call asks for, in the product's words."""

    connector_id: UUID
    media_ids: tuple[UUID, ...]
    caption: str
    formats: Mapping[str, Format]  # by the kind of the first medium: what it becomes
    options: Mapping[str, Json] = field(default_factory=dict)
    alt_texts: tuple[str, ...] = ()
    scheduled_at: datetime | None = None


@dataclass(frozen=True)
class Sent:
    """A publish, as it stands."""

    job_id: UUID
    connector_id: UUID
    status: str
    format: str
    caption: str
    media: int
    created_at: datetime
    scheduled_for: datetime | None = None
    published_at: datetime | None = None
    remote_id: str = ""
    url: str = ""
    error: str = ""
    journal: Mapping[str, Json] = field(default_factory=dict)


class PublishBody(Body, ABC):
    """What a platform's publish endpoint takes."""

    @abstractmethod
    def wanted(self) -> Wanted:
        """The same in the product's words."""


class QueuedAnswer(Answer):
    """Poll GET /jobs/publish/{outputJobId} until the status is succeeded or failed."""

    output_job_id: UUID
    status: str = Field(description="queued, scheduled or awaiting_approval; see GET /jobs/publish/{outputJobId}.")


class ScheduledAnswer(QueuedAnswer):
    """It waits for its moment."""

    scheduled_for: Moment


class PublishRow(Answer):
    """One line of the history."""

    status: str
    product: str = Field(description="The format: image, carousel, reel, story, video, short, text or post.")
    caption: str
    permalink: str | None
    error: str | None
    image_count: int
    created_at: Moment
    scheduled_for: Moment | None
    published_at: Moment | None


def row_values(sent: Sent) -> dict[str, object]:
    """What every platform's line of history has."""
    return {
        "status": sent.status, "product": sent.format, "caption": sent.caption, "permalink": sent.url or None,
        "error": sent.error or None, "image_count": sent.media, "created_at": sent.created_at,
        "scheduled_for": sent.scheduled_for, "published_at": sent.published_at,
    }  # fmt: skip


def carousel_values(sent: Sent) -> dict[str, object]:
    """What every platform's answer to a carousel has."""
    return {"permalink": sent.url or None, "image_count": sent.media}


@dataclass(frozen=True)
class Endpoint:
    """One publish endpoint of a platform.

    `live` tells what the platform has made of it: then a call waits for that, `wait` seconds unless it asks otherwise.
    Without it a call is answered at once with the job.
    """

    path: str  # below /publish
    name: str  # its operation id
    summary: str
    body: type[PublishBody]
    live: type[BaseModel] | None = None
    pending: type[BaseModel] | None = None  # the same while it is not live: nulls for what is not known, and the job
    values: Callable[[Sent], Mapping[str, object]] = lambda _: {}  # for both
    wait: int = 0


@dataclass(frozen=True)
class PlatformApi:
    """A platform's part of the REST API."""

    publish_id: str  # what its history calls a post of ours: "tiktokPublishId"
    account_id: str  # what its endpoints call a linked account: "tiktokAccountId"
    endpoints: tuple[Endpoint, ...]
    row: type[PublishRow]
    row_of: Callable[[Sent], PublishRow]
    drafts: DraftDialect | None = None


class DraftFields(BaseModel):
    """What a platform's drafts (the posts dialect) may set besides title, caption and media. snake_case."""


@dataclass(frozen=True)
class DraftDialect:
    """A platform's words in the posts dialect."""

    account_field: str  # "tiktok_account_id"
    fields: type[DraftFields]
    options: Callable[[Mapping[str, Json]], dict[str, Json]]  # what was set, as the platform's options
    required: tuple[str, ...]  # fields without a default, wanted before it goes out
    formats: Mapping[str, Format]
    carousel: Format
    publish_id: Callable[[Sent], str]  # the platform's own id of the publish, "" while there is none
    remote_status: Callable[[Sent], str]  # the platform's own word for where it stands
    status_field: str = "remote_status"  # what that word is called
