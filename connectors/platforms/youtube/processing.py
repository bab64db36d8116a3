"""What has become of an uploaded video: processed, still at it, or refused; and who can really see it.

“Uploaded” is not “published and playable”: processing can fail or be rejected, so Live is said once YouTube says
“processed”. After half a day without that word it is live with a note: the video has its page all the while.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from connectors.platforms.base import Content, Delivery, Live, Rejected, Unknown, Wait
from connectors.platforms.youtube import errors, journal
from connectors.platforms.youtube.client import Row, YouTubeClient, moment, part, site_url, text
from connectors.platforms.youtube.resource import PRIVATE, PUBLIC, privacy, watch_path

POLL_SECONDS = (15, 15, 15, 15, *[60] * 30)  # half an hour, then by the hour
LATER = timedelta(hours=1)
POLLS_MAX = len(POLL_SECONDS) + 12
ABSENT_SECONDS = (5, 15, 30, 60, 60, 300, 600, 1800, 3600)  # for a fresh video that YouTube does not show yet
PROCESSING = gettext_noop("YouTube is processing the video.")


@dataclass(frozen=True)
class Watch:
    """One look at the uploaded video. How many there were before is in the journal."""

    delivery: Delivery
    client: YouTubeClient
    video: str

    def look(self) -> Live | Wait | Unknown:
        """Raises Rejected when YouTube refused the video: then nothing is to be seen."""
        row = self.client.video(self.video)
        if row is None:
            return self._absent()
        status = part(row, "status")
        match text(status, "uploadStatus"):
            case "processed":
                return self._live(row)
            case "failed" | "rejected" | "deleted":
                raise refused(row)
        return self._processing(row)

    def _processing(self, row: Row) -> Live | Wait:
        if part(row, "processingDetails").get("processingStatus") == "failed":
            raise refused(row)
        polls = journal.count(self.delivery.journal, journal.POLLS)
        if polls >= POLLS_MAX:
            return self._live(row, _("YouTube is still processing the video after half a day."))
        delay = timedelta(seconds=POLL_SECONDS[polls]) if polls < len(POLL_SECONDS) else LATER
        return Wait(delay, _(PROCESSING), {journal.POLLS: polls + 1})

    def _absent(self) -> Wait | Unknown:
        """Right after the upload YouTube may not show it yet; later somebody has removed it."""
        looks = journal.count(self.delivery.journal, journal.ABSENT)
        if looks >= len(ABSENT_SECONDS):
            return Unknown(
                _("YouTube took the upload as video %(video)s and does not show it to this account any more.")
                % {"video": self.video}
            )
        note = _("YouTube has the video and does not show it yet.")
        return Wait(timedelta(seconds=ABSENT_SECONDS[looks]), note, {journal.ABSENT: looks + 1})

    def _live(self, row: Row, note: str = "") -> Live:
        at = moment(part(row, "snippet").get("publishedAt"))
        said = " ".join(filter(None, (note, privacy_note(self.delivery.content, row))))
        url = site_url(watch_path(self.video))
        return Live(self.video, url, at, note=said)


def refused(row: Row) -> Rejected:
    """Why YouTube did not keep the video. It stays in YouTube Studio, where nobody else sees it."""
    status = part(row, "status")
    upload, reason = text(status, "uploadStatus"), text(status, "rejectionReason") or text(status, "failureReason")
    if upload == "deleted":
        return Rejected(_("The video was deleted at YouTube."), code="deleted")
    if upload == "rejected":
        sentence = _(
            errors.REJECTIONS.get(reason, gettext_noop("YouTube has rejected the video; YouTube Studio says why."))
        )
    else:
        sentence = _(
            errors.FAILURES.get(reason, gettext_noop("YouTube could not process the video. Export it again as MP4."))
        )
    return Rejected(sentence, code=reason or upload or "processing")


def privacy_note(content: Content, row: Row) -> str:
    """Who can see it, where that is not what was asked for.

    Until November 2026 YouTube locked the uploads of projects that had not passed its audit as private. The rule was
    withdrawn; the answer is read back all the same.
    """
    wanted, real = privacy(content), text(part(row, "status"), "privacyStatus")
    if real in {"", wanted}:
        return ""
    if real == PRIVATE:
        return _(
            "YouTube has made it private instead of %(wanted)s: so far only the channel's owner sees it. "
            "Either the channel's settings want that, or the Google Cloud project has not passed "
            "YouTube's audit."
        ) % {"wanted": wanted}
    if real == PUBLIC:
        return _("YouTube has made it public instead of %(wanted)s: everybody can see it.") % {"wanted": wanted}
    return _("YouTube has made it %(real)s instead of %(wanted)s.") % {"real": real, "wanted": wanted}
