"""Carries a job of the format studio out: under a lease, with signs of life, and in the end a version or nothing."""

from __future__ import annotations

import logging
import tempfile
import time
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _

from approvals import uploads
from approvals.media import UnreadableMedia
from approvals.states import IllegalMove
from approvals.storage.base import StorageDown
from approvals.studios import states
from approvals.studios.delivering import Undeliverable, deliver, in_name_of
from approvals.studios.making import Making
from approvals.studios.models import MOST_TRIES, StudioJob
from approvals.studios.recipes import RATIOS, making_of
from approvals.studios.render import Stopped, convert_film, convert_picture, film_of_pictures
from approvals.studios.render.pictures import SUFFIXES, kept_type
from approvals.studios.states import Lost
from collavo.threads import stopping

if TYPE_CHECKING:
    from approvals.models import Media, VersionMedia

BEAT = 1.0  # seconds between two signs of life
STORING = timedelta(minutes=15)  # that checking and storing a file may take, without a sign of life
LATER = timedelta(minutes=1)
PIECE = 1 << 20

log = logging.getLogger(__name__)


class Signs:
    """Asked at every frame: gives a sign of life now and then, and ends the work when somebody wants that."""

    def __init__(self, job: StudioJob, lease: UUID, parts: int) -> None:
        self.job, self.lease, self.parts = job, lease, parts
        self.part = 0
        self.given_at = time.monotonic()

    def __call__(self, share: float) -> None:
        if stopping.is_set():
            raise Stopped
        if time.monotonic() - self.given_at >= BEAT:
            self.given_at = time.monotonic()
            done = (self.part + min(1.0, share)) / self.parts
            states.keep(self.job, self.lease, progress=min(99, int(100 * done)))


def run(pk: UUID) -> None:
    """Take this job, if it is free, and make what it says. Whatever happens, it is known afterwards or taken again."""
    job = StudioJob.objects.built_in().for_pages().select_related("workspace", "case").filter(pk=pk).first()
    lease = states.claim(job) if job else None
    if job is None or lease is None:
        return
    try:
        _attempt(job, lease)
    except Lost:
        log.info("Studio job %s: somebody else has it, or it was called off", pk)
    except Stopped:
        _quietly_back(job, lease)


def _attempt(job: StudioJob, lease: UUID) -> None:
    if job.attempts > MOST_TRIES:
        why = _("It was begun %(count)s times and never came to an end. Choose a shorter film, or try again.") % {
            "count": MOST_TRIES
        }
        states.fail(job, why, lease=lease)
        return
    try:
        _make(job, lease)
    except StorageDown as e:
        log.warning("Studio job %s: %s", job.pk, e)
        states.hand_back(job, lease, at=timezone.now() + LATER, counts=True)
    except FileNotFoundError:
        states.fail(job, _("A file of this version is gone. Put it in again, as a new round."), lease=lease)
    except (UnreadableMedia, IllegalMove, Undeliverable) as e:
        states.fail(job, str(e), lease=lease)


def _quietly_back(job: StudioJob, lease: UUID) -> None:
    try:
        states.hand_back(job, lease)
    except Lost:
        log.info("Studio job %s: was called off while this process ended", job.pk)


def _make(job: StudioJob, lease: UUID) -> None:
    """Render, store, put into review."""
    items = job.source.ordered_items()
    making = making_of(job.recipe, job.options, job.source.content())
    signs = Signs(job, lease, parts=max(1, len(items)))
    with tempfile.TemporaryDirectory(prefix="collavo-studio-") as name:
        made = _rendered(items, making, Path(name), signs)
        states.keep(job, lease, length=STORING, progress=99)
        media = [
            _taken(job, each, items[i].media, making) if isinstance(each, Path) else each for i, each in enumerate(made)
        ]
    deliver(job, media, format=making.format, alt_texts=_alt_texts(items, making), lease=lease)


def _rendered(items: Sequence[VersionMedia], making: Making, folder: Path, signs: Signs) -> list[Path | Media]:
    """The files in their order: what is made anew, and what stays as it is."""
    if making.slides:
        sources = [_fetched(item.media, folder / f"source-{i}", signs) for i, item in enumerate(items)]
        signs.parts = 1
        out = folder / "made.mp4"
        film_of_pictures(sources, out, making.show(), signs)
        return [out]
    made: list[Path | Media] = []
    for i, item in enumerate(items):
        signs.part = i
        made.append(_one(item.media, making, folder, signs) if making.touches(i) else item.media)
    return made


def _one(media: Media, making: Making, folder: Path, signs: Signs) -> Path:
    """One medium made anew. Its source is deleted again: the disk holds one at a time."""
    source = _fetched(media, folder / f"source-{signs.part}", signs)
    if media.is_video:
        out = folder / f"made-{signs.part}.mp4"
        _film_below(source, out, making, signs)
    else:
        kind = making.mime_type or kept_type(media.mime_type)
        out = folder / f"made-{signs.part}{SUFFIXES[kind]}"
        convert_picture(source, out, making.picture(), signs)
    source.unlink()
    return out


def _film_below(source: Path, out: Path, making: Making, signs: Signs) -> None:
    """Within its size: the encoder keeps to a rate, below which a film cannot be looked at any more."""
    plan = making.film()
    convert_film(source, out, plan, signs)
    most = plan.sizes.most_bytes
    if most and out.stat().st_size > most:
        raise UnreadableMedia(_("This film is too long to be made that small and still be looked at. Cut it first."))


def _fetched(media: Media, path: Path, signs: Signs) -> Path:
    """A copy on this machine's disk, in pieces."""
    with media.open_bytes() as source, path.open("wb") as target:
        while piece := source.read(PIECE):
            target.write(piece)
            signs(0.0)
    return path


def _taken(job: StudioJob, path: Path, source: Media, making: Making) -> Media:
    """Kept like an upload: probed by content, with previews."""
    with in_name_of(job) as by:
        return uploads.keep(path, name=_name(path, source, making), workspace=job.workspace, by=by)


def _name(path: Path, source: Media, making: Making) -> str:
    """The source's name, with what was done to it."""
    stem = Path(source.name).stem[:180] or "file"
    ratio = next((key.replace(":", "x") for key, value in RATIOS.items() if value == making.ratio), "")
    return f"{stem}{f' {ratio}' if ratio else ''}{path.suffix}"


def _alt_texts(items: Sequence[VersionMedia], making: Making) -> list[str]:
    """What is seen stays said; of a film of pictures, one after the other."""
    texts = [item.alt_text for item in items]
    return [". ".join(t.strip().rstrip(".") for t in texts if t.strip())] if making.slides else texts
