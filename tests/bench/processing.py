"""Many posts that all wait for the platform at the same time, with two workers."""

from __future__ import annotations

from collections.abc import Iterator

from django.utils import timezone

from publishing.models import Post, Status
from tests.bench import rows
from tests.bench.figures import Figure, percentile
from tests.bench.stage import Stage

PER_ACCOUNT = 4  # as many as an account may have on their way at once
SLACK = 15.0  # seconds that all of it may take on top


def run(stage: Stage) -> Iterator[Figure]:
    count, seconds = stage.size(1_000, 60), stage.size(60, 12)
    stage.empty()
    with stage.sandbox(image_seconds=float(seconds)) as control:
        scene = rows.scene("processing", control, -(-count // PER_ACCOUNT))
        with stage.product(control, WORKERS="2"):
            begin = timezone.now()
            rows.posts(scene, count, "slow", lambda _: begin)
            begin = timezone.now()
            Post.objects.filter(status=Status.SCHEDULED).update(due_at=begin)
            live = Post.objects.filter(status=Status.PUBLISHED)
            stage.say(f"processing: {count} posts that the platform takes {seconds} s for")
            stage.wait_for(lambda: live.count() == count, seconds * 4 + 120, "all of them to be live", pause=0.5)
        made = [call["at"] - begin.timestamp() for call in control.calls(method="POST", path="/media$")]
        ends = [call["at"] - begin.timestamp() for call in control.calls(method="POST", path="media_publish")]
    polls = control_note(made, ends)
    yield Figure(
        f"{count:,} posts processing for {seconds} s, all live after", max(ends), "s", seconds + SLACK, note=polls
    )


def control_note(made: list[float], ends: list[float]) -> str:
    return f"last container made after {max(made):.1f} s; half published after {percentile(ends, 0.5):.1f} s"
