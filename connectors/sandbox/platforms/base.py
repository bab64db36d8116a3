"""What the server asks of a platform."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from connectors.sandbox.faults import Fault
from connectors.sandbox.records import Account
from connectors.sandbox.wire import Answer, Call


class FarSide(Protocol):
    """One network's wire protocol."""

    key: str  # as in `Account.platform`
    prefixes: Sequence[str]  # the first part of the paths it answers: one for each of its hosts

    def new_account(self, values: Mapping[str, Any]) -> Account:
        """An account as a test wishes it, with ids as this platform gives them. Raises ValueError with a sentence."""

    def token_kinds(self, account: Account) -> Mapping[str, str]:
        """The tokens that open such an account, as name → kind: {"token": "instagram"}."""

    def preset(self) -> None:
        """Put the demo accounts into a fresh ledger."""

    def resume(self) -> None:
        """Take up again what a stopped sandbox left unfinished."""

    def caller(self, call: Call) -> tuple[str, str]:
        """Id of the account that this call is about, and the kind of its token; "" where unknown."""

    def answer(self, call: Call) -> Answer:
        """Do what is asked and answer it; refusals are answers too."""

    def refuse(self, fault: Fault, call: Call) -> Answer:
        """A refusal on order, in this platform's words."""
