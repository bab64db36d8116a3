"""The approved content as a publish needs it: files still those that were approved, with addresses to fetch them."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace

from approvals.models import VersionMedia
from approvals.serving import signed_url
from connectors.platforms.base import Content, Rejected
from publishing.models import Post
from publishing.preflight import post_content


def sealed_content(post: Post, *, fence: int, check: bool) -> Content:
    """The post's content, each medium with an address of its own for this claim.

    `check`: hash the files first. Raises Rejected when one is not the one that was approved.
    """
    items = post.version.ordered_items()
    if check:
        check_bytes(items)
    plain = post_content(post.version, post.options)
    purpose = f"{post.pk}/{fence}"
    pairs = zip(plain.media, items, strict=True)
    return replace(plain, media=tuple(replace(m, url=signed_url(item.media, purpose=purpose)) for m, item in pairs))


def check_bytes(items: Sequence[VersionMedia]) -> None:
    """Raise Rejected when a file on disk is no longer the file that was approved."""
    for item in items:
        try:
            with item.media.file.open("rb") as file:
                found = hashlib.file_digest(file, "sha256").hexdigest()
        except FileNotFoundError as e:
            text = f"The file of “{item.media}” is gone. Upload it again as a new version."
            raise Rejected(text, code="no_file") from e
        if found != item.media.sha256:
            raise Rejected(
                f"The seal is broken: the file of “{item.media}” is not the one that was approved. Nothing was sent. "
                "Upload it again as a new version.",
                code="seal_broken",
            )
