"""New rows of several tables in one statement: what comes into being together costs one way to the database."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from functools import cache, partial
from operator import attrgetter
from typing import Any

from django.db import connection, models
from django.db.models.expressions import DatabaseDefault
from django.db.models.functions import Now

from collavo import prepared

type _Shape = tuple[tuple[type[models.Model], int], ...]
PLAIN = (
    models.UUIDField, models.ForeignKey, models.CharField, models.TextField, models.BooleanField, models.IntegerField,
    models.DateTimeField,
)  # fmt: skip


def insert(rows: Iterable[models.Model]) -> None:
    """Insert them all, or none. Their ids are ours, so that they may point at each other in any order.

    What the database fills in by itself may only be the present moment.
    """
    found: dict[type[models.Model], list[models.Model]] = {}
    for row in rows:
        found.setdefault(type(row), []).append(row)
    shape = tuple((model, len(same)) for model, same in found.items())
    given = [value for same in found.values() for row in same for value in values(row)]
    told = prepared.row(_statement(shape), given)
    for same in found.values():
        for row in same:
            written(row, told[0] if told else None)


def values(row: models.Model) -> list[Any]:
    """As the database takes them, in the order of `fields`."""
    model = type(row)
    if not all(isinstance(getattr(row, name), DatabaseDefault) for name in _moments(model)):
        raise LookupError(f"The moment of a new {model.__name__} is the database's to say.")
    names, ready = _given(model)
    found = list(names(row))
    for place, make in ready:
        found[place] = make(found[place])
    return found


def written(row: models.Model, moment: datetime | None) -> None:
    """It is in the database now, since this moment."""
    row._state.adding, row._state.db = False, connection.alias
    for name in _moments(type(row)):
        setattr(row, name, moment)


@cache
def _statement(shape: _Shape) -> str:
    parts = [f"i{n} AS ({_insert(model, count)})" for n, (model, count) in enumerate(shape)]
    return f"WITH {', '.join(parts)} SELECT statement_timestamp()"


def _insert(model: type[models.Model], count: int) -> str:
    given = fields(model)
    columns = ", ".join(connection.ops.quote_name(str(field.column)) for field in given)
    row = ", ".join(["%s"] * len(given))
    table = connection.ops.quote_name(model._meta.db_table)
    return f"INSERT INTO {table} ({columns}) VALUES {', '.join([f'({row})'] * count)}"  # noqa: S608 (the models' names)


@cache
def _given(model: type[models.Model]) -> tuple[Callable[[Any], Iterable[Any]], list[tuple[int, Callable[[Any], Any]]]]:
    """What reads a row's values, and by their places those that have to be made ready for the database."""
    given = fields(model)
    ready: list[tuple[int, Callable[[Any], Any]]] = [
        (place, partial(field.get_db_prep_save, connection=connection))
        for place, field in enumerate(given)
        if not isinstance(field, PLAIN)
    ]
    return attrgetter(*(field.attname for field in given)), ready


def fields(model: type[models.Model]) -> list[models.Field[Any, Any]]:
    """Those with a value of ours."""
    return [field for field in model._meta.concrete_fields if field.attname not in _moments(model)]


@cache
def _moments(model: type[models.Model]) -> list[str]:
    """The fields that the database fills in."""
    every = model._meta.concrete_fields
    filled = [field for field in every if field.has_db_default()]
    strange = [field.name for field in filled if not isinstance(field.db_default, Now)]
    strange += [
        field.name
        for field in every
        if isinstance(field, models.FileField)
        or getattr(field, "auto_now", False)
        or getattr(field, "auto_now_add", False)
    ]
    if strange:
        raise LookupError(
            f"{model.__name__} has fields that fill themselves in when it is saved: {', '.join(strange)}."
        )
    return [field.attname for field in filled]
