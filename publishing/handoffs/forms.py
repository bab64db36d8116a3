"""What people fill in about a hand-off."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from collavo.accounts.models import User
from publishing.forms import ScheduleForm
from publishing.handoffs.verbs import WORDS_MAX


class PostedForm(forms.Form):
    """Where it is live, or a sentence in its place."""

    url = forms.CharField(label=gettext_lazy("Link of the live post"), required=False, max_length=500)
    statement = forms.CharField(label=gettext_lazy("In your words"), required=False, max_length=WORDS_MAX)


class ReasonForm(forms.Form):
    """Why it could not be posted."""

    reason = forms.CharField(label=gettext_lazy("Why not?"), max_length=WORDS_MAX)


class AssignForm(forms.Form):
    """Who does it from now on."""

    to = forms.ModelChoiceField(User.objects.none(), label=gettext_lazy("Who posts it"), empty_label=None)

    def __init__(self, data: Any = None, *, people: list[User]) -> None:
        super().__init__(data)
        self.fields["to"].queryset = User.objects.filter(pk__in=[p.pk for p in people])  # type: ignore[attr-defined]


class LaterForm(ScheduleForm):
    """Another moment, as the clocks of the account's zone show it."""
