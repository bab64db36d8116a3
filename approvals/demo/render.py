"""Draws the demo's media into files. Nothing of it is stored in the repository: the same seed gives the same pixels."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

from PIL import Image, ImageCms

from . import pan, reel, scenes, studio

QUALITY = 90
SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()

PICTURES: Mapping[str, Callable[[], Image.Image]] = {
    "overshirt.jpg": scenes.overshirt,
    "coffee.jpg": scenes.coffee,
    "chairs.jpg": scenes.chairs,
    "fjord.jpg": scenes.fjord,
    "blankets-first.jpg": partial(scenes.blankets, daylight=False),
    "blankets.jpg": scenes.blankets,
    "linen-1-oat.jpg": partial(scenes.slide, 1),
    "linen-2-rust.jpg": partial(scenes.slide, 2),
    "linen-3-moss.jpg": partial(scenes.slide, 3),
    "linen-4-sea.jpg": partial(scenes.slide, 4),
    "pottery.jpg": studio.pottery,
    "loom.jpg": studio.loom,
    "spools.jpg": studio.spools,
    "dye.jpg": studio.dye,
    "open-studio.jpg": studio.poster,
}
FILMS: Mapping[str, Callable[[Path], Path]] = {"night-train.mp4": reel.render, "first-light.mp4": pan.render}


def render(name: str, folder: Path) -> Path:
    """Draw one of PICTURES or FILMS into `folder` and give its path. Raises KeyError for other names."""
    path = folder / name
    if name in FILMS:
        return FILMS[name](path)
    PICTURES[name]().save(path, quality=QUALITY, subsampling=0, icc_profile=SRGB)
    return path
