"""A small studio for Collavo: it tints or crops a picture by the words of its prompt, or makes a short film of it.

    pip install standardwebhooks pillow av
    python docs/reference_studio.py --port 8200 --secret whsec_…

It shows all that a studio has to do: check the signature, answer at once, leave out what it has seen, work, say how far
it is, put the result where Collavo can fetch it, and say so. docs/studios.md describes each message.
"""

from __future__ import annotations

import argparse
import io
import json
import tempfile
import threading
import time
import urllib.error
import urllib.request
import uuid
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import av
from PIL import Image, ImageColor, ImageOps
from standardwebhooks import Webhook, WebhookVerificationError

FRAMES, RATE = 48, 24  # of a film: two seconds
PAUSES = (0, 1, 5, 30, 120)  # seconds before each try to call back
TYPES = {".jpg": "image/jpeg", ".mp4": "video/mp4"}


class Unable(Exception):
    """str(error) is a sentence for the person who asked: it becomes the job's failure."""


# --- The work: put your own here --------------------------------------------------------------------------------------


def make(job: dict[str, Any], picture: Image.Image, into: Path) -> Path:
    """The result as a file in this folder."""
    if job["kind"] == "image":
        path = into / f"{uuid.uuid4().hex}.jpg"
        changed(picture, f"{job['prompt']} {job['feedback']['text']}").save(path, "JPEG", quality=92)
    elif job["kind"] == "video":
        path = into / f"{uuid.uuid4().hex}.mp4"
        film(picture, path)
    else:
        raise Unable("This studio makes pictures and short films only.")
    return path


def changed(picture: Image.Image, words: str) -> Image.Image:
    """Each word that it knows does something: “square”, “mirror”, “grey”, or the name of a colour."""
    for word in words.lower().replace(",", " ").replace(".", " ").split():
        if word == "square":
            picture = ImageOps.fit(picture, (min(picture.size), min(picture.size)))
        elif word == "mirror":
            picture = ImageOps.mirror(picture)
        elif word in ("grey", "gray"):
            picture = ImageOps.grayscale(picture).convert("RGB")
        elif word in ImageColor.colormap:
            picture = Image.blend(picture, Image.new("RGB", picture.size, word), 0.35)
    return picture


def film(picture: Image.Image, path: Path) -> None:
    """A slow move into the picture, as H.264."""
    picture = ImageOps.contain(picture, (720, 720))
    width, height = (side // 2 * 2 for side in picture.size)
    with av.open(str(path), "w", options={"movflags": "+faststart"}) as out:
        stream = out.add_stream("libx264", rate=RATE)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        for n in range(FRAMES):
            x, y = width * n / FRAMES / 20, height * n / FRAMES / 20
            still = picture.resize((width, height), box=(x, y, picture.width - x, picture.height - y))
            out.mux(stream.encode(av.VideoFrame.from_image(still)))
        out.mux(stream.encode())


# --- What Collavo hears -----------------------------------------------------------------------------------------------


class Studio:
    """Takes jobs, each once, works on them beside the requests, and calls back."""

    def __init__(self, secret: str, address: str, folder: Path) -> None:
        self.webhook, self.address, self.folder = Webhook(secret), address, folder
        self.seen: set[str] = set()  # in earnest: a table with a unique key, so that a restart forgets nothing
        self.lock = threading.Lock()

    def take(self, job_id: str, job: dict[str, Any]) -> None:
        """Begin the job. Collavo sends one again, under the same id, when it did not hear our answer."""
        with self.lock:
            new = job_id not in self.seen
            self.seen.add(job_id)
        if new:
            threading.Thread(target=self.work, args=[job], daemon=True).start()

    def work(self, job: dict[str, Any]) -> None:
        try:
            self.say(job, "job.progress", {"progress": 10})
            picture = opened(job["sources"])
            self.say(job, "job.progress", {"progress": 50})
            path = make(job, picture, self.folder)
        except (Unable, OSError) as e:
            self.say(job, "job.failed", {"reason": str(e)})
        else:
            self.say(job, "job.succeeded", {"media": [{"url": f"{self.address}/results/{path.name}"}]})

    def say(self, job: dict[str, Any], kind: str, data: dict[str, Any]) -> None:
        """Call back, the same message under the same id until Collavo has answered. 4xx says: do not ask again."""
        now = datetime.now(UTC)
        body = json.dumps({"type": kind, "timestamp": now.isoformat(), "data": data})
        message = f"msg_{uuid.uuid4().hex}"
        for pause in PAUSES:
            time.sleep(pause)
            status = self.post(job["callback"], message, body)
            print(f"{kind}: {status or 'no answer'}", flush=True)
            if status and status < 500 and status not in (408, 429):
                return

    def post(self, address: str, message: str, body: str) -> int:
        """The status; 0 without an answer. Each try is signed anew, with the time of the try."""
        now = datetime.now(UTC)
        headers = {
            "Content-Type": "application/json",
            "webhook-id": message,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": self.webhook.sign(message, now, body),
        }
        try:
            with urllib.request.urlopen(urllib.request.Request(address, body.encode(), headers), timeout=10) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as e:
            return e.code
        except OSError:
            return 0


def opened(sources: list[dict[str, Any]]) -> Image.Image:
    """The first picture among the sources."""
    address = next((s["url"] for s in sources if s["mimeType"].startswith("image/")), None)
    if address is None:
        raise Unable("This studio starts from a picture, and there is none.")
    with urllib.request.urlopen(address, timeout=30) as answer:
        return Image.open(io.BytesIO(answer.read())).convert("RGB")


def handler(studio: Studio) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            try:
                message = studio.webhook.verify(body, {name.lower(): value for name, value in self.headers.items()})
            except WebhookVerificationError:
                return self.answer(401)
            if message["type"] == "job.requested":
                studio.take(self.headers["webhook-id"], message["data"])
            return self.answer(202)  # studio.ping, too

        def do_GET(self) -> None:
            path = studio.folder / Path(self.path).name
            if not self.path.startswith("/results/") or not path.is_file():
                return self.answer(404)
            return self.answer(200, path.read_bytes(), TYPES[path.suffix])

        def answer(self, status: int, content: bytes = b"", kind: str = "text/plain") -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            pass  # addresses of media are secrets

    return Handler


def main() -> None:
    said = argparse.ArgumentParser(description="A small studio for Collavo.")
    said.add_argument("--port", type=int, default=8200)
    said.add_argument("--secret", required=True, help="whsec_…, as shown when the studio was added in Collavo")
    said.add_argument("--address", default="", help="where Collavo reaches it; http://127.0.0.1:<port> if not said")
    options = said.parse_args()
    with tempfile.TemporaryDirectory(prefix="studio-") as folder:
        address = options.address.rstrip("/") or f"http://127.0.0.1:{options.port}"
        studio = Studio(options.secret, address, Path(folder))
        server = ThreadingHTTPServer(("127.0.0.1", options.port), handler(studio))
        print(f"Listening at {address}", flush=True)
        server.serve_forever()


if __name__ == "__main__":
    main()
