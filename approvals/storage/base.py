"""The places that uploads can be kept in: the local disk, S3 and what speaks like it, Google Cloud Storage.

One promise for all three, on top of Django's: files are read by range and never held in memory as a whole (the
libraries' own files fetch everything at the first byte), a file that is read stays the one that was opened, and what
goes wrong between here and there is an OSError: FileNotFoundError where there is none, StorageDown for all else.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Protocol, runtime_checkable

from django.core.files.base import File
from django.utils.translation import gettext as _

PIECE = 8 * 1024 * 1024  # bytes of one part of an upload: so much is in memory
CONNECT_SECONDS, READ_SECONDS = 5, 30


class StorageDown(OSError):
    """The place cannot be reached, or refuses. str(error) is a sentence for people; the log has the details."""

    def __init__(self) -> None:
        super().__init__(_("The media storage cannot be reached at the moment. Try again in a few minutes."))


class MediaStorage(Protocol):
    """What the product asks of the place, beyond Django's Storage."""

    key: str  # "local", "s3", "gcs": as the API shows it
    label: str  # for sentences

    def open(self, name: str, mode: str = "rb") -> File[bytes]:
        """The file, to read from any position. Raises FileNotFoundError, StorageDown."""

    def stamp(self, name: str) -> str:
        """Changes whenever the file may have changed; cheap to ask for. Raises FileNotFoundError, StorageDown."""

    def delete(self, name: str) -> None:
        """Raises StorageDown; a file that is not there is no error."""


@runtime_checkable
class Addressed(Protocol):
    """A place with signed addresses of its own."""

    def address(self, name: str, *, life: timedelta, mime_type: str, label: str) -> str:
        """Where anybody who knows it can fetch the file, for `life`. `label` tells one address from the next."""

    @property
    def beginning(self) -> str:
        """How all of these begin, up to a slash."""


def only_read(mode: str) -> None:
    """Raise ValueError for a mode that would write."""
    if mode not in {"r", "rb"}:
        raise ValueError("Media are written once, by save().")
