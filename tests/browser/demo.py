"""The demo as a newcomer starts it: `manage.py demo` on free ports, with data of its own, and ended by its pid."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, LiteralString
from uuid import UUID

import psutil
import psycopg

from collavo import embedded
from collavo.supervisor import end_with_the_parent
from connectors.sandbox.client import ROOT, SandboxControl

READY, READY_SECONDS = "Ctrl-C stops everything.", 240.0
STOP_SECONDS = 60.0
OWN = ("SECRET_KEY", "TOKEN_KEYS", "LOG_LEVEL", "DATABASE_URL")  # the demo makes its own, as for a newcomer


class NotStarted(Exception):
    """str(error) is what the demo said instead."""


@dataclass(frozen=True)
class Demo:
    """A running demo."""

    address: str
    folder: Path
    password: str
    control: SandboxControl

    @property
    def console(self) -> str:
        """The address of the demo's workspace."""
        return f"{self.address}/w/fjord-supply"

    def sql(self, statement: LiteralString, *values: object) -> list[tuple[Any, ...]]:
        """Ask or change the demo's database behind the product's back."""
        with psycopg.connect(embedded.url(self.folder / "postgres")) as connection:
            cursor = connection.execute(statement, values)
            return cursor.fetchall() if cursor.description else []

    def version(self, title: str) -> UUID:
        """The present version of the asset with this title."""
        found = self.sql(
            "SELECT v.id FROM approvals_version v JOIN approvals_asset a ON a.id = v.asset_id"
            " WHERE a.title = %s AND v.current",
            title,
        )
        return UUID(str(found[0][0]))

    def status(self, version: UUID) -> str:
        return str(self.sql("SELECT status FROM approvals_version WHERE id = %s", version)[0][0])

    def posts(self, version: UUID) -> int:
        return int(self.sql("SELECT count(*) FROM publishing_post WHERE version_id = %s", version)[0][0])

    def sent(self, caption: str) -> int:
        """How many calls have told the platform words that begin like these."""
        calls = self.control.calls(method="POST")
        return sum(str(call["params"].get("caption", "")).startswith(caption) for call in calls)

    def put_back(self, *titles: str) -> list[UUID]:
        """Let these wait for review again, whatever was decided about them; their present versions."""
        versions = [self.version(title) for title in titles]
        self.sql(
            "UPDATE approvals_version SET status = 'in_review', seal = '', unplaced = false, decided_at = NULL"
            " WHERE id = ANY(%s)",
            versions,
        )
        return versions


@contextmanager
def running_demo() -> Iterator[Demo]:
    """Start it, and leave nothing of it behind. Raises NotStarted."""
    with TemporaryDirectory(prefix="collavo-demo-") as place:
        folder, log = Path(place), Path(place) / "demo.log"
        port, sandbox_port = free_ports(2)
        process = _start(folder, log, PORT=str(port), SANDBOX_PORT=str(sandbox_port))
        try:
            _wait_until_ready(process, log)
            password = (folder / "demo-password").read_text().strip()
            control = SandboxControl(f"http://127.0.0.1:{sandbox_port}")
            yield Demo(f"http://127.0.0.1:{port}", folder, password, control)
        finally:
            left = _end(process, folder)
        if left:
            raise AssertionError(f"The demo left processes behind: {', '.join(left)}")


def free_ports(count: int) -> list[int]:
    """Ports that nobody listens on, all different."""
    probes = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [int(probe.getsockname()[1]) for probe in probes]
    for probe in probes:
        probe.close()
    return ports


def _start(folder: Path, log: Path, **ports: str) -> subprocess.Popen[bytes]:
    env = {name: value for name, value in os.environ.items() if name not in OWN}
    with log.open("wb") as out:
        return subprocess.Popen(
            [sys.executable, "manage.py", "demo"], cwd=ROOT, env=env | {"DATA_DIR": str(folder), **ports},
            stdin=subprocess.DEVNULL, stdout=out, stderr=out, start_new_session=True, preexec_fn=end_with_the_parent,
        )  # fmt: skip


def _wait_until_ready(process: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + READY_SECONDS
    while READY not in log.read_text():
        if process.poll() is not None or time.monotonic() > end:
            raise NotStarted(f"The demo did not start:\n{log.read_text()[-4000:]}")
        time.sleep(0.1)


def _end(process: subprocess.Popen[bytes], folder: Path) -> list[str]:
    """SIGTERM to the launcher, as Ctrl-C. What of it was left behind, which is killed."""
    family = psutil.Process(process.pid).children(recursive=True) if process.poll() is None else []
    process.terminate()
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    _, left = psutil.wait_procs(family, timeout=5)
    told = [f"{one.pid} {one.name()}" for one in left]
    for one in left:
        one.kill()
    if embedded.stop(folder / "postgres"):
        told.append("PostgreSQL")
    return told
