"""Threads of a worker process for what waits long for others: it must not hold up the posts, which share the queue."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from threading import BoundedSemaphore, Event


class Runners:
    """So many threads. Whoever finds none free must not need one: what they would have begun is found again."""

    def __init__(self, size: int, name: str) -> None:
        self.pool = ThreadPoolExecutor(size, thread_name_prefix=name)
        self.free = BoundedSemaphore(size)
        self.running: set[Future[object]] = set()

    def start[**P](self, work: Callable[P, object], *args: P.args, **kwargs: P.kwargs) -> bool:
        """Begin it beside the caller. False when no thread is free."""
        if not self.free.acquire(blocking=False):
            return False
        future: Future[object] = self.pool.submit(work, *args, **kwargs)
        self.running.add(future)
        future.add_done_callback(self._done)
        return True

    def settle(self) -> None:
        """Wait until nothing runs any more, and every thread is free again."""
        while running := list(self.running):
            wait(running)
            time.sleep(0.001)  # a future ends just before its thread is given back

    def _done(self, future: Future[object]) -> None:
        self.free.release()
        self.running.discard(future)


# --- The end of a process --------------------------------------------------------------------------------------------

stopping = Event()  # this process is about to end: its threads hand back what they can instead of finishing it


def watch() -> None:
    """Set `stopping` when this process has done its last task and begins to end, before its threads are waited for.

    A signal would come too early: a cluster's processes are told by their queue, and finish what they fetched. Neither
    `atexit` nor multiprocessing's `Finalize` will do: since Python 3.13 both come after the threads, also in the
    processes that a cluster starts. `concurrent.futures` itself uses this; the last one registered comes first.
    """
    threading._register_atexit(stopping.set)  # type: ignore[attr-defined]
