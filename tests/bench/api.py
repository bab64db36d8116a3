"""The REST API under load: requests a second, with few posts in the table and with many, and what each costs."""

from __future__ import annotations

import http.client
import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import cycle
from statistics import median
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.db import connection
from django.test import Client
from django.utils import timezone

from approvals.models import Media
from collavo.accounts.models import ApiToken, Scope
from connectors.models import Connector
from publishing.models import Post
from tests.bench import rows
from tests.bench.figures import Figure, percentile
from tests.bench.stage import NotMeasured, Stage

WANTED = 150.0  # requests a second
DRIFT = 10.0  # percent between few posts and many
CLIENTS = 8
NOBODY = "http://127.0.0.1:9"  # TikTok is not asked while posts are planned
type Request = Callable[[], tuple[str, str, bytes]]


@dataclass
class Load:
    """What came of so many seconds of requests."""

    seconds: float
    milliseconds: list[float] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    @property
    def per_second(self) -> float:
        return len(self.milliseconds) / self.seconds


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
        self.headers = {"Authorization": f"Bearer {self.secret}", "Content-Type": "application/json"}
        self.account, self.film = str(scene.connectors[0].pk), str(film.pk)
        self.jobs = cycle(
            [str(pk) for pk in Post.objects.filter(workspace=scene.workspace).values_list("pk", flat=True)[:500]]
        )
        self.lock = threading.Lock()

    def planning(self) -> tuple[str, str, bytes]:
        at = (timezone.now() + timedelta(days=20)).isoformat()
        body = {"mediaId": self.film, "tiktokAccountId": self.account, "caption": "Bench", "scheduledAt": at}
        return "POST", "/api/v1/publish/tiktok", json.dumps(body).encode()

    def asking(self) -> tuple[str, str, bytes]:
        with self.lock:
            return "GET", f"/api/v1/jobs/publish/{next(self.jobs)}", b""


def run(stage: Stage) -> Iterator[Figure]:
    few, many, seconds = 1_000, stage.size(100_000, 5_000), stage.size(10, 3)
    stage.empty()
    settings.TIKTOK_API_URL, settings.API_RATE_PER_MINUTE = NOBODY, 1_000_000
    loads: dict[tuple[str, int], Load] = {}
    stage.say(f"api: making {few + many:,} posts")
    programs = {few: Program("api-few", few), many: Program("api-many", many)}
    rows.analyze()
    with stage.web(workers=2, TIKTOK_API_URL=NOBODY, API_RATE_PER_MINUTE="1000000") as (_, address):
        for what in ("planning", "asking"):
            for program in programs.values():  # once for warmth
                pressed(address, program, getattr(program, what), 2)
            for count, program in programs.items():
                loads[what, count] = pressed(address, program, getattr(program, what), seconds)
    for what, name in (("planning", "POST /publish/tiktok, scheduled"), ("asking", "GET /jobs/publish/…")):
        yield _rate(name, loads[what, many], many)
        yield _drift(name, loads[what, few], loads[what, many])
        yield _cost(name, programs[many], getattr(programs[many], what))


def pressed(address: str, program: Program, request: Request, seconds: float) -> Load:
    """Requests from CLIENTS connections at once, each sending the next when it has its answer."""
    load, end = Load(seconds), time.monotonic() + seconds
    threads = [threading.Thread(target=_client, args=(address, program, request, end, load)) for _ in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if load.wrong:
        raise NotMeasured(f"{len(load.wrong)} requests went wrong; the first: {load.wrong[0]}")
    return load


def _client(address: str, program: Program, request: Request, end: float, load: Load) -> None:
    wire = http.client.HTTPConnection(urlsplit(address).netloc, timeout=30)
    while time.monotonic() < end:
        method, path, body = request()
        begin = time.perf_counter()
        wire.request(method, path, body or None, program.headers)
        answer = wire.getresponse()
        said = answer.read()
        load.milliseconds.append((time.perf_counter() - begin) * 1000)
        if answer.status >= 400:
            load.wrong.append(f"{answer.status} {said[:300]!r}")
            break
    wire.close()


def _rate(name: str, load: Load, posts: int) -> Figure:
    times = load.milliseconds
    note = f"{posts:,} posts; {CLIENTS} at once; {median(times):.0f} ms median, {percentile(times, 0.99):.0f} ms p99"
    return Figure(f"{name}: requests a second", load.per_second, "/s", WANTED, ">=", note)


def _drift(name: str, few: Load, many: Load) -> Figure:
    slower = (few.per_second / many.per_second - 1) * 100
    note = f"{few.per_second:.0f}/s with 1,000 posts, {many.per_second:.0f}/s with many"
    return Figure(f"{name}: slower with many posts", slower, "%", DRIFT, "<=", note)


def _cost(name: str, program: Program, request: Request) -> Figure:
    """Statements of one request, and its processor time in this process."""
    client: Any = Client(SERVER_NAME="127.0.0.1")
    headers = {"Authorization": program.headers["Authorization"]}

    def once() -> None:
        method, path, body = request()
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
    begin = time.process_time()
    for _ in range(50):
        once()
    note = f"{(time.process_time() - begin) * 20:.1f} ms of processor time"
    return Figure(f"{name}: SQL statements", len(statements), "", note=note)
