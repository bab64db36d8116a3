"""A case to keep: what was approved by whom, what went live, and the whole history, with every hash."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import cast
from uuid import UUID

from django.db.models import Model, QuerySet

from approvals import history, hooks
from approvals.models import Case, Decision, Rights, Version
from approvals.queue import STANDING
from collavo.timeline.models import Event
from connectors.models import tokens_of
from connectors.platforms.base import Json
from publishing.models import Post, Status

BATCH = 200
type Row = dict[str, Json]


def head(case: Case, at: datetime) -> Row:
    return {
        "id": str(case.pk), "name": case.name, "brand": case.brand, "creator": str(case.creator or ""),
        "workspace": case.workspace.name, "time_zone": case.workspace.time_zone, "exported_at": at.isoformat(),
    }  # fmt: skip


def sections(case: Case) -> dict[str, Iterator[Row]]:
    """Each part of the export, row by row, the oldest first."""
    return {"approved": approved(case), "posts": posts(case), "rights": rights(case), "history": lines(case)}


def approved(case: Case) -> Iterator[Row]:
    """Every version that was ever approved, with its seal, and whether its content still is what was sealed."""
    rows = Version.objects.filter(case=case).exclude(seal="").with_parts().prefetch_related(STANDING)
    for version in by_id(rows):
        accepted = [r for r in version.reviews.all() if r.decision == Decision.ACCEPT]
        yield {
            "id": str(version.pk), "asset": version.asset.title, "round": version.round, "status": version.status,
            "format": version.format, "caption": version.caption, "options": cast(Json, version.options),
            "submitted_by": str(version.submitted_by or ""), "submitted_at": version.submitted_at.isoformat(),
            "approved_by": [r.who for r in accepted],
            "approved_at": [r.at.isoformat() for r in accepted],
            "words": [r.feedback for r in accepted if r.feedback],
            "seal": version.seal, "seal_holds": version.seal_holds,
            "media": [
                {"name": i.media.name, "sha256": i.media.sha256, "size": i.media.size, "type": i.media.mime_type,
                 "alt_text": i.alt_text}
                for i in version.ordered_items()
            ],
        }  # fmt: skip


def posts(case: Case) -> Iterator[Row]:
    """Everything that was to go out, and what is live."""
    rows = Post.objects.filter(case=case).select_related("connector", "version__asset", "by")
    for post in by_id(rows.defer(*tokens_of("connector"))):
        yield {
            "id": str(post.pk), "asset": post.version.asset.title, "version": str(post.version_id),
            "account": str(post.connector), "status": post.status, "live": post.status == Status.PUBLISHED,
            "scheduled_at": _iso(post.scheduled_at), "published_at": _iso(post.published_at), "url": post.url,
            "remote_id": post.remote_id, "by": str(post.by or ""), "seal": post.seal,
            "version_seal": post.version.seal, "options": cast(Json, post.options), "error": post.error,
        }  # fmt: skip


def rights(case: Case) -> Iterator[Row]:
    for one in by_id(Rights.objects.filter(asset__case=case).select_related("asset")):
        yield {
            "asset": one.asset.title, "terms": one.words(), "status": one.status, "channels": list(one.channels),
            "usage": one.usage, "territory": one.territory, "exclusive": one.exclusive,
            "from": one.starts_on.isoformat() if one.starts_on else None,
            "until": one.ends_on.isoformat() if one.ends_on else None, "note": one.note,
            "evidence": one.evidence_name, "evidence_sha256": one.evidence_sha256,
        }  # fmt: skip


def lines(case: Case) -> Iterator[Row]:
    """Every line of history in its words, with the calls that led to it."""
    for events in batches_by_id(Event.objects.filter(case_id=case.pk).select_related("user")):
        calls = hooks.calls(events)
        for event, line in zip(events, history.lines(events, case.workspace.zone), strict=True):
            yield {
                "at": line.at.isoformat(), "who": line.who, "person": event.user_id is not None,
                "what": " ".join(filter(None, [line.does, line.says, f"“{line.quote}”" if line.quote else ""])),
                "about": line.about, "kind": f"{event.subject_type}.{event.verb}", "subject": str(event.subject_id),
                "url": line.url, "data": cast(Json, event.data),
                "calls": [
                    {"at": c.at.isoformat(), "step": c.step, "http_status": c.status, "ms": c.ms, "error": c.error}
                    for c in calls.get(event.pk, ())
                ],
            }  # fmt: skip


def by_id[M: Model](rows: QuerySet[M]) -> Iterator[M]:
    """Every row in the order of its id (which is that of its making), never more than a batch in memory."""
    for batch in batches_by_id(rows):
        yield from batch


def batches_by_id[M: Model](rows: QuerySet[M]) -> Iterator[list[M]]:
    last: UUID | None = None
    while batch := list((rows.filter(pk__gt=last) if last else rows).order_by("pk")[:BATCH]):
        yield batch
        last = cast(UUID, batch[-1].pk)


def _iso(at: datetime | None) -> str | None:
    return at.isoformat() if at else None
