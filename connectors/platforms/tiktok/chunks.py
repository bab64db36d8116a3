"""How a film is cut for an upload. Source: media transfer guide, read 2026-11-20.

A chunk has 5 to 64 MB, the last one takes what is left over (up to 128 MB). One chunk is as long as the film. Larger
chunks than 32 MB are asking for trouble: with a count of 1 that is shorter than the film, TikTok refuses since August
2026 ("The chunk size is invalid").
"""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings


@dataclass(frozen=True)
class Piece:
    """The bytes from `start` to before `end`."""

    start: int
    end: int
    last: bool

    @property
    def size(self) -> int:
        return self.end - self.start


@dataclass(frozen=True)
class Plan:
    """A film of `size` bytes in `count` chunks of `chunk` bytes; the last one is longer by what is left over."""

    size: int
    chunk: int

    @property
    def count(self) -> int:
        return max(self.size // self.chunk, 1)

    @property
    def last_start(self) -> int:
        return (self.count - 1) * self.chunk

    def piece(self, start: int) -> Piece | None:
        """The chunk that begins at `start`; None where none begins."""
        if start == self.last_start:
            return Piece(start, self.size, last=True)
        if 0 <= start < self.last_start and start % self.chunk == 0:
            return Piece(start, start + self.chunk, last=False)
        return None

    def content_range(self, piece: Piece) -> str:
        return f"bytes {piece.start}-{piece.end - 1}/{self.size}"


def plan(size: int) -> Plan:
    """For a film of `size` bytes. ValueError for an empty one."""
    if size <= 0:
        raise ValueError("An empty film has no chunks.")
    single, chunk = int(settings.TIKTOK_SINGLE_BYTES), int(settings.TIKTOK_CHUNK_BYTES)
    return Plan(size, size if size <= single or size < 2 * chunk else chunk)  # one chunk has the film's own size
