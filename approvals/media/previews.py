"""Small pictures of media for screens: a thumbnail of a picture, a poster frame of a video. Always sRGB and upright."""

from __future__ import annotations

import io
from os import PathLike
from pathlib import Path

import av
from av.container import InputContainer
from av.video.frame import VideoFrame
from av.video.stream import VideoStream
from django.utils.translation import gettext as _
from PIL import Image, ImageCms, ImageOps

from .edits import replacing
from .probe import DAMAGED, SIDEWAYS, opened_image, opened_video, orientation
from .sniff import UnreadableMedia, sniff

_QUALITY = 82
_TALLEST = 4  # a preview is at most this many times as tall as it is wide
_PAPER = (255, 255, 255)  # shows through transparent pictures
_SRGB = ImageCms.createProfile("sRGB")
_FORMATS = {".jpg": "JPEG", ".jpeg": "JPEG", ".webp": "WEBP"}


def thumbnail(image_path: str | PathLike[str], out: str | PathLike[str], width: int = 480) -> tuple[int, int]:
    """Write a preview at most `width` pixels wide, and give its width and height. Never enlarges.

    JPEG or WebP, by the name of `out`. Of a huge JPEG only a fraction is decoded. Raises UnreadableMedia.
    """
    path = Path(image_path)
    with opened_image(path, sniff(path)) as image:
        try:
            image.draft("RGB", (2 * width, 2 * width))
            preview = _preview(image, width)
        except DAMAGED as error:
            raise UnreadableMedia(_("This picture is damaged or cut off. Export it again and upload that.")) from error
    return _save(preview, Path(out))


def poster(
    video_path: str | PathLike[str], out: str | PathLike[str], at: float | None = None, width: int = 1080
) -> tuple[int, int]:
    """Write the frame shown at `at` seconds (default: a tenth into the video), at most `width` pixels wide.

    Gives width and height. A moment behind the end means the last frame that can be read. Raises UnreadableMedia.
    """
    path = Path(video_path)
    with opened_video(path, sniff(path)) as (container, stream):
        if at is None:
            at = (container.duration or 0) / av.time_base / 10
        frame = _frame_at(container, stream, at)
        image: Image.Image = frame.to_image()  # type: ignore[no-untyped-call]
        image = image.rotate(frame.rotation, expand=True)
    return _save(_preview(image, width), Path(out))


def loaded(image_path: str | PathLike[str], longest: int) -> Image.Image:
    """The picture to work with: upright, in sRGB, opaque, neither side longer than that. Raises UnreadableMedia."""
    path = Path(image_path)
    with opened_image(path, sniff(path)) as image:
        try:
            image.draft("RGB", (longest, longest))
            return _shown(image, (longest, longest))
        except DAMAGED as error:
            raise UnreadableMedia(_("This picture is damaged or cut off. Export it again and upload that.")) from error


def _preview(image: Image.Image, width: int) -> Image.Image:
    """No wider than that."""
    box = (width, width * _TALLEST)
    return _shown(image, box[::-1] if orientation(image) in SIDEWAYS else box)


def _shown(image: Image.Image, box: tuple[int, int]) -> Image.Image:
    """Upright, no larger than `box`, in sRGB, opaque. Shrunk first: the rest is then cheap."""
    if image.mode == "P":
        image = image.convert("RGBA" if image.has_transparency_data else "RGB")
    if image.mode.startswith("I;16"):  # 16 bits of grey can neither be shrunk nor shown
        image = image.convert("I").point(lambda value: value * (1 / 256)).convert("L")
    image.thumbnail(box, Image.Resampling.LANCZOS, reducing_gap=2.0)
    return _flat(_in_srgb(ImageOps.exif_transpose(image)))


def _in_srgb(image: Image.Image) -> Image.Image:
    """Colours as a browser without colour management shows them right. A broken profile is ignored, as browsers do."""
    profile = image.info.get("icc_profile")
    if not profile or image.mode not in {"RGB", "RGBA", "CMYK", "L"}:
        return image
    mode = "RGBA" if image.mode == "RGBA" else "RGB"
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        return ImageCms.profileToProfile(image, source, _SRGB, outputMode=mode) or image
    except (ImageCms.PyCMSError, OSError):
        return image


def _flat(image: Image.Image) -> Image.Image:
    """RGB, with transparent parts on white."""
    if not image.has_transparency_data:
        return image.convert("RGB")
    paper = Image.new("RGB", image.size, _PAPER)
    layer = image.convert("RGBA")
    paper.paste(layer, mask=layer)
    return paper


def _frame_at(container: InputContainer, stream: VideoStream, at: float) -> VideoFrame:
    """The frame on screen at that moment. Decoding starts at the key frame before it."""
    shown: VideoFrame | None = None
    try:
        if at > 0:
            container.seek(round(at * av.time_base))
        for frame in container.decode(stream):
            if shown is not None and frame.time is not None and frame.time > at:
                break
            shown = frame
    except av.FFmpegError as error:
        if shown is None:
            raise UnreadableMedia(_("This video is damaged or cut off. Export it again and upload that.")) from error
    if shown is None:
        raise UnreadableMedia(_("This video has no picture at that moment."))
    return shown


def _save(image: Image.Image, out: Path) -> tuple[int, int]:
    """Write pixels alone: what else the original said stays behind."""
    image.info.clear()
    with replacing(out) as file:
        image.save(file, format=_FORMATS[out.suffix.lower()], quality=_QUALITY, optimize=True)
    return image.size
