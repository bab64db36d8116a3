"""What a file holds: measured, never believed. Everything that rules are checked against comes from here."""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from os import PathLike
from pathlib import Path

import av
from av.audio.stream import AudioStream
from av.codec.context import CodecContext
from av.container import InputContainer
from av.video.stream import VideoStream
from django.utils.translation import gettext as _
from PIL import ExifTags, Image

from .boxes import BrokenBoxes, boxes
from .sniff import FileType, UnreadableMedia, sniff

MAX_PIXELS = 80_000_000  # one decoded picture stays below 320 MB
MAX_FRAME_PIXELS = 36_000_000  # 8K video has 33 million

SIDEWAYS = frozenset({5, 6, 7, 8})  # EXIF orientations that swap width and height
_BOX_FORMATS = frozenset({"video/mp4", "video/quicktime"})
# What Pillow's readers raise for damaged files, seen with cut and scrambled samples of every format.
DAMAGED = (OSError, SyntaxError, ValueError, EOFError, IndexError, KeyError, TypeError, struct.error)


@dataclass(frozen=True)
class Probe:
    """One file as measured. For pictures, everything from `duration` to `fast_start` stays empty."""

    kind: str  # "image" or "video"
    mime_type: str  # by content; "image/mpo" for a JPEG with further pictures behind the first
    size: int  # bytes
    sha256: str  # hex
    width: int  # pixels as displayed: orientation, rotation and pixel shape applied
    height: int
    pixel_format: str  # "RGB", "CMYK", … for pictures; "yuv420p", … for videos
    animated: bool = False  # a picture with several frames
    duration: float | None = None  # seconds
    codec: str = ""  # "h264", "hevc", "vp9", …
    audio_codec: str = ""  # "aac", "opus", …; empty without sound
    fps: float | None = None  # average frames per second
    bit_rate: int | None = None  # bits per second, all streams together
    fast_start: bool | None = None  # MP4 and MOV: the index (moov) stands before the data (mdat)

    @property
    def has_audio(self) -> bool:
        return bool(self.audio_codec)


def probe(path: str | PathLike[str]) -> Probe:
    """Measure a picture or a video, in memory that does not grow with the file.

    Pictures are decoded to the end; of videos the index is read and one frame decoded.
    Raises UnreadableMedia with a sentence for the uploader, OSError when the file itself cannot be opened.
    """
    path = Path(path)
    found = sniff(path)
    return _probe_image(path, found) if found.kind == "image" else _probe_video(path, found)


def sha256_of(path: Path) -> str:
    """Hex digest of the file's bytes, read in pieces."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def opened_image(path: Path, found: FileType) -> Iterator[Image.Image]:
    """The picture, opened by the one reader that its first bytes name. Too many pixels, and damage, are refused."""
    try:
        image = Image.open(path, formats=[found.reader])
    except Image.DecompressionBombError as error:
        raise UnreadableMedia(_too_large()) from error
    except DAMAGED as error:
        raise UnreadableMedia(_damaged("picture")) from error
    with image:
        if image.width * image.height > MAX_PIXELS:
            raise UnreadableMedia(_too_large())
        yield image


def orientation(image: Image.Image) -> int:
    """EXIF orientation 1 to 8; 1 where there is none or a nonsensical one."""
    try:
        value = image.getexif().get(ExifTags.Base.Orientation, 1)
    except DAMAGED:  # unreadable EXIF is no reason to refuse a picture that can be shown
        return 1
    return value if value in range(1, 9) else 1


def _probe_image(path: Path, found: FileType) -> Probe:
    with opened_image(path, found) as image:
        width, height = image.size
        if orientation(image) in SIDEWAYS:
            width, height = height, width
        mode, animated = image.mode, _frames(image) > 1
        mime_type = "image/mpo" if image.format == "MPO" else found.mime_type
        _decode(image)
    return Probe(
        kind="image",
        mime_type=mime_type,
        size=path.stat().st_size,
        sha256=sha256_of(path),
        width=width,
        height=height,
        pixel_format=mode,
        animated=animated and mime_type != "image/mpo",
    )


def _frames(image: Image.Image) -> int:
    return int(getattr(image, "n_frames", 1))


def _decode(image: Image.Image) -> None:
    """Read the picture to its end, so that a cut one is found out now and not by a platform.

    A JPEG is decoded at an eighth of its size: every byte is read, a sixty-fourth of the memory is used.
    """
    try:
        image.draft(None, (max(1, image.width // 8), max(1, image.height // 8)))
        image.load()
    except DAMAGED as error:
        raise UnreadableMedia(_damaged("picture")) from error


def _probe_video(path: Path, found: FileType) -> Probe:
    fast_start = _fast_start(path) if found.mime_type in _BOX_FORMATS else None
    with opened_video(path, found) as (container, stream):
        width, height, pixel_format = _frame_as_displayed(container, stream)
        duration = _duration(container, stream)
        size = path.stat().st_size
        return Probe(
            kind="video",
            mime_type=found.mime_type,
            size=size,
            sha256=sha256_of(path),
            width=width,
            height=height,
            pixel_format=pixel_format,
            duration=duration,
            codec=_codec(stream),
            audio_codec=_codec(container.streams.audio[0]) if container.streams.audio else "",
            fps=float(stream.average_rate) if stream.average_rate else None,
            bit_rate=container.bit_rate or round(size * 8 / duration),
            fast_start=fast_start,
        )


@contextmanager
def opened_video(path: Path, found: FileType) -> Iterator[tuple[InputContainer, VideoStream]]:
    """The container and its first picture stream. Only this one local file is ever read."""
    only_this_file = {"protocol_whitelist": "file"}  # no reader may follow an address found inside the file
    try:
        container = av.open(f"file:{path}", mode="r", format=found.reader, container_options=only_this_file)
    except (av.FFmpegError, OSError) as error:
        raise UnreadableMedia(_damaged("video")) from error
    with container:
        streams = [s for s in container.streams.video if not _is_cover(s)]
        if not streams:
            raise UnreadableMedia(_("This file has no picture track, only sound. Upload a video."))
        yield container, streams[0]


def _is_cover(stream: VideoStream) -> bool:
    """Cover art of a sound file is stored as a stream of one picture."""
    return bool(stream.disposition & stream.disposition.attached_pic)


def _codec(stream: AudioStream | VideoStream) -> str:
    """FFmpeg's name of the codec; "unknown" for one that it has no decoder for."""
    context: CodecContext | None = stream.codec_context  # the stubs leave the None out
    return context.name if context else "unknown"


def _frame_as_displayed(container: InputContainer, stream: VideoStream) -> tuple[int, int, str]:
    """Width, height and pixel format of the first frame, rotation and pixel shape applied."""
    if _codec(stream) == "unknown":
        raise UnreadableMedia(_("The codec of this video is not known here. Export it as MP4 with H.264."))
    context = stream.codec_context
    if context.width * context.height > MAX_FRAME_PIXELS:
        raise UnreadableMedia(_("This video has more pixels than 8K. Export it smaller."))
    try:
        frame = next(container.decode(stream))
    except (StopIteration, av.FFmpegError) as error:
        raise UnreadableMedia(_damaged("video")) from error
    shape = stream.sample_aspect_ratio
    width, height = round(frame.width * float(shape)) if shape else frame.width, frame.height
    if frame.rotation % 180:
        width, height = height, width
    return width, height, frame.format.name


def _duration(container: InputContainer, stream: VideoStream) -> float:
    """Seconds. Recorders in browsers write none: then the last packet tells."""
    if container.duration:
        return container.duration / av.time_base
    if stream.duration and stream.time_base:
        return float(stream.duration * stream.time_base)
    last = 0.0
    for packet in container.demux(stream):
        if packet.pts is not None and packet.time_base:
            last = max(last, float((packet.pts + (packet.duration or 0)) * packet.time_base))
    if last <= 0:
        raise UnreadableMedia(_damaged("video"))
    return last


def _fast_start(path: Path) -> bool:
    """True when the index comes before the data. Raises UnreadableMedia for a file that is cut off or has no index."""
    try:
        with path.open("rb") as file:
            kinds = [box.kind for box in boxes(file, 0, path.stat().st_size)]
    except BrokenBoxes as error:
        raise UnreadableMedia(_("This video is cut off before its end. Upload it again.")) from error
    if b"moov" not in kinds:
        raise UnreadableMedia(_("This video has no index; the recording was not finished. Export it again."))
    return b"mdat" not in kinds or kinds.index(b"moov") < kinds.index(b"mdat")


def _too_large() -> str:
    return _("This picture has more than %(most)s million pixels. Export it smaller.") % {
        "most": MAX_PIXELS // 1_000_000
    }


def _damaged(what: str) -> str:
    return _("This %(what)s is damaged or cut off. Export it again and upload that.") % {"what": what}
