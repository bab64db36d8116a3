"""Several hosts of the product on one database, and a crowd of posts for them, made in bulk."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from itertools import count, cycle
from typing import Any

import psutil
from django.db.models import F
from django.db.models.functions import Now
from django.utils import timezone
from django_q.models import OrmQ

from approvals.demo.bulk import make_assets
from approvals.models import Version
from approvals.states import VersionStatus
from collavo.accounts.models import Membership, Role
from collavo.timeline.models import Event
from connectors.models import Connector, link
from connectors.platforms.base import Format, Profile
from connectors.sandbox.client import SandboxControl
from publishing.dispatcher import dispatch_due
from publishing.models import Post, Status
from publishing.preflight import post_seal
from publishing.states import TASK_LOST_AFTER
from tests.crash.matrix import Scenario, scenarios
from tests.crash.proof import Ground
from tests.crash.stack import Product

CLUSTER, DISPATCHER = "qcluster", "dispatch"
WORKERS = 2  # processes of each cluster
batches = count(1)


def wait_until(true: Callable[[], bool], seconds: float, pause: float = 0.1) -> bool:
    """Whether it came true in time."""
    end = time.monotonic() + seconds
    while not true():
        if time.monotonic() > end:
            return False
        time.sleep(pause)
    return True


# --- Processes ----------------------------------------------------------------------------------------------------


class Host(Product):
    """One host's cluster and dispatcher, which can also be asked to stop."""

    def ask_to_stop(self, *, group: bool) -> None:
        """SIGTERM to the leaders alone, as our supervisor does; `group`: to every process, as systemd does."""
        for process in self._processes.values():
            (os.killpg if group else os.kill)(process.pid, signal.SIGTERM)

    def join(self, seconds: float) -> bool:
        """Whether all of them have ended in time; those that have not are killed."""
        end = time.monotonic() + seconds
        try:
            for process in self._processes.values():
                process.wait(max(end - time.monotonic(), 0.01))
        except subprocess.TimeoutExpired:
            self.stop()
            return False
        self.stop()
        return True

    def runs(self) -> bool:
        return bool(self._processes)

    def complete(self) -> bool:
        return len(psutil.Process(self._processes[CLUSTER].pid).children(recursive=True)) >= WORKERS + 3


class Fleet:
    """`hosts` times a cluster and a dispatcher."""

    def __init__(self, env: dict[str, str], hosts: int) -> None:
        self.hosts = [Host({**env, "WORKERS": str(WORKERS)}) for _ in range(hosts)]

    def up(self) -> None:
        """Start what does not run. Returns when every cluster has its guard, its workers, and those that feed them."""
        for host in self.hosts:
            if not host.runs():
                host.start(CLUSTER, DISPATCHER)
        for host in self.hosts:
            if not wait_until(host.complete, 60):
                raise TimeoutError("A cluster did not start.")

    def deploy(self, seconds: float, *, group: bool) -> tuple[float, bool]:
        """Stop everything politely: how many seconds it took, and whether nobody had to be killed."""
        started = time.monotonic()
        for host in self.hosts:
            host.ask_to_stop(group=group)
        polite = [host.join(seconds - (time.monotonic() - started)) for host in self.hosts]
        return time.monotonic() - started, all(polite)

    def stop(self) -> None:
        for host in self.hosts:
            host.stop()


# --- Posts --------------------------------------------------------------------------------------------------------


def ground() -> Ground:
    """The workspace that the table of the proof stands on, or a new one."""
    found = {m.role: m for m in Membership.objects.filter(workspace__slug="proof").select_related("user", "workspace")}
    if not found:
        return Ground.lay()
    return Ground(found[Role.CREATOR], found[Role.APPROVER], found[Role.MANAGER], {})


def picture() -> Scenario:
    """A single picture on the first platform that takes one."""
    return next(s for s in scenarios() if s.format == Format.IMAGE)


class Crowd:
    """Approved versions with a caption of their own each, for accounts that nobody else uses."""

    def __init__(self, ground: Ground, control: SandboxControl, posts: int, accounts: int) -> None:
        self.control, self.manager, batch = control, ground.manager, next(batches)
        ground.media_of(picture())
        self.accounts = [self._account(ground, f"race{batch}.{n}") for n in range(accounts)]
        self.versions = make_assets(ground.creator.workspace, posts, statuses=[VersionStatus.APPROVED])
        self.pairs = list(zip(self.versions, cycle(self.accounts), strict=False))

    def _account(self, ground: Ground, name: str) -> Connector:
        made = self.control.add_account(name, login=picture().login)
        profile = Profile(remote_id=made["id"], handle=made["username"])
        workspace = ground.creator.workspace
        return link(workspace, picture().platform, picture().login, profile, token=made["token"], by="proof")

    def due(self, pairs: Sequence[tuple[Version, Connector]], moments: Sequence[datetime]) -> list[Post]:
        """Scheduled posts, all there at once: who waits for them starts at the same moment."""
        return Post.objects.bulk_create(
            Post(
                workspace=version.workspace, case=version.case, version=version, connector=account,
                seal=post_seal(version, account.pk, {}), status=Status.SCHEDULED, scheduled_at=at, due_at=at,
                by=self.manager.user,
            )
            for (version, account), at in zip(pairs, moments, strict=True)
        )  # fmt: skip

    def posts(self) -> list[Post]:
        """As they are now."""
        return list(Post.objects.filter(connector__in=self.accounts).select_related("connector", "version"))

    def at_rest(self) -> bool:
        """Nobody has to act on any of them today."""
        today = timezone.now() + timedelta(hours=1)
        return not Post.objects.filter(connector__in=self.accounts, due_at__lt=today).exists()

    def let_time_pass(self) -> None:
        """The clock moves on until the leases of the dead are over and tasks that led to nothing count as lost."""
        mine = Post.objects.filter(connector__in=self.accounts)
        mine.filter(lease_token__isnull=False).update(lease_until=Now(), due_at=Now())
        mine.filter(enqueued_at__isnull=False).update(enqueued_at=F("enqueued_at") - TASK_LOST_AFTER)

    def look_sooner(self) -> None:
        """The clock moves on to the next look at what was being published when its worker died: minutes otherwise."""
        asked = Post.objects.filter(connector__in=self.accounts, status=Status.PUBLISHING, commit_open=True)
        asked.filter(lease_token=None, due_at__gt=Now()).update(due_at=Now(), enqueued_at=None)

    def lose_queue(self) -> int:
        """A dispatcher goes on without workers until nothing more has room; then the queue is lost, so many tasks."""
        while dispatch_due():
            pass
        lost, _ = OrmQ.objects.all().delete()
        return int(lost)

    def held(self) -> int:
        """How many a worker has, or had when it died."""
        return Post.objects.filter(connector__in=self.accounts, lease_token__isnull=False).count()

    def published(self) -> int:
        return Post.objects.filter(connector__in=self.accounts, status=Status.PUBLISHED).count()


# --- The judge ----------------------------------------------------------------------------------------------------


class Ledger:
    """What the platform knows of a crowd's accounts."""

    def __init__(self, control: SandboxControl, crowd: Crowd) -> None:
        mine = {account.remote_id for account in crowd.accounts}
        self.live = [p for p in control.posts(hidden=True) if p["account"] in mine]
        self.calls = [c for c in control.calls(method="POST") if c["account"] in mine]
        self.by_id = {post["id"]: post for post in self.live}
        self.times = Counter((p["account"], p["caption"]) for p in self.live)

    def commits(self) -> list[dict[str, Any]]:
        """The calls that make something live, whether or not they did: known by those that did."""
        did = {post["call"] for post in self.live}
        shapes = {edge(call) for call in self.calls if call["id"] in did}
        return [call for call in self.calls if edge(call) in shapes]

    def sent_twice(self) -> int:
        """How many commits repeated one that was sent before."""
        times = Counter((call["path"], str(sorted(call["params"].items()))) for call in self.commits())
        return sum(n - 1 for n in times.values())


def edge(call: dict[str, Any]) -> str:
    return str(call["path"]).rsplit("/", 1)[-1]


def wrong_posts(ledger: Ledger, posts: Sequence[Post]) -> list[str]:
    """What is not as it should be where every post is to be live exactly once."""
    wrong = [f"{post.pk}: {said}" for post in posts if (said := _wrong(ledger, post))]
    if len(ledger.live) != len(posts):
        wrong.append(f"{len(ledger.live)} live posts for {len(posts)}")
    return wrong


def _wrong(ledger: Ledger, post: Post) -> str:
    times = ledger.times[post.connector.remote_id, post.version.caption]
    if times != 1:
        return f"{times} times live; it is {post.status} {post.hold} {post.error}".rstrip()
    if post.status != Status.PUBLISHED:
        return f"live, but {post.status} {post.hold} {post.error}".rstrip()
    live = ledger.by_id.get(post.remote_id)
    if live is None or live["caption"] != post.version.caption or live["permalink"] != post.url:
        return "published with another id or link than the live post's"
    return ""


def undisturbed(ledger: Ledger, posts: Sequence[Post]) -> list[str]:
    """Where no call failed: every one of them was made once, and every post was begun once."""
    wrong = []
    for name, times in Counter(edge(call) for call in ledger.calls).items():
        if times != len(posts):
            wrong.append(f"{times} calls of {name} for {len(posts)} posts")
    if again := ledger.sent_twice():
        wrong.append(f"{again} commits were sent again")
    begun = Event.objects.filter(subject_id__in=[post.pk for post in posts], verb=Status.PUBLISHING).count()
    if begun != len(posts):
        wrong.append(f"{begun} beginnings in the histories of {len(posts)} posts")
    return wrong
