"""The rows of the ledger as Python sees them."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import asdict, dataclass, field
from typing import Any, Self

DAY = 86400


@dataclass(slots=True)
class Account:
    """One account on a platform. `id` is the one that stands in API paths (Instagram's professional account id)."""

    id: str
    username: str
    platform: str = "instagram"
    name: str = ""
    login: str = "instagram"  # which host's tokens open it: "instagram" or "facebook"
    account_type: str = "BUSINESS"
    app_scoped_id: str = ""  # what Instagram Login's /me calls `id`; never usable in a path
    page_id: str = ""
    page_name: str = ""
    biography: str = ""
    followers: int = 1240
    quota_total: int = 50  # posts per rolling 24 hours
    containers_total: int = 400  # containers per rolling 24 hours
    usage_percent: int = 2  # what X-Business-Use-Case-Usage says
    empty_accounts: bool = False  # /me/accounts leaves its Page out, as for Pages of business portfolios
    facts: dict[str, Any] = field(default_factory=dict)  # what only its own platform knows of it

    def shown(self) -> dict[str, Any]:
        """As JSON."""
        return asdict(self)


@dataclass(slots=True)
class Token:
    """One token for one account. The same user token may stand in several rows."""

    token: str = field(repr=False)
    account: str = ""
    kind: str = "instagram"  # "instagram" (IG user), "page" or "user" (Facebook), or another platform's own word
    state: str = "live"  # or "expired", "revoked", "password", "checkpoint", "invalid"
    issued_at: float = 0.0
    expires_at: float = 0.0  # 0: does not expire


@dataclass(slots=True)
class Container:
    """Something prepared and not yet public. Its status follows from the facts and the clock."""

    id: str
    platform: str
    account: str
    kind: str
    created_at: float
    ready_at: float
    params: dict[str, str] = field(default_factory=dict)
    children: list[str] = field(default_factory=list)
    media: list[dict[str, Any]] = field(default_factory=list)
    checked: bool = True  # its media have been fetched and looked at
    error: str = ""  # subcode
    post: str = ""  # the live post it became

    @classmethod
    def read(cls, row: sqlite3.Row) -> Self:
        """From a row of the ledger."""
        values = dict(row)
        for name in ("params", "children", "media"):
            values[name] = json.loads(values[name])
        return cls(**values | {"checked": bool(values["checked"]), "post": values["post"] or ""})


@dataclass(slots=True)
class LivePost:
    """Something the world can see. `origin` is "api" for what came through a call, "by hand" for a twin on order."""

    id: str
    platform: str
    account: str
    kind: str  # image, carousel, reel, story
    caption: str
    path: str  # of its page here
    shortcode: str
    published_at: float
    listed_at: float  # from when lists show it
    container: str = ""
    origin: str = "api"
    call: int = 0
    media: list[dict[str, Any]] = field(default_factory=list)
    facts: dict[str, Any] = field(default_factory=dict)
    comments_enabled: bool = True
    deleted_at: float | None = None

    @classmethod
    def read(cls, row: sqlite3.Row) -> Self:
        """From a row of the ledger."""
        values = dict(row)
        for name in ("media", "facts"):
            values[name] = json.loads(values[name])
        values["comments_enabled"] = bool(values["comments_enabled"])
        return cls(**values | {"container": values["container"] or ""})

    def shown(self, base_url: str) -> dict[str, Any]:
        """As JSON, with the address of its page."""
        return asdict(self) | {"permalink": base_url + self.path}
