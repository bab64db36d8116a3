"""The words of TikTok's API that this code chooses between."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.translation import gettext_noop

PUBLIC, FRIENDS, FOLLOWERS, PRIVATE = (
    "PUBLIC_TO_EVERYONE",
    "MUTUAL_FOLLOW_FRIENDS",
    "FOLLOWER_OF_CREATOR",
    "SELF_ONLY",
)
PRIVACY: Mapping[str, str] = {
    PUBLIC: gettext_noop("Everyone"),
    FRIENDS: gettext_noop("Friends"),
    FOLLOWERS: gettext_noop("Followers"),
    PRIVATE: gettext_noop("Only me"),
}
DIRECT, INBOX = "direct", "inbox"  # post_mode
UPLOAD, PULL = "upload", "pull"  # how a film gets there
