"""Where creators put content in: a new asset, or the next round of one."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from approvals import uploads
from approvals.forms import AssetForm, Sends, VersionForm
from approvals.media import UnreadableMedia
from approvals.models import Case, Review, Slot
from approvals.states import IllegalMove
from approvals.storage.base import StorageDown
from approvals.views.assets import asset_of
from collavo.accounts.access import ConsoleRequest, console
from collavo.accounts.models import Ability
from collavo.ids import as_uuid

FORM_METHODS = ["GET", "HEAD", "POST"]


@require_http_methods(FORM_METHODS)
@console(Ability.CREATE)
def new_asset(request: ConsoleRequest) -> HttpResponse:
    form = AssetForm(request.POST or None, request.FILES or None, by=request.member, initial=_planned(request))
    if request.method == "POST" and form.ready():
        return _submitted(request, form)
    return render(request, "approvals/new_asset.html", {"form": form})


@require_http_methods(FORM_METHODS)
@console(Ability.CREATE)
def new_version(request: ConsoleRequest, pk: UUID) -> HttpResponse:
    asset = asset_of(request, pk)
    form = VersionForm(request.POST or None, request.FILES or None, by=request.member, asset=asset)
    if request.method == "POST" and form.ready():
        return _submitted(request, form)
    asked = Review.objects.standing().filter(version__asset=asset).with_people().order_by("-at")
    return render(request, "approvals/new_version.html", {"form": form, "asset": asset, "asked": asked[:10]})


@require_POST
@console(Ability.CREATE)
def upload_media(request: ConsoleRequest) -> HttpResponse:
    """One file, sent while the rest of the form is still being filled in. Answers its row of the form."""
    upload = request.FILES.get("files")
    if upload is None:
        return _refused(request, _("No file arrived. Choose it again."))
    try:
        media = uploads.take(upload, by=request.member)
    except (UnreadableMedia, StorageDown) as e:
        return _refused(request, f"{upload.name}: {e}")
    return render(request, "approvals/_media_row.html", {"media": media, "alt_text": ""})


def _refused(request: HttpRequest, sentence: str) -> HttpResponse:
    return render(request, "approvals/_media_error.html", {"sentence": sentence}, status=422)


def _submitted(request: ConsoleRequest, form: Sends) -> HttpResponse:
    try:
        version = form.submit()
    except IllegalMove as e:
        messages.error(request, str(e))
        return redirect("approvals:asset", request.workspace.slug, form.asset_id)
    messages.success(
        request,
        _("Sent in for review: “%(asset)s”, round %(round)s") % {"asset": version.asset, "round": version.round},
    )
    return redirect("approvals:asset", request.workspace.slug, version.asset_id)


def _planned(request: ConsoleRequest) -> dict[str, Any]:
    """What links into the form say: the slot to fill, or the case."""
    if pk := request.GET.get("slot"):
        slot = get_object_or_404(Slot, pk=as_uuid(pk), workspace=request.workspace)
        return {"slot": str(slot.pk), "case": slot.case_id, "format": slot.format}
    if pk := request.GET.get("case"):
        return {"case": get_object_or_404(Case, pk=as_uuid(pk), workspace=request.workspace).pk}
    return {}
