"""What is to be made, in figures, and the arithmetic of frames."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum

FPS = 30
SHORT_SIDE = 1080  # pixels of the shorter side of a film, at most
RATE = 48_000  # samples of sound per second
SOUND_BITS = 128_000  # per second

type Going = Callable[[float], None]  # told the share that is done, 0..1, at every frame; it raises `Stopped` to end it


class Stopped(Exception):
    """Somebody called it off, or this process ends: nothing is kept of what was being made."""


class Frame(StrEnum):
    """How another ratio is filled."""

    CROP = "crop"  # what does not fit is cut off
    BARS = "bars"  # all of it is seen, on a blurred ground made of itself


class Motion(StrEnum):
    """How the view moves over a still picture."""

    VARIED = "varied"  # another one for each picture
    IN = "in"
    OUT = "out"
    LEFT = "left"
    RIGHT = "right"
    UP = "up"
    STILL = "still"


@dataclass(frozen=True)
class Sizes:
    """What a file may be at most. None: no limit."""

    most_bytes: int | None = None
    bit_rate: int | None = None  # bits per second, all streams together

    def film_rate(self, seconds: float) -> int | None:
        """Bits per second that the pictures of a film of this length may have; None: as many as look good."""
        by_size = self.most_bytes * 8 / seconds if self.most_bytes and seconds else None
        whole = min((rate for rate in (by_size, self.bit_rate) if rate), default=None)
        return None if whole is None else max(60_000, round(whole * 0.88) - SOUND_BITS)


@dataclass(frozen=True)
class Cut:
    """Which part of a film is taken, in seconds. `length` None: to its end."""

    start: float = 0.0
    length: float | None = None

    def of(self, duration: float) -> float:
        """How long that part of a film of `duration` seconds is."""
        rest = max(0.0, duration - self.start)
        return rest if self.length is None else min(rest, self.length)


@dataclass(frozen=True)
class FilmPlan:
    """A film as it is to be. `ratio` None: as it is. `sizes` are kept to."""

    ratio: float | None = None
    frame: Frame = Frame.CROP
    cut: Cut = field(default_factory=Cut)
    sizes: Sizes = field(default_factory=Sizes)
    short_side: int = SHORT_SIDE
    max_width: int | None = None
    least_width: int | None = None  # a smaller one is enlarged
    silence: bool = False  # a silent track where there is no sound


@dataclass(frozen=True)
class SlidesPlan:
    """A film made of pictures."""

    ratio: float = 9 / 16
    frame: Frame = Frame.CROP
    motion: Motion = Motion.VARIED
    seconds: float = 4.0  # of each picture
    sizes: Sizes = field(default_factory=Sizes)
    short_side: int = SHORT_SIDE
    max_width: int | None = None


@dataclass(frozen=True)
class PicturePlan:
    """A picture as it is to be. `mime_type` and `ratio` None: as it is."""

    mime_type: str | None = None
    ratio: float | None = None
    frame: Frame = Frame.CROP
    sizes: Sizes = field(default_factory=Sizes)
    max_width: int | None = None


def even(value: float) -> int:
    """The even number of pixels nearest to it: H.264 wants both sides even."""
    return max(2, round(value / 2) * 2)


def framed_size(width: float, height: float, ratio: float | None, frame: Frame) -> tuple[float, float]:
    """Width and height of a picture of that size once it has this ratio: cut smaller, or laid on a larger ground."""
    if ratio is None or not height or abs(width / height / ratio - 1) < 0.002:
        return width, height
    wider = width / height > ratio
    if frame == Frame.CROP:
        return (height * ratio, height) if wider else (width, width / ratio)
    return (width, width / ratio) if wider else (height * ratio, height)


def fitted(
    width: float, height: float, *,
    short_side: int | None = None, max_width: int | None = None, least_width: int | None = None,
) -> tuple[int, int]:  # fmt: skip
    """Even sides: made smaller until the shorter one and the width are small enough; enlarged to `least_width` only."""
    scale = min(1.0, short_side / min(width, height) if short_side else 1.0, max_width / width if max_width else 1.0)
    if least_width and width * scale < least_width:
        scale = (least_width + 1) / width
    found = even(width * scale), even(height * scale)
    return (found[0] - 2, found[1]) if max_width and found[0] > max_width else found


def canvas(ratio: float, short_side: int, max_width: int | None = None) -> tuple[int, int]:
    """The size of a film of that ratio whose shorter side is so long."""
    width, height = (short_side, short_side / ratio) if ratio <= 1 else (short_side * ratio, short_side)
    return fitted(width, height, max_width=max_width)
