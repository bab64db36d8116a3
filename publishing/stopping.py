"""Whether this worker process is about to end: its threads then hand back what they can instead of finishing it."""

from __future__ import annotations

from threading import Event

from collavo.threads import when_ending

stopping = Event()


def watch() -> None:
    """Set `stopping` when this process, one that a cluster started, has done its last task and begins to end.

    A signal would come too early: the cluster's processes are told by their queue, and finish what they fetched.
    """
    when_ending(stopping.set)
