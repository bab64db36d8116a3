"""What an account's platform lets somebody choose at this moment. Asked over the network, so never in a transaction.

One panel shows two forms and is drawn again after every press, while TikTok (say) takes twenty such questions a minute:
an answer counts for half a minute. The publisher asks by itself, right before it sends anything.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from threading import Lock

from collavo.secrets import UnreadableSecret
from connectors.models import Connector
from connectors.platforms.base import NOTHING_LIVE, Account, Composer, Composes, NeedsRelink, PlatformError
from connectors.tokens import fresh_account

GOOD_FOR, UNREAD_FOR = 30.0, 5.0  # seconds
MOST = 500  # answers kept in one process


@dataclass(frozen=True)
class _Answer:
    composer: Composer
    token: str
    until: float


_answers: dict[object, _Answer] = {}
_lock = Lock()
_known_only: ContextVar[bool] = ContextVar("known_only", default=False)


@contextmanager
def known_only() -> Iterator[None]:
    """Within it nobody is asked, and no token renewed: for verbs that run inside somebody's transaction.

    What was asked shortly before still counts. The publisher asks in any case, before it sends anything.
    """
    before = _known_only.set(True)
    try:
        yield
    finally:
        _known_only.reset(before)


def look(connector: Connector) -> Composer:
    """What may be chosen for this account now. Never raises: what could not be read is in `unread`."""
    spec = connector.spec
    if not isinstance(spec, Composes) or connector.problem():
        return NOTHING_LIVE
    try:
        if (kept := _kept(connector)) or _known_only.get():
            return kept or NOTHING_LIVE
        account = fresh_account(connector)
        return _keep(account, spec.composer(account))
    except NeedsRelink as e:
        connector.needs_relink(str(e), by="composer")
        return Composer(unread=str(e))
    except (PlatformError, UnreadableSecret) as e:
        return Composer(unread=str(e))


def forget() -> None:
    """Ask anew from here on."""
    with _lock:
        _answers.clear()


def _kept(connector: Connector) -> Composer | None:
    """Raises UnreadableSecret."""
    token, found = connector.token, _answers.get(connector.pk)
    good = found and found.token == token and time.monotonic() < found.until
    return found.composer if found and good else None


def _keep(account: Account, composer: Composer) -> Composer:
    lasts = UNREAD_FOR if composer.unread else GOOD_FOR
    with _lock:
        if len(_answers) >= MOST:
            _answers.clear()
        _answers[account.connector_id] = _Answer(composer, account.token, time.monotonic() + lasts)
    return composer
