"""Pins: read from the plain form, kept as data, and only where there is something to point at."""

from __future__ import annotations

import pytest

from approvals.pins import Pin, loaded, read, stored
from approvals.states import IllegalMove

PICTURE, FILM = None, 12.5
MEDIA = [PICTURE, FILM]


def form(**fields: str) -> dict[str, str]:
    return {f"pin-{name.replace('_', '-')}": value for name, value in fields.items()}


def test_a_row_on_a_picture_is_a_place_in_per_mille_and_one_on_a_film_a_moment() -> None:
    data = form(**{"1_medium": "1", "1_x": "25.5", "1_y": "80", "1_text": "Warmer"}) | form(
        **{"2_medium": "2", "2_at": "7,25", "2_x": "3"}
    )
    pins = read(data, MEDIA)
    assert pins == [Pin(1, x=255, y=800, text="Warmer"), Pin(2, ms=7250)]
    assert loaded(stored(pins)) == pins
    assert pins[1].moment == "0:07.2" and "80%" in pins[0].place


def test_empty_rows_are_no_pins() -> None:
    assert read(form(**{"1_medium": "1", "1_x": " ", "3_medium": "1"}), MEDIA) == []


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        ({"medium": "3", "x": "1", "y": "1"}, "this version has 2 media"),
        ({"medium": "1", "x": "101", "y": "1"}, "from 0 to 100"),
        ({"medium": "1", "x": "-1", "y": "1"}, "from 0 to 100"),
        ({"medium": "1", "x": "5"}, "in numbers"),
        ({"medium": "1", "x": "nan", "y": "1"}, "in numbers"),
        ({"medium": "1", "x": "inf", "y": "1"}, "in numbers"),
        ({"medium": "1", "x": "left", "y": "1"}, "in numbers"),
        ({"medium": "one", "x": "1", "y": "1"}, "in numbers"),
        ({"medium": "2", "at": "40"}, "from 0 to 12.5 seconds"),
        ({"medium": "2", "at": "-1"}, "from 0 to 12.5 seconds"),
        ({"medium": "1", "x": "1", "y": "1", "text": "x" * 501}, "longer than 500"),
        ({"text": "Here"}, "has words but no place"),
    ],
)
def test_a_pin_that_points_nowhere_is_refused_with_a_sentence(row: dict[str, str], sentence: str) -> None:
    with pytest.raises(IllegalMove, match=sentence):
        read({f"pin-1-{name}": value for name, value in row.items()}, MEDIA)
