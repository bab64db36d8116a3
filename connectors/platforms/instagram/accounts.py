"""Whose account a token opens, and whether it still does."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from django.utils.translation import gettext as _

from connectors.platforms.base import (
    Account,
    Json,
    NeedsRelink,
    NotNow,
    PlatformError,
    Profile,
    Rejected,
)
from connectors.platforms.instagram import errors
from connectors.platforms.instagram.client import FACEBOOK_LOGIN, GraphClient, Tokens, as_list

ME_FIELDS = "id,user_id,username,name,account_type,profile_picture_url"
IG_FIELDS = "id,username,name,profile_picture_url"
PAGE_FIELDS = f"id,name,instagram_business_account{{{IG_FIELDS}}}"
type Row = Mapping[str, Json]


def identify(login: str, token: str, *, secret: str = "") -> Sequence[Profile]:
    """The Instagram accounts that this token opens. Raises NeedsRelink when it is dead, Rejected when it opens none.

    `secret`: of the app that it was given to; "" means the installation's.
    """
    client = GraphClient(login, Tokens(token, secret=secret))
    found = list(_pages(client, token)) if login == FACEBOOK_LOGIN else [_me(client, token)]
    if not found:
        raise Rejected(
            _(
                "This token opens no Instagram account. Is a professional Instagram account connected to the "
                "Page, and was it ticked when access was granted?"
            ),
            code="no_account",
        )
    return found


def verify(account: Account) -> Profile:
    """The account as Instagram shows it now. NeedsRelink when the token is dead or opens another account."""
    client = GraphClient(account.login, Tokens(account.token, account.extra_token, account.app_secret))
    if account.login == FACEBOOK_LOGIN:
        node = client.get(f"/{account.remote_id}", fields=IG_FIELDS)
        profile = _profile(node, _text(node, "id"), token=account.token, extra_token=account.extra_token)
    else:
        profile = _me(client, account.token)
    if profile.remote_id != account.remote_id:
        raise NeedsRelink(
            _("This link opens %(opened)s, not %(account)s. Link it again.")
            % {"opened": profile.handle or _("another account"), "account": account.handle}
        )
    return _with_abilities(profile, client)


# --- Instagram Login ------------------------------------------------------------------------------------------


def _me(client: GraphClient, token: str) -> Profile:
    """`user_id` is the account's id everywhere else; `id` is another, only for this app."""
    node = client.get("/me", fields=ME_FIELDS)
    remote_id = _text(node, "user_id")
    if not remote_id:
        raise NotNow(_("Instagram did not say whose token this is. Try again."), code="no_user_id")
    return replace(_profile(node, remote_id, token=token), owner_id=_text(node, "id"))


# --- Facebook Login -------------------------------------------------------------------------------------------


def _pages(client: GraphClient, token: str) -> Iterable[Profile]:
    """From a user's token, the accounts of all Pages; from a Page's token, that Page's account."""
    try:
        pages = _rows(client, "/me/accounts", f"{PAGE_FIELDS},access_token,tasks") or list(_hidden_pages(client, token))
    except Rejected:  # a Page has no Pages: the token is a Page's own
        pages = [{**client.get("/me", fields=PAGE_FIELDS), "access_token": token}]
    seen: set[str] = set()
    for page in pages:
        profile = _of_page(page, token)
        if profile and profile.remote_id not in seen:
            seen.add(profile.remote_id)
            yield profile


def _hidden_pages(client: GraphClient, token: str) -> Iterable[Row]:
    """`/me/accounts` leaves out Pages of business portfolios. They show up there, or among what was granted."""
    found: dict[str, Row] = {}
    for business in _try_rows(client, "/me/businesses", "id"):
        for edge in ("owned_pages", "client_pages"):
            for page in _try_rows(client, f"/{_text(business, 'id')}/{edge}", f"{PAGE_FIELDS},access_token"):
                found.setdefault(_text(page, "id"), page)
    for page_id in sorted(_granted(client, token) - set(found)):
        if page := _try_get(client, f"/{page_id}", fields=f"{PAGE_FIELDS},access_token"):
            found[page_id] = page
    return found.values()


def _granted(client: GraphClient, token: str) -> set[str]:
    """The ids of everything that was ticked when access was granted: Pages, accounts and businesses alike."""
    data = _try_get(client, "/debug_token", input_token=token).get("data")
    scopes = as_list(data.get("granular_scopes")) if isinstance(data, dict) else []
    targets = (as_list(scope.get("target_ids")) for scope in scopes if isinstance(scope, dict))
    return {target for ids in targets for target in ids if isinstance(target, str) and target.isdecimal()}


def _of_page(page: Row, user_token: str) -> Profile | None:
    """None for a Page without a professional Instagram account, or whose token is not ours to have."""
    node, token = page.get("instagram_business_account"), _text(page, "access_token")
    if not isinstance(node, dict) or not token or not _text(node, "id"):
        return None
    can = {"publish": "CREATE_CONTENT" in as_list(page["tasks"])} if "tasks" in page else {}
    other = "" if token == user_token else user_token
    extra: dict[str, Json] = {"page_id": _text(page, "id"), "page_name": _text(page, "name")}
    return _profile(node, _text(node, "id"), token=token, extra_token=other, can=can, extra=extra)


# --- What a link may do, and until when -----------------------------------------------------------------------


def _with_abilities(profile: Profile, client: GraphClient) -> Profile:
    try:
        limit = client.publishing_limit(profile.remote_id)
        can = {"publish": True, "read_status": True}
    except PlatformError as e:
        if errors.is_dead(e) or not errors.tells_nothing(e):
            raise
        limit, can = {}, {"publish": False, "read_status": False}
    return replace(profile, can=can, expires_at=_expiry(client, profile), extra={"publishing_limit": limit})


def _expiry(client: GraphClient, profile: Profile) -> datetime | None:
    """When somebody has to log in again: the earliest end that Facebook knows. Instagram Login does not tell."""
    if client.login != FACEBOOK_LOGIN:
        return None
    ends: list[int] = []
    for token in filter(None, (profile.extra_token, profile.token)):
        data = _try_get(client, "/debug_token", input_token=token).get("data")
        if isinstance(data, dict):
            ends += (end for name in ("expires_at", "data_access_expires_at") if isinstance(end := data.get(name), int))
    return datetime.fromtimestamp(min(end for end in ends if end > 0), UTC) if any(end > 0 for end in ends) else None


# --- Reading --------------------------------------------------------------------------------------------------


def _rows(client: GraphClient, path: str, fields: str) -> list[Row]:
    return _dicts(client.get(path, fields=fields, limit="100"))


def _try_rows(client: GraphClient, path: str, fields: str) -> list[Row]:
    return _dicts(_try_get(client, path, fields=fields, limit="100"))


def _dicts(body: Row) -> list[Row]:
    return [row for row in as_list(body.get("data")) if isinstance(row, dict)]


def _try_get(client: GraphClient, path: str, **query: str) -> Row:
    """Empty where this token may not look: these are the ways around, and not every token may go each of them."""
    try:
        return client.get(path, **query)
    except PlatformError as e:
        if errors.is_dead(e):
            raise
        return {}


def _profile(
    node: Row,
    remote_id: str,
    *,
    token: str = "",
    extra_token: str = "",
    can: Mapping[str, bool] | None = None,
    extra: Mapping[str, Json] | None = None,
) -> Profile:
    return Profile(
        remote_id=remote_id,
        handle=_text(node, "username"),
        name=_text(node, "name"),
        avatar_url=_text(node, "profile_picture_url"),
        kind=_text(node, "account_type"),
        can=can or {},
        extra=extra or {},
        token=token,
        extra_token=extra_token,
    )


def _text(node: Row, name: str) -> str:
    value = node.get(name)
    return value if isinstance(value, str) else ""
