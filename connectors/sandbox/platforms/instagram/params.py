"""The parameters of `POST /{ig}/media`: what each kind of container takes, and what is wrong with what was sent.

Source: fact sheet platforms/meta.md §2.1 (Instagram's media reference, changelog of October 2026), read 2026-11-20.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any

from connectors.sandbox.platforms.graph import GraphError, bad

MAX_CAPTION, MAX_HASHTAGS, MAX_MENTIONS, MAX_ALT = 2200, 30, 20, 1000
MAX_COLLABORATORS, MAX_SPONSORS = 3, 2
TRUE, FALSE = ("true", "1"), ("false", "0")


class Kind(StrEnum):
    """What a container will become."""

    IMAGE = "image"
    REEL = "reel"
    STORY = "story"
    CAROUSEL = "carousel"
    CHILD_IMAGE = "child_image"
    CHILD_VIDEO = "child_video"

    @property
    def child(self) -> bool:
        """Whether it can only be part of a carousel."""
        return self in (Kind.CHILD_IMAGE, Kind.CHILD_VIDEO)


CHILDREN = (Kind.CHILD_IMAGE, Kind.CHILD_VIDEO)
REFUSED_ON: Mapping[str, tuple[Kind, ...]] = {
    "caption": CHILDREN,
    "collaborators": (*CHILDREN, Kind.STORY),
    "is_ai_generated": CHILDREN,
    "location_id": CHILDREN,
    "alt_text": (Kind.REEL, Kind.STORY, Kind.CAROUSEL, Kind.CHILD_VIDEO),
    "poll_attachment": (Kind.STORY,),
    "is_comment_prompt_used": (Kind.STORY,),
}
"""Combinations that the reference marks as not allowed. Others that make no sense are ignored, as Meta does."""

FACEBOOK_ONLY = (
    "upload_type", "audio_configuration", "is_paid_partnership", "branded_content_sponsor_ids", "poll_attachment",
    "is_poll_duration_extended", "is_comment_prompt_used",
)  # fmt: skip


def is_true(params: Mapping[str, str], name: str) -> bool:
    """A boolean parameter; absent is false. Raises GraphError when it is neither."""
    value = params.get(name, "false").lower()
    if value not in TRUE + FALSE:
        raise bad(f"Param {name} must be a boolean")
    return value in TRUE


def kind_of(params: Mapping[str, str]) -> Kind:
    """What these parameters ask for. Raises GraphError."""
    media_type, child = params.get("media_type", ""), is_true(params, "is_carousel_item")
    match media_type:
        case "":
            return Kind.CHILD_IMAGE if child else Kind.IMAGE
        case "VIDEO" if child:
            return Kind.CHILD_VIDEO
        case "VIDEO":
            raise bad("The VIDEO value for media_type is no longer supported. Use the REELS media type instead.")
        case "REELS" | "STORIES" | "CAROUSEL" if child:
            raise bad(f"{media_type} cannot be a carousel item", 2207028)
        case "REELS" | "STORIES" | "CAROUSEL":
            return {"REELS": Kind.REEL, "STORIES": Kind.STORY, "CAROUSEL": Kind.CAROUSEL}[media_type]
    raise GraphError(100, 2207023, f"The media type {media_type} is unknown.")


def check(kind: Kind, params: Mapping[str, str], host: str) -> None:
    """Raises GraphError for the first thing that is wrong. `host` is "instagram" or "facebook"."""
    if host == "instagram":
        for name in FACEBOOK_ONLY:
            if name in params:
                raise bad(f"param {name} is not allowed")
    for name, kinds in REFUSED_ON.items():
        if name in params and kind in kinds:
            raise bad(f"param {name} is not allowed")
    _check_source(kind, params)
    for name, rule in RULES.items():
        if name in params:
            rule(kind, params[name])
    _check_add_ons(params)


def _check_source(kind: Kind, params: Mapping[str, str]) -> None:
    """Each kind needs its address, and nothing else may stand in for it."""
    needed: dict[Kind, tuple[str, ...]] = {
        Kind.IMAGE: ("image_url",), Kind.CHILD_IMAGE: ("image_url",), Kind.REEL: ("video_url",),
        Kind.CHILD_VIDEO: ("video_url",), Kind.STORY: ("image_url", "video_url"), Kind.CAROUSEL: ("children",),
    }  # fmt: skip
    if params.get("upload_type"):
        raise bad("Resumable uploads are not part of this sandbox; send video_url")
    given = [name for name in needed[kind] if params.get(name)]
    if not given:
        raise bad(f"The parameter {' or '.join(needed[kind])} is required")
    if len(given) > 1:
        raise bad("Only one of image_url and video_url may be given")
    if not kind == Kind.CAROUSEL and "://" not in params[given[0]]:
        raise bad(f"Param {given[0]} is not a valid URI")


def _check_caption(kind: Kind, caption: str) -> None:
    if len(caption) > MAX_CAPTION or len(re.findall(r"(?<!\w)#\w", caption)) > MAX_HASHTAGS:
        raise GraphError(36004, 2207010)
    if len(re.findall(r"(?<!\w)@\w", caption)) > MAX_MENTIONS:
        raise GraphError(100, 2207040)


def _check_alt(kind: Kind, text: str) -> None:
    if len(text) > MAX_ALT:
        raise bad(f"Param alt_text must be at most {MAX_ALT} characters long")


def _check_user_tags(kind: Kind, text: str) -> None:
    for tag in as_list("user_tags", text):
        if not isinstance(tag, dict) or not isinstance(tag.get("username"), str):
            raise bad("Param user_tags must be a list of objects with a username")
        if kind in (Kind.IMAGE, Kind.CHILD_IMAGE) and not all(_is_share(tag.get(axis)) for axis in "xy"):
            raise bad("Param user_tags needs x and y between 0.0 and 1.0 on photos")


def _is_share(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 1


def _check_collaborators(kind: Kind, text: str) -> None:
    names = as_list("collaborators", text)
    if len(names) > MAX_COLLABORATORS or not all(isinstance(name, str) and name for name in names):
        raise bad(f"Param collaborators must be a list of at most {MAX_COLLABORATORS} usernames")


def _check_location(kind: Kind, text: str) -> None:
    if not text.isdigit():
        raise bad("INSTAGRAM_PLATFORM_API__INVALID_LOCATION_ID")


def _check_thumb_offset(kind: Kind, text: str) -> None:
    if not text.isdigit():
        raise GraphError(1, 2207057)


def _check_trial(kind: Kind, text: str) -> None:
    if as_object("trial_params", text).get("graduation_strategy") not in ("MANUAL", "SS_PERFORMANCE"):
        raise bad("Param trial_params needs a graduation_strategy of MANUAL or SS_PERFORMANCE")


def _check_audio(kind: Kind, text: str) -> None:
    audio = as_object("audio_configuration", text)
    volumes = (audio.get(name, 100) for name in ("audio_volume", "video_volume"))
    if not audio.get("audio_id") or not all(isinstance(v, int) and 0 <= v <= 100 for v in volumes):
        raise bad("Param audio_configuration needs an audio_id and volumes from 0 to 100")


def _check_sponsors(kind: Kind, text: str) -> None:
    if len(as_list("branded_content_sponsor_ids", text)) > MAX_SPONSORS:
        raise bad(f"Param branded_content_sponsor_ids takes at most {MAX_SPONSORS}")


def _check_products(kind: Kind, text: str) -> None:
    if len(as_list("product_tags", text)) > (30 if kind == Kind.REEL else 5):
        raise bad("Too many product_tags")


def _check_poll(kind: Kind, text: str) -> None:
    options = as_object("poll_attachment", text).get("options")
    if not isinstance(options, list) or not 2 <= len(options) <= 4:
        raise bad("Param poll_attachment needs 2 to 4 options")


def _check_bool(kind: Kind, text: str) -> None:
    if text.lower() not in TRUE + FALSE:
        raise bad("A boolean parameter must be true or false")


def _check_add_ons(params: Mapping[str, str]) -> None:
    """At most one caption add-on per media."""
    if "poll_attachment" in params and is_true(params, "is_comment_prompt_used"):
        raise bad("At most one caption add-on can be used")


RULES: Mapping[str, Callable[[Kind, str], None]] = {
    "caption": _check_caption,
    "alt_text": _check_alt,
    "user_tags": _check_user_tags,
    "collaborators": _check_collaborators,
    "location_id": _check_location,
    "thumb_offset": _check_thumb_offset,
    "trial_params": _check_trial,
    "audio_configuration": _check_audio,
    "branded_content_sponsor_ids": _check_sponsors,
    "product_tags": _check_products,
    "poll_attachment": _check_poll,
    "share_to_feed": _check_bool,
    "is_ai_generated": _check_bool,
    "is_paid_partnership": _check_bool,
    "is_comment_prompt_used": _check_bool,
    "is_poll_duration_extended": _check_bool,
}


def as_list(name: str, text: str) -> list[Any]:
    """A JSON list. Raises GraphError."""
    value = _json(name, text)
    if not isinstance(value, list):
        raise bad(f"Param {name} must be an array")
    return value


def as_object(name: str, text: str) -> dict[str, Any]:
    """A JSON object. Raises GraphError."""
    value = _json(name, text)
    if not isinstance(value, dict):
        raise bad(f"Param {name} must be an object")
    return value


def _json(name: str, text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        raise bad(f"Param {name} is not valid JSON") from None


def children_of(text: str) -> list[str]:
    """Container ids, from a JSON list or a comma list. Raises GraphError 100/2207028 for too few or too many."""
    ids = [str(key) for key in as_list("children", text)] if text.startswith("[") else text.split(",")
    ids = [key.strip() for key in ids if key.strip()]
    if not 2 <= len(ids) <= 10:
        raise GraphError(100, 2207028)
    return ids
