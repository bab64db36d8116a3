"""Uploads on disk. What is all zeros takes no room: a test's film of gigabytes is mostly that."""

from __future__ import annotations

import os
from typing import BinaryIO

BLOCK = 1 << 20  # bytes in memory at once


def pour(source: BinaryIO, target: BinaryIO, size: int = -1) -> int:
    """Write the rest of `source`, or so many bytes of it, at the end of `target`; how many there were."""
    target.seek(0, os.SEEK_END)
    written = 0
    while piece := source.read(BLOCK if size < 0 else min(BLOCK, size - written)):
        put(piece, target)
        written += len(piece)
    target.truncate()
    return written


def put(piece: bytes, target: BinaryIO) -> None:
    """Write a piece where the target stands; a hole, when there is nothing in it. The end needs a `truncate()`."""
    if piece.count(0) == len(piece):
        target.seek(len(piece), os.SEEK_CUR)
    else:
        target.write(piece)
