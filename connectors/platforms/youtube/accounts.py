"""Whose channel a token opens, and what it may do there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from connectors.platforms.base import Account, Json, NeedsRelink, Profile, Rejected
from connectors.platforms.youtube.client import Row, YouTubeClient, part, text

NO_CHANNEL = gettext_noop("This Google account has no YouTube channel. Create one at YouTube, then link it again.")


def identify(token: str) -> Sequence[Profile]:
    """The one channel that was chosen on Google's page. Raises NeedsRelink for a dead token, Rejected without one."""
    found = YouTubeClient(token).channel()
    if found is None or not text(found, "id"):
        raise Rejected(_(NO_CHANNEL), code="no_channel")
    return [profile(found, token)]


def verify(account: Account) -> Profile:
    """The channel as YouTube shows it now. NeedsRelink when the token is dead or opens another channel."""
    found = YouTubeClient(account.token).channel()
    if found is None:
        raise NeedsRelink(_(NO_CHANNEL), code="no_channel")
    shown = profile(found, account.token)
    if shown.remote_id != account.remote_id:
        opened = shown.handle or _("another channel")
        raise NeedsRelink(
            _("This link opens %(opened)s, not %(account)s. Link it again.")
            % {"opened": opened, "account": account.handle},
            code="other_channel",
        )
    return shown


def profile(row: Row, token: str) -> Profile:
    """`longUploadsStatus` tells whether films over 15 minutes are possible."""
    snippet, status = part(row, "snippet"), part(row, "status")
    pictures = part(part(snippet, "thumbnails"), "default")
    extra: dict[str, Json] = {
        "uploads": text(part(part(row, "contentDetails"), "relatedPlaylists"), "uploads"),
        "long_uploads": text(status, "longUploadsStatus"),
    }
    return Profile(
        remote_id=text(row, "id"),
        handle=text(snippet, "customUrl") or text(snippet, "title"),
        name=text(snippet, "title"),
        avatar_url=text(pictures, "url"),
        kind="CHANNEL",
        can=abilities(),
        extra=extra,
        token=token,
    )


def abilities() -> Mapping[str, bool]:
    """The channel could be read, so these work. What was granted beyond that is known from the link's scopes."""
    return {"read_status": True, "read_metrics": True}
