"""The gallery: every finished asset, with where it goes or went. Read page by page along one index."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any, cast
from urllib.parse import urlencode
from uuid import UUID

from django import forms
from django.db.models import Exists, OuterRef, Prefetch, Q
from django.utils import timezone
from django.utils.translation import gettext, gettext_lazy
from zipstream import ZIP_STORED, ZipStream

from approvals.hooks import Use, uses
from approvals.models import FORMATS, Media, Version, VersionQuerySet
from approvals.states import VersionStatus
from collavo.accounts.models import Workspace
from collavo.ids import as_uuid
from connectors.models import Connector, tokens_of
from connectors.platforms.registry import PLATFORMS
from publishing.chips import Chip, chip
from publishing.models import Post, Status

PAGE = 36
MOST = 100  # assets in one download
CHUNK = 256 * 1024

STATES: dict[str, tuple[Any, tuple[Status, ...]]] = {
    "published": (gettext_lazy("Published"), (Status.PUBLISHED,)),
    "scheduled": (gettext_lazy("Scheduled"), (Status.SCHEDULED, Status.QUEUED, Status.PUBLISHING)),
    "failed": (gettext_lazy("Failed or unconfirmed"), (Status.FAILED, Status.UNCONFIRMED)),
    "creator": (gettext_lazy("With its creator"), (Status.AWAITING_CREATOR,)),
    "free": (gettext_lazy("Not scheduled"), ()),
}


class GalleryForm(forms.Form):
    """The gallery's filters, read from its address. What cannot be read is left out."""

    channel = forms.ChoiceField(
        label=gettext_lazy("Channel"),
        required=False,
        choices=[("", gettext_lazy("All channels")), *((k, s.name) for k, s in PLATFORMS.items())],
    )
    type = forms.ChoiceField(
        label=gettext_lazy("Type"), required=False, choices=[("", gettext_lazy("All types")), *FORMATS]
    )
    state = forms.ChoiceField(
        label=gettext_lazy("Status"),
        required=False,
        choices=[("", gettext_lazy("Any status")), *((k, label) for k, (label, __) in STATES.items())],
    )

    def __init__(self, data: Any) -> None:
        super().__init__(data)
        self.is_valid()

    def offer(self, channels: set[str]) -> None:
        """Leave only the channels to choose from that there are accounts of."""
        field = cast(forms.ChoiceField, self.fields["channel"])
        field.choices = [("", gettext("All channels")), *((k, s.name) for k, s in PLATFORMS.items() if k in channels)]

    @property
    def kept(self) -> Mapping[str, str]:
        return {name: value for name, value in self.cleaned_data.items() if value}

    @property
    def query(self) -> str:
        """As part of an address: "&type=reel"."""
        return f"&{urlencode(self.kept)}" if self.kept else ""

    def narrow(self, versions: VersionQuerySet) -> VersionQuerySet:
        said = self.kept
        posts = Post.objects.filter(version=OuterRef("pk")).exclude(status=Status.CANCELED)
        if channel := said.get("channel"):
            on_it = Exists(posts.filter(connector__platform=channel))
            versions = versions.filter(on_it | Q(asset__slot__channel=channel))
        if kind := said.get("type"):
            versions = versions.filter(format=kind)
        if state := said.get("state"):
            found = posts.filter(status__in=STATES[state][1])
            versions = versions.filter(unplaced=True) if state == "free" else versions.filter(Exists(found))
        return versions


@dataclass
class Tile:
    """One finished asset."""

    version: Version
    now: datetime

    @cached_property
    def places(self) -> list[tuple[Post, Chip]]:
        """Where it goes or went, the latest first."""
        posts: list[Post] = self.version.out  # type: ignore[attr-defined]
        for post in posts:
            post.version = self.version
        return [(post, chip(post, self.now)) for post in posts]

    @cached_property
    def uses(self) -> list[Use]:
        """Where it can be used again."""
        return [use for look in uses for use in look(self.version)]


def finished(workspace: Workspace) -> VersionQuerySet:
    """Approved and in use, the latest decision first."""
    rows = Version.objects.filter(workspace=workspace, current=True, status=VersionStatus.APPROVED)
    return rows.filter(asset__discarded_at=None).order_by("-decided_at", "-id")


def page(workspace: Workspace, form: GalleryForm, after: Version | None = None) -> tuple[list[Tile], UUID | None]:
    """The tiles behind `after`, and the id to go on from when there are more. Three queries."""
    out = Post.objects.exclude(status=Status.CANCELED).select_related("connector").defer(*tokens_of("connector"))
    posts = Prefetch("posts", out.order_by("-id"), to_attr="out")
    rows = form.narrow(finished(workspace)).with_parts().prefetch_related(posts)
    if after and after.decided_at:
        at = after.decided_at
        rows = rows.filter(Q(decided_at__lt=at) | Q(decided_at=at, pk__lt=after.pk), decided_at__lte=at)
    found = list(rows[: PAGE + 1])
    now = timezone.now()
    return [Tile(v, now) for v in found[:PAGE]], found[PAGE - 1].pk if len(found) > PAGE else None


def channels(workspace: Workspace) -> set[str]:
    """The platforms that there is something to filter by."""
    return set(Connector.objects.filter(workspace=workspace).order_by().values_list("platform", flat=True).distinct())


def chosen(workspace: Workspace, pks: Sequence[str], most: int = MOST) -> list[Version]:
    """These finished versions of the workspace, in the order given, each once; what is none of them is left out."""
    ids = [pk for text in dict.fromkeys(pks) if (pk := as_uuid(text))][: most + 1]
    found = {version.pk: version for version in finished(workspace).with_parts().filter(pk__in=ids)}
    return [found[pk] for pk in ids if pk in found]


# --- Files -----------------------------------------------------------------------------------------------------------


def as_zip(versions: Sequence[Version]) -> ZipStream:
    """The files and captions of these versions, made while it is sent: no more than a chunk is in memory."""
    made = ZipStream(compress_type=ZIP_STORED, sized=True)  # pictures and films do not get smaller
    for folder, version in zip(_folders(versions), versions, strict=True):
        for item in version.ordered_items():
            made.add(chunks(item.media), f"{folder}/{item.position + 1} {clean(item.media.name)}", size=item.media.size)
        if version.caption:
            made.add(version.caption, f"{folder}/caption.txt")
    return made


def chunks(media: Media) -> Iterator[bytes]:
    with media.open_bytes() as source:
        while chunk := source.read(CHUNK):
            yield chunk


def _folders(versions: Sequence[Version]) -> Iterator[str]:
    """A folder for each, named after its asset; two of the same name are told apart."""
    seen: dict[str, int] = {}
    for version in versions:
        name = clean(version.asset.title)[:80].strip() or gettext("Asset")
        seen[name] = seen.get(name, 0) + 1
        yield name if seen[name] == 1 else f"{name} {seen[name]}"


def clean(name: str) -> str:
    """A name that every system takes for a file's, and that leads nowhere else."""
    kept = "".join(" " if c in '/\\:*?"<>|' or ord(c) < 32 else c for c in name)
    return " ".join(kept.split()).strip(". ") or "file"
