"""What waits for a creator, as a list of its own: age, person, links, and the verbs of managers."""

from __future__ import annotations

from typing import Any, cast

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop

from approvals.states import IllegalMove
from collavo.accounts.admin_base import NOTHING, ReadOnly, Verb, VerbAdmin, change_link, short
from collavo.accounts.admin_base import chip as as_chip
from collavo.accounts.models import Membership
from publishing.handoffs import verbs
from publishing.handoffs.listing import outcome, span, state_chip
from publishing.handoffs.people import Actor
from publishing.models import Handoff, HandoffQuerySet, HandoffState
from publishing.preflight import Blocked


def is_open(handoff: Handoff) -> bool:
    return handoff.is_open


def assign(handoff: Handoff, by: Membership, text: str) -> None:
    """To the person of the workspace with this e-mail address."""
    found = [person for person in verbs.people(handoff) if person.email == text.strip().lower()]
    if not found:
        raise IllegalMove(_("Nobody of this workspace has the e-mail address %(address)s.") % {"address": text.strip()})
    verbs.assign(handoff, to=found[0], by=Actor.member(by))


VERBS: tuple[Verb[Handoff], ...] = (
    Verb(
        "remind",
        gettext_noop("Remind"),
        gettext_noop("is reminded of"),
        lambda h, by, text: verbs.remind(h, by=Actor.member(by)),
        is_open,
    ),
    Verb(
        "assign",
        gettext_noop("Give it to somebody else"),
        gettext_noop("was given away"),
        assign,
        is_open,
        asks=gettext_noop("E-mail address of the person"),
    ),
    Verb(
        "mark_published",
        gettext_noop("It is live"),
        gettext_noop("is published"),
        lambda h, by, text: verbs.mark_published(h, url=text, by=Actor.member(by)),
        is_open,
        asks=gettext_noop("Link of the live post"),
        one=True,
    ),
    Verb(
        "cancel",
        gettext_noop("Cancel"),
        gettext_noop("is canceled"),
        lambda h, by, text: verbs.cancel(h, by=Actor.member(by)),
        is_open,
        confirm=gettext_noop("Nobody has to post these any more. Their versions stay approved."),
    ),
)


class DueFilter(admin.SimpleListFilter):
    """Open ones are shown first of all; what is over is asked for."""

    title = gettext_lazy("what waits")
    parameter_name = "waits"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("overdue", _("Overdue")), ("over", _("Over")), ("all", _("All"))]

    def choices(self, changelist: Any) -> Any:
        first, *others = super().choices(changelist)
        yield {**first, "display": _("Open")}
        yield from others

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        rows = cast(HandoffQuerySet, queryset)
        if self.value() == "all":
            return rows
        if self.value() == "over":
            return rows.exclude(state=HandoffState.OPEN)
        return rows.overdue() if self.value() == "overdue" else rows.open()


@admin.register(Handoff)
class HandoffAdmin(VerbAdmin[Handoff], ReadOnly[Handoff]):
    verbs = VERBS
    refusals = (PermissionDenied, IllegalMove, Blocked)
    list_display = ["title", "stands", "account", "who", "planned", "age", "workspace", "live", "console"]
    list_filter = [DueFilter, ("workspace", admin.RelatedOnlyFieldListFilter)]
    search_fields = ["post__version__asset__title", "case__name", "assignee__name", "assignee__email", "id__exact"]
    search_help_text = gettext_lazy("Title, case, person, or an id.")
    ordering = ["due_at"]
    fieldsets = [
        (None, {"fields": ["stands", "why", "assignee", "post_row", "workspace"]}),
        (
            gettext_lazy("Clocks"),
            {"fields": ["due_at", "latest_at", "overdue_at", "opened_at", "remind_at", "reminded_at",
                        "reminders", "escalate_at", "escalated_at"]},
        ),
        (
            gettext_lazy("What became of it"),
            {"fields": ["told", "done_at", "done_by", "done_by_name", "found_by", "live", "checked",
                        "statement", "screenshot", "reason", "moved_to"]},
        ),
        (gettext_lazy("History"), {"fields": ["history"]}),
    ]  # fmt: skip
    readonly_fields = ["stands", "post_row", "told", "live", "history"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Handoff]:
        return super().get_queryset(request).with_parts()  # type: ignore[attr-defined,no-any-return]

    @admin.display(description=gettext_lazy("content"), ordering="post__version__asset__title")
    def title(self, handoff: Handoff) -> str:
        return str(handoff.post.version.asset)

    @admin.display(description=gettext_lazy("state"), ordering="state")
    def stands(self, handoff: Handoff) -> SafeString:
        found = state_chip(handoff)
        return as_chip(found.kind, found.text)

    @admin.display(description=gettext_lazy("account"))
    def account(self, handoff: Handoff) -> str:
        return str(handoff.post.connector)

    @admin.display(description=gettext_lazy("person"), ordering="assignee")
    def who(self, handoff: Handoff) -> Any:
        return handoff.assignee or NOTHING

    @admin.display(description=gettext_lazy("planned for"), ordering="due_at")
    def planned(self, handoff: Handoff) -> str:
        return short(handoff.due_at)

    @admin.display(description=gettext_lazy("age"), ordering="opened_at")
    def age(self, handoff: Handoff) -> str:
        return span(handoff.opened_at, handoff.done_at or timezone.now())

    @admin.display(description=gettext_lazy("live at"))
    def live(self, handoff: Handoff) -> SafeString:
        if not handoff.url:
            return NOTHING
        return format_html('<a href="{0}" rel="noopener noreferrer">{0}</a>', handoff.url)

    @admin.display(description=gettext_lazy("post"))
    def post_row(self, handoff: Handoff) -> SafeString:
        return change_link(handoff.post)

    @admin.display(description=gettext_lazy("what became of it"))
    def told(self, handoff: Handoff) -> str:
        return "" if handoff.is_open else outcome(handoff)

    @admin.display(description=gettext_lazy("history"))
    def history(self, obj: Handoff) -> SafeString:
        """What was done with it stands in its post's history."""
        return super().history(obj.post)  # type: ignore[arg-type]

    def view_on_site(self, handoff: Handoff) -> str:
        return reverse("publishing:post", args=[handoff.workspace.slug, handoff.post_id]) + "#handoff"
