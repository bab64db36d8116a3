"""Runs cells: one post each, one thing going wrong once, and then the sandbox's ledger says what is live."""

from __future__ import annotations

import os
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import count
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from django.db import connection
from django.utils import timezone

from approvals import uploads
from approvals.models import Asset, Case, Media
from collavo.accounts.models import Membership, Role, User, Workspace
from connectors.http import no_deadline, silent
from connectors.models import Connector, link
from connectors.platforms.base import Profile
from connectors.sandbox.client import FaultHandle, SandboxControl
from publishing import verbs
from publishing.models import Post, Status
from publishing.preflight import post_content
from tests.crash.matrix import SHORT, SHORTEST, Cell, Scenario, cells, media_files, scenarios
from tests.crash.stack import Workers
from tests.crash.worker import PATIENCE, Plan

numbers = count(1)
TRIES = 3


@dataclass(frozen=True)
class Outcome:
    """How a cell ended. `wrong` is "" when everything is as promised."""

    cell: Cell
    live: int
    status: str
    wrong: str


@dataclass
class Ground:
    """Workspace and people of the proof, with the media of each scenario uploaded once."""

    creator: Membership
    reviewer: Membership
    manager: Membership
    media: dict[str, list[Media]]

    @classmethod
    def lay(cls) -> Ground:
        workspace = Workspace.objects.create(name="Proof", slug="proof")

        def member(role: str) -> Membership:
            user = User.objects.create_user(f"{role}@example.org", None)
            return Membership.objects.create(user=user, workspace=workspace, role=role)

        return cls(member(Role.CREATOR), member(Role.APPROVER), member(Role.MANAGER), {})

    def media_of(self, scenario: Scenario) -> list[Media]:
        if str(scenario) not in self.media:
            with TemporaryDirectory() as folder:
                files = media_files(scenario, Path(folder))
                self.media[str(scenario)] = [uploads.take_file(f, name=f.name, by=self.creator) for f in files]
        return self.media[str(scenario)]

    def new_post(self, scenario: Scenario, control: SandboxControl, *, by_hand: bool = False) -> Post:
        """A due post of its own account, so that cells can run side by side. All that can go by API does."""
        number = next(numbers)
        account = control.add_account(f"proof.{number}", platform=scenario.platform, login=scenario.login)
        profile = Profile(remote_id=account["id"], handle=account["username"])
        workspace = self.creator.workspace
        connector = link(workspace, scenario.platform, scenario.login, profile, token=account["token"], by="proof")
        on = dict.fromkeys(connector.spec.rules.switches, True)
        # Not audited, some platforms show it to nobody.
        Connector.objects.filter(pk=connector.pk).update(audited=True, switches=on)
        connector.refresh_from_db()
        case = Case.objects.create(workspace=workspace, name=f"Cell {number}")
        asset = Asset.objects.create(workspace=workspace, case=case, title=f"Cell {number}")
        version = asset.submit(
            caption=f"Cell {number}", media=self.media_of(scenario), format=scenario.format, by=self.creator
        )
        version.accept(by=self.reviewer)
        return verbs.schedule(
            version, connector, at=timezone.now(), by=self.manager, options=scenario.options, by_hand=by_hand
        )


class Proof:
    """All cells of all scenarios against one sandbox."""

    def __init__(self, control: SandboxControl, workers: Workers, *, short: bool, only: str = "") -> None:
        self.control, self.workers, self.short, self.only = control, workers, short, only
        self.ground = Ground.lay()
        self.runs = [(scenario, *self.clean_run(scenario)) for scenario in scenarios() if self.concerns(scenario)]

    def concerns(self, scenario: Scenario) -> bool:
        """Whether `only`, which is a part of a cell's name, may name one of this scenario's cells."""
        return not self.only or self.only in str(scenario) or str(scenario) in self.only or ":" in self.only

    def cells(self) -> Iterator[Cell]:
        seen: set[str] = set()
        for scenario, calls, commits in self.runs:
            among = SHORTEST if scenario.platform in seen else SHORT
            seen.add(scenario.platform)
            found = cells(scenario, calls, commits, among=among if self.short else ())
            yield from (cell for cell in found if self.only in str(cell))

    def clean_run(self, scenario: Scenario) -> tuple[list[str], int]:
        """The HTTP calls of an undisturbed publish, and how often we commit behind a call."""
        post = self.ground.new_post(scenario, self.control)
        planned = len(self.control.calls(account=post.connector.remote_id))  # what was asked for the form is not its
        commits = self.work(post, Plan("after_commit", what="count")).exitcode
        post.refresh_from_db()
        if post.status != Status.PUBLISHED:
            raise RuntimeError(f"An undisturbed {scenario} was not published: {post.status}, {post.error}")
        made = self.control.calls(account=post.connector.remote_id)[planned:]
        places: Counter[str] = Counter()
        names = []
        for call in made:
            name = f"{call['method']} {_shape(call['path'])}"
            places[name] += 1
            names.append(f"{name} ({places[name]})" if places[name] > 1 else name)
        return names, commits or 0

    def run(self, cell: Cell) -> Outcome:
        """One post that its mishap really met. A platform asked later or earlier may need one call more or less."""
        try:
            for _ in range(TRIES):
                post = self.ground.new_post(cell.scenario, self.control)
                if self.disturb(cell, post):
                    self.finish(post)
                    return self.judge(cell, post)
            return Outcome(cell, 0, "", f"the call never came in {TRIES} publishes")
        except TimeoutError as e:
            return Outcome(cell, len(self.control.posts(account=post.connector.remote_id)), post.status, str(e))
        finally:
            connection.close()

    def disturb(self, cell: Cell, post: Post) -> bool:
        """Run the publish with this cell's mishap, until the worker is dead or has gone on. Whether it met it."""
        fault = cell.fault
        if not fault.do:
            worker = self.work(post, Plan(fault.kill, cell.place, fault.what))
            return fault.what != "kill" or worker.exitcode == -signal.SIGKILL
        order = self.order(cell, post.connector.remote_id)
        if fault.kill != "worker":
            self.work(post, Plan(slow=2 * fault.seconds))
            return bool(order.state()["reached"])
        worker = self.workers.start(post.pk, Plan())
        if not _met(order, worker):
            return False
        os.kill(int(worker.pid or 0), signal.SIGKILL)
        worker.join(PATIENCE)
        order.release(then=fault.release)  # type: ignore[arg-type]
        return True

    def order(self, cell: Cell, account: str) -> FaultHandle:
        options: dict[str, Any] = dict(cell.fault.options)
        return self.control.fault(cell.fault.do, account=account, nth=cell.place, **options)

    def work(self, post: Post, plan: Plan) -> ForkServerProcess:
        """A worker that has ended, by itself or not, or had all the time there is."""
        worker = self.workers.start(post.pk, plan)
        worker.join(PATIENCE + 5)
        return worker

    def finish(self, post: Post) -> None:
        """A fresh worker takes over whatever is left; a dead one's lease has to run out first."""
        self.work(post, Plan())

    def sent_again(self, post: Post, live: list[dict[str, Any]]) -> str:
        """Whether the call that made the post live came again afterwards, though the platform refused it then."""
        calls = self.control.calls(account=post.connector.remote_id, method="POST")
        did = next((call for call in calls if live and call["id"] == live[0]["call"]), None)
        again = [c for c in calls if did and c["path"] == did["path"] and c["at"] > live[0]["published_at"]]
        return f"the commit was sent {len(again)} times more after it was live" if again else ""

    def judge(self, cell: Cell, post: Post) -> Outcome:
        post.refresh_from_db()
        live = self.control.posts(account=post.connector.remote_id, hidden=True)
        return Outcome(cell, len(live), post.status, self.sent_again(post, live) or _wrong(post, live))


def _met(order: FaultHandle, worker: ForkServerProcess) -> bool:
    """Whether the call came, and is held, before the worker was done. Raises TimeoutError when neither happens."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        done = not worker.is_alive()
        if order.state(wait=1.0)["reached"]:
            return True
        if done:
            return False
    raise TimeoutError(f"The worker neither made the call nor ended within {PATIENCE} s.")


def _is_blind(post: Post) -> bool:
    """The commit got no answer, and the platform offers no way to find out about such a one."""
    connector = post.connector
    publisher = connector.spec.publisher(connector.account, observe=silent, deadline=no_deadline)
    steps = publisher.steps(post_content(post.version, post.options))
    return post.commit_open and any(step.commit and step.blind for step in steps)


def _wrong(post: Post, live: list[dict[str, Any]]) -> str:
    """What does not hold, in words; "" when the promise was kept."""
    if len(live) > 1:
        return f"{len(live)} live posts"
    if post.status == Status.PUBLISHED:
        if not live:
            return "published, but nothing is live"
        if (post.remote_id, post.url) != (live[0]["id"], live[0]["permalink"]):
            return "published with another id or link than the live post's"
        return ""
    if post.status == Status.UNCONFIRMED and _is_blind(post):
        return ""  # at most one is live, and a person decides
    if post.status == Status.UNCONFIRMED:
        return "unconfirmed, though the platform can tell"
    return f"ended {post.status}: {post.error or post.step}"


def _shape(path: str) -> str:
    """A call's path without version and ids: "/media_publish"."""
    parts = [p for p in path.split("/")[2:] if p and not p.startswith("v2")]
    return "/" + "/".join("…" if p.isdigit() else p for p in parts)


def run_all(cells: list[Cell], run: Callable[[Cell], Outcome], *, jobs: int, tell: Callable[[Outcome], None]) -> None:
    """Every cell, `jobs` at a time; `tell` hears of each outcome as it is known."""
    with ThreadPoolExecutor(jobs) as threads:
        for outcome in threads.map(run, cells):
            tell(outcome)
