"""Studios for operators: who may be asked, and what became of each job. Nothing is sent from here."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext, gettext_lazy, gettext_noop

from approvals.states import IllegalMove
from approvals.studios import owning, verbs, words
from approvals.studios.models import SECRETS, Studio, StudioJob
from approvals.studios.states import JobStatus
from collavo.accounts.admin_base import Verb, VerbAdmin, chip


@admin.register(Studio)
class StudioAdmin(VerbAdmin[Studio]):
    list_display = ["name", "kind", "state", "url", "patience", "workspace"]
    list_filter = ["kind", "active", ("workspace", admin.RelatedOnlyFieldListFilter)]
    list_select_related = ["workspace"]
    search_fields = ["name", "url"]
    ordering = ["-id"]
    exclude = list(SECRETS)
    refusals = (PermissionDenied, owning.Refused)
    verbs: ClassVar[list[Verb[Studio]]] = [
        Verb(
            "off",
            gettext_noop("Switch off"),
            gettext_noop("gets no jobs any more"),
            lambda s, by, _: owning.switch(s, on=False, by=by),
            lambda s: s.active,
        ),
        Verb(
            "on",
            gettext_noop("Switch on"),
            gettext_noop("gets jobs again"),
            lambda s, by, _: owning.switch(s, on=True, by=by),
            lambda s: not s.active,
        ),
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Studio]:
        return super().get_queryset(request).defer(*SECRETS)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False  # its secret is shown once, to whoever adds it in the console

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return [*(f.name for f in Studio._meta.fields if f.name not in SECRETS), "history"]

    @admin.display(description=gettext_lazy("state"), ordering="active")
    def state(self, studio: Studio) -> SafeString:
        return chip("ok", gettext("Active")) if studio.active else chip("", gettext("Switched off"))


@admin.register(StudioJob)
class StudioJobAdmin(VerbAdmin[StudioJob]):
    list_display = ["asset", "what", "state", "progress", "due_at", "requested_by", "workspace"]
    list_filter = ["status", "recipe", "created_at", ("workspace", admin.RelatedOnlyFieldListFilter)]
    list_select_related = ["workspace", "asset", "studio", "requested_by"]
    search_fields = ["id__exact", "asset__title", "remote_id"]
    ordering = ["-id"]
    refusals = (PermissionDenied, IllegalMove)
    verbs: ClassVar[list[Verb[StudioJob]]] = [
        Verb(
            "cancel",
            gettext_noop("Call off"),
            gettext_noop("is called off"),
            lambda j, by, _: verbs.cancel(j, by=by),
            lambda j: j.is_open,
        ),
        Verb(
            "again",
            gettext_noop("Try again"),
            gettext_noop("is tried again"),
            lambda j, by, _: _again(j, by),
            lambda j: not j.is_open and j.status != JobStatus.DONE,
        ),
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[StudioJob]:
        return super().get_queryset(request).defer(*(f"studio__{name}" for name in SECRETS))

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return [*(f.name for f in StudioJob._meta.fields), "history"]

    @admin.display(description=gettext_lazy("what"))
    def what(self, job: StudioJob) -> str:
        return words.name(job)

    @admin.display(description=gettext_lazy("state"), ordering="status")
    def state(self, job: StudioJob) -> SafeString:
        look = words.chip(job)
        return chip(look.kind, look.text, job.error)


def _again(job: StudioJob, by: Any) -> None:
    verbs.again(job, by=by)
