"""A post that waits for the platform holds no worker: the smallest worker lets another one through meanwhile."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from django.utils import timezone

from publishing.models import Hold, Post, Status
from tests.bench import rows
from tests.bench.figures import Figure
from tests.bench.stage import Stage

PER_ACCOUNT = 4


def run(stage: Stage) -> Iterator[Figure]:
    count = stage.size(50, 12)
    stage.empty()
    with stage.sandbox(image_seconds=20.0) as control:
        slow = rows.scene("slow", control, -(-count // PER_ACCOUNT))
        quick = rows.scene("quick", control)
        with stage.product(control, WORKERS="1", WORKER_THREADS="1"):
            begin = timezone.now()
            rows.posts(slow, count, "slow", lambda _: begin)
            waiting = Post.objects.filter(workspace=slow.workspace, hold=Hold.PLATFORM)
            stage.wait_for(lambda: waiting.count() >= count, 60, "all containers to be processing")
            control.settings(image_seconds=0.0)
            moment = timezone.now() + timedelta(seconds=0.5)
            [post] = rows.posts(quick, 1, "quick", lambda _: moment)
            live = Post.objects.filter(pk=post.pk, status=Status.PUBLISHED)
            stage.wait_for(live.exists, 60, "the post between them", pause=0.02)
            still = waiting.filter(status=Status.PUBLISHING).count()
            post.refresh_from_db()
            took = (post.published_at - moment).total_seconds() if post.published_at else float("inf")
            others = Post.objects.filter(workspace=slow.workspace, status=Status.PUBLISHED)
            stage.wait_for(lambda: others.count() == count, 120, "the waiting posts")
            whole = (timezone.now() - begin).total_seconds()
    note = f"one worker, one thread; {still} of {count} were waiting for the platform (20 s each)"
    yield Figure("A post beside waiting ones, due to live", took, "s", 2.0, note=note)
    yield Figure(f"All {count} that waited 20 s are live after", whole, "s")
