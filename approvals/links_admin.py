"""Shared links and calendar feeds in the admin: who gave what to whom. Their secrets are kept nowhere."""

from __future__ import annotations

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from approvals.models import CalendarFeed, ShareLink
from collavo.accounts.admin_base import ReadOnly, chip

IN_WORKSPACE = ("workspace", admin.RelatedOnlyFieldListFilter)


@admin.register(ShareLink)
class ShareLinkAdmin(ReadOnly[ShareLink]):
    """To look at; a link is revoked in the console, under Gallery."""

    list_display = ("title", "state", "by", "workspace", "created_at", "expires_at", "seen_at")
    list_filter = ("expires_at", IN_WORKSPACE)
    search_fields = ("title", "by__email", "id__exact")
    ordering = ("-created_at",)
    fields = ("title", "state", "versions", "by", "workspace", "created_at", "expires_at", "revoked_at", "seen_at")
    readonly_fields = ("state",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[ShareLink]:
        return super().get_queryset(request).select_related("by", "workspace")

    @admin.display(description=gettext_lazy("state"))
    def state(self, link: ShareLink) -> SafeString:
        if link.revoked_at:
            return chip("bad", _("Revoked"))
        return chip("", _("Over")) if link.ended else chip("ok", _("Open"))


@admin.register(CalendarFeed)
class CalendarFeedAdmin(ReadOnly[CalendarFeed]):
    """To look at; whoever it belongs to ends it in the console, under Calendar, Subscribe."""

    list_display = ("user", "workspace", "created_at", "fetched_at")
    list_filter = (IN_WORKSPACE,)
    search_fields = ("user__email",)
    ordering = ("-created_at",)
    fields = ("user", "workspace", "created_at", "fetched_at")

    def get_queryset(self, request: HttpRequest) -> QuerySet[CalendarFeed]:
        return super().get_queryset(request).select_related("user", "workspace")
