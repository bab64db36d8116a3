"""The local disk."""

from __future__ import annotations

from pathlib import Path

from django.core.files.storage import FileSystemStorage
from django.utils.translation import gettext_lazy

from collavo.media_storage import LOCAL


class LocalStorage(FileSystemStorage):
    """The disk, below MEDIA_ROOT."""

    key, label = LOCAL, gettext_lazy("this server's disk")

    def stamp(self, name: str) -> str:
        found = Path(self.path(name)).stat()
        return f"{found.st_size}-{found.st_ino}-{found.st_mtime_ns}-{found.st_ctime_ns}"
