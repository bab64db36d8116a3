"""The bytes of a film, chunk by chunk. Only the last one makes TikTok post: it is the commit, and not sent here.

An upload that was begun goes on behind the last chunk that TikTok has confirmed. As long as the last chunk was not
sent, an upload that went wrong may be left to die, and a new one begun: nobody else knows its address.
"""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext as _

from connectors.platforms.base import Delivery, Done, More, NotNow, Rejected, StepResult
from connectors.platforms.tiktok import journal
from connectors.platforms.tiktok.chunks import Piece, Plan
from connectors.platforms.tiktok.client import Put, TikTokClient

GONE = frozenset({403, 404})  # the upload's address has expired, or its upload is not known any more
STORED = frozenset({200, 206})
POSTED = 201  # "all parts are in": an answer to the last chunk


def send_next(delivery: Delivery, client: TikTokClient, now: datetime) -> StepResult:
    """Send the chunk that is next, unless it is the last one: then this step is done."""
    opened, plan = journal.upload(delivery.journal)
    sent = journal.count(delivery.journal, journal.SENT)
    piece = plan.piece(sent)
    if sent >= plan.size or (piece and piece.last):
        return Done(sent)
    if opened.expired(now):
        raise anew(_("The upload to TikTok took longer than its hour. Collavo begins it again."), "expired")
    if piece is None:
        raise anew(
            _("TikTok has another part of the video than was sent. Collavo begins the upload again."), "odd_offset"
        )
    put = client.put(opened.url, delivery.content.media[0], plan, piece)
    return _kept(plan, _confirmed(put, plan, piece, client, opened.publish_id))


def _confirmed(put: Put, plan: Plan, piece: Piece, client: TikTokClient, publish_id: str) -> int:
    """How many bytes TikTok has now. Raises PlatformError when the upload cannot go on like this."""
    if put.status in STORED:
        return boundary(plan, put.uploaded) or piece.end
    if put.status == POSTED:
        return plan.size
    if put.status == 416:
        return _told(plan, piece, client, publish_id)
    if put.status in GONE:
        raise anew(_("TikTok has closed the upload. Collavo begins it again."), f"upload/{put.status}")
    if put.status == 400:
        if client.status(publish_id).uploaded == piece.end:
            return piece.end  # taken all the same
        raise Rejected(_("TikTok did not accept a part of the video. Upload the video anew."), code="upload/400")
    raise NotNow(_("TikTok could not take a part of the video. Collavo sends it again."), code=f"upload/{put.status}")


def _told(plan: Plan, piece: Piece, client: TikTokClient, publish_id: str) -> int:
    """The chunk does not fit to what TikTok has: its own figure says where to go on."""
    uploaded = client.status(publish_id).uploaded
    if uploaded is None or uploaded == piece.start or boundary(plan, uploaded) is None:
        raise anew(_("TikTok lost track of the upload. Collavo begins it again."), "upload/416")
    return uploaded


def boundary(plan: Plan, uploaded: int | None) -> int | None:
    """Where the next chunk begins. Whether TikTok counts the end or the last byte is not clear: both are understood."""
    for place in (uploaded, uploaded + 1) if uploaded is not None else ():
        if place and (place == plan.size or plan.piece(place)):
            return place
    return None


def _kept(plan: Plan, sent: int) -> More:
    return More({journal.SENT: sent}, _("Uploading, %(percent)s %%") % {"percent": min(100 * sent // plan.size, 99)})


def anew(message: str, code: str) -> NotNow:
    """Begin again: nothing of this upload can ever go live."""
    return NotNow(message, code=code, drop=journal.EVERYTHING)
