from __future__ import annotations

import pytest

from connectors.platforms.content import Format
from connectors.platforms.wording import a_format, between, duration, format_of, ratio


@pytest.mark.parametrize("value", Format)
def test_every_format_has_a_word_and_one_with_its_article(value: Format) -> None:
    assert format_of(value) == str(value)
    assert a_format(value).split()[1] == str(value)


@pytest.mark.parametrize(
    ("value", "said"), [(9 / 16, "9:16"), (0.8, "4:5"), (1.0, "1:1"), (1.91, "1.91:1"), (16 / 9, "16:9")]
)
def test_ratios_are_said_as_people_call_them(value: float, said: str) -> None:
    assert ratio(value) == said


def test_ranges_of_ratios_may_be_open() -> None:
    assert between(0.8, 1.91) == "4:5 to 1.91:1"
    assert between(None, 1.0) == "ratios up to 1:1"
    assert between(0.8, None) == "ratios from 4:5"


@pytest.mark.parametrize(
    ("seconds", "said"), [(3, "3 seconds"), (61.5, "61.5 seconds"), (180, "3 minutes"), (190, "3 min 10 s")]
)
def test_lengths_are_said_in_seconds_or_minutes(seconds: float, said: str) -> None:
    assert duration(seconds) == said
