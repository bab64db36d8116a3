"""What changed between two captions, word by word."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher

WORDS = re.compile(r"\s+|\w+|[^\w\s]")
LONGEST = 4_000  # words; beyond, comparing word by word takes seconds and tells nobody anything


@dataclass(frozen=True)
class Piece:
    """A run of words. `kind` is "same", "ins" or "del"."""

    kind: str
    text: str


def caption_diff(old: str, new: str) -> list[Piece]:
    """The new caption with what is gone and what is new marked. Plain text: escape it where it is shown."""
    before, after = WORDS.findall(old.replace("\r\n", "\n")), WORDS.findall(new.replace("\r\n", "\n"))
    if max(len(before), len(after)) > LONGEST:
        return [Piece("del", old), Piece("ins", new)]
    return list(_pieces(before, after))


def _pieces(before: list[str], after: list[str]) -> Iterator[Piece]:
    for tag, a, b, c, d in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if tag == "equal":
            yield Piece("same", "".join(after[c:d]))
            continue
        if gone := "".join(before[a:b]):
            yield Piece("del", gone)
        if fresh := "".join(after[c:d]):
            yield Piece("ins", fresh)
