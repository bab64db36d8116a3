"""Media made for these tests, and a server that hands them out."""

from __future__ import annotations

import io
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import av
from PIL import Image

video_frame: Any = av.VideoFrame.from_image  # PyAV leaves it untyped


@cache
def picture(width: int = 1080, height: int = 1080, form: str = "JPEG", colour: str = "teal") -> bytes:
    """One plain picture."""
    file = io.BytesIO()
    Image.new("RGB", (width, height), colour).save(file, form)
    return file.getvalue()


@cache
def film(
    seconds: float = 3.2,
    width: int = 180,
    height: int = 320,
    fps: int = 24,
    codec: str = "libx264",
    moov_first: bool = True,
) -> bytes:
    """One plain film without sound."""
    flags = {"movflags": "faststart"} if moov_first else {}
    with tempfile.NamedTemporaryFile(suffix=".mp4") as file:
        with av.open(file.name, "w", options=flags) as out:
            _draw(out, seconds, width, height, fps, codec)
        return file.read()


def _draw(out: Any, seconds: float, width: int, height: int, fps: int, codec: str) -> None:
    stream = out.add_stream(codec, rate=fps, options={"preset": "ultrafast"} if codec == "libx264" else {})
    stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
    for number in range(round(seconds * fps)):
        shade = (number * 3 % 256, 90, 120)
        out.mux(stream.encode(video_frame(Image.new("RGB", (width, height), shade))))
    out.mux(stream.encode(None))


@dataclass
class Files:
    """Files on loopback. What is put in can be fetched at `url(name)`."""

    address: str
    held: dict[str, tuple[int, dict[str, str], bytes, float]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def put(
        self,
        name: str,
        body: bytes,
        *,
        kind: str = "",
        status: int = 200,
        delay: float = 0.0,
        headers: dict[str, str] | None = None,
    ) -> str:
        """Hand this out under a name; its address."""
        kind = kind or ("video/mp4" if name.endswith(".mp4") else "image/jpeg")
        self.held[name] = (status, {"Content-Type": kind} | (headers or {}), body, delay)
        return f"{self.address}/{name}"


@contextmanager
def file_server() -> Iterator[Files]:
    """A web server with files, as long as the block lasts."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)
    files = Files(f"http://127.0.0.1:{server.server_port}")

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            name = self.path.lstrip("/")
            files.asked.append(name)
            status, headers, body, delay = files.held.get(name, (404, {}, b"", 0.0))
            time.sleep(delay)
            self.send_response(status)
            for key, value in (headers | {"Content-Length": str(len(body))}).items():
                self.send_header(key, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: object) -> None:
            """Quiet."""

    server.RequestHandlerClass = Handler
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    try:
        yield files
    finally:
        server.shutdown()
        server.server_close()
