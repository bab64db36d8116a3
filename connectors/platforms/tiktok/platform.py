"""TikTok as the registry knows it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import urlsplit

from django.conf import settings

from connectors.http import silent
from connectors.platforms.api import PlatformApi
from connectors.platforms.base import Account, CallObserver, Composer, Json, Metrics, Profile, Publisher, Rules
from connectors.platforms.oauth import OAuth, Webhooks
from connectors.platforms.tiktok import accounts, creator
from connectors.platforms.tiktok.api import API
from connectors.platforms.tiktok.client import OFFICIAL, TikTokClient
from connectors.platforms.tiktok.oauth import LoginKit
from connectors.platforms.tiktok.publisher import TikTokPublisher
from connectors.platforms.tiktok.rules import RULES
from connectors.platforms.tiktok.webhooks import TikTokWebhooks

LOGIN = "tiktok"


@dataclass
class TikTok:
    """The platform. Without state: publishers are made per account and attempt."""

    key: str = "tiktok"
    name: str = "TikTok"
    rules: Rules = RULES
    logins: Mapping[str, str] = field(default_factory=lambda: {LOGIN: "TikTok Login Kit"})
    oauth: Mapping[str, OAuth] = field(default_factory=lambda: {LOGIN: LoginKit()})
    webhooks: Webhooks | None = field(default_factory=TikTokWebhooks)
    api: PlatformApi = API

    def publisher(self, account: Account, *, observe: CallObserver, deadline: Callable[[], float]) -> Publisher:
        return TikTokPublisher(account, TikTokClient(account.token, observe=observe, deadline=deadline))

    def identify(self, login: str, token: str) -> Sequence[Profile]:
        return accounts.identify(token)

    def verify(self, account: Account) -> Profile:
        return accounts.verify(account)

    def hold_back(self, usage: Mapping[str, Json], now: datetime) -> datetime | None:
        """TikTok sends no figures with its answers."""
        return None

    def official(self, login: str) -> bool:
        """True only for TikTok's own host over HTTPS."""
        ours, theirs = urlsplit(str(settings.TIKTOK_API_URL)), urlsplit(OFFICIAL)
        return (ours.scheme, ours.netloc.lower(), ours.path.strip("/")) == (theirs.scheme, theirs.netloc, "")

    def composer(self, account: Account) -> Composer:
        """Whose account it is and what it may choose now, by creator_info."""
        return creator.composer(account)

    def metrics(
        self, account: Account, remote_ids: Sequence[str], *, observe: CallObserver = silent
    ) -> Mapping[str, Metrics]:
        """Of those posts that TikTok shows: public ones."""
        return accounts.metrics(account, remote_ids, observe=observe)
