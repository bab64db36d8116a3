"""Webhooks for operators: what is told where, what became of it, and to send it again."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.formats import date_format
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy, gettext_noop

from collavo.accounts.admin_base import Verb, VerbAdmin, change_link, chip, short
from collavo.timeline.models import Delivery, Endpoint
from collavo.timeline.outgoing import verbs
from collavo.timeline.outgoing.models import SECRETS, EndpointStatus

KINDS = {
    "active": "ok",
    "paused": "",
    "off": "bad",
    "removed": "",
    "pending": "wait",
    "delivered": "ok",
    "failed": "bad",
}


@admin.register(Endpoint)
class EndpointAdmin(VerbAdmin[Endpoint]):
    list_display = ["__str__", "state", "url", "failures", "last_taken", "workspace"]
    list_filter = ["status", ("workspace", admin.RelatedOnlyFieldListFilter)]
    list_select_related = ["workspace"]
    search_fields = ["url", "note"]
    ordering = ["-id"]
    exclude = list(SECRETS)
    refusals = (PermissionDenied, verbs.Refused)
    verbs: ClassVar[list[Verb[Endpoint]]] = [
        Verb(
            "test",
            gettext_noop("Send a test"),
            gettext_noop("is sent a test"),
            lambda e, by, _: verbs.test(e, by=by),
            lambda e: not _removed(e),
        ),
        Verb(
            "pause",
            gettext_noop("Pause"),
            gettext_noop("is paused"),
            lambda e, by, _: verbs.pause(e, by=by),
            lambda e: e.active,
        ),
        Verb(
            "resume",
            gettext_noop("Switch on"),
            gettext_noop("is on again"),
            lambda e, by, _: verbs.resume(e, by=by),
            lambda e: e.status in (EndpointStatus.PAUSED, EndpointStatus.OFF),
        ),
        Verb(
            "remove",
            gettext_noop("Remove"),
            gettext_noop("is removed"),
            lambda e, by, _: verbs.remove(e, by=by),
            lambda e: not _removed(e),
            confirm=gettext_noop("Nothing is sent there any more, and what waits is dropped."),
        ),
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Endpoint]:
        return super().get_queryset(request).defer(*SECRETS)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False  # its secret is shown once, to whoever adds it in the console

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return [*(f.name for f in Endpoint._meta.fields if f.name not in SECRETS), "history"]

    @admin.display(description=gettext_lazy("state"), ordering="status")
    def state(self, endpoint: Endpoint) -> SafeString:
        return chip(KINDS[endpoint.status], endpoint.get_status_display(), endpoint.reason)

    @admin.display(description=gettext_lazy("last taken (UTC)"), ordering="worked_at")
    def last_taken(self, endpoint: Endpoint) -> str:
        return short(endpoint.worked_at)


def _removed(endpoint: Endpoint) -> bool:
    return endpoint.status == EndpointStatus.REMOVED


@admin.register(Delivery)
class DeliveryAdmin(VerbAdmin[Delivery]):
    workspace_path = "endpoint__workspace"
    list_display = ["when", "event_type", "state", "tries", "http_status", "error", "to"]
    list_filter = ["status", "created_at"]
    list_select_related = ["endpoint__workspace"]
    search_fields = ["subject_id__exact", "event__id__exact", "event_type"]
    search_help_text = gettext_lazy("The id of a post, version, account or event; or a type such as “post.failed”.")
    ordering = ["-id"]
    refusals = (PermissionDenied, verbs.Refused)
    verbs: ClassVar[list[Verb[Delivery]]] = [
        Verb(
            "replay",
            gettext_noop("Send again"),
            gettext_noop("is sent again"),
            lambda d, by, _: verbs.replay(d, by=by),
            lambda d: not d.pending,
        ),
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Delivery]:
        return super().get_queryset(request).defer(*(f"endpoint__{name}" for name in SECRETS))

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return [f.name for f in Delivery._meta.fields]

    @admin.display(description=gettext_lazy("at (UTC)"), ordering="id")
    def when(self, delivery: Delivery) -> str:
        return date_format(delivery.created_at, "d M Y H:i:s")

    @admin.display(description=gettext_lazy("state"), ordering="status")
    def state(self, delivery: Delivery) -> SafeString:
        return chip(KINDS[delivery.status], delivery.get_status_display(), delivery.error)

    @admin.display(description=gettext_lazy("to"))
    def to(self, delivery: Delivery) -> SafeString:
        return change_link(delivery.endpoint)
