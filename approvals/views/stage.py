"""Everything that a reviewer sees of one version."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render

from approvals import history, hooks, queue
from approvals.diff import caption_diff
from approvals.models import Review, Version
from approvals.states import IllegalMove
from collavo.accounts.access import ConsoleRequest
from collavo.accounts.models import Ability, Membership
from collavo.timeline.models import Event

HISTORY = 12


def version_of(request: ConsoleRequest, pk: UUID) -> Version:
    """This workspace's version, or 404."""
    return get_object_or_404(Version.objects.with_parts(), pk=pk, workspace=request.workspace)


def why_not(version: Version, member: Membership) -> str:
    """Why this person cannot decide about this version, as a sentence; "" when they can."""
    try:
        version.require_reviewer(member)
    except (PermissionDenied, IllegalMove) as e:
        return str(e)
    return ""


def stage(request: ConsoleRequest, version: Version, **more: Any) -> dict[str, Any]:
    """The context of `approvals/_stage.html`."""
    said = Review.objects.filter(version__asset=version.asset_id)
    reviews = list(said.select_related("by", "version").order_by("-at"))
    facing = [r for r in reviews if r.version_id == version.pk]
    return {
        "version": version,
        "items": version.ordered_items(),
        "obstacle": why_not(version, request.member),
        "decided": facing[0] if facing and not version.in_review else None,
        "earlier": [r for r in reviews if r.version.round < version.round],
        "checks": hooks.checks(version),
        "next": queue.following(version),
        "previous": queue.preceding(version),
        **_compared(version),
        "lines": asset_lines(version),
        **more,
    }


def asset_lines(version: Version) -> list[history.Line]:
    """The newest lines about the asset and all its versions."""
    subjects = [version.asset, *version.asset.versions.only("pk")]
    events = Event.objects.about(*subjects).select_related("user").reverse()[:HISTORY]
    return history.lines(events, version.workspace.zone)


def _compared(version: Version) -> dict[str, Any]:
    """What is different from the round before."""
    before = version.asset.versions.filter(round=version.round - 1).with_parts().first()
    if before is None:
        return {"before": None}
    old, new = before.ordered_items(), version.ordered_items()
    same_media = [i.media_id for i in old] == [i.media_id for i in new]
    return {
        "before": before,
        "pieces": caption_diff(before.caption, version.caption) if before.caption != version.caption else [],
        "old_items": [] if same_media else old,
    }


def show(
    request: ConsoleRequest,
    version: Version | None,
    *,
    rows: list[Version] | None = None,
    status: int = 200,
    **more: Any,
) -> HttpResponse:
    """The stage alone for htmx; the whole page, with the queue beside it, for everybody else."""
    context: dict[str, Any] = {"version": None, **more}
    if version:
        context = stage(request, version, **more)
    if request.htmx:
        summary = queue.summary(request.workspace)
        return render(request, "approvals/_swap.html", {**context, "summary": summary})
    return render(request, "approvals/queue.html", {**context, **beside(request, rows)}, status=status)


def beside(request: ConsoleRequest, rows: list[Version] | None) -> dict[str, Any]:
    """The queue, and what somebody wants this person to change."""
    rows = queue.page(request.workspace, count=queue.PAGE + 1) if rows is None else rows
    creates = request.member.can(Ability.CREATE)
    return {
        "rows": rows[: queue.PAGE],
        "more": rows[queue.PAGE - 1] if len(rows) > queue.PAGE else None,
        "summary": queue.summary(request.workspace),
        "asked": queue.asked_of(request.member) if creates else [],
    }
