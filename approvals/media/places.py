"""What inside a picture's metadata tells where it was taken, and the same metadata without it.

EXIF is rebuilt from a short list, because camera makers hide positions in their own notes and in embedded
thumbnails. XMP is edited: it also carries credits and the "made with AI" mark, which must survive.
"""

from __future__ import annotations

import re
from xml.etree import ElementTree

from PIL import ExifTags, Image

from .probe import DAMAGED

EXIF_START = b"Exif\x00\x00"

_MAKER_NOTE = 0x927C
_KEPT = (  # what shows the picture right, and whose it is
    ExifTags.Base.Orientation,
    ExifTags.Base.XResolution,
    ExifTags.Base.YResolution,
    ExifTags.Base.ResolutionUnit,
    ExifTags.Base.Make,
    ExifTags.Base.Model,
    ExifTags.Base.Software,
    ExifTags.Base.DateTime,
    ExifTags.Base.Artist,
    ExifTags.Base.Copyright,
)
_KEPT_INNER = (ExifTags.Base.ColorSpace, ExifTags.Base.DateTimeOriginal, ExifTags.Base.OffsetTimeOriginal)

# Names of XMP properties, lower case, from the exif, photoshop, Iptc4xmpCore and Iptc4xmpExt schemas.
_PLACE_NAMES = frozenset({"city", "state", "country", "countrycode", "countryname", "provincestate", "sublocation"})
_PLACE_PARTS = ("gps", "location", "latitude", "longitude", "geotag")
_THUMBNAILS = "thumbnails"  # whole pictures inside XMP, with metadata of their own

_PLACE_SIGNS = re.compile(
    rb"location|latitude|longitude|gpscoord|gpspos|iso6709|geotag|countrycode|photoshop:(city|state|country)",
    re.IGNORECASE,
)
_XMP_SIGNS = re.compile(_PLACE_SIGNS.pattern + rb"|gps|city|state|country|thumbnails", re.IGNORECASE)
# IPTC IIM 4.2, record 2: location code and name, city, sublocation, state, country code and name.
_IPTC_PLACE = re.compile(rb"\x1c\x02[\x1a\x1b\x5a\x5c\x5f\x64\x65]")


def mentions_place(data: bytes) -> bool:
    """Whether these bytes contain a word that goes with a position."""
    return _PLACE_SIGNS.search(data) is not None


def iptc_mentions_place(data: bytes) -> bool:
    """The same for a Photoshop block, whose IPTC records are numbered instead of named."""
    return _IPTC_PLACE.search(data) is not None or mentions_place(data)


def exif_without_place(data: bytes) -> bytes:
    """This EXIF block (without its "Exif" start), rebuilt if it tells a place or could, else as it is.

    Empty when it cannot be read, or when nothing is left.
    """
    exif = Image.Exif()
    try:
        exif.load(EXIF_START + data)
        return _rebuilt(exif) if _may_tell(exif) else data
    except DAMAGED:
        return b""


def _may_tell(exif: Image.Exif) -> bool:
    inner, thumbnail = exif.get_ifd(ExifTags.IFD.Exif), exif.get_ifd(ExifTags.IFD.IFD1)
    return ExifTags.IFD.GPSInfo in exif or ExifTags.IFD.GPSInfo in inner or _MAKER_NOTE in inner or bool(thumbnail)


def _rebuilt(exif: Image.Exif) -> bytes:
    kept = Image.Exif()
    for tag in _KEPT:
        if tag in exif:
            kept[tag] = exif[tag]
    inner = {tag: value for tag, value in exif.get_ifd(ExifTags.IFD.Exif).items() if tag in _KEPT_INNER}
    if inner:
        kept.get_ifd(ExifTags.IFD.Exif).update(inner)
    return kept.tobytes().removeprefix(EXIF_START) if len(kept) or inner else b""


def xmp_without_place(data: bytes) -> bytes:
    """This XMP packet without properties that tell a place. Empty when it cannot be read."""
    if not _XMP_SIGNS.search(data):
        return data
    if b"<!DOCTYPE" in data or b"<!ENTITY" in data:  # no honest packet defines entities; bombs do
        return b""
    try:
        root = ElementTree.fromstring(data.strip(b"\x00"))  # noqa: S314
    except ElementTree.ParseError:
        return b""
    if not _drop_places(root):
        return data
    start, end = b'<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?>', b'<?xpacket end="w"?>'
    edited: bytes = ElementTree.tostring(root, encoding="utf-8")
    return start + edited + end


def _drop_places(element: ElementTree.Element) -> bool:
    """Remove attributes and children that tell a place, at every depth. True when something was removed."""
    attributes = [name for name in element.attrib if _tells_place(name)]
    for name in attributes:
        del element.attrib[name]
    told = [part for part in element if _tells_place(part.tag)]
    for part in told:
        element.remove(part)
    deeper = [_drop_places(part) for part in element]
    return bool(attributes or told or any(deeper))


def _tells_place(name: str) -> bool:
    local = name.rpartition("}")[2].lower()
    return local in _PLACE_NAMES or local == _THUMBNAILS or any(part in local for part in _PLACE_PARTS)
