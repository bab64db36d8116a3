"""What people fill in about the usage rights of an asset."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from approvals import rights as verbs
from approvals.models import Asset, Rights
from collavo.accounts.models import Membership
from connectors.platforms.registry import PLATFORMS

EVIDENCE_BYTES = 20 * 1024 * 1024
EVIDENCE = (".pdf", ".jpg", ".jpeg", ".png", ".webp", ".eml", ".msg", ".txt", ".docx")
DATE = {"type": "date"}


class RightsForm(forms.ModelForm):  # type: ignore[type-arg]
    """The terms, with a file that proves them. An evidence file can be replaced, not taken away."""

    channels = forms.MultipleChoiceField(
        label=gettext_lazy("Channels"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("None ticked: every channel."),
    )
    proof = forms.FileField(
        label=gettext_lazy("Evidence"), required=False,
        help_text=gettext_lazy("The contract or message that says so: PDF, picture, mail, text."),
        widget=forms.FileInput(attrs={"accept": ",".join(EVIDENCE)}),
    )  # fmt: skip

    class Meta:
        model = Rights
        fields = ("status", "channels", "usage", "territory", "starts_on", "ends_on", "exclusive", "note")
        widgets = {  # noqa: RUF012
            "starts_on": forms.DateInput(attrs=DATE, format="%Y-%m-%d"),
            "ends_on": forms.DateInput(attrs=DATE, format="%Y-%m-%d"),
            "note": forms.Textarea(attrs={"rows": 2}),
        }
        labels = {  # noqa: RUF012
            "status": gettext_lazy("Status"), "territory": gettext_lazy("Territory"), "note": gettext_lazy("Note"),
            "usage": gettext_lazy("What for"), "starts_on": gettext_lazy("First day"),
            "ends_on": gettext_lazy("Last day"), "exclusive": gettext_lazy("Exclusive"),
        }  # fmt: skip
        help_texts = {  # noqa: RUF012
            "ends_on": "",
            "territory": gettext_lazy("Where it may be seen: “CH, DE”, “worldwide”. Empty: nothing was said."),
            "usage": gettext_lazy("Collavo posts organically. Rights for paid ads alone do not cover a post."),
        }

    def __init__(self, data: Any = None, files: Any = None, *, rights: Rights) -> None:
        super().__init__(data, files, instance=rights)
        kept = {key: key.capitalize() for key in rights.channels}  # channels of a platform that is no more
        known = {key: spec.name for key, spec in PLATFORMS.items()}
        self.fields["channels"].choices = list((kept | known).items())  # type: ignore[attr-defined]

    def clean_proof(self) -> UploadedFile[bytes] | None:
        proof: UploadedFile[bytes] | None = self.cleaned_data["proof"]
        if proof and not (proof.name or "").lower().endswith(EVIDENCE):
            raise forms.ValidationError(_("Choose a file that ends in %(endings)s.") % {"endings": ", ".join(EVIDENCE)})
        if proof and (proof.size or 0) > EVIDENCE_BYTES:
            raise forms.ValidationError(
                _("It is bigger than %(size)s. Choose a smaller one.") % {"size": filesizeformat(EVIDENCE_BYTES)}
            )
        return proof

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean() or self.cleaned_data
        first, last = cleaned.get("starts_on"), cleaned.get("ends_on")
        if first and last and last < first:
            self.add_error("ends_on", _("The last day is before the first."))
        return cleaned

    def keep(self, asset: Asset, *, by: Membership) -> None:
        """Add these rights to the asset, or change them. Raises PermissionDenied."""
        terms = {name: self.cleaned_data[name] for name in self.Meta.fields}
        if self.instance._state.adding:
            verbs.add(asset, terms, by=by, evidence=self.cleaned_data["proof"])
        else:
            verbs.change(self.instance, terms, by=by, evidence=self.cleaned_data["proof"])
