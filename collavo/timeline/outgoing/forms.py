"""What people fill in for a webhook."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy

from collavo.accounts.models import Membership
from collavo.ids import uuid7
from collavo.timeline.models import Endpoint
from collavo.timeline.outgoing import verbs
from collavo.timeline.outgoing.kinds import GROUPS, TYPES


class WebhookForm(forms.Form):
    """Address, what it is for, and the kinds of events: none chosen means all of them."""

    key = forms.UUIDField(widget=forms.HiddenInput)
    url = forms.CharField(
        label=gettext_lazy("Address"), max_length=500,
        help_text=gettext_lazy("Where your program takes POST requests: https://example.com/webhooks"),
        widget=forms.URLInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )  # fmt: skip
    note = forms.CharField(label=gettext_lazy("What it is for"), max_length=200, required=False)
    events = forms.MultipleChoiceField(
        label=gettext_lazy("Events"), required=False, widget=forms.CheckboxSelectMultiple,
        choices=[(name, name) for name in (*(group.all for group in GROUPS), *TYPES)],  # `groups` has their words
    )  # fmt: skip

    def __init__(self, data: Any = None, *, by: Membership, endpoint: Endpoint | None = None) -> None:
        filled: dict[str, Any] = {"key": uuid7()}
        if endpoint:
            filled = {"key": endpoint.pk, "url": endpoint.url, "note": endpoint.note, "events": endpoint.events}
        super().__init__(data, initial=filled)
        self.by = by

    @property
    def groups(self) -> list[dict[str, Any]]:
        """The choices as the page shows them: a kind of thing, and behind it each thing that can happen to it."""
        chosen = set(self["events"].value() or [])
        return [
            {
                "all": group.all, "label": group.label, "on": group.all in chosen,
                "types": [(name, words, name in chosen) for name, words in group.types.items()],
                "open": any(name in chosen for name in group.types),
            }
            for group in GROUPS
        ]  # fmt: skip

    def add(self) -> tuple[Endpoint, str] | None:
        """The new webhook and its secret; None, with an error in the form, when it was refused."""
        try:
            return verbs.add(pk=self.pk, **self._said(), by=self.by)
        except verbs.Refused as e:
            self.add_error("url", str(e))
            return None

    def change(self, endpoint: Endpoint) -> bool:
        try:
            verbs.change(endpoint, **self._said(), by=self.by)
        except verbs.Refused as e:
            self.add_error("url", str(e))
            return False
        return True

    @property
    def pk(self) -> UUID:
        """The id that a new webhook gets: the form sent twice asks for the same one."""
        key: UUID = self.cleaned_data["key"]
        return key

    def _said(self) -> dict[str, Any]:
        said = self.cleaned_data
        return {"url": said["url"].strip(), "note": said["note"], "events": said["events"]}
