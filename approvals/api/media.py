"""Files: sent in one request, listed, looked at, deleted while nothing uses them."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from django.db.models import Q, QuerySet
from django.http import HttpRequest
from ninja import File, Query, Status
from ninja.files import UploadedFile
from pydantic import Field

from approvals import keeping, uploads
from approvals.media import UnreadableMedia
from approvals.models import Media
from approvals.serving import storage_name
from approvals.storage.base import StorageDown
from collavo.accounts.models import Scope
from collavo.api.auth import caller, needs
from collavo.api.errors import ApiError, answers, invalid
from collavo.api.idempotency import Made, creating
from collavo.api.paging import MOST, PAGE, cursor, page
from collavo.api.routing import area
from collavo.api.schemas import Answer, Moment

router = area("Media")
NAMES = ("cursorCreatedAt", "cursorMediaId")


class MediaAnswer(Answer):
    """A file as it was probed: by its content, not by its name."""

    id: UUID
    name: str
    kind: str = Field(description="`image` or `video`")
    mime_type: str
    size: int = Field(description="Bytes.")
    sha256: str
    width: int
    height: int
    duration: float | None = Field(description="Seconds; null for a picture.")
    codec: str
    audio_codec: str
    fps: float | None
    fast_start: bool | None = Field(description="Whether a film begins to play before all of it is loaded.")
    location_removed: bool = Field(description="Whether it told where it was taken; that is gone from it.")
    storage: str = Field(description="Where it is kept: `local`, `s3` or `gcs`.")
    in_use: bool = Field(
        description="Whether something uses it, such as a version. What nothing uses goes after a while."
    )
    created_at: Moment


class MediaCursor(Answer):
    """Send both along to get the page behind."""

    cursor_created_at: Moment
    cursor_media_id: UUID


class MediaPage(Answer):
    items: list[MediaAnswer]
    next_cursor: MediaCursor | None


def rows() -> QuerySet[Media]:
    return Media.objects.annotate(used=keeping.uses())


def as_answer(media: Media) -> MediaAnswer:
    return MediaAnswer(
        id=media.pk, name=media.name, kind=media.kind, mime_type=media.mime_type, size=media.size, sha256=media.sha256,
        width=media.width, height=media.height, duration=media.duration, codec=media.codec,
        audio_codec=media.audio_codec, fps=media.fps, fast_start=media.fast_start,
        location_removed=media.location_removed, storage=storage_name(media), in_use=getattr(media, "used", False),
        created_at=media.created_at,
    )  # fmt: skip


@router.post("/media", auth=needs(Scope.MEDIA), response=answers({201: MediaAnswer}), operation_id="uploadMedia")
@creating
def upload_media(request: HttpRequest, file: Annotated[UploadedFile, File()]) -> Made:
    """Send a picture or film as the field `file` of a multipart form. For large ones, see Uploads."""
    try:
        media = uploads.take(file, by=caller(request).member)
    except UnreadableMedia as e:
        raise invalid("file", str(e)) from e
    except StorageDown as e:
        raise ApiError(503, "unavailable", str(e)) from e
    return Made(201, as_answer(rows().get(pk=media.pk)))


@router.get("/media", auth=needs(Scope.READ, Scope.MEDIA), response=answers({200: MediaPage}), operation_id="listMedia")
def list_media(
    request: HttpRequest,
    kind: Literal["image", "video"] | None = None,
    unused: bool = False,
    cursor_created_at: Annotated[Moment | None, Query(alias=NAMES[0])] = None,
    cursor_media_id: Annotated[UUID | None, Query(alias=NAMES[1])] = None,
    limit: Annotated[int, Query(ge=1, le=MOST)] = PAGE,
) -> MediaPage:
    """The files of the workspace, newest first."""
    found = caller(request).rows(rows())
    if kind:
        found = found.filter(kind=kind)
    if unused:
        found = found.filter(~Q(keeping.uses()))
    shown = page(found, cursor(cursor_created_at, cursor_media_id, names=NAMES), limit)
    behind = MediaCursor(cursor_created_at=shown.next.at, cursor_media_id=shown.next.pk) if shown.next else None
    return MediaPage(items=[as_answer(media) for media in shown.rows], next_cursor=behind)


@router.get(
    "/media/{uuid:media_id}", auth=needs(Scope.READ, Scope.MEDIA), response=answers({200: MediaAnswer}),
    operation_id="media",
)  # fmt: skip
def get_media(request: HttpRequest, media_id: UUID) -> MediaAnswer:
    """One file: what it is, and where it is kept."""
    return as_answer(caller(request).one(rows(), media_id, "medium"))


@router.delete(
    "/media/{uuid:media_id}", auth=needs(Scope.MEDIA), response=answers({204: None}), operation_id="deleteMedia"
)
def delete_media(request: HttpRequest, media_id: UUID) -> Status[None]:
    """Delete a file that no version uses; 409 for one that is used."""
    media = caller(request).one(Media.objects.all(), media_id, "medium")
    keeping.delete(media, by=caller(request).member)
    return Status(204, None)
