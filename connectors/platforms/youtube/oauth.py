"""Linking a channel by Google's OAuth 2.0 for web servers, and keeping the link alive.

Source: Google Identity, “OAuth 2.0 for Web Server Applications” and “Using OAuth 2.0” (read 2026-11-20). An access
token lives for an hour; the refresh token comes only with `access_type=offline` and `prompt=consent`, is not rotated,
and dies after seven days while the consent screen is in “Testing”.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlencode

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from connectors.http import Call, Door, Remark, Reply
from connectors.platforms.base import Account, Json, NeedsRelink, NotNow, PlatformError, Profile, Rejected
from connectors.platforms.oauth import App, Grant, KeepAlive, Pkce, Scope
from connectors.platforms.youtube import accounts

SCOPE = "https://www.googleapis.com/auth/"
UPLOAD, READ, MANAGE = f"{SCOPE}youtube.upload", f"{SCOPE}youtube.readonly", f"{SCOPE}youtube.force-ssl"
HOUR = timedelta(hours=1)
KEEP = KeepAlive(ahead=timedelta(minutes=20), lasts=HOUR)
CALL_SECONDS = 20.0
THE_APP = frozenset(
    {"invalid_client", "deleted_client", "disabled_client", "unauthorized_client", "redirect_uri_mismatch"}
)
DEAD = gettext_noop(
    "Google no longer accepts this channel's link: access was taken back, it was not used for "
    "half a year, or the Google app is still in “Testing”, where links end after seven days. Link"
    " the channel again; its posts wait."
)


@dataclass(frozen=True)
class GoogleOAuth:
    """The channel is the one that the person chooses on Google's page."""

    scopes: Sequence[Scope] = (
        Scope(UPLOAD, gettext_noop("Manage your YouTube videos"), ability="publish"),
        Scope(READ, gettext_noop("View your YouTube account"), ability="read_status"),
        Scope(
            MANAGE,
            gettext_noop("See, edit, and permanently delete your YouTube videos, ratings, comments and captions"),
            required=False,
            ability="playlists",
        ),
    )
    pkce: Pkce = Pkce.S256
    keep: KeepAlive | None = KEEP
    app_settings: tuple[str, str] = ("YOUTUBE_CLIENT_ID", "YOUTUBE_CLIENT_SECRET")
    guide: str = "docs/platforms/youtube.md"
    audit: str = ""  # that uploads are locked without an audit was withdrawn on 2 November 2026; read back per post

    def authorize_url(self, app: App, *, redirect_uri: str, state: str, challenge: str, again: bool) -> str:
        """Consent is always asked for: without that, Google gives no refresh token to who has consented before."""
        query = {
            "client_id": app.client_id,
            "redirect_uri": redirect_uri,
            "response_type": "code",
            "scope": " ".join(scope.name for scope in self.scopes),
            "access_type": "offline",
            "prompt": "consent",
            "state": state,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }
        return f"{settings.YOUTUBE_AUTHORIZE_URL}/o/oauth2/v2/auth?{urlencode(query)}"

    def exchange(self, app: App, *, code: str, redirect_uri: str, verifier: str) -> Grant:
        form = {"code": code, "redirect_uri": redirect_uri, "grant_type": "authorization_code"}
        form |= {"code_verifier": verifier} if verifier else {}
        reply = _ask("/token", {**form, **_ours(app)}, hidden=(code, verifier))
        grant = _grant(reply, used="sign-in")
        if not grant.refresh_token:
            text = _("Google gave no lasting access. Link the channel again, and confirm all that Google asks for.")
            raise Rejected(text, code="no_refresh_token")
        return grant

    def choose(self, app: App, grant: Grant) -> Sequence[Profile]:
        return accounts.identify(grant.token)

    def refresh(self, app: App, account: Account) -> Grant:
        """Google gives no new refresh token: the one there is stays."""
        if not account.refresh_token:
            raise NeedsRelink(_(DEAD), code="no_refresh_token")
        form = {"refresh_token": account.refresh_token, "grant_type": "refresh_token"}
        return _grant(_ask("/token", {**form, **_ours(app)}, hidden=(account.refresh_token,)), used="link")

    def revoke(self, app: App, account: Account) -> None:
        """Takes back all that this Google account granted to the whole Cloud project, its other channels included."""
        token = account.refresh_token or account.token
        reply = _ask("/revoke", {"token": token}, hidden=(token,))
        if not reply.ok and _error(reply) != "invalid_token":
            raise _refusal(reply, used="link")


# --- Calls ----------------------------------------------------------------------------------------------------


def _ours(app: App) -> dict[str, str]:
    return {"client_id": app.client_id, "client_secret": app.client_secret}


def _ask(path: str, form: Mapping[str, str], *, hidden: Sequence[str]) -> Reply:
    secrets = (*hidden, form.get("client_secret", ""))
    door = Door(settings.YOUTUBE_TOKEN_URL, name="Google", secrets=secrets, describe=_describe)
    return door.send(Call("POST", path, form=form, read_seconds=CALL_SECONDS))


def _describe(reply: Reply) -> Remark:
    return Remark() if reply.ok else Remark(_error(reply) or f"HTTP {reply.status}", _error(reply) or str(reply.status))


def _grant(reply: Reply, *, used: str) -> Grant:
    """What came, or why nothing did. `used`: what was handed in, a "sign-in" (a code) or a "link"."""
    token = _text(reply, "access_token")
    if not reply.ok or not token:
        raise _refusal(reply, used=used)
    scopes = _text(reply, "scope").split()
    return Grant(
        token,
        _text(reply, "refresh_token"),
        expires_at=_ends(reply, "expires_in") or timezone.now() + HOUR,
        refresh_expires_at=_ends(reply, "refresh_token_expires_in"),
        scopes=frozenset(scopes) if scopes else None,
    )


def _refusal(reply: Reply, *, used: str) -> PlatformError:
    error = _error(reply)
    if error in THE_APP:
        text = _(
            "Google refuses this installation's app. An operator checks YOUTUBE_CLIENT_ID, YOUTUBE_CLIENT_SECRET "
            "and the redirect address at Google (%(code)s)."
        ) % {"code": error}
        return Rejected(text, code=error)
    if reply.ok or reply.status == 429 or reply.status >= 500:
        return NotNow(
            _("Google could not do it at the moment. Try again in a minute."), code=error, until=reply.retry_at
        )
    if used == "sign-in":
        return Rejected(_("Google did not accept the sign-in; it may have been used already. Link again."), code=error)
    return NeedsRelink(_(DEAD), code=error or str(reply.status))


def _error(reply: Reply) -> str:
    """Google's token endpoint answers `{"error": "invalid_grant", "error_description": …}`."""
    return _text(reply, "error")[:80]


def _text(reply: Reply, name: str) -> str:
    value: Json = reply.body.get(name) if isinstance(reply.body, dict) else None
    return value if isinstance(value, str) else ""


def _ends(reply: Reply, name: str) -> datetime | None:
    seconds = reply.body.get(name) if isinstance(reply.body, dict) else None
    return timezone.now() + timedelta(seconds=seconds) if isinstance(seconds, int) and seconds > 0 else None
