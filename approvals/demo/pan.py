"""The other film of "Fjord Supply": a slow look up a still fjord at sunrise, three seconds, lying down, with wind."""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from pathlib import Path
from random import Random

import av
from PIL import Image

from . import reel, scenes

SIZE = (960, 540)  # 16:9
SECONDS = 3


def render(path: Path, *, seconds: float = SECONDS) -> Path:
    """Write the film as MP4."""
    return reel.write(path, frames(round(seconds * reel.FPS)), _wind(seconds))


def frames(count: int) -> Iterator[Image.Image]:
    """A window of 16:9 that rises over the picture, and draws a little closer."""
    whole = scenes.fjord()
    width, height = whole.size
    for number in range(count):
        share = number / max(count - 1, 1)
        wide = width * (1 - 0.12 * share)
        high = wide * SIZE[1] / SIZE[0]
        left, top = (width - wide) / 2, (height - high) * (0.62 - 0.34 * share)
        yield whole.resize(SIZE, Image.Resampling.BILINEAR, (left, top, left + wide, top + high))


def _wind(seconds: float) -> Iterator[av.AudioFrame]:
    """Noise without its high half, quiet."""
    chance, low, samples = Random(7), 0.0, 1024  # noqa: S311 -- a noise, no secret
    for start in range(0, round(seconds * reel.RATE), samples):
        piece = array("h")
        for _ in range(samples):
            low += (chance.uniform(-1, 1) - low) * 0.01
            piece.append(round(6000 * low))
        frame = av.AudioFrame(format="s16", layout="mono", samples=samples)
        frame.planes[0].update(piece.tobytes())
        frame.sample_rate, frame.pts = reel.RATE, start + samples  # the encoder begins one packet earlier: at zero
        yield frame
