"""What a TikTok post may set besides its caption and media.

Sources: references of the init calls; content sharing guidelines, which want the audience chosen by a person for each
post, with nothing preset, and comments, duet and stitch off until somebody switches them on. Read 2026-11-20.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from connectors.platforms.base import Content, Json, OptionRule
from connectors.platforms.tiktok.post import length
from connectors.platforms.tiktok.words import DIRECT, INBOX, PRIVACY, PULL, UPLOAD

TITLE_MAX = 90  # UTF-16 code units
MODES: Mapping[str, str] = {
    DIRECT: "Post it",
    INBOX: "Put it into the creator's inbox: they write the caption and post it in the app",
}
SOURCES: Mapping[str, str] = {UPLOAD: "Collavo uploads it", PULL: "TikTok loads it from this server"}


def check_bool(value: Json, _: Content) -> str:
    return "" if isinstance(value, bool) else "Choose yes or no."


def check_privacy(value: Json, _: Content) -> str:
    return _check_choice(value, PRIVACY)


def check_mode(value: Json, _: Content) -> str:
    return _check_choice(value, MODES)


def check_source(value: Json, _: Content) -> str:
    return _check_choice(value, SOURCES)


def _check_choice(value: Json, choices: Mapping[str, str]) -> str:
    return "" if isinstance(value, str) and value in choices else f"Choose one of: {', '.join(choices)}."


def check_thumb_offset(value: Json, content: Content) -> str:
    """Milliseconds into the film; TikTok takes the first frame for a moment that is out of range."""
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        return "Give the cover's moment in whole milliseconds, 0 or later."
    duration = content.media[0].duration if content.media else None
    if duration is not None and value >= duration * 1000:
        return (
            f"The cover's moment, {value} ms, is after the video's end ({duration * 1000:.0f} ms). Choose an earlier."
        )
    return ""


def check_words(value: Json, _: Content) -> str:
    good = isinstance(value, str) and len(value) <= WORDS_MAX
    return "" if good else f"Say it in words, at most {WORDS_MAX} characters."


def check_cover(value: Json, content: Content) -> str:
    good = isinstance(value, int) and not isinstance(value, bool) and 0 <= value < max(len(content.media), 1)
    return "" if good else f"Choose the cover among the slides: 0 to {max(len(content.media) - 1, 0)}."


def check_title(value: Json, _: Content) -> str:
    if not isinstance(value, str):
        return "Give the title as text."
    has = length(value)
    return f"The title has {has} characters. TikTok takes {TITLE_MAX}. Shorten it." if has > TITLE_MAX else ""


WORDS_MAX = 300
_BY_HAND = {
    "music": OptionRule(
        "Sound", "text", check_words, "Which one. It is added in the app, so the post goes by hand.", per_post=True
    ),
}
_SHARED = {
    "post_mode": OptionRule("How", "choice", check_mode, choices=MODES, default=DIRECT),
    "privacy_level": OptionRule(  # asked for in `rules`
        "Who can see it", "choice", check_privacy, choices=PRIVACY, per_post=True
    ),
    "disable_comment": OptionRule("Allow comments", "forbid", check_bool, default=True, per_post=True),
}
_DISCLOSURE = {
    "disclose_commercial": OptionRule(
        "Discloses commercial content", "bool", check_bool, "It promotes a brand, a product or a service.",
        default=False, per_post=True,
    ),
    "brand_organic": OptionRule(
        "Your brand", "bool", check_bool, "It promotes yourself or your own business.", default=False, per_post=True,
        under="disclose_commercial", then="Your photo/video will be labeled as “Promotional content”.",
    ),
    "branded_content": OptionRule(
        "Branded content", "bool", check_bool, "It promotes another brand. It cannot be for “Only me”.",
        default=False, per_post=True, under="disclose_commercial",
        then="Your photo/video will be labeled as “Paid partnership”.",
    ),
    "is_aigc": OptionRule(
        "Made with AI", "bool", check_bool, "TikTok labels it as AI-generated.", default=False, per_post=True
    ),
}  # fmt: skip
_DUET = {
    "disable_duet": OptionRule("Allow duet", "forbid", check_bool, default=True, per_post=True),
    "disable_stitch": OptionRule("Allow stitch", "forbid", check_bool, default=True, per_post=True),
}
# Photos have no duets and no label: programs may send these all the same, nobody is asked.
_UNASKED = {name: replace(rule, asked=False) for name, rule in (*_DUET.items(), ("is_aigc", _DISCLOSURE["is_aigc"]))}
VIDEO: Mapping[str, OptionRule] = {
    **_SHARED,
    **_DUET,
    **_DISCLOSURE,
    "thumb_offset": OptionRule(
        "Cover", "milliseconds", check_thumb_offset, "Which moment of the video is the cover.", per_post=True
    ),
    "source": OptionRule("How it gets there", "choice", check_source, choices=SOURCES, default=UPLOAD),
    **_BY_HAND,
}
CAROUSEL: Mapping[str, OptionRule] = {
    **_SHARED,
    **_DISCLOSURE,
    **_UNASKED,
    "title": OptionRule("Title", "text", check_title, "Above the caption.", per_post=True),
    "cover_index": OptionRule(
        "Cover", "slide", check_cover, "Which slide is the cover, from 0.", default=0, per_post=True
    ),
    "auto_add_music": OptionRule("Let TikTok add music", "bool", check_bool, default=False),
    **_BY_HAND,
}
