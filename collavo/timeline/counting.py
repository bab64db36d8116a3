"""Counting several things in one statement: a page's frame shows a few figures, on every page."""

from __future__ import annotations

from typing import Any

from django.db import connection
from django.db.models import QuerySet


def count_together(*rows: QuerySet[Any]) -> list[int]:
    """How many rows each of these has. Cut them (`[:100]`) where more than that need not be known."""
    parts = [each.values("pk").query.sql_with_params() for each in rows]
    figures = ", ".join(f"(SELECT count(*) FROM ({sql}) AS rows_{n})" for n, (sql, _) in enumerate(parts))  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {figures}", [param for _, params in parts for param in params])
        row = cursor.fetchone()
    return [int(figure) for figure in row or ()]
