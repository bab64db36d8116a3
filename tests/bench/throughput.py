"""Posts per second with two worker processes, next to the floor; and how many statements a post costs."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import psutil
from django.conf import settings
from django.db import connection
from django.utils import timezone

from collavo import embedded
from connectors.sandbox.client import SandboxControl
from publishing.models import Post, Status
from tests.bench import floor, rows
from tests.bench.figures import Figure
from tests.bench.stage import NotMeasured, Process, Stage

PER_ACCOUNT = 20  # below the 25 posts that an account may make in 24 hours
SHARE_OF_FLOOR = 40.0  # percent
AT_300_MS = 25.0  # posts per second
STATEMENT = re.compile(r"^(?P<app>worker|dispatcher)\|LOG:  (?:statement|execute [^:]*): (?P<sql>.*)")
NAMES = re.compile(
    r'(?:FROM|INTO|UPDATE) "?(publishing_post|publishing_attempt|timeline_event|connectors_connector|django_q_ormq'
    r'|django_q_task|django_q_schedule|ops_heartbeat|approvals_\w+|accounts_\w+)'
)  # fmt: skip


@dataclass(frozen=True)
class Run:
    """One measured run. `transactions` counts those that the server committed meanwhile, polling included."""

    count: int
    seconds: float
    transactions: int
    cpu: Mapping[str, float]  # seconds of processor time, by part

    @property
    def rate(self) -> float:
        return self.count / self.seconds

    @property
    def note(self) -> str:
        return f"{self.count:,} posts in {self.seconds:.1f} s; {self.transactions / self.count:.1f} transactions a post"

    @property
    def cost(self) -> list[str]:
        """What does not depend on what else the machine does: processor time per post."""
        parts = ", ".join(f"{name} {1000 * cpu / self.count:.1f}" for name, cpu in self.cpu.items())
        return [f"processor time per post, ms: {parts}; together {1000 * sum(self.cpu.values()) / self.count:.1f}"]


def run(stage: Stage, future: int = 0) -> Iterator[Figure]:
    yield from at_once(stage, future)
    yield from far_away(stage, future)
    if not future:
        yield statements(stage)


def at_once(stage: Stage, future: int = 0) -> Iterator[Figure]:
    """A platform that answers at once: what the product itself costs.

    The floor is measured before and after, and the faster one counts: machines are not equally fast every minute.
    """
    count, few = stage.size(2_000, 200), stage.size(500, 100)
    with stage.sandbox() as control:
        before = floor.posts_per_second(control, few)
        ours = publish(stage, control, count, future)
        bare = max(before, floor.posts_per_second(control, few))
    yield Figure("Floor at 0 ms: a bare loop of requests", bare, "posts/s")
    yield Figure("At 0 ms, two workers", ours.rate, "posts/s", note=ours.note, details=ours.cost)
    yield Figure("At 0 ms, share of the floor", 100 * ours.rate / bare, "%", SHARE_OF_FLOOR, ">=")


def far_away(stage: Stage, future: int = 0) -> Iterator[Figure]:
    """A platform that takes 300 ms per call: whether waiting for it costs anything."""
    count = stage.size(2_000, 200)
    with stage.sandbox(latency_seconds=0.3) as control:
        bare = floor.posts_per_second(control, 10)
        ours = publish(stage, control, count, future)
    yield Figure("Floor at 300 ms: a bare loop of requests", bare, "posts/s")
    threads = f"2 processes of {settings.WORKER_THREADS} threads"
    note = f"{ours.note}; {threads}"
    yield Figure("At 300 ms, two workers", ours.rate, "posts/s", AT_300_MS, ">=", note, ours.cost)


def publish(stage: Stage, control: SandboxControl, count: int, future: int = 0) -> Run:
    """Publish `count` posts that are due at once, with `future` others in the table."""
    stage.empty()
    scene = rows.scene("throughput", control, -(-count // PER_ACCOUNT))
    rows.posts(scene, future, "future", lambda n: timezone.now() + timedelta(days=1, seconds=n))
    stage.say(f"throughput: {count:,} posts, {future:,} in the future")
    with stage.product(control, WORKERS="2") as (worker, dispatcher):
        last_call = max((call["id"] for call in control.calls()), default=0)
        begin = timezone.now() + timedelta(days=300)  # made far ahead, so that making them is not measured
        made = rows.posts(scene, count, "now", lambda _: begin)
        rows.analyze()
        before, spent = committed(), processor_seconds(stage, worker, dispatcher)
        start = timezone.now()
        Post.objects.filter(pk__in=[post.pk for post in made]).update(due_at=start, scheduled_at=start)
        live = Post.objects.filter(status=Status.PUBLISHED, due_at=None)
        stage.wait_for(lambda: live.count() == count, 600, f"{count} posts to be live", pause=0.25)
        transactions = committed() - before
        cpu = {n: s - spent[n] for n, s in processor_seconds(stage, worker, dispatcher).items()}
    calls = control.calls(after=last_call)
    seconds = max(call["at"] + call["seconds"] for call in calls) - start.timestamp()
    check_ledger(control, count)
    return Run(count, seconds, transactions, cpu)


def processor_seconds(stage: Stage, worker: Process, dispatcher: Process) -> dict[str, float]:
    """Of each part until now, with the processes that it started; also of the benchmark's own far side."""
    server = psutil.Process(embedded.process(stage.folder / "postgres"))
    far_side = [p for p in psutil.Process().children() if "connectors.sandbox" in command(p)]
    parts = {
        "worker": worker.family(), "dispatcher": dispatcher.family(),
        "database": [server, *server.children(recursive=True)], "sandbox": far_side,
    }  # fmt: skip
    return {name: sum(map(processor_time, family)) for name, family in parts.items()}


def command(process: psutil.Process) -> list[str]:
    with suppress(psutil.NoSuchProcess):  # or a zombie
        return list(process.cmdline())
    return []


def processor_time(process: psutil.Process) -> float:
    with suppress(psutil.NoSuchProcess):
        times = process.cpu_times()
        return float(times.user + times.system + times.children_user + times.children_system)
    return 0.0


def check_ledger(control: SandboxControl, count: int) -> None:
    """Speed that publishes twice is worth nothing."""
    live = [post["caption"] for post in control.posts() if post["caption"].startswith("now ")]
    if len(live) != count or len(set(live)) != count:
        raise NotMeasured(f"{len(live)} posts are live, {len(set(live))} different ones; {count} were wanted.")


def committed() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT xact_commit FROM pg_stat_database WHERE datname = current_database()")
        return int(cursor.fetchone()[0])


# --- Statements ---------------------------------------------------------------------------------------------------


def statements(stage: Stage) -> Figure:
    """Counted in the server's own log, so that the queue's and the dispatcher's are among them."""
    few, many = stage.size(100, 40), stage.size(300, 120)
    counted = {}
    with logged_statements(), stage.sandbox() as control:
        for count in (few, many):
            at = log_size(stage)
            publish(stage, control, count)
            counted[count] = names(stage, at)
            control.reset()
    each = {name: (counted[many][name] - counted[few][name]) / (many - few) for name in counted[many]}
    named = sorted(((n, name) for name, n in each.items() if n >= 0.05), reverse=True)
    total = sum(n for n, _ in named)
    lines = [f"{n:6.2f}  {name}" for n, name in named]
    note = f"the difference of {many} and {few} posts, so without what runs when nothing is due"
    return Figure("SQL statements per published post", total, "", note=note, details=lines)


@contextmanager
def logged_statements() -> Iterator[None]:
    """Inside, every statement is written into the server's log."""
    _configure("log_statement = 'all'", "log_line_prefix = '%a|'")
    try:
        yield
    finally:
        _configure("log_statement = DEFAULT", "log_line_prefix = DEFAULT")


def _configure(*options: str) -> None:
    with connection.cursor() as cursor:
        for option in options:
            cursor.execute(f"ALTER SYSTEM SET {option}")
        cursor.execute("SELECT pg_reload_conf()")


def log_of(stage: Stage) -> Path:
    return stage.folder / "postgres" / "log"


def log_size(stage: Stage) -> int:
    return log_of(stage).stat().st_size


def names(stage: Stage, start: int) -> Counter[str]:
    """How often each kind of statement was logged from `start` on: by process, verb and table."""
    with log_of(stage).open(errors="replace") as log:
        log.seek(start)
        found = (STATEMENT.match(line) for line in log)
        return Counter(named(match["app"], match["sql"]) for match in found if match)


def named(app: str, sql: str) -> str:
    verb = (sql.split(None, 1) or ["WITH"])[0]  # the one statement that begins on a line of its own
    table = NAMES.search(sql)
    return f"{app}: {verb} {table[1] if table else ''}".strip()
