"""The judge's memory."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from connectors.sandbox.ledger import Ledger, LedgerInUse
from connectors.sandbox.records import Account, LivePost, Token


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    ledger = Ledger(tmp_path)
    yield ledger
    ledger.close()


def a_post(number: int, container: str) -> LivePost:
    return LivePost(str(number), "instagram", "1", "image", "", f"/p/{number}/", str(number), 1.0, 1.0, container)


def test_one_container_can_never_be_two_posts_whatever_the_code_above_does(ledger: Ledger) -> None:
    ledger.add_post(a_post(1, "c"))
    with pytest.raises(sqlite3.IntegrityError):
        ledger.add_post(a_post(2, "c"))
    ledger.add_post(a_post(3, ""))
    ledger.add_post(a_post(4, ""))
    assert ledger.count("posts", "1") == 3


def test_a_broken_transaction_leaves_nothing_behind_on_disk_or_in_memory(ledger: Ledger) -> None:
    def half_done() -> None:
        with ledger.transaction():
            ledger.save_account(Account("1", "one"))
            ledger.save_token(Token("t", "1"))
            raise KeyError

    with pytest.raises(KeyError):
        half_done()
    assert (ledger.account("1"), ledger.account("one"), ledger.tokens("t")) == (None, None, [])


def test_everything_is_there_again_after_a_restart(ledger: Ledger, tmp_path: Path) -> None:
    ledger.save_account(Account("1", "one"))
    ledger.save_account(Account("1", "renamed", quota_total=7))
    ledger.save_token(Token("t", "1", "page"))
    ledger.set_token("t", "revoked")
    ledger.add_post(a_post(1, "c"))
    ledger.keep_setting("clock_offset", 5.0)
    ledger.close()
    again = Ledger(tmp_path)
    renamed = again.account("renamed")
    assert renamed is not None
    assert renamed.quota_total == 7
    assert again.account("one") is None
    assert [token.state for token in again.tokens("t")] == ["revoked"]
    assert [post.container for post in again.posts()] == ["c"]
    assert again.setting("clock_offset", 0.0) == 5.0
    again.close()


def test_a_directory_belongs_to_one_sandbox_at_a_time(ledger: Ledger, tmp_path: Path) -> None:
    with pytest.raises(LedgerInUse):
        Ledger(tmp_path)


def test_one_user_token_can_open_several_accounts(ledger: Ledger) -> None:
    ledger.save_token(Token("shared", "1", "user"))
    ledger.save_token(Token("shared", "2", "user"))
    ledger.set_token("shared", "expired")
    assert [(token.account, token.state) for token in ledger.tokens("shared")] == [("1", "expired"), ("2", "expired")]
