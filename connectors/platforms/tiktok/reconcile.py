"""The commit was sent and no clean answer came: what became of it?

Of an upload, TikTok can always say: the publish is known since before the first byte, and its status tells how many
bytes arrived. Of a film or photos that TikTok loads by itself, the publish's id was in the answer that was lost. Then
only the account's list of public posts may show it, and a miss proves nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone
from django.utils.translation import gettext

from connectors.platforms.base import (
    RECONCILING_SINCE,
    Account,
    Delivery,
    Done,
    Live,
    NotLive,
    PlatformError,
    Rejected,
    Unknown,
    Verdict,
    Wait,
)
from connectors.platforms.tiktok import errors, journal
from connectors.platforms.tiktok.client import Status, TikTokClient, text
from connectors.platforms.tiktok.matching import Wanted, matches, moment
from connectors.platforms.tiktok.outcome import (
    COMPLETE,
    DRAFT,
    FAILED,
    YOUR_TURN,
    failed,
    hidden,
    link,
    live_without_link,
    shows_link,
)
from connectors.platforms.tiktok.post import inbox, pulled

LOOK_SECONDS = (15, 30, 60, 120, 240)  # for a public post that may still be loading
LINK_PATIENCE = timedelta(minutes=5)
EXPIRED_AGAIN = timedelta(minutes=15)  # between two looks at an upload whose address is closed
SOON = timedelta(seconds=10)
NO_BYTES_LOOKS = 20


def reconcile(delivery: Delivery, client: TikTokClient, account: Account) -> Verdict:
    """Raises NotNow and NeedsRelink: ask again later."""
    opened = journal.opened(delivery.journal)
    if opened is not None:
        return Inquiry(delivery, client, account, opened).verdict()
    if pulled(delivery.content):
        return _search(delivery, client, account)
    return Unknown(gettext("Collavo has no record of what it uploaded to TikTok.") + " " + gettext(YOUR_TURN))


@dataclass(frozen=True)
class Inquiry:
    """One look at a publish whose id is known."""

    delivery: Delivery
    client: TikTokClient
    account: Account
    opened: journal.Opened

    def verdict(self) -> Verdict:
        try:
            status = self.client.status(self.opened.publish_id)
        except Rejected as e:
            return Unknown(f"{e} {gettext(YOUR_TURN)}")
        return self._of(status)

    def _of(self, status: Status) -> Verdict:
        if status.word == COMPLETE:
            return self._complete(status)
        if status.word == DRAFT:
            return Done()
        if status.word == FAILED:
            return self._failed(status)
        if self.opened.plan is None:
            return Done()
        return self._processing(status, self.opened.plan.size)

    def _complete(self, status: Status) -> Verdict:
        if status.post_id:
            content = self.delivery.content
            address = link(content, self.account, status.post_id)
            return Live(status.post_id, address, hidden=hidden(content, self.account))
        sent = self.delivery.commit_sent_at or self.opened.at
        if shows_link(self.delivery.content, self.account) and timezone.now() - sent < LINK_PATIENCE:
            return Done()  # the steps behind the commit wait for the link
        return live_without_link(self.delivery.content, self.account, sent)

    def _failed(self, status: Status) -> NotLive:
        """Surely nothing is live; where waiting or a change helps, that is what it means."""
        error = failed(status)
        reason = gettext("TikTok says that it failed (%(reason)s).") % {
            "reason": status.reason or gettext("no reason given")
        }
        return NotLive(
            reason, journal.EVERYTHING, error if isinstance(error, Rejected) or getattr(error, "limit", False) else None
        )

    def _processing(self, status: Status, size: int) -> Verdict:
        if status.uploaded is None:
            return self._silent()
        if status.uploaded >= size:
            return Done()  # every byte is there: it is being posted
        if self.opened.expired(timezone.now()) or self.delivery.commit_error in {"upload/403", "upload/404"}:
            return self._closed(status.uploaded)
        return self._incomplete(status.uploaded)

    def _incomplete(self, uploaded: int) -> Verdict:
        """The last chunk did not arrive. To send it again to the same address can never make a second post."""
        looks = self._looks()
        if looks.count == 0:
            return Wait(SOON, gettext("TikTok has not got the whole video yet. Collavo makes sure."), looks.next())
        _, plan = journal.upload(self.delivery.journal)
        same = uploaded == plan.last_start
        drop = () if same else (journal.UPLOAD, journal.SENT)
        return NotLive(gettext("TikTok has not got the whole video: nothing is posted."), drop)

    def _closed(self, uploaded: int) -> Verdict:
        """The address takes no more bytes, so the video can never become whole. Two looks, far apart, have to agree."""
        looks = self._looks(f"closed {uploaded}")
        if looks.count == 0:
            return Wait(
                EXPIRED_AGAIN,
                gettext("TikTok has closed the upload. Collavo makes sure that nothing went out."),
                looks.next(),
            )
        return NotLive(gettext("TikTok closed the upload before it was whole: nothing is posted."), journal.EVERYTHING)

    def _silent(self) -> Verdict:
        looks = self._looks("silent")
        if looks.count >= NO_BYTES_LOOKS:
            return Unknown(gettext("TikTok does not say how much of the video it has.") + " " + gettext(YOUR_TURN))
        return Wait(
            timedelta(minutes=1), gettext("TikTok does not say yet how much of the video it has."), looks.next()
        )

    def _looks(self, state: str = "") -> journal.Looks:
        since = self.delivery.journal.get(RECONCILING_SINCE)
        return journal.Looks.of(self.delivery.journal, f"{since} {state}")


def _search(delivery: Delivery, client: TikTokClient, account: Account) -> Verdict:
    """Among the account's public posts, for some minutes. Nothing is ever sent again by itself."""
    blind = Unknown(
        gettext("TikTok did not answer whether it took the post, and offers no way to ask.") + " " + gettext(YOUR_TURN)
    )
    if inbox(delivery.content) or not shows_link(delivery.content, account):
        return blind
    sent = delivery.commit_sent_at or timezone.now()
    try:
        found = _found(delivery, client, sent)
    except PlatformError as e:
        if errors.lacks_scope(e):
            return blind
        raise
    if found:
        return found
    looks = journal.Looks.of(delivery.journal, f"{delivery.journal.get(RECONCILING_SINCE)} search")
    if looks.count >= len(LOOK_SECONDS):
        return blind
    delay = timedelta(seconds=LOOK_SECONDS[looks.count])
    return Wait(
        delay,
        gettext("TikTok did not answer. Collavo looks for the post among the account's public ones."),
        looks.next(),
    )


def _found(delivery: Delivery, client: TikTokClient, sent: datetime) -> Live | None:
    listed = client.videos_since(sent - timedelta(minutes=2))
    found = matches(listed.videos, Wanted(delivery.content, sent, delivery.bound))
    if len(found) != 1 or not listed.complete:
        return None
    address = text(found[0], "share_url").partition("?")[0]
    return Live(text(found[0], "id"), address, moment(found[0]))
