"""Takes in what a studio outside has made: its files are fetched and kept, and become the next round, once."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit
from uuid import UUID

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _

from approvals import uploads
from approvals.media import UnreadableMedia
from approvals.models import Media, Version
from approvals.states import IllegalMove
from approvals.storage.base import StorageDown
from approvals.studios import states, wire
from approvals.studios.delivering import Undeliverable, deliver, in_name_of
from approvals.studios.fetching import NotFetched, fetch
from approvals.studios.models import StudioJob
from approvals.studios.states import JobStatus
from connectors.platforms.base import Format

FETCHED_FOR = timedelta(hours=1)  # from the callback on; then what cannot be fetched ends the job
GIVEN_UP_AFTER = 2 * FETCHED_FOR
PAUSE = timedelta(seconds=30)
STORING = timedelta(minutes=15)  # that checking and storing what came may take, without a sign of life
BEAT = 15.0  # seconds between signs of life while a file comes in: far less than a lease
FILMS = {Format.REEL, Format.STORY, Format.VIDEO, Format.SHORT, Format.POST}
PICTURES = {Format.IMAGE, Format.STORY, Format.POST}
SEVERAL = {Format.CAROUSEL, Format.POST}


def take_in(job: StudioJob, lease: UUID) -> None:
    """Fetch, keep, submit. Raises Lost when somebody else has moved the job meanwhile."""
    result = wire.Result.model_validate((job.delivered or {})["said"]["data"])
    if _waited(job) > GIVEN_UP_AFTER:  # nobody who took it in has come to an end
        states.fail(
            job,
            _("%(studio)s is done, but what it made could not be taken in. Try again.") % {"studio": job.maker},
            lease=lease,
        )
        return
    try:
        with tempfile.TemporaryDirectory(prefix="collavo-studio-") as folder:
            paths = _fetched(result, Path(folder), _beating(job, lease))
            states.keep(job, lease, length=STORING)
            _submit(job, lease, result, [_kept(path, url, job) for path, url in paths])
    except Undeliverable as e:
        states.fail(job, str(e), lease=lease)
    except UnreadableMedia as e:
        states.fail(
            job,
            _("%(studio)s delivered a file that cannot be used: %(reason)s") % {"studio": job.maker, "reason": e},
            lease=lease,
        )
    except (NotFetched, StorageDown, IllegalMove) as e:
        _later(job, lease, e)


def _waited(job: StudioJob) -> timedelta:
    """Since its studio said that it is done."""
    return timezone.now() - datetime.fromisoformat((job.delivered or {})["at"])


def _later(job: StudioJob, lease: UUID, error: Exception) -> None:
    """Once more in a while, or the end: what is not there for an hour does not come."""
    now = timezone.now()
    hopeless = isinstance(error, NotFetched) and not error.later
    if hopeless or _waited(job) > FETCHED_FOR:
        states.fail(
            job,
            _("%(studio)s said that it is done, but nothing could be used. %(error)s")
            % {"studio": job.maker, "error": error},
            lease=lease,
        )
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
    with in_name_of(job) as by:
        return uploads.keep(path, name=name, workspace=job.workspace, by=by)


def _submit(job: StudioJob, lease: UUID, result: wire.Result, media: Sequence[Media]) -> None:
    deliver(
        job, media, format=_format(job.source.format, media), alt_texts=_alt_texts(job.source, result),
        caption=result.caption, lease=lease,
    )  # fmt: skip


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
