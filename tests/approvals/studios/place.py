"""A studio outside, as far as tests need one: its row, a program that keeps what it was told, and its signed words."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

from django.test import Client
from django.utils import timezone

from approvals.models import Version
from approvals.studios import outside_tasks, verbs
from approvals.studios.models import Studio, StudioJob, StudioKind
from collavo.accounts.models import Membership, Role, Workspace
from collavo.timeline.outgoing import messages
from tests.collavo.timeline.outgoing.receiver import Receiver
from tests.factories import make_member, make_version

type Answer = tuple[int, bytes]


@dataclass
class Place:
    """A workspace with a studio that `program` answers for, and a version of its creator."""

    studio: Studio
    creator: Membership
    version: Version
    program: Receiver

    @property
    def workspace(self) -> Workspace:
        return self.creator.workspace

    def ask(self, prompt: str = "Make it teal.") -> StudioJob:
        return verbs.start(self.version, self.studio.kind, by=self.creator, studio=self.studio, prompt=prompt)

    def step(self, job: StudioJob) -> bool:
        done = outside_tasks.step(str(job.pk))
        job.refresh_from_db()
        return done

    def sent(self) -> StudioJob:
        """A job that the studio has taken."""
        job = self.ask()
        assert self.step(job)
        return job

    def say(self, job: StudioJob, kind: str, data: Any, message_id: str = "msg_1", **more: Any) -> Any:
        """A callback, signed as it has to be; `more` are other headers."""
        body = json.dumps({"type": kind, "timestamp": "2026-11-21T12:00:00Z", "data": data})
        return self.post(job, body, message_id, **more)

    def post(self, job: StudioJob, body: str, message_id: str = "msg_1", **more: Any) -> Any:
        headers = messages.signed(message_id, body, self.studio, timezone.now()) | more
        at = f"/studios/callback/{job.pk}/"
        return Client().post(at, body.encode(), content_type="application/json", headers=headers)


def make_studio(workspace: Workspace, url: str, kind: str = "image", **fields: Any) -> Studio:
    fields = {"name": "Tint", "secret": messages.new_secret(), **fields}
    return Studio.objects.create(workspace=workspace, url=url, kind=kind, **fields)


def make_film_studio(owner: Membership, **fields: Any) -> Studio:
    """One that makes films for the workspace of `owner`, and that nobody answers for."""
    return make_studio(owner.workspace, "https://studio.example/jobs", StudioKind.VIDEO, name="Film people", **fields)


def make_place(workspace: Workspace, program: Receiver, **fields: Any) -> Place:
    creator = make_member(workspace, Role.CREATOR, "Ada")
    return Place(make_studio(workspace, program.url, **fields), creator, make_version(creator), program)


@contextmanager
def shelf(give: Callable[[str], Answer]) -> Iterator[str]:
    """The address of a server that gives what `give` says for a path: where results lie."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, content = give(self.path)
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, args=[0.02], daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
