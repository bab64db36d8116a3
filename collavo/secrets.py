"""Secrets at rest: encrypted under the first of `TOKEN_KEYS`, readable under any of them (so keys can rotate)."""

from functools import lru_cache
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.db import models
from django.utils.translation import gettext


class UnreadableSecret(Exception):
    """None of the keys opens it: `TOKEN_KEYS` was changed without keeping the old key."""


def _box() -> MultiFernet:
    return _made(tuple(settings.TOKEN_KEYS))


@lru_cache(maxsize=1)
def _made(keys: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(key) for key in keys])


def seal(plain: str) -> str:
    """Encrypt under the newest key. The empty string stays empty."""
    return _box().encrypt(plain.encode()).decode() if plain else ""


def unseal(sealed: str) -> str:
    """Decrypt under any of the keys. Raises UnreadableSecret."""
    if not sealed:
        return ""
    try:
        return _box().decrypt(sealed.encode()).decode()
    except InvalidToken as e:
        raise UnreadableSecret(
            gettext("A stored token cannot be read with the present TOKEN_KEYS. Add the old key behind the new one.")
        ) from e


class SecretField(models.TextField):  # type: ignore[type-arg]
    """Text that the database only ever sees encrypted."""

    def from_db_value(self, value: str | None, *_: Any) -> str | None:
        return None if value is None else unseal(value)

    def get_prep_value(self, value: Any) -> Any:
        return None if value is None else seal(str(value))
