"""The tour in docs/api.md: executed as it stands, against a real web process."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pytest_django.live_server_helper import LiveServer

from publishing.models import Post, Status
from tests.approvals.media import samples
from tests.publishing.api.stage import make_place

ROOT = Path(__file__).resolve().parents[3]
BLOCKS = re.findall(r"```sh\n(.*?)```", (ROOT / "docs" / "api.md").read_text(), re.DOTALL)


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(not shutil.which("curl"), reason="curl is not installed")
def test_the_tour_runs_as_it_is_written(live_server: LiveServer, tmp_path: Path) -> None:
    place = make_place()
    place.account("tiktok")
    film = samples.film(tmp_path / "film.mp4", size=(360, 640), seconds=1.0)
    env = {**os.environ, "BASE": live_server.url, "TOKEN": place.program.secret, "FILM": str(film)}
    script = "set -eu -o pipefail\n" + "\necho\n".join(BLOCKS)
    done = subprocess.run(["bash", "-c", script], env=env, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr + done.stdout
    answers = list(said(done.stdout))
    whose, dry, job, plan = answers[:4]
    assert whose["workspace"]["id"] == str(place.workspace.pk) and dry["ok"]
    assert job["status"] == "scheduled" and plan["jobs"][0]["outputJobId"] == job["outputJobId"]
    assert Post.objects.get().status == Status.CANCELED


def said(text: str) -> Iterator[Any]:
    """One answer after the other."""
    rest = text.lstrip()
    while rest:
        found, end = json.JSONDecoder().raw_decode(rest)
        yield found
        rest = rest[end:].lstrip()
