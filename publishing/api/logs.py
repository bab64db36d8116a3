"""Dispatch logs: every attempt, as it is kept, redacted."""

from typing import Annotated, Any
from uuid import UUID

from django.db.models import Q, QuerySet
from django.http import HttpRequest
from ninja import Query
from pydantic import BaseModel, ConfigDict, Field

from collavo.accounts.models import Scope
from collavo.api.auth import Caller, caller, needs
from collavo.api.errors import answers, not_found
from collavo.api.paging import MOST, PAGE, Cursor, Page, cursor, page
from collavo.api.routing import area
from collavo.api.schemas import Moment, SnakeAnswer
from publishing.models import Attempt, Post, Wish

router = area("Dispatch logs")
AT, PK = "cursor_started_at", "cursor_id"


class LogFilters(BaseModel):
    """What the list of every attempt takes."""

    model_config = ConfigDict(extra="ignore")
    post_id: UUID | None = None
    account_id: UUID | None = None
    step: str | None = Field(None, description="A step's name, such as init.")
    failed: bool | None = Field(None, description="true: only attempts that went wrong.")
    started_after: Moment | None = None
    started_before: Moment | None = None
    limit: int = Field(PAGE, ge=1, le=MOST)

    def applied(self, rows: QuerySet[Attempt]) -> QuerySet[Attempt]:
        wanted = Q()
        if self.post_id:
            wanted &= Q(post=self.post_id)
        if self.account_id:
            wanted &= Q(post__connector=self.account_id)
        if self.step:
            wanted &= Q(step=self.step)
        if self.failed is not None:
            wrong = ~Q(error="") | Q(http_status__gte=400)
            wanted &= wrong if self.failed else ~wrong
        if self.started_after:
            wanted &= Q(started_at__gte=self.started_after)
        if self.started_before:
            wanted &= Q(started_at__lt=self.started_before)
        return rows.filter(wanted)


class LogAnswer(SnakeAnswer):
    """One call, or one step that failed without one. Tokens are in no field."""

    id: UUID
    post_id: UUID
    attempt: int = Field(description="Which try it belongs to, from 1.")
    step: str
    worker: str
    method: str
    url: str
    started_at: Moment
    duration_ms: int | None
    http_status: int | None
    platform_code: str
    correlation_id: str
    error: str
    request: Any
    answer: Any


class LogsCursor(SnakeAnswer):
    cursor_started_at: Moment
    cursor_id: UUID


class Logs(SnakeAnswer):
    """Newest first."""

    data: list[LogAnswer]
    next_cursor: LogsCursor | None


@router.get("/dispatch-logs", auth=needs(Scope.READ), response=answers({200: Logs}), operation_id="dispatchLogs")
def dispatch_logs(
    request: HttpRequest,
    filters: Query[LogFilters],
    at: Annotated[Moment | None, Query(alias=AT)] = None,
    pk: Annotated[UUID | None, Query(alias=PK)] = None,
) -> Logs:
    """Every attempt of every post, newest first."""
    return _answer(filters.applied(_rows(caller(request))), cursor(at, pk, names=(AT, PK)), filters.limit)


@router.get(
    "/posts/{post_id}/dispatch-logs", auth=needs(Scope.READ), response=answers({200: Logs}),
    operation_id="postDispatchLogs",
)  # fmt: skip
def post_dispatch_logs(
    request: HttpRequest,
    post_id: UUID,
    limit: Annotated[int, Query(ge=1, le=MOST)] = PAGE,
    at: Annotated[Moment | None, Query(alias=AT)] = None,
    pk: Annotated[UUID | None, Query(alias=PK)] = None,
) -> Logs:
    """Every attempt of one post: a draft's, or any job's by its id."""
    who = caller(request)
    return _answer(_rows(who).filter(post__in=_posts(who, post_id)), cursor(at, pk, names=(AT, PK)), limit)


def _posts(who: Caller, pk: UUID) -> list[UUID]:
    """The posts that go by this id: one of its own, and one that a draft became."""
    wish = who.rows(Wish.objects.all()).filter(pk=pk).first()
    found = list(who.rows(Post.objects.only("connector_id")).filter(pk__in=[pk, wish.post_id if wish else None]))
    if not found and wish is None:
        raise not_found("post")
    accounts = [row.connector_id for row in found] + ([wish.connector_id] if wish else [])
    for account in filter(None, accounts):
        who.require_connector(account)
    return [row.pk for row in found]


def _rows(who: Caller) -> QuerySet[Attempt]:
    rows = Attempt.objects.filter(post__workspace=who.workspace)
    return rows.filter(post__connector__in=who.token.connector_ids) if who.token.connector_ids else rows


def _answer(rows: QuerySet[Attempt], behind: Cursor | None, limit: int) -> Logs:
    found: Page[Attempt] = page(rows, behind, limit, by="started_at")
    after = LogsCursor(cursor_started_at=found.next.at, cursor_id=found.next.pk) if found.next else None
    return Logs(data=[_line(row) for row in found.rows], next_cursor=after)


def _line(row: Attempt) -> LogAnswer:
    return LogAnswer(
        id=row.pk, post_id=row.post_id, attempt=row.number, step=row.step, worker=row.worker, method=row.method,
        url=row.url, started_at=row.started_at, duration_ms=row.duration_ms, http_status=row.http_status,
        platform_code=row.platform_code, correlation_id=row.correlation_id, error=row.error, request=row.request,
        answer=row.answer,
    )  # fmt: skip
