"""Everything that hands posts over, all at once: tasks, buttons, programs, commands, until the race is over."""

from __future__ import annotations

import io
import random
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.test import Client

from approvals.models import Version
from approvals.states import IllegalMove
from collavo.accounts.models import ApiToken, Scope
from connectors.models import Connector
from publishing import dispatcher, tasks, verbs
from publishing.models import Post
from tests.crash.fleet import Crowd


class Triggers:
    """Everything that hands posts over, again and again, until the race is over."""

    def __init__(self, crowd: Crowd) -> None:
        self.crowd = crowd
        self.times: Counter[str] = Counter()
        self.errors: list[str] = []
        settings.API_RATE_PER_MINUTE = 1_000_000
        _, self.secret = ApiToken.make(crowd.manager, "Race", [Scope.PUBLISH])
        self._over = threading.Event()

    def __str__(self) -> str:
        return ", ".join(f"{n} × {name}" for name, n in self.times.items())

    @contextmanager
    def pulled(self) -> Iterator[None]:
        acts = [
            self.safety_net,
            self.send_now,
            self.send_now,
            self.by_api,
            self.queue_again,
            self.recover,
            self.commands,
        ]
        threads = [threading.Thread(target=self._again_and_again, args=(act,)) for act in acts]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            self._over.set()
            for thread in threads:
                thread.join()

    def _again_and_again(self, act: Callable[[], None]) -> None:
        try:
            while not self._over.wait(random.uniform(0.01, 0.05)):
                act()
        except Exception as e:
            self.errors.append(f"{act.__name__}: {type(e).__name__}: {e}")
        finally:
            connection.close()

    def _some_post(self) -> Post | None:
        return Post.objects.filter(connector__in=self.crowd.accounts).open().order_by("?").first()

    def safety_net(self) -> None:
        tasks.safety_net()
        self.times["safety net"] += 1

    def send_now(self) -> None:
        """“Publish now” on a waiting post: done, or refused with a sentence."""
        if (post := self._some_post()) is None:
            return
        try:
            verbs.send_now(post, by=self.crowd.manager)
            self.times["sent now"] += 1
        except IllegalMove:
            self.times["“sent now” refused"] += 1

    def by_api(self) -> None:
        """The same by a program."""
        if (post := self._some_post()) is None:
            return
        address, token = f"/api/v1/publish/scheduled/{post.pk}/now", {"Authorization": f"Bearer {self.secret}"}
        status = Client(SERVER_NAME="127.0.0.1").post(address, headers=token).status_code
        if status not in (202, 409, 422):
            raise AssertionError(f"{address} answered {status}.")
        self.times["sent now by API" if status == 202 else "“sent now by API” refused"] += 1

    def queue_again(self) -> None:
        """Its task, two and three times."""
        if post := self._some_post():
            for _ in range(random.choice((2, 3))):
                dispatcher.enqueue([post.pk])
                self.times["task queued"] += 1

    def recover(self) -> None:
        call_command("recover_stuck", minutes=1, stdout=io.StringIO())
        self.times["recover_stuck"] += 1
        self._over.wait(0.3)

    def commands(self) -> None:
        call_command("dispatch", once=True, stdout=io.StringIO())
        call_command("retry_posts", workspace="proof", person=self.crowd.manager.user.email, stdout=io.StringIO())
        self.times["dispatch --once and retry_posts"] += 1
        self._over.wait(0.2)

    def double_click(self, pairs: Sequence[tuple[Version, Connector]]) -> None:
        """“Publish now” on the version itself, by two people at the same moment."""

        def press(pair: tuple[Version, Connector]) -> bool:
            try:
                verbs.publish_now(*pair, by=self.crowd.manager)
                return True
            except IllegalMove:
                return False
            finally:
                connection.close()

        with ThreadPoolExecutor(8) as threads:
            done = list(threads.map(press, [pair for pair in pairs for _ in range(2)]))
        self.times["double click"] = len(pairs)
        if sum(done) != len(pairs):
            self.errors.append(f"{len(pairs)} double clicks made {sum(done)} posts")
