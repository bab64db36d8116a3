"""How films are cut: by the rows of TikTok's own rules, and by properties of every cut."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings

from connectors.platforms.tiktok.chunks import Plan, plan


@pytest.mark.parametrize(
    ("size", "chunk", "count", "last_start", "last_length"),
    [
        (4_194_304, 4_194_304, 1, 0, 4_194_304),
        (64_000_000, 64_000_000, 1, 0, 64_000_000),
        (64_000_001, 10_000_000, 6, 50_000_000, 14_000_001),
        (66_259_900, 10_000_000, 6, 50_000_000, 16_259_900),
        (70_000_000, 10_000_000, 7, 60_000_000, 10_000_000),
        (4_294_967_296, 10_000_000, 429, 4_280_000_000, 14_967_296),
    ],
)
def test_a_film_is_cut_as_tiktok_wants_it(size: int, chunk: int, count: int, last_start: int, last_length: int) -> None:
    found = plan(size)
    piece = found.piece(found.last_start)
    assert (found.chunk, found.count, found.last_start) == (chunk, count, last_start)
    assert piece is not None and piece.last and piece.size == last_length


@pytest.mark.parametrize(("size", "chunk"), [(15_000_000, 15_000_000), (20_000_000, 10_000_000)])
def test_one_chunk_is_as_long_as_its_film_whatever_an_operator_sets(size: int, chunk: int, settings: Settings) -> None:
    settings.TIKTOK_SINGLE_BYTES = 5_000_000
    assert plan(size).chunk == chunk


@given(st.integers(min_value=1, max_value=5 * 10**9))
def test_the_chunks_of_every_film_follow_each_other_without_a_gap(size: int) -> None:
    found, start, pieces = Plan(size, size if size <= 64_000_000 else 10_000_000), 0, 0
    while start < size and pieces < 3:
        piece = found.piece(start)
        assert piece is not None
        start, pieces = piece.end, pieces + 1
    last = found.piece(found.last_start)
    assert last is not None and last.end == size
    assert 0 < last.size <= 128_000_000


def test_between_two_chunks_none_begins() -> None:
    assert plan(70_000_000).piece(5) is None


def test_the_range_of_a_chunk_counts_its_last_byte() -> None:
    found = plan(64_000_001)
    piece = found.piece(10_000_000)
    assert piece is not None
    assert found.content_range(piece) == "bytes 10000000-19999999/64000001"


def test_an_empty_film_cannot_be_cut(settings: Settings) -> None:
    with pytest.raises(ValueError, match="empty"):
        plan(0)
