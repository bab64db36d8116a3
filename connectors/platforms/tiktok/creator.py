"""What TikTok lets this account do at this moment. It changes, so it is asked whenever somebody composes, and again
right before a post goes out (content sharing guidelines, read 2026-11-20).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from connectors.platforms.base import (
    Account,
    Composer,
    Content,
    Format,
    Json,
    NeedsRelink,
    NotNow,
    PlatformError,
    Rejected,
)
from connectors.platforms.tiktok import errors
from connectors.platforms.tiktok.client import Row, TikTokClient, text, whole
from connectors.platforms.tiktok.post import privacy
from connectors.platforms.tiktok.words import FRIENDS, INBOX, PRIVACY, PRIVATE

COMPOSING_SECONDS = 5.0  # somebody is looking at an empty panel
SWITCHES = {
    "disable_comment": gettext_noop("comments"),
    "disable_duet": gettext_noop("duets"),
    "disable_stitch": gettext_noop("stitches"),
}


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
            offered = ", ".join(f"“{_(PRIVACY.get(option, option))}”" for option in self.privacy_options)
            said = _(
                "TikTok does not offer this account “%(wanted)s”, only %(offered)s. Choose again who can see it."
            ) % {"wanted": _(PRIVACY.get(wanted, wanted)), "offered": offered}
            return Rejected(said, code="privacy_level_option_mismatch")
        if wanted == PRIVATE and content.options.get("branded_content") is True:
            said = _("TikTok takes no branded content that only you can see. Choose another audience, or the inbox.")
            if not account.audited:
                said = _(
                    "TikTok takes no branded content that only you can see. The app has not passed TikTok's audit, so "
                    "all its posts are. Choose another audience, or the inbox."
                )
            return Rejected(said, code="branded_private")
        return self._switched_off(content) or self._too_long(content)

    def switched_off(self) -> dict[str, str]:
        """The options that the account itself has switched off in the app, each with why."""
        facts = (self.comment_disabled, self.duet_disabled, self.stitch_disabled)
        pairs = zip(SWITCHES.items(), facts, strict=True)
        return {
            name: _("The account has %(what)s switched off in the app.") % {"what": _(what)}
            for (name, what), off in pairs
            if off
        }

    def composer(self, account: Account) -> Composer:
        return Composer(
            creator=self.nickname or self.username,
            offered={"privacy_level": self.privacy_options if account.audited else (PRIVATE,)},
            off=self.switched_off(),
            max_seconds=self.max_seconds,
        )

    def _switched_off(self, content: Content) -> Rejected | None:
        """What was allowed when the post was made, and is not any more: it would not go out as it was approved."""
        said = self.switched_off()
        mine = {"disable_comment"} if content.format == Format.CAROUSEL else set(SWITCHES)  # photos have no duets
        found = next((name for name in said if name in mine and content.options.get(name) is False), "")
        if not found:
            return None
        text_ = _("%(said)s The post allows them. Switch them on there, or schedule the post anew without them.") % {
            "said": said[found]
        }
        return Rejected(text_, code="option_off")

    def _too_long(self, content: Content) -> Rejected | None:
        seconds = max((medium.duration or 0 for medium in content.media), default=0)
        if self.max_seconds is None or seconds <= self.max_seconds:
            return None
        said = _("The video lasts %(seconds)s seconds; TikTok lets this account post %(max_seconds)s. Cut it.") % {
            "seconds": f"{seconds:.0f}",
            "max_seconds": self.max_seconds,
        }
        return Rejected(said, code="duration")


def ask(client: TikTokClient) -> CreatorInfo:
    """Raises NotNow when the account may not post for now."""
    return of(client.creator_info())


def composer(account: Account) -> Composer:
    """What somebody who composes may choose now. Raises NeedsRelink for a dead token."""
    try:
        return of(TikTokClient(account.token).creator_info(read_seconds=COMPOSING_SECONDS)).composer(account)
    except PlatformError as e:
        if errors.lacks_scope(e):
            return Composer(offered={"post_mode": (INBOX,)})  # this link may only leave drafts
        if isinstance(e, NeedsRelink):
            raise
        if isinstance(e, Rejected) or (isinstance(e, NotNow) and e.limit and e.code != "rate_limit_exceeded"):
            return replace(_safe(account), why_not=str(e))
        return replace(_safe(account), unread=str(e))


def _safe(account: Account) -> Composer:
    """What TikTok offers every account, public or private, whatever it has switched off."""
    why = _("TikTok did not say whether this account allows it.")
    return Composer(
        offered={"privacy_level": (FRIENDS, PRIVATE) if account.audited else (PRIVATE,)},
        off=dict.fromkeys(SWITCHES, why),
    )


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
