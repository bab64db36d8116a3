"""The last piece was sent and no clean answer came: what became of it?

The session is the best witness: a complete one repeats its answer, an open one says what is missing, and both may be
asked and sent to as often as one likes. Only when YouTube has forgotten the session (after days) the channel's list
has to tell; it lags, so not finding the video there proves nothing, and a person decides.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from connectors.platforms.base import (
    Account,
    Delivery,
    Done,
    Live,
    NotLive,
    Rejected,
    Unknown,
    Verdict,
    Wait,
)
from connectors.platforms.youtube import journal
from connectors.platforms.youtube.client import Ended, Finished, Gone, Kept, Row, YouTubeClient, part, text
from connectors.platforms.youtube.matching import BEFORE, Wanted, matches
from connectors.platforms.youtube.processing import Watch

ON_ITS_WAY = timedelta(seconds=20)  # how long the first try may still be on its way to YouTube
LOOK_MINUTES = (1, 5, 30, 120)  # between looks at the channel's uploads, which may lag for hours
YOUR_TURN = gettext_noop("Look at the channel in YouTube Studio and say here whether the video is there.")


def reconcile(delivery: Delivery, client: YouTubeClient, account: Account) -> Verdict:
    """Done where the upload is complete and still being processed. Raises NotNow and NeedsRelink: ask again later."""
    session = journal.session(delivery.journal)
    if session is None:
        return Unknown(_("Collavo has no record of what it prepared at YouTube.") + " " + _(YOUR_TURN))
    return Inquiry(delivery, client, account, session).verdict()


@dataclass(frozen=True)
class Inquiry:
    """One look. How many there were before is in the journal."""

    delivery: Delivery
    client: YouTubeClient
    account: Account
    session: journal.Session

    def verdict(self) -> Verdict:
        match word := self.client.ask(self.session.uri, self.session.size):
            case Finished():
                return self._complete(word.id)
            case Kept():
                return self._incomplete(word)
            case Ended():
                return NotLive(_("YouTube says that the upload has failed."), journal.EVERYTHING, word.error)
            case Gone():
                return self._search()

    def _complete(self, video: str) -> Verdict:
        """The upload arrived. What YouTube makes of the video is the next step's to find out, unless it is known."""
        try:
            seen = Watch(self.delivery, self.client, video).look()
        except Rejected as e:
            return NotLive(_("YouTube took the upload and refused the video."), journal.EVERYTHING, e)
        return seen if isinstance(seen, Live) else Done({"id": video})

    def _incomplete(self, kept: Kept) -> Verdict:
        """Surely not live, and the rest may be sent to the same session. The first try may still be arriving there."""
        remembered = journal.remember_last_piece(self.session)
        if self.delivery.journal.get(journal.LAST_SENT_TO) != self.session.slug:
            return Wait(ON_ITS_WAY, _("It is not complete so far. Collavo makes sure."), remembered)
        reason = _("YouTube has %(until)s of the file's %(size)s bytes; nothing is live before the last.") % {
            "until": kept.until,
            "size": self.session.size,
        }
        return NotLive(reason, () if kept.uri == self.session.uri else journal.UPLOAD)

    # Without the session

    def _search(self) -> Verdict:
        """Among the channel's uploads: exactly one match is an answer, and no match is none."""
        if found := self._found():
            return self._complete(found)
        looks = journal.count(self.delivery.journal, journal.LOOKS)
        if looks >= len(LOOK_MINUTES):
            return Unknown(
                _("YouTube has forgotten the upload, and the channel does not show it for sure.") + " " + _(YOUR_TURN)
            )
        delay = timedelta(minutes=LOOK_MINUTES[looks])
        return Wait(delay, _("YouTube has forgotten the upload. Collavo looks for it."), {journal.LOOKS: looks + 1})

    def _found(self) -> str:
        rows, complete = uploads(self.client, self.account, self.session.at - BEFORE)
        found = matches(rows, Wanted(self.session, self.delivery.content, self.delivery.bound))
        return text(found[0], "id") if len(found) == 1 and complete else ""


def uploads(client: YouTubeClient, account: Account, since: datetime) -> tuple[list[Row], bool]:
    """The channel's videos that were added from `since` on, and whether these are all."""
    channel = client.channel()
    if channel is None or text(channel, "id") != account.remote_id:
        return [], False
    playlist = text(part(part(channel, "contentDetails"), "relatedPlaylists"), "uploads")
    if not playlist:
        return [], False
    ids, complete = client.uploads(playlist, since)
    pages = [ids[start : start + 50] for start in range(0, len(ids), 50)]
    return [row for page in pages for row in client.videos(page)], complete
