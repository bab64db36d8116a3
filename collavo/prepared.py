"""Statements whose plan the server keeps: for the few that come with every call of a program or every step of a worker.

Django's own cursors put the values into the text, so that every statement is a new one to the server, to be read and
planned again. Here the values travel beside the text. Whoever counts or logs statements sees these like all others.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache, cached_property
from itertools import count
from typing import Any, cast
from uuid import UUID, uuid4

import psycopg
from django.db import connection
from django.db.models import Model, QuerySet
from django.db.models.query import get_related_populators
from psycopg import sql as texts

type Row = tuple[Any, ...]


class _Cursor(psycopg.RawCursor[Row]):
    """Takes Django's placeholders, hands on the server's own ones."""

    def execute(self, query: Any, params: Any = None, **_: Any) -> _Cursor:
        return super().execute(_numbered(query), params, prepare=True)


@cache
def _numbered(sql: str) -> bytes:
    """The texts are ours, and few: what comes from people is in the values."""
    first, *others = sql.split("%s")
    numbered = first + "".join(f"${n}{part}" for n, part in enumerate(others, start=1))
    return numbered.replace("%%", "%").encode()


def rows(sql: str, params: Sequence[Any] = ()) -> list[Row]:
    """What the statement answers: it has to answer something.

    `sql` is ours, with `%s` where a value stands; never a person's words.
    """
    connection.close_if_health_check_failed()
    connection.ensure_connection()
    with connection.wrap_database_errors:
        cursor: Any = _Cursor(connection.connection)
    with (connection.make_debug_cursor if connection.queries_logged else connection.make_cursor)(cursor) as wrapped:
        wrapped.execute(sql, tuple(params))
        return list(wrapped.fetchall())


def row(sql: str, params: Sequence[Any] = ()) -> Row | None:
    """The first row that it answers."""
    return next(iter(rows(sql, params)), None)


# --- Queries ---------------------------------------------------------------------------------------------------------


class Kept[M: Model]:
    """A query that Django puts together once. `make` gets one value of each of `kinds`, and is called once.

    What it does not get as a value (a moment, a setting) stays as it was then. `lock`: one that Django has no word for.
    """

    def __init__(self, make: Callable[..., QuerySet[M]], *kinds: type, lock: str = "") -> None:
        self.make, self.kinds, self.lock = make, kinds, lock

    def all(self, *values: Any) -> list[M]:
        made = self._made
        return list(made.objects(rows(f"{made.sql} {self.lock}".rstrip(), made.ordered(values))))

    def first(self, *values: Any) -> M | None:
        """Of a query that finds one row at most, or is cut to one."""
        return next(iter(self.all(*values)), None)

    def count(self, *values: Any) -> int:
        sql, order = self._counting
        found = row(sql, [values[place] for place in order])
        return int(found[0]) if found else 0

    @cached_property
    def _made(self) -> _Made[M]:
        marks = _marks(self.kinds)
        return _Made(self.make(*marks), marks)

    @cached_property
    def _counting(self) -> tuple[str, list[int]]:
        marks = _marks(self.kinds)
        text, params = self.make(*marks).order_by().values("pk").query.sql_with_params()
        sql, order = _text(text, params, marks)
        return f"SELECT count(*) FROM ({sql}) AS counted", order  # noqa: S608 (Django's own text)


class _Made[M: Model]:
    """The text of a query, and how its rows become objects: what `QuerySet` works out anew each time."""

    def __init__(self, queryset: QuerySet[M], marks: Sequence[Any]) -> None:
        compiler: Any = queryset.query.get_compiler(using=connection.alias)
        text, params = compiler.as_sql()
        self.sql, self.order = _text(text, params, marks)
        fields = compiler.klass_info["select_fields"]
        self.own = slice(fields[0], fields[-1] + 1)
        self.model: type[M] = compiler.klass_info["model"]
        self.names = [column[0].target.attname for column in compiler.select[self.own]]
        self.more: dict[str, int] = compiler.annotation_col_map or {}
        found = compiler.get_converters([column[0] for column in compiler.select])
        self.converters = [(place, convert, column) for place, (all_, column) in found.items() for convert in all_]
        mode = cast(Any, queryset)._fetch_mode
        self.related = get_related_populators(compiler.klass_info, compiler.select, connection.alias, mode)

    def ordered(self, values: Sequence[Any]) -> list[Any]:
        return [values[place] for place in self.order]

    def objects(self, found: Iterable[Row]) -> Iterable[M]:
        for one in found:
            values = list(one)
            for place, convert, column in self.converters:
                values[place] = convert(values[place], column, connection)
            made = self.model.from_db(connection.alias, self.names, values[self.own])
            for related in self.related:
                related.populate(values, made)
            for name, place in self.more.items():
                setattr(made, name, values[place])
            yield made


_numbers = count(1)
_MARKS: dict[type, Callable[[], Any]] = {
    UUID: uuid4,
    str: lambda: uuid4().hex,
    datetime: lambda: datetime(1900, 1, 1, tzinfo=UTC) + timedelta(microseconds=next(_numbers)),
}


def _marks(kinds: Sequence[type]) -> list[Any]:
    """Values that nothing else has, to find again where in a text they went."""
    return [_MARKS[kind]() for kind in kinds]


def _text(sql: str, params: Sequence[Any], marks: Sequence[Any]) -> tuple[str, list[int]]:
    """The text with a place for each mark, in this order. Everything else is written out, so that plans can rely on it
    (the condition of a partial index)."""
    parts, places = [], []
    for param in params:
        place = next((n for n, mark in enumerate(marks) if mark == param), None)
        parts.append("%s" if place is not None else texts.Literal(param).as_string().replace("%", "%%"))
        places += [] if place is None else [place]
    if missing := set(range(len(marks))) - set(places):
        raise LookupError(f"The query does not use its values {sorted(missing)} as they are.")
    pieces = sql.split("%s")
    return "".join(f"{piece}{part}" for piece, part in zip(pieces, [*parts, ""], strict=True)), places
