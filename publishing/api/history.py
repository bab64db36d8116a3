"""The history: everything that was sent or is planned, newest first, per platform in its own words."""

from typing import Annotated, Any
from uuid import UUID

from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja import Query
from pydantic import BaseModel, ConfigDict, Field, create_model

from collavo.accounts.models import Scope
from collavo.api.auth import caller, needs
from collavo.api.errors import answers, invalid
from collavo.api.paging import MOST, PAGE, Cursor, Page, cursor, page
from collavo.api.routing import area
from collavo.api.schemas import Answer, Moment
from connectors.platforms.base import COMMITTED, Format
from connectors.platforms.registry import PLATFORMS
from publishing.api.wire import STATES, JobAnswer, job, posts, sent
from publishing.models import Hold, Post, Status

router = area("History")
AT, PK = "cursorCreatedAt", "cursorPublishId"
PROCESSING = Q(hold=Hold.PLATFORM) | Q(journal__has_key=COMMITTED)


class Filters(BaseModel):
    """What every list of publishes takes."""

    model_config = ConfigDict(extra="ignore")
    status: str | None = Field(None, description="A job's status: queued, scheduled, publishing, succeeded, …")
    product: str | None = Field(None, description="A format: image, carousel, reel, story, video, short, text, post.")
    created_after: Moment | None = Field(None, alias="createdAfter")
    created_before: Moment | None = Field(None, alias="createdBefore")
    limit: int = Field(PAGE, ge=1, le=MOST)

    def applied(self, rows: QuerySet[Post]) -> QuerySet[Post]:
        wanted = Q()
        if self.status:
            wanted &= by_status(self.status)
        if self.product:
            wanted &= Q(version__format=_format(self.product))
        if self.created_after:
            wanted &= Q(created_at__gte=self.created_after)
        if self.created_before:
            wanted &= Q(created_at__lt=self.created_before)
        return rows.filter(wanted)


def by_status(word: str) -> Q:
    """The posts of which a job says so."""
    if word == "processing":
        return Q(status=Status.PUBLISHING) & PROCESSING
    ours = {theirs: status for status, theirs in STATES.items()}
    if word not in ours:
        raise invalid("status", _("Choose one of: %(words)s.") % {"words": ", ".join(sorted([*ours, "processing"]))})
    found = Q(status=ours[word])
    return found & ~PROCESSING if word == "publishing" else found


def _format(word: str) -> str:
    if word not in set(Format):
        raise invalid("product", _("Choose one of: %(words)s.") % {"words": ", ".join(Format)})
    return word


class PublishesCursor(Answer):
    """Both go into the next call."""

    cursor_created_at: Moment
    cursor_publish_id: UUID


class Publishes(Answer):
    """Of all accounts, newest first."""

    publishes: list[JobAnswer]
    next_cursor: PublishesCursor | None


@router.get("/publishes", auth=needs(Scope.READ), response=answers({200: Publishes}), operation_id="publishes")
def publishes(
    request: HttpRequest,
    filters: Query[Filters],
    at: Annotated[Moment | None, Query(alias=AT)] = None,
    pk: Annotated[UUID | None, Query(alias=PK)] = None,
) -> Publishes:
    """Everything that was sent or is planned, of every platform."""
    found = _page(request, filters, cursor(at, pk, names=(AT, PK)))
    after = PublishesCursor(cursor_created_at=found.next.at, cursor_publish_id=found.next.pk) if found.next else None
    return Publishes(publishes=[job(row) for row in found.rows], next_cursor=after)


def _page(request: HttpRequest, filters: Filters, behind: Cursor | None, platform: str = "") -> Page[Post]:
    rows = caller(request).rows(posts(), "connector_id")
    if platform:
        rows = rows.filter(connector__platform=platform)
    return page(filters.applied(rows), behind, filters.limit)


def add(key: str) -> None:
    """Register GET /<platform>/publishes, whose lines and cursor are the platform's own."""
    platform = PLATFORMS[key]
    api, name = platform.api, platform.name
    theirs = f"cursor{api.publish_id[:1].upper()}{api.publish_id[1:]}"
    after: type[BaseModel] = create_model(
        f"{name}Cursor", __config__=ConfigDict(extra="forbid"), **{AT: (Moment, ...), theirs: (UUID, ...)},
    )  # type: ignore[call-overload]  # fmt: skip
    line: Any = api.row
    maybe: Any = after | None
    answer: Any = create_model(
        f"{name}Publishes", __config__=ConfigDict(extra="forbid", populate_by_name=True),
        __doc__=f"{name} publishes, newest first.", publishes=(list[line], ...), nextCursor=(maybe, ...),
    )  # fmt: skip

    def platform_publishes(
        request: HttpRequest,
        filters: Query[Filters],
        at: Annotated[Moment | None, Query(alias=AT)] = None,
        pk: Annotated[UUID | None, Query(alias=theirs)] = None,
    ) -> Any:
        found = _page(request, filters, cursor(at, pk, names=(AT, theirs)), key)
        behind = after.model_validate({AT: found.next.at, theirs: found.next.pk}) if found.next else None
        return answer(publishes=[api.row_of(sent(row)) for row in found.rows], nextCursor=behind)

    router.get(
        f"/{key}/publishes", auth=needs(Scope.READ), response=answers({200: answer}), operation_id=f"{key}Publishes",
        summary=f"{name} publishes", description=f"Everything that was sent or is planned for {name}, newest first.",
    )(platform_publishes)  # fmt: skip


for each in PLATFORMS:
    add(each)
