"""Location is taken out of media before anything else sees them. Pixels, sound and colours stay as they are.

Nothing is encoded again: a finder per format names the bytes to replace, and the file is copied with them replaced.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from os import PathLike
from pathlib import Path
from typing import BinaryIO

from django.utils.translation import gettext as _

from .boxes import BrokenBoxes
from .clean_images import gif_edits, jpeg_edits, png_edits, webp_edits
from .clean_video import movie_edits, webm_edits
from .edits import Edit, rewrite
from .sniff import UnreadableMedia, sniff

_FINDERS: Mapping[str, Callable[[BinaryIO, int], Iterable[Edit]]] = {
    "image/jpeg": jpeg_edits,
    "image/png": png_edits,
    "image/webp": webp_edits,
    "image/gif": gif_edits,
    "video/mp4": movie_edits,
    "video/quicktime": movie_edits,
    "video/webm": webm_edits,
}


def strip_location(path: str | PathLike[str]) -> bool:
    """Take out what tells where this was recorded. True when the file was changed.

    That is: positions and place names in EXIF, XMP, IPTC and video metadata, and the parts in which one can hide:
    camera makers' notes, embedded thumbnails, position tracks beside a video, whatever follows a picture's end.
    Pixels, sound, orientation and colour profile stay byte for byte. The file is replaced atomically, in memory that
    does not grow with it. Raises UnreadableMedia for files that are no media, or whose structure is broken.
    """
    path = Path(path)
    find = _FINDERS[sniff(path).mime_type]
    try:
        with path.open("rb") as file:
            edits = list(find(file, path.stat().st_size))
        if edits:
            rewrite(path, edits)
    except (BrokenBoxes, ValueError) as error:
        raise UnreadableMedia(_("This file is damaged or cut off. Export it again and upload that.")) from error
    return bool(edits)
