"""What an Instagram post may set besides its caption and media, and how each value becomes a parameter.

Source: reference of `ig-user/media`, read 2026-11-20.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from django.utils.translation import gettext, gettext_noop

from connectors.platforms.base import Content, Json, OptionRule
from connectors.platforms.checks import cover_moment, link, words, yes_or_no

COLLABORATORS_MAX = 3
WORDS_MAX, LINK_MAX = 300, 2000
_USERNAME = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_.]{0,28}[A-Za-z0-9_])?")


def _is_username(value: Json) -> bool:
    return isinstance(value, str) and bool(_USERNAME.fullmatch(value))


def check_collaborators(value: Json, _: Content) -> str:
    if not isinstance(value, list) or not all(map(_is_username, value)):
        return gettext("Give the collaborators as a list of Instagram user names, without @.")
    if len(value) > COLLABORATORS_MAX:
        return gettext("%(count)s collaborators are too many. Instagram takes %(most)s. Remove some.") % {
            "count": len(value),
            "most": COLLABORATORS_MAX,
        }
    return "" if len({str(name).lower() for name in value}) == len(value) else gettext("Name each collaborator once.")


def check_location(value: Json, _: Content) -> str:
    good = isinstance(value, str) and value.isascii() and value.isdecimal()
    return "" if good else gettext("Give the location as the number of a Facebook Page that has an address.")


def check_picture_tags(value: Json, content: Content) -> str:
    return _check_tags(value, content, place=True)


def check_film_tags(value: Json, content: Content) -> str:
    return _check_tags(value, content, place=False)


def _check_tags(value: Json, content: Content, *, place: bool) -> str:
    """`[{"name": …, "x": 0-1, "y": 0-1, "medium": index}]`: x and y on pictures only, medium in carousels only."""
    if not isinstance(value, list):
        return gettext("Give the tagged people as a list.")
    return next(filter(None, (_check_tag(tag, content, place) for tag in value)), "")


def _check_tag(tag: Json, content: Content, place: bool) -> str:
    if not isinstance(tag, dict) or not _is_username(tag.get("username")):
        return gettext("Each tag needs an Instagram user name, without @.")
    if unknown := set(tag) - {"username", "x", "y", "medium"}:
        return gettext("A tag cannot have “%(word)s”. Remove it.") % {"word": min(unknown)}
    index = tag.get("medium", 0)
    if not isinstance(index, int) or isinstance(index, bool) or not 0 <= index < max(len(content.media), 1):
        return gettext("The tag of %(name)s is on a slide that does not exist. Choose another.") % {
            "name": tag["username"]
        }
    on_picture = content.media[index].kind == "image" if content.media else place
    if on_picture and not all(_is_share(tag.get(axis)) for axis in ("x", "y")):
        return gettext("Say where %(name)s is in the picture: x and y, each from 0 to 1.") % {"name": tag["username"]}
    if not on_picture and ("x" in tag or "y" in tag):
        return gettext("A tag in a video has no place in it. Remove x and y of %(name)s.") % {"name": tag["username"]}
    return ""


def _is_share(value: Json) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 1


# What only the app can set: a post that has one of them goes by hand, and none of them is ever sent.
EXTRAS: Mapping[str, OptionRule] = {
    "music": OptionRule(
        gettext_noop("Music"),
        "text",
        words(WORDS_MAX),
        gettext_noop("Which sound to use. It is added in the app: the post goes by hand."),
        per_post=True,
    ),
}
_SHARED = {
    "collaborators": OptionRule(
        gettext_noop("Collaborators"), "usernames", check_collaborators, gettext_noop("At most three public accounts.")
    ),
    "location_id": OptionRule(
        gettext_noop("Location"), "text", check_location, gettext_noop("The id of a Page that has an address.")
    ),
    "is_ai_generated": OptionRule(gettext_noop("Label as made with AI"), "bool", yes_or_no),
}
IMAGE: Mapping[str, OptionRule] = {
    **_SHARED,
    "user_tags": OptionRule(
        gettext_noop("Tagged people"),
        "tags",
        check_picture_tags,
        gettext_noop("Public accounts, each with its place."),
        per_post=True,
    ),
    **EXTRAS,
}
CAROUSEL = IMAGE
STORY: Mapping[str, OptionRule] = {
    "link": OptionRule(
        gettext_noop("Link sticker"),
        "text",
        link(LINK_MAX),
        gettext_noop("The address behind the sticker. The story goes by hand."),
        per_post=True,
    ),
    **EXTRAS,
}
REEL: Mapping[str, OptionRule] = {
    **_SHARED,
    "user_tags": OptionRule(
        gettext_noop("Tagged people"), "tags", check_film_tags, gettext_noop("Public accounts."), per_post=True
    ),
    "share_to_feed": OptionRule(
        gettext_noop("Also in the main feed"), "bool", yes_or_no, gettext_noop("Off: in the Reels tab only.")
    ),
    "thumb_offset": OptionRule(
        gettext_noop("Cover"),
        "milliseconds",
        cover_moment,
        gettext_noop("Which moment of the video is the cover."),
        per_post=True,
    ),
    **EXTRAS,
}


def parameters(content: Content) -> dict[str, Json]:
    """The options as parameters of the container that is published. A carousel's tags belong to its children."""
    chosen: dict[str, Json] = {
        name: value
        for name, value in content.options.items()
        if value is not None and name not in {"user_tags", "link", *EXTRAS}
    }
    if len(content.media) == 1 and (tags := tags_of(content, 0)):
        chosen["user_tags"] = tags
    return chosen


def tags_of(content: Content, index: int) -> list[Json]:
    """The people tagged in one medium, as the API takes them."""
    tags = content.options.get("user_tags")
    if not isinstance(tags, list):
        return []
    mine = (tag for tag in tags if isinstance(tag, dict) and tag.get("medium", 0) == index)
    return [{name: value for name, value in tag.items() if name != "medium"} for tag in mine]
