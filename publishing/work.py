"""What every part of one claim's work on one post stands on: the content, the platform, the lines of the log."""

from __future__ import annotations

from functools import cached_property

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _

from collavo.ids import uuid7
from connectors.http import clock
from connectors.platforms.base import CallRecord, Content, Delivery, Journal, Publisher
from connectors.tokens import fresh_account
from publishing import states
from publishing.checkpoints import checkpoint
from publishing.claims import Claimed
from publishing.models import Attempt, Post
from publishing.preflight import post_content
from publishing.sealed import FILES, SealedFiles
from publishing.turns import Turn

COMMIT_ERROR = "commit_error"  # journal entry: the code that an open commit was answered with


class Work:
    """One claim's work on one post. Nothing here writes to the post, its lease aside."""

    def __init__(self, claimed: Claimed) -> None:
        self.post: Post = claimed.post
        self.lease = claimed.lease
        self.checked = claimed.checked
        self.journal: Journal = dict(self.post.journal)
        self.lines: list[Attempt] = []
        self.step_name = ""
        self.turn = Turn(self.post.connector_id)

    @cached_property
    def publisher(self) -> Publisher:
        """Made when a step needs it, with a token that lives: what speaks against that is an answer like any other."""
        connector = self.post.connector
        account = fresh_account(connector)
        return connector.spec.publisher(account, observe=self.observe, deadline=lambda: self.lease.deadline)

    def observe(self, call: CallRecord) -> None:
        """One line of the dispatch log; written with the result of its step."""
        self.lines.append(
            Attempt(
                id=uuid7(), post=self.post, fence=self.lease.fence, number=self.post.tries + 1, step=self.step_name,
                worker=self.lease.worker, method=call.method, url=call.url[:500], request=call.request,
                started_at=call.started_at, duration_ms=call.duration_ms, http_status=call.status,
                platform_code=call.platform_code[:80], correlation_id=call.correlation_id[:120], answer=call.answer,
                error=call.error[:1000],
            )
        )  # fmt: skip
        connector = self.post.connector
        if until := connector.spec.hold_back(call.usage, timezone.now()):
            connector.throttle(until)
        checkpoint("answered", self.post.pk)

    def take_lines(self) -> list[Attempt]:
        """The lines not yet written. A failure without a call gets no line: its reason is on the post and its event."""
        lines, self.lines = self.lines, []
        return lines

    def plain_content(self) -> Content:
        return post_content(self.post.version, self.post.options)

    def content(self) -> Content:
        """The approved content with addresses for this attempt, its files checked against the seal."""
        self.files.check(self.stay)
        return self.files.content(fence=self.lease.fence)

    @cached_property
    def files(self) -> SealedFiles:
        return SealedFiles(self.post, self.journal.get(FILES))

    def stay(self) -> None:
        """In the middle of long work of our own: the lease starts anew once half of it is over."""
        if self.lease.deadline - clock() < settings.LEASE_SECONDS / 2:
            self.lease = states.keep(self.lease, self.journal, _("Checking the files"), self.take_lines())

    def delivery(self, content: Content) -> Delivery:
        return Delivery(
            key=self.post.pk, content=content, journal=self.journal, commit_sent_at=self.post.commit_sent_at,
            bound=self.bound, commit_error=str(self.journal.get(COMMIT_ERROR) or ""), remote_id=self.post.remote_id,
        )  # fmt: skip

    @property
    def bound(self) -> frozenset[str]:
        """Remote ids that other posts of this account own; only who looks for a post asks for them."""
        if self.step_name not in ("reconcile", "seek"):
            return frozenset()
        others = Post.objects.filter(connector_id=self.post.connector_id).exclude(remote_id="").exclude(pk=self.post.pk)
        return frozenset(others.order_by("-published_at").values_list("remote_id", flat=True)[:500])
