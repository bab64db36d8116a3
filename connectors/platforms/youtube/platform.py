"""YouTube as the registry knows it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

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
from connectors.platforms.oauth import OAuth, Webhooks
from connectors.platforms.youtube import accounts, metrics
from connectors.platforms.youtube.api import API
from connectors.platforms.youtube.client import YouTubeClient, is_official
from connectors.platforms.youtube.oauth import GoogleOAuth
from connectors.platforms.youtube.publisher import YouTubePublisher
from connectors.platforms.youtube.rules import RULES

YOUTUBE_LOGIN = "youtube"


@dataclass
class YouTube:
    """The platform. Without state: publishers are made per account and attempt."""

    key: str = "youtube"
    name: str = "YouTube"
    rules: Rules = RULES
    logins: Mapping[str, str] = field(default_factory=lambda: {YOUTUBE_LOGIN: gettext_noop("Google account")})
    oauth: Mapping[str, OAuth] = field(default_factory=lambda: {YOUTUBE_LOGIN: GoogleOAuth()})
    webhooks: Webhooks | None = None  # its feed tells of public videos only, late and not always: nothing to rely on
    api: PlatformApi = API

    def publisher(self, account: Account, *, observe: CallObserver, deadline: Callable[[], float]) -> Publisher:
        return YouTubePublisher(account, YouTubeClient(account.token, observe=observe, deadline=deadline))

    def identify(self, login: str, token: str) -> Sequence[Profile]:
        return accounts.identify(token)

    def verify(self, account: Account) -> Profile:
        return accounts.verify(account)

    def metrics(
        self, account: Account, remote_ids: Sequence[str], *, observe: CallObserver = silent
    ) -> Mapping[str, Metrics]:
        return metrics.metrics(account, remote_ids, observe=observe)

    def hold_back(self, usage: Mapping[str, Json], now: datetime) -> datetime | None:
        """YouTube sends no such headers: what is used up shows in its refusals."""
        return None

    def official(self, login: str) -> bool:
        return is_official()
