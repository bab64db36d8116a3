"""API or hand: one pure function over the table format × account × extras that each platform's rules hold as data."""

from __future__ import annotations

from collections.abc import Mapping

from connectors.platforms.base import Content, HandRule, Json, Rules


def why_by_hand(content: Content, rules: Rules, *, kind: str, switches: Mapping[str, Json]) -> HandRule | None:
    """The line of the table that makes this a post by hand, for an account of `kind` with these switches.

    None: the API posts it.
    """
    rule = rules.formats.get(content.format)
    lines = rule.by_hand if rule else ()
    return next((line for line in lines if _holds(line, content, kind, switches)), None)


def _holds(line: HandRule, content: Content, kind: str, switches: Mapping[str, Json]) -> bool:
    if line.extras and not any(content.options.get(extra) for extra in line.extras):
        return False
    if line.kinds and kind not in line.kinds:
        return False
    return not (line.unless and switches.get(line.unless))
