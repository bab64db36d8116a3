"""The cells that need the product's real processes: its dispatcher killed, or everything on the host at once."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import psutil
from django.db import connection
from django.db.models.functions import Now

from collavo import embedded
from publishing.models import Post
from tests.crash.matrix import Cell, Fault, Scenario
from tests.crash.proof import Outcome, Proof
from tests.crash.stack import Product
from tests.crash.worker import PATIENCE

CLUSTER, DISPATCHER = "qcluster", "dispatch"
DISPATCHER_KILLED = Fault("dispatcher", "dispatcher killed and started again", "hold", (("when", "after"),))
HOST_KILLED = Fault(
    "host", "everything killed, PostgreSQL too, and started again", "hold", (("when", "after"),), release="drop"
)


class Host:
    """One machine with the product and its database on it."""

    def __init__(self, env: dict[str, str], database: Path) -> None:
        self.product, self.database = Product(env), database

    def start(self) -> None:
        self.product.start(CLUSTER, DISPATCHER)

    def kill_dispatcher(self) -> None:
        self.product.kill(DISPATCHER)
        self.product.start(DISPATCHER)

    def kill_everything(self) -> None:
        """As when the power goes: no process gets to say anything. Afterwards all of them start again."""
        connection.close()
        self.product.kill(CLUSTER, DISPATCHER)
        kill_postgres(self.database)
        embedded.start(self.database)
        self.start()
        over = Post.objects.filter(lease_token__isnull=False)
        over.update(lease_until=Now(), due_at=Now())  # the clock moves on: the dead workers' leases are over


def kill_postgres(folder: Path) -> None:
    """SIGKILL the server and wait until its children are gone, too."""
    pid = embedded.process(folder)
    if pid is None:
        raise RuntimeError("PostgreSQL does not run.")
    family = [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]
    family[0].kill()
    psutil.wait_procs(family, timeout=20)


def host_cells(scenario: Scenario, calls: list[str], *, short: bool) -> Iterator[Cell]:
    """Both mishaps at every call; in the short form at the last but one, which is the commit or right beside it."""
    for place, call in enumerate(calls, 1):
        if not short or place == max(len(calls) - 1, 1):
            yield Cell(scenario, DISPATCHER_KILLED, place, call)
            yield Cell(scenario, HOST_KILLED, place, call)


def run(host: Host, proof: Proof, cell: Cell) -> Outcome:
    """One post through the real processes, with the mishap while the sandbox holds its `place`-th call."""
    post = proof.ground.new_post(cell.scenario, proof.control)
    order = proof.order(cell, post.connector.remote_id)
    wait_for(lambda: order.state()["reached"], "the call", post)
    if cell.fault is HOST_KILLED:
        host.kill_everything()
    else:
        host.kill_dispatcher()
    order.release(then="go")
    wait_for(lambda: at_rest(post), "the end", post)
    return proof.judge(replace(cell), post)


def at_rest(post: Post) -> bool:
    """Whether nobody has to act any more; what the post waits for is over now, as if the clock had moved."""
    Post.objects.filter(pk=post.pk, lease_token=None, enqueued_at=None, due_at__gt=Now()).update(due_at=Now())
    return Post.objects.get(pk=post.pk).due_at is None


def wait_for(true: Callable[[], bool], what: str, post: Post) -> None:
    end = time.monotonic() + PATIENCE
    while not true():
        if time.monotonic() > end:
            post.refresh_from_db()
            raise TimeoutError(f"{what} did not come: {post.status} {post.hold} {post.step} {post.error}")
        time.sleep(0.1)
