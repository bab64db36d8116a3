"""Uploads in pieces, as tus 1.0.0 has them (https://tus.io/protocols/resumable-upload): core, creation, expiration and
termination. Any tus client works; `GET` of an upload, which tus does not know, says in JSON what became of it.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable
from functools import wraps
from typing import Annotated, Any
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.http import http_date
from django.utils.translation import gettext
from ninja import Header
from ninja.signature.utils import get_typed_signature
from pydantic import Field

from approvals import resumable
from approvals.media import UnreadableMedia
from approvals.models import Upload
from approvals.storage.base import StorageDown
from collavo.accounts.models import Scope
from collavo.api.auth import caller, needs
from collavo.api.errors import ApiError, answers, error_response, invalid, not_found
from collavo.api.idempotency import Made, creating
from collavo.api.routing import area
from collavo.api.schemas import Answer, Moment

router = area("Uploads")
VERSION = "1.0.0"
EXTENSIONS = "creation,expiration,termination"
PIECE_TYPE = "application/offset+octet-stream"
SILENCE_SECONDS = 60.0  # without a byte, then the connection is given up and the upload can be continued
ADDRESS = "/media/uploads/{uuid:upload_id}"
Length = Annotated[int, Header(alias="Upload-Length", ge=1, le=2**62, description="Bytes of the whole file.")]
Metadata = Annotated[str, Header(alias="Upload-Metadata", description="`filename <base64>`, as tus writes it.")]
Offset = Annotated[int, Header(alias="Upload-Offset", ge=0, le=2**62, description="Where this piece begins.")]
BODY = {"requestBody": {"content": {PIECE_TYPE: {"schema": {"type": "string", "format": "binary"}}}}}


class UploadAnswer(Answer):
    """A file on its way in."""

    id: UUID
    name: str
    location: str = Field(description="Where its pieces are sent to.")
    size: int
    offset: int = Field(description="How many bytes are here.")
    state: str = Field(description="`uploading`, `received` (all bytes are here), `done` or `failed`")
    media_id: UUID | None = Field(description="What it became.")
    error: str = Field(description="Why it became nothing.")
    expires_at: Moment = Field(description="Until when it may be continued.")


def as_answer(upload: Upload) -> UploadAnswer:
    return UploadAnswer(
        id=upload.pk, name=upload.name, location=location(upload), size=upload.size, offset=upload.offset,
        state=upload.state, media_id=upload.media_id, error=upload.error, expires_at=upload.expires_at,
    )  # fmt: skip


def location(upload: Upload) -> str:
    return f"{settings.BASE_URL}/api/v1/media/uploads/{upload.pk}"


# --- The protocol ----------------------------------------------------------------------------------------------------


def tus(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Both sides say which version they speak; what goes wrong is said in our envelope, with tus' own headers."""

    @wraps(view)
    def wrapper(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.headers.get("Tus-Resumable") != VERSION:
            text = gettext("Send the header Tus-Resumable: %(version)s. Collavo speaks no other version.") % {
                "version": VERSION
            }
            raise ApiError(412, "precondition_failed", text, headers={"Tus-Version": VERSION, **_spoken()})
        try:
            response = view(request, *args, **kwargs)
        except ApiError as e:
            response = error_response(request, e.status, e.code, e.message, fields=e.fields, headers=e.headers)
        for name, value in _spoken().items():
            response[name] = value
        return response

    wrapper.__signature__ = get_typed_signature(view)  # type: ignore[attr-defined]
    return wrapper


def _spoken() -> dict[str, str]:
    return {"Tus-Resumable": VERSION}


def _standing(upload: Upload, **more: str) -> dict[str, str]:
    return {"Upload-Offset": str(upload.offset), "Upload-Expires": http_date(upload.expires_at.timestamp()), **more}


@router.api_operation(
    ["OPTIONS"], "/media/uploads", auth=needs(Scope.MEDIA), response=answers({204: None}), operation_id="uploadOptions"
)
def options(request: HttpRequest) -> HttpResponse:
    """What is spoken here."""
    headers = {
        "Tus-Version": VERSION, "Tus-Extension": EXTENSIONS, "Tus-Max-Size": str(settings.UPLOAD_MOST_BYTES),
    }  # fmt: skip
    return HttpResponse(status=204, headers=_spoken() | headers)


@router.post(
    "/media/uploads", auth=needs(Scope.MEDIA), response=answers({201: UploadAnswer}), operation_id="beginUpload"
)
@tus
@creating
def begin(
    request: HttpRequest,
    upload_length: Length,
    upload_metadata: Metadata = "",
) -> Made:
    """Begin to send a file in pieces. `Location` says where to."""
    if upload_length > settings.UPLOAD_MOST_BYTES:
        raise ApiError(
            413,
            "too_large",
            gettext("A file may have %(most)s bytes at the most.") % {"most": settings.UPLOAD_MOST_BYTES},
        )
    try:
        upload = resumable.begin(name=_name(upload_metadata), size=upload_length, by=caller(request).member)
    except resumable.Refused as e:
        raise ApiError(409, "conflict", str(e)) from e
    except resumable.NoRoom as e:
        raise _no_room(e) from e
    return Made(201, as_answer(upload), headers=_standing(upload, Location=location(upload)))


@router.api_operation(
    ["HEAD"], ADDRESS, auth=needs(Scope.MEDIA), response=answers({200: None}), operation_id="uploadOffset"
)
@tus
def look(request: HttpRequest, upload_id: UUID) -> HttpResponse:
    """How far it is: where to go on from after a break."""
    upload = _upload(request, upload_id)
    if upload.state == "failed":
        raise not_found("upload")
    headers = _standing(upload, **{"Upload-Length": str(upload.size), "Cache-Control": "no-store"})
    return HttpResponse(status=200, headers=headers | _became(upload))


@router.patch(
    ADDRESS, auth=needs(Scope.MEDIA), response=answers({204: None}), operation_id="sendPiece", openapi_extra=BODY
)
@tus
def send(
    request: HttpRequest,
    upload_id: UUID,
    upload_offset: Offset,
) -> HttpResponse:
    """Send a piece. With the last one the file is looked at; `Collavo-Media-Id` says what it became.

    When that last answer was lost, an empty piece at the end asks for it again.
    """
    upload, member = _upload(request, upload_id), caller(request).member
    if request.content_type != PIECE_TYPE:
        raise ApiError(
            415,
            "unsupported_media_type",
            gettext("Send pieces as Content-Type: %(type)s.") % {"type": PIECE_TYPE},
        )
    _give_up_on_silence(request)
    try:
        resumable.receive(upload, offset=upload_offset, length=_length(request), read=request.read, by=member)
        if upload.state == "received":
            resumable.finish(upload, by=member)
    except (resumable.Busy, resumable.Refused) as e:
        raise ApiError(409, "conflict", str(e), headers={"Retry-After": "1"}) from e
    except resumable.NoRoom as e:
        raise _no_room(e) from e
    except UnreadableMedia as e:
        raise invalid("file", str(e)) from e
    except StorageDown as e:  # all bytes are here: an empty piece at the end tries again
        raise ApiError(503, "unavailable", str(e), headers={"Retry-After": "30"}) from e
    upload = _upload(request, upload_id)
    return HttpResponse(status=204, headers=_standing(upload) | _became(upload))


@router.get(ADDRESS, auth=needs(Scope.READ, Scope.MEDIA), response=answers({200: UploadAnswer}), operation_id="upload")
def get_upload(request: HttpRequest, upload_id: UUID) -> UploadAnswer:
    """How far it is, and what became of it."""
    return as_answer(_upload(request, upload_id))


@router.delete(ADDRESS, auth=needs(Scope.MEDIA), response=answers({204: None}), operation_id="endUpload")
@tus
def stop(request: HttpRequest, upload_id: UUID) -> HttpResponse:
    """Stop an upload and forget what has come. A file that it became already stays."""
    try:
        resumable.end(_upload(request, upload_id), by=caller(request).member)
    except resumable.Busy as e:
        raise ApiError(409, "conflict", str(e), headers={"Retry-After": "1"}) from e
    return HttpResponse(status=204)


def _upload(request: HttpRequest, pk: UUID) -> Upload:
    return caller(request).one(Upload.objects.all(), pk, "upload")


def _no_room(error: resumable.NoRoom) -> ApiError:
    return ApiError(507, "no_room", str(error), headers={"Retry-After": "3600"})


def _became(upload: Upload) -> dict[str, str]:
    return {"Collavo-Media-Id": str(upload.media_id)} if upload.media_id else {}


def _length(request: HttpRequest) -> int:
    value = request.headers.get("Content-Length") or "0"
    if not value.isdecimal() or "chunked" in request.headers.get("Transfer-Encoding", ""):
        raise invalid("Content-Length", gettext("Say how long the piece is; pieces of unknown length are not taken."))
    return int(value)


def _give_up_on_silence(request: HttpRequest) -> None:
    """A sender that vanished without a word must not hold its upload for ever. gunicorn passes the connection along."""
    if connection := request.META.get("gunicorn.socket"):
        connection.settimeout(SILENCE_SECONDS)


def _name(metadata: str) -> str:
    """The file's name out of `filename d29ybGQ=,type dmlkZW8=`; "" without one."""
    for pair in metadata.split(","):
        key, _, value = pair.strip().partition(" ")
        if key == "filename":
            try:
                return base64.b64decode(value, validate=True).decode().replace("\x00", "")
            except (binascii.Error, UnicodeDecodeError) as e:
                raise invalid("Upload-Metadata", gettext("The filename has to be UTF-8 in base64.")) from e
    return ""
