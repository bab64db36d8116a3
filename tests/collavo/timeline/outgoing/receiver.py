"""A program of the workspace's own, as far as tests need one: an HTTP server that keeps what it was told."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Request:
    path: str
    headers: dict[str, str]
    body: str
    at: float = field(default_factory=time.monotonic)

    @property
    def said(self) -> Any:
        return json.loads(self.body)


type Answering = Callable[[Request], int | tuple[int, dict[str, str]]]


class Receiver:
    """`answer` decides the status of each request; `got` holds them in the order in which they came in."""

    def __init__(self, server: ThreadingHTTPServer) -> None:
        self.server = server
        self.got: list[Request] = []
        self.taken: list[Request] = []  # those that were answered with success
        self.answer: Answering = lambda _: 200
        self.text = b"ok"  # that comes with every answer

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}/hooks?from=collavo"

    def types(self) -> list[str]:
        return [request.said["type"] for request in self.taken]

    def take(self, request: Request) -> tuple[int, dict[str, str]]:
        self.got.append(request)
        answer = self.answer(request)
        status, headers = answer if isinstance(answer, tuple) else (answer, {})
        if status < 300:
            self.taken.append(request)
        return status, headers


@contextmanager
def receiving() -> Iterator[Receiver]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            headers = {name.lower(): value for name, value in self.headers.items()}
            status, more = receiver.take(Request(self.path, headers, body))
            self.send_response(status)
            for name, value in more.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(receiver.text)))
            self.end_headers()
            self.wfile.write(receiver.text)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    receiver = Receiver(server)
    thread = threading.Thread(target=server.serve_forever, args=[0.02], daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()
