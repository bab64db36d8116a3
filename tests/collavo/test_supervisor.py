"""Real processes: a small program runs the supervisor, the test sends it signals and looks who is left."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from collavo.supervisor import read_procfile

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = """
import json, os, sys
from collavo import supervisor
supervisor.GRACE, supervisor.RESTART_DELAY = 2.0, 0.05
sys.exit(supervisor.Supervisor(json.loads(sys.argv[1]), dict(os.environ)).run())
"""
FAMILY = "sh -c 'sleep 301 & sleep 302'"
STUBBORN = """sh -c 'trap "" TERM; while true; do sleep 0.1; done'"""


@pytest.fixture
def supervise(tmp_path: Path) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Start a supervisor over the given commands; its output goes into tmp_path/out."""
    started: list[subprocess.Popen[str]] = []

    def start(**commands: str) -> subprocess.Popen[str]:
        quoted = "{" + ",".join(f'"{name}": {_json(line)}' for name, line in commands.items()) + "}"
        out = (tmp_path / "out").open("w")
        process = subprocess.Popen([sys.executable, "-c", PROGRAM, quoted], cwd=ROOT, stdout=out, stderr=out, text=True)
        started.append(process)
        return process

    yield start
    for process in started:
        if process.poll() is None:
            process.terminate()
            process.wait(10)


def _json(line: str) -> str:
    return '"' + line.replace("\\", "\\\\").replace('"', '\\"') + '"'


def wait_for(condition: Callable[[], object], seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "It did not happen in time."
        time.sleep(0.02)


def family(process: subprocess.Popen[str]) -> list[psutil.Process]:
    return list(psutil.Process(process.pid).children(recursive=True))


def alive(people: list[psutil.Process]) -> list[psutil.Process]:
    return [p for p in people if p.is_running() and p.status() != psutil.STATUS_ZOMBIE]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_every_process_and_their_children(
    supervise: Callable[..., subprocess.Popen[str]], number: int
) -> None:
    process = supervise(one=FAMILY, two=FAMILY)
    wait_for(lambda: len(family(process)) == 6)
    people = family(process)
    process.send_signal(number)
    assert process.wait(10) == 0
    wait_for(lambda: not alive(people))


def test_a_process_that_will_not_end_is_killed_after_a_while(
    supervise: Callable[..., subprocess.Popen[str]],
) -> None:
    process = supervise(stubborn=STUBBORN)
    wait_for(lambda: len(family(process)) >= 2)
    people = family(process)
    process.terminate()
    assert process.wait(10) == 0
    wait_for(lambda: not alive(people))


@pytest.mark.skipif(sys.platform != "linux", reason="Only Linux tells children that their parent has died.")
def test_a_supervisor_that_was_killed_takes_its_processes_with_it(
    supervise: Callable[..., subprocess.Popen[str]],
) -> None:
    process = supervise(one="sleep 304", two="sleep 305")
    wait_for(lambda: len(family(process)) == 2)
    people = family(process)
    process.kill()
    wait_for(lambda: not alive(people))


def test_a_process_that_was_killed_is_started_again_without_its_orphans(
    supervise: Callable[..., subprocess.Popen[str]], tmp_path: Path
) -> None:
    process = supervise(one=FAMILY)
    wait_for(lambda: len(family(process)) == 3)
    before = family(process)
    leader = min(before, key=lambda p: p.pid)
    os.kill(leader.pid, signal.SIGKILL)
    wait_for(lambda: len(family(process)) == 3 and not set(family(process)) & set(before))
    assert not alive(before)
    assert "one was ended by SIGKILL; starting it again." in (tmp_path / "out").read_text()


def test_a_process_that_ends_again_and_again_stops_everything_with_a_line_and_a_code(
    supervise: Callable[..., subprocess.Popen[str]], tmp_path: Path
) -> None:
    process = supervise(good=FAMILY, bad="sh -c 'echo no such thing; exit 3'")
    wait_for(lambda: len(family(process)) >= 3)
    people = family(process)
    assert process.wait(20) == 1
    out = (tmp_path / "out").read_text()
    assert "bad ended with code 3, 6 times in a minute: stopping." in out
    assert out.count("no such thing") == 6
    wait_for(lambda: not alive(people))


def test_every_line_says_whose_it_is_and_when(supervise: Callable[..., subprocess.Popen[str]], tmp_path: Path) -> None:
    supervise(talker="sh -c 'echo hello; sleep 303'")
    wait_for(lambda: "hello" in (tmp_path / "out").read_text())
    assert re.search(r"^\d\d:\d\d:\d\d talker +\| hello$", (tmp_path / "out").read_text(), re.MULTILINE)


def test_the_procfile_has_all_parts() -> None:
    assert list(read_procfile(ROOT / "Procfile")) == ["web", "worker", "dispatcher", "sandbox"]
