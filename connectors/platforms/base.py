"""What every platform speaks: content in, steps, outcomes, and errors named by what to do next.

A platform is one folder beside this file: `client.py` makes the calls, `publisher.py` orders them as steps,
`rules.py` holds formats and limits as data. It knows nothing of the database; the engine in `publishing`
runs the steps and keeps their results.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Protocol, runtime_checkable
from uuid import UUID

from connectors.platforms.content import Content as Content
from connectors.platforms.content import Format as Format
from connectors.platforms.content import Journal as Journal
from connectors.platforms.content import Json as Json
from connectors.platforms.content import Medium as Medium
from connectors.platforms.rulebook import NOTHING_LIVE as NOTHING_LIVE
from connectors.platforms.rulebook import Composer as Composer
from connectors.platforms.rulebook import FormatRule as FormatRule
from connectors.platforms.rulebook import HandRule as HandRule
from connectors.platforms.rulebook import Limit as Limit
from connectors.platforms.rulebook import Look as Look
from connectors.platforms.rulebook import MediaRule as MediaRule
from connectors.platforms.rulebook import OptionCheck as OptionCheck
from connectors.platforms.rulebook import OptionRule as OptionRule
from connectors.platforms.rulebook import PostLink as PostLink
from connectors.platforms.rulebook import Problem as Problem
from connectors.platforms.rulebook import Rules as Rules
from connectors.platforms.rulebook import Switch as Switch
from connectors.platforms.rulebook import Terms as Terms

if TYPE_CHECKING:
    from connectors.platforms.api import PlatformApi
    from connectors.platforms.oauth import OAuth, Webhooks

# The engine's own journal entry: when it first asked about the commit that is open now. A publisher that counts its
# looks tells one commit's looks from the next one's by it, since `commit_sent_at` stays that of the first commit.
RECONCILING_SINCE = "reconciling_since"
# The engine's own journal entry: the commit was answered, and later steps wait for the platform. A step behind the
# commit that has learnt that nothing is live, and wants the commit made anew, names it in `NotNow.drop`.
COMMITTED = "committed"


class PlatformError(Exception):
    """str(error) is a sentence for the post's author: what happened and what they can do. Never a token in it."""

    def __init__(self, message: str, *, code: str = "") -> None:
        super().__init__(message)
        self.code = code  # the platform's own code, for the log and for filters ("190/463")


class Rejected(PlatformError):
    """Surely nothing is live; asking again is useless until a person changes something."""


class NotNow(PlatformError):
    """Surely nothing is live; try again. `until` is the platform's own word on when (None: our backoff decides)."""

    def __init__(
        self,
        message: str,
        *,
        code: str = "",
        until: datetime | None = None,
        limit: bool = False,
        drop: tuple[str, ...] = (),
    ) -> None:
        super().__init__(message, code=code)
        self.until = until
        self.limit = limit  # True: a quota is used up; waiting for it is not a failed try
        self.drop = drop  # journal entries to forget before the next try, so that those steps run again


class NeedsRelink(PlatformError):
    """Surely nothing is live; the token is dead. The connector leaves ACTIVE and its posts wait."""


class OutcomeUnknown(PlatformError):
    """It may be public: reconcile, never repeat."""


class LeaseLost(Exception):
    """The worker's lease ran out before a call began: nothing was sent, and this worker may record nothing more."""


@dataclass(frozen=True)
class Delivery:
    """Content on its way to one account: with what earlier steps have found out."""

    key: UUID  # the post's id: a client-chosen key where the platform takes one
    content: Content
    journal: Mapping[str, Json]
    commit_sent_at: datetime | None = None  # when the commit of these handles was first sent; set before it is called
    bound: frozenset[str] = frozenset()  # remote ids that other posts of this account already own
    commit_error: str = ""  # `code` of the OutcomeUnknown that the commit answered with; "" when no answer came
    remote_id: str = ""  # of the live post, for follow-ups


@dataclass(frozen=True)
class Account:
    """One linked account, with what a call needs. `token` is a secret: never log or repr it."""

    connector_id: UUID
    platform: str
    login: str  # which of the platform's ways of linking ("instagram", "facebook", …)
    remote_id: str
    handle: str
    token: str = field(repr=False)
    extra_token: str = field(default="", repr=False)  # e.g. Facebook's user token beside the Page token
    refresh_token: str = field(default="", repr=False)
    audited: bool = True  # False: the app has not passed the platform's audit (see `OAuth.audit`)
    app_secret: str = field(default="", repr=False)  # of the workspace's own app; "": the settings' one


# --- What a step answers --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Done:
    """The step is finished; `result` is journalled under the step's name, and the next step runs."""

    result: Json = True


@dataclass(frozen=True)
class Wait:
    """Not finished: run this step again after `delay`. Costs no worker. `note` is shown on the card."""

    delay: timedelta
    note: str
    keep: Journal = field(default_factory=dict)  # merged into the journal


@dataclass(frozen=True)
class More:
    """Not finished, and nothing to wait for: commit `keep`, take a fresh lease, run this step again at once.

    For work in pieces, such as a file in chunks: after a crash the step goes on behind the last piece that was kept.
    """

    keep: Journal
    note: str  # shown on the card: "Uploading, 40 %"


@dataclass(frozen=True)
class WithCreator:
    """The platform has put it before the creator (an inbox, a draft), who has to finish it there.

    The post becomes AWAITING_CREATOR; this step runs again after `delay`, until it answers Live or is Rejected.
    """

    delay: timedelta
    note: str
    keep: Journal = field(default_factory=dict)


@dataclass(frozen=True)
class Live:
    """The platform said that the post is public. `remote_id` may come later when only that much is known."""

    remote_id: str = ""
    url: str = ""
    at: datetime | None = None
    note: str = ""  # a sentence for post and history, where what became of it is not quite what was asked for
    hidden: bool = False  # nobody but the account's owner sees it, since the app has not passed the platform's audit


@dataclass(frozen=True)
class NotLive:
    """Reconcile is sure: nothing went live. `drop` names journal entries to forget, so that those steps run again.

    `error` is what the commit's answer meant, now that it is sure that nothing is live: handle it as if it had been
    raised before the commit (Rejected: failed, NotNow: later). None: go on and commit again, which counts as a try.
    """

    reason: str
    drop: tuple[str, ...] = ()
    error: PlatformError | None = None


@dataclass(frozen=True)
class Unknown:
    """The platform offers no way to know. A person has to look."""

    reason: str


type StepResult = Done | Wait | More | WithCreator | Live | Unknown  # Unknown: only behind the commit
type Verdict = Live | NotLive | Wait | Unknown | Done  # Done: the commit did arrive, later steps find out the rest


@dataclass(frozen=True)
class Step:
    """One named thing to do, with at most one call that changes something at the platform.

    A step that is not the commit may run again after a crash. Exactly one step of a publisher is the commit: the
    call after which the world can see the post. It answers `Live`, or `Done` where later steps wait for the platform
    to say that it is live; once it has answered, it is never run again.
    """

    name: str
    label: str  # for the card: "Instagram is processing"
    run: Callable[[Delivery], StepResult]
    commit: bool = False
    blind: bool = False  # a commit of which nobody can find out afterwards whether it arrived, when its answer is lost


@dataclass(frozen=True)
class Profile:
    """Whose account a token opens, as the platform tells."""

    remote_id: str
    handle: str
    name: str = ""
    avatar_url: str = ""
    kind: str = ""  # "BUSINESS", "MEDIA_CREATOR", …
    can: Mapping[str, bool] = field(default_factory=dict)  # publish, read_status, read_metrics
    expires_at: datetime | None = None
    extra: Mapping[str, Json] = field(default_factory=dict)
    extra_token: str = field(default="", repr=False)  # as in Account, when the lookup found a better pair
    token: str = field(default="", repr=False)
    owner_id: str = ""  # the id by which the platform's callbacks name the person, when it is not `remote_id`


@dataclass(frozen=True)
class Usage:
    """The platform's own figure for one of its windows."""

    used: int
    total: int
    window: timedelta


@dataclass(frozen=True)
class Metrics:
    """How a live post does, in the platform's own figures since it went live. None: not told."""

    views: int | None = None
    likes: int | None = None
    comments: int | None = None
    shares: int | None = None


class CallObserver(Protocol):
    """Told about every call once it has ended, redacted. The engine writes the dispatch log with it."""

    def __call__(self, call: CallRecord, /) -> None: ...


@dataclass(frozen=True)
class CallRecord:
    """One HTTP call, safe to store: no token in any field."""

    method: str
    url: str  # without query secrets
    request: Json
    started_at: datetime
    duration_ms: int
    status: int | None  # None: no answer arrived
    answer: Json
    error: str = ""
    platform_code: str = ""
    correlation_id: str = ""  # fbtrace_id and the like
    usage: Mapping[str, Json] = field(default_factory=dict)  # rate-limit headers, parsed


class Publisher(Protocol):
    """What the engine asks of a platform for one delivery. Made by `Platform.publisher`."""

    def steps(self, content: Content) -> Sequence[Step]:
        """The steps for this content, always the same for the same content. Exactly one is the commit."""

    def reconcile(self, delivery: Delivery) -> Verdict:
        """The commit was sent and its outcome is not known: find out. Never sends the commit again itself.

        NotNow and NeedsRelink mean that the platform could not be asked: the outcome stays open, ask again later.
        """

    def link(self, remote_id: str) -> str:
        """The public address of a live post, or "" when the platform gives none (yet). Raises PlatformError."""

    def find(self, url: str) -> Live | None:
        """The live post of this account at `url`, or None when the account has none there. Raises PlatformError."""

    def usage(self) -> Usage | None:
        """What the platform says of its publishing quota; None where it does not tell. Raises PlatformError."""


@runtime_checkable
class FollowsUp(Protocol):
    """A publisher with something to do once a post is live, such as setting its cover."""

    def follow_ups(self, content: Content) -> Sequence[Step]:
        """Steps that each answer Done, and may each run again. Their failure is told, and never touches the post.

        `Delivery.remote_id` is the live post. NotNow: again later, a few times. Any other PlatformError: given up.
        """


@runtime_checkable
class Seeks(Protocol):
    """A publisher that can find a post which a person made by hand."""

    def seek(self, content: Content, since: datetime, bound: frozenset[str]) -> Live | None:
        """The account's one live post from `since` on that is this content beyond doubt; None otherwise.

        By everything that can be compared, never "the newest one": none, two, or nothing to compare are all None.
        `bound`: remote ids that other posts own. Reads only. Raises PlatformError.
        """


@runtime_checkable
class LinksLate(Protocol):
    """A publisher whose platform may name a post's id and link long after it is live."""

    def late(self, delivery: Delivery) -> Live | None:
        """Id and link of a post that is live without; None while there is none. Raises PlatformError."""


class Platform(Protocol):
    """One network. Registered in `connectors/platforms/registry.py`."""

    key: str  # "instagram"
    name: str  # "Instagram"
    rules: Rules
    logins: Mapping[str, str]  # way of linking → what to call it on screen
    oauth: Mapping[str, OAuth]  # way of linking → how (see `oauth.py`); {}: only by `manage.py connect`
    webhooks: Webhooks | None  # what the platform tells by itself, at /webhooks/<key>/
    api: PlatformApi  # its endpoints of the REST API (see `api.py`)

    def publisher(self, account: Account, *, observe: CallObserver, deadline: Callable[[], float]) -> Publisher:
        """A publisher whose calls are reported to `observe` and refuse to start after `deadline`.

        `deadline()` is in seconds of CLOCK_BOOTTIME (`connectors.http.clock`): the end of the worker's lease.
        """

    def identify(self, login: str, token: str) -> Sequence[Profile]:
        """The accounts that this token opens (one, or several Pages). Raises NeedsRelink for a dead token."""

    def verify(self, account: Account) -> Profile:
        """Ask the platform whether the token still works and what it may do. Raises PlatformError."""

    def metrics(self, account: Account, remote_ids: Sequence[str], *, observe: CallObserver) -> Mapping[str, Metrics]:
        """How these live posts do, by id; what the platform does not show is left out. Raises PlatformError."""

    def hold_back(self, usage: Mapping[str, Json], now: datetime) -> datetime | None:
        """Until when to make no more calls, judging by the rate-limit headers of a call (`CallRecord.usage`)."""

    def official(self, login: str) -> bool:
        """False when this login's calls go somewhere else than the official host (a sandbox, a proxy)."""


@runtime_checkable
class Composes(Protocol):
    """A platform with choices that change by account and by the hour, and so have to be asked about."""

    def composer(self, account: Account) -> Composer:
        """What may be chosen for this account now. Answers within some seconds.

        What could not be read is in `Composer.unread`. Raises NeedsRelink for a dead token.
        """
