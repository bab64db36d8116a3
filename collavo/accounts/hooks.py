"""Questions that the pages here ask and that an app above answers; nobody above, no answer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from uuid import UUID

from collavo.accounts.models import Workspace


def _nothing_is_linked(workspace: Workspace) -> Sequence[tuple[UUID, str]]:
    return ()


linked_accounts: Callable[[Workspace], Sequence[tuple[UUID, str]]] = _nothing_is_linked  # id and name of each
