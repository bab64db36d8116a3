"""The HTTP side: one thread per connection, keep-alive, each answer in one write.

Paths: `/_sandbox/…` is for tests, a platform's prefix for its API, everything else is the feed that people see.
"""

from __future__ import annotations

import json
import socket
import struct
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import parse_qsl, unquote

from connectors.sandbox import faults, feed
from connectors.sandbox.control import Control
from connectors.sandbox.ledger import Ledger, LedgerClosed
from connectors.sandbox.options import Options
from connectors.sandbox.platforms import all_platforms
from connectors.sandbox.platforms.base import FarSide
from connectors.sandbox.sparse import put
from connectors.sandbox.wire import Answer, Call, Clock, NoAnswer, World

MAX_BODY = 16 * 1024 * 1024  # bytes of what is kept in memory
MAX_UPLOAD = 512 * 1024 * 1024  # bytes of a file's piece
IN_MEMORY = 1024 * 1024  # bytes: a longer file goes to the disk
MAX_LINE = 65536  # bytes of one header


class Sandbox(ThreadingHTTPServer):
    """A running sandbox. `serve_forever()` serves; `stop()` ends it from another thread."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 1024
    _fetchers = threading.Semaphore(8)

    def __init__(self, host: str, port: int, state: Path, options: Mapping[str, Any] | None = None) -> None:
        ledger = Ledger(state)
        kept = ledger.setting("options", {})
        clock = Clock(ledger.setting("clock_offset", 0.0))
        self.world = World(ledger, clock, Options.made(kept | dict(options or {})), faults.FaultBook())
        self.world.in_background = self._in_background
        self.address_family = socket.AF_INET6 if ":" in host else socket.AF_INET
        try:
            super().__init__((host, port), Handler)
        except OSError:
            ledger.close()
            raise
        self.world.base_url = (
            f"http://[{host}]:{self.server_port}" if ":" in host else f"http://{host}:{self.server_port}"
        )
        self._begin()

    def _begin(self) -> None:
        self.platforms = {prefix: far for far in all_platforms(self.world) for prefix in far.prefixes}
        self.control = Control(self.world, self.preset, {far.key: far for far in self.platforms.values()})
        if not self.world.ledger.accounts():
            self.preset()
        for far in dict.fromkeys(self.platforms.values()):
            far.resume()

    def preset(self) -> None:
        """Put the demo accounts into an empty ledger."""
        for far in dict.fromkeys(self.platforms.values()):
            far.preset()

    def server_bind(self) -> None:
        """As HTTPServer, without asking the resolver for our own name."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()
        self.server_name, self.server_port = str(self.server_address[0]), self.server_address[1]

    def start(self) -> threading.Thread:
        """Serve in a thread of this process."""
        thread = threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        return thread

    def stop(self) -> None:
        """Stop serving; calls that are held or hang end now, without an answer."""
        self.world.stopping.set()
        self.world.faults.clear(then="drop")
        self.shutdown()
        self.server_close()
        self.world.ledger.close()

    def _in_background(self, job: Callable[[], None]) -> None:
        """Do it in a thread, a few at a time; what a stop interrupts is resumed at the next start."""

        def run() -> None:
            with self._fetchers:
                try:
                    job()
                except LedgerClosed:
                    if not self.world.stopping.is_set():
                        raise

        threading.Thread(target=run, name="fetch", daemon=True).start()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A caller that left is no error of ours; anything else is shown."""
        if not self.world.stopping.is_set() and not isinstance(sys.exception(), ConnectionError | TimeoutError):
            super().handle_error(request, client_address)

    # --- one call -------------------------------------------------------------------------------------------------

    def respond(self, call: Call) -> Answer:
        """The answer to a call. Raises NoAnswer when the connection is to be cut."""
        prefix = call.path.split("/", 2)[1]
        if prefix == "_sandbox":
            return self.control.answer(call)
        if far := self.platforms.get(prefix):
            return self._platform(far, call)
        return feed.answer(self.world, call)

    def _platform(self, far: FarSide, call: Call) -> Answer:
        """A platform call: written down first, then done with the faults that hit it, then its end written down."""
        account, token_kind = far.caller(call)
        call.faults = self.world.faults.take(call, account, token_kind)
        named = ",".join(f"{fault.id}:{fault.do}" for fault in call.faults)
        call.number = self.world.ledger.call_arrived(
            self.world.clock.now(), call.method, call.path, account, call.shown_params(), named
        )
        self.world.faults.mark(call)
        begun, status, outcome = time.monotonic(), None, "failed"
        try:
            if self.world.options.latency_seconds:
                self.world.sleep(self.world.options.latency_seconds)
            answer = faults.through(self.world, call, lambda: far.answer(call), far.refuse)
            status, outcome = answer.status, "answered"
            return answer
        except NoAnswer as e:
            outcome = str(e)
            raise
        finally:
            self._ended(call, status, time.monotonic() - begun, outcome)

    def _ended(self, call: Call, status: int | None, seconds: float, outcome: str) -> None:
        if not self.world.stopping.is_set():
            self.world.ledger.call_ended(call.number, status, round(seconds, 6), outcome)


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    server: Sandbox
    raw_requestline: bytes
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    timeout = 300  # seconds without a request

    def parse_request(self) -> bool:
        """As http.server's, without its e-mail parser, which takes longer than all else together."""
        words = self.raw_requestline.decode("latin-1").split()
        self.command, self.requestline, self.close_connection = "", "", True
        if len(words) != 3 or not words[2].startswith("HTTP/1."):
            self._send(Answer({"error": "This is not HTTP/1.1."}, 400))
            return False
        self.command, self.path, self.request_version = words
        self.fields: dict[str, str] = {}
        while (line := self.rfile.readline(MAX_LINE)) not in (b"\r\n", b"\n", b""):
            name, _, value = line.decode("latin-1").partition(":")
            self.fields[name.strip().lower()] = value.strip()
        self.close_connection = words[2] == "HTTP/1.0" or self.fields.get("connection", "").lower() == "close"
        return True

    def exchange(self) -> None:
        """Read one request and answer it."""
        upload: BinaryIO | None = None
        try:
            call = self._call()
            upload = call.upload
            answer = self.server.respond(call)
        except NoAnswer:
            self._cut()
        except BadRequest as e:
            self.close_connection = True
            self._send(Answer({"error": str(e)}, 400))
        except Exception:
            self._send(Answer({"error": "The sandbox itself made a mistake; its stderr says which."}, 500))
            raise
        else:
            self._send(answer)
        finally:
            if upload:
                upload.close()

    do_GET = do_POST = do_DELETE = do_PUT = do_PATCH = do_HEAD = exchange

    def _call(self) -> Call:
        upload = self._upload() if self._is_file() else None
        body = self._whole(self._length(MAX_BODY)) if upload is None else b""
        path, _, query = self.path.partition("?")
        params: dict[str, str] = {}
        for name, value in parse_qsl(query, keep_blank_values=True):
            params[name] = f"{params[name]},{value}" if name in params else value
        params |= form(self.fields.get("content-type", ""), body)
        return Call(self.command, unquote(path), params, self.fields, body, upload=upload)

    def _length(self, most: int) -> int:
        if "transfer-encoding" in self.fields:
            raise BadRequest("Bodies must come with a Content-Length.")
        length = self.fields.get("content-length", "0")
        if not length.isdigit() or int(length) > most:
            raise BadRequest("The Content-Length is wrong or too large.")
        return int(length)

    def _is_file(self) -> bool:
        kind = self.fields.get("content-type", "")
        return kind.startswith(("video/", "application/octet-stream")) and self._length(MAX_UPLOAD) > IN_MEMORY

    def _whole(self, length: int) -> bytes:
        """So many bytes. Whoever leaves in the middle of its request has sent none."""
        body = self.rfile.read(length)
        if len(body) < length:
            raise NoAnswer("cut off")
        return body

    def _upload(self) -> BinaryIO:
        """A large file, on the disk."""
        left = self._length(MAX_UPLOAD)
        file = tempfile.TemporaryFile(dir=self.server.world.ledger.directory)  # noqa: SIM115 (closed in `exchange`)
        while left:
            piece = self._whole(min(left, 65536))
            put(piece, file)
            left -= len(piece)
        file.truncate()
        file.seek(0)
        return file

    def _send(self, answer: Answer) -> None:
        body = answer.payload()
        lines = [f"HTTP/1.1 {answer.status} {phrase(answer.status)}", f"Content-Type: {answer.content_type}"]
        lines += [f"Content-Length: {len(body)}", f"Date: {self.date_time_string()}"]
        lines += [f"{name}: {value}" for name, value in answer.headers.items()]
        lines += ["Connection: close"] if self.close_connection else []
        head = ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")
        try:
            self.wfile.write(head if self.command == "HEAD" else head + body)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True  # the caller has left

    def _cut(self) -> None:
        """Reset the connection: the caller sees neither an answer nor an orderly end."""
        self.close_connection = True
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.rfile.close()
        self.connection.close()

    def log_message(self, *args: object) -> None:
        """The ledger is the log."""


class BadRequest(Exception):
    """The request cannot be read as HTTP."""


def phrase(status: int) -> str:
    """The words after the status code."""
    return HTTPStatus(status).phrase if status in HTTPStatus else "Unknown"


def form(content_type: str, body: bytes) -> dict[str, str]:
    """Parameters from a body: a form, or a JSON object whose lists and objects stay JSON text."""
    try:
        if content_type.startswith("application/x-www-form-urlencoded"):
            return dict(parse_qsl(body.decode(), keep_blank_values=True))
        if content_type.startswith("application/json") and body:
            values = json.loads(body)
            if isinstance(values, dict):
                return {name: v if isinstance(v, str) else json.dumps(v) for name, v in values.items()}
    except ValueError as e:
        raise BadRequest("The body is not what its Content-Type says.") from e
    return {}
