"""Hand-offs under fire: what is given out, is given out once; what is confirmed from all sides, is published once.

Part of `make proof` (`python -m tests.crash --races only --race hands` runs these alone). Nothing here names a
platform: one post by hand per platform of the registry, and what finds it is the platform's own publisher.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

from django.db import OperationalError, connection
from django.utils import timezone

from approvals.states import IllegalMove
from collavo.timeline.models import Event, Notice
from connectors.http import no_deadline, silent
from connectors.platforms.base import Live
from connectors.sandbox.client import SandboxControl
from publishing.handoffs import verbs
from publishing.handoffs.people import Actor
from publishing.models import Handoff, HandoffState, Post, Status
from publishing.sealed import SealedFiles
from tests.contract.drive import Drive
from tests.crash.fleet import ground
from tests.crash.matrix import Scenario, scenarios
from tests.crash.races import Result
from tests.crash.stack import Workers
from tests.crash.worker import PATIENCE, Plan

GIVING = ("hand_over:before_commit", "hand_over:written", "hand_over:after_commit")
FINDING = ("seek:after_answer",)
MISHAPS = ("kill", "database")
PRESSES = 3  # people who confirm at the same moment


def run_all(control: SandboxControl, *, short: bool, only: str = "") -> int:
    """Run these races and print them; how many went wrong."""
    hands, wrong = Hands(control, short=short), 0
    try:
        for race in (hands.given_out, hands.confirmed):
            if only in f"hands_{race.__name__}":
                result = race()
                wrong += bool(result.wrong)
                print(f"{'WRONG' if result.wrong else 'ok':<6} {result.race}: {result.figures}", flush=True)
                for line in result.wrong[:12]:
                    print(f"       {result.race}: {line}", flush=True)
    finally:
        hands.workers.stop()
    return wrong


class Hands:
    """All of them against one sandbox and one database."""

    def __init__(self, control: SandboxControl, *, short: bool) -> None:
        self.control, self.short, self.workers, self.ground = control, short, Workers(), ground()
        first = {scenario.platform: scenario for scenario in reversed(list(scenarios()))}
        self.scenarios: list[Scenario] = list(first.values())[: 1 if short else None]

    # --- Given out -----------------------------------------------------------------------------------------------

    def given_out(self) -> Result:
        """A worker killed, or cut off from its database, at every point of the hand-over; then another one comes."""
        plans = [(s, Plan(at, 1, what)) for s in self.scenarios for at in GIVING for what in MISHAPS]
        with ThreadPoolExecutor(4) as threads:
            found = list(threads.map(lambda cell: self.give(*cell), plans))
        wrong = [line for lines in found for line in lines]
        return Result("given out once, whatever is killed", f"{len(plans)} hand-overs", wrong)

    def give(self, scenario: Scenario, plan: Plan) -> list[str]:
        try:
            post = self.ground.new_post(scenario, self.control, by_hand=True)
            self.work(post, plan)
            self.work(post, Plan())
            return [f"{scenario}, {plan.what} at {plan.name}: {said}" for said in given_wrong(post)]
        finally:
            connection.close()

    def work(self, post: Post, plan: Plan) -> None:
        self.workers.start(post.pk, plan).join(PATIENCE)

    # --- Confirmed -----------------------------------------------------------------------------------------------

    def confirmed(self) -> Result:
        """Live by somebody's hand; people say so, and workers find it, all in one moment; one of them is killed."""
        plans = [(s, at) for s in self.scenarios for at in ("", *FINDING) for _ in range(3)]
        with ThreadPoolExecutor(2) as threads:
            found = list(threads.map(lambda cell: self.confirm(*cell), plans))
        wrong = [line for lines, _ in found for line in lines]
        by = [who for _, who in found]
        figures = f"{len(plans)} posts, {by.count('collavo')} found by Collavo, {by.count('person')} told by a person"
        return Result("confirmed from all sides, published once", figures, wrong)

    def confirm(self, scenario: Scenario, killed_at: str) -> tuple[list[str], str]:
        try:
            post = self.ground.new_post(scenario, self.control, by_hand=True)
            self.work(post, Plan())
            url = by_hand(post)
            self.all_at_once(post, url, killed_at)
            handoff = Handoff.objects.get(post=post)
            name = f"{scenario}{f', finder killed at {killed_at}' if killed_at else ''}"
            return [f"{name}: {said}" for said in published_wrong(post, handoff)], handoff.found_by
        finally:
            connection.close()

    def all_at_once(self, post: Post, url: str, killed_at: str) -> None:
        """A worker has just been told by the platform that it is there; at this moment people press, too."""
        answer = self.control.fault("hold", account=post.connector.remote_id, nth=1, when="after")
        Post.objects.filter(pk=post.pk).update(due_at=timezone.now())
        finder, barrier = self.workers.start(post.pk, Plan(killed_at)), Barrier(PRESSES + 1)
        answer.wait_reached(PATIENCE)

        def press(number: int) -> None:
            try:
                barrier.wait()
                time.sleep(random.uniform(0, 0.4) * number)
                until_answered(lambda: confirm_by_hand(post, url))
            finally:
                connection.close()

        with ThreadPoolExecutor(PRESSES) as people:
            pressing = [people.submit(press, number) for number in range(1, PRESSES + 1)]
            barrier.wait()
            answer.release()
            for pressed in pressing:
                pressed.result()
        finder.join(PATIENCE)


def by_hand(post: Post) -> str:
    """What the creator does in the app: the same content, by no way that Collavo knows of. The live post's address."""
    post = Post.objects.with_parts().get(pk=post.pk)
    connector = post.connector
    publisher = connector.spec.publisher(connector.account, observe=silent, deadline=no_deadline)
    content = SealedFiles(post, {}).content(fence=0)
    drive = Drive(publisher, content)
    ended = drive.go()
    if not isinstance(ended, Live):
        raise RuntimeError(f"The sandbox did not take what was posted by hand: {ended}")
    return ended.url or publisher.link(ended.remote_id)


def confirm_by_hand(post: Post, url: str) -> bool:
    handoff = Handoff.objects.get(post=post)
    return verbs.posted(handoff, by=Actor.holder(handoff, handoff.assignee), url=url)


def until_answered(act: Callable[[], Any]) -> None:
    """A person presses again when the page did not answer; a refusal is an answer."""
    for _ in range(5):
        try:
            act()
        except OperationalError:
            connection.close()
        except IllegalMove:
            return
        else:
            return


def given_wrong(post: Post) -> list[str]:
    """What does not hold of a post that was handed over."""
    post.refresh_from_db()
    tasks = Handoff.objects.filter(post=post)
    lines = Event.objects.about(post).filter(verb="awaiting_creator").count()
    notices = Notice.objects.filter(subject_id__in=tasks.values("pk")).count()
    made = post.attempts.count()
    wrong = [f"it ended {post.status}: {post.error}"] * (post.status != Status.AWAITING_CREATOR)
    wrong += [f"{tasks.count()} tasks"] * (tasks.count() != 1)
    wrong += [f"{lines} lines of history"] * (lines != 1)
    wrong += [f"{notices} notices"] * (notices != 1)
    return wrong + [f"{made} calls were made"] * bool(made)


def published_wrong(post: Post, handoff: Handoff) -> list[str]:
    """What does not hold of a post that was confirmed from all sides."""
    post.refresh_from_db()
    handoff.refresh_from_db()
    lines = Event.objects.about(post).filter(verb="published").count()
    wrong = [f"it ended {post.status}: {post.error}"] * (post.status != Status.PUBLISHED)
    wrong += [f"{lines} publications in its history"] * (lines != 1)
    wrong += [f"its task is {handoff.state}"] * (handoff.state != HandoffState.DONE)
    wrong += ["it has no link"] * (not post.url)
    return wrong
