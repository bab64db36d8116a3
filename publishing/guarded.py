"""One statement of a worker: change its post while its lease holds, and write its lines of the dispatch log with it.

A publish makes a handful of these. As one statement each is atomic by itself and costs one way to the database
instead of four, and no query has to be put together anew each time. `states.py` alone calls it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, cast
from uuid import UUID

from django.db import connection, models

from collavo import prepared
from publishing.models import Attempt, Post


@dataclass(frozen=True)
class Sql:
    """An expression for the database instead of a value. `text` is ours, never a person's."""

    text: str
    params: tuple[Any, ...] = ()


NOW = Sql("statement_timestamp()")


def in_seconds(seconds: float) -> Sql:
    """The database's now plus so many seconds."""
    return Sql("statement_timestamp() + make_interval(secs => %s)", (seconds,))


def write(
    pk: UUID, token: UUID, changes: Mapping[str, Any], lines: Sequence[Attempt] = (), *, unless: Sql | None = None
) -> bool:
    """Change the post and write the lines, or (False) neither: the lease is over, is another's, or `unless` holds.

    `changes`: by the model's field names; values as the model takes them, or `Sql`.
    """
    assignments, params = _assignments(changes)
    params += [pk, token, *(unless.params if unless else ())]
    params += [_value(line, *column) for line in lines for column in _columns()]
    parts = [_held(assignments, unless.text if unless else ""), *([_logged(len(lines))] if lines else [])]
    sql = f"WITH {', '.join(parts)} SELECT count(*) FROM held"  # noqa: S608 (ours)
    return prepared.row(sql, params) == (1,)  # there are a dozen of these texts, and they come often


def _held(assignments: str, unless: str) -> str:
    also = f" AND NOT ({unless})" if unless else ""
    return (
        f"held AS (UPDATE {Post._meta.db_table} p SET {assignments} "  # noqa: S608 (names from the models)
        f"WHERE p.id = %s AND p.lease_token = %s AND p.lease_until > statement_timestamp(){also} RETURNING p.id)"
    )


def _assignments(changes: Mapping[str, Any]) -> tuple[str, list[Any]]:
    parts: list[str] = []
    params: list[Any] = []
    for name, value in changes.items():
        column, field = _field(Post, name)
        expression = value if isinstance(value, Sql) else Sql("%s", (field.get_db_prep_save(value, connection),))
        parts.append(f"{column} = {expression.text}")
        params += expression.params
    return ", ".join(parts), params


@cache
def _field(model: type[models.Model], name: str) -> tuple[str, models.Field[Any, Any]]:
    field = cast("models.Field[Any, Any]", model._meta.get_field(name))
    return connection.ops.quote_name(str(field.column)), field


@cache
def _logged(count: int) -> str:
    """The part that inserts so many lines, if the post was held."""
    fields = Attempt._meta.concrete_fields
    columns = ", ".join(connection.ops.quote_name(str(field.column)) for field in fields)
    row = ", ".join(f"%s::{field.cast_db_type(connection)}" for field in fields)
    rows = ", ".join(f"({row})" for _ in range(count))
    return (
        f"logged AS (INSERT INTO {Attempt._meta.db_table} ({columns}) "  # noqa: S608 (names from the models)
        f"SELECT v.* FROM held, (VALUES {rows}) v)"
    )


@cache
def _columns() -> list[tuple[str, models.Field[Any, Any] | None]]:
    """Each column's attribute, and its field where its values must be made ready for the database."""
    return [(f.attname, f if isinstance(f, models.JSONField) else None) for f in Attempt._meta.concrete_fields]


def _value(line: Attempt, name: str, field: models.Field[Any, Any] | None) -> Any:
    value = getattr(line, name)
    return field.get_db_prep_save(value, connection) if field else value
