"""The dispatch log: what was tried, found by its filters, a page at a time or exported as a whole."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.db.models import Model, Q, QuerySet, TextField
from django.db.models.functions import Cast
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext_lazy

from collavo.ids import as_uuid
from connectors.models import tokens_of
from publishing.models import Attempt

PAGE = 50
CHUNK = 500  # rows fetched at once by an export
OUTCOMES: dict[str, tuple[Any, Q]] = {
    "ok": (gettext_lazy("Fine"), Q(http_status__lt=400, error="")),
    "refused": (gettext_lazy("Error"), Q(http_status__gte=400) | Q(http_status__lt=400) & ~Q(error="")),
    "silent": (gettext_lazy("No answer"), Q(http_status=None)),
}
CLASSES = {f"{n}xx": (f"{n}xx", Q(http_status__gte=n * 100, http_status__lt=n * 100 + 100)) for n in (2, 3, 4, 5)}


@dataclass(frozen=True)
class Filters:
    """What is looked for; whatever is left empty is not asked about. `since` is included, `until` is not."""

    workspace: Model | None = None
    account: Model | None = None
    post: UUID | None = None
    outcome: str = ""
    status: str = ""
    since: datetime | None = None
    until: datetime | None = None
    q: str = ""

    def condition(self) -> Q:
        asked: dict[str, Any] = {
            "post__workspace": self.workspace, "post__connector": self.account, "post": self.post,
            "started_at__gte": self.since, "started_at__lt": self.until,
        }  # fmt: skip
        found = Q(**{field: value for field, value in asked.items() if value is not None})
        if self.outcome:
            found &= OUTCOMES[self.outcome][1]
        if self.status:
            found &= CLASSES[self.status][1]
        return found & _words(self.q) if self.q else found


def _words(q: str) -> Q:
    """Where a code, a trace, an id or a word may stand. A step is found as it is shown: "child 2" is "child:2"."""
    found = Q()
    for field in ("platform_code", "correlation_id", "error", "url", "step"):
        found |= Q(**{f"{field}__icontains": q})
    found |= Q(step__icontains=q.replace(" ", ":")) | Q(step__icontains=q.replace(" ", "_"))
    found |= Q(answer_text__icontains=q) | Q(post__remote_id=q) | Q(post__version__asset__title__icontains=q)
    pk = as_uuid(q)
    return found | Q(pk=pk) | Q(post=pk) if pk else found


def attempts(filters: Filters) -> QuerySet[Attempt]:
    """The lines that fit, newest first, with what a row shows."""
    rows = Attempt.objects.select_related("post__version__asset", "post__connector", "post__workspace")
    rows = rows.defer(*tokens_of("post__connector"))
    if filters.q:
        rows = rows.annotate(answer_text=Cast("answer", TextField()))
    return rows.filter(filters.condition()).order_by("-started_at", "-id")


def page(filters: Filters, cursor: str = "") -> tuple[list[Attempt], str]:
    """A page of lines behind `cursor`, and the cursor of the next one ("" at the end)."""
    rows = list(attempts(filters).filter(_behind(cursor))[: PAGE + 1])
    return rows[:PAGE], _cursor(rows[PAGE - 1]) if len(rows) > PAGE else ""


def _cursor(row: Attempt) -> str:
    """The place of a line. It says the moment itself, so that it holds when that line has been deleted."""
    return f"{row.started_at.isoformat()}~{row.pk}"


def _behind(cursor: str) -> Q:
    moment, _, pk = cursor.partition("~")
    try:
        at, last = parse_datetime(moment), UUID(pk)
    except ValueError:
        return Q()
    if at is None or at.tzinfo is None:
        return Q()
    return Q(started_at__lte=at) & (Q(started_at__lt=at) | Q(pk__lt=last))


# --- Exports ---------------------------------------------------------------------------------------------------------

COLUMNS = {  # what programs read: from where
    "time": "started_at", "workspace": "post__workspace__slug", "platform": "post__connector__platform",
    "account": "post__connector__handle", "post": "post_id", "content": "post__version__asset__title",
    "post_status": "post__status", "remote_id": "post__remote_id", "try": "number", "claim": "fence", "step": "step",
    "worker": "worker", "method": "method", "url": "url", "duration_ms": "duration_ms", "http_status": "http_status",
    "platform_code": "platform_code", "correlation_id": "correlation_id", "error": "error", "request": "request",
    "answer": "answer",
}  # fmt: skip
RUNS_AS_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


type Record = tuple[Any, ...]


def records(rows: QuerySet[Attempt]) -> Iterator[Record]:
    """The lines as values in the order of COLUMNS, times in UTC; what was redacted stays redacted."""
    for at, *values in rows.values_list(*COLUMNS.values()).iterator(chunk_size=CHUNK):
        yield (at.astimezone(UTC).isoformat(), *(str(v) if isinstance(v, UUID) else v for v in values))


def cell(value: object) -> object:
    """What a table program shows as it is: a text that it would run as a formula begins with an apostrophe."""
    if value is None:
        return ""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return f"'{text}" if isinstance(value, str) and text.lstrip(" ").startswith(RUNS_AS_FORMULA) else text


class _Echo:
    """A file that gives back what is written to it."""

    def write(self, text: str) -> str:
        return text


def as_csv(rows: Iterable[Record]) -> Iterator[str]:
    writer = csv.writer(_Echo())
    yield writer.writerow(COLUMNS)
    for row in rows:
        yield writer.writerow([cell(value) for value in row])


def as_json(rows: Iterable[Record]) -> Iterator[str]:
    """One array, one line of text for each row."""
    before = "[\n"
    for row in rows:
        yield before + json.dumps(dict(zip(COLUMNS, row, strict=True)), ensure_ascii=False)
        before = ",\n"
    yield "[]\n" if before == "[\n" else "\n]\n"


FORMATS = {"csv": (as_csv, "text/csv"), "json": (as_json, "application/json")}


def export(rows: QuerySet[Attempt], format: str) -> Iterator[str]:
    """All of these lines, piece by piece: memory holds a few hundred of them, however many there are."""
    return FORMATS[format][0](records(rows))
