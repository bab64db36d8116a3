"""Whose account a token opens, what it may do, and how its posts do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import batched

from django.utils import timezone
from django.utils.translation import gettext as _

from connectors.http import silent
from connectors.platforms.base import Account, CallObserver, Metrics, NeedsRelink, NotNow, PlatformError, Profile
from connectors.platforms.tiktok import creator, errors
from connectors.platforms.tiktok.client import IDS_MAX, Row, TikTokClient, text, whole
from connectors.platforms.tiktok.creator import CreatorInfo


def identify(token: str) -> Sequence[Profile]:
    """The one account that consented. Raises NeedsRelink for a dead token."""
    return [_profile(TikTokClient(token), token)]


def verify(account: Account) -> Profile:
    """The account as TikTok shows it now. NeedsRelink when the token is dead or opens another account."""
    profile = _profile(TikTokClient(account.token), account.token)
    if profile.remote_id != account.remote_id:
        raise NeedsRelink(
            _("This link opens %(opened)s, not %(account)s. Link it again.")
            % {"opened": profile.handle or _("another account"), "account": account.handle}
        )
    return profile


def metrics(account: Account, remote_ids: Sequence[str], *, observe: CallObserver = silent) -> Mapping[str, Metrics]:
    """Of those posts that TikTok shows: public ones of this account. The others are left out."""
    client = TikTokClient(account.token, observe=observe)
    rows = (row for ids in batched(remote_ids, IDS_MAX) for row in client.videos(ids))
    return {text(row, "id"): _metrics(row) for row in rows}


def _metrics(row: Row) -> Metrics:
    return Metrics(
        views=whole(row, "view_count"),
        likes=whole(row, "like_count"),
        comments=whole(row, "comment_count"),
        shares=whole(row, "share_count"),
    )


def _profile(client: TikTokClient, token: str) -> Profile:
    user = client.user()
    if not text(user, "open_id"):
        raise NotNow(_("TikTok did not say whose token this is. Try again."), code="no_open_id")
    info, posts = _creator(client)
    return Profile(
        remote_id=text(user, "open_id"),  # of the person for this app: another app knows them by another one
        handle=info.username if info else text(user, "display_name"),
        name=text(user, "display_name"),
        avatar_url=text(user, "avatar_url"),
        kind="CREATOR",
        can=dict(_abilities(client, posts)),
        extra={"max_seconds": info.max_seconds} if info else {},
        token=token,
    )


def _creator(client: TikTokClient) -> tuple[CreatorInfo | None, bool]:
    """And whether the link may post at all. A cap that is reached is no missing right."""
    try:
        return creator.ask(client), True
    except PlatformError as e:
        if isinstance(e, NeedsRelink) and not errors.lacks_scope(e):
            raise
        return None, not errors.lacks_scope(e)


def _abilities(client: TikTokClient, posts: bool) -> Iterator[tuple[str, bool]]:
    yield "publish", posts
    yield "read_status", posts
    try:
        client.videos_since(timezone.now())
    except PlatformError as e:
        yield "read_metrics", not errors.lacks_scope(e)
    else:
        yield "read_metrics", True
