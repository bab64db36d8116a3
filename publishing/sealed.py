"""The approved content as a publish needs it: files still those that were approved, with addresses to fetch them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, cast

from django.core.files.base import File
from django.utils.translation import gettext as _

from approvals.models import VersionMedia
from approvals.serving import signed_url
from approvals.storage.base import MediaStorage, StorageDown
from connectors.platforms.base import Content, Json, NotNow, Rejected
from publishing.models import Post
from publishing.preflight import post_content

FILES = "files"  # journal entry: by what the files are known that were hashed and found to be the approved ones


PIECE = 1024 * 1024  # bytes in memory at once


def _nothing() -> None:
    pass


class SealedFiles:
    """A post's files for one claim. `stamps` is what earlier claims journalled: medium → its file's stamp."""

    def __init__(self, post: Post, stamps: Json) -> None:
        self.post = post
        self.items = post.version.ordered_items()
        self.stamps: dict[str, Json] = dict(stamps) if isinstance(stamps, dict) else {}

    def check(self, tick: Callable[[], None] = _nothing) -> None:
        """Raise Rejected when a file is not the one that was approved, NotNow when its storage cannot be asked.

        Asks for stamps, which is quick, and reads only what may have changed since it was hashed: so it is done again
        in every claim and right before the commit, and an upload of many pieces is of one file. `tick` is called every
        megabyte: large files in slow storages take minutes.
        """
        for item in self.items:
            stamp = _stamp(item)
            if self.stamps.get(str(item.media_id)) != stamp:
                check_bytes([item], begun=bool(self.stamps), tick=tick)
                self.stamps[str(item.media_id)] = stamp  # of before the hashing: a change meanwhile is seen next time

    def content(self, *, fence: int) -> Content:
        """The post's content, each medium with an address of its own for this claim."""
        plain = post_content(self.post.version, self.post.options)
        purpose = f"{self.post.pk}/{fence}"
        pairs = zip(plain.media, self.items, strict=True)
        return replace(plain, media=tuple(replace(m, url=_address(item, purpose)) for m, item in pairs))


def check_bytes(items: Sequence[VersionMedia], *, begun: bool = False, tick: Callable[[], None] = _nothing) -> None:
    """Raise Rejected when a file is no longer the file that was approved, NotNow when its storage cannot be read.

    `begun`: some of it may have been sent already.
    """
    for item in items:
        try:
            with item.media.file.storage.open(str(item.media.file.name)) as file:
                found = _hash(file, tick)
        except OSError as e:
            raise _unreadable(item, e) from e
        if found != item.media.sha256:
            raise Rejected(
                _(
                    "The seal is broken: the file of “%(name)s” is not the one that was approved. "
                    "%(fate)s Upload it again as a new version."
                )
                % {"name": item.media, "fate": _("Nothing is live.") if begun else _("Nothing was sent.")},
                code="seal_broken",
            )


def _hash(file: File[Any], tick: Callable[[], None]) -> str:
    digest = hashlib.sha256()
    while piece := file.read(PIECE):
        digest.update(piece)
        tick()
    return digest.hexdigest()


def _stamp(item: VersionMedia) -> str:
    try:
        return cast(MediaStorage, item.media.file.storage).stamp(str(item.media.file.name))
    except OSError as e:
        raise _unreadable(item, e) from e


def _address(item: VersionMedia, purpose: str) -> str:
    try:
        return signed_url(item.media, purpose=purpose)
    except OSError as e:
        raise _unreadable(item, e) from e


def _unreadable(item: VersionMedia, error: OSError) -> Rejected | NotNow:
    if isinstance(error, FileNotFoundError):
        return Rejected(
            _("The file of “%(name)s” is gone. Upload it again as a new version.") % {"name": item.media},
            code="no_file",
        )
    if isinstance(error, StorageDown):
        return NotNow(_("The media storage cannot be reached. Collavo tries again."), code="storage_down")
    return NotNow(
        _("The file of “%(name)s” cannot be read. Collavo tries again.") % {"name": item.media}, code="storage_down"
    )
