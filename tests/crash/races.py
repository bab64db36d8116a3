"""Races: everything that may start, stop or take back a post, all at once; the sandbox's ledger is the judge.

Part of `make proof` (`python -m tests.crash --races only` runs these alone). Real clusters and dispatchers of the
product work on one database; workers are stopped past their lease and woken; people press their buttons meanwhile.
"""

from __future__ import annotations

import os
import random
import signal
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from copy import copy
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import psutil
from django.db import connection
from django.utils import timezone

from approvals.states import IllegalMove
from collavo.accounts.models import Membership
from collavo.supervisor import GRACE
from collavo.timeline.models import Event
from connectors.sandbox.client import FaultHandle, SandboxControl
from publishing import verbs
from publishing.models import Attempt, Post, Status
from publishing.preflight import Blocked
from tests.crash.fleet import Crowd, Fleet, Ledger, ground, picture, undisturbed, wait_until, wrong_posts
from tests.crash.proof import Ground
from tests.crash.stack import Workers
from tests.crash.triggers import Triggers
from tests.crash.worker import PATIENCE, Plan

STOPPED, ENDED = "stopped", {"zombie", "dead"}  # as psutil calls them
LONG = 300.0  # seconds after which a race is given up
RESUMED = 90.0  # seconds in which everything must be live once it was started again


@dataclass
class Result:
    """How a race ended. `wrong` is empty when every promise was kept."""

    race: str
    figures: str
    wrong: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Sizes:
    """How much of it."""

    posts: int = 1000
    accounts: int = 100
    taken_back: int = 200
    deployed: int = 200
    every_point: bool = True


SHORT = Sizes(posts=80, accounts=20, taken_back=40, deployed=50, every_point=False)


def run_all(control: SandboxControl, env: dict[str, str], *, short: bool, only: str = "") -> int:
    """Run the races one after the other and print them; how many went wrong."""
    races = Races(control, env, SHORT if short else Sizes())
    wrong = 0
    try:
        for race in (races.stopped, races.together, races.taken_back, races.deployed, races.broken_off):
            if only in race.__name__:
                result = race()
                wrong += bool(result.wrong)
                print(f"{'WRONG' if result.wrong else 'ok':<6} {result.race}: {result.figures}", flush=True)
                for line in result.wrong[:12]:
                    print(f"       {result.race}: {line}", flush=True)
    finally:
        races.stop()
    return wrong


class Races:
    """All races against one sandbox and one database."""

    def __init__(self, control: SandboxControl, env: dict[str, str], sizes: Sizes) -> None:
        self.control, self.sizes = control, sizes
        self.fleet, self.workers = Fleet(env, hosts=2), Workers()
        self.ground: Ground = ground()

    def stop(self) -> None:
        self.workers.stop()
        self.fleet.stop()

    # --- Everything that starts a post, at once ------------------------------------------------------------------

    def together(self) -> Result:
        """All triggers at posts that fall due in one moment, some of them begun by a double click."""
        n = self.sizes.posts
        crowd = Crowd(self.ground, self.control, n, self.sizes.accounts)
        pressed, planned = crowd.pairs[: n // 10], crowd.pairs[n // 10 :]
        deadlocks = deadlocks_so_far()
        self.fleet.up()
        triggers = Triggers(crowd)
        due = timezone.now() - timedelta(minutes=5)  # overdue, so that `recover_stuck` finds them as well
        started = time.monotonic()
        with triggers.pulled():
            crowd.due(planned, [due] * len(planned))
            triggers.double_click(pressed)
            wait_until(lambda: len(crowd.posts()) == n and crowd.at_rest(), LONG, 0.25)
            seconds = time.monotonic() - started
        return self.judge_together(crowd, triggers, seconds, deadlocks_so_far() - deadlocks)

    def judge_together(self, crowd: Crowd, triggers: Triggers, seconds: float, deadlocks: int) -> Result:
        posts, ledger = crowd.posts(), Ledger(self.control, crowd)
        wrong = [*wrong_posts(ledger, posts), *undisturbed(ledger, posts), *triggers.errors]
        if len(posts) != len(crowd.pairs):
            wrong.append(f"{len(posts)} posts for {len(crowd.pairs)} versions")
        if deadlocks:
            wrong.append(f"{deadlocks} deadlocks in the database")
        hands = Attempt.objects.filter(post__in=posts).values("worker").distinct().count()
        figures = (
            f"{len(ledger.live)} live of {len(posts)}, {len(ledger.commits())} commits sent, {ledger.sent_twice()} of "
            f"them again; {hands} worker processes, {len(posts) / seconds:.1f} posts/s; {triggers}"
        )
        return Result("everything that starts a post, at once", figures, wrong)

    # --- A worker that sleeps past its lease ---------------------------------------------------------------------

    def stopped(self) -> Result:
        """SIGSTOP at every point, another worker takes over and finishes, SIGCONT."""
        names = self.undisturbed_calls()
        points = list(stops(len(names), 1 + names.index("commit"), every=self.sizes.every_point))
        with ThreadPoolExecutor(4) as threads:
            sleepers = [s for s in threads.map(self.sleep_over, points) if s.passed or not s.point.may_lack]
        wrong = [f"{s.point}: it never came there" for s in sleepers if not s.passed]
        wrong += [f"{s.point}: {said}" for s in sleepers for said in s.wrong]
        figures = (
            f"{len(sleepers)} points, {sum(s.taken_over for s in sleepers)} taken over, "
            f"{sum(s.live for s in sleepers)} live; {sum(s.calls_after for s in sleepers)} calls and "
            f"{sum(s.changed for s in sleepers)} changes by the woken"
        )
        return Result("a worker stopped past its lease and woken", figures, wrong)

    def undisturbed_calls(self) -> list[str]:
        """What an undisturbed publish calls; "commit" for the call that makes it live."""
        post = self.ground.new_post(picture(), self.control)
        self.workers.start(post.pk, Plan()).join(PATIENCE)
        [live] = self.control.posts(account=post.connector.remote_id)
        calls = self.control.calls(account=post.connector.remote_id)
        return ["commit" if call["id"] == live["call"] else call["path"] for call in calls]

    def sleep_over(self, point: Point) -> Sleeper:
        try:
            post = self.ground.new_post(picture(), self.control)
            account = post.connector.remote_id
            hold = point.hold and self.control.fault("hold", account=account, nth=point.place, when=point.hold)
            sleeper = self.workers.start(post.pk, Plan("" if hold else point.at, point.place, "stop"))
            pid = int(sleeper.pid or 0)
            if isinstance(hold, FaultHandle):
                hold.wait_reached(PATIENCE)
                os.kill(pid, signal.SIGSTOP)
            wait_until(lambda: _state(pid) in ENDED | {STOPPED}, PATIENCE, 0.02)
            if _state(pid) != STOPPED:
                return Sleeper(point, passed=False)
            fence = Post.objects.get(pk=post.pk).fence
            self.workers.start(post.pk, Plan()).join(PATIENCE + 5)
            if isinstance(hold, FaultHandle):
                hold.release()
            return self.wake(point, post, pid, fence)
        finally:
            connection.close()

    def wake(self, point: Point, post: Post, pid: int, fence: int) -> Sleeper:
        """Let it go on and see whether anything comes of it. It ends by itself: there is nothing left to do."""
        account = post.connector.remote_id
        before, seen = everything_about(post), self.control.calls(account=account)
        os.kill(pid, signal.SIGCONT)
        ended = wait_until(lambda: _state(pid) in ENDED, PATIENCE, 0.02)
        after, calls = everything_about(post), self.control.calls(account=account, after=seen[-1]["id"] if seen else 0)
        live = self.control.posts(account=account, hidden=True)
        post.refresh_from_db()
        found = Sleeper(point, post.fence > fence, len(live), len(calls), before != after)
        found.wrong += ["it did not end"] * (not ended)
        found.wrong += ["nobody took over"] * (not found.taken_over)
        found.wrong += [f"{len(live)} live posts"] * (len(live) != 1)
        found.wrong += [f"it ended {post.status} with {post.remote_id}"] * (
            post.status != Status.PUBLISHED or post.remote_id != live[0]["id"]
        )
        found.wrong += [f"the woken called {c['method']} {c['path']}" for c in calls]
        found.wrong += [f"the woken changed {key}" for key in before if before[key] != after[key]]
        return found

    # --- People who change their mind ----------------------------------------------------------------------------

    def taken_back(self) -> Result:
        """Cancel, reschedule, or both, somewhere between before a post is due and after it went out."""
        n = self.sizes.taken_back
        self.control.settings(latency_seconds=0.05)
        self.fleet.up()
        crowd = Crowd(self.ground, self.control, n, min(n, 100))
        now = timezone.now()
        moments = [now + timedelta(seconds=1 + n * 0.04 * random.random()) for _ in range(n)]
        posts = crowd.due(crowd.pairs, moments)
        presses = [press for post in posts for press in presses_on(post, self.ground.manager)]
        with ThreadPoolExecutor(24) as threads:
            list(threads.map(Press.wait_and_press, sorted(presses, key=lambda press: press.at)))
        wait_until(crowd.at_rest, LONG, 0.25)
        self.control.settings(latency_seconds=0.0)
        return self.judge_taken_back(crowd, presses)

    def judge_taken_back(self, crowd: Crowd, presses: Sequence[Press]) -> Result:
        ledger = Ledger(self.control, crowd)
        sent = Counter(call["params"].get("caption", "") for call in ledger.calls)
        posts = {post.pk: post for post in crowd.posts()}
        in_time = {p.post.pk for p in presses if not p.refusal}
        wrong = [f"{press.verb}: {press.refusal}" for press in presses if press.broken]
        wrong += [said for pk in in_time if (said := _went_out(posts[pk], ledger, sent))]
        late = [post for pk, post in posts.items() if pk not in in_time]
        told = {p.post.pk for p in presses if p.refusal}
        wrong += [f"{post.pk}: nobody was told" for post in late if post.pk not in told]
        if len(ledger.live) != len(late):
            wrong.append(f"{len(ledger.live)} live posts where {len(late)} could not be stopped")
        wrong += wrong_posts(ledger, late)
        if not in_time or not late:
            wrong.append(f"{len(in_time)} in time and {len(late)} too late: this race was none")
        refusals = Counter(p.refusal.split(":")[0].rstrip(".") for p in presses if p.refusal)
        figures = f"{len(in_time)} in time, {len(late)} too late; {ledger.sent_twice()} sent again; {dict(refusals)}"
        return Result("cancel and reschedule against the way out", figures, wrong)

    # --- Deploys -------------------------------------------------------------------------------------------------

    def deployed(self) -> Result:
        """SIGTERM to the leaders, as our own supervisor sends it: they let the work in hand end."""
        race = "deployed: asked to stop in the middle, and started again"
        crowd, took, polite = self.interrupt(GRACE, group=False)
        wrong = [f"not stopped after {GRACE:.0f} s"] * (not polite)
        wrong += [f"{held} posts left to their leases" for held in [crowd.held()] if held]
        return self.started_again(race, crowd, took, wrong)

    def broken_off(self) -> Result:
        """SIGTERM to every process at once, and the queue lost: a crash. What began resumes when its lease is over."""
        race = "every process ended in the middle, the queue lost, and started again"
        crowd, took, _ = self.interrupt(3.0, group=True)
        lost = crowd.lose_queue()
        return self.started_again(race, crowd, took, [], f"{lost} tasks lost, ")

    def interrupt(self, patience: float, *, group: bool) -> tuple[Crowd, float, bool]:
        """Stop the fleet while half a crowd is under way; how long it took, and whether nobody had to be killed.

        The other half, of other accounts, falls due while nothing runs.
        """
        n = self.sizes.deployed
        self.control.settings(latency_seconds=0.2)
        crowd = Crowd(self.ground, self.control, n, n // 20 * 2)
        self.fleet.up()
        crowd.due(crowd.pairs[::2], [timezone.now()] * (n // 2))
        wait_until(lambda: crowd.published() >= n // 10, LONG, 0.05)
        stopped = self.fleet.deploy(patience, group=group)
        crowd.due(crowd.pairs[1::2], [timezone.now()] * (n // 2))
        return crowd, *stopped

    def started_again(self, race: str, crowd: Crowd, took: float, wrong: list[str], also: str = "") -> Result:
        def rested() -> bool:
            crowd.look_sooner()
            return crowd.at_rest()

        held, live = crowd.held(), crowd.published()
        crowd.let_time_pass()
        started = time.monotonic()
        self.fleet.up()
        wait_until(rested, RESUMED, 0.25)
        seconds = time.monotonic() - started
        self.control.settings(latency_seconds=0.0)
        posts, ledger = crowd.posts(), Ledger(self.control, crowd)
        wrong += wrong_posts(ledger, posts)
        figures = (
            f"stopped in {took:.1f} s with {live} of {len(posts)} live and {held} left to their leases; "
            f"{also}{len(ledger.live)} live {seconds:.1f} s after the start, {ledger.sent_twice()} commits sent again"
        )
        return Result(race, figures, wrong)


def deadlocks_so_far() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
        return int(cursor.fetchone()[0])


# --- Sleepers -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Point:
    """Where a worker falls asleep: the `place`-th time at a checkpoint, or while its `place`-th call is held."""

    at: str
    place: int
    hold: str = ""

    def __str__(self) -> str:
        return f"{self.at} {self.place}"

    @property
    def may_lack(self) -> bool:
        """There are at most as many steps as calls."""
        return self.at == "before_call" and self.place > 1


@dataclass
class Sleeper:
    """What came of it."""

    point: Point
    taken_over: bool = False
    live: int = 0
    calls_after: int = 0
    changed: bool = False
    wrong: list[str] = field(default_factory=list)
    passed: bool = True  # False: the publish has no such point


def stops(calls: int, commit: int, *, every: bool) -> Iterator[Point]:
    """The short form: after the claim, after the marker, after the commit's answer, and while the commit is held."""
    for place in range(1, calls + 1):
        if every or place == 1:
            yield Point("before_call", place)
        if every or place == commit:
            yield Point("answered", place)
    yield Point("armed", 1)
    yield Point("while the commit is on its way", commit, "before")
    yield Point("while the commit's answer is on its way", commit, "after")


def _state(pid: int) -> str:
    try:
        return str(psutil.Process(pid).status())
    except psutil.NoSuchProcess:
        return "dead"


def everything_about(post: Post) -> dict[str, Any]:
    """Its row, its dispatch log and its history."""
    [row] = Post.objects.filter(pk=post.pk).values()
    attempts = list(Attempt.objects.filter(post=post).order_by("id").values())
    events = list(Event.objects.filter(subject_id=post.pk).order_by("id").values())
    return row | {"the dispatch log": attempts, "the history": events}


# --- Second thoughts ----------------------------------------------------------------------------------------------


@dataclass
class Press:
    """One person's press on a button, on a page that may be old."""

    post: Post
    verb: str
    at: datetime
    fresh: bool
    person: Membership
    refusal: str = ""
    broken: bool = False

    def wait_and_press(self) -> None:
        try:
            time.sleep(max((self.at - timezone.now()).total_seconds(), 0))
            self.do(Post.objects.get(pk=self.post.pk) if self.fresh else copy(self.post))
        except (IllegalMove, Blocked) as e:
            self.refusal = str(e)
            self.broken = not self.refusal.endswith(".")
        except Exception as e:
            self.refusal, self.broken = f"{type(e).__name__}: {e}", True
        finally:
            connection.close()

    def do(self, post: Post) -> None:
        if self.verb == "cancel":
            verbs.cancel(post, by=self.person)
        else:
            verbs.reschedule(post, at=timezone.now() + timedelta(days=1), by=self.person)


def presses_on(post: Post, person: Membership) -> list[Press]:
    """Cancel, reschedule or both, each from 0.2 s before it is due to 0.8 s after."""
    due = post.scheduled_at or timezone.now()
    verbs = random.choice((["cancel"], ["reschedule"], ["cancel", "reschedule"]))
    return [
        Press(post, verb, due + timedelta(seconds=random.uniform(-0.2, 0.8)), random.random() < 0.5, person)
        for verb in verbs
    ]


def _went_out(post: Post, ledger: Ledger, sent: Counter[str]) -> str:
    """ "" when a post that was taken back in time stayed at home."""
    if post.status not in (Status.CANCELED, Status.SCHEDULED):
        return f"{post.pk}: taken back in time, and {post.status}"
    if ledger.times[post.connector.remote_id, post.version.caption]:
        return f"{post.pk}: taken back in time, and live"
    return f"{post.pk}: taken back in time, and a call was made" if sent[post.version.caption] else ""
