"""Accept, regenerate, reject, undo: one POST each, as a plain form or by htmx; and many at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, ngettext
from django.views.decorators.http import require_POST

from approvals import pins, queue
from approvals.models import Review, Version
from approvals.states import UNDO, IllegalMove
from approvals.views.stage import narrowed_by, show, version_of
from collavo.accounts.access import ConsoleRequest, console
from collavo.accounts.models import Ability, Membership
from collavo.ids import as_uuid
from collavo.timeline.models import Event

type Verb = Callable[[Version], Review]
MOST_AT_ONCE = 100


class Stale(Exception):
    """The version has changed since the form was made."""


@require_POST
@console(Ability.REVIEW)
def accept(request: ConsoleRequest, pk: UUID) -> HttpResponse:
    words = request.POST.get("words", "")
    return _decide(request, pk, lambda v: v.accept(by=request.member, feedback=words), _("Accepted"))


@require_POST
@console(Ability.REVIEW)
def regenerate(request: ConsoleRequest, pk: UUID) -> HttpResponse:
    def verb(version: Version) -> Review:
        pinned = pins.read(request.POST, version.durations())
        return version.regenerate(by=request.member, feedback=request.POST.get("words", ""), pins=pinned)

    return _decide(request, pk, verb, _("Asked to regenerate"))


@require_POST
@console(Ability.REVIEW)
def reject(request: ConsoleRequest, pk: UUID) -> HttpResponse:
    words = request.POST.get("words", "")
    return _decide(request, pk, lambda v: v.reject(by=request.member, reason=words), _("Rejected"))


@require_POST
@console(Ability.REVIEW)
def undo(request: ConsoleRequest, pk: UUID) -> HttpResponse:
    """Take one's own decision back. `pk` is one version; `v` may name more, from a decision about many."""
    version = version_of(request, pk)
    others = [other for other, _ in _chosen(request) if other.pk != pk]
    back, refused = _taken_back([version, *others], request.member)
    for sentence in refused:
        messages.error(request, sentence)
    if back:
        what = ngettext("Back in review: “%(what)s”", "Back in review: %(count)s versions", len(back))
        messages.success(request, what % {"what": back[0].asset, "count": len(back)})
    return _shown(request, back[0] if back else version, added=back)


def _taken_back(versions: Sequence[Version], by: Membership) -> tuple[list[Version], list[str]]:
    back, refused = [], []
    for version in versions:
        try:
            version.undo(by=by)
        except (IllegalMove, PermissionDenied) as e:
            refused.append(f"{version.asset}: {e}")
        else:
            back.append(version)
    return back, refused


def _decide(request: ConsoleRequest, pk: UUID, verb: Verb, done: str) -> HttpResponse:
    """Decide and go on to the next; when that is refused, show why, what it has become, and the words as typed."""
    version = version_of(request, pk)
    try:
        _require_fresh(version, request.POST.get("edition", ""))
        verb(version)
    except (IllegalMove, PermissionDenied) as e:
        messages.error(request, str(e))
        return _refused(request, version_of(request, pk))
    except Stale:
        return _refused(request, version_of(request, pk))
    said = f"{done}: “{version.asset}”"
    if not request.htmx:
        messages.success(request, said)
    return _go_on(request, version, said)


def _require_fresh(version: Version, edition: str) -> None:
    """A form that does not say what it has seen is taken as it is; the verbs look at the status in any case."""
    if edition and edition != str(version.edition):
        raise Stale


def _refused(request: ConsoleRequest, now: Version) -> HttpResponse:
    """The version as it is now, with the words that were typed: they are somebody's work."""
    asking = request.resolver_match.url_name if request.resolver_match else ""
    typed = request.POST.get("words", "")
    more: dict[str, Any] = {"typed": typed, "asking": asking, "filled": _filled(request)}
    if changed := _changed(now, request):
        more["conflict"] = changed
    return show(request, now, status=409, gone=None if now.in_review else now, **more)


def _filled(request: ConsoleRequest) -> dict[str, str]:
    """The rows of pins as they were filled in."""
    return {name: str(request.POST[name]) for name in request.POST if name.startswith("pin-")}


def _changed(now: Version, request: ConsoleRequest) -> dict[str, Any] | None:
    """Who changed it since the form was made, when, and where one sees what is different; None: nobody did."""
    if request.POST.get("edition", "") in ("", str(now.edition)):
        return None
    line = Event.objects.about(now).select_related("user").order_by("-at", "-id").exclude(verb="commented").first()
    newer = now.asset.versions.filter(current=True).exclude(pk=now.pk).first()
    return {"line": line, "newer": newer}


def _go_on(request: ConsoleRequest, decided: Version, said: str) -> HttpResponse:
    narrowed = narrowed_by(request)
    following = queue.following(decided, narrowed)
    url = _address(request, following)
    if not request.htmx:
        return redirect(f"{url}{'&' if '?' in url else '?'}undo={decided.pk}")
    back: dict[str, Any] = {"undo": decided, "undo_ms": UNDO.seconds * 1000, "said": said}
    response = show(request, following, gone=decided, all_done=following is None, **back)
    response["HX-Replace-Url"] = url
    return response


def _shown(request: ConsoleRequest, version: Version, added: Sequence[Version]) -> HttpResponse:
    """After an undo: the version itself, and its row in the queue again."""
    url = _address(request, version)
    if not request.htmx:
        return redirect(url)
    rows = queue.page(request.workspace, narrowed=narrowed_by(request))
    response = show(request, version_of(request, version.pk), queue_again=rows if added else None)
    response["HX-Replace-Url"] = url
    return response


def _address(request: ConsoleRequest, version: Version | None) -> str:
    place = ["review", version.pk] if version else ["queue"]
    url = reverse(f"approvals:{place[0]}", args=[request.workspace.slug, *place[1:]])
    return url + narrowed_by(request).query


# --- Many at once ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Outcome:
    """What became of one of them. `why`: the sentence, when nothing was done."""

    version: Version
    why: str = ""


VERBS: dict[str, tuple[str, Callable[[Version, Membership, str], Review]]] = {
    "accept": (gettext_noop("Accepted"), lambda v, by, words: v.accept(by=by, feedback=words)),
    "regenerate": (gettext_noop("Asked to regenerate"), lambda v, by, words: v.regenerate(by=by, feedback=words)),
    "reject": (gettext_noop("Rejected"), lambda v, by, words: v.reject(by=by, reason=words)),
}


@require_POST
@console(Ability.REVIEW)
def decide_many(request: ConsoleRequest) -> HttpResponse:
    """`v` (several, "id.edition"), `how` and `words`: each decided for itself, and each answered for itself."""
    how, words = request.POST.get("how", ""), request.POST.get("words", "")
    chosen = _chosen(request)
    if how not in VERBS or not chosen:
        messages.error(request, _("Select something first, and say what to do with it."))
        return redirect("approvals:queue", request.workspace.slug)
    outcomes = [_one(version, edition, how, words, request.member) for version, edition in chosen]
    context = {
        "outcomes": outcomes, "how": _(VERBS[how][0]), "done": [o.version for o in outcomes if not o.why],
        "blocked": [o.version for o in outcomes if o.why], "undo_ms": UNDO.seconds * 1000, "words": words,
        "narrowed": narrowed_by(request),
    }  # fmt: skip
    if request.htmx:
        context |= {"summary": queue.counted(request.member, narrowed_by(request))}
        return render(request, "approvals/_many_swap.html", context)
    return render(request, "approvals/many.html", context)


def _chosen(request: ConsoleRequest) -> list[tuple[Version, str]]:
    """This workspace's versions that were ticked, in the queue's order, each with the edition that was seen."""
    said = dict(text.partition(".")[::2] for text in request.POST.getlist("v")[:MOST_AT_ONCE])
    ids = {pk: edition for text, edition in said.items() if (pk := as_uuid(text))}
    rows = Version.objects.with_parts().filter(pk__in=ids, workspace=request.workspace)
    return [(version, ids[version.pk]) for version in rows.order_by("planned_at", "id")]


def _one(version: Version, edition: str, how: str, words: str, by: Membership) -> Outcome:
    try:
        _require_fresh(version, edition)
        VERBS[how][1](version, by, words)
    except (IllegalMove, PermissionDenied) as e:
        return Outcome(version, str(e))
    except Stale:
        return Outcome(version, _("It was changed since you selected it. Look at it first."))
    return Outcome(version)
