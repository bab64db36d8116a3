"""One asset: its rounds, what was said about them, and where it may be used."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from approvals.diff import caption_diff
from approvals.models import Asset, Version
from approvals.queue import STANDING
from approvals.studios.recipes import for_version
from approvals.views.stage import asset_lines
from approvals.views.studio import rows
from collavo.accounts.access import ConsoleRequest, console
from collavo.accounts.models import Ability


@require_safe
@console()
def asset(request: ConsoleRequest, pk: UUID) -> HttpResponse:
    """Every round, newest first, each with what changed and what was decided."""
    found = asset_of(request, pk)
    versions = list(found.versions.with_parts().prefetch_related(STANDING).order_by("-round"))
    context: dict[str, Any] = {
        "asset": found,
        "rounds": [_round(v, before) for v, before in zip(versions, [*versions[1:], None], strict=True)],
        "current": versions[0] if versions else None,
        "rights": found.rights.all(),
        "lines": asset_lines(versions[0]) if versions else [],
        "rows": rows(found.pk),
        "recipes": for_version(versions[0]) if versions else [],
    }
    return render(request, "approvals/asset.html", context)


@require_POST
@console(Ability.REVIEW)
def discard(request: ConsoleRequest, pk: UUID) -> HttpResponse:
    found = asset_of(request, pk)
    found.discard(by=request.member)
    messages.success(
        request,
        _("Discarded: “%(title)s”. Nothing of it will be published until somebody brings it back.") % {"title": found},
    )
    return redirect("approvals:asset", request.workspace.slug, found.pk)


@require_POST
@console(Ability.REVIEW)
def bring_back(request: ConsoleRequest, pk: UUID) -> HttpResponse:
    found = asset_of(request, pk)
    found.bring_back(by=request.member)
    messages.success(request, _("Brought back: “%(title)s”") % {"title": found})
    return redirect("approvals:asset", request.workspace.slug, found.pk)


def asset_of(request: ConsoleRequest, pk: UUID) -> Asset:
    """This workspace's asset, or 404."""
    parts = Asset.objects.select_related("case", "slot__connector", "creator", "workspace")
    return get_object_or_404(parts, pk=pk, workspace=request.workspace)


def _round(version: Version, before: Version | None) -> dict[str, Any]:
    changed = before is not None and before.caption != version.caption
    return {"version": version, "pieces": caption_diff(before.caption, version.caption) if before and changed else []}
