"""Linking Instagram accounts in the browser, by both logins: the two have apps, hosts and permissions of their own.

Sources: Meta's pages on Facebook Login, Business Login for Instagram, access tokens and permissions; and what
open-source clients met. Read 2026-11-20.
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

from connectors.http import Call, Door, Reply
from connectors.platforms.base import Account, Json, NeedsRelink, NotNow, PlatformError, Profile, Rejected
from connectors.platforms.instagram import accounts, errors
from connectors.platforms.instagram.client import (
    FACEBOOK_LOGIN,
    INSTAGRAM_LOGIN,
    GraphClient,
    Tokens,
    as_list,
    base_url,
)
from connectors.platforms.instagram.rules import GRAPH_VERSION
from connectors.platforms.oauth import App, Grant, KeepAlive, Pkce, Scope

GUIDE = "docs/platforms/instagram.md"
LONG = timedelta(days=60)  # of a long-lived token, when the answer does not say
MANY = 100  # rows per page
RENEWS_ITSELF = KeepAlive(
    ahead=timedelta(days=30), min_age=timedelta(days=1), lasts=LONG, separate=False, needs_app=False
)


@dataclass(frozen=True)
class InstagramLogin:
    """Business Login for Instagram: the account itself consents, no Facebook Page needed.

    The token is its own refresh credential: it renews itself while it lives, from a day after it was given.
    """

    scopes: Sequence[Scope] = (
        Scope("instagram_business_basic", gettext_noop("View profile and access media")),
        Scope("instagram_business_content_publish", gettext_noop("Create and publish content"), ability="publish"),
        Scope("instagram_business_manage_comments", gettext_noop("Access and manage comments"), required=False),
        Scope(
            "instagram_business_manage_insights",
            gettext_noop("Access insights"),
            required=False,
            ability="read_metrics",
        ),
    )
    pkce: Pkce = Pkce.NONE
    keep: KeepAlive = RENEWS_ITSELF
    app_settings: tuple[str, str] = ("INSTAGRAM_APP_ID", "INSTAGRAM_APP_SECRET")
    guide: str = GUIDE
    audit: str = ""

    def authorize_url(self, app: App, *, redirect_uri: str, state: str, challenge: str, again: bool) -> str:
        query = _query(app, self.scopes, redirect_uri, state)
        if again:
            query["force_reauth"] = "true"  # else the account that this browser is signed in to comes back again
        return f"{settings.INSTAGRAM_AUTHORIZE_URL}/oauth/authorize?{urlencode(query)}"

    def exchange(self, app: App, *, code: str, redirect_uri: str, verifier: str) -> Grant:
        form = {"client_id": app.client_id, "client_secret": app.client_secret, "grant_type": "authorization_code"}
        form |= {"redirect_uri": redirect_uri, "code": _bare(code)}
        door = _door(str(settings.INSTAGRAM_TOKEN_URL), app.client_secret, code)
        short = _exchanged(door.send(Call("POST", "/oauth/access_token", form=form)), self.app_settings)
        rows = as_list(short.get("data"))  # Meta's pages have shown the answer both ways
        first = rows[0] if rows and isinstance(rows[0], dict) else short
        token = _required_text(first, "access_token")
        query = {"grant_type": "ig_exchange_token", "client_secret": app.client_secret, "access_token": token}
        door = _door(base_url(INSTAGRAM_LOGIN), app.client_secret, token)
        long = _exchanged(door.send(Call("GET", "/access_token", query=query)), self.app_settings)
        owner = first.get("user_id")  # a number, as clients have seen it
        return Grant(
            _required_text(long, "access_token"), expires_at=_ends(long) or timezone.now() + LONG,
            scopes=_permissions(first), owner_id=str(owner) if isinstance(owner, int | str) else "",
        )  # fmt: skip

    def choose(self, app: App, grant: Grant) -> Sequence[Profile]:
        return accounts.identify(INSTAGRAM_LOGIN, grant.token)

    def refresh(self, app: App, account: Account) -> Grant:
        query = {"grant_type": "ig_refresh_token", "access_token": account.token}
        body = _read(_door(base_url(INSTAGRAM_LOGIN), account.token).send(Call("GET", "/refresh_access_token", query)))
        return Grant(
            _required_text(body, "access_token"), expires_at=_ends(body) or timezone.now() + LONG,
            scopes=_permissions(body),
        )  # fmt: skip

    def revoke(self, app: App, account: Account) -> None:
        _revoke(INSTAGRAM_LOGIN, account.token, app)


@dataclass(frozen=True)
class FacebookLogin:
    """Facebook Login: a person consents for the Pages that they work on, and the accounts linked to those.

    Page tokens do not end with a date, the person's consent does: nobody but the person can renew it.
    """

    scopes: Sequence[Scope] = (
        Scope("instagram_basic", gettext_noop("Access profile and posts from the Instagram account")),
        Scope(
            "instagram_content_publish",
            gettext_noop("Upload media and create posts for the Instagram account"),
            ability="publish",
        ),
        Scope("pages_show_list", gettext_noop("Show a list of the Pages you manage")),
        Scope("pages_read_engagement", gettext_noop("Read content posted on the Page")),
        Scope(
            "instagram_manage_insights",
            gettext_noop("Access insights for the Instagram account"),
            False,
            "read_metrics",
        ),
        Scope("instagram_manage_comments", gettext_noop("Manage comments for the Instagram account"), required=False),
        Scope("business_management", gettext_noop("Manage your business"), required=False),
    )
    pkce: Pkce = Pkce.NONE
    keep: None = None
    app_settings: tuple[str, str] = ("META_APP_ID", "META_APP_SECRET")
    guide: str = GUIDE
    audit: str = ""

    def authorize_url(self, app: App, *, redirect_uri: str, state: str, challenge: str, again: bool) -> str:
        query = _query(app, self.scopes, redirect_uri, state)
        if again:
            query["auth_type"] = "rerequest"  # asks anew for what was declined before
        return f"{settings.FACEBOOK_AUTHORIZE_URL}/{GRAPH_VERSION}/dialog/oauth?{urlencode(query)}"

    def exchange(self, app: App, *, code: str, redirect_uri: str, verifier: str) -> Grant:
        door = _door(base_url(FACEBOOK_LOGIN), app.client_secret, code)
        ours = {"client_id": app.client_id, "client_secret": app.client_secret}
        short = self._token(door, ours | {"redirect_uri": redirect_uri, "code": _bare(code)})
        token = _required_text(short, "access_token")
        long = self._token(door, ours | {"grant_type": "fb_exchange_token", "fb_exchange_token": token})
        token = _required_text(long, "access_token")
        client = GraphClient(FACEBOOK_LOGIN, Tokens(token, secret=app.client_secret))
        person = client.get("/me", fields="id").get("id")
        return Grant(
            token, expires_at=_ends(long) or timezone.now() + LONG, scopes=_granted(client),
            owner_id=person if isinstance(person, str) else "", extra_token=token,
        )  # fmt: skip

    def _token(self, door: Door, query: Mapping[str, str]) -> Mapping[str, Json]:
        return _exchanged(door.send(Call("GET", f"/{GRAPH_VERSION}/oauth/access_token", query)), self.app_settings)

    def choose(self, app: App, grant: Grant) -> Sequence[Profile]:
        return accounts.identify(FACEBOOK_LOGIN, grant.token, secret=app.client_secret)

    def refresh(self, app: App, account: Account) -> Grant:
        raise NeedsRelink(_("Only a person can renew a link by Facebook Login. Link the account again."))

    def revoke(self, app: App, account: Account) -> None:
        _revoke(FACEBOOK_LOGIN, account.extra_token or account.token, app)


# --- Calls ----------------------------------------------------------------------------------------------------


def _door(address: str, *hidden: str) -> Door:
    return Door(address, name="Instagram", secrets=hidden, describe=errors.describe)


def _query(app: App, scopes: Sequence[Scope], redirect_uri: str, state: str) -> dict[str, str]:
    return {
        "client_id": app.client_id,
        "redirect_uri": redirect_uri,
        "response_type": "code",
        "scope": ",".join(scope.name for scope in scopes),
        "state": state,
    }


def _bare(code: str) -> str:
    """Without the mark that Meta hangs onto the address, should a browser hand it over."""
    return code.removesuffix("#_")


def _exchanged(reply: Reply, app_settings: tuple[str, str]) -> Mapping[str, Json]:
    """The answer to a code. A refusal is this code's or this app's end: nothing that waiting would cure."""
    if reply.ok and isinstance(reply.body, dict) and not errors.read(reply):
        return reply.body
    if reply.status == 429 or reply.status >= 500 or ((error := errors.read(reply)) and error.transient):
        raise NotNow(
            _("Instagram could not complete the link. Link the account again in a minute."), until=reply.retry_at
        )
    said = _said(reply)
    raise Rejected(
        _(
            "Instagram did not accept the sign-in%(reason)s. Link the account again; if it stays so, an "
            "operator checks %(id_setting)s, %(secret_setting)s and the redirect address at Meta."
        )
        % {
            "reason": _(" (it says: “%(said)s”)") % {"said": said} if said else "",
            "id_setting": app_settings[0],
            "secret_setting": app_settings[1],
        },
        code=str(reply.status),
    )


def _said(reply: Reply) -> str:
    """Its words, from either of the shapes that the two hosts use."""
    error = errors.read(reply)
    flat = reply.safe.get("error_message") if isinstance(reply.safe, dict) else ""
    return error.message if error else (flat[:200] if isinstance(flat, str) else "")


def _read(reply: Reply) -> Mapping[str, Json]:
    if not reply.ok or errors.read(reply) or not isinstance(reply.body, dict):
        raise errors.refusal(reply, timezone.now())
    return reply.body


def _required_text(body: Mapping[str, Json], name: str) -> str:
    value = body.get(name)
    if not isinstance(value, str) or not value:
        raise NotNow(_("Instagram answered without a token. Link the account again in a minute."), code=f"no_{name}")
    return value


def _ends(body: Mapping[str, Json]) -> datetime | None:
    """`expires_in` (seconds) as a moment; None when it does not say."""
    seconds = body.get("expires_in")
    return timezone.now() + timedelta(seconds=seconds) if isinstance(seconds, int) and seconds > 0 else None


def _permissions(body: Mapping[str, Json]) -> frozenset[str] | None:
    """`permissions`, a list or words with commas between; None when it does not say."""
    said = body.get("permissions")
    names = said.split(",") if isinstance(said, str) else [name for name in as_list(said) if isinstance(name, str)]
    return frozenset(name.strip() for name in names if name.strip()) or None


def _granted(client: GraphClient) -> frozenset[str]:
    rows = as_list(client.get("/me/permissions", limit=str(MANY)).get("data"))
    granted = (row.get("permission") for row in rows if isinstance(row, dict) and row.get("status") == "granted")
    return frozenset(name for name in granted if isinstance(name, str))


def _revoke(login: str, token: str, app: App) -> None:
    """What is dead already needs no revoking."""
    try:
        GraphClient(login, Tokens(token, secret=app.client_secret)).delete("/me/permissions")
    except PlatformError as e:
        if not errors.is_dead(e):
            raise
