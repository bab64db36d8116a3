"""What people fill in on the Settings pages."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID

from django import forms
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from collavo.accounts import api_tokens, hooks
from collavo.accounts.models import ApiToken, Membership, Scope, Workspace
from collavo.timeline.models import record

LEAD_MOST = 720  # hours that a decision may be asked for before the slot


class WorkspaceForm(forms.ModelForm):  # type: ignore[type-arg]
    """Name, time zone and policies of a workspace."""

    class Meta:
        model = Workspace
        fields = (
            "name", "time_zone", "allow_self_approval", "review_lead_hours", "late_policy", "late_window_minutes",
            "dead_link_policy", "handoff_ahead_minutes", "handoff_remind_minutes", "handoff_escalate_minutes",
        )  # fmt: skip
        widgets = {"time_zone": forms.TextInput(attrs={"list": "time-zones", "autocomplete": "off"})}  # noqa: RUF012
        labels = {  # noqa: RUF012
            "name": gettext_lazy("Name"),
            "time_zone": gettext_lazy("Time zone"),
            "allow_self_approval": gettext_lazy("People may accept their own content"),
            "review_lead_hours": gettext_lazy("Decide before the slot, so many hours"),
            "late_policy": gettext_lazy("When an outage made a post late"),
            "late_window_minutes": gettext_lazy("Late means: by more than so many minutes"),
            "dead_link_policy": gettext_lazy("Posts whose account has to be linked again"),
            "handoff_ahead_minutes": gettext_lazy("Tell the creator beforehand, so many minutes"),
            "handoff_remind_minutes": gettext_lazy("Remind the creator, so many minutes after"),
            "handoff_escalate_minutes": gettext_lazy("Tell the managers, so many minutes after"),
        }
        help_texts = {  # noqa: RUF012
            "time_zone": gettext_lazy("Slots and days are meant in it. Accounts have zones of their own."),
            "allow_self_approval": gettext_lazy("Off: somebody else has to decide about what a person submitted."),
            "review_lead_hours": gettext_lazy(
                "0 to 720. Until then a version is to be decided; what comes in late gets a day."
            ),
            "late_policy": "",
            "late_window_minutes": gettext_lazy("Up to this, a post goes out late without asking."),
            "dead_link_policy": "",
            "handoff_ahead_minutes": gettext_lazy("Of a post by hand. 0: not beforehand."),
            "handoff_remind_minutes": gettext_lazy("When a post by hand is not posted. 0: not by itself."),
            "handoff_escalate_minutes": gettext_lazy("When it is still not posted. 0: never."),
        }

    def clean_review_lead_hours(self) -> int:
        hours: int = self.cleaned_data["review_lead_hours"]
        if hours > LEAD_MOST:
            raise forms.ValidationError(
                _("Give %(hours)s hours (%(days)s days) at the most.") % {"hours": LEAD_MOST, "days": LEAD_MOST // 24}
            )
        return hours

    def keep(self, *, by: Membership) -> None:
        """Store what was changed, and nothing else of the row."""
        if not self.changed_data:
            return
        with transaction.atomic():
            self.instance.save(update_fields=self.changed_data)
            labels = [str(self.fields[name].label).lower() for name in self.changed_data]
            record(self.instance, "changed", by=by.user, text=_("Changed: %(labels)s.") % {"labels": ", ".join(labels)})


class TokenForm(forms.Form):
    """A new API token. Only what its person's role allows can be ticked."""

    name = forms.CharField(
        max_length=60, label=gettext_lazy("Name"), help_text=gettext_lazy("Which program uses it: “Newsroom”.")
    )
    scopes = forms.MultipleChoiceField(label=gettext_lazy("What it may do"), widget=forms.CheckboxSelectMultiple)
    accounts = forms.MultipleChoiceField(
        label=gettext_lazy("Only these accounts"), required=False, widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("None ticked: every account of the workspace, later ones too."),
    )  # fmt: skip
    expires_on = forms.DateField(
        label=gettext_lazy("Last day"), required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=gettext_lazy("Empty: until it is revoked."),
    )  # fmt: skip

    def __init__(self, data: Any = None, *, by: Membership) -> None:
        super().__init__(data, initial={"scopes": [Scope.READ]})
        self.by = by
        self.fields["scopes"].choices = [(s.value, s.label) for s in api_tokens.grantable(by)]  # type: ignore[attr-defined]
        linked = [(str(pk), name) for pk, name in hooks.linked_accounts(by.workspace)]
        self.fields["accounts"].choices = linked  # type: ignore[attr-defined]

    def clean_expires_on(self) -> Any:
        day = self.cleaned_data["expires_on"]
        if day and day < timezone.localdate(timezone=self.by.workspace.zone):
            raise forms.ValidationError(_("That day is over. Choose a later one."))
        return day

    def issue(self) -> tuple[ApiToken, str]:
        """The token, and its secret."""
        chosen = self.cleaned_data
        return api_tokens.issue(
            self.by, chosen["name"], chosen["scopes"], connector_ids=[UUID(pk) for pk in chosen["accounts"]],
            expires_at=self._end(),
        )  # fmt: skip

    def _end(self) -> datetime | None:
        """Midnight behind the last day, in the workspace's zone."""
        day = self.cleaned_data["expires_on"]
        return datetime.combine(day + timedelta(days=1), time(), self.by.workspace.zone) if day else None
