"""Threads of a worker process: how many there are, and that they hear of its end."""

from __future__ import annotations

import subprocess
import sys
from threading import Event

from collavo.threads import Runners
from connectors.sandbox.client import ROOT

PATIENCE = 20.0  # seconds that a thread which hears nothing goes on for

FORKED = f"""
import multiprocessing
from collavo.threads import Runners, stopping, watch

def wait_for_the_end():
    print("told" if stopping.wait({PATIENCE}) else "not told", flush=True)

def work():
    watch()
    Runners(1, "test").start(wait_for_the_end)

process = multiprocessing.get_context("fork").Process(target=work)
process.start()
process.join()
"""


def test_threads_of_a_process_that_a_cluster_forked_hear_of_its_end() -> None:
    """The process has done its last task; its thread is told before anybody waits for it."""
    program = [sys.executable, "-c", FORKED]
    said = subprocess.run(program, cwd=ROOT, capture_output=True, text=True, timeout=2 * PATIENCE, check=True)
    assert said.stdout == "told\n"


def test_there_are_no_more_threads_than_said() -> None:
    runners, end = Runners(1, "test"), Event()

    def work() -> None:
        end.wait(PATIENCE)

    assert runners.start(work) and not runners.start(work)
    end.set()
    runners.settle()
    assert runners.start(work)


def test_what_breaks_gives_its_thread_back() -> None:
    def broken() -> None:
        raise ValueError

    runners = Runners(1, "test")
    for _ in range(3):
        assert runners.start(broken)
        runners.settle()
