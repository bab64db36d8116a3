"""What a YouTube post may set besides its caption and media.

Source: reference of the video resource, and the developer policies, which want title, privacy and made-for-kids to be
the person's own choice (read 2026-11-20).
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from django.utils.translation import gettext, gettext_noop

from connectors.platforms.base import Content, Json, OptionRule
from connectors.platforms.checks import one_of, yes_or_no
from connectors.platforms.youtube.resource import CATEGORY, PRIVATE, PUBLIC, TAGS_MAX, TITLE_MAX, UNLISTED, tags_length

PRIVACY = {
    PUBLIC: gettext_noop("Public"),
    UNLISTED: gettext_noop("Unlisted: whoever has the link"),
    PRIVATE: gettext_noop("Private: only you"),
}
CATEGORIES = {  # assignable everywhere, by videoCategories.list; regions have a few more
    "1": gettext_noop("Film & Animation"),
    "2": gettext_noop("Autos & Vehicles"),
    "10": gettext_noop("Music"),
    "15": gettext_noop("Pets & Animals"),
    "17": gettext_noop("Sports"),
    "19": gettext_noop("Travel & Events"),
    "20": gettext_noop("Gaming"),
    "22": gettext_noop("People & Blogs"),
    "23": gettext_noop("Comedy"),
    "24": gettext_noop("Entertainment"),
    "25": gettext_noop("News & Politics"),
    "26": gettext_noop("Howto & Style"),
    "27": gettext_noop("Education"),
    "28": gettext_noop("Science & Technology"),
    "29": gettext_noop("Nonprofits & Activism"),
}
_PLAYLIST = re.compile(r"[A-Za-z0-9_-]{10,64}")


def title_problem(title: str) -> str:
    """What YouTube would refuse about a title; "" when it is fine."""
    if not title.strip():
        return gettext("YouTube wants a title. Write one, or begin the caption with it.")
    if len(title.strip()) > TITLE_MAX:
        return gettext("The title has %(count)s characters. YouTube takes %(most)s. Shorten it.") % {
            "count": len(title.strip()),
            "most": TITLE_MAX,
        }
    return brackets_problem(title) or ("" if title.isprintable() else gettext("Write the title in one line."))


def brackets_problem(text: str) -> str:
    return gettext("YouTube takes no < and no >. Remove them.") if "<" in text or ">" in text else ""


def check_title(value: Json, _: Content) -> str:
    if not isinstance(value, str):
        return gettext("Give the title as text.")
    return title_problem(value) if value.strip() else ""  # empty: the caption's first line is the title


def check_category(value: Json, _: Content) -> str:
    good = isinstance(value, str) and value.isascii() and value.isdecimal()
    return "" if good else gettext("Give the category by its number at YouTube, such as “22”.")


def check_tags(value: Json, _: Content) -> str:
    if not isinstance(value, list) or not all(isinstance(tag, str) and tag.strip() for tag in value):
        return gettext("Give the tags as a list of words.")
    words = [tag for tag in value if isinstance(tag, str)]
    if complaint := next(filter(None, map(brackets_problem, words)), ""):
        return complaint
    if any("," in tag for tag in words):
        return gettext("A tag has no comma in it. Make two of it.")
    length = tags_length(words)
    return (
        gettext("The tags have %(count)s characters. YouTube takes %(most)s. Remove some.")
        % {"count": length, "most": TAGS_MAX}
        if length > TAGS_MAX
        else ""
    )


def check_playlist(value: Json, _: Content) -> str:
    good = isinstance(value, str) and _PLAYLIST.fullmatch(value)
    return "" if good else gettext("Give the playlist's id: what stands behind “list=” in its address.")


VIDEO: Mapping[str, OptionRule] = {
    "title": OptionRule(
        gettext_noop("Title"),
        "text",
        check_title,
        gettext_noop("Empty: the caption's first line is the title."),
        per_post=True,
    ),
    "privacy": OptionRule(gettext_noop("Who can see it"), "choice", one_of(PRIVACY), choices=PRIVACY, default=PUBLIC),
    "made_for_kids": OptionRule(
        gettext_noop("Made for kids"),
        "bool",
        yes_or_no,
        gettext_noop("The law wants an answer for every video."),
        required=True,
    ),
    "contains_synthetic_media": OptionRule(
        gettext_noop("Altered or made with AI"),
        "bool",
        yes_or_no,
        gettext_noop("Realistic content that never happened has to be labelled."),
        per_post=True,
    ),
    "notify_subscribers": OptionRule(gettext_noop("Notify subscribers"), "bool", yes_or_no, default=True),
    "tags": OptionRule(gettext_noop("Tags"), "words", check_tags),
    "category_id": OptionRule(gettext_noop("Category"), "choice", check_category, choices=CATEGORIES, default=CATEGORY),
    "playlist_id": OptionRule(
        gettext_noop("Playlist"), "text", check_playlist, gettext_noop("It is added once it is live.")
    ),
}
