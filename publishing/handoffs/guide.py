"""What the creator's page shows for one post: the platform's steps with this post's files, words and links."""

from __future__ import annotations

import mimetypes
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from django.utils.text import slugify
from django.utils.translation import gettext as _

from approvals.models import VersionMedia
from connectors.platforms.base import Format
from connectors.platforms.guides import ANY, Gives, HandApp, HandGuide, HandStep
from publishing.models import Post, Way
from publishing.preflight import post_content


@dataclass(frozen=True)
class File:
    """One file to save. `number` counts from 1, in the order of the post."""

    number: int
    name: str  # for the phone: "autumn-linen-2-of-4.jpg"
    is_video: bool
    alt_text: str
    mime_type: str


@dataclass(frozen=True)
class Step:
    """One card of the page."""

    text: str
    help: str = ""
    files: Sequence[File] = ()
    words: str = ""  # to be copied
    copy: str = ""  # what the button for it says
    app: HandApp | None = None


def guide_of(post: Post) -> HandGuide:
    """The platform's steps for this post's format and way; plain ones where it has none."""
    rules = post.connector.spec.rules
    if post.way == Way.API and rules.draft_guide:
        return rules.draft_guide
    return rules.guides.get(Format(post.version.format), ANY)


def title(post: Post) -> str:
    """ "Post this story on Instagram"."""
    return _("Post %(what)s on %(platform)s") % {"what": guide_of(post).what, "platform": post.connector.spec.name}


def steps(post: Post) -> list[Step]:
    """What there is to do, in order; what this post does not have is left out."""
    return [made for step in guide_of(post).steps if (made := _step(step, post))]


def _step(step: HandStep, post: Post) -> Step | None:
    plain = Step(step.text, step.help, copy=step.copy)
    if step.option:
        value = post_content(post.version, post.options).options.get(step.option)
        return replace(plain, words=str(value)) if value else None
    if step.gives == Gives.CAPTION:
        caption = post.version.caption.strip()
        return replace(plain, words=caption) if caption else None
    if step.gives == Gives.MEDIA:
        found = files(post)
        return replace(plain, text=f"{step.text} {_these(found)}", files=found) if found else None
    return replace(plain, app=post.connector.spec.rules.app) if step.gives == Gives.APP else plain


def _these(found: Sequence[File]) -> str:
    """ "the picture", "the 4 files, in this order"."""
    if len(found) == 1:
        return _("the film") if found[0].is_video else _("the picture")
    pictures = not any(file.is_video for file in found)
    words = _("the %(count)s pictures, in this order") if pictures else _("the %(count)s files, in this order")
    return words % {"count": len(found)}


def files(post: Post) -> list[File]:
    """The post's files with the names that they get on the phone."""
    items = post.version.ordered_items()
    stem = slugify(str(post.version.asset))[:60] or "collavo"
    return list(_named(items, stem))


def _named(items: Sequence[VersionMedia], stem: str) -> Iterator[File]:
    for number, item in enumerate(items, 1):
        place = f"-{number}-of-{len(items)}" if len(items) > 1 else ""
        name = f"{stem}{place}{mimetypes.guess_extension(item.media.mime_type) or ''}"
        yield File(number, name, item.media.is_video, item.alt_text, item.media.mime_type)
