"""Files that are read by ranges: little at once, broken connections asked anew, and never wrong bytes."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

import pytest

from approvals.storage.base import StorageDown
from approvals.storage.ranged import LEAST, MOST, TRIES, RangedFile

CONTENT = hashlib.shake_256(b"content").digest(6 * MOST + 123)


class Far:
    """Bytes that are elsewhere, and what was asked of them."""

    def __init__(self, answer: Callable[[int, int], bytes] = lambda first, last: CONTENT[first : last + 1]) -> None:
        self.asked: list[tuple[int, int]] = []
        self._answer = answer

    def fetch(self, first: int, last: int) -> bytes:
        self.asked.append((first, last))
        return self._answer(first, last)

    def file(self) -> RangedFile:
        return RangedFile("film.mp4", len(CONTENT), self.fetch)


def test_a_file_that_is_read_through_is_fetched_once_and_in_growing_pieces() -> None:
    far = Far()
    with far.file() as file:
        assert b"".join(file.chunks()) == CONTENT
    sizes = [last - first + 1 for first, last in far.asked]
    assert sum(sizes) == len(CONTENT)
    assert sizes[0] == LEAST and max(sizes) == MOST


def test_a_little_is_fetched_for_a_little() -> None:
    far = Far()
    with far.file() as file:
        file.seek(1_000_000)
        assert file.read(10) == CONTENT[1_000_000:1_000_010]
    assert far.asked == [(1_000_000, 1_000_000 + LEAST - 1)]


def test_nothing_is_fetched_before_it_is_read() -> None:
    far = Far()
    with far.file() as file:
        file.seek(1_000_000)
    assert far.asked == []


def test_a_connection_that_breaks_is_asked_anew() -> None:
    breaks = [True, True]

    def answer(first: int, last: int) -> bytes:
        if breaks and breaks.pop():
            raise StorageDown
        return CONTENT[first : last + 1]

    with Far(answer).file() as file:
        assert file.read() == CONTENT


def test_one_that_stays_broken_is_told() -> None:
    def answer(first: int, last: int) -> bytes:
        raise StorageDown

    far = Far(answer)
    with far.file() as file, pytest.raises(StorageDown):
        file.read(1)
    assert len(far.asked) == TRIES


def test_an_answer_of_another_length_is_never_taken() -> None:
    """A server that ignores ranges gives the whole file."""
    far = Far(lambda first, last: CONTENT)
    with far.file() as file, pytest.raises(OSError, match="other bytes than 5 to"):
        file.seek(5)
        file.read(1)


def test_a_file_that_has_gone_is_not_asked_for_again() -> None:
    def answer(first: int, last: int) -> bytes:
        raise FileNotFoundError

    far = Far(answer)
    with far.file() as file, pytest.raises(FileNotFoundError):
        file.read(1)
    assert len(far.asked) == 1


def test_a_closed_file_opens_again_at_its_beginning() -> None:
    file = Far().file()
    file.seek(100)
    file.close()
    assert file.open().read(3) == CONTENT[:3]
