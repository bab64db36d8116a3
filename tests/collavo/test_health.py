import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from django.test import Client
from django.utils.timezone import now

from collavo.ops.heartbeat import DISPATCHER, WORKER
from collavo.ops.models import Heartbeat

ROOT = Path(__file__).resolve().parents[2]


def seen(**seconds_ago: int) -> None:
    for name, seconds in seconds_ago.items():
        Heartbeat.objects.update_or_create(name=name, defaults={"beat_at": now() - timedelta(seconds=seconds)})


@pytest.mark.django_db
def test_all_well_is_200_with_the_age_of_each_sign_of_life(client: Client) -> None:
    seen(worker=12, dispatcher=1)
    answer = client.get("/healthz")
    report = answer.json()
    assert answer.status_code == 200
    assert (report["database"], report["worker"], report["dispatcher"]) == ("ok", "ok", "ok")
    assert 12 <= report["ages"][WORKER] < 15
    assert answer["Cache-Control"] == "no-store"


@pytest.mark.django_db
@pytest.mark.parametrize(("part", "other"), [(WORKER, DISPATCHER), (DISPATCHER, WORKER)])
def test_a_part_not_seen_for_a_minute_is_named_as_down(client: Client, part: str, other: str) -> None:
    seen(**{part: 61, other: 1})
    answer = client.get("/healthz")
    assert answer.status_code == 503
    assert answer.json()[part] == "down"
    assert answer.json()[other] == "ok"


@pytest.mark.django_db
def test_a_part_never_seen_is_down(client: Client) -> None:
    answer = client.get("/healthz")
    assert (answer.status_code, answer.json()[WORKER], answer.json()["ages"][WORKER]) == (503, "down", None)


@pytest.mark.django_db
def test_it_answers_for_any_host_without_redirect_or_session(client: Client) -> None:
    seen(worker=1, dispatcher=1)
    answer = client.get("/healthz", headers={"Host": "10.0.0.7"})
    assert answer.status_code == 200
    assert not answer.cookies


def test_it_can_only_be_read(client: Client) -> None:
    assert client.post("/healthz").status_code == 405


def test_a_database_that_is_down_is_503_and_named(tmp_path: Path) -> None:
    program = """
import django; django.setup()
from django.test import Client
answer = Client().get("/healthz")
print(answer.status_code, answer.json()["database"], answer.json()["worker"])
"""
    env = {**os.environ, "DATABASE_URL": "postgres://nobody:secret@127.0.0.1:9/none", "DATA_DIR": str(tmp_path)}
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=True)
    assert done.stdout == "503 down unknown\n"
    assert "secret" not in done.stderr
