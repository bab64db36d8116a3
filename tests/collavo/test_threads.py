"""Threads of a worker process: how many there are, and that they hear of its end."""

from __future__ import annotations

import multiprocessing
import time
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from threading import Event

import pytest

from collavo.threads import Runners, when_ending
from publishing import stopping

PATIENCE = 20.0  # seconds that a thread which hears nothing goes on for


def _wait_for(end: Event, said: Connection) -> None:
    said.send("at work")
    said.send(end.wait(PATIENCE))


def _with_an_event(said: Connection) -> None:
    end = Event()
    when_ending(end.set)
    Runners(1, "test").start(_wait_for, end, said)


def _as_posts_do(said: Connection) -> None:
    stopping.watch()
    Runners(1, "test").start(_wait_for, stopping.stopping, said)


@pytest.mark.parametrize("work", [_with_an_event, _as_posts_do])
def test_threads_of_a_process_that_a_cluster_forked_hear_of_its_end(work: object) -> None:
    """The process has done its last task; its thread is told before anybody waits for it."""
    heard, said = multiprocessing.Pipe(duplex=False)
    process: BaseProcess = multiprocessing.get_context("fork").Process(target=work, args=(said,))  # type: ignore[arg-type]
    began = time.monotonic()
    process.start()
    assert heard.recv() == "at work" and heard.recv() is True
    process.join(PATIENCE)
    assert process.exitcode == 0 and time.monotonic() - began < PATIENCE


def test_there_are_no_more_threads_than_said() -> None:
    runners, end = Runners(1, "test"), Event()
    assert runners.start(end.wait, PATIENCE) and not runners.start(end.wait, PATIENCE)
    end.set()
    runners.settle()
    assert runners.start(end.wait, PATIENCE)


def test_what_breaks_gives_its_thread_back() -> None:
    def broken() -> None:
        raise ValueError

    runners = Runners(1, "test")
    for _ in range(3):
        assert runners.start(broken)
        runners.settle()
