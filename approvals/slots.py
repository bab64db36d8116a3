"""What people do with slots, the planned places in the calendar. Each verb checks who asks and writes its line."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from approvals.models import FORMATS, Case, Slot, Version
from approvals.states import IllegalMove
from collavo.accounts.models import Ability, Membership, Workspace
from collavo.ids import as_uuid
from collavo.timeline.models import record
from connectors.models import Connector
from connectors.platforms.registry import PLATFORMS


def plan(case: Case, *, at: datetime, channel: str, format: str, angle: str = "", by: Membership) -> Slot:
    """Put a slot on the calendar. `channel`: an account's id, or a platform's key where none is linked yet."""
    by.require(Ability.CREATE, at=case.workspace_id)
    _require_ahead(at)
    connector, platform = channel_of(channel, by.workspace)
    with transaction.atomic():
        slot = Slot.objects.create(
            workspace_id=case.workspace_id, case=case, starts_at=at, connector=connector, channel=platform,
            format=format, angle=angle,
        )  # fmt: skip
        record(slot, "planned", by=by.user, text=f"{words(slot)}, {when(at, by.workspace)}")
    return slot


def move(slot: Slot, *, at: datetime, by: Membership, was: datetime | None = None) -> None:
    """Another moment. The plan of what was made for it follows. `was`: where the person saw it; else it is refused."""
    by.require(Ability.PUBLISH, at=slot.workspace_id)
    _require_ahead(at)
    with transaction.atomic():
        now = _locked(slot, was)
        if now.starts_at <= timezone.now():
            raise IllegalMove(_("This slot is over and stays where it is. Plan a new one instead."))
        if now.starts_at == at:
            return
        Slot.objects.filter(pk=slot.pk).update(starts_at=at)
        Version.objects.filter(asset__slot=slot.pk).update(planned_at=at)
        text = _("%(slot)s, from %(before)s to %(after)s") % {
            "slot": words(now),
            "before": when(now.starts_at, by.workspace),
            "after": when(at, by.workspace),
        }
        record(now, "moved", by=by.user, text=text, at=at.isoformat())
    slot.starts_at = at


def change(slot: Slot, *, channel: str, format: str, angle: str, by: Membership) -> None:
    """Another channel, format or angle. What was made for it stays; its next round is made for the new plan."""
    by.require(Ability.PUBLISH, at=slot.workspace_id)
    connector, platform = channel_of(channel, by.workspace)
    if format not in dict(FORMATS):
        raise IllegalMove(_("There is no such format. Choose one of the list."))
    with transaction.atomic():
        before = _locked(slot, None)
        was = words(before)
        slot.connector, slot.channel, slot.format, slot.angle = connector, platform, format, angle
        same = (before.connector_id, before.channel, before.angle) == (slot.connector_id, platform, angle)
        if same and before.format == format:
            return
        slot.save(update_fields=["connector", "channel", "format", "angle"])
        record(
            slot, "changed", by=by.user, text=_("%(before)s is now %(after)s") % {"before": was, "after": words(slot)}
        )


def remove(slot: Slot, *, by: Membership) -> None:
    """Take it off the calendar. What was made for it stays, without a slot."""
    by.require(Ability.PUBLISH, at=slot.workspace_id)
    with transaction.atomic():
        now = _locked(slot, None)
        Version.objects.filter(asset__slot=slot.pk).update(planned_at=None)
        record(now, "removed", by=by.user, text=f"{words(now)}, {when(now.starts_at, by.workspace)}")
        now.delete()


def words(slot: Slot) -> str:
    """ "Reel for Instagram, fjord.supply (Styling)"."""
    place = str(slot.connector) if slot.connector else channel_name(slot.channel)
    said = _("%(format)s for %(place)s") % {"format": slot.get_format_display(), "place": place}
    return f"{said} ({slot.angle})" if slot.angle else said


def when(at: datetime, workspace: Workspace) -> str:
    return f"{date_format(timezone.localtime(at, workspace.zone), 'D j M Y, H:i')} {workspace.time_zone}"


def channel_name(key: str) -> str:
    return PLATFORMS[key].name if key in PLATFORMS else key.capitalize()


def channel_choices(workspace: Workspace) -> list[tuple[str, str]]:
    """The linked accounts, then the platforms without one."""
    accounts = list(Connector.objects.filter(workspace=workspace).without_tokens().order_by("platform", "handle"))
    linked = {account.platform for account in accounts}
    others = [
        (key, _("%(platform)s (no account linked yet)") % {"platform": spec.name})
        for key, spec in PLATFORMS.items()
        if key not in linked
    ]
    return [("", _("Choose …")), *((str(a.pk), str(a)) for a in accounts), *others]


def channel_of(value: str, workspace: Workspace) -> tuple[Connector | None, str]:
    """The account, when one was chosen, and its platform's key."""
    if value in PLATFORMS:
        return None, value
    pk, accounts = as_uuid(value), Connector.objects.without_tokens().filter(workspace=workspace)
    if pk is None or (connector := accounts.filter(pk=pk).first()) is None:
        raise IllegalMove(_("There is no such channel in this workspace. Choose one of the list."))
    return connector, connector.platform


def _locked(slot: Slot, was: datetime | None) -> Slot:
    found = Slot.objects.select_for_update(of=("self",)).select_related("connector").filter(pk=slot.pk).first()
    if found is None:
        raise IllegalMove(_("Somebody has taken this slot off the calendar meanwhile."))
    if was and found.starts_at != was:
        raise IllegalMove(_("Somebody has moved this slot meanwhile. Look where it is now before you move it again."))
    return found


def _require_ahead(at: datetime) -> None:
    if at <= timezone.now():
        raise IllegalMove(_("That moment is over. Choose a later one."))
