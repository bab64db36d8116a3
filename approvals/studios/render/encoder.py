"""Writes an MP4 that every platform takes: H.264 (4:2:0, 30 frames a second), AAC, the index first."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
from av.container import OutputContainer

from .plan import FPS, RATE, SOUND_BITS

_BT709 = 1  # ITU-T H.273: the colours of HD video
_TICK = Fraction(1, FPS)
_THREADS = 2
_AHEAD = 1024  # samples: AAC begins one packet earlier, and so at zero


@dataclass
class Encoder:
    """One film that is being written. Pictures come in order, and are numbered here."""

    container: OutputContainer
    video: Any
    sound: Any = None
    pictures: int = 0
    samples: int = 0

    @property
    def seconds(self) -> float:
        return self.pictures / FPS

    def picture(self, frame: av.VideoFrame) -> None:
        """The next picture, in yuv420p."""
        frame.pts, frame.time_base, frame.duration = self.pictures, _TICK, 1
        self.pictures += 1
        self.container.mux(self.video.encode(frame))

    def audio(self, frame: av.AudioFrame) -> None:
        """The next piece of sound: 48 kHz, of any length."""
        frame.pts, frame.time_base = self.samples + _AHEAD, Fraction(1, RATE)
        self.samples += frame.samples
        self.container.mux(self.sound.encode(frame))

    def silence_until(self, seconds: float) -> None:
        """As much silence as the sound lacks until there."""
        while (missing := round(seconds * RATE) - self.samples) > 0:
            self.audio(_silence(min(1024, missing)))


@contextmanager
def encoding(path: Path, size: tuple[int, int], *, sound: bool, rate: int | None = None) -> Iterator[Encoder]:
    """A film of that size. `rate`: bits per second that the pictures keep below."""
    options = {"movflags": "+faststart", "use_editlist": "0"}
    with av.open(str(path), "w", format="mp4", options=options) as container:
        encoder = Encoder(container, _video(container, size, rate), _sound(container) if sound else None)
        yield encoder
        container.mux(encoder.video.encode(None))
        if encoder.sound is not None:
            encoder.silence_until(encoder.seconds)
            container.mux(encoder.sound.encode(None))


def _video(container: OutputContainer, size: tuple[int, int], rate: int | None) -> Any:
    """Without B-frames and edit lists the first picture is shown at time zero by every player and platform."""
    options = {"preset": "veryfast", "crf": "21", "bf": "0", "flags": "+cgop"}
    if rate:
        options |= {"maxrate": str(rate), "bufsize": str(rate)}
    video: Any = container.add_stream("libx264", rate=FPS, options=options)
    video.width, video.height, video.pix_fmt = *size, "yuv420p"
    context = video.codec_context
    context.colorspace = context.color_primaries = context.color_trc = context.color_range = _BT709
    context.gop_size = 2 * FPS
    context.thread_count = _THREADS
    return video


def _sound(container: OutputContainer) -> Any:
    sound: Any = container.add_stream("aac", rate=RATE, layout="stereo")
    sound.bit_rate = SOUND_BITS
    return sound


def _silence(samples: int) -> av.AudioFrame:
    frame = av.AudioFrame(format="fltp", layout="stereo", samples=samples)
    for plane in frame.planes:
        plane.update(bytes(plane.buffer_size))
    frame.sample_rate = RATE
    return frame
