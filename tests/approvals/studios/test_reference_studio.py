"""docs/reference_studio.py is a studio: a real process, asked and answering over real HTTP, from end to end."""

from __future__ import annotations

import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests
from PIL import Image
from pytest_django.fixtures import Settings
from pytest_django.live_server_helper import LiveServer

from approvals.models import Version
from approvals.states import VersionStatus
from approvals.studios import outside_tasks, verbs
from approvals.studios.models import Studio, StudioJob
from approvals.studios.states import JobStatus
from collavo.accounts.models import Membership, Role
from collavo.timeline.models import Event
from collavo.timeline.outgoing import messages
from tests.approvals.studios.place import make_studio
from tests.factories import jpeg, make_media, make_member, make_version, make_workspace

DOCS = Path(__file__).resolve().parents[3] / "docs"
pytestmark = pytest.mark.django_db(transaction=True)


@dataclass
class Running:
    """The program, with the secret of a studio that leads to it."""

    program: subprocess.Popen[str]
    studio: Studio
    creator: Membership

    def ask(self, version: Version, prompt: str) -> StudioJob:
        return verbs.start(version, self.studio.kind, by=self.creator, studio=self.studio, prompt=prompt)

    def step(self, job: StudioJob) -> StudioJob:
        assert outside_tasks.step(str(job.pk))
        job.refresh_from_db()
        return job

    def hear(self, beginning: str) -> str:
        """The next line of the program that begins like this."""
        assert self.program.stdout
        return next(line.strip() for line in self.program.stdout if line.startswith(beginning))


def start(port: int, secret: str) -> subprocess.Popen[str]:
    command = [sys.executable, str(DOCS / "reference_studio.py"), "--port", str(port), "--secret", secret]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)


@pytest.fixture
def kind() -> str:
    return "image"


@pytest.fixture
def running(kind: str, live_server: LiveServer, settings: Settings) -> Iterator[Running]:
    settings.WEBHOOK_NETWORKS = ("127.0.0.0/8",)
    settings.BASE_URL = settings.MEDIA_BASE_URL = live_server.url
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    creator = make_member(make_workspace(), Role.CREATOR, "Ada")
    studio = make_studio(creator.workspace, f"http://127.0.0.1:{port}/", kind)
    with start(port, studio.secret) as program:
        there = Running(program, studio, creator)
        there.hear("Listening")
        yield there
        program.kill()


def made(job: StudioJob) -> Version:
    assert job.status == JobStatus.DONE, job.error
    assert job.result is not None
    return job.result


def test_a_picture_comes_back_tinted_as_the_next_round(running: Running) -> None:
    version = make_version(running.creator, media=[make_media(running.creator, jpeg(600, 400, "white"))])
    job = running.step(running.ask(version, "Make it teal, square."))
    assert job.status == JobStatus.WAITING
    assert running.hear("job.succeeded") == "job.succeeded: 200"
    result = made(running.step(job))
    [item] = result.ordered_items()
    assert (result.round, result.status, result.caption) == (2, VersionStatus.IN_REVIEW, version.caption)
    assert (item.media.width, item.media.height) == (400, 400)
    with Image.open(item.media.open_bytes()) as picture:
        red, green, blue = picture.resize((1, 1)).getpixel((0, 0))  # type: ignore[misc]
    assert red < 200 < green and blue > 200, "white, a third of the way to teal"
    result.asset.refresh_from_db()
    assert result.asset.studio == running.studio
    line = Event.objects.get(subject_id=result.pk, verb="submitted")
    assert line.by == "Ada via Tint" and result.submitted_by == running.creator.user


@pytest.mark.parametrize("kind", ["video"])
def test_a_short_film_comes_of_a_picture(running: Running) -> None:
    job = running.step(running.ask(make_version(running.creator), "Slowly into it."))
    assert running.hear("job.succeeded") == "job.succeeded: 200"
    result = made(running.step(job))
    [item] = result.ordered_items()
    assert result.format == "reel" and item.media.is_video and item.media.duration == pytest.approx(2, abs=0.1)
    assert item.media.fast_start and item.media.codec == "h264"


@pytest.mark.parametrize("kind", ["lipsync"])
def test_what_it_cannot_do_it_says_in_a_sentence(running: Running) -> None:
    job = running.step(running.ask(make_version(running.creator), "Say hello."))
    assert running.hear("job.failed") == "job.failed: 200"
    job.refresh_from_db()
    assert job.status == JobStatus.FAILED
    assert job.error == "Tint could not make it: This studio makes pictures and short films only."


def test_a_job_that_is_sent_again_is_made_once(running: Running) -> None:
    job = running.ask(make_version(running.creator), "Grey.")
    running.step(job)
    assert running.hear("job.succeeded") == "job.succeeded: 200"
    body = '{"type":"job.requested","data":{}}'
    headers = messages.signed(str(job.pk), body, running.studio, job.created_at)
    assert requests.post(running.studio.url, body, headers=headers, timeout=5).status_code == 202
    made(running.step(job))
    assert Version.objects.filter(asset=job.asset).count() == 2 and running.program.poll() is None


def test_it_refuses_what_is_not_signed(running: Running) -> None:
    assert requests.post(running.studio.url, "{}", timeout=5).status_code == 401


def test_a_forged_path_gives_no_file(running: Running) -> None:
    assert requests.get(f"{running.studio.url}results/..%2f..%2fetc%2fpasswd", timeout=5).status_code == 404


def test_the_docs_start_it_as_it_starts() -> None:
    said = re.findall(r"python docs/reference_studio\.py [^\n]*", (DOCS / "studios.md").read_text())
    assert said and all("--port" in line and "--secret" in line for line in said)
