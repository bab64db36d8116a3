"""The dispatch log of a workspace: every call, to look through and to take away."""

from __future__ import annotations

from typing import Any, cast
from urllib.parse import urlencode

from django import forms
from django.conf import settings
from django.http import Http404, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext, gettext_lazy
from django.views.decorators.http import require_safe

from collavo.accounts.access import ConsoleRequest, console
from collavo.accounts.models import Workspace
from connectors.models import Connector
from publishing.log import CLASSES, FORMATS, OUTCOMES, Filters, attempts, export, page
from publishing.models import Post

MOMENT = "%Y-%m-%dT%H:%M"


def _choices(first: Any, known: dict[str, tuple[str, Any]]) -> list[tuple[str, Any]]:
    return [("", first), *((key, label) for key, (label, _) in known.items())]


def _moment(label: Any) -> forms.DateTimeField:
    widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format=MOMENT)
    return forms.DateTimeField(label=label, required=False, widget=widget)


class LogForm(forms.Form):
    """The filters of the log, read from its address. Moments are those of the workspace's clocks."""

    q = forms.CharField(label=gettext_lazy("Search"), required=False, max_length=200)
    account = forms.ModelChoiceField(
        Connector.objects.none(), label=gettext_lazy("Account"), required=False,
        empty_label=gettext_lazy("All accounts"),
    )  # fmt: skip
    outcome = forms.ChoiceField(
        label=gettext_lazy("Outcome"), required=False, choices=_choices(gettext_lazy("Any outcome"), OUTCOMES)
    )
    status = forms.ChoiceField(
        label=gettext_lazy("HTTP status"), required=False, choices=_choices(gettext_lazy("Any status"), CLASSES)
    )
    since = _moment(gettext_lazy("Since"))
    until = _moment(gettext_lazy("Until"))
    post = forms.UUIDField(required=False, widget=forms.HiddenInput)

    def __init__(self, data: Any, *, workspace: Workspace) -> None:
        super().__init__(data)
        self.workspace = workspace
        own = Connector.objects.filter(workspace=workspace).without_tokens()
        account = cast("forms.ModelChoiceField[Connector]", self.fields["account"])
        account.queryset = own.order_by("platform", "handle")

    def full_clean(self) -> None:
        with timezone.override(self.workspace.zone):
            super().full_clean()

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        since, until = said.get("since"), said.get("until")
        if since and until and since >= until:
            self.add_error("until", gettext("This is not after “since”."))
        return said

    def filters(self) -> Filters:
        """What a valid form asks for."""
        return Filters(workspace=self.workspace, **{name: v for name, v in self.cleaned_data.items() if v})

    def query(self) -> str:
        """The filters as they stand in an address."""
        return urlencode({name: self.data[name] for name in self.fields if self.data.get(name)})


@console()
@require_safe
def log(request: ConsoleRequest) -> HttpResponse:
    """Newest first; `?after=` goes on behind that line. What cannot be read is said, and finds nothing."""
    form = LogForm(request.GET, workspace=request.workspace)
    rows, more = page(form.filters(), request.GET.get("after", "")) if form.is_valid() else ([], "")
    context = {
        "form": form, "rows": rows, "more": more, "query": form.query(), "post": _post(request, form),
        "kept_days": settings.ATTEMPTS_KEPT_DAYS,
    }  # fmt: skip
    part = request.htmx and "after" in request.GET
    return render(request, "publishing/_log_rows.html" if part else "publishing/log.html", context)


def _post(request: ConsoleRequest, form: LogForm) -> Post | None:
    """The post that the log is narrowed to."""
    pk = form.cleaned_data.get("post")
    own = Post.objects.select_related("version__asset").filter(workspace=request.workspace)
    return own.filter(pk=pk).first() if pk else None


@console()
@require_safe
def log_export(request: ConsoleRequest, format: str) -> HttpResponseBase:
    """All that the filters find, as a file. A filter that cannot be read is refused: half a log would be a lie."""
    if format not in FORMATS:
        raise Http404(gettext("There is no such format."))
    form = LogForm(request.GET, workspace=request.workspace)
    if not form.is_valid():
        sentences = " ".join(str(text) for errors in form.errors.values() for text in errors)
        return HttpResponse(
            gettext("The filter cannot be read.") + f" {sentences}\n", status=400, content_type="text/plain"
        )
    return as_file(attempts(form.filters()), format, request.workspace.slug)


def as_file(rows: Any, format: str, name: str) -> StreamingHttpResponse:
    """A download that is written while it is read."""
    made = f"dispatch-log-{name}-{timezone.now():%Y%m%d-%H%M}.{format}"
    headers = {"Content-Disposition": f'attachment; filename="{made}"', "Cache-Control": "no-store"}
    return StreamingHttpResponse(
        export(rows, format), content_type=f"{FORMATS[format][1]}; charset=utf-8", headers=headers
    )
