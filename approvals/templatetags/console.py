"""What templates of several apps need: the rail's live count, times in a zone, a channel's name and icon."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from django import template
from django.utils import timezone

from approvals.models import Version
from approvals.states import VersionStatus
from collavo.accounts.models import Ability, Membership
from connectors.platforms import registry

register = template.Library()
MOST = 99  # nobody counts on: "99+" says enough, and counting more would read the whole table
OWN_ICONS = {"instagram", "tiktok", "youtube"}


@register.simple_tag
def waiting_for(member: Membership) -> str:
    """How many things on the Approvals page wait for this person: "", "12" or "99+". One query at most."""
    if member.can(Ability.REVIEW):
        rows = Version.objects.in_review().filter(workspace=member.workspace)
    elif member.can(Ability.CREATE):
        rows = Version.objects.filter(
            workspace=member.workspace, status=VersionStatus.REGENERATING, asset__creator=member.user_id,
            asset__discarded_at=None,
        )  # fmt: skip
    else:
        return ""
    found = rows[: MOST + 1].count()
    return f"{MOST}+" if found > MOST else str(found or "")


@register.filter
def local(at: datetime, zone: ZoneInfo | str) -> datetime:
    """The moment in a zone, given as object or name."""
    return timezone.localtime(at, ZoneInfo(zone) if isinstance(zone, str) else zone)


@register.simple_tag
def this_year(zone: ZoneInfo | str) -> int:
    """The year that a date on the page need not say."""
    return local(timezone.now(), zone).year


@register.filter
def channel_name(key: str) -> str:
    """"Instagram" for "instagram"; the key itself, capitalised, for a platform that is not built in."""
    try:
        return registry.get(key).name
    except LookupError:
        return key.capitalize()


@register.filter
def channel_icon(key: str) -> str:
    return key if key in OWN_ICONS else "channel"


@register.filter
def seconds(duration: float | None) -> str:
    """"0:21" for 21.3 seconds; "" for None."""
    if duration is None:
        return ""
    minutes, rest = divmod(round(duration), 60)
    return f"{minutes}:{rest:02}"


@register.filter
def initials(name: object) -> str:
    words = str(name).replace("@", " ").split()
    return "".join(word[0] for word in words[:2])
