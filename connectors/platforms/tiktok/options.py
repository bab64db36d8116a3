"""What a TikTok post may set besides its caption and media.

Sources: references of the init calls; content sharing guidelines, which want the audience chosen by a person for each
post, with nothing preset, and comments, duet and stitch off until somebody switches them on. Read 2026-11-20.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from connectors.platforms.base import Content, Json, OptionRule
from connectors.platforms.checks import cover_moment, one_of, words, yes_or_no
from connectors.platforms.tiktok.post import length
from connectors.platforms.tiktok.words import DIRECT, INBOX, PRIVACY, PULL, UPLOAD

TITLE_MAX = 90  # UTF-16 code units
WORDS_MAX = 300
MODES: Mapping[str, str] = {
    DIRECT: "Post it",
    INBOX: "Put it into the creator's inbox: they write the caption and post it in the app",
}
SOURCES: Mapping[str, str] = {UPLOAD: "Collavo uploads it", PULL: "TikTok loads it from this server"}


def check_cover(value: Json, content: Content) -> str:
    good = isinstance(value, int) and not isinstance(value, bool) and 0 <= value < max(len(content.media), 1)
    return "" if good else f"Choose the cover among the slides: 0 to {max(len(content.media) - 1, 0)}."


def check_title(value: Json, _: Content) -> str:
    if not isinstance(value, str):
        return "Give the title as text."
    has = length(value)
    return f"The title has {has} characters. TikTok takes {TITLE_MAX}. Shorten it." if has > TITLE_MAX else ""


_BY_HAND = {
    "music": OptionRule(
        "Sound", "text", words(WORDS_MAX), "Which one. It is added in the app, so the post goes by hand.", per_post=True
    ),
}
_SHARED = {
    "post_mode": OptionRule("How", "choice", one_of(MODES), choices=MODES, default=DIRECT),
    "privacy_level": OptionRule(  # asked for in `rules`
        "Who can see it", "choice", one_of(PRIVACY), choices=PRIVACY, per_post=True
    ),
    "disable_comment": OptionRule("Allow comments", "forbid", yes_or_no, default=True, per_post=True),
}
_DISCLOSURE = {
    "disclose_commercial": OptionRule(
        "Discloses commercial content", "bool", yes_or_no, "It promotes a brand, a product or a service.",
        default=False, per_post=True,
    ),
    "brand_organic": OptionRule(
        "Your brand", "bool", yes_or_no, "It promotes yourself or your own business.", default=False, per_post=True,
        under="disclose_commercial", then="Your photo/video will be labeled as “Promotional content”.",
    ),
    "branded_content": OptionRule(
        "Branded content", "bool", yes_or_no, "It promotes another brand. It cannot be for “Only me”.",
        default=False, per_post=True, under="disclose_commercial",
        then="Your photo/video will be labeled as “Paid partnership”.",
    ),
    "is_aigc": OptionRule(
        "Made with AI", "bool", yes_or_no, "TikTok labels it as AI-generated.", default=False, per_post=True
    ),
}  # fmt: skip
_DUET = {
    "disable_duet": OptionRule("Allow duet", "forbid", yes_or_no, default=True, per_post=True),
    "disable_stitch": OptionRule("Allow stitch", "forbid", yes_or_no, default=True, per_post=True),
}
# Photos have no duets and no label: programs may send these all the same, nobody is asked.
_UNASKED = {name: replace(rule, asked=False) for name, rule in (*_DUET.items(), ("is_aigc", _DISCLOSURE["is_aigc"]))}
VIDEO: Mapping[str, OptionRule] = {
    **_SHARED,
    **_DUET,
    **_DISCLOSURE,
    "thumb_offset": OptionRule(
        "Cover", "milliseconds", cover_moment, "Which moment of the video is the cover.", per_post=True
    ),
    "source": OptionRule("How it gets there", "choice", one_of(SOURCES), choices=SOURCES, default=UPLOAD),
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
    "auto_add_music": OptionRule("Let TikTok add music", "bool", yes_or_no, default=False),
    **_BY_HAND,
}
