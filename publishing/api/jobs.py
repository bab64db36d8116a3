"""Jobs: what became of a publish, what is planned, and taking it back."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja import Query
from pydantic import Field

from approvals.states import IllegalMove
from collavo.accounts.models import Scope
from collavo.api.auth import Caller, caller, needs
from collavo.api.errors import ApiError, answers
from collavo.api.idempotency import Key, Made, creating
from collavo.api.paging import MOST, PAGE, cursor, page
from collavo.api.routing import area
from collavo.api.schemas import Answer, Moment
from connectors.models import Connector
from publishing import verbs, wishes
from publishing.api.placing import require_scheduling
from publishing.api.wire import ANY_OF_PUBLISHING, JobAnswer, find, job, posts
from publishing.models import Post, Status, Wish

router = area("Jobs")
CURSOR = ("cursorScheduledFor", "cursorOutputJobId")


class ScheduledCursor(Answer):
    """Both go into the next call."""

    cursor_scheduled_for: Moment
    cursor_output_job_id: UUID


class ScheduledJobs(Answer):
    """Planned and not begun, soonest first."""

    jobs: list[JobAnswer]
    next_cursor: ScheduledCursor | None


class CanceledAnswer(Answer):
    """It will not go out."""

    output_job_id: UUID
    status: str = Field(description="canceled")


@router.get(
    "/jobs/publish/{output_job_id}", auth=needs(*ANY_OF_PUBLISHING), response=answers({200: JobAnswer}),
    operation_id="publishJob",
)  # fmt: skip
def publish_job(request: HttpRequest, output_job_id: UUID) -> JobAnswer:
    """Where a publish stands. It has ended at succeeded, failed and canceled; unconfirmed needs a person."""
    return job(find(caller(request), output_job_id))


@router.get(
    "/publish/scheduled", auth=needs(*ANY_OF_PUBLISHING), response=answers({200: ScheduledJobs}),
    operation_id="scheduled",
)  # fmt: skip
def scheduled(
    request: HttpRequest,
    limit: Annotated[int, Query(ge=1, le=MOST)] = PAGE,
    at: Annotated[Moment | None, Query(alias=CURSOR[0])] = None,
    pk: Annotated[UUID | None, Query(alias=CURSOR[1])] = None,
) -> ScheduledJobs:
    """What is planned, soonest first. 403 when scheduled publishing is not enabled for any account."""
    who = caller(request)
    _require_any_scheduling(who)
    rows = who.rows(posts(), "connector_id").filter(status=Status.SCHEDULED)
    found = page(rows, cursor(at, pk, names=CURSOR), limit, by="scheduled_at", newest_first=False)
    after = found.next
    behind = ScheduledCursor(cursor_scheduled_for=after.at, cursor_output_job_id=after.pk) if after else None
    return ScheduledJobs(jobs=[job(row) for row in found.rows], next_cursor=behind)


@router.delete(
    "/publish/scheduled/{output_job_id}", auth=needs(Scope.PUBLISH, Scope.SCHEDULE),
    response=answers({200: CanceledAnswer}), operation_id="cancelScheduled",
)  # fmt: skip
def cancel_scheduled(request: HttpRequest, output_job_id: UUID) -> CanceledAnswer:
    """Take a planned publish back. 409 once it has started or ended."""
    who = caller(request)
    found = find(who, output_job_id)
    if found.connector:
        require_scheduling(found.connector)
    if isinstance(found, Wish):
        wishes.withdraw(found, by=who.member)
    else:
        cancel(found, who)
    return CanceledAnswer(output_job_id=output_job_id, status="canceled")


@router.post(
    "/publish/scheduled/{output_job_id}/now", auth=needs(Scope.PUBLISH), response=answers({202: JobAnswer}),
    operation_id="sendNow",
)  # fmt: skip
@creating
def send_now(request: HttpRequest, output_job_id: UUID, key: Key = None) -> Made:
    """Send what is planned, waits for its limit, or is late, at once. 409 once it has started or ended."""
    who = caller(request)
    found = find(who, output_job_id)
    if isinstance(found, Wish):
        raise IllegalMove(_("It awaits its approval. Accept the version first."))
    verbs.send_now(found, by=who.member)
    return Made(202, job(find(who, output_job_id)))


def cancel(post: Post, who: Caller) -> None:
    """Only what has not begun: a failed post has ended, and a person may still drop it on the board."""
    if post.status not in (Status.SCHEDULED, Status.QUEUED):
        raise IllegalMove(_("Too late to cancel: it is %(status)s.") % {"status": post.get_status_display().lower()})
    verbs.cancel(post, by=who.member)


def _require_any_scheduling(who: Caller) -> None:
    if not who.rows(Connector.objects.all(), "pk").filter(scheduling=True).exists():
        text = _("Scheduled publishing is not enabled for any account. Switch it on in Connections.")
        raise ApiError(403, "scheduling_not_enabled", text)
