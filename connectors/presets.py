"""What the forms of an account's posts start from (`Connector.defaults`), checked against the platform's own options.

A preset is only where a form starts: it is shown, can be changed, and what was on screen is what is sealed. What a
person has to choose for every post (`OptionRule.per_post`) has none.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from connectors.models import Connector
from connectors.platforms.base import Content, Format, Json, OptionRule, Platform


def schema(platform: Platform) -> dict[str, tuple[OptionRule, Format]]:
    """Every option that may have a preset, each with a format that has it."""
    found: dict[str, tuple[OptionRule, Format]] = {}
    for format_, rule in platform.rules.formats.items():
        for name, option in rule.options.items():
            if option.asked and not option.per_post:
                found.setdefault(name, (option, format_))
    return found


def complaints(platform: Platform, defaults: Any) -> list[str]:
    """What is wrong with these presets, as sentences; [] when they are fine."""
    if not isinstance(defaults, dict):
        return [_("Give the presets as an object: option and value.")]
    known = schema(platform)
    return [said for name, value in defaults.items() if (said := _complaint(platform, known.get(name), name, value))]


def _complaint(platform: Platform, found: tuple[OptionRule, Format] | None, name: str, value: Json) -> str:
    if found is None:
        all_names = {name for rule in platform.rules.formats.values() for name in rule.options}
        if name in all_names:
            return _("“%(option)s” has no preset: it is chosen for every post.") % {"option": name}
        return _("%(platform)s has no option “%(option)s”.") % {"platform": platform.name, "option": name}
    rule, format_ = found
    said = rule.check(value, Content(format_, ""))
    return f"{rule.label}: {said}" if said else ""


def of(connector: Connector, options: Mapping[str, OptionRule]) -> dict[str, Json]:
    """The account's presets for these options. One that the rules no longer take is left out."""
    known = schema(connector.spec)
    found: dict[str, Json] = {}
    for name, value in connector.defaults.items():
        if name in options and name in known and not _complaint(connector.spec, known[name], name, value):
            found[name] = value
    return found
