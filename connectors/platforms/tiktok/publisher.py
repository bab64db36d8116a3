"""How a post gets to TikTok.

By upload: ask what the account may do, open an upload, send the bytes. Nothing is posted before the last chunk has
arrived: that is the commit. By address (photos, and films where that is chosen): the call that opens the publish is the
commit, and when its answer is lost nobody can ask about it. Behind the commit, one step asks what became of it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _

from connectors.platforms.base import (
    Account,
    Content,
    Delivery,
    Done,
    Format,
    Live,
    NotNow,
    OutcomeUnknown,
    PlatformError,
    Rejected,
    Step,
    StepResult,
    Usage,
    Verdict,
)
from connectors.platforms.tiktok import creator, errors, journal, outcome, post, uploading
from connectors.platforms.tiktok.chunks import plan
from connectors.platforms.tiktok.client import TikTokClient, text
from connectors.platforms.tiktok.matching import Wanted, address, matches, moment
from connectors.platforms.tiktok.reconcile import reconcile

TAKEN = frozenset({200, 201})  # answers to the last chunk: everything is there


class TikTokPublisher:
    """One account's publisher. Its calls go through `client`, which knows the lease."""

    def __init__(self, account: Account, client: TikTokClient) -> None:
        self._account = account
        self._client = client

    def steps(self, content: Content) -> Sequence[Step]:
        """Rejected for a format that does not go out."""
        if content.format not in {Format.VIDEO, Format.CAROUSEL}:
            raise Rejected(
                _("Collavo cannot post a %(format)s to TikTok. Choose another format.") % {"format": content.format},
                code="format",
            )
        asked = [] if post.inbox(content) else [Step(journal.CREATOR, _("Asking what the account may post"), self._ask)]
        way = self._by_address(content) if post.pulled(content) else self._by_upload()
        return [*asked, *way, Step(journal.STATUS, _("TikTok is processing"), self._follow)]

    def reconcile(self, delivery: Delivery) -> Verdict:
        return reconcile(delivery, self._client, self._account)

    def link(self, remote_id: str) -> str:
        """Of a film, as TikTok gives it, or as its addresses are made where it shows none."""
        try:
            found = self._client.videos([remote_id])
        except PlatformError as e:
            if not errors.lacks_scope(e):
                raise
            found = []
        share = text(found[0], "share_url") if found else ""
        return share.partition("?")[0] or f"{settings.TIKTOK_SITE_URL}/@{self._account.handle}/video/{remote_id}"

    def late(self, delivery: Delivery) -> Live | None:
        """TikTok names the id of a public post once it is through moderation, which can take hours."""
        opened = journal.opened(delivery.journal)
        status = self._client.status(opened.publish_id) if opened else None
        if status is None or not status.post_id:
            return None
        address = outcome.link(delivery.content, self._account, status.post_id) or self.link(status.post_id)
        return Live(status.post_id, address)

    def find(self, url: str) -> Live | None:
        """By the id in the link. What TikTok does not show us (private posts, photos) is the account's by its name."""
        named = address(url)
        if named is None:
            return None
        try:
            rows = self._client.videos([named.id])
        except PlatformError as e:
            if not errors.lacks_scope(e):
                raise
            rows = []
        if rows:
            return Live(named.id, url, moment(rows[0]))
        ours = named.name.casefold() == self._account.handle.removeprefix("@").casefold()
        return Live(named.id, url) if ours else None

    def seek(self, content: Content, since: datetime, bound: frozenset[str]) -> Live | None:
        """Among the account's public posts, by all of their words and their length. None where they are not shown."""
        try:
            listed = self._client.videos_since(since)
        except PlatformError as e:
            if not errors.lacks_scope(e):
                raise
            return None
        found = matches(listed.videos, Wanted(content, since, bound))
        if len(found) != 1 or not listed.complete:
            return None
        return Live(text(found[0], "id"), text(found[0], "share_url").partition("?")[0], moment(found[0]))

    def usage(self) -> Usage | None:
        """TikTok counts, and does not tell."""
        return None

    # Which steps

    def _by_upload(self) -> list[Step]:
        return [
            Step(journal.INIT, _("Opening an upload at TikTok"), self._open),
            Step(journal.UPLOAD, _("Uploading"), self._upload),
            Step(journal.LAST, _("Publishing"), self._finish, commit=True),
        ]

    def _by_address(self, content: Content) -> list[Step]:
        run = self._photos if content.format == Format.CAROUSEL else self._pull
        return [Step(journal.INIT, _("Publishing"), run, commit=True, blind=True)]

    # Before the commit

    def _ask(self, delivery: Delivery) -> StepResult:
        info = creator.ask(self._client)
        if problem := info.problem(delivery.content, self._account):
            raise problem
        return Done({"username": info.username})

    def _open(self, delivery: Delivery) -> StepResult:
        """An upload that is opened twice, for a lost answer, does no harm: without its address nobody can fill it."""
        content = delivery.content
        pieces = plan(content.media[0].size)
        body = post.upload_body(content, self._account, pieces)
        try:
            publish_id, url = self._client.init_upload(body, inbox=post.inbox(content))
        except NotNow as e:
            raise _asking_anew(e) from None
        return Done(journal.Opened(publish_id, timezone.now(), url, pieces).entry())

    def _upload(self, delivery: Delivery) -> StepResult:
        return uploading.send_next(delivery, self._client, timezone.now())

    # Commits

    def _finish(self, delivery: Delivery) -> StepResult:
        """Send the last chunk. Whatever else than "taken" comes back, the status knows what it meant."""
        opened, pieces = journal.upload(delivery.journal)
        if journal.count(delivery.journal, journal.SENT) >= pieces.size:
            return Done()
        piece = pieces.piece(pieces.last_start)
        if piece is None:
            raise LookupError("A film has a last chunk.")
        put = self._client.put(opened.url, delivery.content.media[0], pieces, piece)
        if put.status not in TAKEN:
            text_ = _("TikTok did not confirm the end of the video. It may be posted.")
            raise OutcomeUnknown(text_, code=f"upload/{put.status}")
        return Done()

    def _pull(self, delivery: Delivery) -> StepResult:
        content = delivery.content
        body = post.pull_body(content, self._account)
        return self._opened(lambda: self._client.init_pull(body, inbox=post.inbox(content)))

    def _photos(self, delivery: Delivery) -> StepResult:
        body = post.photos_body(delivery.content, self._account)
        return self._opened(lambda: self._client.init_photos(body))

    def _opened(self, send: Callable[[], str]) -> Done:
        try:
            publish_id = send()
        except NotNow as e:
            raise _asking_anew(e) from None
        return Done(journal.Opened(publish_id, timezone.now()).entry())

    # Behind it

    def _follow(self, delivery: Delivery) -> StepResult:
        return outcome.follow(delivery, self._client, self._account)


def _asking_anew(error: NotNow) -> NotNow:
    """The same error; before the next try the account is asked again what it may post."""
    return NotNow(str(error), code=error.code, until=error.until, limit=error.limit, drop=(journal.CREATOR,))
