"""Changing a few bytes of a large file: replacements, and a copy of the file with them made."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import BinaryIO

PIECE = 1 << 20  # bytes held in memory while copying


@dataclass(frozen=True, order=True)
class Edit:
    """The bytes from `start` up to `end` become `new`."""

    start: int
    end: int
    new: bytes = b""

    @property
    def growth(self) -> int:
        return len(self.new) - (self.end - self.start)


def rewrite(path: Path, edits: Iterable[Edit]) -> None:
    """Make the edits. Raises ValueError when two of them touch the same bytes."""
    edits = sorted(edits)
    if any(before.end > after.start for before, after in pairwise(edits)):
        raise ValueError("Two edits touch the same bytes.")
    mode = path.stat().st_mode
    with replacing(path) as target, path.open("rb") as source:
        _copy_edited(source, target, edits)
    path.chmod(mode)


@contextmanager
def replacing(path: Path) -> Iterator[BinaryIO]:
    """A file to write to that takes the place of `path` at once, when all is written: nobody ever sees a half of it."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".part-", suffix=path.suffix)
    part = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            yield file
        part.chmod(0o644)
        part.replace(path)
    except BaseException:  # whatever keeps it from being whole, the end of the process included
        part.unlink()
        raise


def _copy_edited(source: BinaryIO, target: BinaryIO, edits: Iterable[Edit]) -> None:
    for edit in edits:
        _copy(source, target, edit.start - source.tell())
        target.write(edit.new)
        source.seek(edit.end)
    shutil.copyfileobj(source, target, PIECE)


def _copy(source: BinaryIO, target: BinaryIO, count: int) -> None:
    while count > 0 and (piece := source.read(min(PIECE, count))):
        target.write(piece)
        count -= len(piece)
