"""Addresses of media: for members through the console, for platforms by a signed and expiring link."""

from __future__ import annotations

import mimetypes
from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.core import signing
from django.urls import reverse

from approvals.models import Media

SALT = "approvals.serving"
LIFE = timedelta(hours=24)  # platforms may fetch during creation and processing (meta.md §9: keep it alive ≥ 24 h)


def signed_url(media: Media, *, purpose: str) -> str:
    """A public, unguessable address of the file's bytes for `LIFE`. `purpose` tells attempts apart ("post id/fence").

    Pure ASCII, ends in the extension of the real type, and needs no cookie.
    """
    token = signing.dumps([str(media.pk), purpose], salt=SALT, compress=False)
    name = f"media{mimetypes.guess_extension(media.mime_type) or ''}"
    return settings.MEDIA_BASE_URL + reverse("fetch_media", args=[token, name])


def served_from(media: Media) -> str:
    """How every address of `signed_url` for this medium begins: what rules can know before an attempt."""
    return settings.MEDIA_BASE_URL + reverse("fetch_media", args=["_", "_"]).removesuffix("_/_")


def opened(token: str) -> UUID:
    """The id of the medium that a signed link is for. Raises signing.BadSignature when changed or expired."""
    pk, _purpose = signing.loads(token, salt=SALT, max_age=LIFE)
    return UUID(pk)
