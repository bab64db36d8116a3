"""The commit was sent and no clean answer came: what became of it?

The container's own status is the best witness. The account's list only serves to find the post's id, and to confirm
that nothing is there; it lags, and somebody else may post too, so only exactly one match counts.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from connectors.platforms.base import (
    RECONCILING_SINCE,
    Account,
    Delivery,
    Format,
    Live,
    NotLive,
    PlatformError,
    Rejected,
    Unknown,
    Verdict,
    Wait,
)
from connectors.platforms.instagram import errors, journal
from connectors.platforms.instagram.client import INSTAGRAM_LOGIN, ContainerStatus, GraphClient, Listed
from connectors.platforms.instagram.matching import Wanted, matches, moment

RECHECK_SECONDS = (30, 60, 120)  # between looks at a container that seems not to be published
LOOK_SECONDS = (30, 60, 120, 240, 600, 600, 600, 600, 600)  # about an hour in all
LIST_MARGIN = timedelta(seconds=120)
YOUR_TURN = gettext_noop("Look at the account at Instagram and say here whether the post is there.")


def reconcile(delivery: Delivery, client: GraphClient, account: Account) -> Verdict:
    """Live, surely not live, not yet known (Wait), or not knowable. Raises NotNow and NeedsRelink: ask again later."""
    container = journal.made(delivery.journal, journal.CONTAINER)
    if container is None:
        return Unknown(_("Collavo has no record of what it prepared at Instagram.") + " " + _(YOUR_TURN))
    return Inquiry(delivery, client, account, container).verdict()


@dataclass(frozen=True)
class Search:
    """What the account's list shows."""

    live: Live | None = None
    absent: bool = False  # True: the whole list was read, and nothing in it can be our post


@dataclass(frozen=True)
class Inquiry:
    """One look. How many there were before is in the journal."""

    delivery: Delivery
    client: GraphClient
    account: Account
    container: journal.Made

    def verdict(self) -> Verdict:
        status = self.client.container_if_shown(self.container.id)
        if status is None:
            return self._hidden()
        if status.code == "PUBLISHED":
            return self._published()
        if status.code == "FINISHED":
            return self._finished()
        if status.code in {"ERROR", "EXPIRED"}:
            return self._failed(status)
        return self._busy()

    # One method per thing that the container can say

    def _published(self) -> Verdict:
        """Live for sure; only its id has to be found. After about an hour it is live without a link."""
        found = self._search().live or self._look_again("PUBLISHED", _("It is live. Its link is not known yet."))
        return found or Live(at=self.delivery.commit_sent_at)

    def _finished(self) -> Verdict:
        """Not live yet, but the first call may still be under way. Then the same container may be published again."""
        again = self._look_again("FINISHED", _("It is not public so far. Collavo makes sure."), _recheck_seconds())
        return again or NotLive(_("Instagram has it ready and has not published it."), error=self._meant())

    def _failed(self, status: ContainerStatus) -> Verdict:
        """Publishing failed, or never happened in the container's day. The list is the double check."""
        search = self._search()
        if search.live:
            return search.live
        if again := self._look_again(
            status.code, _("Publishing seems to have failed. Collavo makes sure."), _recheck_seconds()
        ):
            return again
        if not search.absent:
            return Unknown(
                _("Instagram says that publishing failed, but similar posts are there.") + " " + _(YOUR_TURN)
            )
        drop = journal.everything(self.delivery.content)
        return NotLive(_("Instagram could not publish it."), drop, self._meant() or _rejection(status))

    def _hidden(self) -> Verdict:
        """Neither token is shown the container: an outage, a right that was lost, or time. That proves nothing."""
        found = self._search().live or self._look_again("HIDDEN", _("Instagram does not say what became of it yet."))
        return found or Unknown(_("Instagram does not say what became of this post.") + " " + _(YOUR_TURN))

    def _busy(self) -> Verdict:
        """Still processing. It ends by itself: a container that is not published expires after a day."""
        looks = self._looks("IN_PROGRESS")
        delay = LOOK_SECONDS[min(looks.count, len(LOOK_SECONDS) - 1)]
        return Wait(timedelta(seconds=delay), _("Instagram is still processing it."), looks.next())

    # What they need

    def _looks(self, state: str) -> journal.Looks:
        sent, asked = self.delivery.commit_sent_at, self.delivery.journal.get(RECONCILING_SINCE)
        return journal.Looks.of(self.delivery.journal, f"{sent and sent.isoformat()} {asked}", state)

    def _look_again(self, state: str, note: str, delays: tuple[int, ...] = LOOK_SECONDS) -> Wait | None:
        """None when this state has been looked at often enough."""
        looks = self._looks(state)
        if looks.count >= len(delays):
            return None
        return Wait(timedelta(seconds=delays[looks.count]), note, looks.next())

    def _meant(self) -> PlatformError | None:
        return errors.after_commit(self.delivery.commit_error, timezone.now())

    def _listed(self, since: datetime) -> Listed:
        if self.delivery.content.format == Format.STORY:
            return self.client.stories(self.account.remote_id)
        return self.client.posts_since(self.account.remote_id, since - LIST_MARGIN)

    def _search(self) -> Search:
        since = self.delivery.commit_sent_at or self.container.at
        try:
            listed = self._listed(since)
        except PlatformError as e:
            if errors.tells_nothing(e):
                return Search()
            raise
        wanted = Wanted(
            content=self.delivery.content,
            not_before=since,
            now=timezone.now(),
            bound=self.delivery.bound,
            fields_hidden=self.account.login == INSTAGRAM_LOGIN,
        )
        found = matches(listed.posts, wanted)
        if len(found) != 1 or not listed.complete:
            return Search(absent=not found and listed.complete)
        link = found[0].get("permalink")
        return Search(
            Live(
                remote_id=str(found[0]["id"]),
                url=link if isinstance(link, str) else "",
                at=moment(found[0].get("timestamp")),
            )
        )


def _rejection(status: ContainerStatus) -> PlatformError | None:
    """The container's own reason, where trying again is useless."""
    if status.code != "ERROR":
        return None
    error = errors.container_error(status.text, timezone.now())
    return error if isinstance(error, Rejected) else None


def _recheck_seconds() -> tuple[int, ...]:
    return tuple(getattr(settings, "INSTAGRAM_RECHECK_SECONDS", RECHECK_SECONDS))
