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

from collavo import prepared, together
from collavo.timeline.models import Event
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
    pk: UUID, token: UUID, changes: Mapping[str, Any], lines: Sequence[Attempt] = (), *,
    event: Event | None = None, unless: Sql | None = None,
) -> bool:  # fmt: skip
    """Change the post and write the lines, or (False) neither: the lease is over, is another's, or `unless` holds.

    `changes`: by the model's field names; values as the model takes them, or `Sql`. `event`: a line of its history,
    which the caller has to tell the others of.
    """
    assignments, params = _assignments(changes)
    params += [pk, token, *(unless.params if unless else ())]
    parts = [_held(assignments, unless.text if unless else "")]
    for rows in (lines, [event] if event else []):
        if rows:
            parts.append(_logged(type(rows[0]), len(rows)))
            params += [value for row in rows for value in together.values(row)]
    sql = f"WITH {', '.join(parts)} SELECT count(*), statement_timestamp() FROM held"  # noqa: S608 (ours)
    held, moment = prepared.row(sql, params) or (0, None)  # there are a dozen of these texts, and they come often
    if event and held:
        together.written(event, moment)
    return bool(held)


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
def _logged(model: type[models.Model], count: int) -> str:
    """The part that inserts so many rows, if the post was held."""
    fields = together.fields(model)
    columns = ", ".join(connection.ops.quote_name(str(field.column)) for field in fields)
    row = ", ".join(f"%s::{field.cast_db_type(connection)}" for field in fields)
    rows = ", ".join(f"({row})" for _ in range(count))
    name = f"new_{model._meta.model_name}"
    return (
        f"{name} AS (INSERT INTO {model._meta.db_table} ({columns}) "  # noqa: S608 (names from the models)
        f"SELECT v.* FROM held, (VALUES {rows}) v)"
    )
