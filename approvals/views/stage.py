"""Everything that a reviewer sees of one version."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone

from approvals import due, history, hooks, queue
from approvals.conversation import ReviewLink
from approvals.diff import caption_diff
from approvals.models import StudioJob, Version
from approvals.pins import Pin
from approvals.queue import Narrowed
from approvals.states import UNDO, IllegalMove, VersionStatus
from approvals.studios.recipes import for_version
from approvals.studios.regenerating import asked_for
from collavo.accounts.access import ConsoleRequest
from collavo.accounts.models import Ability, Membership
from collavo.ids import as_uuid
from collavo.timeline.models import Event
from connectors.platforms import registry
from connectors.platforms.base import Look

HISTORY = 40  # lines beside a version; the rest is on the asset's page
COMPARE = "compare"
TALL = {"reel", "story", "short"}


def version_of(request: ConsoleRequest, pk: UUID) -> Version:
    """This workspace's version, or 404."""
    return get_object_or_404(Version.objects.with_parts(), pk=pk, workspace=request.workspace)


def why_not(version: Version, by: Membership | ReviewLink) -> str:
    """Why this person cannot decide about this version, as a sentence; "" when they can."""
    try:
        version.require_reviewer(by)
    except (PermissionDenied, IllegalMove) as e:
        return str(e)
    return ""


def narrowed_by(request: ConsoleRequest) -> Narrowed:
    """What the address narrows the queue to. What cannot be read is left out: an old link still opens the queue."""
    said = request.GET
    channel, creator = said.get("channel", ""), as_uuid(said.get("creator"))
    return Narrowed(said.get("q", "").strip()[:100], channel if channel in registry.PLATFORMS else "", creator)


@dataclass(frozen=True)
class Entry:
    """One line beside a version, its pins numbered in the order in which they were set."""

    line: history.Line
    pins: list[tuple[int, Pin]]

    @property
    def spoken(self) -> bool:
        """Whether somebody's own words are in it."""
        return bool(self.line.quote or self.pins)


def stage(request: ConsoleRequest, version: Version, rows: list[Version] | None = None, **more: Any) -> dict[str, Any]:
    """The context of `approvals/_stage.html`."""
    rounds = _rounds(version)
    entries = conversation(version, rounds)
    narrowed = narrowed_by(request)
    previous, following = queue.around(version, rows or [], narrowed)
    obstacle = why_not(version, request.member)
    return {
        "version": version,
        "items": version.ordered_items(),
        "obstacle": obstacle,
        "decided": decided(version, entries),
        "earlier": [e for e in standing(entries) if e.line.round < version.round],
        "checks": hooks.checks(version),
        "recipes": for_version(version),
        "next": following,
        "previous": previous,
        "rounds": rounds,
        "entries": entries,
        "marks": marks(entries, version),
        "making": _making(version),
        "may_talk": request.member.can(Ability.CREATE) or request.member.can(Ability.REVIEW),
        "overdue": due.overdue(version),
        "narrowed": narrowed,
        "old_marks": [mark for e in reversed(entries) if e.line.round == version.round - 1 for mark in e.pins],
        **compared(version, rounds),
        **shown_as(request, version, rounds),
        **more,
    }


def _making(version: Version) -> StudioJob | None:
    """The job by which a studio makes it anew."""
    if version.status != VersionStatus.REGENERATING:
        return None
    return asked_for(version).for_pages().first()


def _rounds(version: Version) -> list[Version]:
    """All rounds of the asset, the newest first. Of a first round that nobody has replaced no query is made."""
    if version.round == 1 and version.current:
        return [version]
    found = list(version.asset.versions.with_parts().order_by("-round"))
    return [version if row.pk == version.pk else row for row in found]


def conversation(version: Version, rounds: list[Version]) -> list[Entry]:
    """What was done and said about the asset and all its rounds, the newest first, in one query."""
    subjects = [version.asset, *rounds]
    events = list(Event.objects.about(*subjects).select_related("user").reverse()[:HISTORY])
    about = {v.pk: history.Subject(version.asset.title, version.asset_id, v.round) for v in rounds}
    about[version.asset_id] = history.Subject(version.asset.title, version.asset_id)
    return numbered(history.lines(events, version.workspace.zone, about))


def numbered(lines: list[history.Line]) -> list[Entry]:
    """Pins are numbered within their round, from its first to its last."""
    counts: dict[int, int] = {}
    entries = []
    for line in reversed(lines):
        first = counts.get(line.round, 0)
        entries.append(Entry(line, [(first + n, pin) for n, pin in enumerate(line.pins, start=1)]))
        counts[line.round] = first + len(line.pins)
    return entries[::-1]


def marks(entries: list[Entry], version: Version) -> list[tuple[int, Pin]]:
    """The pins on this version, to show on its media."""
    return [mark for e in reversed(entries) if e.line.round == version.round for mark in e.pins]


def standing(entries: list[Entry]) -> list[Entry]:
    """The decisions that were not taken back, the newest first."""
    found: list[Entry] = []
    for entry in reversed(entries):
        if entry.line.verb in history.DECISIONS:
            found.append(entry)
        elif entry.line.verb == "undone":
            last = next((e for e in reversed(found) if e.line.round == entry.line.round), None)
            found = [e for e in found if e is not last]
    return found[::-1]


def decided(version: Version, entries: list[Entry]) -> history.Line | None:
    """The decision that stands about this version, from its own history."""
    if version.in_review:
        return None
    return next((e.line for e in standing(entries) if e.line.round == version.round), None)


def asset_lines(version: Version) -> list[history.Line]:
    """The newest lines about the asset and all its versions."""
    return [entry.line for entry in conversation(version, list(version.asset.versions.all()))]


def compared(version: Version, rounds: list[Version]) -> dict[str, Any]:
    """What is different from the round before."""
    before = next((v for v in rounds if v.round == version.round - 1), None)
    if before is None:
        return {"before": None}
    old, new = before.ordered_items(), version.ordered_items()
    same_media = [i.media_id for i in old] == [i.media_id for i in new]
    return {
        "before": before,
        "pieces": caption_diff(before.caption, version.caption) if before.caption != version.caption else [],
        "old_items": [] if same_media else old,
    }


def shown_as(request: ConsoleRequest, version: Version, rounds: list[Version]) -> dict[str, Any]:
    """How the middle shows it: the file, beside the round before, or as a network's app does (`?show=`)."""
    show = request.GET.get("show", "")
    slot = version.asset.slot
    planned = slot.channel if slot else ""
    channels = sorted(registry.PLATFORMS.values(), key=lambda platform: platform.key != planned)
    if show == COMPARE and len(rounds) > 1 and version.round > 1:
        return {"show": COMPARE, "channels": channels}
    if show not in registry.PLATFORMS:
        return {"show": "", "channels": channels}
    look = registry.get(show).rules.look
    handle = slot.connector.handle if slot and slot.connector and slot.channel == show else version.case.brand
    return {"show": show, "channels": channels, "phone": phone(version, look, handle)}


def phone(version: Version, look: Look, handle: str) -> dict[str, Any]:
    """The caption as it folds there, and what the app's controls lie over."""
    tall = version.format in TALL
    seen, rest = folded(version.caption, look.fold_tall if tall else look.fold)
    top, right, bottom, left = look.covered
    return {
        "tall": tall, "seen": seen, "rest": rest, "handle": handle or "your.account",
        "covered": {"top": top, "right": right, "bottom": bottom, "left": left} if tall and any(look.covered) else None,
        "free": {"x": left, "y": top, "width": 100 - left - right, "height": 100 - top - bottom},
    }  # fmt: skip


def folded(caption: str, most: int) -> tuple[str, str]:
    """What is seen before "… more", cut between words, and what that opens."""
    line = caption.strip()
    if len(line) <= most:
        return line, ""
    seen = line[:most].rsplit(None, 1)[0].rstrip(" ,.;:–-")
    return seen, line[len(seen) :]


def show(
    request: ConsoleRequest,
    version: Version | None,
    *,
    rows: list[Version] | None = None,
    status: int = 200,
    **more: Any,
) -> HttpResponse:
    """The stage alone for htmx; the whole page, with the queue beside it, for everybody else."""
    narrowed = narrowed_by(request)
    summary = queue.counted(request.member, narrowed)
    base: dict[str, Any] = {"narrowed": narrowed, "summary": summary, **_undoable(request)}
    if request.htmx:
        context = stage(request, version, **more) if version else {"version": None, **more}
        return render(request, "approvals/_swap.html", {**base, **context})
    beside = _beside(request, rows, narrowed)
    context = stage(request, version, beside["rows"], **more) if version else {"version": None, **more}
    return render(request, "approvals/queue.html", {**base, **context, **beside}, status=status)


def _undoable(request: ConsoleRequest) -> dict[str, Any]:
    """After a decision by a plain form: `?undo=` names it, as long as it can be taken back."""
    if (pk := as_uuid(request.GET.get("undo"))) is None:
        return {}
    recent = Version.objects.filter(workspace=request.workspace, decided_at__gt=timezone.now() - UNDO)
    found = recent.select_related("asset").filter(pk=pk).first()
    return {"undo": found, "said": found.asset.title, "undo_ms": UNDO.seconds * 1000} if found else {}


def _beside(request: ConsoleRequest, rows: list[Version] | None, narrowed: Narrowed) -> dict[str, Any]:
    """The queue, and what somebody wants this person to change."""
    if rows is None:
        rows = queue.page(request.workspace, count=queue.PAGE + 1, narrowed=narrowed)
    creates = request.member.can(Ability.CREATE)
    return {
        "rows": rows[: queue.PAGE],
        "more": rows[queue.PAGE - 1] if len(rows) > queue.PAGE else None,
        "asked": queue.asked_of(request.member) if creates and not narrowed.any else [],
        "platforms": registry.PLATFORMS.values(),
    }
