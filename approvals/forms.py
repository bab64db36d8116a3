"""What people fill in: cases, and content for review. A refused form keeps everything, the uploaded files too."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol, cast
from uuid import UUID

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils import timezone
from django.utils.datastructures import MultiValueDict
from django.utils.formats import date_format
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from approvals import making, slots, uploads
from approvals.media import UnreadableMedia
from approvals.models import FORMATS, Asset, Case, Media, Slot, Version
from approvals.states import IllegalMove
from approvals.storage.base import StorageDown
from collavo.accounts.models import Membership, User, Workspace
from collavo.ids import as_uuid, uuid7

NEW_SLOT, NO_SLOT = "new", "none"
TITLE = 80
ALT = 1000


class CaseForm(forms.Form):
    """Opens a case."""

    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=200,
        help_text=gettext_lazy("What the collaboration is about: “Autumn linen”."),
    )
    brand = forms.CharField(label=gettext_lazy("Brand"), max_length=200, required=False)
    creator = forms.ModelChoiceField(
        User.objects.none(), label=gettext_lazy("Creator"), required=False, empty_label=gettext_lazy("Nobody yet")
    )

    def __init__(self, data: Any = None, *, workspace: Workspace) -> None:
        super().__init__(data)
        self.workspace = workspace
        members = User.objects.filter(memberships__workspace=workspace).order_by("name", "email")
        self.fields["creator"].queryset = members  # type: ignore[attr-defined]

    def open(self, *, by: Membership) -> Case:
        """Make the case and its first line of history."""
        return making.open_case(**self.cleaned_data, by=by)


@dataclass(frozen=True)
class Chosen:
    """One file of the form, already uploaded, with what was typed for it."""

    media: Media
    alt_text: str


class Sends(Protocol):
    """A form that sends content in."""

    @property
    def asset_id(self) -> UUID:
        """Of what becomes of it."""

    def submit(self) -> Version:
        """Once it is `ready`. Raises IllegalMove."""


class ContentForm(forms.Form):
    """Format, caption and files. `media` (ids in their order) and `alt-<id>` come from the rows of uploaded files."""

    format = forms.ChoiceField(label=gettext_lazy("Format"), choices=FORMATS)
    caption = forms.CharField(
        label=gettext_lazy("Caption"), required=False, widget=forms.Textarea(attrs={"rows": 5}), max_length=10_000
    )

    def __init__(self, data: Any = None, files: Any = None, *, by: Membership, **options: Any) -> None:
        super().__init__(data, files, **options)
        self.by = by
        self.chosen: list[Chosen] = self._chosen() if self.is_bound else []
        self.file_errors: list[str] = []
        if self.is_bound:
            self._take_uploads()

    @property
    def adding(self) -> bool:
        """“Add these files” was pressed: the rest of the form need not be complete yet."""
        return "add" in self.data

    def ready(self) -> bool:
        """Whether everything is there to submit; else the form says what is missing."""
        return not self.adding and self.is_valid() and not self.file_errors

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if not self.file_errors and not self.chosen and not cleaned.get("caption"):
            self.add_error(None, _("There is nothing to review yet: choose files, or write a caption."))
        if not self.chosen and cleaned.get("format") not in (None, "text", "post"):
            self.add_error(None, _("Choose at least one picture or video for this format."))
        return cleaned

    def _content(self) -> dict[str, Any]:
        """The arguments of `Asset.submit`."""
        return {
            "caption": self.cleaned_data["caption"].replace("\r\n", "\n"),
            "format": self.cleaned_data["format"],
            "media": [c.media for c in self.chosen],
            "alt_texts": [c.alt_text for c in self.chosen],
            "by": self.by,
        }

    def _chosen(self) -> list[Chosen]:
        """The rows as they were sent, this workspace's alone and each once, in their order."""
        sent = cast("MultiValueDict[str, str]", self.data).getlist("media")
        ids = list(dict.fromkeys(filter(None, map(as_uuid, sent))))
        found = Media.objects.filter(workspace=self.by.workspace).in_bulk(ids)
        return [Chosen(found[pk], self.data.get(f"alt-{pk}", "").strip()[:ALT]) for pk in ids if pk in found]

    def _take_uploads(self) -> None:
        """Files sent with the form itself (no scripts, or their row was not ready)."""
        for upload in self.files.getlist("files"):
            try:
                self.chosen.append(Chosen(self._take(upload), ""))
            except (UnreadableMedia, StorageDown) as e:
                self.file_errors.append(f"{upload.name}: {e}")

    def _take(self, upload: UploadedFile[Any]) -> Media:
        return uploads.take(upload, by=self.by)


class AssetForm(ContentForm):
    """A new asset: for a planned slot, a new slot, or none yet."""

    key = forms.UUIDField(widget=forms.HiddenInput)
    case = forms.ModelChoiceField(Case.objects.none(), label=gettext_lazy("Case"), empty_label=None)
    title = forms.CharField(label=gettext_lazy("Title"), max_length=200, required=False)
    slot = forms.ChoiceField(label=gettext_lazy("Slot"), required=False)
    date = forms.DateField(
        label=gettext_lazy("Date"), required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    time = forms.TimeField(
        label=gettext_lazy("Time"), required=False, widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M")
    )
    channel = forms.ChoiceField(label=gettext_lazy("Channel"), required=False)
    angle = forms.CharField(label=gettext_lazy("Angle"), max_length=200, required=False)

    def __init__(self, data: Any = None, files: Any = None, *, by: Membership, initial: dict[str, Any]) -> None:
        super().__init__(data, files, by=by, initial={"key": uuid7(), "slot": NEW_SLOT, **initial})
        self.slots = {str(slot.pk): slot for slot in _open_slots(by.workspace, initial.get("slot", ""))}
        self.fields["case"].queryset = by.workspace.cases.order_by("-id")  # type: ignore[attr-defined]
        self.fields["slot"].choices = _slot_choices(self.slots.values(), by.workspace)  # type: ignore[attr-defined]
        channels = slots.channel_choices(by.workspace)
        self.fields["channel"].choices = channels  # type: ignore[attr-defined]
        if len(channels) == 2:  # “Choose …” and the only one there is
            self.initial.setdefault("channel", channels[1][0])

    @property
    def asset_id(self) -> UUID:
        return cast(UUID, self.cleaned_data["key"])

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if cleaned.get("slot") == NEW_SLOT:
            self._clean_new_slot(cleaned)
        slot, case = self.slots.get(cleaned.get("slot") or ""), cleaned.get("case")
        if slot and case and slot.case_id != case.pk:
            self.add_error(
                "slot",
                _("This slot belongs to the case “%(case)s”. Choose that case, or another slot.") % {"case": slot.case},
            )
        return cleaned

    def submit(self) -> Version:
        """Slot, asset and first version, all or nothing. Sent twice, the second time changes nothing."""
        with transaction.atomic():
            case: Case = self.cleaned_data["case"]
            slot = self._slot(case)
            asset, made = Asset.objects.get_or_create(
                pk=self.cleaned_data["key"],
                defaults={"workspace": self.by.workspace, "case": case, "slot": slot, "title": self._title(),
                          "creator": self.by.user},
            )  # fmt: skip
            if not made:
                raise IllegalMove(_("This asset was already sent in; here it is."))
            return asset.submit(**self._content())

    def _clean_new_slot(self, cleaned: dict[str, Any]) -> None:
        for name, what in (("date", _("a date")), ("time", _("a time")), ("channel", _("a channel"))):
            if not cleaned.get(name) and name not in self.errors:
                self.add_error(name, _("Choose %(what)s for the slot, or “No slot yet”.") % {"what": what})
        if cleaned.get("date") and cleaned.get("time"):
            cleaned["starts_at"] = self._moment(datetime.combine(cleaned["date"], cleaned["time"]))

    def _moment(self, wall: datetime) -> datetime:
        """The moment when the workspace's clocks show this; an error for one that they skip or that is over."""
        zone = self.by.workspace.zone
        moment = wall.replace(tzinfo=zone)
        back = moment.astimezone(UTC).astimezone(zone)
        if back.replace(tzinfo=None) != wall:
            self.add_error(
                "time",
                _("Clocks in %(time_zone)s go forward then, and never show this time. Choose another.")
                % {"time_zone": zone},
            )
        elif moment < timezone.now():
            self.add_error("date", _("This moment is over. Choose a later one."))
        return moment

    def _slot(self, case: Case) -> Slot | None:
        chosen = self.cleaned_data["slot"]
        if chosen != NEW_SLOT:
            return self.slots.get(chosen)
        return slots.plan(
            case, at=self.cleaned_data["starts_at"], channel=self.cleaned_data["channel"],
            format=self.cleaned_data["format"], angle=self.cleaned_data["angle"], by=self.by,
        )  # fmt: skip

    def _title(self) -> str:
        """As typed; else the caption's first line; else the first file's name."""
        words = self.cleaned_data["title"] or self.cleaned_data["caption"].strip().split("\n")[0]
        return Truncator(words or self.chosen[0].media.name).chars(TITLE)


class VersionForm(ContentForm):
    """The next round of an asset, filled in with the present one."""

    round = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, data: Any = None, files: Any = None, *, by: Membership, asset: Asset) -> None:
        self.asset = asset
        self.current = asset.versions.filter(current=True).with_parts().first()
        super().__init__(data, files, by=by, initial=self._filled_in())
        if self.current and not self.is_bound:
            self.chosen = [Chosen(i.media, i.alt_text) for i in self.current.ordered_items()]

    @property
    def asset_id(self) -> UUID:
        return self.asset.pk

    def submit(self) -> Version:
        """The next round, unless somebody has sent one in since this form was opened."""
        with transaction.atomic():
            Asset.objects.select_for_update().get(pk=self.asset.pk)
            current = self.asset.versions.filter(current=True).first()
            if current and current.round != self.cleaned_data["round"]:
                raise IllegalMove(
                    _("Round %(round)s was sent in meanwhile; yours was not kept. Look at it first.")
                    % {"round": current.round}
                )
            options = current.options if current else {}
            return self.asset.submit(**self._content(), options=options)

    def _filled_in(self) -> dict[str, Any]:
        if not self.current:
            return {"round": 0}
        return {"round": self.current.round, "caption": self.current.caption, "format": self.current.format}


def _open_slots(workspace: Workspace, named: str) -> Iterable[Slot]:
    """The next slots that nobody has made anything for, and the one that the page was opened for."""
    taken = Asset.objects.kept().filter(workspace=workspace, slot__isnull=False).values("slot")
    coming = workspace.slots.filter(starts_at__gte=timezone.now()).exclude(pk__in=taken)
    found = list(coming.select_related("case", "connector").order_by("starts_at")[:100])
    pk = as_uuid(named)
    if pk and pk not in {slot.pk for slot in found}:
        found += workspace.slots.filter(pk=pk).select_related("case", "connector")
    return found


def _slot_choices(slots: Iterable[Slot], workspace: Workspace) -> list[tuple[str, str]]:
    def words(slot: Slot) -> str:
        at = timezone.localtime(slot.starts_at, workspace.zone)
        return f"{date_format(at, 'D j M Y, H:i')} · {slot.get_format_display()} · {slot.case}"

    planned = [(str(slot.pk), words(slot)) for slot in slots]
    return [(NEW_SLOT, _("A new slot")), *planned, (NO_SLOT, _("No slot yet"))]
