"""Identifiers: UUIDv7, so that they sort by the moment they were made and index well."""

from uuid import UUID

from uuid_utils import compat


def uuid7() -> UUID:
    """A new id. Later ids sort after earlier ones."""
    return compat.uuid7()
