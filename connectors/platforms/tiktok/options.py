"""What a TikTok post may set besides its caption and media.

Sources: references of the init calls; content sharing guidelines, which want the audience chosen by a person for each
post, with nothing preset, and comments, duet and stitch off until somebody switches them on. Read 2026-11-20.
"""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.translation import gettext, gettext_noop

from connectors.platforms.base import Content, Json, OptionRule
from connectors.platforms.checks import cover_moment, one_of, words, yes_or_no
from connectors.platforms.tiktok.post import length
from connectors.platforms.tiktok.words import DIRECT, INBOX, PRIVACY, PULL, UPLOAD

TITLE_MAX = 90  # UTF-16 code units
WORDS_MAX = 300
MODES: Mapping[str, str] = {
    DIRECT: gettext_noop("Post it"),
    INBOX: gettext_noop("Put it into the creator's inbox: they write the caption and post it in the app"),
}
SOURCES: Mapping[str, str] = {
    UPLOAD: gettext_noop("Collavo uploads it"),
    PULL: gettext_noop("TikTok loads it from this server"),
}


def check_cover(value: Json, content: Content) -> str:
    good = isinstance(value, int) and not isinstance(value, bool) and 0 <= value < max(len(content.media), 1)
    return (
        ""
        if good
        else gettext("Choose the cover among the slides: 0 to %(last)s.") % {"last": max(len(content.media) - 1, 0)}
    )


def check_title(value: Json, _: Content) -> str:
    if not isinstance(value, str):
        return gettext("Give the title as text.")
    has = length(value)
    return (
        gettext("The title has %(count)s characters. TikTok takes %(most)s. Shorten it.")
        % {"count": has, "most": TITLE_MAX}
        if has > TITLE_MAX
        else ""
    )


_BY_HAND = {
    "music": OptionRule(
        gettext_noop("Sound"),
        "text",
        words(WORDS_MAX),
        gettext_noop("Which one. It is added in the app, so the post goes by hand."),
        per_post=True,
    ),
}
_SHARED = {
    "post_mode": OptionRule(gettext_noop("How"), "choice", one_of(MODES), choices=MODES, default=DIRECT),
    "privacy_level": OptionRule(  # asked for in `rules`
        gettext_noop("Who can see it"), "choice", one_of(PRIVACY), choices=PRIVACY, per_post=True
    ),
    "disable_comment": OptionRule(gettext_noop("Allow comments"), "forbid", yes_or_no, default=True, per_post=True),
}
_DISCLOSURE = {
    "disclose_commercial": OptionRule(
        gettext_noop("Discloses commercial content"),
        "bool",
        yes_or_no,
        gettext_noop("It promotes a brand, a product or a service."),
        default=False,
        per_post=True,
    ),
    "brand_organic": OptionRule(
        gettext_noop("Your brand"),
        "bool",
        yes_or_no,
        gettext_noop("It promotes yourself or your own business."),
        default=False,
        per_post=True,
        under="disclose_commercial",
        then=gettext_noop("Your photo/video will be labeled as “Promotional content”."),
    ),
    "branded_content": OptionRule(
        gettext_noop("Branded content"),
        "bool",
        yes_or_no,
        gettext_noop("It promotes another brand. It cannot be for “Only me”."),
        default=False,
        per_post=True,
        under="disclose_commercial",
        then=gettext_noop("Your photo/video will be labeled as “Paid partnership”."),
    ),
}


def _of_films(*, asked: bool) -> dict[str, OptionRule]:
    """Photos have no duets and no label: programs may send these all the same, nobody is asked."""
    duet, stitch, made_with_ai = (
        gettext_noop("Allow duet"),
        gettext_noop("Allow stitch"),
        gettext_noop("Made with AI"),
    )
    return {
        "disable_duet": OptionRule(duet, "forbid", yes_or_no, default=True, per_post=True, asked=asked),
        "disable_stitch": OptionRule(stitch, "forbid", yes_or_no, default=True, per_post=True, asked=asked),
        "is_aigc": OptionRule(
            made_with_ai, "bool", yes_or_no, gettext_noop("TikTok labels it as AI-generated."), default=False,
            per_post=True, asked=asked,
        ),
    }  # fmt: skip


_FILMS = _of_films(asked=True)
_AI = {"is_aigc": _FILMS.pop("is_aigc")}
VIDEO: Mapping[str, OptionRule] = {
    **_SHARED,
    **_FILMS,
    **_DISCLOSURE,
    **_AI,
    "thumb_offset": OptionRule(
        gettext_noop("Cover"),
        "milliseconds",
        cover_moment,
        gettext_noop("Which moment of the video is the cover."),
        per_post=True,
    ),
    "source": OptionRule(gettext_noop("How it gets there"), "choice", one_of(SOURCES), choices=SOURCES, default=UPLOAD),
    **_BY_HAND,
}
CAROUSEL: Mapping[str, OptionRule] = {
    **_SHARED,
    **_DISCLOSURE,
    **_of_films(asked=False),
    "title": OptionRule(gettext_noop("Title"), "text", check_title, gettext_noop("Above the caption."), per_post=True),
    "cover_index": OptionRule(
        gettext_noop("Cover"),
        "slide",
        check_cover,
        gettext_noop("Which slide is the cover, from 0."),
        default=0,
        per_post=True,
    ),
    "auto_add_music": OptionRule(gettext_noop("Let TikTok add music"), "bool", yes_or_no, default=False),
    **_BY_HAND,
}
