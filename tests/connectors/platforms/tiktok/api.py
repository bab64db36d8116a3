"""TikTok's host, played by `responses`: what it answers, and what it was asked. And posts for it."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any, BinaryIO
from urllib.parse import urlsplit
from uuid import UUID

import responses

from connectors.http import clock
from connectors.platforms.base import Account, Content, Format, Json, Medium
from connectors.platforms.tiktok import journal
from connectors.platforms.tiktok.chunks import Plan
from connectors.platforms.tiktok.client import TikTokClient
from connectors.platforms.tiktok.publisher import TikTokPublisher
from connectors.platforms.tiktok.words import PUBLIC
from tests.connectors.platforms.samples import NOW, film, picture

BASE = "https://open.tiktokapis.com"
UPLOAD_URL = "https://open-upload.tiktokapis.com/video/?upload_id=677&upload_token=a-long-upload-token"
PUBLISH = "v_pub_file~v2-1.7000000000000000001"
TOKEN = "act.secret-token-of-a-creator"
OPTIONS: Mapping[str, Json] = {"privacy_level": PUBLIC}
CREATOR = {
    "creator_username": "fjord.films", "creator_nickname": "Fjord", "creator_avatar_url": "https://cdn.example/a.jpg",
    "privacy_level_options": [PUBLIC, "MUTUAL_FOLLOW_FRIENDS", "SELF_ONLY"], "comment_disabled": False,
    "duet_disabled": False, "stitch_disabled": True, "max_video_post_duration_sec": 300,
}  # fmt: skip


def account(*, audited: bool = True) -> Account:
    return Account(
        connector_id=UUID(int=9), platform="tiktok", login="tiktok", remote_id="-000abc", handle="fjord.films",
        token=TOKEN, refresh_token="rft.secret-refresh-token", audited=audited,
    )  # fmt: skip


def client() -> TikTokClient:
    return TikTokClient(TOKEN, deadline=lambda: clock() + 60)


def publisher(*, audited: bool = True) -> TikTokPublisher:
    return TikTokPublisher(account(audited=audited), client())


def bytes_of(size: int) -> Medium:
    """A film whose bytes are counted, not kept."""

    @contextmanager
    def opened() -> Iterator[BinaryIO]:
        yield io.BytesIO(b"x" * size)

    return film(size=size, open=opened)


def video(caption: str = "Wool, slowly.", size: int = 4_000_000, **options: Json) -> Content:
    return Content(Format.VIDEO, caption, (bytes_of(size),), {**OPTIONS, **options})


def photos(caption: str = "Two looks", count: int = 2, **options: Json) -> Content:
    served = [picture(served_from="https://media.example/m/") for _ in range(count)]
    return Content(Format.CAROUSEL, caption, tuple(served), {**OPTIONS, **options})


def draft(content: Content) -> Content:
    return Content(content.format, content.caption, content.media, {"post_mode": "inbox"})


def upload_journal(size: int, chunk: int, sent: int = 0, at: datetime = NOW, **more: Json) -> dict[str, Json]:
    """As the steps keep it once the upload is open."""
    opened = journal.Opened(PUBLISH, at, UPLOAD_URL, Plan(size, chunk))
    return {journal.CREATOR: {"username": "x"}, journal.INIT: opened.entry(), journal.SENT: sent, **more}


def answered(path: str, data: Any, code: str = "ok", status: int = 200, message: str = "") -> None:
    error = {"code": code, "message": message, "log_id": "2026X"}
    responses.post(f"{BASE}/v2/{path}", json={"data": data, "error": error}, status=status)


def creator(**changes: Any) -> None:
    answered("post/publish/creator_info/query/", CREATOR | changes)


def told(status: str, **more: Any) -> None:
    """What status/fetch says."""
    answered("post/publish/status/fetch/", {"status": status, **more})


def listed(*rows: dict[str, Any], **more: Any) -> None:
    answered("video/list/", {"videos": list(rows), "cursor": 0, "has_more": False, **more})


def sent(index: int = -1) -> Any:
    return responses.calls[index].request


def body(index: int = -1) -> Any:
    return json.loads(sent(index).body)


def paths() -> list[str]:
    return [f"{c.request.method} {urlsplit(str(c.request.url)).path}" for c in responses.calls]
