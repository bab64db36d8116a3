"""What changed between two captions."""

from hypothesis import given
from hypothesis import strategies as st

from approvals.diff import LONGEST, caption_diff


def shown(old: str, new: str) -> str:
    marks = {"same": "{}", "ins": "[+{}]", "del": "[-{}]"}
    return "".join(marks[piece.kind].format(piece.text) for piece in caption_diff(old, new))


def test_words_are_marked_and_everything_else_stays() -> None:
    assert shown("the shirt before winter.", "the linen shirt before winter.") in (
        "the [+linen ]shirt before winter.",
        "the[+ linen] shirt before winter.",
    )
    assert shown("a cup", "a mug") == "a [-cup][+mug]"


def test_line_breaks_of_a_browser_are_no_change() -> None:
    assert shown("one\r\ntwo", "one\ntwo") == "one\ntwo"


def test_very_long_captions_are_shown_whole_instead_of_compared() -> None:
    old, new = "a " * LONGEST, "b " * LONGEST
    assert [piece.kind for piece in caption_diff(old, new)] == ["del", "ins"]


@given(st.text(alphabet="ab .\n", max_size=40), st.text(alphabet="ab .\n", max_size=40))
def test_the_pieces_make_up_both_captions(old: str, new: str) -> None:
    pieces = caption_diff(old, new)
    assert "".join(p.text for p in pieces if p.kind != "ins") == old
    assert "".join(p.text for p in pieces if p.kind != "del") == new
