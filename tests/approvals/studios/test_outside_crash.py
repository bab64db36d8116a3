"""Killed between a studio's answer and what is written of it, and while a result comes in: asked on, one version."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
import time_machine
from pytest_django.fixtures import Settings

from approvals.models import Media, Version
from approvals.studios.models import StudioJob
from approvals.studios.states import JobStatus
from tests.approvals.studios.place import Answer, Place, make_place, shelf
from tests.collavo.timeline.outgoing.receiver import Answering, Request, receiving
from tests.factories import jpeg, make_workspace

pytestmark = pytest.mark.crash
ROOT = Path(__file__).resolve().parents[3]
STEP = "import django, sys; django.setup(); from approvals.studios.outside_tasks import step; step(sys.argv[1])"


class Held:
    """Somebody's answer, held back until the worker that waits for it is dead; later ones come at once."""

    def __init__(self) -> None:
        self.asked, self.go_on = threading.Event(), threading.Event()

    def wait(self) -> None:
        self.asked.set()
        self.go_on.wait(30)


def killed_in_its_step(job: StudioJob, held: Held, env: dict[str, str]) -> None:
    command = [sys.executable, "-c", STEP, str(job.pk)]
    with subprocess.Popen(command, cwd=ROOT, env={**env, "WEBHOOK_NETWORKS": "127.0.0.0/8"}) as worker:
        assert held.asked.wait(60), "it got as far as the call"
        worker.kill()  # SIGKILL: it has asked, and knows of no answer
    held.go_on.set()
    job.refresh_from_db()
    assert job.status == JobStatus.RUNNING and job.due_at == job.lease_until


def go_on_after_the_lease(place: Place, job: StudioJob) -> None:
    assert not place.step(job), "while the lease lasts nobody takes it"
    with time_machine.travel(job.due_at, tick=False):
        assert place.step(job)


def test_a_worker_that_is_killed_costs_a_repeated_request_and_never_a_second_version(
    process_env: dict[str, str], settings: Settings
) -> None:
    settings.WEBHOOK_NETWORKS = ("127.0.0.0/8",)
    sending, fetching = Held(), Held()
    with receiving() as program, shelf(_giving(fetching)) as there:
        place = make_place(make_workspace(), program)
        program.answer = _taking(sending)
        job = place.ask()
        killed_in_its_step(job, sending, process_env)
        go_on_after_the_lease(place, job)
        assert job.status == JobStatus.WAITING
        assert [got.headers["webhook-id"] for got in program.got] == [str(job.pk)] * 2
        place.say(job, "job.succeeded", {"media": [{"url": f"{there}/1.jpg"}]})
        killed_in_its_step(job, fetching, process_env)
        assert Version.objects.count() == Media.objects.count() == 1
        go_on_after_the_lease(place, job)
    assert job.status == JobStatus.DONE and Version.objects.count() == Media.objects.count() == 2
    assert len(program.got) == 2, "a result that has come is not asked for again"


def _taking(held: Held) -> Answering:
    def take(_: Request) -> int:
        held.wait()
        return 202

    return take


def _giving(held: Held) -> Callable[[str], Answer]:
    def give(_: str) -> Answer:
        held.wait()
        return 200, jpeg(colour="red")

    return give
