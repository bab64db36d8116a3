"""Instagram as the registry knows it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import urlsplit

from django.utils.translation import gettext_noop

from connectors.http import silent
from connectors.platforms.api import PlatformApi
from connectors.platforms.base import (
    Account,
    CallObserver,
    Json,
    Metrics,
    Profile,
    Publisher,
    Rules,
)
from connectors.platforms.instagram import accounts, insights
from connectors.platforms.instagram.api import API
from connectors.platforms.instagram.client import (
    FACEBOOK_LOGIN,
    INSTAGRAM_LOGIN,
    OFFICIAL,
    GraphClient,
    Tokens,
    base_url,
)
from connectors.platforms.instagram.oauth import FacebookLogin, InstagramLogin
from connectors.platforms.instagram.pressure import hold_back
from connectors.platforms.instagram.publisher import InstagramPublisher
from connectors.platforms.instagram.rules import RULES
from connectors.platforms.instagram.webhooks import MetaWebhooks
from connectors.platforms.oauth import OAuth, Webhooks


@dataclass
class Instagram:
    """The platform. Without state: publishers are made per account and attempt."""

    key: str = "instagram"
    name: str = "Instagram"
    rules: Rules = RULES
    logins: Mapping[str, str] = field(
        default_factory=lambda: {
            INSTAGRAM_LOGIN: gettext_noop("Instagram Login"),
            FACEBOOK_LOGIN: gettext_noop("Facebook Login (linked Page)"),
        }
    )
    oauth: Mapping[str, OAuth] = field(
        default_factory=lambda: {INSTAGRAM_LOGIN: InstagramLogin(), FACEBOOK_LOGIN: FacebookLogin()}
    )
    webhooks: Webhooks | None = field(default_factory=MetaWebhooks)
    api: PlatformApi = API

    def publisher(self, account: Account, *, observe: CallObserver, deadline: Callable[[], float]) -> Publisher:
        tokens = Tokens(account.token, account.extra_token, account.app_secret)
        return InstagramPublisher(account, GraphClient(account.login, tokens, observe=observe, deadline=deadline))

    def identify(self, login: str, token: str) -> Sequence[Profile]:
        return accounts.identify(login, token)

    def verify(self, account: Account) -> Profile:
        return accounts.verify(account)

    def metrics(
        self, account: Account, remote_ids: Sequence[str], *, observe: CallObserver = silent
    ) -> Mapping[str, Metrics]:
        tokens = Tokens(account.token, account.extra_token, account.app_secret)
        return insights.metrics(GraphClient(account.login, tokens, observe=observe), remote_ids)

    def hold_back(self, usage: Mapping[str, Json], now: datetime) -> datetime | None:
        return hold_back(usage, now)

    def official(self, login: str) -> bool:
        """True only for Meta's own host over HTTPS."""
        ours, theirs = urlsplit(base_url(login)), urlsplit(OFFICIAL[login])
        return (ours.scheme, ours.netloc.lower(), ours.path.strip("/")) == (theirs.scheme, theirs.netloc, "")
