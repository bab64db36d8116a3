"""Turns of one account's posts within this process: only one of them may have its commit open at a time.

The database decides (`one_open_commit`). But asking it again and again costs it more than a publish does, and here the
posts before and behind mostly are threads of one process, where waiting costs nothing.
"""

from __future__ import annotations

from threading import Lock
from uuid import UUID
from weakref import WeakValueDictionary

_locks: WeakValueDictionary[UUID, Lock] = WeakValueDictionary()
_guard = Lock()


class Turn:
    """One post's turn. `end` it as soon as its commit is no longer open, and in any case."""

    def __init__(self, account: UUID) -> None:
        with _guard:
            self._lock = _locks.setdefault(account, Lock())
        self._mine = False

    def take(self, seconds: float) -> None:
        """Wait for the turn, so long at most: then the post before it takes long, and the database is asked."""
        self._mine = self._mine or self._lock.acquire(timeout=seconds)

    def end(self) -> None:
        if self._mine:
            self._mine = False
            self._lock.release()
