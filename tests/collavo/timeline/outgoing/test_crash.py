"""Killed in the middle of delivering, again and again: nothing is lost, and the order of each thing is kept."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections import defaultdict
from pathlib import Path

import pytest
from django.db import transaction

from collavo.accounts.models import Membership, Role
from collavo.timeline.models import Delivery, line, record_many
from collavo.timeline.outgoing import verbs
from tests.collavo.timeline.outgoing.receiver import Receiver, Request
from tests.factories import make_connector, make_member, make_workspace

pytestmark = pytest.mark.crash
ROOT = Path(__file__).resolve().parents[4]
VERBS = ("paused", "resumed", "verified", "needs_relink", "relinked")
THINGS, KILLS = 5, 3


def start(env: dict[str, str]) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "tests.collavo.timeline.outgoing.worker"]
    return subprocess.Popen(command, cwd=ROOT, env={**env, "WEBHOOK_NETWORKS": "127.0.0.0/8"})


def told_to(receiver: Receiver) -> dict[str, list[str]]:
    """What the receiver knows of each thing, when it leaves out the ids that it has seen."""
    seen, told = set(), defaultdict(list)
    for request in receiver.got:
        if request.headers["webhook-id"] not in seen:
            seen.add(request.headers["webhook-id"])
            told[request.said["data"]["connectorId"]].append(request.said["type"].removeprefix("connector."))
    return told


def test_workers_that_are_killed_lose_nothing_and_keep_the_order(
    process_env: dict[str, str], receiver: Receiver
) -> None:
    owner: Membership = make_member(make_workspace(), Role.OWNER)
    accounts = [make_connector(owner.workspace) for _ in range(THINGS)]
    verbs.add(url=receiver.url, note="", events=[], by=owner)
    with transaction.atomic():
        for verb in VERBS:
            record_many([line(account, verb, by="test") for account in accounts])
    held, go_on, kills = threading.Event(), threading.Event(), 0

    def answer(request: Request) -> int:
        """Now and then the answer is held back until the worker that waits for it is dead."""
        if kills < KILLS and len(receiver.got) % 4 == 3:
            held.set()
            go_on.wait(20)
        return 200

    receiver.answer = answer
    end = time.monotonic() + 90
    worker = start(process_env)
    try:
        while kills < KILLS and held.wait(30):
            worker.kill()  # SIGKILL: it has sent, and knows of no answer
            worker.wait()
            kills += 1
            held.clear()
            go_on.set()
            worker = start(process_env)
            go_on.clear()
        while Delivery.objects.filter(status="pending").exists() and time.monotonic() < end:
            time.sleep(0.1)
    finally:
        go_on.set()
        worker.kill()
        worker.wait()
    assert kills == KILLS
    assert told_to(receiver) == {str(account.pk): list(VERBS) for account in accounts}
    assert len(receiver.got) > THINGS * len(VERBS), "some came twice: that is what at least once means"
    assert set(Delivery.objects.values_list("status", flat=True)) == {"delivered"}
