"""What the queue runs for operations."""

from collavo.ops.heartbeat import WORKER, beat


def heartbeat() -> None:
    """Run by the worker: that this runs is the proof that it does its work."""
    beat(WORKER)
