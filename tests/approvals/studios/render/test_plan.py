"""The arithmetic of frames."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from approvals.studios.render.plan import Cut, Frame, Sizes, canvas, even, fitted, framed_size

SIDES = st.integers(16, 8000)
RATIOS = st.sampled_from([9 / 16, 4 / 5, 1.0, 16 / 9, 1.91])


@given(SIDES, SIDES, RATIOS)
def test_a_crop_never_adds_and_bars_never_take_away(width: int, height: int, ratio: float) -> None:
    cut, laid = (framed_size(width, height, ratio, frame) for frame in (Frame.CROP, Frame.BARS))
    assert cut[0] <= width and cut[1] <= height and laid[0] >= width and laid[1] >= height
    assert cut[0] / cut[1] == pytest.approx(ratio, rel=0.003) and laid[0] / laid[1] == pytest.approx(ratio, rel=0.003)


@given(SIDES, SIDES)
def test_sides_are_even_and_small_enough(width: int, height: int) -> None:
    w, h = fitted(width, height, short_side=1080, max_width=1440)
    assert w % 2 == h % 2 == 0 and min(w, h) <= 1080 and w <= 1440


def test_nothing_is_enlarged_unless_a_width_is_asked_for() -> None:
    assert fitted(320, 180, short_side=1080) == (320, 180)
    assert fitted(320, 180, least_width=540)[0] >= 540


def test_a_canvas_has_its_ratio() -> None:
    assert canvas(9 / 16, 1080) == (1080, 1920)
    assert canvas(16 / 9, 1080) == (1920, 1080)


def test_half_pixels_are_not_left() -> None:
    assert [even(n) for n in (0, 1, 3.2, 101)] == [2, 2, 4, 100]


def test_a_part_is_no_longer_than_what_there_is() -> None:
    assert Cut(start=8, length=5).of(10) == 2
    assert Cut(start=12).of(10) == 0
    assert Cut(length=3).of(10) == 3


def test_the_rate_keeps_below_size_and_rate() -> None:
    assert Sizes().film_rate(10) is None
    rate = Sizes(most_bytes=5_000_000, bit_rate=25_000_000).film_rate(10)
    assert rate and rate + 128_000 < 4_000_000
