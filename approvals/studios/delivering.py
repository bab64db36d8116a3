"""What a studio has made becomes a version: in review, in the name of whoever asked for it. Once, or not at all."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from approvals.hooks import followed
from approvals.studios import states
from approvals.studios.recipes import label_of
from collavo.accounts.models import User
from collavo.timeline.models import acting_via
from connectors.platforms.base import Content, Format, FormatRule, Json
from connectors.platforms.registry import PLATFORMS

if TYPE_CHECKING:
    from approvals.models import Asset, Media, Version
    from approvals.studios.models import StudioJob

LONGEST_ALT = 1000


class Undeliverable(Exception):
    """Nothing can come of this job any more. str(error) is a sentence for whoever asked."""


@contextmanager
def in_name_of(job: StudioJob) -> Iterator[User | str]:
    """Who asked for it puts it in, through the studio: so nobody decides about what is their own.

    What a reviewer wants made anew is put in for whoever put it in before: the reviewer may decide about it.
    """
    person = (job.source.submitted_by or job.asset.creator) if job.review_id else job.requested_by
    if person is None:
        yield job.maker
        return
    token = acting_via.set(job.maker)
    try:
        yield person
    finally:
        acting_via.reset(token)


def deliver(
    job: StudioJob, media: Sequence[Media], *, format: str, alt_texts: Sequence[str] = (), caption: str | None = None,
    lease: UUID | None = None,
) -> Version:  # fmt: skip
    """Put what was made into review, and end the job: both or neither. Raises Undeliverable, or Lost.

    The next round of its asset; an asset of its own where that was asked for, where somebody has put in a newer round
    meanwhile, or where the present round is on its way out: nothing that people did is replaced unseen.
    """
    source = job.source
    words = source.caption if caption is None else caption
    content = Content(Format(format), words, tuple(m.as_medium() for m in media), source.options)
    with transaction.atomic(), in_name_of(job) as by:
        version = _place(job).next_round(
            caption=words, media=media, format=format, by=by, options=_still_said(source, content),
            alt_texts=[text[:LONGEST_ALT] for text in alt_texts], studio=job.studio,
        )  # fmt: skip
        states.done(job, version, lease=lease)
    return version


def _place(job: StudioJob) -> Asset:
    """The asset that it becomes a round of."""
    assets = type(job.asset).objects.select_related("slot", "creator")
    asset = assets.select_for_update(of=("self",)).get(pk=job.asset_id)
    if asset.discarded:
        raise Undeliverable(_("The asset was discarded meanwhile. Bring it back first, and try again."))
    current = asset.versions.filter(current=True).first()
    newer = current is not None and current.pk != job.source_id
    if job.options.get("place") != "asset" and not newer and not (current and followed(current)):
        return asset
    title = f"{asset.title[:140]}, {(label_of(job.recipe) or job.maker).lower()[:50]}"
    return type(asset).objects.create(
        workspace_id=asset.workspace_id, case_id=asset.case_id, title=title, creator=asset.creator or job.requested_by
    )


def _still_said(source: Version, content: Content) -> dict[str, Json]:
    """Those of its options that still mean something: known to its channel in that format, and right for what it is."""
    slot = source.asset.slot
    channels = [PLATFORMS[slot.channel]] if slot and slot.channel in PLATFORMS else list(PLATFORMS.values())
    rules = [rule for spec in channels if (rule := spec.rules.formats.get(content.format))]
    said: Mapping[str, Json] = source.options
    return {key: value for key, value in said.items() if any(_takes(rule, key, value, content) for rule in rules)}


def _takes(rule: FormatRule, key: str, value: Json, content: Content) -> bool:
    return key in rule.options and not rule.options[key].check(value, content)
