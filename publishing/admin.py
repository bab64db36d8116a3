"""Posts and the dispatch log, for operators. Nobody edits a status: buttons call the verbs, the rest is to look at."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.forms.models import BaseInlineFormSet
from django.http import HttpRequest, HttpResponseBase
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext, gettext_lazy, gettext_noop

from approvals.states import IllegalMove
from collavo.accounts.admin_base import NOTHING, ReadOnly, ReadOnlyInline, Verb, VerbAdmin, change_link, pretty, short
from collavo.accounts.admin_base import chip as as_chip
from collavo.accounts.models import Workspace
from connectors.models import Connector, tokens_of
from connectors.redaction import without_addresses
from publishing import verbs
from publishing.chips import chip
from publishing.models import Attempt, Hold, Metric, Post, Status
from publishing.preflight import Blocked
from publishing.views.log import as_file

SHOWN_ATTEMPTS = 50
WAITING = {Status.SCHEDULED, Status.QUEUED}
TAKEN_BACK = {*WAITING, Status.FAILED, Status.AWAITING_CREATOR}


def is_in(*statuses: str) -> Any:
    return lambda post: post.status in statuses


VERBS: tuple[Verb[Post], ...] = (
    Verb(
        "send_now",
        gettext_noop("Send now"),
        gettext_noop("goes out now"),
        lambda post, by, text: verbs.send_now(post, by=by),
        is_in(*WAITING),
        confirm=gettext_noop("These posts go out now and become public."),
    ),
    Verb(
        "retry",
        gettext_noop("Retry"),
        gettext_noop("is tried again"),
        lambda post, by, text: verbs.retry(post, by=by),
        is_in(Status.FAILED),
        confirm=gettext_noop("Nothing is live of these posts. They are tried again from the beginning."),
    ),
    Verb(
        "cancel",
        gettext_noop("Cancel"),
        gettext_noop("is canceled"),
        lambda post, by, text: verbs.cancel(post, by=by),
        is_in(*TAKEN_BACK),
        confirm=gettext_noop("These posts will not go out. Their versions stay approved."),
    ),
    Verb(
        "ask_again",
        gettext_noop("Ask again"),
        gettext_noop("is asked about once more; nothing is sent"),
        lambda post, by, text: verbs.ask_again(post, by=by),
        is_in(Status.UNCONFIRMED),
    ),
    Verb(
        "confirm_live",
        gettext_noop("It is live"),
        gettext_noop("is published"),
        lambda post, by, text: verbs.confirm_live(post, url=text, by=by),
        is_in(Status.UNCONFIRMED),
        asks=gettext_noop("Link of the live post"),
        one=True,
    ),
    Verb(
        "confirm_not_live",
        gettext_noop("It is not live, post again"),
        gettext_noop("goes out again"),
        lambda post, by, text: verbs.confirm_not_live(post, by=by),
        is_in(Status.UNCONFIRMED),
        confirm=gettext_noop(
            "Have you looked at the account, and these posts are surely not there? They are sent again: "
            "if you are wrong, they are there twice."
        ),
    ),
)


class NeedsFilter(admin.SimpleListFilter):
    """What nobody but a person can take on."""

    title = gettext_lazy("needs a person")
    parameter_name = "needs"
    NEEDS = {
        "creator": (gettext_lazy("Awaiting creator"), Q(status=Status.AWAITING_CREATOR)),
        "unconfirmed": (gettext_lazy("Unconfirmed"), Q(status=Status.UNCONFIRMED)),
        "failed": (gettext_lazy("Failed"), Q(status=Status.FAILED)),
        "late": (gettext_lazy("Late"), Q(status=Status.QUEUED, hold=Hold.LATE)),
        "account": (gettext_lazy("Waits for its account"), Q(hold=Hold.CONNECTOR)),
    }

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("any", gettext("Any of these")), *((key, str(label)) for key, (label, _) in self.NEEDS.items())]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Post]) -> QuerySet[Post]:
        if self.value() == "any":
            wanted = Q()
            for _, need in self.NEEDS.values():
                wanted |= need
            return queryset.filter(wanted)
        _, wanted = self.NEEDS.get(self.value() or "", ("", Q()))
        return queryset.filter(wanted)


class AccountFilter(admin.SimpleListFilter):
    """By account; Django's own filter would load (and decrypt) every account's tokens to write this list."""

    title = gettext_lazy("account")
    parameter_name = "account"
    path = "connector"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        accounts = Connector.objects.without_tokens().order_by("platform", "handle")
        if not request.user.is_superuser:
            accounts = accounts.filter(workspace__in=Workspace.objects.filter(memberships__user=request.user.pk))
        return [(str(account.pk), str(account)) for account in accounts]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        known = {key for key, _ in self.lookup_choices}
        return queryset.filter(**{self.path: self.value()}) if self.value() in known else queryset


class AttemptAccountFilter(AccountFilter):
    path = "post__connector"


class NewestAttempts(BaseInlineFormSet):  # type: ignore[type-arg]
    """The last lines of the log; a post that waits for long has very many."""

    newest: QuerySet[Attempt] | None = None

    def get_queryset(self) -> QuerySet[Attempt]:
        if self.newest is None:
            self.newest = super().get_queryset().order_by("-started_at", "-id")[:SHOWN_ATTEMPTS]
        return self.newest


def outcome(attempt: Attempt) -> SafeString:
    """The answer in two words; the sentence where there was none."""
    if attempt.http_status is None:
        return as_chip("bad", gettext("No answer") if attempt.method else gettext("No call"), attempt.error)
    return as_chip(
        "ok" if attempt.http_status < 400 else "bad", f"{attempt.http_status} {attempt.platform_code}".strip()
    )


def took(attempt: Attempt) -> str:
    return "" if attempt.duration_ms is None else f"{attempt.duration_ms} ms"


class MetricInline(ReadOnlyInline[Metric]):
    model = Metric
    verbose_name_plural = gettext_lazy("numbers, by look")
    ordering = ["-taken_at"]
    show_change_link = False
    readonly_fields = ["taken_at", "views", "likes", "comments", "shares"]


class AttemptInline(ReadOnlyInline[Attempt]):
    model = Attempt
    formset = NewestAttempts
    verbose_name_plural = f"dispatch log, the newest {SHOWN_ATTEMPTS}"
    readonly_fields = ["at", "number", "fence", "step", "call", "came_back", "took", "error"]

    @admin.display(description=gettext_lazy("at (UTC)"))
    def at(self, attempt: Attempt) -> str:
        return f"{date_format(attempt.started_at, 'd M H:i:s')}.{attempt.started_at:%f}"[:-3]

    @admin.display(description=gettext_lazy("call"))
    def call(self, attempt: Attempt) -> str:
        return f"{attempt.method} {attempt.url}".strip()

    @admin.display(description=gettext_lazy("answer"))
    def came_back(self, attempt: Attempt) -> SafeString:
        return outcome(attempt)

    @admin.display(description=gettext_lazy("took"))
    def took(self, attempt: Attempt) -> str:
        return took(attempt)


@admin.register(Post)
class PostAdmin(VerbAdmin[Post], ReadOnly[Post]):
    verbs = VERBS
    refusals = (PermissionDenied, IllegalMove, Blocked)
    list_display = ["title", "state", "account", "planned", "next_look", "workspace", "console"]
    list_filter = [
        NeedsFilter,
        "status",
        "hold",
        AccountFilter,
        "scheduled_at",
        ("workspace", admin.RelatedOnlyFieldListFilter),
    ]
    search_fields = [
        "version__asset__title",
        "version__caption",
        "case__name",
        "connector__handle",
        "remote_id",
        "error_code",
        "id__exact",
    ]
    search_help_text = gettext_lazy("Title, caption, case, account, error code, or an id (ours or the platform's).")
    ordering = ["-id"]
    date_hierarchy = "scheduled_at"
    inlines = [MetricInline, AttemptInline]
    fieldsets = [
        (None, {"fields": ["state", "note", "hidden", "twin", "error", "error_code", "link", "remote_id"]}),
        (
            gettext_lazy("What goes where"),
            {"fields": ["version", "account", "case", "workspace", "extras", "seal", "by", "created_at"]},
        ),
        (
            gettext_lazy("Clocks"),
            {
                "fields": [
                    "scheduled_at",
                    "due_at",
                    "published_at",
                    "look_at",
                    "enqueued_at",
                    "lease_until",
                    "lease_token",
                    "fence",
                ]
            },
        ),
        (
            gettext_lazy("Progress"),
            {
                "fields": [
                    "status",
                    "hold",
                    "tries",
                    "step",
                    "commit_sent_at",
                    "commit_open",
                    "reserved_at",
                    "steps_done",
                ]
            },
        ),
        (gettext_lazy("History"), {"fields": ["history"]}),
    ]
    readonly_fields = ["state", "twin", "link", "account", "extras", "steps_done", "history"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Post]:
        return super().get_queryset(request).with_parts()  # type: ignore[attr-defined,no-any-return]

    @admin.display(description=gettext_lazy("post"), ordering="version__asset__title")
    def title(self, post: Post) -> str:
        return str(post.version.asset)

    @admin.display(description=gettext_lazy("status"), ordering="status")
    def state(self, post: Post) -> SafeString:
        found = chip(post)
        beside = format_html(' <span class="beside">{}</span>', found.detail) if found.detail else ""
        return format_html("{}{}", as_chip(found.kind, found.text), beside)

    @admin.display(description=gettext_lazy("account"), ordering="connector__handle")
    def account(self, post: Post) -> SafeString:
        address = reverse("admin:connectors_connector_change", args=[post.connector_id])
        return format_html('<a href="{}">{}</a>', address, post.connector)

    @admin.display(description=gettext_lazy("planned for"), ordering="scheduled_at")
    def planned(self, post: Post) -> str:
        return short(post.scheduled_at)

    @admin.display(description=gettext_lazy("next look"), ordering="due_at")
    def next_look(self, post: Post) -> str:
        return short(post.due_at)

    @admin.display(description=gettext_lazy("live at"))
    def link(self, post: Post) -> SafeString:
        return format_html('<a href="{0}" rel="noopener noreferrer">{0}</a>', post.url) if post.url else NOTHING

    @admin.display(description=gettext_lazy("shows to everybody"))
    def twin(self, post: Post) -> SafeString:
        """The hidden post that this one shows again."""
        return change_link(post.again_of) if post.again_of else NOTHING

    @admin.display(description=gettext_lazy("options"))
    def extras(self, post: Post) -> SafeString:
        return pretty(post.options)

    @admin.display(description=gettext_lazy("journal"))
    def steps_done(self, post: Post) -> SafeString:
        return pretty(without_addresses(post.journal))

    def view_on_site(self, post: Post) -> str:
        return reverse("publishing:post", args=[post.workspace.slug, post.pk])


@admin.register(Attempt)
class AttemptAdmin(ReadOnly[Attempt]):
    """The dispatch log of all posts: every call, with its answer, redacted."""

    workspace_path = "post__workspace"
    list_display = ["started_at", "post", "number", "step", "method", "came_back", "took", "error", "worker"]
    list_filter = ["started_at", AttemptAccountFilter, "method"]
    search_fields = ["step", "platform_code", "correlation_id__exact", "error", "post__id__exact", "worker"]
    search_help_text = gettext_lazy(
        "Step, platform's code, correlation id, words of the error, worker, or a post's id."
    )
    ordering = ["-id"]
    actions = ["export_csv", "export_json"]
    fieldsets = [
        (None, {"fields": ["post", "number", "fence", "step", "worker", "started_at", "took"]}),
        (gettext_lazy("Call"), {"fields": ["method", "url", "asked"]}),
        (
            gettext_lazy("Answer"),
            {"fields": ["came_back", "http_status", "platform_code", "correlation_id", "error", "answered"]},
        ),
    ]
    readonly_fields = ["asked", "answered", "came_back", "took"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Attempt]:
        rows = (
            super().get_queryset(request).select_related("post__version__asset", "post__connector", "post__workspace")
        )
        return rows.defer(*tokens_of("post__connector"))

    @admin.action(description=gettext_lazy("Export as CSV"))
    def export_csv(self, request: HttpRequest, rows: QuerySet[Attempt]) -> HttpResponseBase:
        return as_file(rows, "csv", "admin")

    @admin.action(description=gettext_lazy("Export as JSON"))
    def export_json(self, request: HttpRequest, rows: QuerySet[Attempt]) -> HttpResponseBase:
        return as_file(rows, "json", "admin")

    @admin.display(description=gettext_lazy("answer"), ordering="http_status")
    def came_back(self, attempt: Attempt) -> SafeString:
        return outcome(attempt)

    @admin.display(description=gettext_lazy("took"), ordering="duration_ms")
    def took(self, attempt: Attempt) -> str:
        return took(attempt)

    @admin.display(description=gettext_lazy("request"))
    def asked(self, attempt: Attempt) -> SafeString:
        return pretty(attempt.request)

    @admin.display(description=gettext_lazy("answer"))
    def answered(self, attempt: Attempt) -> SafeString:
        return pretty(attempt.answer)

    def view_on_site(self, attempt: Attempt) -> str:
        return reverse("publishing:post", args=[attempt.post.workspace.slug, attempt.post_id])


from publishing.handoffs import admin as _handoffs  # noqa: E402, F401  (it registers itself)
