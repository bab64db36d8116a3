"""What the queue runs for studios: doors. It may run a task twice or lose it; claims and the clock see to both."""

from __future__ import annotations


def begin(pk: str) -> None:
    """Begin this job, if it still waits to be begun."""
