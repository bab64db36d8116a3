"""Pages of a list, newest first: a cursor of two values that travel together, so that nothing is skipped or twice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Model, Q, QuerySet
from django.utils.translation import gettext as _

from collavo.api.errors import ApiError

PAGE, MOST = 50, 200


@dataclass(frozen=True)
class Cursor:
    """The row that the page before ended with."""

    at: datetime
    pk: UUID


def cursor(at: datetime | None, pk: UUID | None, *, names: tuple[str, str]) -> Cursor | None:
    """Both or neither; 422 for a half. `names` are the two query parameters."""
    if at is None and pk is None:
        return None
    if at is None or pk is None:
        missing = names[0] if at is None else names[1]
        text = _("%(first)s and %(second)s travel together: take both from nextCursor, or leave both out.") % {
            "first": names[0],
            "second": names[1],
        }
        raise ApiError(422, "invalid", text, fields={missing: _("This field is required beside the other.")})
    return Cursor(at, pk)


@dataclass(frozen=True)
class Page[M]:
    """One page, and where the next one begins (None: this is the last)."""

    rows: Sequence[M]
    next: Cursor | None


def page[M: Model](
    rows: QuerySet[M], behind: Cursor | None, limit: int = PAGE, *, by: str = "created_at", newest_first: bool = True
) -> Page[M]:
    """The next `limit` rows in the order of `by` and id."""
    sign, word = ("-", "lt") if newest_first else ("", "gt")
    if behind:
        rows = rows.filter(Q(**{f"{by}__{word}e": behind.at}) & _past(behind, by, word))
    found = list(rows.order_by(f"{sign}{by}", f"{sign}id")[: limit + 1])
    last: Any = found[limit - 1] if len(found) > limit else None
    return Page(found[:limit], Cursor(getattr(last, by), last.pk) if last else None)


def _past(behind: Cursor, by: str, word: str) -> Q:
    return Q(**{f"{by}__{word}": behind.at}) | Q(**{by: behind.at, f"pk__{word}": behind.pk})
