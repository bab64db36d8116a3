"""The film of "Fjord Supply": the view from a night train, six seconds, with the sound of the rails."""

from __future__ import annotations

import math
from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import chain
from pathlib import Path
from random import Random
from typing import Any

import av
from PIL import Image, ImageChops, ImageDraw, ImageFont

from .canvas import Canvas, Mask, blurred, gradient, mixed, spline, within

SIZE = (720, 1280)  # 9:16
FPS, SECONDS = 30, 6
RATE = 48_000  # samples per second

_VIEW = (96, 170, 624, 890)  # the window pane: left, top, right, bottom
_WIDTH, _HEIGHT = _VIEW[2] - _VIEW[0], _VIEW[3] - _VIEW[1]
_WORDS = (54, 80, 474, 220)  # where the words stand in the pane
_BT709 = 1  # ITU-T H.273: the colours of HD video


@dataclass(frozen=True)
class Strip:
    """A layer of the landscape, and how many pixels it passes by in one frame. Whole pixels: no jitter."""

    image: Image.Image
    mask: Mask
    speed: int


def render(path: Path, seed: int = 21, *, seconds: float = SECONDS) -> Path:
    """Write the film as MP4."""
    return write(path, frames(seed, round(seconds * FPS)), _sound(seed, seconds))


def write(path: Path, pictures: Iterator[Image.Image], sounds: Iterator[av.AudioFrame]) -> Path:
    """H.264 and AAC, index first, no edit list. As large as the first picture."""
    first = next(pictures)
    # Without B-frames and edit lists the first frame is shown at time zero by every player and platform.
    options = {"movflags": "+faststart", "use_editlist": "0"}
    with av.open(str(path), "w", format="mp4", options=options) as container:
        video: Any = container.add_stream("libx264", rate=FPS, options={"preset": "veryfast", "crf": "21", "bf": "0"})
        video.width, video.height, video.pix_fmt = *first.size, "yuv420p"
        context = video.codec_context
        context.colorspace = context.color_primaries = context.color_trc = context.color_range = _BT709
        context.gop_size = 2 * FPS
        sound: Any = container.add_stream("aac", rate=RATE, layout="mono")
        sound.bit_rate = 96_000
        for number, image in enumerate(chain([first], pictures)):
            frame: Any = av.VideoFrame.from_image(image)  # type: ignore[no-untyped-call]
            frame = frame.reformat(format="yuv420p", dst_colorspace="ITU709")
            frame.pts, frame.time_base, frame.duration = number, Fraction(1, FPS), 1
            container.mux(video.encode(frame))
        container.mux(video.encode(None))
        for piece in sounds:
            container.mux(sound.encode(piece))
        container.mux(sound.encode(None))
    return path


def frames(seed: int, count: int) -> Iterator[Image.Image]:
    """The pictures of the film, one after the other. Only the view through the window moves."""
    sky, strips, words, pane = _sky(seed), _strips(seed, count), _words(), _pane()
    carriage, before = _carriage(seed)
    inside, before = carriage.crop(_VIEW), before.crop(_VIEW)
    for number in range(count):
        view = sky.copy()
        sway = round(2 * math.sin(number / 11))
        for strip in strips:
            left = number * strip.speed
            box = (left, 6 + sway, left + _WIDTH, 6 + sway + _HEIGHT)
            view.paste(strip.image.crop(box), mask=strip.mask.crop(box))
        shown = min(1.0, max(0.0, (number - FPS) / FPS))
        view.paste("#f1e6d3", _WORDS, words.point(lambda v, share=shown: round(v * share)))
        view.paste(inside, mask=before)
        carriage.paste(view, _VIEW[:2], pane)
        yield carriage


def _sky(seed: int) -> Image.Image:
    c = Canvas((_WIDTH, _HEIGHT), "#16242f", "#7d8487", seed=seed)
    c.glow(blurred(c.ellipse(390, 470, 330, 120), 60), "#d99a6c", 0.55)
    for _ in range(60):
        x, y = c.random.uniform(0, _WIDTH), c.random.uniform(0, 300)
        c.glow(c.ellipse(x, y, c.random.uniform(0.7, 1.5)), "#ffffff", c.random.uniform(0.3, 0.9))
    c.glow(blurred(c.ellipse(392, 262, 34), 26), "#f3ead7", 0.7)
    c.paint(c.ellipse(392, 262, 27), "#f4ecdb")
    return c.image


def _strips(seed: int, count: int) -> list[Strip]:
    """Far to near: mountains, hills with lights, shore with trees."""
    layers = ((1, 440, 120, "#52646c", 0), (3, 540, 60, "#33454d", 9), (8, 640, 26, "#17232a", 0))
    return [
        _strip(seed + speed, count * speed, speed, base, height, colour, lights)
        for speed, base, height, colour, lights in layers
    ]


def _strip(seed: int, reach: int, speed: int, base: float, height: float, colour: str, lights: int) -> Strip:
    c = Canvas((_WIDTH + reach, _HEIGHT + 12), colour, mixed(colour, "#101a20", 0.5), seed=seed)
    step = 90 // speed + 12
    outline = [(float(x), base - height * c.random.uniform(0, 1)) for x in range(-step, c.size[0] + 2 * step, step)]
    mask = c.polygon([*spline(outline, steps=6), (c.size[0] + 40.0, 900.0), (-40.0, 900.0)])
    if speed == 8:
        mask = ImageChops.lighter(mask, _trees(c, base))
    for _ in range(lights):
        x, y = c.random.uniform(0, c.size[0]), base + c.random.uniform(6, 40)
        c.glow(blurred(c.ellipse(x, y, 7), 7), "#ffb75e", 0.8)
        c.paint(c.rounded(x - 3, y - 2, x + 3, y + 3), "#ffe0a0")
    return Strip(c.image, mask, speed)


def _trees(c: Canvas, base: float) -> Mask:
    """Firs along the line, in groups."""
    trees, x = Image.new("L", c.size), -20.0
    pen = ImageDraw.Draw(trees)
    while x < c.size[0]:
        x += c.random.choice((16, 22, 30, 44, 260))
        tall = c.random.uniform(60, 170)
        for level in range(4):
            top, wide = base + 10 - tall * (1 - level * 0.22), tall * (0.08 + level * 0.045)
            pen.polygon([(x, top), (x - wide, top + tall * 0.36), (x + wide, top + tall * 0.36)], fill=255)
    return trees


def _pane() -> Mask:
    """The window's shape, with round corners."""
    c = Canvas((_WIDTH, _HEIGHT), "#000000", seed=1)
    return c.rounded(0, 0, _WIDTH, _HEIGHT, 54)


def _carriage(seed: int) -> tuple[Image.Image, Mask]:
    """The compartment, and the outline of what stands before its window."""
    c = Canvas(SIZE, "#5a3d2c", "#3c291f", seed=seed)
    c.planks(c.everything(), 0.35)
    c.glow(blurred(c.ellipse(600, 90, 260, 200), 90), "#ffca85", 0.25)
    outer = c.rounded(_VIEW[0] - 30, _VIEW[1] - 30, _VIEW[2] + 30, _VIEW[3] + 30, 78)
    c.shadow(outer, 0, 14, 18, 0.5)
    c.paint(outer, gradient(SIZE, "#c9a06f", "#8b6440"))
    c.paint(blurred(c.rounded(_VIEW[0] - 8, _VIEW[1] - 8, _VIEW[2] + 8, _VIEW[3] + 8, 60), 3), "#2a1c13", 0.9)
    shapes = [_curtain(c), _table(c), _cup(c)]
    mask = Image.new("L", SIZE)
    for shape in shapes:
        mask = ImageChops.lighter(mask, shape)
    return c.image, mask


def _curtain(c: Canvas) -> Mask:
    edge = spline([(646, 60), (600, 300), (560, 560), (596, 720), (640, 800), (650, 960)])
    curtain = c.polygon([*edge, (740, 960), (740, 60)])
    c.paint(curtain, "#8c4a33")
    for number in range(7):
        knots = ((660 + number * 16, 50), (622 + number * 20, 320), (592 + number * 24, 590), (630 + number * 16, 780))
        fold = spline(knots)
        c.paint(within(blurred(c.stroke(fold, 12), 6), curtain), "#2d130b", 0.4)
    c.weave(curtain, 0.4)
    return curtain


def _table(c: Canvas) -> Mask:
    table = c.polygon([(-10, 1010), (730, 1010), (730, 1290), (-10, 1290)])
    c.paint(table, gradient(SIZE, "#b98a5b", "#6d4a2f"))
    c.planks(table, 0.4)
    c.glow(within(blurred(c.stroke([(-10, 1013), (730, 1013)], 6), 3), table), "#ffe0b0", 0.6)
    cloth = c.polygon([(330, 1060), (740, 1030), (740, 1240), (420, 1270)])
    c.shadow(cloth, 6, 10, 9, 0.5)
    c.paint(cloth, "#d8cbb5")
    for shift in (36, 52):
        c.paint(within(c.stroke([(330 + shift, 1057), (420 + shift, 1270)], 6), cloth), "#47626d", 0.9)
    c.weave(cloth, 0.5)
    return table


def _cup(c: Canvas) -> Mask:
    """A mug on the table, in front of the glass."""
    handle = ImageChops.subtract(c.ellipse(262, 976, 52, 56), c.ellipse(262, 976, 31, 35))
    body = ImageChops.lighter(c.rounded(110, 880, 262, 1080, 30), c.ellipse(186, 884, 76, 15))
    whole = ImageChops.lighter(handle, body)
    c.shadow(body, 20, 16, 16, 0.5)
    c.paint(handle, "#b9ad9b")
    c.paint(body, "#e4dac9")
    c.paint(within(c.rounded(110, 1000, 262, 1036), body), "#47626d", 0.95)
    c.round_off(body, left=0.5, right=0.45, at=0.62)
    c.paint(c.ellipse(186, 884, 76, 15), "#f0e7d8")
    c.paint(c.ellipse(186, 886, 66, 11), "#2f1c12")
    return whole


def _words() -> Mask:
    words = Image.new("L", (_WORDS[2] - _WORDS[0], _WORDS[3] - _WORDS[1]))
    pen = ImageDraw.Draw(words)
    for line, text in enumerate(("North by night,", "wool packed.")):
        pen.text((0, line * 64), text, fill=255, font=ImageFont.load_default(52))
    return words


def _sound(seed: int, seconds: float) -> Iterator[av.AudioFrame]:
    """A low rumble with the double beat of rail joints, repeated every second."""
    second = _rail_second(seed)
    samples = 1024
    for start in range(0, round(seconds * RATE), samples):
        piece = array("h", (second[(start + n) % RATE] for n in range(samples)))
        frame = av.AudioFrame(format="s16", layout="mono", samples=samples)
        frame.planes[0].update(piece.tobytes())
        frame.sample_rate, frame.pts = RATE, start + samples  # the encoder begins one packet earlier: at zero
        yield frame


def _rail_second(seed: int) -> array[int]:
    chance, low, second = Random(seed), 0.0, array("h")  # noqa: S311 -- a noise, no secret
    for n in range(RATE):
        low += (chance.uniform(-1, 1) - low) * 0.02
        ends = math.sin(math.pi * n / RATE)  # silent where the second repeats
        beats = sum(math.exp(-(n - at) / 1400) * math.sin((n - at) / 90) for at in (9_000, 16_500) if n >= at)
        second.append(round(5200 * low * (0.35 + 0.65 * ends) + 2600 * beats * chance.uniform(0.7, 1)))
    return second
