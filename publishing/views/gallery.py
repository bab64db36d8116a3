"""The gallery: finished assets, to look through, download, share and use again."""

from __future__ import annotations

import mimetypes
from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from approvals.links import MOST_SHARED, share
from approvals.media_views import send
from approvals.models import ShareLink, Version
from approvals.states import IllegalMove
from collavo.accounts.access import ConsoleRequest, console
from collavo.accounts.models import Ability
from collavo.ids import as_uuid
from publishing.gallery import MOST, GalleryForm, as_zip, channels, chosen, clean, page
from publishing.rights import ending

LINKS = 100  # the newest
DAYS = (7, 14, 30, 90)


@console()
@require_safe
def gallery(request: ConsoleRequest) -> HttpResponse:
    """Newest first; `?after=` goes on behind that version."""
    form = GalleryForm(request.GET)
    tiles, more = page(request.workspace, form, _after(request))
    context = {"tiles": tiles, "more": more, "form": form, "days": DAYS, "later": "after" in request.GET}
    if request.htmx and "after" in request.GET:
        return render(request, "gallery/_tiles.html", context)
    form.offer(channels(request.workspace))
    return render(request, "gallery/gallery.html", context)


def _after(request: ConsoleRequest) -> Version | None:
    if (pk := as_uuid(request.GET.get("after"))) is None:
        return None
    return Version.objects.filter(workspace=request.workspace, pk=pk).only("decided_at").first()


@console()
@require_safe
def download(request: ConsoleRequest, pk: UUID) -> HttpResponseBase:
    """The file of one finished asset; where there are several, or words alone, all in a ZIP."""
    version = next(iter(chosen(request.workspace, [str(pk)])), None)
    if version is None:
        raise Http404(_("There is no such finished asset."))
    items = version.ordered_items()
    if len(items) != 1:
        return _zip([version], f"{clean(version.asset.title)}.zip")
    media = items[0].media
    response = send(request, media.file, media.mime_type)
    suffix = mimetypes.guess_extension(media.mime_type) or ""
    response["Content-Disposition"] = content_disposition_header(True, f"{clean(version.asset.title)}{suffix}") or ""
    response["Cache-Control"] = "private, no-store"
    return response


@console()
@require_POST
def download_chosen(request: ConsoleRequest) -> HttpResponseBase:
    """What was ticked, as one ZIP that is made while it is sent."""
    versions = chosen(request.workspace, request.POST.getlist("v"))
    if not versions or len(versions) > MOST:
        messages.error(request, _("Choose between 1 and %(most)s assets to download.") % {"most": MOST})
        return redirect("publishing:gallery", request.workspace.slug)
    return _zip(versions, f"{request.workspace.slug} {timezone.localdate():%Y-%m-%d}.zip")


def _zip(versions: list[Version], name: str) -> StreamingHttpResponse:
    made = as_zip(versions)
    response = StreamingHttpResponse(made, content_type="application/zip")
    response["Content-Length"] = str(len(made))
    response["Content-Disposition"] = content_disposition_header(True, name) or ""
    response["Cache-Control"] = "private, no-store"
    return response


# --- Sharing ---------------------------------------------------------------------------------------------------------


@console(Ability.PUBLISH)
@never_cache
@require_POST
def share_chosen(request: ConsoleRequest) -> HttpResponse:
    """A public link to what was ticked. Its address is shown in this answer alone."""
    versions = chosen(request.workspace, request.POST.getlist("v"), MOST_SHARED)
    days = request.POST.get("days", "")
    until = timezone.now() + timedelta(days=int(days) if days.isdecimal() and int(days) in DAYS else DAYS[1])
    try:
        link, token = share(versions, until=until, by=request.member)
    except (IllegalMove, PermissionDenied) as e:
        messages.error(request, str(e))
        return redirect("publishing:gallery", request.workspace.slug)
    address = settings.BASE_URL + reverse("shared", args=[token])
    return render(request, "gallery/shares.html", _shares(request) | {"made": link, "address": address})


@console(Ability.PUBLISH)
@require_safe
def shares(request: ConsoleRequest) -> HttpResponse:
    return render(request, "gallery/shares.html", _shares(request))


def _shares(request: ConsoleRequest) -> dict[str, object]:
    links = ShareLink.objects.filter(workspace=request.workspace).select_related("by").order_by("-created_at")
    return {"links": list(links[:LINKS])}


@console(Ability.PUBLISH)
@require_POST
def revoke_share(request: ConsoleRequest, pk: UUID) -> HttpResponse:
    link = ShareLink.objects.filter(workspace=request.workspace, pk=pk).first()
    if link is None:
        raise Http404(_("There is no such link."))
    link.revoke(by=request.member)
    messages.success(request, _("The link to “%(name)s” is ended. Nobody can open it any more.") % {"name": link})
    return redirect("publishing:shares", request.workspace.slug)


# --- Rights that end -------------------------------------------------------------------------------------------------


@console()
@require_safe
def rights(request: ConsoleRequest) -> HttpResponse:
    """The rights that ended lately or end soon, with what is planned for after that."""
    return render(request, "gallery/rights.html", {"ending": ending(request.workspace)})
