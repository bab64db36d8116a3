"""What a YouTube post may set besides its caption and media.

Source: reference of the video resource, and the developer policies, which want title, privacy and made-for-kids to be
the person's own choice (read 2026-11-20).
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from connectors.platforms.base import Content, Json, OptionRule
from connectors.platforms.checks import one_of, yes_or_no
from connectors.platforms.youtube.resource import CATEGORY, PRIVATE, PUBLIC, TAGS_MAX, TITLE_MAX, UNLISTED, tags_length

PRIVACY = {PUBLIC: "Public", UNLISTED: "Unlisted: whoever has the link", PRIVATE: "Private: only you"}
CATEGORIES = {  # assignable everywhere, by videoCategories.list; regions have a few more
    "1": "Film & Animation", "2": "Autos & Vehicles", "10": "Music", "15": "Pets & Animals", "17": "Sports",
    "19": "Travel & Events", "20": "Gaming", "22": "People & Blogs", "23": "Comedy", "24": "Entertainment",
    "25": "News & Politics", "26": "Howto & Style", "27": "Education", "28": "Science & Technology",
    "29": "Nonprofits & Activism",
}  # fmt: skip
_PLAYLIST = re.compile(r"[A-Za-z0-9_-]{10,64}")


def title_problem(title: str) -> str:
    """What YouTube would refuse about a title; "" when it is fine."""
    if not title.strip():
        return "YouTube wants a title. Write one, or begin the caption with it."
    if len(title.strip()) > TITLE_MAX:
        return f"The title has {len(title.strip())} characters. YouTube takes {TITLE_MAX}. Shorten it."
    return brackets_problem(title) or ("" if title.isprintable() else "Write the title in one line.")


def brackets_problem(text: str) -> str:
    return "YouTube takes no < and no >. Remove them." if "<" in text or ">" in text else ""


def check_title(value: Json, _: Content) -> str:
    if not isinstance(value, str):
        return "Give the title as text."
    return title_problem(value) if value.strip() else ""  # empty: the caption's first line is the title


def check_category(value: Json, _: Content) -> str:
    good = isinstance(value, str) and value.isascii() and value.isdecimal()
    return "" if good else "Give the category by its number at YouTube, such as “22”."


def check_tags(value: Json, _: Content) -> str:
    if not isinstance(value, list) or not all(isinstance(tag, str) and tag.strip() for tag in value):
        return "Give the tags as a list of words."
    words = [tag for tag in value if isinstance(tag, str)]
    if complaint := next(filter(None, map(brackets_problem, words)), ""):
        return complaint
    if any("," in tag for tag in words):
        return "A tag has no comma in it. Make two of it."
    length = tags_length(words)
    return f"The tags have {length} characters. YouTube takes {TAGS_MAX}. Remove some." if length > TAGS_MAX else ""


def check_playlist(value: Json, _: Content) -> str:
    good = isinstance(value, str) and _PLAYLIST.fullmatch(value)
    return "" if good else "Give the playlist's id: what stands behind “list=” in its address."


VIDEO: Mapping[str, OptionRule] = {
    "title": OptionRule("Title", "text", check_title, "Empty: the caption's first line is the title.", per_post=True),
    "privacy": OptionRule("Who can see it", "choice", one_of(PRIVACY), choices=PRIVACY, default=PUBLIC),
    "made_for_kids": OptionRule(
        "Made for kids", "bool", yes_or_no, "The law wants an answer for every video.", required=True
    ),
    "contains_synthetic_media": OptionRule(
        "Altered or made with AI",
        "bool",
        yes_or_no,
        "Realistic content that never happened has to be labelled.",
        per_post=True,
    ),
    "notify_subscribers": OptionRule("Notify subscribers", "bool", yes_or_no, default=True),
    "tags": OptionRule("Tags", "words", check_tags),
    "category_id": OptionRule("Category", "choice", check_category, choices=CATEGORIES, default=CATEGORY),
    "playlist_id": OptionRule("Playlist", "text", check_playlist, "It is added once it is live."),
}
