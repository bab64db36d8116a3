"""What somebody sees who was given a link: approved content, without signing in, until the link ends."""

from __future__ import annotations

import mimetypes
from datetime import timedelta
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from approvals.links import opened_share
from approvals.media_views import VARIANTS, send
from approvals.models import ShareLink, Version, VersionMedia, VersionQuerySet

SEEN_EVERY = timedelta(minutes=1)


@require_safe
def shared(request: HttpRequest, token: str) -> HttpResponse:
    """The page of a link. One that is over, revoked or guessed does not exist."""
    link = _link(token)
    versions = list(_versions(link).with_parts().order_by("asset__title", "id"))
    if link.seen_at is None or timezone.now() - link.seen_at > SEEN_EVERY:
        ShareLink.objects.filter(pk=link.pk).update(seen_at=timezone.now())
    context = {"link": link, "versions": versions, "token": token, "zone": link.workspace.time_zone}
    return _guarded(render(request, "gallery/shared.html", context))


@require_safe
def shared_media(request: HttpRequest, token: str, pk: UUID, variant: str) -> HttpResponseBase:
    """A file of what the link shows, and of nothing else; with byte ranges. `?download` saves it."""
    link = _link(token)
    items = VersionMedia.objects.filter(version__in=_versions(link), media=pk).select_related("media")
    item = items.first()
    if item is None or variant not in VARIANTS or not (file := getattr(item.media, variant)):
        raise Http404(_("There is no such file."))
    mime_type = item.media.mime_type if variant == "file" else "image/jpeg"
    response = _guarded(send(request, file, mime_type))
    if "download" in request.GET:
        name = f"{item.media.name.rsplit('.', 1)[0]}{mimetypes.guess_extension(mime_type) or ''}"
        response["Content-Disposition"] = content_disposition_header(True, name) or ""
    return response


def _link(token: str) -> ShareLink:
    link = opened_share(token)
    if link is None:
        raise Http404(_("This link has ended, or it was never one."))
    return link


def _versions(link: ShareLink) -> VersionQuerySet:
    """What was shared and is still approved content in use."""
    return Version.objects.filter(share_links=link, asset__discarded_at=None).exclude(seal="")


def _guarded[R: HttpResponseBase](response: R) -> R:
    """Kept out of caches, search engines and the addresses that other sites are told."""
    response["Cache-Control"] = "private, no-store"
    response["X-Robots-Tag"] = "noindex, nofollow"
    response["Referrer-Policy"] = "no-referrer"
    return response
