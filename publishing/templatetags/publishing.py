"""What the templates of the board and the posts need."""

from __future__ import annotations

import json

from django import template
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from connectors.platforms.base import Json
from publishing.board import Card
from publishing.preflight import Check, Level

register = template.Library()
FOLD = 125  # characters of a caption that Instagram shows before "… more"


@register.simple_tag(takes_context=True)
def verb(context: template.Context, name: str, pk: object) -> SafeString:
    """The attributes of a form that calls this verb: a plain POST, and with htmx the panel swapped in.

    On the post's own page (`back`) it stays a plain form, which comes back to that page.
    """
    url = reverse(f"publishing:{name}", args=[context["workspace"].slug, pk])
    if context.get("back"):
        return format_html('method="post" action="{}"', url)
    return format_html(
        'method="post" action="{0}" hx-post="{0}" hx-target="#panel" hx-swap="innerHTML" hx-sync="this:drop" '
        'hx-disabled-elt="find button"',
        url,
    )


@register.filter
def folded(caption: str) -> str:
    """What is seen before "… more"; cut between words."""
    line = caption.strip()
    if len(line) <= FOLD:
        return line
    return line[:FOLD].rsplit(None, 1)[0].rstrip(" ,.;:–-")


@register.filter
def unfolded(caption: str) -> str:
    """What "… more" opens; "" when everything is seen."""
    return caption.strip()[len(folded(caption)) :]


_LEVELS = {Level.OK: ("ok", "check"), Level.WARN: ("wait", "warn"), Level.BLOCK: ("bad", "x")}


@register.filter
def kind(check: Check) -> str:
    return _LEVELS[check.level][0]


@register.filter
def icon(check: Check) -> str:
    return _LEVELS[check.level][1]


@register.filter
def level_word(check: Check) -> str:
    """For those who do not see the icon."""
    return {Level.OK: _("Fine"), Level.WARN: _("Mind"), Level.BLOCK: _("Blocked")}[check.level]


@register.filter
def shown_json(value: Json) -> str:
    """A recorded request or answer, to read."""
    return "" if value in (None, {}, "") else json.dumps(value, indent=2, ensure_ascii=False)


@register.filter
def step_words(name: str) -> str:
    """ "child:2" → "child 2": a step's own name, without signs."""
    return name.replace(":", " ").replace("_", " ").capitalize()


@register.filter
def from_card(card: Card) -> str:
    """The id of a card's element."""
    return f"post-{card.post.pk}" if card.post else f"version-{card.version.pk}"


@register.filter
def brief(value: int) -> str:
    """12,345 → 12.3K, for the scale of a chart."""
    for size, letter in ((1_000_000_000, "B"), (1_000_000, "M"), (1_000, "K")):
        if value >= size:
            return f"{value / size:.1f}".removesuffix(".0") + letter
    return str(value)


@register.filter
def figure(value: int | str | None) -> str:
    """12,345; a dash for what nobody told."""
    return "—" if value is None or value == "" else f"{value:,}"
