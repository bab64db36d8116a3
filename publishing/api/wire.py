"""Posts and wishes as the API tells of them: one vocabulary of states for everything that was asked for."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from pydantic import Field

from approvals.models import VersionMedia
from collavo import prepared
from collavo.accounts.models import Scope
from collavo.api.auth import Caller
from collavo.api.errors import not_found
from collavo.api.schemas import Answer, Moment
from connectors.models import tokens_of
from connectors.platforms.api import Sent
from connectors.platforms.base import COMMITTED
from publishing.chips import progress
from publishing.models import Hold, Post, Status, Wish, WishState

ANY_OF_PUBLISHING = (Scope.READ, Scope.PUBLISH, Scope.SCHEDULE)
STATES: dict[str, str] = {
    Status.SCHEDULED: "scheduled", Status.QUEUED: "queued", Status.PUBLISHING: "publishing",
    Status.PUBLISHED: "succeeded", Status.UNCONFIRMED: "unconfirmed", Status.FAILED: "failed",
    Status.CANCELED: "canceled", Status.AWAITING_CREATOR: "awaiting_creator",
}  # fmt: skip
WISH_STATES: dict[str, str] = {WishState.DRAFT: "draft", WishState.WAITING: "awaiting_approval"}
WORDS = (
    "queued, scheduled, awaiting_approval, publishing, processing, awaiting_creator, unconfirmed, succeeded, failed or "
    "canceled"
)


class ProgressAnswer(Answer):
    """The step under way, from 1, of so many."""

    step: str
    at: int
    of: int
    percent: int


class JobError(Answer):
    """Why it failed or waits."""

    code: str
    message: str


class JobAnswer(Answer):
    """A publish, as it stands."""

    output_job_id: UUID
    status: str = Field(description=WORDS)
    platform: str
    connector_id: UUID
    version_id: UUID
    format: str
    scheduled_for: Moment | None
    created_at: Moment
    published_at: Moment | None
    progress: ProgressAnswer | None
    error: JobError | None
    permalink: str | None
    remote_id: str | None = Field(description="The platform's id of the live post.")


def posts() -> QuerySet[Post]:
    """With what an answer tells of them; the account's tokens stay where they are."""
    items = VersionMedia.objects.filter(version=OuterRef("version")).order_by().values("version")
    count = Coalesce(Subquery(items.annotate(n=Count("pk")).values("n")), 0)  # of the rows that are shown alone
    rows = Post.objects.select_related("connector", "version").annotate(media=count)
    return rows.defer(*tokens_of("connector"))


def wishes() -> QuerySet[Wish]:
    rows = Wish.objects.select_related("connector", "version")
    return rows.defer(*tokens_of("connector"))


POST = prepared.Kept(lambda pk, workspace: posts().filter(pk=pk, workspace=workspace), UUID, UUID)
WISH = prepared.Kept(
    lambda pk, workspace: wishes().filter(pk=pk, workspace=workspace, version__isnull=False), UUID, UUID
)


def find(who: Caller, pk: UUID) -> Post | Wish:
    """The job with this id. 404 for another workspace's, 403 where the token is not for its account."""
    found = POST.first(pk, who.workspace.pk) or WISH.first(pk, who.workspace.pk)
    if found is None:
        raise not_found("job")
    if found.connector_id:
        who.require_connector(found.connector_id)
    return found


def state(post: Post) -> str:
    """The API's word. While the platform is at work on what it has been sent, it is processing."""
    if post.status == Status.PUBLISHING and (post.hold == Hold.PLATFORM or COMMITTED in post.journal):
        return "processing"
    return STATES[post.status]


def wish_state(wish: Wish) -> str:
    if wish.state == WishState.ENDED:
        return "canceled" if wish.error_code == "canceled" else "failed"
    return WISH_STATES.get(wish.state, "queued")


def sent(row: Post | Wish) -> Sent:
    """For the platform's own words."""
    return sent_post(row) if isinstance(row, Post) else sent_wish(row)


def sent_post(post: Post) -> Sent:
    media = getattr(post, "media", None)
    return Sent(
        job_id=post.pk, connector_id=post.connector_id, status=state(post), format=post.version.format,
        caption=post.version.caption, media=post.version.items.count() if media is None else media,
        created_at=post.created_at, scheduled_for=post.scheduled_at, published_at=post.published_at,
        remote_id=post.remote_id, url=post.url, error=post.error, journal=post.journal,
    )  # fmt: skip


def sent_wish(wish: Wish) -> Sent:
    connector, version = wish.connector, wish.version
    if connector is None or version is None:
        raise LookupError("A draft is no job.")
    return Sent(
        job_id=wish.pk, connector_id=connector.pk, status=wish_state(wish), format=version.format,
        caption=version.caption, media=version.items.count(), created_at=wish.created_at,
        scheduled_for=wish.scheduled_at, error=wish.error,
    )  # fmt: skip


def job(row: Post | Wish) -> JobAnswer:
    """The answer of GET /jobs/publish/{outputJobId}."""
    return post_job(row) if isinstance(row, Post) else wish_job(row)


def post_job(post: Post) -> JobAnswer:
    return JobAnswer(
        output_job_id=post.pk, status=state(post), platform=post.connector.platform, connector_id=post.connector_id,
        version_id=post.version_id, format=post.version.format, scheduled_for=post.scheduled_at,
        created_at=post.created_at, published_at=post.published_at, progress=_progress(post),
        error=JobError(code=post.error_code or "waits", message=post.error) if post.error else None,
        permalink=post.url or None, remote_id=post.remote_id or None,
    )  # fmt: skip


def wish_job(wish: Wish) -> JobAnswer:
    told = sent_wish(wish)
    version_id: Any = wish.version_id
    return JobAnswer(
        output_job_id=wish.pk, status=told.status, platform=wish.connector.platform if wish.connector else "",
        connector_id=told.connector_id, version_id=version_id, format=told.format, scheduled_for=wish.scheduled_at,
        created_at=wish.created_at, published_at=None, progress=None,
        error=JobError(code=wish.error_code or "ended", message=wish.error) if wish.error else None, permalink=None,
        remote_id=None,
    )  # fmt: skip


def _progress(post: Post) -> ProgressAnswer | None:
    """Where it is on its way; counting the steps needs the content, so only what moves is asked."""
    found = progress(post) if post.status == Status.PUBLISHING else None
    return ProgressAnswer(step=post.step, at=found.at, of=found.of, percent=found.percent) if found else None
