"""What a file really is, by its first bytes. A file's name and the browser's word for it are never asked."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from django.utils.translation import gettext as _

HEAD = 4096  # bytes that are enough to know every type below
ACCEPTED = "JPEG, PNG, WebP, GIF, MP4, MOV or WebM"


class UnreadableMedia(ValueError):
    """str(error) is a sentence for the person who uploaded: what is wrong with the file and what to do."""


@dataclass(frozen=True)
class FileType:
    """A type that we read, and the one reader that may open it.

    Naming the reader keeps playlists, scripts and other formats that a library would guess away from the file.
    """

    kind: str  # "image" or "video"
    mime_type: str
    reader: str  # Pillow's or FFmpeg's name of the format


JPEG = FileType("image", "image/jpeg", "JPEG")
PNG = FileType("image", "image/png", "PNG")
GIF = FileType("image", "image/gif", "GIF")
WEBP = FileType("image", "image/webp", "WEBP")
MP4 = FileType("video", "video/mp4", "mp4")
MOV = FileType("video", "video/quicktime", "mov")
WEBM = FileType("video", "video/webm", "webm")

_STARTS: tuple[tuple[bytes, FileType], ...] = (
    (b"\xff\xd8\xff", JPEG),
    (b"\x89PNG\r\n\x1a\n", PNG),
    (b"GIF87a", GIF),
    (b"GIF89a", GIF),
)
_OLD_QUICKTIME = frozenset({b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot"})  # MOV files older than `ftyp`
_HEIF = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"})
_AVIF = frozenset({b"avif", b"avis"})
_MP4_LIKE = frozenset({b"isom", b"avc1", b"MSNV", b"M4V ", b"M4VH", b"dash", b"XAVC", b"f4v ", b"NDSC"})


def sniff(path: Path) -> FileType:
    """The type of the file. Raises UnreadableMedia when it is none that we read."""
    with path.open("rb") as file:
        return sniff_bytes(file.read(HEAD))


def sniff_bytes(head: bytes) -> FileType:
    """As `sniff`, for the first HEAD bytes of a file."""
    if not head:
        raise UnreadableMedia(_("This file is empty. Upload it again."))
    for start, found in _STARTS:
        if head.startswith(start):
            return found
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return WEBP
    if head[4:8] == b"ftyp" or head[4:8] in _OLD_QUICKTIME:
        return _movie(head)
    if head.startswith(b"\x1a\x45\xdf\xa3") and b"webm" in head[:128]:
        return WEBM
    raise UnreadableMedia(_refusal(head))


def _movie(head: bytes) -> FileType:
    """MP4 and its relatives share one box format; the brand tells them apart."""
    brand = head[8:12]
    if head[4:8] != b"ftyp" or brand == b"qt  ":
        return MOV
    if brand in _HEIF:
        raise UnreadableMedia(_("HEIC pictures cannot be read here. Export the picture as JPEG and upload that."))
    if brand in _AVIF:
        raise UnreadableMedia(_("AVIF pictures cannot be read here. Export the picture as JPEG and upload that."))
    if brand in _MP4_LIKE or brand[:3] in {b"iso", b"mp4"}:
        return MP4
    raise UnreadableMedia(_("This kind of video cannot be read here. Use %(accepted)s.") % {"accepted": ACCEPTED})


def _refusal(head: bytes) -> str:
    text = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if b"<svg" in text:
        return _("SVG drawings cannot be posted. Use %(accepted)s.") % {"accepted": ACCEPTED}
    if text.startswith((b"<!doctype", b"<html", b"<?xml")):
        return _("This is a web page, not a picture or a video. Use %(accepted)s.") % {"accepted": ACCEPTED}
    return _("This is not a picture or a video that can be read here. Use %(accepted)s.") % {"accepted": ACCEPTED}
