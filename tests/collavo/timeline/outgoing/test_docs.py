"""docs/webhooks.md is true: its receiver runs and checks signatures, and every kind of event stands in its tables."""

from __future__ import annotations

import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from pytest_django.fixtures import Settings

from collavo.accounts.models import Membership
from collavo.timeline.models import Delivery, record
from collavo.timeline.outgoing import delivering, verbs
from collavo.timeline.outgoing.kinds import TYPES
from connectors.models import Connector
from tests.factories import make_connector

DOC = (Path(__file__).resolve().parents[4] / "docs/webhooks.md").read_text()
pytestmark = pytest.mark.django_db


def test_every_kind_of_event_is_described() -> None:
    assert set(re.findall(r"`((?:post|version|handoff|connector)\.[a-z_]+)`", DOC)) == set(TYPES)


def test_the_times_between_tries_are_those_of_the_code() -> None:
    said = "5 s, 30 s, 2 min, 10 min, 30 min, 1 h, 2 h, 4 h, 6 h and 10 h"
    assert said in " ".join(DOC.split())
    units = {"s": 1, "min": 60, "h": 3600}
    found = [int(number) * units[unit] for number, unit in re.findall(r"(\d+) (s|min|h)\b", said)]
    assert tuple(found) == delivering.RETRY_AFTER


@pytest.fixture
def account(owner: Membership) -> Connector:
    return make_connector(owner.workspace)


@pytest.fixture
def port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@pytest.fixture
def program(
    account: Connector, owner: Membership, settings: Settings, tmp_path: Path, port: int
) -> Iterator[subprocess.Popen[str]]:
    """The example of the docs, running with the secret of a webhook that leads to it."""
    settings.WEBHOOK_NETWORKS = ("127.0.0.0/8",)
    _, secret = verbs.add(url=f"http://127.0.0.1:{port}/webhooks", note="", events=[], by=owner)
    [code] = re.findall(r"```python\n(.*?)```", DOC, re.DOTALL)
    (tmp_path / "receiver.py").write_text(code)
    command = [sys.executable, str(tmp_path / "receiver.py"), str(port)]
    env = {"WEBHOOK_SECRET": secret}
    with subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as running:
        _wait_for(port)
        yield running
        running.kill()


def _wait_for(port: int) -> None:
    end = time.monotonic() + 20
    while time.monotonic() < end:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise AssertionError("The example did not start.")


def test_the_example_takes_what_is_signed_once_and_refuses_the_rest(
    program: subprocess.Popen[str], account: Connector, owner: Membership, port: int
) -> None:
    record(account, "paused", by="test")
    while delivering.deliver_next():
        pass
    sent = Delivery.objects.get()
    assert (sent.status, sent.http_status) == ("delivered", 204)
    verbs.replay(sent, by=owner)
    while delivering.deliver_next():
        pass
    forged = requests.post(f"http://127.0.0.1:{port}/webhooks", json={"type": "post.published"}, timeout=5)
    assert forged.status_code == 401
    program.kill()
    out = program.communicate()[0]
    assert out.count("connector.paused") == 1 and "post.published" not in out
