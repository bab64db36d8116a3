"""The usage rights of an asset: add, change, and look at the evidence."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import FileResponse, Http404, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from approvals.models import Asset, Rights
from approvals.rights_form import RightsForm
from approvals.storage.base import StorageDown
from approvals.views.assets import asset_of
from collavo.accounts.access import ConsoleRequest, console
from collavo.accounts.models import Ability


@require_http_methods(["GET", "HEAD", "POST"])
@console(Ability.PUBLISH)
def new_rights(request: ConsoleRequest, pk: UUID) -> HttpResponse:
    asset = asset_of(request, pk)
    return _form(request, asset, Rights(workspace=request.workspace, asset=asset), "Added.")


@require_http_methods(["GET", "HEAD", "POST"])
@console(Ability.PUBLISH)
def change_rights(request: ConsoleRequest, pk: UUID) -> HttpResponse:
    rights = _rights(request, pk)
    return _form(request, rights.asset, rights, "Saved.")


def _form(request: ConsoleRequest, asset: Asset, rights: Rights, said: str) -> HttpResponse:
    sent = request.method == "POST"
    form = RightsForm(request.POST if sent else None, request.FILES if sent else None, rights=rights)
    if sent and form.is_valid() and _kept(form, asset, request):
        messages.success(
            request,
            _("%(said)s What is planned is checked against it at once and again when it goes out.") % {"said": said},
        )
        return redirect("approvals:asset", request.workspace.slug, asset.pk)
    context = {"form": form, "asset": asset, "rights": None if rights._state.adding else rights}
    return render(request, "approvals/rights.html", context, status=422 if sent else 200)


def _kept(form: RightsForm, asset: Asset, request: ConsoleRequest) -> bool:
    """Whether they were written down; what keeps them from it stands at the form."""
    try:
        form.keep(asset, by=request.member)
    except StorageDown as e:
        form.add_error("proof", str(e))
        return False
    return True


@require_safe
@console()
def evidence(request: ConsoleRequest, pk: UUID) -> HttpResponseBase:
    """The file as it was given, to save: it is never shown inside our pages."""
    rights = _rights(request, pk)
    if not rights.evidence:
        raise Http404(_("There is no evidence file."))
    try:
        source = rights.evidence.storage.open(str(rights.evidence.name))
    except FileNotFoundError as e:
        raise Http404(_("The file is gone.")) from e
    except StorageDown as e:
        return HttpResponse(str(e), status=503, headers={"Retry-After": "30"}, content_type="text/plain")
    response = FileResponse(
        source, as_attachment=True, filename=rights.evidence_name, content_type="application/octet-stream"
    )
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, no-store"
    return response


def _rights(request: ConsoleRequest, pk: UUID) -> Rights:
    parts = Rights.objects.select_related("asset__case", "workspace")
    return get_object_or_404(parts, pk=pk, workspace=request.workspace)
