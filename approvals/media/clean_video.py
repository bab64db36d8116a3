"""Where MP4, MOV and WebM files keep places, as edits of the same length: every offset in the file stays true.

A box that tells a place becomes a `free` box full of zeros, an EBML element a Void: readers skip both.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from itertools import pairwise
from typing import BinaryIO

from .boxes import Box, body, boxes, child, children
from .edits import Edit
from .places import mentions_place

_HOLDERS = frozenset({b"moov", b"trak", b"moof", b"traf"})  # boxes with metadata boxes among their children
_NOTES = frozenset({b"udta", b"meta", b"uuid", b"XMP_"})  # metadata boxes
# Apple's and Android's position (©xyz), 3GPP's (loci, TS 26.244 §8.3), GoPro's telemetry.
_PLACE_BOXES = (b"\xa9xyz", b"loci", b"GPMF")
_SHOWN = frozenset({b"vide", b"soun", b"tmcd", b"auxv"})  # handlers of tracks that are seen or heard, and their clock


def movie_edits(file: BinaryIO, size: int) -> Iterator[Edit]:
    """Metadata boxes with a place, and tracks that are neither picture nor sound (cameras record positions there).

    Raises BrokenBoxes for a damaged file.
    """
    for box in boxes(file, 0, size):
        yield from _box_edits(file, box)


def _box_edits(file: BinaryIO, box: Box) -> Iterator[Edit]:
    if box.kind == b"trak" and not _is_shown(file, box):
        yield _freed(box)
        yield from _blanked_samples(file, box)
    elif box.kind in _HOLDERS:
        for inner in children(file, box):
            yield from _box_edits(file, inner)
    elif box.kind in _NOTES and _tells_place(body(file, box)):
        yield _freed(box)


def _tells_place(data: bytes) -> bool:
    return any(kind in data for kind in _PLACE_BOXES) or mentions_place(data)


def _freed(box: Box) -> Edit:
    """The box as a `free` box: as long as before, with nothing in it."""
    head = box.body - box.start
    return Edit(box.start + 4, box.end, b"free" + bytes(box.size - 8)) if head == 8 else _freed_large(box)


def _freed_large(box: Box) -> Edit:
    """The same for a box with a 64-bit size, which stays."""
    return Edit(box.start, box.end, (1).to_bytes(4) + b"free" + box.size.to_bytes(8) + bytes(box.size - 16))


def _is_shown(file: BinaryIO, track: Box) -> bool:
    handler = child(file, track, b"mdia", b"hdlr")
    return handler is None or body(file, handler)[8:12] in _SHOWN


def _blanked_samples(file: BinaryIO, track: Box) -> Iterator[Edit]:
    """The data of a track, as zeros: without the track nobody finds it, but it would still be there."""
    table = child(file, track, b"mdia", b"minf", b"stbl")
    if table is None:
        return
    parts = {box.kind: body(file, box) for box in children(file, table)}
    end = 0
    for start, length in sorted(_runs(parts)):
        if length and start >= end:  # a range that is listed twice is blanked once
            end = start + length
            yield Edit(start, end, bytes(length))


def _runs(parts: dict[bytes, bytes]) -> Iterator[tuple[int, int]]:
    """Offset and length of each chunk, from the sample tables (ISO/IEC 14496-12 §8.7)."""
    offsets = _numbers(parts, b"stco", "I") or _numbers(parts, b"co64", "Q")
    sizes = iter(_sample_sizes(parts))
    for offset, count in zip(offsets, _samples_per_chunk(parts, len(offsets)), strict=True):
        yield offset, sum(next(sizes, 0) for _ in range(count))


def _numbers(parts: dict[bytes, bytes], kind: bytes, code: str) -> list[int]:
    """A counted list of numbers behind version and flags."""
    data = parts.get(kind, b"")
    count = int.from_bytes(data[4:8])
    return list(struct.unpack_from(f">{count}{code}", data, 8)) if data else []


def _sample_sizes(parts: dict[bytes, bytes]) -> list[int]:
    data = parts.get(b"stsz", b"")
    same, count = int.from_bytes(data[4:8]), int.from_bytes(data[8:12])
    if same or not data:
        return [same] * count
    return list(struct.unpack_from(f">{count}I", data, 12))


def _samples_per_chunk(parts: dict[bytes, bytes], chunks: int) -> list[int]:
    """One number per chunk; the table lists only where it changes."""
    data = parts.get(b"stsc", b"")
    rows = list(struct.iter_unpack(">III", data[8 : 8 + 12 * int.from_bytes(data[4:8])]))
    firsts = [first - 1 for first, _, _ in rows] + [chunks]
    counts: list[int] = []
    for (_, count, _), (start, end) in zip(rows, pairwise(firsts), strict=True):
        counts += [count] * (end - start)
    return counts + [0] * (chunks - len(counts))


# --- WebM (RFC 8794: EBML; RFC 9559 §5.1.8: Tags) ------------------------------------------------------------------

_SEGMENT, _TAGS = 0x18538067, 0x1254C367
_VOID_HEAD = b"\xec\x01"  # Void, with a length in the following seven bytes


def webm_edits(file: BinaryIO, size: int) -> Iterator[Edit]:
    """Tags with a place, as a Void element of the same length."""
    for name, _start, data, end in _elements(file, 0, size):
        if name == _SEGMENT:
            for inner, at, inner_data, inner_end in _elements(file, data, end):
                if inner == _TAGS and inner_end - at > 9:
                    yield from _voided(file, at, inner_data, inner_end)


def _voided(file: BinaryIO, start: int, data: int, end: int) -> Iterator[Edit]:
    file.seek(data)
    if mentions_place(file.read(end - data)):
        length = end - start - 9
        yield Edit(start, end, _VOID_HEAD + length.to_bytes(7) + bytes(length))


def _elements(file: BinaryIO, start: int, end: int) -> Iterator[tuple[int, int, int, int]]:
    """Id, start, start of data and end of each element. One of unknown length reaches to the end."""
    while start < end:
        file.seek(start)
        head = file.read(12)
        id_length = 9 - head[0].bit_length() if head else 0
        if not 1 <= id_length <= 4 or len(head) <= id_length:
            return
        length_bytes = 9 - head[id_length].bit_length()
        data = start + id_length + length_bytes
        marker = 1 << 7 * length_bytes
        length = int.from_bytes(head[id_length : id_length + length_bytes]) & (marker - 1)
        after = end if length == marker - 1 else min(data + length, end)
        yield int.from_bytes(head[:id_length]), start, data, after
        start = after
