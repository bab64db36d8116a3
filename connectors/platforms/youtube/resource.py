"""The video resource that an upload announces, out of what was approved. Nothing is cut off and nothing is added.

Source: reference of videos.insert and of the video resource, revision history of 2 November 2026 (read 2026-11-20).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from connectors.platforms.base import Content, Json, Medium

CATEGORY = "22"  # People & Blogs: what Google's own samples take. What YouTube takes when none is sent is not written
PUBLIC, UNLISTED, PRIVATE = "public", "unlisted", "private"
TITLE_MAX = 100  # characters
TAGS_MAX = 500  # characters, as `tags_length` counts


def film(content: Content) -> Medium:
    """The video itself. LookupError when there is none: the rules let no such content through."""
    return next(medium for medium in content.media if medium.kind == "video")


def picture(content: Content) -> Medium | None:
    """The thumbnail, where one was approved with the video."""
    return next((medium for medium in content.media if medium.kind == "image"), None)


def lines(caption: str) -> str:
    """With LF line breaks, as it is sent."""
    return caption.replace("\r\n", "\n").replace("\r", "\n")


def title(content: Content) -> str:
    """The option, or else the caption's first line."""
    own = content.options.get("title")
    return own.strip() if isinstance(own, str) and own.strip() else _parts(content)[0]


def description(content: Content) -> str:
    """The caption, or what is left of it when its first line is the title."""
    own = content.options.get("title")
    return lines(content.caption) if isinstance(own, str) and own.strip() else _parts(content)[1]


def _parts(content: Content) -> tuple[str, str]:
    first, _, rest = lines(content.caption).strip().partition("\n")
    return first.strip(), rest.strip("\n")


def tags(content: Content) -> list[str]:
    value = content.options.get("tags")
    return [tag for tag in value if isinstance(tag, str)] if isinstance(value, list) else []


def tags_length(values: list[str]) -> int:
    """As YouTube counts: the commas between tags, and two quotes around a tag with a blank in it."""
    return sum(len(tag) + (2 if " " in tag else 0) for tag in values) + max(len(values) - 1, 0)


def privacy(content: Content) -> str:
    """Always sent: without it YouTube publishes to everybody."""
    return str(content.options.get("privacy") or PUBLIC)


def resource(content: Content) -> dict[str, Json]:
    """The body of videos.insert, for `part=snippet,status`."""
    return {"snippet": dict(_snippet(content)), "status": dict(_status(content.options, content))}


def _snippet(content: Content) -> Iterator[tuple[str, Json]]:
    yield "title", title(content)
    yield "description", description(content)
    yield "categoryId", str(content.options.get("category_id") or CATEGORY)
    if found := tags(content):
        yield "tags", list[Json](found)


def _status(options: Mapping[str, Json], content: Content) -> Iterator[tuple[str, Json]]:
    yield "privacyStatus", privacy(content)
    yield "selfDeclaredMadeForKids", options.get("made_for_kids") is True
    yield "containsSyntheticMedia", options.get("contains_synthetic_media") is True


def notifies(content: Content) -> bool:
    """Whether subscribers are told. Nobody is told of a video that not everybody may see."""
    return content.options.get("notify_subscribers") is not False and privacy(content) == PUBLIC


def watch_path(video: str) -> str:
    """Where it can be watched, below the site's address; this form leads to Shorts, too."""
    return f"/watch?v={video}"
