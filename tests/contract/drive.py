"""Takes a publisher through its steps as the engine does, without a database: journal, waits, commit, reconcile."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from django.utils import timezone

from connectors.platforms.base import (
    RECONCILING_SINCE,
    Content,
    Delivery,
    Done,
    Journal,
    Live,
    More,
    NotLive,
    NotNow,
    OutcomeUnknown,
    Publisher,
    Step,
    StepResult,
    Unknown,
    Wait,
    WithCreator,
)
from tests.connectors.platforms.samples import KEY

STEPS_MAX = 200
PAUSE = 0.02  # seconds: the sandbox is quicker than Instagram
type Ending = Live | NotLive | Unknown | Wait | Done | OutcomeUnknown


@dataclass
class Drive:
    """One post on its way. What it does not survive (Rejected, NeedsRelink, …) is raised."""

    publisher: Publisher
    content: Content
    bound: frozenset[str] = frozenset()
    journal: Journal = field(default_factory=dict)
    sent_at: datetime | None = None
    commit_error: str = ""
    commits: int = 0
    retries: int = 0

    def go(self) -> Ending:
        """Run the steps up to the answer to the commit."""
        for _ in range(STEPS_MAX):
            step = next(s for s in self.publisher.steps(self.content) if s.name not in self.journal)
            try:
                result = step.run(self.armed() if step.commit else self.delivery())
            except OutcomeUnknown as e:
                self.commit_error = e.code
                return e
            except NotNow as e:
                self.again(step, e)
                continue
            if isinstance(result, Live):
                return result
            self.keep(step, result)
        raise AssertionError("It does not come to an end.")

    def again(self, step: Step, error: NotNow) -> None:
        """A later try: without what has to be made again. Nobody waits for an hour in a test."""
        if error.limit or self.retries > 5:
            raise error
        self.retries += 1
        for name in error.drop:
            self.journal.pop(name, None)

    def keep(self, step: Step, result: StepResult) -> None:
        if isinstance(result, Done):
            self.journal[step.name] = result.result
        elif isinstance(result, Wait | More | WithCreator):
            self.journal.update(result.keep)
            time.sleep(PAUSE if isinstance(result, Wait) else 0)
        else:
            raise AssertionError(f"{step.name} answered {result}.")

    def reconcile(self, between: Callable[[], None] = lambda: None, looks: int = 20) -> Ending:
        """Ask until there is a verdict, or often enough. `between` is called where the engine would wait."""
        self.journal.setdefault(RECONCILING_SINCE, timezone.now().isoformat())
        for _ in range(looks):
            verdict = self.publisher.reconcile(self.delivery())
            if not isinstance(verdict, Wait):
                break
            self.journal.update(verdict.keep)
            between()
        if isinstance(verdict, NotLive):
            for name in (*verdict.drop, RECONCILING_SINCE):
                self.journal.pop(name, None)
        return verdict

    def armed(self) -> Delivery:
        self.sent_at = self.sent_at or timezone.now()
        self.commits += 1
        return self.delivery()

    def delivery(self) -> Delivery:
        return Delivery(KEY, self.content, self.journal, self.sent_at, self.bound, self.commit_error)
