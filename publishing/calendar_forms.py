"""What people fill in on the calendar: a slot, and another moment for something."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, cast

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy

from approvals.models import FORMATS, Case, Slot
from approvals.slots import channel_choices
from collavo.accounts.models import Workspace
from publishing.calendar import Range, View, range_of
from publishing.forms import CASES, ScheduleForm


class PlanForm(forms.Form):
    """Channel, format and angle of a slot."""

    channel = forms.ChoiceField(label=gettext_lazy("Channel"))
    format = forms.ChoiceField(label=gettext_lazy("Format"), choices=FORMATS)
    angle = forms.CharField(label=gettext_lazy("Angle"), max_length=200, required=False)

    def __init__(self, data: Any = None, *, workspace: Workspace, slot: Slot | None = None) -> None:
        super().__init__(data, initial=_plan_of(slot) if slot else None, auto_id="id_slot_%s")
        cast(forms.ChoiceField, self.fields["channel"]).choices = channel_choices(workspace)


def _plan_of(slot: Slot) -> dict[str, Any]:
    return {"channel": str(slot.connector_id or slot.channel), "format": slot.format, "angle": slot.angle}


class NewSlotForm(ScheduleForm):
    """A new slot: case, moment (in the workspace's zone), channel, format, angle."""

    case = forms.ModelChoiceField(Case.objects.none(), label=gettext_lazy("Case"), empty_label=None)
    channel = forms.ChoiceField(label=gettext_lazy("Channel"))
    format = forms.ChoiceField(label=gettext_lazy("Format"), choices=FORMATS)
    angle = forms.CharField(label=gettext_lazy("Angle"), max_length=200, required=False)

    def __init__(self, data: Any = None, *, workspace: Workspace, start: datetime | None = None) -> None:
        super().__init__(data, zone=workspace.zone, start=start)
        cases = Case.objects.filter(workspace=workspace).order_by("-id")
        newest = list(cases.values_list("pk", flat=True)[:CASES])
        cast("forms.ModelChoiceField[Case]", self.fields["case"]).queryset = cases.filter(pk__in=newest)
        channels = channel_choices(workspace)
        cast(forms.ChoiceField, self.fields["channel"]).choices = channels
        if len(channels) == 2:  # “Choose …” and the only one there is
            self.initial["channel"] = channels[1][0]


def shown_range(query: Any, workspace: Workspace) -> Range:
    """The view and the day of an address. What cannot be read is this month: an old link still opens."""
    view = View(query["view"]) if query.get("view") in list(View) else View.MONTH
    today = timezone.localtime(timezone=workspace.zone).date()
    return range_of(view, day_in(query.get("d", "")) or today)


def day_in(text: str) -> date | None:
    """A day of an address; None for what is none, and for one that no calendar is about."""
    try:
        found = date.fromisoformat(text)
    except ValueError:
        return None
    return found if 2000 <= found.year <= 2199 else None


def moment_in(text: str) -> datetime | None:
    """A moment of an address, with its offset."""
    try:
        found = datetime.fromisoformat(text.replace(" ", "+"))
    except ValueError:
        return None
    return found if found.tzinfo else None
