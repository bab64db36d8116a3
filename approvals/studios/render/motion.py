"""A film made of still pictures: the view moves gently over each, and one fades into the next."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import av
from PIL import Image, ImageEnhance, ImageFilter

from approvals.media.previews import loaded

from .encoder import encoding
from .plan import FPS, Frame, Going, Motion, SlidesPlan, canvas

ZOOM = 1.12  # how much larger than the view a picture is, at least
WIDEST = 1.4  # how much wider or taller than the view, at most: the rest is cut off
FADE = 12  # frames in which one picture becomes the next
_TURNS = (Motion.IN, Motion.RIGHT, Motion.OUT, Motion.LEFT)

type View = Callable[[float], Image.Image]  # what is seen when this share of its time is over


def film_of_pictures(sources: Sequence[Path], out: Path, plan: SlidesPlan, going: Going) -> None:
    """Write a film of these pictures, with a silent sound track. Raises UnreadableMedia, and what `going` raises."""
    each = max(FADE + 1, round(plan.seconds * FPS))
    total = each * len(sources)
    size = canvas(plan.ratio, plan.short_side, plan.max_width)
    with encoding(out, size, sound=True, rate=plan.sizes.film_rate(total / FPS)) as encoder:
        for number, image in enumerate(_views(sources, size, plan, each), 1):
            encoder.picture(_frame(image))
            if number % FPS == 0:
                encoder.silence_until(encoder.seconds)
            going(number / total)


def _views(sources: Sequence[Path], size: tuple[int, int], plan: SlidesPlan, each: int) -> Iterator[Image.Image]:
    """What is seen, frame by frame. Two pictures are in memory at most."""
    before: View | None = None
    for number, source in enumerate(sources):
        view = view_of(source, size, plan.frame, motion_of(plan.motion, number))
        for k in range(each):
            image = view(k / (each - 1))
            if before and k < FADE:
                image = Image.blend(before(1.0), image, (k + 1) / (FADE + 1))
            yield image
        before = view


def motion_of(motion: Motion, number: int) -> Motion:
    """How the view moves over the picture of this number."""
    return _TURNS[number % len(_TURNS)] if motion == Motion.VARIED else motion


def view_of(source: Path, size: tuple[int, int], frame: Frame, motion: Motion) -> View:
    """One picture, ready to be looked over."""
    ground = _laid(source, size) if frame == Frame.BARS else _covering(source, size)
    spare = ground.width - size[0], ground.height - size[1]

    def view(share: float) -> Image.Image:
        box = _window(motion, _eased(share), size, spare)
        return ground.resize(size, Image.Resampling.BILINEAR, box)

    return view


def _window(
    motion: Motion, share: float, size: tuple[int, int], spare: tuple[int, int]
) -> tuple[float, float, float, float]:
    """The part of the picture that is seen: always of the view's ratio, never beyond the edge."""
    zoom = 1.0
    if motion in {Motion.IN, Motion.OUT}:
        most = min(1 + spare[0] / size[0], 1 + spare[1] / size[1])
        zoom = most + (1 - most) * (share if motion == Motion.IN else 1 - share)
    wide, high = size[0] * zoom, size[1] * zoom
    x = {Motion.RIGHT: share, Motion.LEFT: 1 - share}.get(motion, 0.5)
    y = {Motion.UP: 1 - share}.get(motion, 0.5)
    left, top = (size[0] + spare[0] - wide) * x, (size[1] + spare[1] - high) * y
    return left, top, left + wide, top + high


def _eased(share: float) -> float:
    """It sets off and comes to rest softly."""
    return 0.5 - 0.5 * math.cos(math.pi * min(1.0, max(0.0, share)))


def _covering(source: Path, size: tuple[int, int]) -> Image.Image:
    """The picture, a little larger than the view, what is far outside cut off."""
    image = loaded(source, longest=round(max(size) * ZOOM * WIDEST * 2))
    scale = max(size[0] * ZOOM / image.width, size[1] * ZOOM / image.height)
    wide = min(round(image.width * scale), round(size[0] * WIDEST))
    high = min(round(image.height * scale), round(size[1] * WIDEST))
    box = _middle(image, wide / scale, high / scale)
    return image.resize((wide, high), Image.Resampling.LANCZOS, box, reducing_gap=2.0)


def _middle(image: Image.Image, wide: float, high: float) -> tuple[float, float, float, float]:
    """A part of that size from its middle, never beyond its edges."""
    left, top = max(0.0, (image.width - wide) / 2), max(0.0, (image.height - high) / 2)
    return left, top, image.width - left, image.height - top


def _laid(source: Path, size: tuple[int, int]) -> Image.Image:
    """All of the picture, in the middle of a ground that is itself, blurred; with a margin for the motion."""
    image = loaded(source, longest=round(max(size) * ZOOM * 2))
    return on_ground(image, (round(size[0] * ZOOM), round(size[1] * ZOOM)), within=size)


def on_ground(image: Image.Image, size: tuple[int, int], within: tuple[int, int]) -> Image.Image:
    """A ground of `size` made of the blurred picture, and the whole of it in the middle, inside of `within`."""
    tiny = max(4, size[0] // 12), max(4, size[1] // 12)
    scale = max(tiny[0] / image.width, tiny[1] / image.height)
    cut = image.resize(tiny, Image.Resampling.BILINEAR, _middle(image, tiny[0] / scale, tiny[1] / scale), 2.0)
    soft = cut.filter(ImageFilter.GaussianBlur(3)).resize(size, Image.Resampling.BICUBIC)
    ground = ImageEnhance.Brightness(soft).enhance(0.8)
    fit = min(within[0] / image.width, within[1] / image.height)
    whole = image.resize((max(1, round(image.width * fit)), max(1, round(image.height * fit))),
                         Image.Resampling.LANCZOS, reducing_gap=2.0)  # fmt: skip
    ground.paste(whole, ((size[0] - whole.width) // 2, (size[1] - whole.height) // 2))
    return ground


def _frame(image: Image.Image) -> av.VideoFrame:
    frame: av.VideoFrame = av.VideoFrame.from_image(image)  # type: ignore[no-untyped-call]
    return frame.reformat(format="yuv420p", dst_colorspace="ITU709")
