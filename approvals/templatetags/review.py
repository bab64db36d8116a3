"""What the templates of a review need: pins on media, and forms that keep what was typed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from django import template
from django.urls import reverse
from django.utils import timezone

from approvals.models import Media, VersionMedia
from approvals.pins import Pin
from connectors.platforms import registry

register = template.Library()
ROWS = 3  # of pins in a plain form; scripts add more

type Mark = tuple[int, Pin]


@register.filter
def on_medium(marks: Sequence[Mark] | str, number: int) -> list[Mark]:
    """The numbered pins on one medium. `marks` may be missing ("")."""
    return [(n, pin) for n, pin in marks if pin.medium == number] if marks and not isinstance(marks, str) else []


@register.filter
def tenth(value: int | None) -> str:
    """Per mille as a percentage for an attribute, whatever the language: 255 is "25.5"."""
    return f"{(value or 0) / 10:g}"


@register.filter
def clock(ms: int) -> str:
    """Milliseconds as seconds for an address or attribute: "7.25"."""
    return f"{ms / 1000:g}"


@register.filter
def radius(media: Media) -> int:
    """Of a mark, in the medium's own pixels."""
    return max(round(max(media.width, media.height) * 0.024), 4)


@register.simple_tag(takes_context=True)
def media_url(context: template.Context, media: Media, variant: str) -> str:
    """Where the page's reader may fetch it: a member in the console, a client by the link that they hold."""
    if token := context.get("token"):
        return reverse("review_link_media", args=[token, media.pk, variant])
    return reverse("approvals:show_media", args=[context["workspace"].slug, media.pk, variant])


@dataclass(frozen=True)
class PinRow:
    """One row of fields, as it was filled in."""

    n: int
    medium: str
    x: str
    y: str
    at: str
    text: str


@register.simple_tag
def pin_rows(filled: dict[str, str] | str) -> list[PinRow]:
    """The rows of a form for pins: as many as were filled in, three at least."""
    said = filled if isinstance(filled, dict) else {}
    used = {int(name.split("-")[1]) for name in said if name.split("-")[1].isdecimal()}
    names = ("medium", "x", "y", "at", "text")
    most = max([ROWS, *(n for n in used if n <= 20)])
    return [PinRow(n, *(said.get(f"pin-{n}-{name}", "") for name in names)) for n in range(1, most + 1)]


@register.filter
def films(items: Sequence[VersionMedia]) -> int:
    return sum(item.media.is_video for item in items)


@register.filter
def pictures(items: Sequence[VersionMedia]) -> int:
    return len(items) - films(items)


@register.filter
def wall(at: datetime | None, zone: ZoneInfo) -> str:
    """For a datetime-local field, as the clocks of the zone show it."""
    return f"{timezone.localtime(at, zone):%Y-%m-%dT%H:%M}" if at else ""


@register.filter
def seen_on(show: str) -> str:
    """The name of the network whose app is shown."""
    return registry.get(show).name if show in registry.PLATFORMS else ""
