"""What people fill in about linked accounts."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext, gettext_lazy

from collavo.accounts.models import User, Workspace
from collavo.timeline.models import record
from connectors import presets
from connectors.models import AppCredentials, Connector
from connectors.option_fields import preset_field


class CapForm(forms.ModelForm):  # type: ignore[type-arg]
    """Of an account with a cap of its own."""

    def clean_daily_cap(self) -> int | None:
        most: int | None = self.cleaned_data["daily_cap"]
        if most == 0:
            raise forms.ValidationError(
                gettext("With 0 its posts would wait for ever. Give 1 or more, or switch the account off instead.")
            )
        return most


class SettingsForm(CapForm):
    """What a workspace decides about one of its accounts."""

    class Meta:
        model = Connector
        fields = ("time_zone", "daily_cap", "scheduling", "audited")
        widgets = {"time_zone": forms.TextInput(attrs={"list": "time-zones", "autocomplete": "off"})}  # noqa: RUF012
        labels = {  # noqa: RUF012
            "time_zone": gettext_lazy("Time zone"),
            "daily_cap": gettext_lazy("Posts in 24 hours, at most"),
            "scheduling": gettext_lazy("Scheduled publishing"),
            "audited": gettext_lazy("The app has passed the platform’s audit"),
        }
        help_texts = {  # noqa: RUF012
            "time_zone": gettext_lazy("Moments of this account are shown in it."),
            "daily_cap": gettext_lazy("Empty: what the platform allows."),
            "scheduling": gettext_lazy(
                "Off: posts go out by “Publish now” only. What is scheduled already stays scheduled."
            ),
            "audited": gettext_lazy("Until then its posts are private."),
        }

    def __init__(self, data: Any = None, *, connector: Connector) -> None:
        super().__init__(data, instance=connector)
        if not (connector.oauth and connector.oauth.audit):
            del self.fields["audited"]
        self.switches = {f"switch_{name}": name for name in connector.spec.rules.switches}
        for field, name in self.switches.items():
            switch, on = connector.spec.rules.switches[name], bool(connector.switches.get(name))
            self.fields[field] = forms.BooleanField(
                label=switch.label, help_text=switch.help, required=False, initial=on
            )

    @property
    def switch_fields(self) -> list[forms.BoundField]:
        """What the platform lets people turn on for one account."""
        return [self[field] for field in self.switches]

    def keep(self, *, by: User) -> None:
        """Store what was changed, and nothing else of the row."""
        if not self.changed_data:
            return
        chosen = {name: self.cleaned_data[field] for field, name in self.switches.items()}
        self.instance.switches = {**self.instance.switches, **chosen}
        columns = {"switches" if field in self.switches else field for field in self.changed_data}
        with transaction.atomic():
            self.instance.save(update_fields=columns)
            labels = [str(self.fields[name].label).lower() for name in self.changed_data]
            record(
                self.instance, "changed", by=by, text=gettext("Changed: %(labels)s.") % {"labels": ", ".join(labels)}
            )


class PresetsForm(forms.Form):
    """What the forms of an account's posts start from: every option that may have a preset, each left open or said."""

    def __init__(self, data: Any = None, *, connector: Connector) -> None:
        super().__init__(data, prefix="preset")
        self.connector = connector
        self.options = {name: rule for name, (rule, _) in presets.schema(connector.spec).items()}
        for name, rule in self.options.items():
            self.fields[name] = preset_field(rule, connector.defaults.get(name))

    def clean(self) -> dict[str, Any]:
        cleaned = {name: value for name, value in (super().clean() or {}).items() if value not in (None, "", [])}
        for name, value in cleaned.items():
            for said in presets.complaints(self.connector.spec, {name: value}):
                self.add_error(name, said.partition(": ")[2] or said)
        return cleaned

    def keep(self, *, by: User) -> None:
        self.connector.keep_defaults(dict(self.cleaned_data), by=by)


class PauseForm(forms.Form):
    """Until when nothing goes out."""

    until = forms.DateTimeField(
        required=False,
        label=gettext_lazy("Until"),
        help_text=gettext_lazy("Empty: until somebody resumes it."),
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )

    def __init__(self, data: Any = None, *, connector: Connector) -> None:
        super().__init__(data)
        self.connector = connector

    def clean_until(self) -> datetime | None:
        """What was typed is meant in the account's zone."""
        typed: datetime | None = self.cleaned_data["until"]
        if typed is None:
            return None
        until = typed.replace(tzinfo=self.connector.zone)
        if until <= timezone.now():
            raise forms.ValidationError(
                gettext("That moment is over in %(time_zone)s. Choose a later one.")
                % {"time_zone": self.connector.time_zone}
            )
        return until


class AppForm(forms.Form):
    """A workspace's own app. The secret is never shown again."""

    client_id = forms.CharField(
        max_length=200, label=gettext_lazy("App id"), widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
    client_secret = forms.CharField(
        max_length=500,
        label=gettext_lazy("App secret"),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def keep(self, workspace: Workspace, platform: str, login: str, *, by: User) -> None:
        values = {name: self.cleaned_data[name] for name in ("client_id", "client_secret")}
        with transaction.atomic():
            AppCredentials.objects.update_or_create(
                workspace=workspace, platform=platform, login=login, defaults=values
            )
            record(
                workspace,
                "app_changed",
                by=by,
                text=gettext("%(platform)s, %(login)s: app %(client_id)s")
                % {"platform": platform, "login": login, "client_id": values["client_id"]},
            )
