"""Linking a TikTok account in the browser (Login Kit v2), keeping it linked, and giving it back.

Sources: Login Kit for web and desktop, user access token management (state of August 2026), and what open-source
clients met; read 2026-11-20. Errors of these calls are flat, and come with HTTP 200, too.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import unquote, urlencode

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from connectors.http import Call, Door, Reply
from connectors.platforms.base import Account, Json, NeedsRelink, NotNow, PlatformError, Profile, Rejected
from connectors.platforms.oauth import App, Grant, KeepAlive, Pkce, Scope
from connectors.platforms.tiktok import accounts, errors
from connectors.platforms.tiktok.client import text, whole

AUDIT = gettext_noop(
    "The app has not passed TikTok's audit: TikTok shows its posts to nobody but the account's "
    "owner, takes them from private accounts only, and lets five accounts a day post. Drafts in "
    "the inbox are not touched by that."
)
KEEP = KeepAlive(ahead=timedelta(hours=6), lasts=timedelta(days=1))
PASSING = frozenset({"server_error", "temporarily_unavailable", "rate_limit_exceeded", "internal_error"})
APP_REFUSED = frozenset({"invalid_client", "unauthorized_client", "invalid_client_key", "invalid_client_secret"})
GONE = frozenset({"invalid_grant", "access_token_invalid", "invalid_token"})


@dataclass(frozen=True)
class LoginKit:
    """The only way of linking. A token lasts a day; the refresh token a year, and it may change with every renewal."""

    scopes: Sequence[Scope] = (
        Scope("user.info.basic", gettext_noop("Access your profile info (avatar, display name)")),
        Scope("video.publish", gettext_noop("Post content to TikTok"), required=False, ability="publish"),
        Scope("video.upload", gettext_noop("Upload draft content to TikTok"), required=False),
        Scope(
            "video.list",
            gettext_noop("Access your public videos"),
            required=False,
            ability="read_metrics",
        ),
    )
    pkce: Pkce = Pkce.HEX
    keep: KeepAlive = KEEP
    app_settings: tuple[str, str] = ("TIKTOK_CLIENT_KEY", "TIKTOK_CLIENT_SECRET")
    guide: str = "docs/platforms/tiktok.md"
    audit: str = AUDIT

    def authorize_url(self, app: App, *, redirect_uri: str, state: str, challenge: str, again: bool) -> str:
        query = {
            "client_key": app.client_id,  # not client_id
            "response_type": "code",
            "scope": ",".join(scope.name for scope in self.scopes),
            "redirect_uri": redirect_uri,
            "state": state,
        }
        if challenge:
            query |= {"code_challenge": challenge, "code_challenge_method": "S256"}
        if again:
            query["disable_auto_auth"] = "1"  # else a session that TikTok knows passes without a question
        return f"{settings.TIKTOK_AUTHORIZE_URL}/v2/auth/authorize/?{urlencode(query)}"

    def exchange(self, app: App, *, code: str, redirect_uri: str, verifier: str) -> Grant:
        """TikTok hands out the code percent-encoded once more than others do."""
        bare = unquote(code)
        form = {"grant_type": "authorization_code", "code": bare, "redirect_uri": redirect_uri}
        if verifier:
            form["code_verifier"] = verifier
        reply = _send(app, "/v2/oauth/token/", form, bare, verifier)
        return _grant(reply, _exchange_error)

    def choose(self, app: App, grant: Grant) -> Sequence[Profile]:
        return accounts.identify(grant.token)

    def refresh(self, app: App, account: Account) -> Grant:
        if not account.refresh_token:
            raise NeedsRelink(_("There is nothing to renew this account's link with. Link the account again."))
        form = {"grant_type": "refresh_token", "refresh_token": account.refresh_token}
        return _grant(_send(app, "/v2/oauth/token/", form, account.refresh_token), _refresh_error)

    def revoke(self, app: App, account: Account) -> None:
        """An expired token is refused as unknown while the grant lives on: the caller renews it first."""
        reply = _send(app, "/v2/oauth/revoke/", {"token": account.token}, account.token)
        said = errors.read(reply)
        if reply.ok and (said is None or said.ok):
            return
        error = _refresh_error(reply)
        if not isinstance(error, NeedsRelink):
            raise error


# --- Calls ------------------------------------------------------------------------------------------------------


def _send(app: App, path: str, form: Mapping[str, str], *hidden: str) -> Reply:
    door = Door(
        str(settings.TIKTOK_API_URL),
        name="TikTok",
        secrets=filter(None, (app.client_secret, *hidden)),
        describe=errors.describe,
    )
    credentials = {"client_key": app.client_id, "client_secret": app.client_secret}
    return door.send(Call("POST", path, form=credentials | dict(form)))


def _grant(reply: Reply, refused: Callable[[Reply], PlatformError]) -> Grant:
    body = reply.body if isinstance(reply.body, dict) else {}
    said = errors.read(reply)
    if not reply.ok or (said is not None and not said.ok) or not text(body, "access_token"):
        raise refused(reply)
    scopes = frozenset(scope.strip() for scope in text(body, "scope").split(",") if scope.strip())
    return Grant(
        text(body, "access_token"),
        refresh_token=text(body, "refresh_token"),
        expires_at=_ends(body, "expires_in"),
        refresh_expires_at=_ends(body, "refresh_expires_in"),
        scopes=scopes or None,
        owner_id=text(body, "open_id"),
    )


def _ends(body: Mapping[str, Json], name: str) -> datetime | None:
    seconds = whole(body, name)
    return timezone.now() + timedelta(seconds=seconds) if seconds and seconds > 0 else None


# --- What an error means ----------------------------------------------------------------------------------------


def _exchange_error(reply: Reply) -> PlatformError:
    """Of a code: it will not do, or TikTok is busy."""
    if passing := _passing(reply):
        return passing
    said = errors.read(reply)
    words = _(" (it says: “%(said)s”)") % {"said": said.message or said.code} if said else ""
    return Rejected(
        _(
            "TikTok did not accept the sign-in%(words)s. Link the account again; if it stays so, an "
            "operator checks TIKTOK_CLIENT_KEY, TIKTOK_CLIENT_SECRET and the redirect address in the "
            "TikTok app."
        )
        % {"words": words},
        code=said.code if said else str(reply.status),
    )


def _refresh_error(reply: Reply) -> PlatformError:
    if passing := _passing(reply):
        return passing
    said = errors.read(reply)
    code = said.code if said else str(reply.status)
    if code in GONE:
        return NeedsRelink(_("TikTok no longer accepts this account's link. Link the account again."), code=code)
    if code in APP_REFUSED:
        text_ = _("TikTok refuses this app. An operator checks TIKTOK_CLIENT_KEY and TIKTOK_CLIENT_SECRET.")
        return Rejected(text_, code=code)
    return NotNow(_("TikTok could not renew the link. Collavo tries again."), code=code)


def _passing(reply: Reply) -> NotNow | None:
    said = errors.read(reply)
    if reply.status == 429 or reply.status >= 500 or (said and said.code in PASSING):
        code = said.code if said else str(reply.status)
        return NotNow(_("TikTok is busy. Collavo tries again in a while."), code=code, until=reply.retry_at)
    return None
