"""What an option's value may be, where platforms agree about it: a sentence for every other one, and never an error."""

from __future__ import annotations

import pytest

from connectors.platforms.base import Content, Format, Json, OptionCheck
from connectors.platforms.checks import cover_moment, link, one_of, words, yes_or_no

WORDS = {"a": "One", "b": "Another"}
EMPTY = Content(Format.TEXT, "")


@pytest.mark.parametrize(
    ("check", "value"),
    [
        (yes_or_no, True), (one_of(WORDS), "b"), (words(3), "abc"), (link(40), ""), (link(40), "https://a.example/b?c"),
        (cover_moment, 0),
    ],
)  # fmt: skip
def test_what_is_fine_has_nothing_said_against_it(check: OptionCheck, value: Json) -> None:
    assert check(value, EMPTY) == ""


@pytest.mark.parametrize(
    ("check", "value"),
    [
        (yes_or_no, "yes"), (one_of(WORDS), "c"), (one_of(WORDS), None), (words(3), "abcd"), (words(3), 3),
        (link(40), "https://" + "a" * 40), (link(40), "//a.example"), (link(40), "https://[a.example"),
        (link(40), "https://a.example/b c"), (link(40), 7), (cover_moment, -1), (cover_moment, True),
        (cover_moment, 1.5),
    ],
)  # fmt: skip
def test_what_is_not_is_a_sentence(check: OptionCheck, value: Json) -> None:
    assert check(value, EMPTY).endswith(".")
