"""Serves media: to members inside the console, and to platforms by a signed link. With byte ranges, for video."""

from __future__ import annotations

import re
from collections.abc import Iterator
from uuid import UUID

from django.core import signing
from django.core.files.base import File
from django.db.models.fields.files import FieldFile
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from approvals.models import Media
from approvals.serving import opened
from approvals.storage.base import StorageDown
from collavo.accounts.access import ConsoleRequest, console

CHUNK = 256 * 1024
RANGE = re.compile(r"bytes=(\d*)-(\d*)$")
VARIANTS = {"file", "thumbnail", "poster"}


@require_safe
@console()
def show_media(request: ConsoleRequest, pk: UUID, variant: str) -> HttpResponseBase:
    """A member's view of a medium. The bytes never change, so the browser may keep them."""
    media = get_object_or_404(Media, pk=pk, workspace=request.workspace)
    if variant not in VARIANTS or not (file := getattr(media, variant)):
        raise Http404(_("There is no such file."))
    mime_type = media.mime_type if variant == "file" else "image/jpeg"
    response = send(request, file, mime_type)
    response["Cache-Control"] = "private, max-age=31536000, immutable"
    return response


@require_safe
def fetch_media(request: HttpRequest, token: str, name: str) -> HttpResponseBase:
    """What a platform fetches: no sign-in, but a link that was made for one attempt and ends."""
    try:
        pk = opened(token)
    except signing.BadSignature as e:
        raise Http404(_("This link has ended or was changed.")) from e
    media = get_object_or_404(Media, pk=pk)
    response = send(request, media.file, media.mime_type)
    response["Cache-Control"] = "private, no-store"
    response["X-Robots-Tag"] = "noindex"
    return response


def send(request: HttpRequest, file: FieldFile, mime_type: str) -> HttpResponseBase:
    """The file, or the one byte range that was asked for; 416 for a range outside of it."""
    try:
        source = file.storage.open(str(file.name))
        size = source.size
    except FileNotFoundError as e:
        raise Http404(_("The file is gone.")) from e
    except StorageDown as e:
        return HttpResponse(str(e), status=503, headers={"Retry-After": "30"}, content_type="text/plain")
    start, end, status = 0, size - 1, 200
    if match := RANGE.match(request.headers.get("Range", "")):
        start, end = _bounds(match[1], match[2], size)
        if start > end:
            source.close()
            return HttpResponse(status=416, headers={"Content-Range": f"bytes */{size}"})
        status = 206
    response = _answer(request, source, start, end - start + 1)
    response.status_code, response["Content-Type"] = status, mime_type
    response["Accept-Ranges"] = "bytes"
    response["Content-Length"] = str(end - start + 1)
    response["X-Content-Type-Options"] = "nosniff"
    if status == 206:
        response["Content-Range"] = f"bytes {start}-{end}/{size}"
    return response


def _answer(request: HttpRequest, source: File[bytes], start: int, length: int) -> HttpResponseBase:
    """The bytes; none of them are read for a HEAD."""
    if request.method == "HEAD":
        source.close()
        return HttpResponse()
    return StreamingHttpResponse(_chunks(source, start, length))


def _bounds(first: str, last: str, size: int) -> tuple[int, int]:
    """Inclusive start and end of a Range header's numbers ("-500" is the last 500 bytes)."""
    if not first:
        return (max(size - int(last), 0), size - 1) if last else (1, 0)
    return int(first), min(int(last), size - 1) if last else size - 1


def _chunks(source: File[bytes], start: int, length: int) -> Iterator[bytes]:
    with source:
        source.seek(start)
        while length > 0 and (chunk := source.read(min(CHUNK, length))):
            length -= len(chunk)
            yield chunk
