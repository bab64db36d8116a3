"""What bodies and answers are made of: camelCase on the wire, nothing unknown taken, moments with their offset."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Annotated, Any

from django.utils.dateparse import parse_datetime
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, PlainSerializer, WithJsonSchema
from pydantic.alias_generators import to_camel

ISO = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d(:\d\d([.,]\d{1,6})?)?([Zz]|[+-]\d\d:?\d\d)")


class Body(BaseModel):
    """What a program sends. Unknown fields are refused: a misspelled one must not be taken for its default."""

    model_config = ConfigDict(extra="forbid", alias_generator=to_camel, frozen=True)


class Answer(BaseModel):
    """What it gets."""

    model_config = ConfigDict(extra="forbid", alias_generator=to_camel, populate_by_name=True)


class SnakeBody(BaseModel):
    """A body of the posts dialect: snake_case."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class SnakeAnswer(BaseModel):
    """An answer of the posts dialect."""

    model_config = ConfigDict(extra="forbid")


def _moment(value: Any) -> datetime:
    """ISO 8601 with an offset, and nothing else: a moment without one would be somebody's guess."""
    if isinstance(value, datetime) and value.tzinfo:
        return value
    try:
        found = parse_datetime(value.upper()) if isinstance(value, str) and ISO.fullmatch(value) else None
        if found is not None:
            return found.astimezone(UTC)
    except (ValueError, OverflowError):
        pass  # a 30 February, a year that no clock shows: said below
    raise ValueError("Give the moment as ISO 8601 with its offset, such as 2026-06-20T14:30:00+02:00")


def _stamp(value: datetime) -> str:
    return value.astimezone(UTC).isoformat()


_MOMENT_SCHEMA = WithJsonSchema({"type": "string", "format": "date-time", "examples": ["2026-06-20T14:30:00+02:00"]})
Moment = Annotated[
    datetime, BeforeValidator(_moment), PlainSerializer(_stamp, return_type=str), _MOMENT_SCHEMA
]  # fmt: skip


def _storable(value: str) -> str:
    """Text that PostgreSQL keeps: no NUL, no half of a surrogate pair."""
    if "\x00" in value or any("\ud800" <= letter <= "\udfff" for letter in value):
        raise ValueError("The text holds characters that cannot be stored. Remove them")
    return value


Text = Annotated[str, AfterValidator(_storable)]
