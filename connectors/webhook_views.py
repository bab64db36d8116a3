"""Where platforms tell us things. No session, no cookie: the signature over the raw body is what counts."""

from __future__ import annotations

import logging

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_http_methods

from connectors import notices
from connectors.models import WebhookNotice
from connectors.platforms import registry
from connectors.platforms.base import Platform
from connectors.platforms.oauth import Forged, Incoming, Webhooks

MOST_BYTES = 1024 * 1024  # of one request; the platforms' own are some kilobytes
LEAST_CODE = 16  # characters of a confirmation code

log = logging.getLogger(__name__)


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def webhook(request: HttpRequest, platform: str, topic: str = "") -> HttpResponse:
    """GET: the platform looks whether the address is ours. POST: it tells something; answered before it is done."""
    spec, hooks = _platform(platform)
    if request.method == "POST" and int(request.headers.get("Content-Length") or 0) > MOST_BYTES:
        return HttpResponse(_("Too much."), status=413, content_type="text/plain")
    incoming = _incoming(request, spec, topic)
    if request.method != "POST":
        greeting = hooks.greet(incoming)
        return HttpResponse(greeting or "", status=403 if greeting is None else 200, content_type="text/plain")
    try:
        answer = notices.receive(spec, hooks, incoming)
    except Forged as e:
        log.warning("Webhook of %s refused: %s", spec.key, e)
        return HttpResponse(status=403)
    return HttpResponse() if answer is None else JsonResponse(answer, safe=False)


def _platform(key: str) -> tuple[Platform, Webhooks]:
    spec = registry.PLATFORMS.get(key)
    if spec is None or spec.webhooks is None:
        raise Http404(_("Nothing is expected here."))
    return spec, spec.webhooks


def _incoming(request: HttpRequest, spec: Platform, topic: str) -> Incoming:
    return Incoming(
        topic=topic,
        headers={name.lower(): value for name, value in request.headers.items()},
        query=request.GET.dict(),
        body=request.body,
        status_url=settings.BASE_URL + reverse("data_deletion"),
        at=timezone.now(),
    )


@require_GET
def data_deletion(request: HttpRequest) -> HttpResponse:
    """Somebody who had their data deleted asks, by the code that the platform gave them, whether it was done."""
    code = request.GET.get("code", "")
    found = WebhookNotice.objects.filter(key__startswith=code).first() if len(code) >= LEAST_CODE else None
    if found is None:
        raise Http404(_("This code is not known here, or its request is older than 30 days."))
    return render(request, "connectors/deletion.html", {"notice": found})
