"""How somebody wants to be told, as a form with plain fields."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from collavo.timeline.choices import Choice
from collavo.timeline.models import DailyMail
from collavo.timeline.topics import TOPICS, Mail, Topic

HOURS = [(hour, f"{hour:02}:00") for hour in range(24)]


class ChoicesForm(forms.Form):
    """A mail choice and a push choice for every topic, and when the mail of the day is sent."""

    hour = forms.TypedChoiceField(label=gettext_lazy("Send it at"), choices=HOURS, coerce=int)
    time_zone = forms.ChoiceField(label=gettext_lazy("Time zone"))

    def __init__(self, data: Any = None, *, chosen: Mapping[str, Choice], when: DailyMail) -> None:
        super().__init__(data, initial={"hour": when.hour, "time_zone": when.time_zone})
        self.fields["time_zone"].choices = [(zone, zone) for zone in sorted(available_timezones())]  # type: ignore[attr-defined]
        for topic in TOPICS.values():
            self._add(topic, chosen[topic.key])

    def _add(self, topic: Topic, choice: Choice) -> None:
        self.fields[f"mail_{topic.key}"] = forms.ChoiceField(
            label=_("%(topic)s: e-mail") % {"topic": topic.label}, choices=Mail.choices, initial=choice.mail
        )
        self.fields[f"push_{topic.key}"] = forms.BooleanField(
            label=_("%(topic)s: push") % {"topic": topic.label}, required=False, initial=choice.push
        )

    def rows(self) -> list[tuple[Topic, forms.BoundField, forms.BoundField]]:
        return [(topic, self[f"mail_{key}"], self[f"push_{key}"]) for key, topic in TOPICS.items()]

    def choices(self) -> dict[str, Choice]:
        values = self.cleaned_data
        return {key: Choice(Mail(values[f"mail_{key}"]), values[f"push_{key}"]) for key in TOPICS}
