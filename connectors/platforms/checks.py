"""What an option's value may be, where platforms agree about it: for `OptionRule.check`. "" when it is fine."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

from django.utils.translation import gettext

from connectors.platforms.base import Content, Json, OptionCheck


def yes_or_no(value: Json, _: Content) -> str:
    return "" if isinstance(value, bool) else gettext("Choose yes or no.")


def one_of(choices: Mapping[str, str]) -> OptionCheck:
    def check(value: Json, _: Content) -> str:
        return (
            ""
            if isinstance(value, str) and value in choices
            else gettext("Choose one of: %(choices)s.") % {"choices": ", ".join(choices)}
        )

    return check


def words(most: int) -> OptionCheck:
    def check(value: Json, _: Content) -> str:
        good = isinstance(value, str) and len(value) <= most
        return "" if good else gettext("Say it in words, at most %(most)s characters.") % {"most": most}

    return check


def cover_moment(value: Json, content: Content) -> str:
    """Milliseconds into the film; 0 is the first frame and a value like any other."""
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        return gettext("Give the cover's moment in whole milliseconds, 0 or later.")
    duration = content.media[0].duration if content.media else None
    if duration is not None and value >= duration * 1000:
        end = f"{duration * 1000:.0f} ms"
        return gettext(
            "The cover's moment, %(moment)s ms, is after the video's end (%(end)s). Choose an earlier one."
        ) % {"moment": value, "end": end}
    return ""


def link(most: int) -> OptionCheck:
    """A whole address, or none."""

    def check(value: Json, _: Content) -> str:
        good = value == "" or (isinstance(value, str) and len(value) <= most and _is_link(value))
        return "" if good else gettext("Give the whole address, starting with https://.")

    return check


def _is_link(text: str) -> bool:
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname) and text.isprintable() and " " not in text
