"""A channel in the sandbox, what is uploaded to it, and the publisher that does it."""

from __future__ import annotations

import hashlib
import io
from contextlib import closing
from dataclasses import replace
from typing import Any

from PIL import Image

from connectors.http import clock
from connectors.platforms.base import Account, CallRecord, Content, Format, Json, Medium
from connectors.platforms.youtube import YOUTUBE
from connectors.sandbox.client import SandboxControl
from tests.connectors.platforms import samples
from tests.connectors.sandbox.files import film
from tests.contract.drive import Drive

PIECE = 256 * 1024
CAPTION = "Light in Bergen\nFilmed in November, by @lys & friends 🎞"


def channel(sandbox: SandboxControl, username: str = "lys.studio", **facts: Json) -> Account:
    made = sandbox.add_account(username, platform="youtube", facts=facts)
    return replace(
        samples.account(), platform="youtube", login="youtube", remote_id=made["id"], token=made["token"],
        handle="@lys.studio",
    )  # fmt: skip


def padded(size: int) -> bytes:
    """A real film with a box behind it that players skip: as large as a test needs it."""
    body = film()
    rest = size - len(body)
    return body + rest.to_bytes(4, "big") + b"free" + b"\x00" * (rest - 8)


def mp4(size: int = 3 * PIECE - 1000, **changes: Any) -> Medium:
    body = padded(size)
    fits = {"width": 180, "height": 320, "duration": 3.2, "size": len(body), "audio_codec": ""}
    digest = hashlib.sha256(body).hexdigest()
    return samples.film(sha256=digest, url="", open=lambda: closing(io.BytesIO(body)), **(fits | changes))


def jpeg() -> Medium:
    out = io.BytesIO()
    Image.new("RGB", (1280, 720), "navy").save(out, "JPEG")
    body = out.getvalue()
    digest = hashlib.sha256(body).hexdigest()
    return samples.picture(
        width=1280, height=720, size=len(body), sha256=digest, url="", open=lambda: closing(io.BytesIO(body))
    )


def video(*more: Medium, size: int = 3 * PIECE - 1000, format: Format = Format.VIDEO, **options: Json) -> Content:
    return Content(format, CAPTION, (mp4(size), *more), {"made_for_kids": False, **options})


def drive(account: Account, content: Content, calls: list[CallRecord] | None = None, **more: Any) -> Drive:
    seen: list[CallRecord] = [] if calls is None else calls
    publisher = YOUTUBE.publisher(account, observe=seen.append, deadline=lambda: clock() + 60)
    return Drive(publisher, content, **more)
