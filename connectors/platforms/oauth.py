"""How an account is linked in the browser and kept linked: what a platform implements. Nothing is stored here.

A platform that can be linked in the browser offers one `OAuth` per way of linking (`Platform.oauth`). It makes the
calls; `connectors.linking` keeps state and verifier, compares scopes and stores, `connectors.tokens` renews.
"""

from __future__ import annotations

import hashlib
from base64 import urlsafe_b64encode
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from collavo.words import worded
from connectors.platforms.base import Account, Json, Profile


@dataclass(frozen=True)
class App:
    """An app registered at the platform: the workspace's own, or this installation's from the settings."""

    client_id: str
    client_secret: str = field(repr=False)


@worded("label")
@dataclass(frozen=True)
class Scope:
    """One permission to ask for. Without a required one, nothing is linked; without another, something is missing."""

    name: str  # as the platform writes it: "instagram_business_content_publish"
    label: str  # as the consent page shows it to people, for "leave … ticked"
    required: bool = True
    ability: str = ""  # the entry of `Profile.can` that it gives: "publish", "read_status", "read_metrics"


class Pkce(StrEnum):
    """How the challenge is made from the verifier."""

    NONE = ""
    S256 = "s256"  # base64url of SHA-256, as RFC 7636 says
    HEX = "hex"  # lower-case hex of SHA-256, as TikTok wants it

    def challenge(self, verifier: str) -> str:
        """ "" when the platform wants none."""
        digest = hashlib.sha256(verifier.encode())
        if self is Pkce.S256:
            return urlsafe_b64encode(digest.digest()).rstrip(b"=").decode()
        return digest.hexdigest() if self is Pkce.HEX else ""


@dataclass(frozen=True)
class KeepAlive:
    """When a token is renewed without a person."""

    ahead: timedelta  # renew once less than this is left of the token
    min_age: timedelta = timedelta()  # the platform refuses to renew a younger token
    lasts: timedelta | None = None  # how long a new token lasts when the platform does not say
    separate: bool = True  # a refresh token of its own; False: the token renews itself while it lives
    needs_app: bool = True  # renewing needs the app's secret


@dataclass(frozen=True)
class Grant:
    """What the platform handed out. `token` and `refresh_token` are secrets."""

    token: str = field(repr=False)
    refresh_token: str = field(default="", repr=False)  # "": none came, the one there is stays
    expires_at: datetime | None = None  # of `token`; None: not told
    refresh_expires_at: datetime | None = None  # of `refresh_token`; None: not told
    scopes: frozenset[str] | None = None  # what was really granted; None: not told
    owner_id: str = ""  # the person's id for this app, by which callbacks (deauthorize, deletion) name them
    extra: Mapping[str, Json] = field(default_factory=dict)  # kept in `Connector.details`: no secrets
    extra_token: str = field(default="", repr=False)  # "": the one there is stays


class OAuth(Protocol):
    """One way of linking. Every call goes through `connectors.http.Door` and raises PlatformError with a sentence:

    NeedsRelink: the person has to link again (refresh token dead, access taken back). Rejected: useless to repeat;
    of `exchange`, this code will not do (denied, used, expired); of `refresh`, the app itself is refused (wrong
    secret, app deleted), so the operator has to act and the connector stays. NotNow: ask again later.
    """

    @property
    def scopes(self) -> Sequence[Scope]:
        """What is asked for."""

    @property
    def pkce(self) -> Pkce: ...

    @property
    def keep(self) -> KeepAlive | None:
        """None: nobody can renew it, a person links again before it ends."""

    @property
    def app_settings(self) -> tuple[str, str]:
        """Names of the settings with the installation's id and secret."""

    @property
    def guide(self) -> str:
        """The operator's page: "docs/platforms/instagram.md"."""

    @property
    def audit(self) -> str:
        """ "" or a sentence: what the platform does to posts of an app that has not passed its audit."""

    def authorize_url(self, app: App, *, redirect_uri: str, state: str, challenge: str, again: bool) -> str:
        """Where the browser goes. `again`: somebody links again, so consent has to be asked for anew."""

    def exchange(self, app: App, *, code: str, redirect_uri: str, verifier: str) -> Grant:
        """The code's tokens, long-lived where the platform has such. `verifier` is "" with Pkce.NONE."""

    def choose(self, app: App, grant: Grant) -> Sequence[Profile]:
        """The accounts that the grant opens, as `Platform.identify` says (one, or several Pages to choose from)."""

    def refresh(self, app: App, account: Account) -> Grant:
        """New tokens for old. `app` is empty when `keep.needs_app` is False. Not called when `keep` is None."""

    def revoke(self, app: App, account: Account) -> None:
        """Take the grant back at the platform. A grant that is gone already is fine."""


def abilities(scopes: Iterable[Scope], granted: Collection[str]) -> dict[str, bool]:
    """What was granted of the abilities that permissions give: all of an ability's permissions, or it is not there."""
    wanted = [scope for scope in scopes if scope.ability]
    return {a: all(s.name in granted for s in wanted if s.ability == a) for a in {s.ability for s in wanted}}


# --- What platforms tell us -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Incoming:
    """One request to /webhooks/<platform>/[<topic>/], as it came."""

    topic: str  # "" or "deauthorize", "delete", …: the last part of the address
    headers: Mapping[str, str] = field(repr=False)  # names in lower case
    query: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)  # raw: signatures cover bytes
    status_url: str = ""  # for an answer that must name a status page; `?code=` is appended
    at: datetime | None = None


class NoticeKind(StrEnum):
    REVOKED = "revoked"  # the person took the app's access back: the link is dead
    DELETE_DATA = "delete_data"  # the person wants what we know of them gone: revoked, and the profile emptied
    POST = "post"  # something became of a post: ask the platform (what the notice says is not believed)


@dataclass(frozen=True)
class Notice:
    """One thing that a platform told. The same thing told again has the same `key`."""

    key: str  # unique within the platform; at most 200 characters
    kind: NoticeKind
    account: str  # the connector's remote_id or owner_id
    handle: str = ""  # POST: what a step journalled (publish_id, …) or the remote id of the live post


@dataclass(frozen=True)
class Received:
    """What came, and what to answer (None: an empty 200)."""

    notices: Sequence[Notice] = ()
    answer: Json = None
    client_id: str = ""  # of the app whose secret fitted: a notice touches only accounts linked through that app


class Forged(Exception):
    """The signature is missing, wrong or too old: nothing of the request is believed."""


class Webhooks(Protocol):
    """What a platform sends by itself. No network and no database here: it is answered at once."""

    def greet(self, incoming: Incoming) -> str | None:
        """The answer to a platform's GET that checks whether the address is ours; None when it is not meant for us."""

    def read(self, incoming: Incoming, apps: Sequence[App]) -> Received:
        """Check the signature against these apps' secrets (any may have signed) and read. Raises Forged."""
