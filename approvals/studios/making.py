"""What is to be made of a version's media, in figures: kept with a job, foretold, and carried out from there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

from approvals.studios.render.plan import (
    FPS,
    Cut,
    FilmPlan,
    Frame,
    Motion,
    PicturePlan,
    Sizes,
    SlidesPlan,
    canvas,
    fitted,
    framed_size,
)
from connectors.platforms.base import Content, Format, Json, Medium


@dataclass(frozen=True)
class Making:
    """How each medium becomes what it is to be. `only`: the indexes that are changed; None: all of them."""

    format: str
    slides: bool = False  # one film of all the pictures
    ratio: float | None = None
    frame: str = Frame.CROP
    motion: str = Motion.VARIED
    seconds: float = 4.0  # of each picture, as a film
    start: float = 0.0
    length: float | None = None
    mime_type: str | None = None  # of pictures
    most_bytes: int | None = None
    bit_rate: int | None = None
    max_width: int | None = None
    least_width: int | None = None
    silence: bool = False
    only: tuple[int, ...] | None = None

    @property
    def stored(self) -> dict[str, Json]:
        """As JSON, without what is as always."""
        plain = Making(self.format)
        said = {k: v for k, v in asdict(self).items() if v != getattr(plain, k) or k == "format"}
        return {k: list(v) if isinstance(v, tuple) else v for k, v in said.items()}

    @property
    def sizes(self) -> Sizes:
        return Sizes(self.most_bytes, self.bit_rate)

    def touches(self, index: int) -> bool:
        return self.only is None or index in self.only

    def film(self) -> FilmPlan:
        return FilmPlan(
            ratio=self.ratio, frame=Frame(self.frame), cut=Cut(self.start, self.length), sizes=self.sizes,
            max_width=self.max_width, least_width=self.least_width, silence=self.silence,
        )  # fmt: skip

    def picture(self) -> PicturePlan:
        return PicturePlan(
            mime_type=self.mime_type, ratio=self.ratio, frame=Frame(self.frame),
            sizes=Sizes(self.most_bytes), max_width=self.max_width,
        )  # fmt: skip

    def show(self) -> SlidesPlan:
        return SlidesPlan(
            ratio=self.ratio or 9 / 16, frame=Frame(self.frame), motion=Motion(self.motion), seconds=self.seconds,
            sizes=self.sizes, max_width=self.max_width,
        )  # fmt: skip


def loaded(kept: Mapping[str, Any]) -> Making:
    """What `Making.stored` kept. Raises ValueError or TypeError for what it never kept."""
    known = {field.name for field in fields(Making)}
    said = {k: v for k, v in kept.items() if k in known}
    only = said.get("only")
    return Making(**{**said, "only": tuple(only) if only is not None else None})


# --- What will come of it --------------------------------------------------------------------------------------------


def foretold(content: Content, making: Making) -> Content:
    """The content as it will be, as far as a platform's rules ask: nothing is rendered."""
    if making.slides:
        media: tuple[Medium, ...] = (_slides(content.media, making),)
    else:
        media = tuple(_changed(m, making) if making.touches(i) else m for i, m in enumerate(content.media))
    return replace(content, format=Format(making.format), media=media)


def _changed(medium: Medium, making: Making) -> Medium:
    return _film(medium, making) if medium.kind == "video" else _picture(medium, making)


def _film(medium: Medium, making: Making) -> Medium:
    plan = making.film()
    framed = framed_size(medium.width, medium.height, plan.ratio, plan.frame)
    size = fitted(*framed, short_side=plan.short_side, max_width=plan.max_width, least_width=plan.least_width)
    seconds = plan.cut.of(medium.duration) if medium.duration else None
    sound = bool(medium.audio_codec) or plan.silence
    return _as_film(medium, size, seconds, making.most_bytes, sound=sound)


def _slides(media: Iterable[Medium], making: Making) -> Medium:
    pictures, plan = list(media), making.show()
    size = canvas(plan.ratio, plan.short_side, plan.max_width)
    return _as_film(pictures[0], size, plan.seconds * len(pictures), making.most_bytes, sound=True)


def _as_film(
    medium: Medium, size: tuple[int, int], seconds: float | None, most: int | None, *, sound: bool
) -> Medium:  # fmt: skip
    guess = round((seconds or 1) * 500_000)  # 4 megabits per second
    return replace(
        medium, kind="video", mime_type="video/mp4", size=min(guess, most or guess), width=size[0], height=size[1],
        duration=seconds, codec="h264", audio_codec="aac" if sound else "", fps=float(FPS), fast_start=True,
    )  # fmt: skip


def _picture(medium: Medium, making: Making) -> Medium:
    width, height = framed_size(medium.width, medium.height, making.ratio, Frame(making.frame))
    scale = min(1.0, making.max_width / width) if making.max_width else 1.0
    kind = making.mime_type or (
        medium.mime_type if medium.mime_type in {"image/png", "image/webp"} else "image/jpeg"
    )  # fmt: skip
    return replace(
        medium, mime_type=kind, size=min(medium.size, making.most_bytes or medium.size),
        width=round(width * scale), height=round(height * scale),
    )  # fmt: skip
