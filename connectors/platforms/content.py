"""What is posted, in the words of every platform: the thing that rules are checked against and that the seal covers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from enum import StrEnum
from typing import BinaryIO
from uuid import UUID

type Json = bool | int | float | str | list[Json] | dict[str, Json] | None
type Journal = dict[str, Json]


class Format(StrEnum):
    """What kind of post it is. The words are the same on screen, in the API and in the docs."""

    POST = "post"
    IMAGE = "image"
    CAROUSEL = "carousel"
    REEL = "reel"
    STORY = "story"
    VIDEO = "video"
    SHORT = "short"
    TEXT = "text"


@dataclass(frozen=True)
class Medium:
    """One picture or film as a platform needs to know it."""

    id: UUID
    kind: str  # "image" or "video"
    mime_type: str  # by content, never by file name
    size: int  # bytes
    width: int  # pixels, as displayed (rotation applied)
    height: int
    sha256: str  # hex
    duration: float | None = None  # seconds
    codec: str = ""  # "h264", "hevc", "mjpeg", …
    audio_codec: str = ""  # "" means no audio track
    fps: float | None = None
    fast_start: bool | None = None  # moov before mdat
    alt_text: str = ""
    served_from: str = ""  # where platforms would fetch it: the address up to what is signed; "" when not known
    stored_on: str = ""  # for sentences: "S3", "this server's disk"; "" when not known
    url: str = ""  # signed and expiring; set only for the attempt, for platforms that fetch media themselves
    open: Callable[[], AbstractContextManager[BinaryIO]] | None = None  # for platforms that want the bytes

    @property
    def aspect(self) -> float:
        """Width by height."""
        return self.width / self.height if self.height else 0.0


@dataclass(frozen=True)
class Content:
    """What was approved: the thing that rules are checked against and that the seal covers."""

    format: Format
    caption: str
    media: tuple[Medium, ...] = ()
    options: Mapping[str, Json] = field(default_factory=dict)
