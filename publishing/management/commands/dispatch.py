"""manage.py dispatch"""

from __future__ import annotations

import logging
import math
import signal
import time
from typing import Any

import psycopg
from django.core.management.base import BaseCommand, CommandParser
from django.db import InterfaceError, OperationalError, close_old_connections, connection

from collavo.ops.heartbeat import tick
from collavo.timeline.outgoing import tasks as outgoing
from publishing import dispatcher
from publishing.management.choosing import Line, say
from publishing.models import Post

log = logging.getLogger("publishing.dispatcher")
TICK = 1.0  # seconds between signs of life
PACE = 0.1  # seconds between passes, so that a burst of notices is one pass: what each costs does not depend on it


class Command(BaseCommand):
    help = (
        "Hands every post whose moment has come to the workers: wakes when a post falls due or is moved nearer. "
        "Runs until it is stopped; with --once it makes one pass and prints what it handed over. Any number of them "
        "may run. It publishes nothing itself: workers do. Exit codes: 0 done, or stopped by SIGTERM; 2 wrong input."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--once", action="store_true", help="Make one pass, and print what was handed over.")

    def handle(self, *args: Any, **options: Any) -> str | None:
        if options["once"]:
            say(self.stdout, pass_once())
            return None
        self.running = True
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self.stop)
        while self.running:
            try:
                self.listen()
            except (OperationalError, InterfaceError, psycopg.OperationalError) as e:
                log.warning("The database does not answer (%s); trying again in 1 s.", str(e).strip())
                connection.close()
                time.sleep(1)
        return None

    def stop(self, *_: Any) -> None:
        self.running = False

    def listen(self) -> None:
        with dispatcher.listening() as ear:
            log.info("Dispatcher is listening.")
            ticked = -math.inf
            while self.running:
                close_old_connections()
                if time.monotonic() - ticked >= TICK:
                    tick()
                    ticked = time.monotonic()
                # Asked before the pass: what falls due during it must not wait for the next round.
                looked, pause = time.monotonic(), dispatcher.seconds_to_next()
                handed = dispatcher.dispatch_due()
                outgoing.wake()
                time.sleep(PACE)
                if handed < dispatcher.BATCH:
                    dispatcher.wait(ear, max(0.0, looked + min(pause, 1.0) - time.monotonic()))


def pass_once() -> list[Line]:
    """One pass, and a line for each post that was handed over."""
    handed = dispatcher.hand_over()
    return [Line(post, "handed over to the workers") for post in Post.objects.with_parts().filter(pk__in=handed)]
