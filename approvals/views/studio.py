"""Pages of the studios: choose what to have made of a version, and see what becomes of it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from approvals.models import Studio, StudioJob, Version
from approvals.states import IllegalMove
from approvals.studios import verbs, words
from approvals.studios.fixes import fix
from approvals.studios.forms import PromptForm, RecipeForm
from approvals.studios.recipes import Recipe, for_version
from approvals.views.stage import version_of
from collavo.accounts.access import ConsoleRequest, console
from collavo.accounts.models import Ability
from connectors.platforms.registry import PLATFORMS

JOBS = 10  # of one asset, on its pages


@require_http_methods(["GET", "HEAD", "POST"])
@console(Ability.CREATE)
def studio(request: ConsoleRequest, pk: UUID) -> HttpResponse:
    """What can be made of this version; `?recipe=` or `?studio=` opens one with its settings, POST begins it."""
    version = version_of(request, pk)
    recipes, others = for_version(version), _studios(request, version)
    recipe = next((r for r in recipes if r.key == request.GET.get("recipe")), None)
    other = next((s for s in others if str(s.pk) == request.GET.get("studio")), None)
    form = _form(request, version, recipe, other)
    if request.method == "POST" and form is not None and form.is_valid():
        return _begin(request, version, recipe, other, form.cleaned_data)
    context = {
        "version": version, "items": version.ordered_items(), "recipes": recipes, "studios": others, "recipe": recipe,
        "studio": other, "form": form, "rows": rows(version.asset_id),
    }  # fmt: skip
    return render(request, "studio/studio.html", context)


def _studios(request: ConsoleRequest, version: Version) -> list[Studio]:
    """Those outside that can start from this version."""
    found = Studio.objects.active().without_secrets().filter(workspace=request.workspace).order_by("name")
    kinds = [item.media.kind for item in version.ordered_items()]
    return [studio for studio in found if studio.takes(kinds)]


def _form(
    request: ConsoleRequest, version: Version, recipe: Recipe | None, other: Studio | None
) -> RecipeForm | PromptForm | None:
    data = request.POST if request.method == "POST" else None
    if recipe:
        return RecipeForm(data, recipe=recipe, version=version)
    return PromptForm(data, studio=other) if other else None


def _begin(
    request: ConsoleRequest, version: Version, recipe: Recipe | None, other: Studio | None, said: dict[str, Any]
) -> HttpResponse:
    try:
        if recipe:
            job = verbs.start(version, recipe.key, by=request.member, options=said)
        else:
            kind = other.kind if other else ""
            job = verbs.start(version, kind, by=request.member, studio=other, prompt=said["prompt"])
    except (IllegalMove, PermissionDenied) as e:
        messages.error(request, str(e))
        return redirect(request.get_full_path())
    return _to(request, job)


@require_POST
@console(Ability.CREATE)
def mend(request: ConsoleRequest, pk: UUID) -> HttpResponse:
    """Have made what would fit: `platform` says where."""
    version = version_of(request, pk)
    spec = PLATFORMS.get(request.POST.get("platform", ""))
    found = fix(version.content(), spec.rules, spec.key) if spec else None
    try:
        if found is None:
            raise IllegalMove(_("There is nothing to mend here any more. Look at the checks again."))
        return _to(request, verbs.mend(version, found, by=request.member))
    except (IllegalMove, PermissionDenied) as e:
        messages.error(request, str(e))
        return redirect("approvals:studio", request.workspace.slug, version.pk)


@require_safe
@console()
def job(request: ConsoleRequest, pk: UUID) -> HttpResponse:
    """One job. While it is open its state asks for itself again; without scripts the page is loaded anew."""
    found = job_of(request, pk)
    context = _job_context(found) | {"listener": request.GET.get("seen", words.seen(found))}
    return render(request, "studio/_state.html" if request.htmx else "studio/job.html", context)


def _job_context(found: StudioJob) -> dict[str, Any]:
    return {
        "job": found, "name": words.name(found), "chip": words.chip(found), "sentence": words.sentence(found),
        "seen": words.seen(found), "spoken": words.spoken(found), "version": found.source, "until": words.until(found),
        "marks": found.review.marks if found.review else [],
    }  # fmt: skip


@require_POST
@console(Ability.CREATE)
def cancel_job(request: ConsoleRequest, pk: UUID) -> HttpResponse:
    found = job_of(request, pk)
    try:
        verbs.cancel(found, by=request.member)
        messages.success(request, _("Called off. Nothing is made of it."))
    except (IllegalMove, PermissionDenied) as e:
        messages.error(request, str(e))
    return _to(request, found)


@require_POST
@console(Ability.CREATE)
def retry_job(request: ConsoleRequest, pk: UUID) -> HttpResponse:
    found = job_of(request, pk)
    try:
        return _to(request, verbs.again(found, by=request.member))
    except (IllegalMove, PermissionDenied) as e:
        messages.error(request, str(e))
        return _to(request, found)


def job_of(request: ConsoleRequest, pk: UUID) -> StudioJob:
    """This workspace's job, or 404."""
    jobs = StudioJob.objects.for_pages().select_related(
        "case", "workspace", "source__workspace", "result__asset", "review"
    )
    return get_object_or_404(jobs, pk=pk, workspace=request.workspace)


def rows(asset_id: UUID) -> list[tuple[StudioJob, str, words.Chip]]:
    """The last jobs about an asset, the newest first, with their name and chip. One query."""
    found = StudioJob.objects.for_pages().filter(asset=asset_id).order_by("-created_at", "-pk")[:JOBS]
    return [(each, words.name(each), words.chip(each)) for each in found]


def _to(request: ConsoleRequest, found: StudioJob) -> HttpResponse:
    return redirect("approvals:studio_job", request.workspace.slug, found.pk)
