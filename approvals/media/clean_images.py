"""Where JPEG, PNG, WebP and GIF files keep places, as edits. Compressed pixels are never touched."""

from __future__ import annotations

import mmap
import re
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import BinaryIO

from .edits import Edit
from .places import EXIF_START, exif_without_place, iptc_mentions_place, mentions_place, xmp_without_place


@dataclass(frozen=True)
class Part:
    """A segment, chunk or block: where it stands, and its payload without length, name and checksum."""

    kind: bytes
    start: int
    end: int
    body: bytes = b""


# --- JPEG (ITU-T T.81 annex B; APPn usage: Exif 3.0 §4.7, XMP part 3 §1.1, CIPA DC-007 for MPF) ------------------

# A marker, also behind stuffing or compressed data: not a stuffed zero, a restart (D0-D7) or TEM (01).
_MARKER = re.compile(rb"\xff+([^\x00\x01\xff\xd0-\xd7])")
_SOI, _EOI, _APP1, _APP2, _APP13, _COMMENT = b"\xd8", b"\xd9", b"\xe1", b"\xe2", b"\xed", b"\xfe"
_APPS = frozenset(bytes([code]) for code in range(0xE0, 0xF0)) | {_COMMENT}
_XMP = b"http://ns.adobe.com/xap/1.0/\x00"
_MORE_XMP = b"http://ns.adobe.com/xmp/extension/\x00"
_MORE_XMP_HEAD = len(_MORE_XMP) + 40  # digest, full length and offset stand before the text
_SEGMENT_MAX = 65_533


def jpeg_edits(file: BinaryIO, size: int) -> Iterator[Edit]:
    """Metadata segments with a place, and everything behind the picture's end."""
    with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        parts = list(_jpeg_parts(data))
        more_xmp = b"".join(part.body[_MORE_XMP_HEAD:] for part in parts if part.body.startswith(_MORE_XMP))
        drop_more = mentions_place(more_xmp) or b"humbnail" in more_xmp
        for part in parts:
            if part.kind == _EOI:
                yield from _tail(part.end, data)
            elif part.body.startswith(_MORE_XMP):
                yield from [Edit(part.start, part.end)] if drop_more else []
            else:
                yield from _jpeg_edit(part)


def _jpeg_parts(data: mmap.mmap) -> Iterator[Part]:
    """Every marker with its segment, up to the end of the picture. A cut file ends early: decoding will refuse it."""
    at = 2
    while match := _MARKER.search(data, at):
        kind, start, at = match[1], match.start(), match.end()
        if kind == _EOI:
            yield Part(kind, start, at)
            return
        if kind != _SOI:
            end = at + int.from_bytes(data[at : at + 2])
            yield Part(kind, start, end, data[at + 2 : end] if kind in _APPS else b"")
            at = max(end, at + 2)


def _jpeg_edit(part: Part) -> Iterator[Edit]:
    body = _jpeg_body_without_place(part)
    if body is None or len(body) > _SEGMENT_MAX:
        yield Edit(part.start, part.end)
    elif body != part.body:
        yield Edit(part.start, part.end, b"\xff" + part.kind + (len(body) + 2).to_bytes(2) + body)


def _jpeg_body_without_place(part: Part) -> bytes | None:
    """The segment's payload as it may stay; None when nothing of it may."""
    body = part.body
    if part.kind == _APP1 and body.startswith(EXIF_START):
        return _under(EXIF_START, exif_without_place(body.removeprefix(EXIF_START)))
    if part.kind == _APP1 and body.startswith(_XMP):
        return _under(_XMP, xmp_without_place(body.removeprefix(_XMP)))
    if part.kind == _APP2:  # colour profile; or the list of further pictures, which are cut off
        return None if body.startswith(b"MPF\x00") else body
    if part.kind == _APP13:
        return None if iptc_mentions_place(body) else body
    return None if mentions_place(body) else body


def _under(start: bytes, rest: bytes) -> bytes | None:
    return start + rest if rest else None


def _tail(end: int, data: mmap.mmap) -> Iterator[Edit]:
    """Cut what follows the picture: further pictures, motion clips, makers' own records. Padding may stay."""
    if data[end:].strip(b"\x00"):
        yield Edit(end, len(data))


# --- PNG (W3C PNG third edition §5.3, §11.3) -------------------------------------------------------------------

_PNG_XMP = b"XML:com.adobe.xmp\x00"
_PNG_TEXTS = frozenset({b"tEXt", b"zTXt", b"iTXt", b"caBX"})


def png_edits(file: BinaryIO, size: int) -> Iterator[Edit]:
    """Metadata chunks with a place, and everything behind the last chunk."""
    for part in _png_parts(file, size):
        body = _png_body_without_place(part)
        if body is None:
            yield Edit(part.start, part.end)
        elif body != part.body:
            yield Edit(part.start, part.end, _png_chunk(part.kind, body))
        if part.kind == b"IEND" and part.end < size:
            yield Edit(part.end, size)


def _png_parts(file: BinaryIO, size: int) -> Iterator[Part]:
    at = 8
    while at + 12 <= size:
        file.seek(at)
        head = file.read(8)
        length, kind = int.from_bytes(head[:4]), head[4:]
        end = min(at + 12 + length, size)
        yield Part(kind, at, end, file.read(length) if kind in _PNG_TEXTS or kind == b"eXIf" else b"")
        if kind == b"IEND":
            return
        at = end


def _png_body_without_place(part: Part) -> bytes | None:
    if part.kind == b"eXIf":
        return exif_without_place(part.body) or None
    if part.kind == b"iTXt" and part.body.startswith(_PNG_XMP):
        return _png_xmp(part.body)
    if part.kind in _PNG_TEXTS and (part.body.startswith(b"Raw profile type") or mentions_place(part.body)):
        return None
    return part.body


def _png_xmp(body: bytes) -> bytes | None:
    """Keyword, compression flag and method, language, translated keyword, text. Compressed text is dropped unread."""
    if body[len(_PNG_XMP) : len(_PNG_XMP) + 1] != b"\x00":
        return None
    start = body.find(b"\x00", body.find(b"\x00", len(_PNG_XMP) + 2) + 1) + 1
    return _under(body[:start], xmp_without_place(body[start:]))


def _png_chunk(kind: bytes, body: bytes) -> bytes:
    return len(body).to_bytes(4) + kind + body + zlib.crc32(kind + body).to_bytes(4)


# --- WebP (RFC 9649 §2.3, §2.7) ----------------------------------------------------------------------------------

_FLAGS = {b"EXIF": 0x08, b"XMP ": 0x04}  # bits in the first byte of VP8X


def webp_edits(file: BinaryIO, size: int) -> list[Edit]:
    """EXIF and XMP chunks with a place, the flags that announce them, the file's length in its head."""
    parts = list(_webp_parts(file, size))
    edits = [edit for part in parts if part.kind in _FLAGS for edit in _webp_edit(part)]
    end = parts[-1].end if parts else size
    if end < size:
        edits.append(Edit(end, size))
    if not edits:
        return []
    length = size - 8 + sum(edit.growth for edit in edits)
    gone = sum(_FLAGS[part.kind] for part in parts if Edit(part.start, part.end) in edits)
    head = [Edit(4, 8, length.to_bytes(4, "little"))]
    return head + [edit for part in parts if part.kind == b"VP8X" for edit in _webp_flags(part, gone)] + edits


def _webp_parts(file: BinaryIO, size: int) -> Iterator[Part]:
    file.seek(4)
    end, at = min(8 + int.from_bytes(file.read(4), "little"), size), 12
    while at + 8 <= end:
        file.seek(at)
        head = file.read(8)
        length = int.from_bytes(head[4:], "little")
        body = file.read(length) if head[:4] in _FLAGS or head[:4] == b"VP8X" else b""
        yield Part(head[:4], at, min(at + 8 + length + length % 2, size), body)
        at += 8 + length + length % 2


def _webp_edit(part: Part) -> Iterable[Edit]:
    body = _webp_body_without_place(part)
    if body == part.body:
        return []
    chunk = part.kind + len(body).to_bytes(4, "little") + body + b"\x00" * (len(body) % 2)
    return [Edit(part.start, part.end, chunk if body else b"")]


def _webp_body_without_place(part: Part) -> bytes:
    if part.kind == b"XMP ":
        return xmp_without_place(part.body)
    start = EXIF_START if part.body.startswith(EXIF_START) else b""  # some writers copy JPEG's start
    return _under(start, exif_without_place(part.body.removeprefix(start))) or b""


def _webp_flags(part: Part, gone: int) -> Iterable[Edit]:
    return [Edit(part.start + 8, part.start + 9, bytes([part.body[0] & ~gone]))] if gone and part.body else []


# --- GIF (GIF89a §23-§26) ----------------------------------------------------------------------------------------


def gif_edits(file: BinaryIO, size: int) -> Iterator[Edit]:
    """Comments and application blocks (XMP among them) with a place."""
    with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        for part in _gif_parts(data):
            if part.body and (mentions_place(part.body) or b"GPS" in part.body):
                yield Edit(part.start, part.end)


def _gif_parts(data: mmap.mmap) -> Iterator[Part]:
    at = 13 + _gif_table(data[10:11])
    while (kind := data[at : at + 1]) in (b"\x21", b"\x2c"):
        start = at
        at = at + 2 if kind == b"\x21" else at + 11 + _gif_table(data[at + 9 : at + 10])
        while length := int.from_bytes(data[at : at + 1]):
            at += 1 + length
        at += 1
        wanted = data[start : start + 2] in (b"\x21\xfe", b"\x21\xff")
        yield Part(kind, start, min(at, len(data)), data[start + 2 : at] if wanted else b"")


def _gif_table(flags: bytes) -> int:
    """Bytes of the colour table that follows these flags."""
    bits = int.from_bytes(flags)
    return 3 * 2 ** ((bits & 7) + 1) if bits & 0x80 else 0
