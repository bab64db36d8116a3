"""Takes in what a studio outside has made: its files are fetched and kept, and become the next round, once."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from approvals import uploads
from approvals.media import UnreadableMedia
from approvals.models import Asset, Media, Version
from approvals.states import IllegalMove
from approvals.storage.base import StorageDown
from approvals.studios import states, wire
from approvals.studios.fetching import NotFetched, fetch
from approvals.studios.models import StudioJob
from approvals.studios.states import JobStatus
from collavo.accounts.models import User
from collavo.timeline.models import acting_via
from connectors.platforms.base import Format

FETCHED_FOR = timedelta(hours=1)  # from the callback on; then what cannot be fetched ends the job
PAUSE = timedelta(seconds=30)
BEAT = 15.0  # seconds between signs of life while a file comes in: far less than a lease
FILMS = {Format.REEL, Format.STORY, Format.VIDEO, Format.SHORT, Format.POST}
PICTURES = {Format.IMAGE, Format.STORY, Format.POST}
SEVERAL = {Format.CAROUSEL, Format.POST}


def take_in(job: StudioJob, lease: UUID) -> None:
    """Fetch, keep, submit. Raises Lost when somebody else has moved the job meanwhile."""
    assert job.delivered is not None  # noqa: S101 (whoever calls has looked)
    result = wire.Result.model_validate(job.delivered["said"]["data"])
    try:
        _require_current(job)
        with tempfile.TemporaryDirectory(prefix="collavo-studio-") as folder:
            paths = _fetched(result, Path(folder), _beating(job, lease))
            _submit(job, lease, result, [_kept(path, url, job) for path, url in paths])
    except Outdated as e:
        states.fail(job, str(e), lease=lease)
    except UnreadableMedia as e:
        states.fail(job, f"{job.maker} delivered a file that cannot be used: {e}", lease=lease)
    except (NotFetched, StorageDown, IllegalMove) as e:
        _later(job, lease, e)


class Outdated(Exception):
    """str(error) is a sentence: the result has no place any more."""


def _require_current(job: StudioJob) -> None:
    """A result must not replace what a person has sent in meanwhile."""
    if Asset.objects.get(pk=job.asset_id).discarded:
        raise Outdated(f"“{job.asset}” was discarded meanwhile. What {job.maker} made was not used.")
    if not Version.objects.filter(pk=job.source_id, current=True).exists():
        raise Outdated(
            f"Another round of “{job.asset}” came in meanwhile. What {job.maker} made of the old one was not used."
        )


def _later(job: StudioJob, lease: UUID, error: Exception) -> None:
    """Once more in a while, or the end: what is not there for an hour does not come."""
    now = timezone.now()
    since = datetime.fromisoformat((job.delivered or {})["at"])
    hopeless = isinstance(error, NotFetched) and not error.later
    if hopeless or now - since > FETCHED_FOR:
        states.fail(job, f"{job.maker} said that it is done, but nothing could be used. {error}", lease=lease)
    else:
        states.move(job, JobStatus.QUEUED, by=job.maker, lease=lease, due_at=now + PAUSE, error=str(error)[:500])


def _fetched(result: wire.Result, folder: Path, beat: Callable[[], None]) -> list[tuple[Path, str]]:
    """All of it, before any of it is kept."""
    found = [(folder / f"{n}.part", medium.url) for n, medium in enumerate(result.media)]
    for path, url in found:
        fetch(url, path, most=settings.UPLOAD_MOST_BYTES, beat=beat)
    return found


def _beating(job: StudioJob, lease: UUID) -> Callable[[], None]:
    """Keeps the lease while it is called, which may be often."""
    last = time.monotonic()

    def beat() -> None:
        nonlocal last
        if time.monotonic() - last > BEAT:
            states.keep(job, lease)
            last = time.monotonic()

    return beat


def _kept(path: Path, url: str, job: StudioJob) -> Media:
    name = Path(urlsplit(url).path).name or "result"
    with _in_whose_name(job) as by:
        return uploads.keep(path, name=name, workspace=job.workspace, by=by)


def _submit(job: StudioJob, lease: UUID, result: wire.Result, media: Sequence[Media]) -> None:
    """The next round and the job's end, both or neither."""
    source = job.source
    format = _format(source.format, media)
    with transaction.atomic(), _in_whose_name(job) as by:
        Asset.objects.select_for_update().get(pk=job.asset_id)
        _require_current(job)
        version = job.asset.next_round(
            caption=source.caption if result.caption is None else result.caption, media=media, format=format, by=by,
            options=source.options if format == source.format else {}, alt_texts=_alt_texts(source, result),
            studio=job.studio,
        )  # fmt: skip
        states.done(job, version, lease=lease)


@contextmanager
def _in_whose_name(job: StudioJob) -> Iterator[User | str]:
    """Who asked for it has submitted it, through the studio; what a reviewer wants made anew, who submitted it before.

    So nobody decides about what is their own, and a reviewer decides about what they have asked for.
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


def _format(before: str, media: Sequence[Media]) -> str:
    """The one before where it fits what came, else the nearest."""
    fitting, else_ = (PICTURES, Format.IMAGE)
    if len(media) > 1:
        fitting, else_ = (SEVERAL, Format.CAROUSEL)
    elif media[0].is_video:
        fitting, else_ = (FILMS, Format.REEL)
    return before if before in fitting else else_.value


def _alt_texts(source: Version, result: wire.Result) -> list[str]:
    """The studio's own; where it says none, those of the source in their places."""
    known = [item.alt_text for item in source.ordered_items()]
    before = [*known, *[""] * len(result.media)]
    return [before[n] if m.alt_text is None else m.alt_text for n, m in enumerate(result.media)]
