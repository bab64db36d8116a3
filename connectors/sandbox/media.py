"""Fetch what a platform is told to fetch, and look at what came: by content, never by name.

What is acceptable is data (`ImageRules`, `VideoRules`), given by the platform.
"""

from __future__ import annotations

import hashlib
import io
import os
import struct
import tempfile
import time
import warnings
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import urlsplit

import av
import requests
from PIL import Image

from connectors.sandbox.options import Options

USER_AGENT = "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)"
CHUNK = 1 << 16


class Flaw(StrEnum):
    """What can be wrong with a medium; the platform gives each its code."""

    FETCH = "fetch"  # could not be loaded, or is neither picture nor film
    TIMEOUT = "timeout"
    SIZE = "size"
    FORMAT = "format"
    ASPECT = "aspect"
    VIDEO = "video"
    COVER_TIME = "cover_time"


class Unacceptable(Exception):
    """The medium cannot be used. str(error) says why, in words for the ledger."""

    def __init__(self, flaw: Flaw, reason: str) -> None:
        super().__init__(reason)
        self.flaw = flaw


@dataclass(frozen=True, slots=True)
class ImageRules:
    """Ratios are width by height; 0 means: no rule."""

    formats: tuple[str, ...] = ("JPEG",)
    max_bytes: int = 8 * 1024 * 1024
    min_aspect: float = 0.0
    max_aspect: float = 0.0


@dataclass(frozen=True, slots=True)
class VideoRules:
    """Lengths in seconds, rates in frames and bits per second."""

    max_bytes: int
    min_seconds: float
    max_seconds: float
    min_aspect: float
    max_aspect: float
    codecs: tuple[str, ...] = ("h264", "hevc")
    audio_codecs: tuple[str, ...] = ("aac",)
    max_width: int = 1920
    min_fps: float = 23.0
    max_fps: float = 60.0
    max_bit_rate: int = 25_000_000
    max_audio_rate: int = 48_000
    max_channels: int = 2
    fast_start: bool = True  # the index has to come first
    containers: tuple[str, ...] = ("mp4",)


@dataclass(frozen=True, slots=True)
class Copy:
    """A fetched file, kept under the hash of its bytes."""

    path: Path
    sha256: str
    size: int


def fetch(url: str, into: Path, options: Options, max_bytes: int) -> Copy:
    """Download once, without following redirects. Raises Unacceptable; leaves no half file behind."""
    if urlsplit(url).scheme not in ("http", "https") or not url.isascii():
        raise Unacceptable(Flaw.FETCH, "only http and https addresses in ASCII are fetched")
    handle, name = tempfile.mkstemp(dir=into, suffix=".part")
    part = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            digest, size = _download(url, file, options, max_bytes)
        kept = into / digest
        part.replace(kept)
        return Copy(kept, digest, size)
    except requests.Timeout as e:
        raise Unacceptable(Flaw.TIMEOUT, "the address did not answer in time") from e
    except requests.RequestException as e:
        raise Unacceptable(Flaw.FETCH, f"the address could not be loaded ({type(e).__name__})") from e
    finally:
        part.unlink(missing_ok=True)


def _download(url: str, file: BinaryIO, options: Options, max_bytes: int) -> tuple[str, int]:
    digest, size, deadline = hashlib.sha256(), 0, time.monotonic() + options.fetch_seconds
    with requests.Session() as browser:
        browser.trust_env = False  # no proxy: this is about loopback
        wait = (options.connect_seconds, options.fetch_seconds)
        headers = {"User-Agent": USER_AGENT, "Accept-Encoding": "identity"}
        with browser.get(url, stream=True, allow_redirects=False, timeout=wait, headers=headers) as answer:
            _check_head(answer)
            for chunk in answer.iter_content(CHUNK):
                size += len(chunk)
                digest.update(chunk)
                file.write(chunk)
                if size > max_bytes:
                    raise Unacceptable(Flaw.SIZE, f"more than {max_bytes} bytes")
                if time.monotonic() > deadline:
                    raise Unacceptable(Flaw.TIMEOUT, f"took longer than {options.fetch_seconds} s")
    return digest.hexdigest(), size


def _check_head(answer: requests.Response) -> None:
    if answer.status_code != 200:
        raise Unacceptable(Flaw.FETCH, f"the address answered {answer.status_code}")
    kind = answer.headers.get("Content-Type", "").partition("/")[0].strip().lower()
    if kind not in ("image", "video"):
        raise Unacceptable(Flaw.FETCH, f"its Content-Type is '{answer.headers.get('Content-Type', '')}'")


# --- looking at it ------------------------------------------------------------------------------------------------


def look_at_image(copy: Copy, rules: ImageRules) -> dict[str, Any]:
    """Facts about a picture. Raises Unacceptable."""
    try:
        with warnings.catch_warnings(), Image.open(copy.path) as image:
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            image.load()
            form, (width, height) = image.format or "", image.size
            if image.getexif().get(0x0112, 1) in (5, 6, 7, 8):  # Orientation: shown turned by 90°
                width, height = height, width
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError, Image.DecompressionBombWarning) as e:
        raise Unacceptable(Flaw.FORMAT, "it is no readable picture") from e
    if form not in rules.formats:
        raise Unacceptable(Flaw.FORMAT, f"it is {form}, not {' or '.join(rules.formats)}")
    if not _within(width / height, rules.min_aspect, rules.max_aspect):
        raise Unacceptable(Flaw.ASPECT, f"its ratio is {width / height:.3f}")
    return {"type": "image", "sha256": copy.sha256, "bytes": copy.size, "width": width, "height": height}


def _within(aspect: float, low: float, high: float) -> bool:
    """With a hair of tolerance: 4:5 in whole pixels is often 0.7995."""
    return not ((low and aspect < low - 0.005) or (high and aspect > high + 0.005))


def read_video(copy: Copy) -> dict[str, Any]:
    """Facts about a film of any kind. Raises Unacceptable when it is none."""
    try:
        with av.open(str(copy.path)) as film:
            return _facts(film, copy) | {"poster": _keep_still(next(film.decode(video=0)), copy.path.parent)}
    except (av.FFmpegError, StopIteration, IndexError) as e:
        raise Unacceptable(Flaw.VIDEO, "it is no readable film") from e


def look_at_video(copy: Copy, rules: VideoRules) -> dict[str, Any]:
    """Facts about a film that this platform takes. Raises Unacceptable."""
    facts = read_video(copy)
    if problem := next((text for text, wrong in _complaints(facts, rules, copy) if wrong), None):
        raise Unacceptable(Flaw.VIDEO, problem)
    return facts


def _keep_still(frame: Any, into: Path) -> str:
    """Keep the first frame as a picture; the hash of its bytes."""
    file = io.BytesIO()
    frame.to_image().save(file, "JPEG", quality=85)
    name = hashlib.sha256(file.getvalue()).hexdigest()
    (into / name).write_bytes(file.getvalue())
    return name


def _facts(film: av.container.InputContainer, copy: Copy) -> dict[str, Any]:
    video = film.streams.video[0]
    sound = film.streams.audio[0] if film.streams.audio else None
    seconds = (film.duration or 0) / av.time_base
    return {
        "type": "video", "sha256": copy.sha256, "bytes": copy.size, "container": film.format.name,
        "width": video.codec_context.width, "height": video.codec_context.height, "seconds": round(seconds, 3),
        "codec": video.codec_context.name, "pixels": video.codec_context.pix_fmt or "",
        "fps": round(float(video.average_rate or 0), 3), "bit_rate": int(copy.size * 8 / seconds) if seconds else 0,
        "audio_codec": sound.codec_context.name if sound else "", "audio_rate": sound.rate if sound else 0,
        "channels": sound.channels if sound else 0,
    }  # fmt: skip


def _complaints(facts: dict[str, Any], rules: VideoRules, copy: Copy) -> list[tuple[str, bool]]:
    """Each possible complaint, and whether it is true. Edit lists pass: most encoders write them."""
    aspect = facts["width"] / facts["height"] if facts["height"] else 0.0
    return [
        (f"its container is {facts['container']}", not any(c in facts["container"] for c in rules.containers)),
        ("its index (moov) does not come first", rules.fast_start and not moov_first(copy.path)),
        (f"its codec is {facts['codec']}", facts["codec"] not in rules.codecs),
        (f"its pixels are {facts['pixels']}", facts["pixels"] not in ("yuv420p", "yuvj420p", "yuv420p10le")),
        (f"it lasts {facts['seconds']} s", not rules.min_seconds <= facts["seconds"] <= rules.max_seconds),
        (f"it is {facts['width']} wide", facts["width"] > rules.max_width),
        (f"its ratio is {aspect:.3f}", not rules.min_aspect <= aspect <= rules.max_aspect),
        (f"it has {facts['fps']} frames per second", not rules.min_fps <= facts["fps"] <= rules.max_fps),
        (f"it has {facts['bit_rate']} bits per second", facts["bit_rate"] > rules.max_bit_rate),
        (f"its sound is {facts['audio_codec']}", facts["audio_codec"] not in ("", *rules.audio_codecs)),
        (f"its sound has {facts['audio_rate']} Hz", facts["audio_rate"] > rules.max_audio_rate),
        (f"its sound has {facts['channels']} channels", facts["channels"] > rules.max_channels),
    ]


def moov_first(path: Path) -> bool:
    """Whether an MP4's index stands before its data, so that playing can start before everything is there."""
    with path.open("rb") as file:
        while len(head := file.read(8)) == 8:
            size, name = struct.unpack(">I4s", head)
            if name in (b"moov", b"mdat"):
                return bool(name == b"moov")
            if size == 1:  # the real size follows
                size = struct.unpack(">Q", file.read(8))[0] - 8
            if size < 8:
                return False
            file.seek(size - 8, os.SEEK_CUR)
    return False
