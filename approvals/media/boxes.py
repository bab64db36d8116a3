"""The boxes ("atoms") that MP4 and MOV files are made of, read without loading the file.

ISO/IEC 14496-12 §4.2: a box is a 32-bit size, a 4-byte type, and a body. Size 1 means that a 64-bit size follows
the type; size 0 means that the box reaches to the end of the file.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO


class BrokenBoxes(ValueError):
    """A box has an impossible size: the file is damaged or cut off."""


@dataclass(frozen=True)
class Box:
    """Where a box stands in the file; all positions are bytes from its start."""

    kind: bytes
    start: int
    body: int
    end: int

    @property
    def size(self) -> int:
        return self.end - self.start


def boxes(file: BinaryIO, start: int, end: int) -> Iterator[Box]:
    """The boxes between two positions, in order. Raises BrokenBoxes where one does not fit."""
    while end - start >= 8:
        box = _box_at(file, start, end)
        yield box
        start = box.end


def children(file: BinaryIO, parent: Box) -> Iterator[Box]:
    """The boxes inside a box that has nothing else in its body. Some writers end the list with four zero bytes."""
    return boxes(file, parent.body, parent.end)


def child(file: BinaryIO, parent: Box, *path: bytes) -> Box | None:
    """The first box at this path below `parent`, or None."""
    for kind in path:
        found = next((box for box in children(file, parent) if box.kind == kind), None)
        if found is None:
            return None
        parent = found
    return parent


def body(file: BinaryIO, box: Box, limit: int = 1 << 26) -> bytes:
    """The bytes of a box, its header aside. Raises BrokenBoxes above `limit` bytes: no honest box of ours is so big."""
    if box.end - box.body > limit:
        raise BrokenBoxes(f"A {box.kind!r} box of {box.size} bytes is too large.")
    file.seek(box.body)
    return file.read(box.end - box.body)


def _box_at(file: BinaryIO, start: int, end: int) -> Box:
    file.seek(start)
    head = file.read(16)
    size, kind, body_at = int.from_bytes(head[:4]), head[4:8], start + 8
    if size == 0:
        size = end - start
    elif size == 1:
        size, body_at = int.from_bytes(head[8:16]), start + 16
    if start + size < body_at or start + size > end:
        raise BrokenBoxes(f"A {kind!r} box at {start} of {size} bytes does not fit into {end} bytes.")
    return Box(kind, start, body_at, start + size)
