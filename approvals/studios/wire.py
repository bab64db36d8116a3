"""What is said to a studio outside, and what it says back. docs/studios.md describes each message."""

from __future__ import annotations

import json
from typing import Annotated, Any, Literal

from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError
from pydantic.alias_generators import to_camel

from approvals.models import Version, VersionMedia
from approvals.pins import Pin
from approvals.serving import signed_url
from approvals.studios.models import Studio, StudioJob
from collavo.api.schemas import Text
from collavo.timeline.outgoing.messages import iso

MOST_MEDIA = 35  # of one result: as many as the longest carousel has


class Unreadable(Exception):
    """str(error) is a sentence for whoever wrote the studio."""


# --- To the studio ---------------------------------------------------------------------------------------------------


def requested(job: StudioJob) -> str:
    """The body that asks for this job. Its addresses of media end after a day; nothing in it opens anything else."""
    source = job.source
    studio = job.studio
    return _message("job.requested", {
        "jobId": str(job.pk),
        "kind": studio.kind if studio else "",
        "prompt": job.prompt,
        "feedback": {"text": job.feedback, "pins": [_pin(pin) for pin in (job.review.marks if job.review else [])]},
        "caption": source.caption,
        "format": source.format,
        "round": source.round,
        "title": job.asset.title,
        "sources": _media(origin(job), job),
        "previous": _media(source, job) if job.review else [],
        "callback": callback_address(job),
        "deadline": iso(job.deadline) if job.deadline else None,
    })  # fmt: skip


def origin(job: StudioJob) -> Version:
    """What the studio starts from: the version itself, or, made anew, what its maker started from the first time.

    A film that was made of a picture is made anew of that picture.
    """
    version = job.source
    while job.review_id and (made := StudioJob.objects.filter(result=version, studio=job.studio).first()):
        version = made.source
    return version


def ping(studio: Studio) -> str:
    return _message("studio.ping", {"studio": studio.name, "kind": studio.kind})


def callback_address(job: StudioJob) -> str:
    return settings.BASE_URL + reverse("studio_callback", args=[job.pk])


def _message(kind: str, data: dict[str, Any]) -> str:
    said = {"type": kind, "timestamp": iso(timezone.now()), "data": data}
    return json.dumps(said, ensure_ascii=False, separators=(",", ":"))


def _media(version: Version, job: StudioJob) -> list[dict[str, Any]]:
    return [_medium(item, job) for item in version.ordered_items()]


def _medium(item: VersionMedia, job: StudioJob) -> dict[str, Any]:
    media = item.media
    return {
        "url": signed_url(media, purpose=f"studio/{job.pk}"), "mimeType": media.mime_type, "size": media.size,
        "sha256": media.sha256, "width": media.width, "height": media.height, "duration": media.duration,
        "altText": item.alt_text,
    }  # fmt: skip


def _pin(pin: Pin) -> dict[str, Any]:
    """Where, in the words of the wire: percent of a picture, seconds of a film."""
    place = {"seconds": pin.ms / 1000} if pin.ms is not None else {"x": (pin.x or 0) / 10, "y": (pin.y or 0) / 10}
    return {"medium": pin.medium, **place, "text": pin.text}


# --- From the studio -------------------------------------------------------------------------------------------------


class Part(BaseModel):
    """A field that is not known is left alone: studios may say more than Collavo understands."""

    model_config = ConfigDict(alias_generator=to_camel, extra="ignore", frozen=True, populate_by_name=True)


class Percent(Part):
    progress: int = Field(ge=0, le=100)


class Medium(Part):
    """A file of the result, and where it can be fetched."""

    url: Text = Field(min_length=1, max_length=2000)
    alt_text: Text | None = Field(None, max_length=1000)


class Result(Part):
    media: list[Medium] = Field(min_length=1, max_length=MOST_MEDIA)
    caption: Text | None = Field(None, max_length=10_000)


class Reason(Part):
    reason: Text = Field(min_length=1, max_length=2000)


class Progress(Part):
    type: Literal["job.progress"]
    data: Percent


class Succeeded(Part):
    type: Literal["job.succeeded"]
    data: Result


class Failed(Part):
    type: Literal["job.failed"]
    data: Reason


type Told = Progress | Succeeded | Failed
_told: TypeAdapter[Told] = TypeAdapter(Annotated[Progress | Succeeded | Failed, Field(discriminator="type")])


def told(body: bytes) -> Told:
    """What a callback says. Raises Unreadable with a sentence that names the field."""
    try:
        return _told.validate_json(body)
    except ValidationError as e:
        first = e.errors(include_url=False, include_input=False, include_context=False)[0]
        where = ".".join(
            str(part) for part in first["loc"] if part not in ("job.progress", "job.succeeded", "job.failed")
        )
        raise Unreadable(f"{where or 'The body'}: {first['msg']}.") from e
