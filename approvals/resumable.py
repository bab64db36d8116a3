"""Uploads in pieces: for files that are too large for one request, or for connections that break.

The bytes go to this machine's disk as they come in; how far an upload is, is the size of its file and nothing else.
When the last byte is there, the file takes the same way as any other upload (`uploads.take_file`).
"""

from __future__ import annotations

import errno
import fcntl
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from io import FileIO
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.http import UnreadablePostError
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from approvals.media import UnreadableMedia
from collavo.accounts.models import Ability, Membership, Workspace
from collavo.ids import uuid7

if TYPE_CHECKING:
    from approvals.models import Media

PIECE = 1024 * 1024  # bytes in memory at once
OPEN_MOST = 50  # unfinished uploads of one workspace
SPARE = 1024**3  # bytes of the disk that no upload may take
NO_ROOM = gettext_noop(
    "The disk is full. What has come so far is kept: go on from there later, or ask an operator for room."
)
FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


class Busy(Exception):
    """Somebody else is sending to this upload at this moment. str(error) is a sentence."""


class Refused(Exception):
    """It cannot be done. str(error) is a sentence."""


class NoRoom(Exception):
    """The disk is full. str(error) is a sentence."""


class Upload(models.Model):
    """A file on its way in. Done: it has `media`. Failed: it has an `error`."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="+")
    name = models.CharField(max_length=255)
    size = models.BigIntegerField()
    media = models.ForeignKey("approvals.Media", models.SET_NULL, null=True, blank=True, related_name="+")
    error = models.CharField(max_length=500, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    expires_at = models.DateTimeField()
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["expires_at"], name="upload_by_end"),
            models.Index(fields=["workspace", "media"], name="upload_of_workspace"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def state(self) -> str:
        if self.media_id:
            return "done"
        if self.error:
            return "failed"
        return "received" if self.whole.exists() else "uploading"

    @property
    def offset(self) -> int:
        """How many bytes are here."""
        if self.media_id or self.whole.exists():
            return self.size
        return self.part.stat().st_size if self.part.exists() else 0

    @property
    def folder(self) -> Path:
        return root() / str(self.pk)

    @property
    def part(self) -> Path:
        return self.folder / "part"

    @property
    def whole(self) -> Path:
        """The file when all of it is here. Named anew, because cleaning it changes its size."""
        return self.folder / "whole"


def root() -> Path:
    return Path(settings.MEDIA_ROOT).parent / "uploads"


def begin(*, name: str, size: int, by: Membership) -> Upload:
    """Room for a file of this size. Raises Refused or NoRoom."""
    by.require(Ability.CREATE)
    unfinished = Upload.objects.filter(workspace=by.workspace, media=None, error="", expires_at__gt=timezone.now())
    if unfinished.count() >= OPEN_MOST:
        raise Refused(
            _("%(count)s uploads of this workspace are unfinished. Finish or delete some first.") % {"count": OPEN_MOST}
        )
    with _full_disk_said():
        root().mkdir(parents=True, exist_ok=True)
    if shutil.disk_usage(root()).free - size < SPARE:
        raise NoRoom(_("There is no room for a file of this size at the moment. Try again later, or ask an operator."))
    return Upload.objects.create(
        workspace=by.workspace, name=Path(name).name[:255] or "upload", size=size, by=by.user, expires_at=_end()
    )


def receive(upload: Upload, *, offset: int, length: int, read: Callable[[int], bytes], by: Membership) -> int:
    """Take up to `length` bytes from `read` behind `offset`; a connection that breaks leaves what has come. How far.

    Raises Busy, or Refused when `offset` is not where the upload stands, or NoRoom: what has come stays, too.
    """
    by.require(Ability.CREATE, at=upload.workspace_id)
    with _full_disk_said(), _alone(upload):
        if upload.state in ("failed", "done", "received") and length:
            raise Refused(_("This upload is %(state)s: it takes no more bytes.") % {"state": upload.state})
        if upload.offset != offset:
            raise Refused(
                _("The upload stands at %(offset)s, not at %(wrong)s. Go on from there.")
                % {"offset": upload.offset, "wrong": offset}
            )
        if length > upload.size - offset:
            raise Refused(
                _("%(missing)s bytes are missing, and %(announced)s were announced.")
                % {"missing": upload.size - offset, "announced": length}
            )
        try:
            if length:
                _append(upload, length, read)
        finally:
            Upload.objects.filter(pk=upload.pk).update(expires_at=_end())
        return upload.offset


def _append(upload: Upload, length: int, read: Callable[[int], bytes]) -> None:
    """Unbuffered, so that nothing is left to be written, and to fail, when the file is closed."""
    with upload.part.open("ab", buffering=0) as out:
        try:
            while length and (piece := read(min(PIECE, length))):
                _require_spare(len(piece))
                _write(out, piece)
                length -= len(piece)
        except (UnreadablePostError, TimeoutError):
            pass  # the sender is gone, and will ask how far it came
    if upload.part.stat().st_size == upload.size:
        upload.part.rename(upload.whole)


def _write(out: FileIO, piece: bytes) -> None:
    """All of it; a disk on which a part still fits takes that part first."""
    rest = memoryview(piece)
    while rest:
        rest = rest[out.write(rest) :]


def _require_spare(size: int) -> None:
    """Others fill the disk, too, while a file comes in."""
    if shutil.disk_usage(root()).free - size < SPARE:
        raise NoRoom(_(NO_ROOM))


@contextmanager
def _full_disk_said() -> Iterator[None]:
    """A disk that turns out to be full is NoRoom; any other fault of the disk stays what it is."""
    try:
        yield
    except OSError as e:
        if e.errno not in FULL:
            raise
        raise NoRoom(_(NO_ROOM)) from e


def finish(upload: Upload, *, by: Membership) -> Media:
    """What a complete file becomes; the same again when it is asked twice. Raises UnreadableMedia, Busy or NoRoom."""
    from approvals import uploads  # which keeps what is defined above this

    by.require(Ability.CREATE, at=upload.workspace_id)
    with _full_disk_said(), _alone(upload):
        upload.refresh_from_db()
        if upload.media:
            return upload.media
        if upload.error:
            raise UnreadableMedia(upload.error)
        try:
            upload.media = uploads.take_file(upload.whole, name=upload.name, by=by)
        except UnreadableMedia as e:
            upload.error = str(e)[:500]
        upload.save(update_fields=["media", "error"])
        for file in (upload.part, upload.whole):
            file.unlink(missing_ok=True)
    if upload.media is None:
        raise UnreadableMedia(upload.error)
    return upload.media


def end(upload: Upload, *, by: Membership) -> None:
    """Stop it and forget what has come. What it became already stays."""
    by.require(Ability.CREATE, at=upload.workspace_id)
    with _alone(upload):
        _forget(upload)


def prune() -> int:
    """Forget uploads whose time is over, and folders that belong to none. How many uploads."""
    count = 0
    for upload in Upload.objects.filter(expires_at__lt=timezone.now()):
        try:
            with _alone(upload):
                _forget(upload)
                count += 1
        except Busy:
            continue  # somebody is sending after all
    _sweep()
    return count


def _sweep() -> None:
    """Folders of rows that are gone, when nothing has moved in them for a day."""
    known = {str(pk) for pk in Upload.objects.values_list("pk", flat=True)}
    old = time.time() - 24 * 3600
    for folder in root().iterdir() if root().exists() else ():
        if folder.name not in known and folder.stat().st_mtime < old:
            shutil.rmtree(folder, ignore_errors=True)


def _forget(upload: Upload) -> None:
    Upload.objects.filter(pk=upload.pk).delete()
    shutil.rmtree(upload.folder, ignore_errors=True)


def _end() -> datetime:
    return timezone.now() + timedelta(hours=settings.UPLOAD_HOURS)


@contextmanager
def _alone(upload: Upload) -> Iterator[None]:
    """One at a time, over all processes: the lock goes with the process that holds it. Raises Busy."""
    upload.folder.mkdir(parents=True, exist_ok=True)
    with (upload.folder / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as e:
            raise Busy(_("Another request is at work on this upload. Ask how far it is in a moment.")) from e
        yield
