"""What the proof stands on: a PostgreSQL of its own that waits for its disk, and processes of the product."""

from __future__ import annotations

import multiprocessing
import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from uuid import UUID

import psutil

from tests.crash.worker import Plan, work

ROOT = Path(__file__).resolve().parents[2]


def environment(folder: Path, sandbox_url: str) -> dict[str, str]:
    """The settings of every process of the proof: nothing of the operator's, everything below `folder`."""
    return {
        "READ_DOT_ENV": "no",
        "DATA_DIR": str(folder),
        "DATABASE_URL": "",
        "SECRET_KEY": "only-for-the-proof-" + "x" * 50,
        "DJANGO_SETTINGS_MODULE": "collavo.settings",
        "INSTAGRAM_API_URL": f"{sandbox_url}/instagram",
        "FACEBOOK_API_URL": f"{sandbox_url}/facebook",
        "TIKTOK_API_URL": f"{sandbox_url}/tiktok",
        "TIKTOK_AUTHORIZE_URL": f"{sandbox_url}/tiktok",
        "TIKTOK_SITE_URL": sandbox_url,
        "TIKTOK_MEDIA_PREFIXES": "http://127.0.0.1:8000/m/",
        "TIKTOK_SINGLE_BYTES": "1000",  # a small film has several pieces
        "TIKTOK_CHUNK_BYTES": "250000",
        "YOUTUBE_API_URL": f"{sandbox_url}/youtube",
        "YOUTUBE_SITE_URL": sandbox_url,
        "YOUTUBE_CHUNK_BYTES": str(256 * 1024),  # the least: a small film has several pieces
        "LEASE_SECONDS": "30",
        "LOG_LEVEL": "CRITICAL",
    }


@contextmanager
def fresh_folder(name: str) -> Iterator[Path]:
    """An empty folder of this process below var/, gone afterwards."""
    folder = ROOT / "var" / f"{name}.{os.getpid()}"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


class Workers:
    """Forks worker processes that have loaded Django already, and knows which still live."""

    def __init__(self) -> None:
        self._context = multiprocessing.get_context("forkserver")
        self._context.set_forkserver_preload(["tests.crash.preload"])
        self._lock = threading.Lock()
        self._alive: list[ForkServerProcess] = []

    def start(self, pk: UUID, plan: Plan) -> ForkServerProcess:
        process = self._context.Process(target=work, args=(pk, plan), daemon=True)
        with self._lock:
            process.start()
            self._alive.append(process)
        return process

    def stop(self) -> None:
        """Kill those that this proof started and that still live."""
        for process in self._alive:
            if process.is_alive():
                process.kill()
            process.join(5)


class Product:
    """The product's real processes: a task cluster and a dispatcher."""

    def __init__(self, env: dict[str, str]) -> None:
        self._env = {**os.environ, **env}
        self._processes: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, *names: str) -> None:
        for name in names:
            command = [sys.executable, str(ROOT / "manage.py"), *name.split()]
            self._processes[name] = subprocess.Popen(
                command, env=self._env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
            )

    def kill(self, *names: str) -> None:
        """SIGKILL, children included, all of them at once."""
        for name in names:
            process = self._processes.pop(name)
            with suppress(psutil.NoSuchProcess):
                family = [*psutil.Process(process.pid).children(recursive=True), psutil.Process(process.pid)]
                for member in family:
                    with suppress(psutil.NoSuchProcess):
                        member.send_signal(signal.SIGKILL)
            process.wait()

    def stop(self) -> None:
        self.kill(*self._processes)
