"""What templates of several apps need: the rail's live count, times in a zone, a channel's name and icon."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import cast
from zoneinfo import ZoneInfo

from django import template
from django.template.loader import render_to_string
from django.templatetags.tz import do_timezone
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext

from approvals.models import Media, Version, VersionMedia
from approvals.states import VersionStatus
from collavo.accounts.models import Ability, Membership
from collavo.words import together
from connectors.platforms import registry

register = template.Library()
MOST = 99  # nobody counts on: "99+" says enough, and counting more would read the whole table
OWN_ICONS = {"instagram", "tiktok", "youtube"}


@register.simple_tag
def waiting_for(member: Membership) -> str:
    """How many things on the Approvals page wait for this person: "", "12" or "99+". One query at most."""
    if member.waiting is not None:
        return f"{MOST}+" if member.waiting > MOST else str(member.waiting or "")
    if member.can(Ability.REVIEW):
        rows = Version.objects.in_review().filter(workspace=member.workspace)
    elif member.can(Ability.CREATE):
        rows = Version.objects.filter(
            workspace=member.workspace, status=VersionStatus.REGENERATING, asset__creator=member.user_id,
            asset__discarded_at=None,
        )  # fmt: skip
    else:
        return ""
    found = rows.order_by("planned_at", "id")[: MOST + 1].count()  # in this order an index ends it after 100 rows
    return f"{MOST}+" if found > MOST else str(found or "")


@register.filter
def local(at: datetime, zone: ZoneInfo | str) -> datetime:
    """The moment in a zone, given as object or name. Django's `date` filter leaves it there."""
    return cast(datetime, do_timezone(at, ZoneInfo(zone) if isinstance(zone, str) else zone))


@register.simple_tag
def this_year(zone: ZoneInfo | str) -> int:
    """The year that a date on the page need not say."""
    return local(timezone.now(), zone).year


@register.simple_tag
def time_of(at: datetime | None, zone: ZoneInfo | str, *, short: bool = False, brief: bool = False) -> SafeString:
    """What components/_time.html shows, as a value: for a sentence around it that is translated as a whole."""
    given = {"at": at, "zone": zone, "short": short, "brief": brief}
    return SafeString(render_to_string("components/_time.html", given).strip())


@register.filter
def soon(at: datetime, zone: ZoneInfo | str) -> str:
    """As short as it can be: "Tue 18:30" within six days, else "24 Nov 18:30"."""
    moment, now = local(at, zone), local(timezone.now(), zone)
    near = 0 <= (moment.date() - now.date()).days < 6
    return date_format(moment, "D H:i" if near else "j M H:i")


@register.filter
def begins_with(text: str, start: str) -> bool:
    """Whether a caption says what its title says, so that the title need not."""
    return bool(start) and text.startswith(start.rstrip("….").rstrip())


@register.filter
def channel_name(key: str) -> str:
    """The platform's name for its key; the key itself, capitalised, for one that is not built in."""
    try:
        return registry.get(key).name
    except LookupError:
        return key.capitalize()


@register.filter
def channel_names(keys: Iterable[str]) -> str:
    return ", ".join(map(channel_name, keys))


@register.filter
def channel_icon(key: str) -> str:
    return key if key in OWN_ICONS else "channel"


@register.filter
def seconds(duration: float | None) -> str:
    """Minutes and seconds: "0:21" for 21.3; "" for None."""
    if duration is None:
        return ""
    minutes, rest = divmod(round(duration), 60)
    return f"{minutes}:{rest:02}"


@register.filter
def initials(name: object) -> str:
    words = str(name).replace("@", " ").split()
    return "".join(word[0] for word in words[:2])


STATUS_LOOKS = {
    VersionStatus.IN_REVIEW: ("", "inbox"),
    VersionStatus.APPROVED: ("ok", "check"),
    VersionStatus.REGENERATING: ("wait", "refresh"),
    VersionStatus.REJECTED: ("bad", "x"),
    VersionStatus.SUPERSEDED: ("", "images"),
}
CHECK_LOOKS = {"ok": ("ok", "check"), "warn": ("wait", "warn"), "block": ("bad", "x")}


@register.filter
def look(status: str) -> tuple[str, str]:
    """Colour and icon of a version's status or of a check's level."""
    return CHECK_LOOKS.get(str(status)) or STATUS_LOOKS[VersionStatus(status)]


@register.filter
def contents(items: list[VersionMedia]) -> str:
    """What is in a version: "4 images", "1 video, 0:21", "2 images and 1 video", "text alone"."""
    films = [item.media for item in items if item.media.is_video]
    pictures = len(items) - len(films)
    said = []
    if pictures:
        said.append(ngettext("%(count)d image", "%(count)d images", pictures) % {"count": pictures})
    if films:
        said.append(ngettext("%(count)d video", "%(count)d videos", len(films)) % {"count": len(films)})
    length = f", {seconds(films[0].duration)}" if len(items) == len(films) == 1 else ""
    return together(said) + length if said else gettext("text alone")


SHAPES = {"wide": 1.91, "film": 16 / 9, "square": 1.0, "portrait": 4 / 5, "upright": 9 / 16}
SHOWN = {"image/jpeg", "image/png", "image/webp", "image/gif"}


@register.filter
def shape(media: Media | None) -> str:
    """The nearest of the ratios that the stage knows; a frame of that ratio is there before the picture is."""
    if media is None or not media.height:
        return "square"
    ratio = media.width / media.height
    return min(SHAPES, key=lambda name: abs(SHAPES[name] - ratio))


@register.filter
def shown_as(media: Media) -> str:
    """Which variant a browser can show: the file itself, or its preview (HEIC, TIFF)."""
    return "file" if media.is_video or media.mime_type in SHOWN else "thumbnail"
