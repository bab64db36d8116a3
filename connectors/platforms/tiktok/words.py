"""The words of TikTok's API that this code chooses between."""

from __future__ import annotations

from collections.abc import Mapping

PUBLIC, FRIENDS, FOLLOWERS, PRIVATE = (
    "PUBLIC_TO_EVERYONE",
    "MUTUAL_FOLLOW_FRIENDS",
    "FOLLOWER_OF_CREATOR",
    "SELF_ONLY",
)
PRIVACY: Mapping[str, str] = {
    PUBLIC: "Everyone",
    FRIENDS: "Friends",
    FOLLOWERS: "Followers",
    PRIVATE: "Only me",
}
DIRECT, INBOX = "direct", "inbox"  # post_mode
UPLOAD, PULL = "upload", "pull"  # how a film gets there
