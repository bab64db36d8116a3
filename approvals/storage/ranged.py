"""A file that is somewhere else, read by ranges: what is asked for, a little more, and never the whole."""

from __future__ import annotations

import io
from collections.abc import Buffer, Callable
from typing import TYPE_CHECKING

from django.core.files.base import File

if TYPE_CHECKING:
    BytesFile = File[bytes]
else:
    BytesFile = File

LEAST, MOST = 256 * 1024, 2 * 1024 * 1024  # bytes fetched at once: twice as many each time reading goes straight on
TRIES = 3


class Ranged(io.RawIOBase):
    """`fetch(first, last)` brings the bytes of an inclusive range, or raises OSError."""

    def __init__(self, size: int, fetch: Callable[[int, int], bytes]) -> None:
        super().__init__()
        self._size, self._fetch = size, fetch
        self._at = 0
        self._window, self._from, self._next = b"", 0, LEAST

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        self._at = max(start + offset, 0)
        return self._at

    def readinto(self, buffer: Buffer, /) -> int:
        room = memoryview(buffer)
        if self._at >= self._size or not room:
            return 0
        if not self._from <= self._at < self._from + len(self._window):
            self._move_window()
        start = self._at - self._from
        piece = self._window[start : start + len(room)]
        room[: len(piece)] = piece
        self._at += len(piece)
        return len(piece)

    def _move_window(self) -> None:
        straight_on = self._window and self._at == self._from + len(self._window)
        self._next = min(self._next * 2, MOST) if straight_on else LEAST
        last = min(self._at + self._next, self._size) - 1
        self._window, self._from = b"", self._at
        self._window = self._fetched(self._at, last)

    def _fetched(self, first: int, last: int) -> bytes:
        """A connection that breaks in the middle of a range is no reason to lose hours of work: it is asked anew."""
        for left in reversed(range(TRIES)):
            try:
                found = self._fetch(first, last)
            except FileNotFoundError:
                raise
            except OSError:
                if not left:
                    raise
            else:
                if len(found) == last - first + 1:
                    return found
        raise OSError(f"The storage gave other bytes than {first} to {last}.")


class RangedFile(BytesFile):
    """Such a file, as Django's fields and views know files."""

    def __init__(self, name: str, size: int, fetch: Callable[[int, int], bytes]) -> None:
        self.size, self._fetch = size, fetch
        super().__init__(self._begin(), name)

    def open(self, mode: str | None = None, *_: object, **__: object) -> RangedFile:
        """From its beginning: Django opens the same file several times."""
        if self.closed:
            self.file = self._begin()
        self.seek(0)
        return self

    def _begin(self) -> io.BufferedReader:
        return io.BufferedReader(Ranged(self.size, self._fetch), 64 * 1024)
