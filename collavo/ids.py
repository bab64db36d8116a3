"""Identifiers: UUIDv7, which sort by the moment they were made and index well; and tokens that nobody guesses."""

from __future__ import annotations

import hashlib
import secrets
from uuid import UUID

from uuid_utils import compat


def uuid7() -> UUID:
    """A new id. Later ids sort after earlier ones."""
    return compat.uuid7()


def as_uuid(text: str | None) -> UUID | None:
    """The id in a text that anybody may have written, such as a part of an address; None when it is none."""
    try:
        return UUID(text or "")
    except ValueError:
        return None


def new_token() -> str:
    """256 random bits for an address or a header. Whoever has it may do what it is for: it is shown once."""
    return secrets.token_urlsafe(32)


def hashed(token: str) -> str:
    """What is kept of a token. It is random enough to need neither salt nor a slow hash."""
    return hashlib.sha256(token.encode()).hexdigest()
