"""Whether two pictures show the same: told by how brightness goes up and down, whatever their size and quality."""

from __future__ import annotations

from typing import BinaryIO

from PIL import Image, UnidentifiedImageError

SIDE = 16  # a fingerprint has SIDE × SIDE bits
FLAT = 4  # a step of brightness that is no more than this is none
MOST_DIFFERENT = 26  # of 256 bits: a sticker's worth; pictures that have nothing in common differ in about 128
LEAST_KNOWN = 64  # a picture with fewer steps (one colour, a gradient) says nothing
PIXELS_MAX = 50_000_000
type Fingerprint = tuple[int, ...]  # -1, 0 or 1 per place: darker, the same, brighter than its neighbour


def fingerprint(file: BinaryIO) -> Fingerprint:
    """() for what is no picture, or shows too little to be told from others."""
    try:
        with Image.open(file) as picture:
            if picture.width * picture.height > PIXELS_MAX:
                return ()
            small = picture.convert("L").resize((SIDE + 1, SIDE), Image.Resampling.LANCZOS)
    except (UnidentifiedImageError, Image.DecompressionBombError, OSError):
        return ()
    rows = [small.crop((0, y, SIDE + 1, y + 1)).tobytes() for y in range(SIDE)]
    steps = tuple(_step(row[x + 1] - row[x]) for row in rows for x in range(SIDE))
    return steps if sum(map(abs, steps)) >= LEAST_KNOWN else ()


def _step(difference: int) -> int:
    return 0 if abs(difference) <= FLAT else (1 if difference > 0 else -1)


def same_picture(one: Fingerprint, other: Fingerprint) -> bool:
    if not one or not other:
        return False
    return sum(a != b for a, b in zip(one, other, strict=True)) <= MOST_DIFFERENT
