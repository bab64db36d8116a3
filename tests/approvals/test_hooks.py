"""What other apps say about a version on the page of a reviewer."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from approvals import hooks
from approvals.models import Version


@dataclass(frozen=True)
class Said:
    level: str
    text: str


@pytest.fixture
def registry() -> Iterator[None]:
    """The checks that the other apps have registered, set aside."""
    kept = hooks.review_checks[:]
    hooks.review_checks.clear()
    yield
    hooks.review_checks[:] = kept


def test_all_that_is_said_is_shown_and_what_blocks_comes_first(registry: None) -> None:
    hooks.review_checks.append(lambda version: [Said("ok", "Fine"), Said("block", "Stop")])
    hooks.review_checks.append(lambda version: [Said("warn", "Hm")])
    assert [check.text for check in hooks.checks(Version())] == ["Stop", "Hm", "Fine"]


def test_without_anybody_to_ask_there_is_nothing_to_show(registry: None) -> None:
    assert hooks.checks(Version()) == []
