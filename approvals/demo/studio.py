"""More photographs of "Fjord Supply": what its makers' studios look like, and the poster for the open day."""

from __future__ import annotations

import math
from collections.abc import Sequence

from PIL import Image, ImageChops, ImageOps

from .canvas import Canvas, Mask, Point, blurred, gradient, mixed, moved, spline, within
from .scenes import CLAY, INK, LINEN, MOSS, OAT, PORTRAIT, RUST, SEA, SQUARE, WIDE, window

# Half outlines of pots, from rim to foot: (half width, height above the shelf).
_BOTTLE = ((22, 250), (20, 225), (24, 190), (62, 140), (78, 80), (64, 20), (48, 0))
_VASE = ((50, 210), (40, 180), (58, 140), (86, 90), (80, 30), (52, 0))
_BOWL = ((112, 96), (104, 66), (78, 24), (46, 0))
_JUG = ((46, 190), (40, 160), (60, 110), (68, 60), (56, 10), (48, 0))
_CUP = ((52, 100), (50, 60), (44, 14), (36, 0))
_JAR = ((46, 176), (58, 166), (84, 120), (86, 60), (66, 8), (54, 0))


def pottery(seed: int = 11) -> Image.Image:
    """Pots drying on two shelves."""
    c = Canvas(PORTRAIT, "#e2d8ca", "#cdbfac", seed=seed)
    c.plaster(0.18)
    window(c, (520, 60), (240, 330), 0.2, 0.5)
    _shelf(c, 620)
    rows: Sequence[tuple[float, Sequence[Point], str, float]] = (
        (190, _VASE, CLAY, 1.25), (430, _BOTTLE, "#e5d9c6", 1.25), (640, _CUP, SEA, 1.2), (870, _JAR, "#a06a4c", 1.3)
    )  # fmt: skip
    for x, outline, colour, size in rows:
        pot(c, x, 620, outline, colour, size)
    _shelf(c, 1120)
    rows = (
        (210, _BOWL, "#ded0ba", 1.3), (470, _JUG, "#6f7860", 1.3), (690, _BOTTLE, CLAY, 1.1),
        (900, _BOWL, "#b4785a", 1.05),
    )  # fmt: skip
    for x, outline, colour, size in rows:
        pot(c, x, 1120, outline, colour, size)
    return c.finish()


def pot(c: Canvas, x: float, y: float, outline: Sequence[Point], colour: str, size: float) -> None:
    """A thrown pot on a shelf: round, with the rings of the potter's fingers and a dark mouth."""
    half = spline([(w * size, y - h * size) for w, h in outline])
    shape = c.polygon([(x + w, py) for w, py in half] + [(x - w, py) for w, py in reversed(half)])
    mouth, top = outline[0][0] * size, y - outline[0][1] * size
    shape = ImageChops.lighter(shape, c.ellipse(x, top, mouth, mouth * 0.16))
    c.shadow(shape, 34, 12, 24, 0.4)
    c.paint(shape, colour)
    for number in range(3, 26, 3):
        ring = c.stroke([(x - 150, y - number * 10), (x + 150, y - number * 10 - 2)], 3)
        c.paint(within(blurred(ring, 2), shape), INK, 0.1)
    c.darken(ImageOps.autocontrast(c.noise(5, 5)), shape, 0.1)
    c.round_off(shape, left=0.35, right=0.62, at=0.32)
    c.paint(c.ellipse(x, top, mouth, mouth * 0.16), mixed(colour, LINEN, 0.25))
    c.paint(c.ellipse(x, top + 1, mouth * 0.86, mouth * 0.11), mixed(colour, INK, 0.7))


def _shelf(c: Canvas, y: float) -> None:
    board = c.rounded(-20, y - 2, 1100, y + 34, 3)
    c.shadow(board, 10, 34, 24, 0.42)
    c.paint(board, gradient(c.size, "#b98c60", "#8f6540"))
    c.planks(board, 0.4)
    c.glow(c.stroke([(-10, y), (1090, y)], 3), "#ffe6bf", 0.35)


def loom(seed: int = 12) -> Image.Image:
    """Warp threads running into the cloth that is being woven."""
    c = Canvas(PORTRAIT, "#5d5148", "#41382f", seed=seed)
    c.plaster(0.3)
    _warp(c)
    _woven(c)
    _beam(c, 150, 92)
    _beam(c, 742, 66)
    _shuttle(c)
    c.glow(blurred(c.polygon([(-50, 120), (360, -40), (980, 1400), (420, 1400)]), 80), "#ffdca6", 0.26)
    return c.finish(vignette=0.3)


def _warp(c: Canvas) -> None:
    for number, x in enumerate(range(96, 990, 13)):
        colour = (LINEN, OAT, LINEN, "#c9a679")[number % 4] if number % 23 else RUST
        thread = c.stroke([(540 + (x - 540) * 0.94, 150), (x, 760)], 5)
        c.paint(c.stroke([(540 + (x - 540) * 0.94 + 6, 150), (x + 6, 760)], 5), "#201812", 0.5)
        c.paint(thread, colour)


def _woven(c: Canvas) -> None:
    """Plain weave in stripes; each row goes over one thread and under the next."""
    cloth = c.rounded(88, 760, 994, 1370)
    c.paint(cloth, OAT)
    stripes = ((800, 46, SEA), (880, 16, RUST), (916, 16, RUST), (1000, 90, MOSS), (1140, 16, SEA), (1230, 60, RUST))
    for top, height, colour in stripes:
        c.paint(c.rounded(88, top, 994, top + height), colour, 0.92)
    tile = Image.new("L", (26, 18), 255)
    for box in ((0, 0, 11, 7), (13, 9, 24, 16)):
        tile.paste(206, box)
    tile.paste(120, (11, 0, 13, 9))
    tile.paste(120, (24, 9, 26, 18))
    tone = c.everything()
    for y in range(760, 1350, 18):
        for x in range(88, 994, 26):
            tone.paste(tile, (x, y))
    c.darken(tone, cloth, 0.75)
    c.weave(cloth, 0.3)
    c.paint(blurred(c.stroke([(80, 764), (1000, 764)], 22), 12), "#1c140e", 0.5)


def _beam(c: Canvas, y: float, thick: float) -> None:
    beam = c.rounded(-20, y - thick / 2, 1100, y + thick / 2, 10)
    c.shadow(beam, 6, 34, 24, 0.6)
    c.paint(beam, gradient(c.size, "#b58555", "#a3764a"))
    c.planks(beam, 0.45)
    low = blurred(c.stroke([(-20, y + thick / 2), (1100, y + thick / 2)], thick * 0.5), thick * 0.2)
    c.paint(within(low, beam), INK, 0.5)
    high = blurred(c.stroke([(-20, y - thick * 0.28), (1100, y - thick * 0.28)], 9), 6)
    c.glow(within(high, beam), "#ffe6bf", 0.35)


def _shuttle(c: Canvas) -> None:
    hull = c.curve([(300, 905), (430, 868), (640, 862), (770, 886), (800, 905), (770, 926), (640, 948), (430, 944)])
    c.shadow(hull, 14, 26, 18, 0.6)
    c.paint(hull, gradient(c.size, "#c99866", "#8f6238"))
    c.planks(hull, 0.35)
    hollow = c.rounded(440, 884, 660, 928, 20)
    c.paint(hollow, "#3a2718")
    bobbin = c.rounded(462, 890, 640, 921, 14)
    c.paint(bobbin, SEA)
    for x in range(468, 640, 7):
        c.paint(within(c.stroke([(x, 888), (x + 4, 924)], 2), bobbin), INK, 0.4)
    c.glow(within(blurred(c.stroke([(340, 888), (760, 874)], 6), 4), hull), "#fff0d0", 0.5)


def spools(seed: int = 13) -> Image.Image:
    """Spools, scissors and a measuring tape, laid out from above."""
    c = Canvas(SQUARE, "#e6dccd", "#d3c5b2", seed=seed)
    c.weave(c.everything(), 0.28)
    c.glow(blurred(c.polygon([(0, -50), (520, -50), (1130, 700), (1130, 1130), (900, 1130)]), 70), "#fff0d2", 0.4)
    colours = (RUST, "#c9a25e", MOSS, SEA, CLAY, LINEN, "#7f5a6a", INK, OAT)
    for number, colour in enumerate(colours):
        _spool(c, 230 + number % 3 * 210, 250 + number // 3 * 250, colour)
    _scissors(c)
    _tape(c)
    return c.finish()


def _spool(c: Canvas, x: float, y: float, colour: str) -> None:
    ends = [c.rounded(x - 62, y + side * 82 - 13, x + 62, y + side * 82 + 13, 11) for side in (-1, 1)]
    thread = c.rounded(x - 50, y - 74, x + 50, y + 74, 10)
    whole = ImageChops.lighter(ImageChops.lighter(*ends), thread)
    c.shadow(whole, 22, 24, 18, 0.42)
    c.paint(thread, colour)
    for number in range(22):
        turn = c.stroke([(x - 52, y - 76 + number * 7), (x + 52, y - 70 + number * 7)], 2)
        c.paint(within(turn, thread), mixed(colour, INK, 0.6), 0.45)
    for end in ends:
        c.paint(end, "#c69c6d")
        c.planks(end, 0.3)
    c.round_off(whole, left=0.4, right=0.5, at=0.38)


def _scissors(c: Canvas) -> None:
    blades = [
        c.polygon([(870, 180), (884, 190), (908, 560), (884, 566)]),
        c.polygon([(918, 180), (904, 190), (884, 560), (906, 566)]),
    ]
    rings: list[Mask] = []
    for x, lean in ((846, -1), (946, 1)):
        hole = c.ellipse(x + lean * 6, 700, 34, 50)
        rings.append(ImageChops.subtract(c.ellipse(x + lean * 6, 700, 52, 72), hole))
    arms = [c.stroke([(894, 540), (852, 640)], 24), c.stroke([(896, 540), (940, 640)], 24)]
    whole = Image.new("L", c.size)
    for part in (*blades, *arms, *rings):
        whole = ImageChops.lighter(whole, part)
    c.shadow(whole, 16, 20, 13, 0.45)
    for blade, tones in zip(blades, (("#dfe2e0", "#9aa1a1"), ("#c4c9c8", "#868e8f")), strict=True):
        c.paint(blade, gradient(c.size, *tones))
    for part in (*arms, *rings):
        c.paint(part, "#2b2f31")
        c.glow(within(blurred(moved(part, -6, -6), 6), part), "#aab4b6", 0.3)
    c.paint(c.ellipse(895, 546, 11), "#c9b07a")


def _tape(c: Canvas) -> None:
    path = spline([(120, 940), (330, 990), (560, 930), (780, 985), (990, 900), (1100, 930)])
    tape = c.stroke(path, 46)
    c.shadow(tape, 12, 18, 13, 0.4)
    c.paint(tape, "#e9c873")
    for number, (x, y) in enumerate(path[2:-2]):
        c.paint(within(c.stroke([(x, y - 24), (x, y + (8 if number % 4 == 0 else -10))], 3), tape), INK, 0.8)
    c.round_off(tape, left=0.1, right=0.2)


def dye(seed: int = 14) -> Image.Image:
    """Six bowls of natural dye on a dark table."""
    c = Canvas(WIDE, "#3a3835", "#292827", seed=seed)
    c.planks(c.everything(), 0.3)
    c.glow(blurred(c.polygon([(-60, -40), (520, -40), (900, 620), (260, 620)]), 70), "#ffdcae", 0.22)
    baths = ("#7c2f24", "#c58a2c", "#8c8f3e", "#2f4f6b", "#4f3326", "#8a5570")
    for number, colour in enumerate(baths):
        _bath(c, 190 + number % 3 * 350, 148 + number // 3 * 272, 118 - number % 2 * 8, colour)
    skein = spline([(20, 300), (110, 268), (240, 290), (350, 276), (420, 286)])
    for shift in range(-18, 20, 5):
        strand = c.stroke([(x, y + shift + math.sin(x / 30 + shift) * 3) for x, y in skein], 6)
        c.shadow(strand, 4, 8, 6, 0.3)
        c.paint(strand, mixed("#c9a06a", INK, abs(shift) / 60))
    return c.finish(vignette=0.3)


def _bath(c: Canvas, x: float, y: float, radius: float, colour: str) -> None:
    bowl = c.ellipse(x, y, radius)
    c.shadow(bowl, 20, 24, 20, 0.75, "#000000")
    c.paint(bowl, gradient(c.size, "#efe7da", "#c3b6a4", 45))
    c.paint(blurred(c.ellipse(x, y, radius - 10), 2), "#8e8272")
    bath = c.ellipse(x + 1, y + 2, radius - 15)
    c.paint(bath, colour)
    depth = blurred(c.ellipse(x + radius * 0.28, y + radius * 0.34, radius * 0.5), 26)
    c.glow(within(depth, bath), mixed(colour, LINEN, 0.4), 0.4)
    edge = blurred(ImageChops.subtract(bath, c.ellipse(x + 7, y + 9, radius - 17)), 5)
    c.paint(within(edge, bath), "#000000", 0.5)
    gleam = blurred(c.ellipse(x - radius * 0.36, y - radius * 0.4, radius * 0.24, radius * 0.1), 5)
    c.glow(within(gleam, bath), "#ffffff", 0.6)


def poster(seed: int = 15) -> Image.Image:
    """The invitation to the open day."""
    c = Canvas(SQUARE, RUST, mixed(RUST, INK, 0.18), seed=seed)
    sun = c.ellipse(806, 452, 206)
    c.paint(sun, "#e0b57c")
    for number in range(3):
        slopes = ((-60, 640, 60), (220, 560, 76), (560, 640, 50), (860, 560, 80), (1140, 640, 40))
        hill = spline([(x, y + number * lower) for x, y, lower in slopes])
        c.paint(c.polygon([*hill, (1140, 1100), (-60, 1100)]), mixed(RUST, INK, 0.2 + number * 0.21))
    c.weave(c.everything(), 0.3)
    c.write("Open", 72, 190, 180, LINEN)
    c.write("studio", 72, 350, 180, LINEN)
    c.write("Saturday 10 to 16", 80, 926, 56, LINEN)
    c.write("Quayside 4, by the old ropewalk", 80, 1000, 40, "#e8cdb0")
    return c.finish(vignette=0.08)
