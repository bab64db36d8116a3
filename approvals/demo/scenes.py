"""The photographs of the fictional brand "Fjord Supply": calm still lifes in linen, clay, wood and sea."""

from __future__ import annotations

import math
from collections.abc import Sequence

from PIL import Image, ImageChops, ImageFilter, ImageOps

from .canvas import Canvas, Mask, Point, blurred, gradient, mixed, spline, within

PORTRAIT, SQUARE, WIDE = (1080, 1350), (1080, 1080), (1080, 566)  # 4:5, 1:1, 1.91:1

LINEN, OAT, CLAY, RUST, MOSS, SEA, INK = "#ece4d6", "#d9ccb8", "#b9805f", "#9c5236", "#737a5e", "#47626d", "#22282b"


def window(canvas: Canvas, corner: Point, pane: Point, slant: float, strength: float = 0.3, panes: int = 2) -> None:
    """Daylight through a window with bars, thrown on the wall."""
    shapes = Image.new("L", canvas.size)
    for column in range(panes):
        for row in range(3):
            x, y = corner[0] + column * (pane[0] + 22), corner[1] + row * (pane[1] + 22) + column * slant * pane[0]
            lean = slant * pane[0]
            quad = [(x, y), (x + pane[0], y + lean), (x + pane[0], y + lean + pane[1]), (x, y + pane[1])]
            shapes = ImageChops.lighter(shapes, canvas.polygon(quad))
    canvas.glow(blurred(shapes, 11), "#ffe3b3", strength)


def leaves(canvas: Canvas, x: float, y: float, size: float, strength: float = 0.3) -> None:
    """The soft shadow of a plant that stands outside the picture."""
    shapes = Image.new("L", canvas.size)
    for number in range(9):
        angle, length = math.radians(150 + number * 17), size * (0.75 + 0.25 * math.sin(number * 2.4))
        tip = (x + math.cos(angle) * length, y + math.sin(angle) * length)
        side = (-math.sin(angle) * length * 0.13, math.cos(angle) * length * 0.13)
        middle = ((x + tip[0]) / 2, (y + tip[1]) / 2)
        leaf = [(x, y), (middle[0] + side[0], middle[1] + side[1]), tip, (middle[0] - side[0], middle[1] - side[1])]
        shapes = ImageChops.lighter(shapes, canvas.curve(leaf))
    canvas.paint(blurred(shapes, 13), "#3a2f27", strength)


# --- Autumn linen ------------------------------------------------------------------------------------------------


def overshirt(seed: int = 1) -> Image.Image:
    """A linen overshirt on a peg rail, in window light."""
    c = Canvas(PORTRAIT, "#ddd2c2", "#c6b7a3", seed=seed)
    c.plaster()
    window(c, (90, 190), (250, 300), 0.16, 0.55)
    rail = c.rounded(-20, 196, 1100, 238, 6)
    c.shadow(rail, 10, 26, 16, 0.35)
    c.paint(rail, "#a8794f")
    c.planks(rail, 0.3)
    for x in (180, 540, 900):
        peg = c.rounded(x - 13, 178, x + 13, 262, 12)
        c.shadow(peg, 16, 22, 9, 0.4)
        c.paint(peg, "#b98a5e")
        c.round_off(peg, left=0.3, right=0.45)
    _hanger(c)
    _shirt(c, "#7d8468")
    leaves(c, 1120, 1150, 560, 0.2)
    return c.finish()


def _hanger(c: Canvas) -> None:
    hook = c.stroke([(540, 330), (540, 300), (561, 282), (558, 254), (535, 246)], 8)
    c.shadow(hook, 14, 18, 8, 0.35)
    c.paint(hook, "#4d4740")


def _shirt(c: Canvas, colour: str) -> None:
    sleeves = [_mirrored(_SLEEVE, side) for side in (1, -1)]
    body = c.curve(_BODY)
    whole = body
    for sleeve in sleeves:
        whole = ImageChops.lighter(whole, c.curve(sleeve))
    c.shadow(whole, 46, 40, 34, 0.42)
    for sleeve, tone in zip(sleeves, (0.10, 0.22), strict=True):
        shape = c.curve(sleeve)
        c.paint(shape, mixed(colour, INK, tone))
        c.round_off(shape, left=0.35, right=0.45, at=0.4)
    c.shadow(body, 8, 10, 14, 0.35)
    c.paint(body, colour)
    creases = (
        (418, 700, 388, 1030), (492, 690, 468, 1040), (650, 690, 692, 1030), (604, 720, 624, 1040),
        (372, 430, 396, 560), (706, 430, 676, 560),
    )  # fmt: skip
    _folds(c, body, creases)
    c.round_off(body, left=0.28, right=0.4, at=0.36)
    _shirt_details(c, colour, body)
    c.weave(whole, 0.42)


_SLEEVE: tuple[Point, ...] = (
    (384, 396), (322, 400), (262, 540), (214, 730), (192, 930), (208, 960), (284, 972), (300, 950), (322, 790),
    (372, 580),
)  # fmt: skip
_BODY: tuple[Point, ...] = (
    (470, 332), (392, 360), (326, 396), (342, 560), (340, 760), (332, 900), (330, 1010), (400, 1030), (540, 1034),
    (680, 1030), (750, 1010), (748, 900), (740, 760), (738, 560), (754, 396), (688, 360), (610, 332), (540, 352),
)  # fmt: skip


def _mirrored(points: Sequence[Point], side: int) -> list[Point]:
    return [(540 + (x - 540) * side, y) for x, y in points]


def _folds(c: Canvas, cloth: Mask, lines: Sequence[tuple[float, float, float, float]]) -> None:
    """Long soft creases: a dark side and a lit side each."""
    for x0, y0, x1, y1 in lines:
        bend = spline([(x0, y0), ((x0 + x1) / 2 + 9, (y0 + y1) / 2), (x1, y1)])
        dark = blurred(c.stroke(bend, 18), 13)
        light = blurred(c.stroke([(x - 22, y) for x, y in bend], 14), 12)
        c.paint(within(dark, cloth), "#1f1d17", 0.36)
        c.glow(within(light, cloth), "#fff3d8", 0.24)


def _shirt_details(c: Canvas, colour: str, body: Mask) -> None:
    seam = mixed(colour, INK, 0.45)
    opening = c.polygon([(478, 334), (602, 334), (540, 430)])
    c.paint(opening, mixed(colour, INK, 0.62))
    for side in (1, -1):
        collar = c.polygon(_mirrored([(476, 322), (452, 352), (486, 446), (541, 424), (506, 380)], side))
        c.shadow(collar, 5, 8, 6, 0.4)
        c.paint(collar, mixed(colour, LINEN, 0.1))
        pocket = c.rounded(*((396, 556, 496, 676) if side == 1 else (584, 556, 684, 676)), 8)
        c.shadow(pocket, 3, 5, 4, 0.4)
        c.paint(pocket, mixed(colour, LINEN, 0.05))
        flap = c.rounded(*((392, 550, 500, 588) if side == 1 else (580, 550, 688, 588)), 6)
        c.shadow(flap, 2, 4, 3, 0.4)
        c.paint(flap, mixed(colour, LINEN, 0.1))
    c.paint(within(c.stroke([(556, 426), (558, 1050)], 3), body), seam, 0.8)
    c.paint(within(c.stroke([(522, 432), (523, 1050)], 2), body), seam, 0.5)
    c.paint(within(c.stroke([(326, 1000), (754, 1000)], 2), body), seam, 0.5)
    for y in range(466, 990, 104):
        button = c.ellipse(540, y, 9)
        c.shadow(button, 2, 3, 2, 0.5)
        c.paint(button, "#d8c7a8")


def coffee(seed: int = 2) -> Image.Image:
    """A cup from above on a linen cloth, morning light from the left."""
    c = Canvas(SQUARE, "#d7cbb9", "#c2b39d", seed=seed)
    c.weave(c.everything(), 0.5)
    c.glow(blurred(c.polygon([(-60, 80), (420, -60), (860, 1140), (300, 1140)]), 60), "#ffe6bd", 0.4)
    napkin = c.polygon([(640, 560), (1130, 470), (1180, 1130), (740, 1160)])
    c.shadow(napkin, 14, 18, 18, 0.3)
    c.paint(napkin, SEA)
    for shift in (40, 62, 84):
        stripe = c.stroke([(640 + shift, 556 - shift * 0.18), (740 + shift, 1160)], 7)
        c.paint(within(stripe, napkin), LINEN, 0.85)
    c.weave(napkin, 0.5)
    _cup(c, 470, 500)
    _spoon(c)
    leaves(c, -40, 1130, 620, 0.26)
    return c.finish()


def _cup(c: Canvas, x: float, y: float) -> None:
    saucer = c.ellipse(x, y, 318)
    c.shadow(saucer, 34, 40, 34, 0.45)
    c.paint(saucer, gradient(c.size, "#f2ece1", "#cfc3b1", 45))
    c.paint(blurred(ImageChops.subtract(c.ellipse(x, y, 236), c.ellipse(x + 4, y + 5, 228)), 3), "#8d7f6c", 0.6)
    handle = c.stroke([(x + 150, y - 120), (x + 268, y - 196)], 50)
    cup = c.ellipse(x, y, 196)
    c.shadow(ImageChops.lighter(cup, handle), 30, 36, 26, 0.5)
    c.paint(handle, gradient(c.size, "#e9e2d5", "#c9bca9", 45))
    c.paint(cup, gradient(c.size, "#f7f2e9", "#c5b8a5", 45))
    inside = c.ellipse(x, y, 178)
    c.paint(inside, gradient(c.size, "#9a8d7c", "#f0e8da", 45))
    surface = c.ellipse(x + 4, y + 5, 164)
    c.paint(surface, gradient(c.size, "#3a2115", "#6b4128", 45))
    rim = ImageChops.subtract(surface, blurred(c.ellipse(x + 4, y + 5, 148), 9))
    c.paint(rim, "#b07a46", 0.8)
    c.glow(within(blurred(c.ellipse(x - 62, y - 70, 58, 30), 16), surface), "#ffe8c4", 0.35)


def _spoon(c: Canvas) -> None:
    spoon = ImageChops.lighter(c.stroke([(300, 770), (168, 962)], 17), c.curve(_turned(330, 718, 40, 66, 34)))
    c.shadow(spoon, 15, 18, 11, 0.5)
    c.paint(spoon, gradient(c.size, "#e3c68d", "#8a683a", 30))
    c.glow(blurred(c.curve(_turned(322, 708, 16, 38, 34)), 8), "#fff1cf", 0.55)


def _turned(x: float, y: float, rx: float, ry: float, degrees: float) -> list[Point]:
    """The outline of an ellipse, turned clockwise."""
    turn = math.radians(degrees)
    steps = [math.radians(30 * step) for step in range(12)]
    return [
        (
            x + rx * math.cos(a) * math.cos(turn) - ry * math.sin(a) * math.sin(turn),
            y + rx * math.cos(a) * math.sin(turn) + ry * math.sin(a) * math.cos(turn),
        )
        for a in steps
    ]


def chairs(seed: int = 3) -> Image.Image:
    """Two oak chairs in an empty room, late light."""
    c = Canvas(WIDE, "#dccfbd", "#cbbba5", seed=seed)
    c.plaster(0.12)
    floor = c.rounded(-20, 430, 1100, 620, 0)
    c.paint(floor, gradient(WIDE, "#8d6a4a", "#b08a63"))
    c.planks(floor, 0.35)
    for x in range(-500, 1600, 170):
        c.paint(within(c.stroke([(540 + (x - 540) * 0.55, 430), (x, 640)], 2), floor), "#3b291b", 0.5)
    c.shadow(floor, 0, -3, 5, 0.35)
    window(c, (470, 40), (150, 118), 0.2, 0.55, panes=3)
    c.glow(within(blurred(c.polygon([(560, 440), (940, 440), (1080, 590), (640, 590)]), 12), floor), "#ffd9a0", 0.4)
    _chair(c, 250, 1, "#8a5d38")
    _chair(c, 700, -1, "#3f4b4c")
    return c.finish(vignette=0.3)


def _chair(c: Canvas, x: float, side: int, colour: str) -> None:
    def at(points: Sequence[Point]) -> list[Point]:
        return [(x + px * side, py) for px, py in points]

    c.paint(blurred(c.ellipse(x + 78, 512, 190, 22), 12), "#1e140c", 0.55)
    far = [([(46, 330), (62, 488)], 10), ([(150, 330), (172, 482)], 10)]
    near = [([(0, 338), (-16, 512)], 13), ([(112, 338), (130, 512)], 13), ([(-10, 440), (124, 440)], 8)]
    back = [([(-2, 338), (-34, 118)], 13), ([(48, 330), (22, 112)], 11)]
    slats = [([(-30 + n * 7, 146 + n * 48), (24 + n * 5, 139 + n * 48)], 17) for n in range(3)]
    for points, width in far:
        c.paint(c.stroke(at(points), width), mixed(colour, INK, 0.45))
    for points, width in [*back, *slats, *near]:
        leg = c.stroke(at(points), width)
        c.shadow(leg, 7, 5, 5, 0.3)
        c.paint(leg, colour)
        c.glow(c.stroke([(px - 2, py) for px, py in at(points)], 3), "#ffe2b8", 0.3)
    seat = c.curve(at([(-14, 330), (20, 318), (120, 316), (164, 326), (140, 346), (70, 352), (0, 350)]))
    c.shadow(seat, 5, 12, 8, 0.5)
    c.paint(seat, mixed(colour, OAT, 0.28))
    c.planks(seat, 0.3)


def fjord(seed: int = 4) -> Image.Image:
    """Ridges in mist over still water, a first light."""
    c = Canvas(PORTRAIT, "#e8cfb4", "#a9b5b5", seed=seed)
    c.glow(blurred(c.ellipse(730, 330, 120), 90), "#fff0cf", 0.9)
    c.glow(c.ellipse(730, 330, 56), "#fff4dc", 0.85)
    tones = ("#b9b9b2", "#94a1a1", "#6c8188", "#456069", "#2c4450")
    for number, tone in enumerate(tones):
        ridge = c.polygon(ridge_line(c, 420 + number * 92, 190 - number * 22, number))
        c.paint(ridge, gradient(c.size, tone, mixed(tone, LINEN, 0.45)))
        mist = within(blurred(ridge, 34), ImageOps.autocontrast(c.noise(560, 60)))
        c.paint(mist, "#e9ddcb", 0.2)
    water = c.rounded(-10, 930, 1090, 1370, 0)
    mirror = ImageOps.flip(c.image.crop((0, 500, 1080, 930))).resize((1080, 420))
    still = c.image.copy()
    still.paste(mirror.filter(ImageFilter.GaussianBlur(5)), (0, 930))
    c.paint(water, still)
    c.darken(ImageOps.autocontrast(c.noise(520, 9)), water, 0.3)
    c.glow(blurred(c.rounded(-10, 918, 1090, 944, 8), 10), "#f3e6d0", 0.5)
    _cabin(c)
    return c.finish(grain=0.09)


def ridge_line(c: Canvas, base: float, height: float, number: int) -> list[Point]:
    """A mountain's outline, closed below the picture. Two waves and some roughness."""
    phase, points = c.random.uniform(0, 6), []
    for x in range(-20, c.size[0] + 40, 20):
        wave = math.sin(x / 210 + phase) * 0.55 + math.sin(x / 83 + phase * 2) * 0.25
        points.append((float(x), base - height * (wave + c.random.uniform(-0.05, 0.05)) + number * 6))
    return [*points, (c.size[0] + 40.0, c.size[1] + 10.0), (-20.0, c.size[1] + 10.0)]


def _cabin(c: Canvas) -> None:
    c.paint(c.curve([(120, 930), (210, 902), (380, 896), (470, 932)]), "#22343b")
    c.paint(c.rounded(262, 868, 330, 904, 0), "#5b2f26")
    c.paint(c.polygon([(252, 872), (296, 842), (340, 872)]), "#20282b")
    lamp = c.rounded(284, 880, 297, 893, 0)
    c.glow(blurred(lamp, 12), "#ffcf7a", 1)
    c.paint(lamp, "#ffe3a1")
    c.glow(blurred(c.rounded(282, 938, 300, 1010, 0), 7), "#ffc46b", 0.4)


def blankets(seed: int = 5, *, daylight: bool = True) -> Image.Image:
    """Five folded blankets on a stool: in daylight, or as first sent in, too dark."""
    c = Canvas(SQUARE, "#d3c6b4" if daylight else "#6d645c", "#bfae98" if daylight else "#4a433d", seed=seed)
    c.plaster()
    if daylight:
        window(c, (60, 30), (300, 260), 0.18, 0.55)
    colours = (SEA, OAT, MOSS, "#c9a25e", RUST) if daylight else (RUST, "#c9a25e", OAT, SEA, INK)
    _stool(c)
    for number, colour in enumerate(colours):
        _blanket(c, 752 - number * 104, colour, number)
    if not daylight:
        c.darken(Image.new("L", SQUARE, 165))
    return c.finish(vignette=0.2 if daylight else 0.5)


def _stool(c: Canvas) -> None:
    for x, foot in ((330, 292), (750, 788), (470, 452), (610, 628)):
        leg = c.stroke([(x, 850), (foot, 1100)], 26)
        c.shadow(leg, 18, 8, 12, 0.35)
        c.paint(leg, "#8f653f")
        c.round_off(leg, left=0.2, right=0.4)
    top = c.rounded(216, 812, 864, 860, 20)
    c.shadow(top, 26, 26, 22, 0.45)
    c.paint(top, "#a87a50")
    c.planks(top, 0.4)


def _blanket(c: Canvas, top: float, colour: str, number: int) -> None:
    """Folded three times, with two stripes."""
    shift = (0, -14, 9, -6, 12)[number]
    left, right = 262 + shift, 822 + shift
    tops = [top + layer * 34 for layer in range(3)]
    edges = [(left + layer % 2 * 9, y, right - layer % 2 * 7, y + 37) for layer, y in enumerate(tops)]
    folds = [c.rounded(*edge, 17) for edge in edges]
    whole = ImageChops.lighter(ImageChops.lighter(folds[0], folds[1]), folds[2])
    c.shadow(whole, 24, 14, 18, 0.42)
    for layer, (fold, (x0, y0, x1, y1)) in enumerate(zip(folds, edges, strict=True)):
        c.paint(fold, mixed(colour, INK, 0.02 + layer * 0.06))
        c.paint(within(blurred(c.stroke([(x0, y1), (x1, y1)], 11), 5), fold), INK, 0.55)
        c.glow(within(blurred(c.stroke([(x0 + 20, y0 + 10), (x1 - 20, y0 + 10)], 8), 6), fold), "#fff0d6", 0.3)
    for stripe in (left + 96, left + 124):
        c.paint(within(c.stroke([(stripe, top), (stripe, top + 106)], 9), whole), mixed(colour, LINEN, 0.6), 0.75)
    c.round_off(whole, left=0.22, right=0.36, at=0.3)
    c.weave(whole, 0.5)


def cloth(colour: str, name: str, line: str, number: int, seed: int) -> Image.Image:
    """One slide of the carousel: a linen in soft folds, its name in large type."""
    c = Canvas(PORTRAIT, colour, seed=seed)
    soft = Image.blend(c.noise(210, 1700), c.noise(420, 900), 0.35)
    ridged = ImageOps.autocontrast(soft.point(lambda v: 255 - abs(2 * v - 255)))
    turned = ridged.rotate(14 - number * 9, Image.Resampling.BICUBIC).resize((1560, 1950), Image.Resampling.BICUBIC)
    tone = blurred(turned.crop((240, 300, 1320, 1650)), 14)
    c.darken(tone, strength=0.3 if name == "Oat" else 0.42)
    c.glow(blurred(tone.point(lambda v: max(0, v - 150) * 2), 10), "#fff1d8", 0.32)
    c.weave(c.everything(), 0.5)
    ink = INK if name == "Oat" else LINEN
    c.write(f"{number} / 4", 84, 132, 40, ink)
    c.write("Fjord Supply", 996, 132, 40, ink, anchor="rs")
    c.write(name, 74, 1176, 210, ink)
    c.write(line, 84, 1262, 44, ink)
    return c.finish()


SLIDES = (
    ("#e2d6c1", "Oat", "Undyed flax, washed twice"),
    ("#a35a3c", "Rust", "Madder root, three baths"),
    ("#747b60", "Moss", "Weld over a little indigo"),
    ("#4a6570", "Sea", "Indigo, dried in the wind"),
)


def slide(number: int, seed: int = 60) -> Image.Image:
    """Slide 1 to 4."""
    colour, name, line = SLIDES[number - 1]
    return cloth(colour, name, line, number, seed + number)
