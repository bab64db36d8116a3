"""What TikTok lets this account do at this moment. It changes, so it is asked whenever somebody composes, and again
right before a post goes out (content sharing guidelines, read 2026-11-20).
"""

from __future__ import annotations

from dataclasses import dataclass

from connectors.platforms.base import Account, Content, Json, Rejected
from connectors.platforms.tiktok.client import Row, TikTokClient, text, whole
from connectors.platforms.tiktok.post import privacy
from connectors.platforms.tiktok.words import PRIVACY, PRIVATE


@dataclass(frozen=True)
class CreatorInfo:
    """For the composer: whose account it is, and what may be chosen. The avatar's address lives for two hours."""

    username: str
    nickname: str
    avatar_url: str
    privacy_options: tuple[str, ...]
    comment_disabled: bool = False
    duet_disabled: bool = False
    stitch_disabled: bool = False
    max_seconds: int | None = None  # of a video

    def problem(self, content: Content, account: Account) -> Rejected | None:
        """Why TikTok would not take this content from this account now."""
        wanted = privacy(content, account)
        if wanted not in self.privacy_options:
            offered = ", ".join(f"“{PRIVACY.get(option, option)}”" for option in self.privacy_options)
            said = f"TikTok does not offer this account “{PRIVACY.get(wanted, wanted)}”, only {offered}."
            return Rejected(f"{said} Choose again who can see it.", code="privacy_level_option_mismatch")
        if wanted == PRIVATE and content.options.get("branded_content") is True:
            said = "TikTok takes no branded content that only you can see."
            why = " The app has not passed TikTok's audit, so all its posts are." if not account.audited else ""
            return Rejected(f"{said}{why} Choose another audience, or the inbox.", code="branded_private")
        return self._too_long(content)

    def _too_long(self, content: Content) -> Rejected | None:
        seconds = max((medium.duration or 0 for medium in content.media), default=0)
        if self.max_seconds is None or seconds <= self.max_seconds:
            return None
        said = f"The video lasts {seconds:.0f} seconds; TikTok lets this account post {self.max_seconds}. Cut it."
        return Rejected(said, code="duration")


def ask(client: TikTokClient) -> CreatorInfo:
    """Raises NotNow when the account may not post for now."""
    return of(client.creator_info())


def of(row: Row) -> CreatorInfo:
    return CreatorInfo(
        username=text(row, "creator_username"),
        nickname=text(row, "creator_nickname"),
        avatar_url=text(row, "creator_avatar_url"),
        privacy_options=tuple(option for option in _list(row.get("privacy_level_options")) if isinstance(option, str)),
        comment_disabled=row.get("comment_disabled") is True,
        duet_disabled=row.get("duet_disabled") is True,
        stitch_disabled=row.get("stitch_disabled") is True,
        max_seconds=whole(row, "max_video_post_duration_sec"),
    )


def _list(value: Json) -> list[Json]:
    return value if isinstance(value, list) else []
