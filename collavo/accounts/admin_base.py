"""What the Django admin's pages share: rows that only verbs change, links to the console, history instead of edits."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar, cast

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from collavo.accounts.access import membership
from collavo.accounts.models import Membership, User
from collavo.timeline.models import Event, record
from collavo.words import worded

if TYPE_CHECKING:

    class _Admin[M: Model](admin.ModelAdmin[M]): ...

    class Inline[M: Model](admin.TabularInline[M, Any]): ...
else:

    class _Admin[M](admin.ModelAdmin):
        pass

    class Inline[M](admin.TabularInline):
        pass


MOST_ROWS = 200  # changed by one action; more would take longer than a request may
NOTHING = format_html("{}", "—")
HISTORY = 50  # lines shown on an object's page


def person(request: HttpRequest) -> User:
    """Who is at work: the admin lets nobody in without signing in."""
    return cast(User, request.user)


def pretty(value: object) -> SafeString:
    """JSON for reading."""
    if value in (None, "", {}, []):
        return NOTHING
    return format_html("<pre>{}</pre>", json.dumps(value, indent=2, ensure_ascii=False, sort_keys=True))


def short(at: datetime | None) -> str:
    """A moment for a narrow column, in UTC as everywhere in the admin."""
    return date_format(at, "d M Y H:i") if at else "—"


def chip(kind: str, text: str, detail: str = "") -> SafeString:
    """The console's chip: the same words and colours."""
    return format_html('<span class="chip {}" title="{}">{}</span>', kind, detail, text)


def change_link(row: Model, text: str = "") -> SafeString:
    """A link to this row's page in the admin."""
    address = reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk])
    return format_html('<a href="{}">{}</a>', address, text or str(row))


class Backstage[M: Model](_Admin[M]):
    """Rows with a history. Nothing is deleted, and an edit writes only its own fields and a line of history."""

    workspace_path: ClassVar[str] = "workspace"  # from a row to its workspace
    change_form_template = "admin/with_verbs.html"
    show_full_result_count = False
    list_per_page = 50

    def get_queryset(self, request: HttpRequest) -> QuerySet[M]:
        """Superusers see every workspace; other staff see those in which they are members."""
        rows = super().get_queryset(request)
        if person(request).is_superuser:
            return rows
        return rows.filter(**{f"{self.workspace_path}__memberships__user": person(request)})

    def has_delete_permission(self, request: HttpRequest, obj: M | None = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: M, form: Any, change: bool) -> None:
        if not change:
            super().save_model(request, obj, form, change)
            record(obj, "added", by=person(request), text=_("In the admin"))
        elif form.changed_data:
            obj.save(update_fields=form.changed_data)
            self.record_edit(request, obj, form)

    def record_edit(self, request: HttpRequest, obj: M, form: Any) -> None:
        """Which fields, never their values: some of them may not be for everybody."""
        labels = [str(form.fields[name].label) for name in form.changed_data]
        record(obj, "edited", by=person(request), text=", ".join(labels), fields=list(form.changed_data))

    @admin.display(description=gettext_lazy("history"))
    def history(self, obj: M) -> SafeString:
        """The newest lines about this row; the list of events has them all."""
        lines = Event.objects.filter(subject_id=obj.pk).order_by("-at", "-id")[:HISTORY]
        return render_to_string("admin/history.html", {"lines": lines, "pk": obj.pk})

    @admin.display(description=gettext_lazy("console"))
    def console(self, obj: M) -> SafeString:
        """A link to the page where people work with this row."""
        return format_html('<a href="{}">Open</a>', self.get_view_on_site_url(obj))


class ReadOnly[M: Model](Backstage[M]):
    """Rows to look at."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: M | None = None) -> bool:
        return False


class ReadOnlyInline[M: Model](Inline[M]):
    """Rows to look at on their parent's page: what `readonly_fields` names, and nothing else."""

    extra = 0
    can_delete = False
    show_change_link = True

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return list(self.readonly_fields)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


# --- Verbs: what an operator does with rows -------------------------------------------------------------------------


@worded("label", "done", "confirm", "asks")
@dataclass(frozen=True)
class Verb[M: Model]:
    """A button of the admin that calls a verb of the product as the person who pressed it.

    `run(row, member, text)` raises one of its page's `refusals` with a sentence when it must not be done.
    """

    name: str
    label: str  # on the button: "Retry"
    done: str  # after the row's name: "goes out again"
    run: Callable[[M, Membership, str], object]
    fits: Callable[[M], bool]  # whether the row's own page shows the button
    confirm: str = ""  # a sentence: asked before
    asks: str = ""  # what has to be typed in: "Feedback for the creator"
    one: bool = False  # for one row at a time

    @property
    def has_page(self) -> bool:
        return bool(self.confirm or self.asks)

    def unfit(self, count: int) -> str:
        """Why it cannot be done with so many rows; "" when it can."""
        if self.one and count > 1:
            return _("“%(action)s” is for one row at a time. Nothing was changed.") % {"action": self.label}
        if count > MOST_ROWS:
            return _("Choose at most %(most)s rows at once. Nothing was changed.") % {"most": MOST_ROWS}
        return ""


def as_action(verb: Verb[Any]) -> Callable[..., HttpResponse | None]:
    """The verb as Django's list of actions wants it."""

    def action(page: VerbAdmin[Any], request: HttpRequest, rows: QuerySet[Any]) -> HttpResponse | None:
        return page.take(verb, request, rows)

    action.__name__ = verb.name
    return admin.action(action, description=verb.label)


class VerbAdmin[M: Model](Backstage[M]):
    """Rows with verbs: as actions on the list, and as buttons on the row's page."""

    verbs: ClassVar[Sequence[Verb[Any]]] = ()
    refusals: ClassVar[tuple[type[Exception], ...]] = (PermissionDenied,)

    def __init__(self, model: type[M], admin_site: admin.AdminSite) -> None:
        super().__init__(model, admin_site)
        self.actions = [as_action(verb) for verb in self.verbs]

    def take(self, verb: Verb[M], request: HttpRequest, queryset: QuerySet[M]) -> HttpResponse | None:
        """Do it with each row, after its page was answered where it has one, and say row by row what came of it."""
        rows = list(queryset[: MOST_ROWS + 1])
        if problem := verb.unfit(len(rows)):
            messages.error(request, problem)
            return None
        text = request.POST.get("text", "").strip()
        if verb.has_page and "sure" not in request.POST:
            return self.ask(verb, request, rows)
        if verb.asks and not text:
            return self.ask(verb, request, rows, error=_("Fill this in; nothing was changed."))
        done = [row for row in rows if self.try_one(verb, request, row, text)]
        self.log(verb, request, done)
        if verb.asks and not done:
            return self.ask(verb, request, rows, text=text)
        return self.back(request)

    def try_one(self, verb: Verb[M], request: HttpRequest, row: M, text: str) -> bool:
        """Whether it was done. Whoever refuses says why."""
        name = str(row)
        try:
            verb.run(row, membership(person(request), row.workspace), text)  # type: ignore[attr-defined]
        except self.refusals as e:
            messages.error(request, _("%(row)s: refused. %(reason)s") % {"row": name, "reason": e})
            return False
        messages.success(request, f"{name} {verb.done}.")
        return True

    def log(self, verb: Verb[M], request: HttpRequest, done: list[M]) -> None:
        """For the admin's own “recent actions”: the verb, never what was typed."""
        for row in done:
            self.log_change(request, row, verb.label)

    def ask(
        self, verb: Verb[M], request: HttpRequest, rows: list[M], *, text: str = "", error: str = ""
    ) -> HttpResponse:
        """The page between pressing the button and doing it."""
        context = {
            **self.admin_site.each_context(request),
            "title": verb.label,
            "verb": verb,
            "rows": rows,
            "text": text,
            "error": error,
            "opts": self.model._meta,
            "come_back": request.POST.get("come_back", ""),
        }
        return TemplateResponse(request, "admin/verb.html", context)

    def back(self, request: HttpRequest) -> HttpResponse | None:
        """To the row's own page, where the button was there; else (None) to the list."""
        if pk := request.POST.get("come_back"):
            return HttpResponseRedirect(
                reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_change", args=[pk])
            )
        return None

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        row = kwargs.get("obj")
        context["verbs"] = [verb for verb in self.verbs if row is not None and verb.fits(row)]
        return super().render_change_form(request, context, *args, **kwargs)
