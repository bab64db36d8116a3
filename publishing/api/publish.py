"""POST /publish/…: each platform's own endpoints, by the registry, and one for every platform there is."""

from collections.abc import Callable
from typing import Annotated, Any
from uuid import UUID

from django.http import HttpRequest
from django.utils.translation import gettext
from ninja import Header, Query
from pydantic import BaseModel, ConfigDict, Field, JsonValue, model_validator

from approvals.models import Version
from collavo.accounts.models import Scope
from collavo.api.auth import caller, needs
from collavo.api.errors import answers, invalid
from collavo.api.idempotency import Key, Made, creating
from collavo.api.routing import area
from collavo.api.schemas import Body, Text
from connectors.platforms.api import Endpoint, QueuedAnswer, ScheduledAnswer, ScheduledAt, Wanted
from connectors.platforms.base import Format
from connectors.platforms.registry import PLATFORMS
from publishing import wishes
from publishing.api import placing
from publishing.api.placing import DryRunAnswer, Order
from publishing.api.waiting import preferred, until_known
from publishing.api.wire import find, sent
from publishing.models import Post, Status, Wish

router = area("Publish")
AUTH = needs(Scope.PUBLISH, Scope.SCHEDULE)
DryRun = Annotated[bool, Query(alias="dryRun", description="Answer the preflight, and keep nothing.")]
Prefer = Annotated[str, Header(alias="Prefer", description="wait=N: wait up to N seconds (60 at most) for it.")]


def answer_queued(row: Post | Wish, headers: dict[str, str] | None = None) -> Made:
    """202 with the job: `queued`, `awaiting_approval`, or `scheduled` with its moment."""
    told = sent(row)
    if told.status == "scheduled" and told.scheduled_for:
        job: BaseModel = ScheduledAnswer(
            output_job_id=row.pk, status=told.status, scheduled_for=told.scheduled_for
        )  # fmt: skip
    else:
        job = QueuedAnswer(output_job_id=row.pk, status=told.status)
    return Made(202, job, headers={"Location": f"/api/v1/jobs/publish/{row.pk}", **(headers or {})})


def run(order: Order, *, dry: bool, answer: Callable[[Post | Wish], Made]) -> Made:
    if dry:
        return Made(200, order.preview())
    return answer(order.place())


# --- Each platform's endpoints ---------------------------------------------------------------------------------------


def add(endpoint: Endpoint) -> None:
    """Register it. Its body and answers are the platform's; what happens is the same for all."""
    good: dict[int, Any] = {200: DryRunAnswer, 202: ScheduledAnswer | QueuedAnswer}
    if endpoint.live and endpoint.pending:
        good = {200: endpoint.live | DryRunAnswer, 202: endpoint.pending}

    @creating(before=lambda request, body, **_: placing.ask(caller(request), body.wanted().connector_id))
    def publish(
        request: HttpRequest,
        body: endpoint.body,  # type: ignore[name-defined]
        dry_run: DryRun = False,
        prefer: Prefer = "",
        key: Key = None,
    ) -> Made:
        order = placing.order(caller(request), body.wanted())
        seconds = preferred(prefer, endpoint.wait)
        return run(order, dry=dry_run, answer=lambda row: _answer(request, endpoint, row, seconds))

    router.post(
        f"/publish{endpoint.path}",
        auth=AUTH,
        response=answers(good),
        summary=endpoint.summary,
        description=endpoint.body.__doc__,
        operation_id=endpoint.name,
    )(publish)


def _answer(request: HttpRequest, endpoint: Endpoint, row: Post | Wish, seconds: int) -> Made:
    first = _told(endpoint, row)
    if isinstance(row, Wish) or row.status == Status.SCHEDULED or seconds == 0:
        return first

    def later() -> Made:
        until_known(row.pk, seconds)
        return _told(endpoint, find(caller(request), row.pk))

    return Made(first.status, first.answer, later, first.headers)


def _told(endpoint: Endpoint, row: Post | Wish) -> Made:
    if endpoint.live is None or endpoint.pending is None:
        return answer_queued(row)
    told = sent(row)
    values = dict(endpoint.values(told))
    if told.status == "succeeded":
        return Made(200, endpoint.live.model_validate(values))
    values |= {"output_job_id": row.pk, "status": told.status}
    return Made(202, endpoint.pending.model_validate(values), headers={"Location": f"/api/v1/jobs/publish/{row.pk}"})


for platform in PLATFORMS.values():
    for each in platform.api.endpoints:
        add(each)


AltText = Annotated[Text, Field(max_length=1000)]


# --- Every platform --------------------------------------------------------------------------------------------------


class PublishRequest(Body):
    """A version, or media, to any account. Options are the platform's own: see GET /platforms."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "connectorId": "550e8400-e29b-41d4-a716-446655440000",
                    "mediaIds": ["019e1b70-6f9e-80fd-8c49-690bcbdaf8db"],
                    "format": "image",
                    "caption": "Four ways to wear it.",
                    "options": {},
                }
            ]
        }
    )
    connector_id: UUID
    version_id: UUID | None = Field(None, description="An approved version; then nothing else about content is sent.")
    media_ids: list[UUID] | None = Field(None, max_length=40)
    format: Format | None = Field(None, description="Wanted with mediaIds.")
    caption: Text = Field("", max_length=10_000)
    alt_texts: list[AltText] = Field([], max_length=40, description="For each medium, in their order.")
    title: Text = Field("", max_length=200, description="What the asset is called in Collavo.")
    case_id: UUID | None = Field(None, description="Left out: the case “API”.")
    options: dict[str, JsonValue] = Field({}, max_length=40)
    scheduled_at: ScheduledAt = None

    @model_validator(mode="after")
    def one_of_both(self) -> "PublishRequest":
        if (self.version_id is None) == (self.media_ids is None):
            raise ValueError("Send either versionId or mediaIds")
        if self.media_ids is not None and self.format is None:
            raise ValueError("Send the format beside mediaIds")
        if self.version_id and (self.caption or self.alt_texts or self.title or self.format or self.case_id):
            raise ValueError("With versionId everything about the content is settled; send it without")
        return self


@router.post(
    "/publish",
    auth=AUTH,
    response=answers({200: DryRunAnswer | QueuedAnswer | ScheduledAnswer, 202: ScheduledAnswer | QueuedAnswer}),
    operation_id="publish",
)
@creating(before=lambda request, body, **_: placing.ask(caller(request), body.connector_id))
def publish(
    request: HttpRequest, body: PublishRequest, dry_run: DryRun = False, prefer: Prefer = "", key: Key = None
) -> Made:
    """Publish to any account of any platform: now, or at a moment."""
    order = _order(request, body)
    seconds = preferred(prefer, 0)

    def answer(row: Post | Wish) -> Made:
        first = answer_queued(row)
        if isinstance(row, Wish) or row.status == Status.SCHEDULED or seconds == 0:
            return first
        return Made(first.status, first.answer, lambda: _later(request, row.pk, seconds), first.headers)

    return run(order, dry=dry_run, answer=answer)


def _later(request: HttpRequest, pk: UUID, seconds: int) -> Made:
    until_known(pk, seconds)
    return answer_queued(find(caller(request), pk))


def _order(request: HttpRequest, body: PublishRequest) -> Order:
    who = caller(request)
    connector = placing.account(who, body.connector_id)
    wanted = Wanted(connector.pk, (), "", {}, body.options)
    where = placing.placement(who, connector, body.scheduled_at, wanted)
    if body.version_id:
        version = who.one(Version.objects.select_related("asset", "workspace"), body.version_id, "version")
        return Order(who, where, lambda: version, fresh=False)
    found, case = placing.media(who, body.media_ids or []), placing.case(who, body.case_id)
    if body.format is None:
        raise invalid("format", gettext("This field is required beside mediaIds."))
    format = body.format
    if len(body.alt_texts) > len(found):
        raise invalid("altTexts", gettext("There are more than media."))
    return Order(who, where, lambda: wishes.make_version(
        found, caption=body.caption, format=format, by=who.member, alt_texts=body.alt_texts, title=body.title,
        case=case,
    ))  # fmt: skip
