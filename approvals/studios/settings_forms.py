"""What owners fill in for a studio outside."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy

from approvals.studios import owning
from approvals.studios.models import LONGEST_PATIENCE, Studio, StudioKind
from collavo.accounts.models import Membership
from collavo.ids import uuid7

KINDS = {
    StudioKind.IMAGE: gettext_lazy("Pictures of pictures (img2img)"),
    StudioKind.VIDEO: gettext_lazy("A film of a picture (i2v)"),
    StudioKind.LIPSYNC: gettext_lazy("A face that speaks (lip-sync)"),
    StudioKind.CINEMA: gettext_lazy("A film of films or pictures (cinema)"),
}


class StudioForm(forms.Form):
    """Name, what it makes, address and patience. The same form sent twice makes one studio."""

    key = forms.UUIDField(widget=forms.HiddenInput)
    name = forms.CharField(
        label=gettext_lazy("Name"), max_length=100, help_text=gettext_lazy("As people find it under “Use in”.")
    )
    kind = forms.ChoiceField(
        label=gettext_lazy("What it makes"), choices=[(kind.value, words) for kind, words in KINDS.items()]
    )
    url = forms.CharField(
        label=gettext_lazy("Address"), max_length=500, help_text=gettext_lazy("Where it takes POST requests: https://studio.example.com/jobs"),
        widget=forms.URLInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )  # fmt: skip
    patience = forms.IntegerField(
        label=gettext_lazy("Patience, in minutes"), min_value=1, max_value=LONGEST_PATIENCE, initial=60,
        help_text=gettext_lazy(
            "After this time without a result a job is given up. Addresses of media end after a day."
        ),
    )  # fmt: skip

    def __init__(self, data: Any = None, *, by: Membership, studio: Studio | None = None) -> None:
        filled: dict[str, Any] = {"key": uuid7(), "patience": 60}
        if studio:
            fields = {"name": studio.name, "kind": studio.kind, "url": studio.url, "patience": studio.patience}
            filled = {"key": studio.pk, **fields}
        super().__init__(data, initial=filled)
        self.by = by

    @property
    def pk(self) -> UUID:
        """The id that a new studio gets."""
        key: UUID = self.cleaned_data["key"]
        return key

    def add(self) -> tuple[Studio, str] | None:
        """The new studio and its secret; None, with an error in the form, when it was refused."""
        try:
            return owning.add(pk=self.pk, **self._said(), by=self.by)
        except owning.Refused as e:
            self.add_error(e.field, str(e))
            return None

    def change(self, studio: Studio) -> bool:
        try:
            owning.change(studio, **self._said(), by=self.by)
        except owning.Refused as e:
            self.add_error(e.field, str(e))
            return False
        return True

    def _said(self) -> dict[str, Any]:
        said = self.cleaned_data
        return {"name": said["name"], "kind": said["kind"], "url": said["url"].strip(), "patience": said["patience"]}
