"""A picture made anew: another ratio, another kind of file, small enough."""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO

from django.utils.translation import gettext as _
from PIL import Image

from approvals.media.edits import replacing
from approvals.media.previews import loaded
from approvals.media.sniff import UnreadableMedia, sniff

from .motion import on_ground
from .plan import Frame, Going, PicturePlan, framed_size

LONGEST = 8192  # pixels of the longer side
_QUALITIES = (92, 86, 80, 72, 64, 55)
_SHRINK = 0.8
_LEAST = 320  # pixels of width: a smaller one serves nobody
_FORMATS = {"image/jpeg": "JPEG", "image/webp": "WEBP", "image/png": "PNG"}
SUFFIXES = {"image/jpeg": ".jpg", "image/webp": ".webp", "image/png": ".png"}


def kept_type(mime_type: str) -> str:
    """The kind of file that comes of one of that kind when none is asked for."""
    return mime_type if mime_type in _FORMATS else "image/jpeg"


def convert_picture(source: Path, out: Path, plan: PicturePlan, going: Going) -> None:
    """Write `source` as `plan` says. Raises UnreadableMedia with a sentence, and what `going` raises."""
    kind = _FORMATS[plan.mime_type or kept_type(sniff(source).mime_type)]
    image = _scaled(_reframed(loaded(source, longest=LONGEST), plan), plan.max_width)
    going(0.5)
    most = plan.sizes.most_bytes
    while not _written(image, out, kind, most, going):
        image = _scaled(image, round(image.width * _SHRINK))
        if image.width < _LEAST:
            raise UnreadableMedia(_("This picture cannot be made small enough and still be looked at. Choose another."))
    going(1.0)


def _written(image: Image.Image, out: Path, kind: str, most: int | None, going: Going) -> bool:
    """Written with the best quality that is small enough. False: none is."""
    for quality in _QUALITIES if kind != "PNG" else (0,):
        with replacing(out) as file:
            _save(image, file, kind, quality)
        going(0.6)
        if most is None or out.stat().st_size <= most:
            return True
    return False


def _save(image: Image.Image, file: BinaryIO, kind: str, quality: int) -> None:
    """Pixels alone: what else the original said stays behind."""
    image.info.clear()
    if kind == "PNG":
        image.save(file, format=kind, optimize=True)
    else:
        image.save(file, format=kind, quality=quality, optimize=True, progressive=kind == "JPEG")


def _reframed(image: Image.Image, plan: PicturePlan) -> Image.Image:
    size = framed_size(image.width, image.height, plan.ratio, plan.frame)
    width, height = round(size[0]), round(size[1])
    if (width, height) == image.size:
        return image
    if plan.frame == Frame.BARS:
        return on_ground(image, (width, height), within=image.size)
    left, top = (image.width - width) // 2, (image.height - height) // 2
    return image.crop((left, top, left + width, top + height))


def _scaled(image: Image.Image, width: int | None) -> Image.Image:
    if width is None or image.width <= width:
        return image
    return image.resize((width, max(1, round(image.height * width / image.width))), Image.Resampling.LANCZOS)
