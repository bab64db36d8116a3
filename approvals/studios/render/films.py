"""A film made anew: another ratio, another length, and always an MP4 that every platform takes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av
from av.audio.resampler import AudioResampler
from av.container import InputContainer
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from approvals.media.probe import opened_video
from approvals.media.sniff import UnreadableMedia, sniff

from .encoder import Encoder, encoding
from .filters import Look
from .plan import FPS, RATE, FilmPlan, Going, fitted, framed_size

_DAMAGED = gettext_noop("This video is damaged or cut off. Export it again and upload that.")


@dataclass
class _Pictures:
    """Turns frames at any pace into one for each thirtieth of a second, and no more than asked for."""

    encoder: Encoder
    look: Look
    wanted: int
    going: Going
    shown: av.VideoFrame | None = None

    @property
    def full(self) -> bool:
        return self.encoder.pictures >= self.wanted

    def take(self, frame: av.VideoFrame, at: float) -> None:
        """A frame that is on screen from `at` on, in seconds. The one before is shown until then."""
        if self.shown is not None:
            self._show_until(min(self.wanted, round(at * FPS)))
        self.shown = frame

    def finish(self) -> None:
        """The last frame stays until the end."""
        if self.shown is None:
            raise UnreadableMedia(_(_DAMAGED))
        self._show_until(self.wanted)

    def _show_until(self, number: int) -> None:
        if self.shown is None or self.encoder.pictures >= number:
            return
        made = self.look.of(self.shown)
        while self.encoder.pictures < number:
            self.encoder.picture(made)
            self.going(self.encoder.pictures / self.wanted)


def convert_film(source: Path, out: Path, plan: FilmPlan, going: Going) -> None:
    """Write `source` as `plan` says. Raises UnreadableMedia, and whatever `going` raises: then `out` is worthless."""
    with opened_video(source, sniff(source)) as (container, stream):
        first = _first_look(container, stream)
        seconds = plan.cut.of(_duration(container, stream))
        if seconds <= 0:
            raise UnreadableMedia(_("This film ends before the part that was chosen. Choose an earlier start."))
        sounds = next((s for s in container.streams.audio if s.codec_context), None)
        size = size_of(plan, *first)
        rate = plan.sizes.film_rate(seconds)
        with encoding(out, size, sound=bool(sounds) or plan.silence, rate=rate) as encoder:
            look = Look(size, plan.ratio, plan.frame, _shape(stream))
            pictures = _Pictures(encoder, look, max(1, round(seconds * FPS)), going)
            _through(container, stream, sounds, plan.cut.start, pictures)


def size_of(plan: FilmPlan, width: int, height: int) -> tuple[int, int]:
    """The size of what comes of a film that is shown in this size."""
    framed = framed_size(width, height, plan.ratio, plan.frame)
    return fitted(*framed, short_side=plan.short_side, max_width=plan.max_width, least_width=plan.least_width)


def _through(container: InputContainer, stream: Any, sounds: Any, start: float, pictures: _Pictures) -> None:
    """Once through the film, pictures and sound together, from `start` until the pictures are all there."""
    zero = (container.start_time or 0) / av.time_base + start
    if start:
        container.seek(max(0, round(zero * av.time_base)))
    resampler = AudioResampler(format="fltp", layout="stereo", rate=RATE)
    try:
        for frame in container.decode(*filter(None, (stream, sounds))):
            at = (frame.time or 0.0) - zero
            if isinstance(frame, av.AudioFrame):
                _hear(frame, at, resampler, pictures)
            elif isinstance(frame, av.VideoFrame):
                pictures.take(frame, at)
                if pictures.full:
                    break
    except av.FFmpegError as error:
        if pictures.encoder.pictures < pictures.wanted // 2:
            raise UnreadableMedia(_(_DAMAGED)) from error
    pictures.finish()


def _hear(frame: av.AudioFrame, at: float, resampler: AudioResampler, pictures: _Pictures) -> None:
    """Sound at its place: a gap before it is silence, and what lies outside of the cut is left out."""
    encoder = pictures.encoder
    if at < -frame.samples / max(1, frame.sample_rate) / 2 or at >= pictures.wanted / FPS:
        return
    if at > encoder.samples / RATE + 0.1:
        encoder.silence_until(at)
    for piece in resampler.resample(frame):
        encoder.audio(piece)


def _first_look(container: InputContainer, stream: Any) -> tuple[int, int]:
    """Width and height as displayed: rotation and pixel shape applied."""
    frame = next(_frames(container, stream), None)
    container.seek(0)
    if frame is None:
        raise UnreadableMedia(_(_DAMAGED))
    width, height = round(frame.width * _shape(stream)), frame.height
    return (height, width) if frame.rotation % 180 else (width, height)


def _shape(stream: Any) -> float:
    """The width of a pixel by its height."""
    return float(stream.sample_aspect_ratio or 1) or 1.0


def _frames(container: InputContainer, stream: Any) -> Iterator[av.VideoFrame]:
    try:
        yield from container.decode(stream)
    except av.FFmpegError as error:
        raise UnreadableMedia(_(_DAMAGED)) from error


def _duration(container: InputContainer, stream: Any) -> float:
    """Seconds of the pictures; of a recording that does not say, of the whole file."""
    if stream.duration and stream.time_base:
        return float(stream.duration * stream.time_base)
    if container.duration:
        return container.duration / av.time_base
    raise UnreadableMedia(_("The length of this video cannot be read. Export it again as MP4."))
