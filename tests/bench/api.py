"""The REST API under load: requests a second, with few posts in the table and with many, and what each costs."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count, cycle
from statistics import median
from typing import Any, BinaryIO
from urllib.parse import urlsplit

import psutil
from django.conf import settings
from django.db import connection
from django.test import Client
from django.utils import timezone

from approvals.models import Media
from collavo import embedded
from collavo.accounts.models import ApiToken, Scope
from connectors.models import Connector
from publishing.models import Post
from tests.bench import rows
from tests.bench.figures import Figure, percentile
from tests.bench.stage import NotMeasured, Process, Stage
from tests.bench.throughput import processor_time

WANTED = 150.0  # requests a second
DRIFT = 10.0  # percent between few posts and many
CLIENTS = 8
TURNS = 4  # few posts and many by turns, so that what else the machine does meanwhile falls on both
AHEAD = timedelta(days=28)  # what is planned is spread over so long
NOBODY = "http://127.0.0.1:9"  # TikTok is not asked while posts are planned
type Call = tuple[str, str, bytes]  # method, path and body


@dataclass
class Load:
    """What came of so many seconds of requests."""

    seconds: float = 0.0
    milliseconds: list[float] = field(default_factory=list)
    cpu: dict[str, float] = field(default_factory=dict)  # seconds of processor time, by part
    wrong: list[str] = field(default_factory=list)

    @property
    def per_second(self) -> float:
        return len(self.milliseconds) / self.seconds

    @property
    def cost(self) -> str:
        """What does not depend on what else the machine does: processor time per request."""
        each = {name: 1000 * cpu / len(self.milliseconds) for name, cpu in self.cpu.items()}
        parts = ", ".join(f"{name} {ms:.1f}" for name, ms in each.items())
        return f"processor time a request, ms: {parts}; together {sum(each.values()):.1f}"


class Program:
    """A token in a workspace with so many posts."""

    def __init__(self, name: str, posts: int) -> None:
        scene = rows.scene(name, connectors=10)
        type(scene.workspace).objects.filter(pk=scene.workspace.pk).update(allow_self_approval=True)
        moment = timezone.now() + timedelta(hours=1)
        rows.posts(scene, posts, "Planned", lambda n: moment + timedelta(minutes=n))
        Connector.objects.filter(workspace=scene.workspace).update(platform="tiktok", login="tiktok")
        film = Media.objects.create(
            workspace=scene.workspace, name="film.mp4", kind="video", mime_type="video/mp4", size=4_000_000,
            sha256="f" * 64, width=1080, height=1920, duration=12.0, codec="h264", fps=30.0, file="film.mp4",
        )  # fmt: skip
        _, self.secret = ApiToken.make(scene.member, "Bench", list(Scope))
        self.accounts, self.film = cycle([str(account.pk) for account in scene.connectors]), str(film.pk)
        posts_ = Post.objects.filter(workspace=scene.workspace).values_list("pk", flat=True)[:500]
        self.jobs = cycle([str(pk) for pk in posts_])
        self.numbers, self.begin, self.lock = count(), timezone.now() + timedelta(hours=1), threading.Lock()

    def planning(self) -> Call:
        with self.lock:
            number, account = next(self.numbers), next(self.accounts)
        at = (self.begin + timedelta(minutes=7 * number) % AHEAD).isoformat()
        body = {"mediaId": self.film, "tiktokAccountId": account, "caption": "Bench", "scheduledAt": at}
        return "POST", "/api/v1/publish/tiktok", json.dumps(body).encode()

    def asking(self) -> Call:
        with self.lock:
            return "GET", f"/api/v1/jobs/publish/{next(self.jobs)}", b""


def run(stage: Stage) -> Iterator[Figure]:
    few, many = 1_000, stage.size(100_000, 5_000)
    stage.empty()
    settings.TIKTOK_API_URL, settings.API_RATE_PER_MINUTE = NOBODY, 1_000_000
    stage.say(f"api: making {few + many:,} posts")
    programs = {few: Program("api-few", few), many: Program("api-many", many)}
    rows.analyze()
    loads = {what: {posts: Load() for posts in programs} for what in ("planning", "asking")}
    with stage.web(workers=2, TIKTOK_API_URL=NOBODY, API_RATE_PER_MINUTE="1000000") as (web, address):
        for what, each in loads.items():
            for program in programs.values():  # once for warmth
                press(Load(), stage, web, address, program, what, 2)
            for posts in [*programs] * TURNS:
                press(each[posts], stage, web, address, programs[posts], what, stage.size(4, 1))
    for what, name in (("planning", "POST /publish/tiktok, scheduled"), ("asking", "GET /jobs/publish/…")):
        yield _rate(name, loads[what][many], many)
        yield _drift(name, loads[what][few], loads[what][many])
        yield _statements(name, programs[many], getattr(programs[many], what))


def press(
    load: Load, stage: Stage, web: Process, address: str, program: Program, what: str, seconds: float
) -> None:  # fmt: skip
    """Requests from CLIENTS connections at once, each sending the next when it has its answer."""
    spent, begin = processor_seconds(stage, web), time.monotonic()
    work = (address, program, getattr(program, what), begin + seconds, load)
    threads = [threading.Thread(target=_client, args=work) for _ in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if load.wrong:
        raise NotMeasured(f"{len(load.wrong)} requests went wrong; the first: {load.wrong[0]}")
    load.seconds += time.monotonic() - begin
    for name, until_now in processor_seconds(stage, web).items():
        load.cpu[name] = load.cpu.get(name, 0.0) + until_now - spent[name]


def processor_seconds(stage: Stage, web: Process) -> dict[str, float]:
    """Of each part until now. `client` is this process."""
    server = psutil.Process(embedded.process(stage.folder / "postgres"))
    parts = {"web": web.family(), "database": [server, *server.children(recursive=True)], "client": [psutil.Process()]}
    return {name: sum(map(processor_time, family)) for name, family in parts.items()}


def _client(address: str, program: Program, make: Callable[[], Call], end: float, load: Load) -> None:
    """One connection that stays open. By hand: a client of more comfort eats a good part of what it measures."""
    host = urlsplit(address)
    with (
        socket.create_connection((str(host.hostname), host.port or 80), timeout=30) as wire,
        wire.makefile("rb") as back,
    ):
        wire.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        while time.monotonic() < end:
            sent, begin = _written(host.netloc, program.secret, *make()), time.perf_counter()
            wire.sendall(sent)
            status, said = _read(back)
            load.milliseconds.append((time.perf_counter() - begin) * 1000)
            if status >= 400:
                load.wrong.append(f"{status} {said[:300]!r}")
                break


def _written(host: str, secret: str, method: str, path: str, body: bytes) -> bytes:
    kind = f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n" if body else ""
    head = f"{method} {path} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {secret}\r\n{kind}\r\n"
    return head.encode() + body


def _read(back: BinaryIO) -> tuple[int, bytes]:
    status, length = int(back.readline().split()[1]), 0
    while (line := back.readline().lower()).strip():
        if line.startswith(b"content-length:"):
            length = int(line[15:])
    return status, back.read(length)


def _rate(name: str, load: Load, posts: int) -> Figure:
    times = load.milliseconds
    note = f"{posts:,} posts; {CLIENTS} at once; {median(times):.0f} ms median, {percentile(times, 0.99):.0f} ms p99"
    return Figure(f"{name}: requests a second", load.per_second, "/s", WANTED, ">=", note, [load.cost])


def _drift(name: str, few: Load, many: Load) -> Figure:
    slower = (few.per_second / many.per_second - 1) * 100
    note = f"{few.per_second:.0f}/s with 1,000 posts, {many.per_second:.0f}/s with many"
    return Figure(f"{name}: slower with many posts", slower, "%", DRIFT, "<=", note, [few.cost])


def _statements(name: str, program: Program, make: Callable[[], Call]) -> Figure:
    client: Any = Client(SERVER_NAME="127.0.0.1")
    headers = {"Authorization": f"Bearer {program.secret}"}

    def once() -> None:
        method, path, body = make()
        answer = client.generic(method, path, body, content_type="application/json", headers=headers)
        if answer.status_code >= 400:
            raise NotMeasured(f"{path} answered {answer.status_code}: {answer.content[:300]!r}")

    once()
    statements: list[str] = []

    def counted(execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
        statements.append(sql)
        return execute(sql, *rest)

    with connection.execute_wrapper(counted):
        once()
    details = [" ".join(sql.split())[:110] for sql in statements]
    return Figure(f"{name}: SQL statements", len(statements), "", details=details)
