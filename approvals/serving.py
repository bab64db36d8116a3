"""Addresses of media: for members through the console, for platforms by a signed and expiring link."""

from __future__ import annotations

import mimetypes
import re
from datetime import timedelta
from functools import cache
from typing import cast
from uuid import UUID

from django.conf import settings
from django.core import signing
from django.urls import reverse

from approvals.models import Media
from approvals.storage.base import Addressed, MediaStorage
from collavo.media_storage import STORAGE

SALT = "approvals.serving"
LIFE = timedelta(hours=24)  # platforms may fetch during creation and processing (meta.md §9: keep it alive ≥ 24 h)


def signed_url(media: Media, *, purpose: str) -> str:
    """A public, unguessable address of the file's bytes for `LIFE`. `purpose` tells attempts apart ("post id/fence").

    Pure ASCII, and needs no cookie. It leads to us, or to the bucket (MEDIA_ADDRESSES).
    """
    if bucket := _bucket(media):
        label = re.sub(r"[^A-Za-z0-9.-]+", "-", purpose) + _suffix(media)
        return bucket.address(str(media.file.name), life=LIFE, mime_type=media.mime_type, label=label)
    token = signing.dumps([str(media.pk), purpose], salt=SALT, compress=False)
    return settings.MEDIA_BASE_URL + reverse("fetch_media", args=[token, f"media{_suffix(media)}"])


def served_from(media: Media) -> str:
    """How every address of `signed_url` for this medium begins: what rules can know before an attempt."""
    if bucket := _bucket(media):
        return bucket.beginning
    return settings.MEDIA_BASE_URL + _below()


@cache
def _below() -> str:
    """The path that all our own addresses begin with."""
    return reverse("fetch_media", args=["_", "_"]).removesuffix("_/_")


def storage_name(media: Media) -> str:
    """Where the file is kept: "local", "s3" or "gcs"."""
    return cast(MediaStorage, media.file.storage).key


def storage_label(media: Media) -> str:
    """The same, for sentences: "this server's disk", "S3", "Google Cloud Storage"."""
    return cast(MediaStorage, media.file.storage).label


def _bucket(media: Media) -> Addressed | None:
    """The storage, where platforms fetch from it; None where they fetch from us."""
    storage = media.file.storage
    return storage if settings.MEDIA_ADDRESSES == STORAGE and isinstance(storage, Addressed) else None


def _suffix(media: Media) -> str:
    return mimetypes.guess_extension(media.mime_type) or ""


def opened(token: str) -> UUID:
    """The id of the medium that a signed link is for. Raises signing.BadSignature when changed or expired."""
    pk, _purpose = signing.loads(token, salt=SALT, max_age=LIFE)
    return UUID(pk)
