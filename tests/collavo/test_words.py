from __future__ import annotations

from dataclasses import dataclass, field, replace

import pytest
from django.utils.translation import override

from collavo.words import either, together, worded


@worded("label", "choices", "links")
@dataclass(frozen=True)
class Row:
    key: str
    label: str = "Yes"
    choices: dict[str, str] = field(default_factory=dict)
    links: tuple[tuple[str, str], ...] = ()


def test_marked_fields_of_a_table_are_translated_when_they_are_read() -> None:
    row = Row("Yes", choices={"a": "No"}, links=(("No", "https://example.com"),))
    assert (row.label, row.choices, row.links[0][0]) == ("Yes", {"a": "No"}, "No")
    with override("de"):  # Django's own catalogue has these words
        assert row.label == "Ja"
        assert row.choices == {"a": "Nein"}
        assert row.links == (("Nein", "https://example.com"),)


def test_other_fields_stay_as_they_were_written() -> None:
    with override("de"):
        assert Row("Yes").key == "Yes"


def test_a_row_of_words_is_still_a_frozen_dataclass() -> None:
    row = Row("a", "No")
    assert row == Row("a", "No") != Row("b", "No")
    assert replace(row, key="b").label == "No"
    with pytest.raises(AttributeError):
        row.key = "b"  # type: ignore[misc]


@pytest.mark.parametrize(
    ("words", "one_of", "all_of"),
    [([], "", ""), (["a"], "a", "a"), (["a", "b"], "a or b", "a and b"), (["a", "b", "c"], "a, b or c", "a, b and c")],
)
def test_words_are_listed_as_people_say_them(words: list[str], one_of: str, all_of: str) -> None:
    assert either(words) == one_of
    assert together(words) == all_of
