"""What people fill in: when, which account, which cards, which link."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any, cast
from uuid import UUID
from zoneinfo import ZoneInfo

from django import forms
from django.utils import timezone
from django.utils.translation import gettext, gettext_lazy, pgettext_lazy

from approvals.models import Case
from collavo.accounts.models import Membership, Workspace
from collavo.ids import as_uuid
from connectors.models import Connector
from publishing.board import COLUMNS, Filters
from publishing.models import PostQuerySet, Status
from publishing.moments import NoSuchTime, TwoSuchTimes, moment

FARTHEST = timedelta(days=731)
PEOPLE = 200
CASES = 200  # to choose from; older ones are reached from their own page
WHICH: list[tuple[str, Any]] = [("first", gettext_lazy("The first")), ("second", gettext_lazy("The second"))]


class ScheduleForm(forms.Form):
    """A date and a time as the clocks of the account's zone show them. `at` is the moment, once it is valid.

    The hour that is skipped in spring is refused with a sentence; the doubled one in autumn asks which is meant.
    """

    date = forms.DateField(
        label=gettext_lazy("Date"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    time = forms.TimeField(label=gettext_lazy("Time"), widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"))
    which = forms.ChoiceField(label=gettext_lazy("Which one"), required=False, choices=WHICH, widget=forms.RadioSelect)

    def __init__(self, *args: Any, zone: ZoneInfo, start: datetime | None = None, **kwargs: Any) -> None:
        if start:
            local = start.astimezone(zone)
            kwargs["initial"] = {"date": local.date().isoformat(), "time": f"{local:%H:%M}"}
        super().__init__(*args, **kwargs)
        self.zone = zone
        self.twice: TwoSuchTimes | None = None
        self.fields["date"].widget.attrs["min"] = timezone.localtime(timezone.now(), zone).date().isoformat()

    @property
    def at(self) -> datetime:
        return cast(datetime, self.cleaned_data["at"])

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        day, clock = cleaned.get("date"), cleaned.get("time")
        if isinstance(day, date) and isinstance(clock, time):
            try:
                cleaned["at"] = moment(day, clock, self.zone, which=cleaned.get("which") or "")
            except TwoSuchTimes as e:
                self.twice = e
                self._name_both(e)
                self.add_error(None, str(e))
            except NoSuchTime as e:
                self.add_error("time", str(e))
            if is_far(day):
                self.add_error("date", gettext("Choose a day within the next two years."))
        return cleaned

    def _name_both(self, twice: TwoSuchTimes) -> None:
        """ "The first (CEST, UTC+02:00)": what tells the two apart."""
        field = cast(forms.ChoiceField, self.fields["which"])
        field.choices = [
            (value, f"{label} ({at:%Z}, UTC{at:%:z})")
            for (value, label), at in zip(WHICH, (twice.first, twice.second), strict=True)
        ]

    def sentences(self) -> list[str]:
        """Every error, as sentences that stand alone."""
        return [str(text) for errors in self.errors.values() for text in errors]


def is_far(day: date) -> bool:
    """A slip of the keyboard rather than a plan."""
    return abs(day - timezone.localdate()) > FARTHEST


def next_slot(planned: datetime | None, now: datetime | None = None) -> datetime:
    """What the form proposes: the slot's moment while it is ahead, else the next full hour but one."""
    now = now or timezone.now()
    if planned and planned > now:
        return planned
    return (now + timedelta(hours=2)).replace(minute=0, second=0, microsecond=0)


class LinkForm(forms.Form):
    """Where a person found an unconfirmed post. The verb checks it."""

    url = forms.URLField(label=gettext_lazy("Link of the live post"), max_length=500, assume_scheme="https")


class BoardForm(forms.Form):
    """The board's filters, read from its address. What cannot be read is left out: an old link still opens."""

    q = forms.CharField(label=gettext_lazy("Search"), required=False, max_length=100)
    account = forms.ChoiceField(label=gettext_lazy("Account"), required=False)
    case = forms.ChoiceField(label=gettext_lazy("Case"), required=False)
    state = forms.ChoiceField(label=gettext_lazy("Column"), required=False)
    person = forms.ChoiceField(label=gettext_lazy("Person"), required=False)
    since = forms.DateField(
        label=pgettext_lazy("date", "From"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    until = forms.DateField(
        label=pgettext_lazy("date", "To"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )

    def __init__(self, data: Any, *, workspace: Workspace) -> None:
        super().__init__(data)
        self.zone = workspace.zone
        connectors = list(Connector.objects.filter(workspace=workspace).order_by("platform", "handle"))
        platforms = {c.platform: c.spec.name for c in connectors}
        channels = (
            [(key, gettext("All of %(platform)s") % {"platform": name}) for key, name in platforms.items()]
            if len(platforms) > 1
            else []
        )
        accounts = [(str(c.pk), str(c)) for c in connectors]
        _choices(self, "account", [("", gettext("All accounts")), *channels, *accounts])
        _choices(self, "case", [("", gettext("All cases")), *_cases(workspace, as_uuid(data.get("case", "")))])
        _choices(self, "state", [("", gettext("All columns")), *((c.slug, c.title) for c in COLUMNS)])
        _choices(self, "person", [("", gettext("Everybody")), *_people(workspace)])

    def filters(self) -> Filters:
        self.is_valid()
        said = self.cleaned_data
        account, case = said.get("account", ""), said.get("case", "")
        connector = as_uuid(account)
        return Filters(
            q=said.get("q", "").strip(), connector=connector, channel="" if connector else account, case=as_uuid(case),
            state=said.get("state", ""), person=as_uuid(said.get("person", "")),
            since=self._midnight(said.get("since")), until=self._midnight(said.get("until"), days=1),
        )  # fmt: skip

    def _midnight(self, day: date | None, days: int = 0) -> datetime | None:
        """When this day begins in the workspace's zone, or so many days later. None for a day off the calendar."""
        if day is None or not 1970 <= day.year <= 9000:
            return None
        return datetime.combine(day + timedelta(days=days), time.min, self.zone)


class PostsForm(forms.Form):
    """The filters of the log of posts."""

    status = forms.ChoiceField(
        label=gettext_lazy("Status"), required=False, choices=[("", gettext_lazy("All")), *Status.choices]
    )
    account = forms.ModelChoiceField(
        Connector.objects.none(), label=gettext_lazy("Account"), required=False,
        empty_label=gettext_lazy("All accounts"),
    )  # fmt: skip

    def __init__(self, data: Any, *, workspace: Workspace) -> None:
        super().__init__(data)
        own = Connector.objects.filter(workspace=workspace).order_by("platform", "handle")
        cast("forms.ModelChoiceField[Connector]", self.fields["account"]).queryset = own

    def narrow(self, posts: PostQuerySet) -> PostQuerySet:
        self.is_valid()
        if status := self.cleaned_data.get("status"):
            posts = posts.filter(status=status)
        if account := self.cleaned_data.get("account"):
            posts = posts.filter(connector=account)
        return posts


def _cases(workspace: Workspace, chosen: UUID | None) -> list[tuple[str, str]]:
    """The newest cases, and the chosen one however old it is."""
    own = Case.objects.filter(workspace=workspace)
    newest = list(own.order_by("-created_at").values_list("pk", "name")[:CASES])
    if chosen and chosen not in (pk for pk, _ in newest):
        newest += own.filter(pk=chosen).values_list("pk", "name")
    return [(str(pk), name) for pk, name in newest]


def _people(workspace: Workspace) -> list[tuple[str, str]]:
    """The members, by name."""
    members = Membership.objects.filter(workspace=workspace).select_related("user")[:PEOPLE]
    return sorted(((str(m.user_id), str(m.user)) for m in members), key=lambda row: row[1].lower())


def _choices(form: forms.Form, name: str, choices: list[tuple[str, str]]) -> None:
    cast(forms.ChoiceField, form.fields[name]).choices = choices
