"""A small paint box on Pillow: shapes with soft edges, light, shadow, cloth and grain.

Colours are "#rrggbb"; positions are pixels of the finished picture. Everything random comes from the canvas's seed.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from random import Random

from PIL import Image, ImageChops, ImageColor, ImageDraw, ImageFilter, ImageFont, ImageOps

type Point = tuple[float, float]
type Mask = Image.Image  # mode "L": where to paint
type Fill = str | Image.Image
type Box = tuple[int, int, int, int]

SMOOTH = 2  # masks are drawn this many times larger, then shrunk


class Canvas:
    """A picture in the making."""

    def __init__(self, size: tuple[int, int], top: str, bottom: str | None = None, *, seed: int) -> None:
        self.size = size
        self.random = Random(seed)  # noqa: S311 -- art, not secrets
        self.image = gradient(size, top, bottom or top)

    # --- masks ---

    def polygon(self, points: Sequence[Point]) -> Mask:
        return self._mask(points, 0, lambda pen, spots: pen.polygon(spots, fill=255))

    def curve(self, points: Sequence[Point]) -> Mask:
        """A closed shape with a soft outline through the points."""
        return self.polygon(spline(points, closed=True))

    def ellipse(self, x: float, y: float, rx: float, ry: float | None = None) -> Mask:
        ry = rx if ry is None else ry
        corners = [(x - rx, y - ry), (x + rx, y + ry)]
        return self._mask(corners, 0, lambda pen, spots: pen.ellipse(spots, fill=255))

    def rounded(self, left: float, top: float, right: float, bottom: float, radius: float = 0) -> Mask:
        corners = [(left, top), (right, bottom)]
        return self._mask(corners, 0, lambda pen, spots: pen.rounded_rectangle(spots, radius * SMOOTH, fill=255))

    def stroke(self, points: Sequence[Point], width: float) -> Mask:
        """A line with round joints and ends."""
        half = width * SMOOTH / 2

        def draw(pen: ImageDraw.ImageDraw, spots: list[Point]) -> None:
            pen.line(spots, fill=255, width=round(2 * half), joint="curve")
            for x, y in (spots[0], spots[-1]):
                pen.ellipse([x - half, y - half, x + half, y + half], fill=255)

        return self._mask(points, width, draw)

    def everything(self) -> Mask:
        return Image.new("L", self.size, 255)

    def _mask(
        self, points: Sequence[Point], margin: float, draw: Callable[[ImageDraw.ImageDraw, list[Point]], object]
    ) -> Mask:
        """Draw at SMOOTH times the size and shrink; only the part of the canvas that the points touch."""
        mask = Image.new("L", self.size)
        box = self._around(points, margin + 2)
        if box is not None:
            large = Image.new("L", ((box[2] - box[0]) * SMOOTH, (box[3] - box[1]) * SMOOTH))
            draw(ImageDraw.Draw(large), [((x - box[0]) * SMOOTH, (y - box[1]) * SMOOTH) for x, y in points])
            mask.paste(large.reduce(SMOOTH), box[:2])
        return mask

    def _around(self, points: Sequence[Point], margin: float) -> Box | None:
        left, top = (max(0, math.floor(min(values) - margin)) for values in zip(*points, strict=True))
        right, bottom = (
            min(edge, math.ceil(max(values) + margin))
            for edge, values in zip(self.size, zip(*points, strict=True), strict=True)
        )
        return (left, top, right, bottom) if left < right and top < bottom else None

    # --- paint ---

    def paint(self, mask: Mask, fill: Fill, strength: float = 1) -> None:
        """Cover the mask with a colour or a picture of the canvas's size."""
        if box := mask.getbbox():
            layer = ImageColor.getrgb(fill) if isinstance(fill, str) else fill.crop(box)
            self.image.paste(layer, box, faded(mask.crop(box), strength))

    def shadow(
        self, mask: Mask, dx: float, dy: float, blur: float, strength: float = 0.4, fill: str = "#1d1712"
    ) -> None:
        """What the shape throws on what lies behind it. Call before painting the shape."""
        self.paint(blurred(moved(mask, dx, dy), blur), fill, strength)

    def darken(self, tone: Image.Image, mask: Mask | None = None, strength: float = 1) -> None:
        """Multiply with a grey picture: white changes nothing."""
        box = mask.getbbox() if mask else (0, 0, *self.size)
        if box is None:
            return
        grey = tone.crop(box).point(lambda v: round(255 - (255 - v) * strength))
        darker = ImageChops.multiply(self.image.crop(box), Image.merge("RGB", [grey] * 3))
        self.image.paste(darker, box, mask.crop(box) if mask else None)

    def glow(self, mask: Mask, fill: str, strength: float) -> None:
        """Add light."""
        if box := mask.getbbox():
            dark = self.image.crop(box)
            lit = ImageChops.screen(dark, Image.new("RGB", dark.size, fill))
            self.image.paste(lit, box, faded(mask.crop(box), strength))

    def round_off(self, mask: Mask, *, left: float = 0.5, right: float = 0.5, at: float = 0.35) -> None:
        """Shade a shape like a cylinder: dark towards both sides, lit at this share of its width."""
        box = mask.getbbox()
        if box is None:
            return
        width, height = box[2] - box[0], box[3] - box[1]
        ramp = bytes(round(255 * _cylinder(x / max(1, width - 1), left, right, at)) for x in range(width))
        tone = self.everything()
        tone.paste(Image.frombytes("L", (width, 1), ramp).resize((width, height)), box[:2])
        self.darken(tone, mask)

    def weave(self, mask: Mask, strength: float = 0.25) -> None:
        """The threads of linen: fine streaks both ways."""
        tone = Image.blend(self.noise(14, 1.6), self.noise(1.6, 14), 0.5)
        self.darken(tone.point(lambda v: min(255, v + 70)), mask, strength)

    def write(self, text: str, x: float, y: float, size: float, fill: str, *, anchor: str = "ls") -> None:
        pen = ImageDraw.Draw(self.image)
        pen.text((x, y), text, fill=fill, font=ImageFont.load_default(size), anchor=anchor)

    def finish(self, *, vignette: float = 0.16, grain: float = 0.05) -> Image.Image:
        """Darker corners and film grain."""
        corners = ImageOps.invert(Image.radial_gradient("L")).resize(self.size).point(lambda v: min(255, 90 + v * 2))
        self.darken(corners, strength=vignette)
        noise = self.noise(1.4, 1.4).point(lambda v: round(128 + (v - 128) * grain * 2))
        self.image = ImageChops.overlay(self.image, Image.merge("RGB", [noise] * 3))
        return self.image

    # --- texture ---

    def noise(self, cell_x: float, cell_y: float) -> Image.Image:
        """Smooth grey noise whose spots are this large."""
        columns, rows = (max(2, math.ceil(n / c)) for n, c in zip(self.size, (cell_x, cell_y), strict=True))
        small = Image.frombytes("L", (columns, rows), self.random.randbytes(columns * rows))
        return small.resize(self.size, Image.Resampling.BICUBIC)

    def clouds(self, cell: float) -> Image.Image:
        """Noise at several sizes: plaster, mist, wool."""
        tone = self.noise(cell, cell)
        for share, finer in ((0.4, 3), (0.25, 9)):
            tone = Image.blend(tone, self.noise(cell / finer, cell / finer), share)
        return tone

    def plaster(self, strength: float = 0.14) -> None:
        """A limewashed wall."""
        self.darken(ImageOps.autocontrast(self.clouds(260)), strength=strength)

    def planks(self, mask: Mask, strength: float = 0.35) -> None:
        """Wood grain along the picture's width."""
        grain = Image.blend(self.noise(420, 5), self.noise(160, 2.5), 0.4)
        self.darken(ImageOps.autocontrast(grain), mask, strength)


def _cylinder(x: float, left: float, right: float, at: float) -> float:
    """Brightness 0 to 1 at this share of the width."""
    if x < at:
        return 1 - left * math.pow(1 - x / at, 1.6)
    return 1 - right * math.pow((x - at) / (1 - at), 1.6)


def gradient(size: tuple[int, int], top: str, bottom: str, angle: float = 0) -> Image.Image:
    """From one colour to another, downwards, or turned by `angle` degrees."""
    ramp = Image.linear_gradient("L")
    if angle:
        ramp = ramp.rotate(angle, Image.Resampling.BICUBIC).crop((40, 40, 216, 216))
    return ImageOps.colorize(ramp.resize(size, Image.Resampling.BICUBIC), top, bottom)


def faded(mask: Mask, strength: float) -> Mask:
    return mask if strength == 1 else mask.point(lambda v: round(v * strength))


def blurred(mask: Mask, radius: float) -> Mask:
    """The mask with a soft edge; only the part that changes is computed."""
    inner = mask.getbbox()
    if inner is None:
        return mask
    reach = math.ceil(radius * 3)
    box = (
        max(0, inner[0] - reach), max(0, inner[1] - reach),
        min(mask.width, inner[2] + reach), min(mask.height, inner[3] + reach),
    )  # fmt: skip
    soft = Image.new("L", mask.size)
    soft.paste(mask.crop(box).filter(ImageFilter.GaussianBlur(radius)), box[:2])
    return soft


def moved(mask: Mask, dx: float, dy: float) -> Mask:
    """Shifted; what leaves the picture is gone."""
    shifted = Image.new("L", mask.size)
    shifted.paste(mask, (round(dx), round(dy)))
    return shifted


def within(mask: Mask, other: Mask) -> Mask:
    return ImageChops.multiply(mask, other)


def mixed(one: str, other: str, share: float) -> str:
    """A colour this share of the way from one to the other."""
    pairs = zip(ImageColor.getrgb(one), ImageColor.getrgb(other), strict=True)
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in pairs)


def spline(points: Sequence[Point], *, closed: bool = False, steps: int = 12) -> list[Point]:
    """A soft curve through the points (Catmull-Rom)."""
    ends = (points[-1:], points[:2]) if closed else (points[:1], points[-1:])
    knots = [*ends[0], *points, *ends[1]]
    return [
        _between(knots[i : i + 4], step / steps) for i in range(len(knots) - 3) for step in range(steps)
    ] + ([] if closed else [points[-1]])  # fmt: skip


def _between(knots: Sequence[Point], t: float) -> Point:
    weights = (
        -0.5 * t + t * t - 0.5 * t**3,
        1 - 2.5 * t * t + 1.5 * t**3,
        0.5 * t + 2 * t * t - 1.5 * t**3,
        -0.5 * t * t + 0.5 * t**3,
    )
    x = sum(w * knot[0] for w, knot in zip(weights, knots, strict=True))
    y = sum(w * knot[1] for w, knot in zip(weights, knots, strict=True))
    return x, y
