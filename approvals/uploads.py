"""Takes an uploaded file in: probed by content, location data removed, previews made. Nothing is kept of a bad one."""

from __future__ import annotations

import mimetypes
import tempfile
from pathlib import Path

from django.core.files import File
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction

from approvals.media import Probe, poster, probe, strip_location, thumbnail
from approvals.models import Media
from approvals.storage.leftovers import nothing_left_of_a_failure
from collavo.accounts.models import Ability, Membership, User, Workspace
from collavo.ids import uuid7
from collavo.timeline.models import record

THUMBNAIL_WIDTH = 480


def take(upload: UploadedFile[bytes], *, by: Membership) -> Media:
    """Keep an uploaded picture or film in the member's workspace. Raises UnreadableMedia with a sentence."""
    by.require(Ability.CREATE)
    with tempfile.TemporaryDirectory(prefix="collavo-upload-") as folder:
        path = Path(folder) / "original"
        with path.open("wb") as out:
            for chunk in upload.chunks():
                out.write(chunk)
        return take_file(path, name=upload.name or "upload", by=by)


def take_file(path: Path, *, name: str, by: Membership) -> Media:
    """The same for a file on disk, which may be changed (its location data goes) but not moved."""
    by.require(Ability.CREATE)
    return keep(path, name=name, workspace=by.workspace, by=by.user)


def keep(path: Path, *, name: str, workspace: Workspace, by: User | str) -> Media:
    """The same for what was allowed when it was asked for: a studio's work. `by`: a person, or the studio's name."""
    found = probe(path)  # refuses what cannot be read before anything touches it
    removed = strip_location(path)
    if removed:
        found = probe(path)
    media = Media(
        id=uuid7(), workspace=workspace, name=Path(name).name[:255], kind=found.kind, mime_type=found.mime_type,
        size=found.size, sha256=found.sha256, width=found.width, height=found.height, duration=found.duration,
        codec=found.codec, audio_codec=found.audio_codec, fps=found.fps, fast_start=found.fast_start,
        location_removed=removed, uploaded_by=by if isinstance(by, User) else None,
    )  # fmt: skip
    with nothing_left_of_a_failure(media, "file", "thumbnail", "poster"):
        _store(media, path, found)
        with transaction.atomic():
            media.save(force_insert=True)
            record(media, "uploaded", by=by, text=media.name, sha256=media.sha256)
    return media


def _store(media: Media, path: Path, found: Probe) -> None:
    """Put file and previews where they are kept."""
    still = path
    if media.is_video:
        still = path.with_suffix(".poster.jpg")
        poster(path, still)
        _put(media, "poster", still, "poster.jpg")
    small = path.with_suffix(".thumbnail.jpg")
    thumbnail(still, small, width=THUMBNAIL_WIDTH)
    _put(media, "thumbnail", small, "thumbnail.jpg")
    _put(media, "file", path, f"media{mimetypes.guess_extension(found.mime_type) or ''}")


def _put(media: Media, field: str, path: Path, name: str) -> None:
    with path.open("rb") as source:
        getattr(media, field).save(name, File(source), save=False)
