"""What the creator says on the hand-off page, as plain forms."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django import forms
from django.core import signing
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from approvals.models import Media
from approvals.uploads import take
from collavo.accounts.models import Membership, Role
from connectors.platforms.base import PostLink
from publishing.handoffs.verbs import WORDS_MAX
from publishing.models import Handoff, HandoffLink
from publishing.moments import moment_words, wait_words

STEPS = (15, 30, 60, 90, 120, 180, 240, 360, 480, 720)  # minutes from now that are offered for “later”
SCREENSHOT_BYTES = 20_000_000
SALT = "publishing.handoff.screenshot"


class PostedForm(forms.Form):
    """“I posted it”: the link where the platform gives one, a screenshot, or a sentence."""

    url = forms.CharField(label=gettext_lazy("Link of the post"), required=False)
    screenshot = forms.FileField(label=gettext_lazy("A screenshot of it"), required=False)
    kept = forms.CharField(required=False, widget=forms.HiddenInput)  # the screenshot of a try that was refused
    statement = forms.CharField(
        label=gettext_lazy("Anything to say about it"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 2, "maxlength": WORDS_MAX}),
    )

    def __init__(self, data: Any = None, files: Any = None, *, link: HandoffLink, wanted: PostLink | None) -> None:
        super().__init__(data, files, auto_id="posted_%s")
        self.link = link
        if wanted is None:
            del self.fields["url"]
            return
        self.fields["url"].widget = forms.URLInput(attrs={"placeholder": wanted.example, "autocomplete": "off"})
        if wanted.required:
            self.fields["url"].help_text = _("In the app: Share, then Copy link.")
            del self.fields["screenshot"]

    def clean_screenshot(self) -> Any:
        upload = self.cleaned_data["screenshot"]
        if upload and upload.size > SCREENSHOT_BYTES:
            raise forms.ValidationError(_("That file is larger than 20 MB. Take a screenshot of the post instead."))
        return upload

    def evidence(self) -> Media | None:
        """The screenshot: of this try, or of the one before. Raises UnreadableMedia with a sentence."""
        if upload := self.cleaned_data.get("screenshot"):
            person, workspace = self.link.person, self.link.handoff.workspace
            return take(upload, by=Membership(user=person, workspace=workspace, role=Role.CREATOR))
        return Media.objects.filter(pk=pk).first() if (pk := self._kept()) else None

    def _kept(self) -> UUID | None:
        try:
            pk, of = signing.loads(self.cleaned_data["kept"], salt=SALT)
        except signing.BadSignature:
            return None
        return UUID(pk) if of == str(self.link.pk) else None

    def keep(self, screenshot: Media | None) -> None:
        """So that it need not be chosen again after a refusal."""
        if screenshot:
            kept = signing.dumps([str(screenshot.pk), str(self.link.pk)], salt=SALT)
            self.data = {**self.data.dict(), "kept": kept}  # type: ignore[attr-defined]  # it came from a request


class CouldNotForm(forms.Form):
    reason = forms.CharField(
        label=gettext_lazy("Why not?"), widget=forms.Textarea(attrs={"rows": 3, "maxlength": WORDS_MAX}),
        error_messages={"required": gettext_lazy("Say in a sentence why it could not be posted.")},
    )  # fmt: skip

    def __init__(self, data: Any = None) -> None:
        super().__init__(data, auto_id="not_%s")


class LaterForm(forms.Form):
    """A choice of moments within the window: no clock to be typed on a phone, and none that does not exist."""

    at = forms.ChoiceField(
        label=gettext_lazy("When will you post it?"), error_messages={"required": gettext_lazy("Choose a moment.")}
    )

    def __init__(self, data: Any = None, *, handoff: Handoff, zone: ZoneInfo) -> None:
        super().__init__(data, auto_id="later_%s")
        self.fields["at"].choices = list(later_choices(handoff, zone))  # type: ignore[attr-defined]
        if data:  # a page that is open for long offers moments which are offered no more, and still stand
            self.fields["at"].choices += [(data.get("at", ""), "")]  # type: ignore[attr-defined]

    def clean_at(self) -> datetime:
        try:
            at = parse_datetime(self.cleaned_data["at"])
        except ValueError:
            at = None
        if at is None or at.tzinfo is None:
            raise forms.ValidationError(_("Choose a moment."))
        return at


def later_choices(handoff: Handoff, zone: ZoneInfo) -> list[tuple[str, str]]:
    """Moments until the end of the window, at full minutes; [] when it has ended."""
    now = timezone.now()
    start = (now + timedelta(minutes=1)).replace(second=0, microsecond=0)
    moments = [start + timedelta(minutes=minutes) for minutes in STEPS]
    good = [at for at in moments if at < handoff.latest_at]
    if handoff.latest_at > start:
        good.append(handoff.latest_at)
    return [(at.isoformat(), f"{moment_words(at, zone, now)} ({wait_words(at, now)})") for at in good]
