"""Content, accounts and journals for tests of platforms. No database."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from connectors.platforms.base import Account, Content, Delivery, Format, Json, Medium, Publisher, StepResult

NOW = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)
KEY = UUID(int=7)
IG = "17841400000000001"
TOKEN, PAGE_TOKEN, USER_TOKEN = "IGAA-secret-token", "EAAB-page-token", "EAAB-user-token"


def picture(**changes: Any) -> Medium:
    """A JPEG that every platform likes."""
    medium = Medium(
        id=UUID(int=1), kind="image", mime_type="image/jpeg", size=400_000, width=1080, height=1080, sha256="a" * 64,
        codec="mjpeg", url="https://media.example/m/1.jpg?sig=abc",
    )  # fmt: skip
    return replace(medium, **changes)


def film(**changes: Any) -> Medium:
    """A vertical MP4 that every platform likes."""
    medium = Medium(
        id=UUID(int=2), kind="video", mime_type="video/mp4", size=4_000_000, width=1080, height=1920, sha256="b" * 64,
        duration=12.0, codec="h264", audio_codec="aac", fps=30.0, fast_start=True,
        url="https://media.example/m/2.mp4?sig=def",
    )  # fmt: skip
    return replace(medium, **changes)


def image_post(caption: str = "Autumn linen", **options: Json) -> Content:
    return Content(Format.IMAGE, caption, (picture(),), options)


def carousel(*media: Medium, caption: str = "Four looks", **options: Json) -> Content:
    return Content(Format.CAROUSEL, caption, media or (picture(), picture(), film(), picture()), options)


def reel(caption: str = "Behind the scenes", **options: Json) -> Content:
    return Content(Format.REEL, caption, (film(),), options)


def account(login: str = "instagram") -> Account:
    facebook = login == "facebook"
    return Account(
        connector_id=UUID(int=9), platform="instagram", login=login, remote_id=IG, handle="fjord.supply",
        token=PAGE_TOKEN if facebook else TOKEN, extra_token=USER_TOKEN if facebook else "",
    )  # fmt: skip


def delivery(content: Content, journal: Mapping[str, Json] | None = None, **changes: Any) -> Delivery:
    return replace(Delivery(KEY, content, dict(journal or {})), **changes)


def run(publisher: Publisher, name: str, order: Delivery) -> StepResult:
    """Run one step by its name."""
    return next(step for step in publisher.steps(order.content) if step.name == name).run(order)


def error(code: int, subcode: int = 0, message: str = "No.", **more: Any) -> dict[str, Any]:
    """Meta's error envelope."""
    found = {"message": message, "type": "OAuthException", "code": code, "fbtrace_id": "Ax1", **more}
    return {"error": found | ({"error_subcode": subcode} if subcode else {})}


def names(found: Sequence[Any]) -> list[str]:
    return [one.code for one in found]
