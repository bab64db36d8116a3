"""Where a benchmark plays: a PostgreSQL of its own (durable, as in production), real processes, one sandbox.

Everything listens on loopback or on a socket file below one folder, and whatever was started is stopped by its pid.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import psutil
from cryptography.fernet import Fernet

from connectors.sandbox.client import ROOT, SandboxControl, running_sandbox

STOP_SECONDS = 30.0
READY_SECONDS = 60.0


class NotMeasured(Exception):
    """Something went wrong or not at all, so there is no figure; str(error) says what."""


class Process:
    """One of the product's processes, with its output in a file."""

    def __init__(self, name: str, command: list[str], env: dict[str, str], log: Path) -> None:
        self.name, self.log = name, log
        with log.open("ab") as out:
            # A session of its own: Ctrl-C reaches the benchmark alone, which then stops everything in order.
            self.popen = subprocess.Popen(
                command, cwd=ROOT, env=env | {"PGAPPNAME": name}, stdin=subprocess.DEVNULL, stdout=out, stderr=out,
                start_new_session=True,
            )  # fmt: skip

    def family(self) -> list[psutil.Process]:
        """The process and all that it started."""
        try:
            first = psutil.Process(self.popen.pid)
            return [first, *first.children(recursive=True)]
        except psutil.NoSuchProcess:
            return []

    def stop(self) -> None:
        """SIGTERM, and SIGKILL to whatever of it is left after a while."""
        family = self.family()
        self.popen.terminate()
        _, alive = psutil.wait_procs(family, timeout=STOP_SECONDS)
        for process in alive:
            process.kill()
        self.popen.wait(STOP_SECONDS)

    def check(self) -> None:
        """Raise NotMeasured when it has ended by itself."""
        if self.popen.poll() is not None:
            raise NotMeasured(f"{self.name} has ended; its log is {self.log}.")


class Stage:
    """Made once; every benchmark empties the database and starts the processes it needs."""

    def __init__(self, folder: Path, *, short: bool, long: bool) -> None:
        self.folder, self.short, self.long = folder, short, long
        self.running: list[Process] = []

    def size(self, full: int, short: int) -> int:
        return short if self.short else full

    def say(self, line: str) -> None:
        """Progress, on stderr: stdout is for the table."""
        sys.stderr.write(f"{time.strftime('%H:%M:%S')} {line}\n")
        sys.stderr.flush()

    def empty(self) -> None:
        """An empty database, with what migrations put into it."""
        from django.core.management import call_command

        call_command("flush", interactive=False, verbosity=0)

    @contextmanager
    def sandbox(self, **settings: Any) -> Iterator[SandboxControl]:
        """A sandbox in a process of its own, to which this process's settings point too."""
        from django.conf import settings as ours

        with running_sandbox("subprocess", **{"check_media": False, "image_seconds": 0.0, **settings}) as control:
            ours.INSTAGRAM_API_URL = control.instagram_url
            yield control

    @contextmanager
    def process(self, name: str, *command: str, **env: str) -> Iterator[Process]:
        process = Process(name, [sys.executable, *command], {**os.environ, **env}, self.folder / f"{name}.log")
        self.running.append(process)
        try:
            yield process
        finally:
            self.running.remove(process)
            process.stop()

    @contextmanager
    def product(self, control: SandboxControl, **env: str) -> Iterator[tuple[Process, Process]]:
        """Worker and dispatcher at work: both have given a sign of life when the block begins."""
        env = {"INSTAGRAM_API_URL": control.instagram_url, **env}
        with ExitStack() as stack:
            worker = stack.enter_context(self.process("worker", "manage.py", "qcluster", **env))
            dispatcher = stack.enter_context(self.process("dispatcher", "manage.py", "dispatch", **env))
            self.wait_for(self._alive, READY_SECONDS, "worker and dispatcher to be at work")
            yield worker, dispatcher

    @contextmanager
    def web(self, workers: int = 1, **env: str) -> Iterator[tuple[Process, str]]:
        """The web on a free port, in so many processes, and its address."""
        port = free_port()
        address = f"http://127.0.0.1:{port}"
        from django.conf import settings

        options = ["--bind", f"127.0.0.1:{port}", "--worker-class", "gthread", "--workers", str(workers)]
        options += ["--threads", str(settings.WEB_THREADS)]  # as the Procfile has it
        command = ["-m", "gunicorn", "collavo.wsgi", *options, "--no-control-socket"]
        with self.process("web", *command, BASE_URL=address, MEDIA_BASE_URL=address, **env) as process:
            self.wait_for(lambda: answers(port), READY_SECONDS, "the web process to listen")
            yield process, address

    def _alive(self) -> bool:
        from collavo.ops import heartbeat

        return all(age is not None for age in heartbeat.ages().values())

    def wait_for(self, done: Callable[[], bool], seconds: float, what: str, pause: float = 0.1) -> None:
        """Return once `done()`; raise NotMeasured when that takes too long or a process has ended."""
        end = time.monotonic() + seconds
        while not done():
            for process in self.running:
                process.check()
            if time.monotonic() > end:
                raise NotMeasured(f"Waited {seconds:.0f} s for {what}. The logs are in {self.folder}.")
            time.sleep(pause)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def answers(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


@contextmanager
def stage(*, short: bool, long: bool, keep: bool) -> Iterator[Stage]:
    """A stage with a migrated database and Django set up on it. Everything is gone afterwards, unless `keep`."""
    folder = ROOT / "var" / "bench" / str(os.getpid())
    folder.mkdir(parents=True)
    signal.signal(signal.SIGTERM, interrupted)
    os.environ |= environment(folder)
    from collavo import embedded

    try:
        with embedded.hold(folder / "postgres"):
            os.environ["DATABASE_URL"] = embedded.url(folder / "postgres")
            prepare()
            yield Stage(folder, short=short, long=long)
            close_connections()
    finally:
        if not keep:
            shutil.rmtree(folder, ignore_errors=True)


def interrupted(number: int, frame: object) -> None:
    """SIGTERM ends a benchmark as Ctrl-C does: through every `finally`."""
    raise KeyboardInterrupt


def environment(folder: Path) -> dict[str, str]:
    """The product as in production, on data of its own; nothing of the developer's .env."""
    return {
        "READ_DOT_ENV": "no",
        "DJANGO_SETTINGS_MODULE": "collavo.settings",
        "DEBUG": "no",
        "DATA_DIR": str(folder),
        "SECRET_KEY": "only-for-benchmarks-" + "x" * 50,
        "TOKEN_KEYS": Fernet.generate_key().decode(),
        "LOG_LEVEL": "WARNING",
        "BASE_URL": "http://127.0.0.1:8000",
    }


def prepare() -> None:
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", interactive=False, verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)


def close_connections() -> None:
    from django.db import connections

    connections.close_all()
