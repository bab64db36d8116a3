"""From a post's moment to the first platform call, as the platform's own log has it (same machine, same clock)."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from statistics import median

from django.utils import timezone

from connectors.sandbox.client import SandboxControl
from publishing.models import Post, Status
from tests.bench import rows
from tests.bench.figures import Figure, percentile
from tests.bench.stage import Stage

ACCOUNTS = 40
LEAD = timedelta(seconds=5)


def run(stage: Stage, future: int = 0) -> Iterator[Figure]:
    """`future`: so many posts in the table, instead of the 10,000 of the promise."""
    total = future or stage.size(10_000, 1_000)
    delays = measure(stage, total, due=stage.size(120, 20), over=stage.size(40, 8))
    within = f"{len(delays)} of {total:,} posts fell due; worst {max(delays):.2f} s"
    yield Figure("Due to first platform call, median", median(delays), "s", 0.25, note=within)
    yield Figure("Due to first platform call, 99 %", percentile(delays, 0.99), "s", 1.0)


def measure(stage: Stage, total: int, due: int, over: int) -> list[float]:
    """Seconds of delay of each of `due` posts that fall due within `over` seconds, with `total` in the table."""
    stage.empty()
    with stage.sandbox() as control:
        scene = rows.scene("latency", control, ACCOUNTS)
        rows.posts(scene, total - due, "later", lambda n: timezone.now() + timedelta(days=1, seconds=n))
        rows.analyze()
        with stage.product(control):
            begin = timezone.now() + LEAD
            moments = [begin + timedelta(seconds=random.uniform(0, over)) for _ in range(due)]
            rows.posts(scene, due, "now", lambda n: moments[n])
            live = Post.objects.filter(status=Status.PUBLISHED)
            stage.wait_for(lambda: live.count() == due, over + 60, "the due posts to be live", pause=1)
        return _delays(control, moments)


def _delays(control: SandboxControl, moments: list[datetime]) -> list[float]:
    first: dict[int, float] = {}
    for call in control.calls(method="POST", path="/media$"):
        first.setdefault(int(call["params"]["caption"].removeprefix("now ")), call["at"])
    return [first[n] - moment.timestamp() for n, moment in enumerate(moments)]
