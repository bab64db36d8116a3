"""The history, for operators: to search, never to change."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy

from collavo.accounts.admin_base import ReadOnly, pretty
from collavo.timeline.models import Event, Notice
from collavo.timeline.outgoing import admin as outgoing  # noqa: F401  (its pages)

# Where the things live that history speaks of; history itself knows no app above it.
SUBJECTS = {
    "apitoken": "accounts",
    "asset": "approvals",
    "case": "approvals",
    "connector": "connectors",
    "endpoint": "timeline",
    "membership": "accounts",
    "post": "publishing",
    "rights": "approvals",
    "slot": "approvals",
    "media": "approvals",
    "version": "approvals",
    "workspace": "accounts",
}


class SubjectFilter(admin.SimpleListFilter):
    """By kind of thing: a fixed list, because asking a long history for its kinds would read all of it."""

    title = "about"
    parameter_name = "about"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(name, name) for name in SUBJECTS]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Event]) -> QuerySet[Event]:
        return queryset.filter(subject_type=self.value()) if self.value() else queryset


@admin.register(Event)
class EventAdmin(ReadOnly[Event]):
    list_display = ["when", "by", "verb", "subject", "text", "workspace"]
    list_filter = ["at", SubjectFilter, ("workspace", admin.RelatedOnlyFieldListFilter)]
    list_select_related = ["workspace"]
    search_fields = ["text", "by", "verb", "subject_id__exact", "case_id__exact"]
    search_help_text = gettext_lazy("Words, who, a verb (“accepted”), or the id of a thing or a case.")
    ordering = ["-id"]  # ids are made in the order of time, and have an index
    fields = ["at", "by", "user", "verb", "subject", "text", "details", "workspace", "case_id"]
    readonly_fields = ["subject", "details"]

    @admin.display(description=gettext_lazy("at (UTC)"), ordering="id")
    def when(self, event: Event) -> str:
        """With seconds: the order is the point."""
        return date_format(event.at, "d M Y H:i:s")

    @admin.display(description=gettext_lazy("about"))
    def subject(self, event: Event) -> SafeString:
        name = f"admin:{SUBJECTS.get(event.subject_type, '')}_{event.subject_type}_change"
        try:
            address = reverse(name, args=[event.subject_id])
        except NoReverseMatch:  # a kind of thing without a page
            return format_html("{}", event.subject_type)
        return format_html('<a href="{}">{}</a>', address, event.subject_type)

    @admin.display(description=gettext_lazy("details"))
    def details(self, event: Event) -> SafeString:
        return pretty(event.data)


@admin.register(Notice)
class NoticeAdmin(ReadOnly[Notice]):
    """Who was told what, and whether the mail and the push went out."""

    list_display = ["when", "user", "topic", "title", "read_at", "mailed_at", "mail_error", "pushed_at", "workspace"]
    list_filter = ["created_at", "topic", ("workspace", admin.RelatedOnlyFieldListFilter)]
    list_select_related = ["user", "workspace"]
    search_fields = ["title", "text", "user__email", "subject_id__exact"]
    search_help_text = gettext_lazy("Words, a person's e-mail address, or the id of a post or an account.")
    ordering = ["-id"]

    @admin.display(description=gettext_lazy("at (UTC)"), ordering="id")
    def when(self, notice: Notice) -> str:
        return date_format(notice.created_at, "d M Y H:i:s")
