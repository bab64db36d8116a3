"""How a video gets to YouTube: a session, the file in pieces, the last piece, and watching it being processed.

Nothing exists on the channel before the last byte, and a session that is complete repeats its answer: the session is
the key that makes it happen once. So its address is journalled before the first byte, the last piece alone is the
commit, and no second session is ever opened once a last piece may have left.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import uuid4

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from connectors.platforms.base import (
    Account,
    Content,
    Delivery,
    Done,
    Format,
    Journal,
    Live,
    More,
    NeedsRelink,
    NotNow,
    OutcomeUnknown,
    Rejected,
    Step,
    StepResult,
    Usage,
    Verdict,
    Wait,
)
from connectors.platforms.youtube import errors, journal, matching
from connectors.platforms.youtube.client import Ended, Finished, Gone, Kept, Word, YouTubeClient, part, site_url, text
from connectors.platforms.youtube.journal import Session
from connectors.platforms.youtube.processing import Watch
from connectors.platforms.youtube.reconcile import reconcile, uploads
from connectors.platforms.youtube.resource import film, notifies, picture, resource, watch_path

STALL_SECONDS = (2, 5, 15, 30, 60, 120, 300)  # when the upload does not move; then it counts as a failed try
SUFFIXES = {"video/mp4": "mp4", "video/quicktime": "mov", "video/webm": "webm", "video/x-matroska": "mkv"}
AUTH_CODES = frozenset({"401", "authError", "expired"})  # also how a token ends that lives for an hour
GONE = gettext_noop("YouTube no longer knows the upload. Collavo opens a new one; nothing was complete.")


class YouTubePublisher:
    """One account's publisher, for one claim. Its calls go through `client`, which knows the lease."""

    def __init__(self, account: Account, client: YouTubeClient) -> None:
        self._account = account
        self._client = client
        self._heard: Kept | None = None  # what the session said in this claim; None: ask before sending anything
        self._moved = False  # whether this claim has sent anything that YouTube kept

    def steps(self, content: Content) -> Sequence[Step]:
        """Rejected for a format that YouTube does not have."""
        if content.format not in {Format.VIDEO, Format.SHORT}:
            message = _("Collavo cannot post a %(format)s to YouTube. Choose video or short.") % {
                "format": content.format
            }
            raise Rejected(message, code="format")
        return [
            Step(journal.SESSION, _("Opening the upload at YouTube"), self._open),
            Step(journal.SENT, _("Uploading to YouTube"), self._send),
            Step(journal.FINISH, _("Finishing the upload"), self._finish, commit=True),
            Step(journal.READY, _("YouTube is processing"), self._watch),
        ]

    def follow_ups(self, content: Content) -> Sequence[Step]:
        """Once it is live: the thumbnail, and a playlist."""
        found = [Step("thumbnail", _("Setting the thumbnail"), self._set_thumbnail)] if picture(content) else []
        if content.options.get("playlist_id"):
            found.append(Step("playlist", _("Adding it to the playlist"), self._add_to_playlist))
        return found

    def reconcile(self, delivery: Delivery) -> Verdict:
        return reconcile(delivery, self._client, self._account)

    def link(self, remote_id: str) -> str:
        return site_url(watch_path(remote_id))

    def find(self, url: str) -> Live | None:
        """By the id in the link, where the video is this channel's."""
        video = matching.video_of(url)
        row = self._client.video(video, parts="id,snippet") if video else None
        if row is None or text(part(row, "snippet"), "channelId") != self._account.remote_id:
            return None
        return Live(video, self.link(video), matching.published_at(row))

    def seek(self, content: Content, since: datetime, bound: frozenset[str]) -> Live | None:
        """Among the channel's uploads, by the file's size and words, which its owner is shown."""
        rows, complete = uploads(self._client, self._account, since)
        found = matching.by_hand(rows, content, since, bound)
        if len(found) != 1 or not complete:
            return None
        video = text(found[0], "id")
        return Live(video, self.link(video), matching.published_at(found[0]))

    def usage(self) -> Usage | None:
        """YouTube tells nobody how much of a quota is left."""
        return None

    # The session

    def _open(self, delivery: Delivery) -> StepResult:
        """A session of its own name. Repeating this is safe: an unused session only runs out."""
        medium = film(delivery.content)
        slug = f"{matching.SLUG}{uuid4()}.{SUFFIXES.get(medium.mime_type, 'mp4')}"
        uri = self._client.open_session(
            resource(delivery.content), size=medium.size, slug=slug, notify=notifies(delivery.content)
        )
        self._heard = Kept(0, uri)
        return Done(Session(uri, medium.size, slug, timezone.now()).entry())

    # All pieces but the last

    def _send(self, delivery: Delivery) -> StepResult:
        """One piece, or the question how much is there. Stalls are waited out here: what moves is no failed try."""
        session = journal.needed_session(delivery.journal)
        heard, self._heard = self._heard, None  # whatever goes wrong now, the session is asked before the next piece
        try:
            word = self._next_word(delivery, session, heard)
        except NotNow as e:
            return _stalled(delivery, e)
        except NeedsRelink as e:
            if e.code in AUTH_CODES and self._moved:
                return Wait(timedelta(seconds=1), _("YouTube wants a fresh token."))  # the next claim brings one
            raise
        if not isinstance(word, Kept):
            return self._not_going_on(delivery, session, word)
        if heard and word.until <= heard.until and not is_last(word.until, session.size):
            return _stalled(delivery, NotNow(_("YouTube keeps nothing of what it is sent."), code="stalled"))
        return self._kept(session, word, moved=heard is not None)

    def _next_word(self, delivery: Delivery, session: Session, heard: Kept | None) -> Word:
        if heard is None:
            return self._client.ask(session.uri, session.size)
        if is_last(heard.until, session.size):
            return heard
        return self._client.send_piece(heard.uri, film(delivery.content), heard.until, settings.YOUTUBE_CHUNK_BYTES)

    def _kept(self, session: Session, kept: Kept, *, moved: bool) -> StepResult:
        self._heard = kept
        self._moved = self._moved or moved
        if is_last(kept.until, session.size) and kept.uri == session.uri:
            return Done({"at": kept.until})
        keep: Journal = {journal.SESSION: session.moved(kept.uri).entry(), journal.STALLS: 0}
        return More(keep, _("Uploading to YouTube, %(percent)s %%") % {"percent": 100 * kept.until // session.size})

    def _not_going_on(self, delivery: Delivery, session: Session, word: Finished | Gone | Ended) -> StepResult:
        if isinstance(word, Ended):
            raise word.error
        if isinstance(word, Gone) and not journal.last_piece_was_sent(delivery):
            again = (journal.SESSION, *journal.UPLOAD)
            raise NotNow(GONE, code="session_gone", until=timezone.now(), drop=again)
        return Done({"at": session.size})  # the commit asks the session again, and believes that

    # The last piece

    def _finish(self, delivery: Delivery) -> StepResult:
        """Sends the last piece, or nothing at all when the session is not where it should be."""
        session = journal.needed_session(delivery.journal)
        heard, self._heard = self._heard, None
        word: Word = heard or self._client.ask(session.uri, session.size)
        if isinstance(word, Kept) and is_last(word.until, session.size):
            word = self._client.finish(word.uri, film(delivery.content), word.until)
        match word:
            case Finished():
                return Done({"id": word.id})
            case Kept():
                missing = _("YouTube has not kept all of the video. Collavo sends what is missing.")
                raise NotNow(missing, code="incomplete", until=timezone.now(), drop=journal.UPLOAD)
            case Gone():
                raise OutcomeUnknown(
                    _("YouTube no longer knows the upload. Collavo looks for it."), code="session_gone"
                )
            case Ended():
                raise word.error

    def _watch(self, delivery: Delivery) -> StepResult:
        return Watch(delivery, self._client, journal.video(delivery.journal)).look()

    # Once it is live

    def _set_thumbnail(self, delivery: Delivery) -> StepResult:
        if medium := picture(delivery.content):
            self._client.set_thumbnail(delivery.remote_id, medium)
        return Done()

    def _add_to_playlist(self, delivery: Delivery) -> StepResult:
        """Looks first: a playlist takes the same video twice."""
        playlist = str(delivery.content.options.get("playlist_id"))
        if not self._client.in_playlist(playlist, delivery.remote_id):
            self._client.add_to_playlist(playlist, delivery.remote_id)
        return Done()


def is_last(until: int, size: int) -> bool:
    """Whether what is left fits into one piece: that one is the commit's."""
    return size - until <= settings.YOUTUBE_CHUNK_BYTES


def _stalled(delivery: Delivery, error: NotNow) -> Wait:
    """Wait for a stalled upload. When it has not moved for long, raise its error: that counts as a failed try.

    What is over only tomorrow ends an upload that cannot be complete: a session may not live so long, and may never
    get over a limit that it has met.
    """
    stalls = journal.count(delivery.journal, journal.STALLS)
    if error.limit or stalls >= len(STALL_SECONDS):
        anew = errors.is_for_the_day(error) and not journal.last_piece_was_sent(delivery)
        drop = (journal.SESSION, *journal.UPLOAD) if anew else (journal.STALLS,)
        raise NotNow(str(error), code=error.code, until=error.until, limit=error.limit, drop=drop)
    delay = timedelta(seconds=STALL_SECONDS[stalls])
    if error.until:
        delay = max(delay, error.until - timezone.now())
    return Wait(delay, f"{error}"[:120], {journal.STALLS: stalls + 1})
