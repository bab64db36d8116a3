"""What TikTok tells of an account and of its public posts."""

from __future__ import annotations

from typing import Any

from connectors.sandbox.platforms.tiktok import checks
from connectors.sandbox.platforms.tiktok.errors import TikTokError, bad
from connectors.sandbox.platforms.tiktok.publishes import PLATFORM, Publishes
from connectors.sandbox.records import Account, LivePost
from connectors.sandbox.wire import Call, World

CUT = 150  # characters of a caption
ROWS_MAX = 20
USER = ("open_id", "union_id", "avatar_url", "display_name", "username")
VIDEO = (
    "id", "title", "video_description", "create_time", "duration", "share_url", "view_count", "like_count",
    "comment_count", "share_count", "height", "width", "cover_image_url", "embed_link",
)  # fmt: skip


class Reads:
    """The reads of one world."""

    def __init__(self, world: World, publishes: Publishes) -> None:
        self.world = world
        self.publishes = publishes

    def creator_info(self, account: Account) -> dict[str, Any]:
        """What the account may post now. A cap that is reached is answered with HTTP 200."""
        if word := self.publishes.hindrance(account):
            raise TikTokError(word, status=200)
        facts = account.facts
        return {
            "creator_avatar_url": f"{self.world.base_url}/avatar/{account.username}.svg",
            "creator_username": account.username,
            "creator_nickname": account.name or account.username,
            "privacy_level_options": checks.privacy_options(account),
            "comment_disabled": bool(facts.get("comment_disabled")),
            "duet_disabled": bool(facts.get("duet_disabled") or facts.get("private_account")),
            "stitch_disabled": bool(facts.get("stitch_disabled") or facts.get("private_account")),
            "max_video_post_duration_sec": int(facts.get("max_seconds", 300)),
        }

    def user(self, call: Call, account: Account) -> dict[str, Any]:
        """user/info: `fields` has to be asked for."""
        known = {
            "open_id": account.id, "union_id": f"union-{account.id}", "display_name": account.name or account.username,
            "username": account.username, "avatar_url": f"{self.world.base_url}/avatar/{account.username}.svg",
        }  # fmt: skip
        return {"user": {name: known[name] for name in _fields(call, USER)}}

    def query(self, call: Call, account: Account) -> dict[str, Any]:
        """Those of some posts that are public; the others are left out without a word."""
        filters = checks.part(checks.body_of(call), "filters")
        ids = filters.get("video_ids")
        if not isinstance(ids, list) or not 0 < len(ids) <= ROWS_MAX:
            raise bad("video_ids is incorrect")
        wanted = {str(key) for key in ids}
        rows = [post for post in self._public(account) if post.id in wanted]
        return {"videos": [self._video(call, post) for post in rows]}

    def posts(self, call: Call, account: Account) -> dict[str, Any]:
        """Newest first; the cursor is in milliseconds, `create_time` in seconds."""
        body = checks.body_of(call)
        count, cursor = body.get("max_count", 10), body.get("cursor") or (self.world.clock.now() + 1) * 1000
        if not isinstance(count, int) or not 0 < count <= ROWS_MAX or not isinstance(cursor, int | float):
            raise bad("max_count or cursor is incorrect")
        rows = [post for post in self._public(account) if post.published_at * 1000 < cursor]
        page = rows[:count]
        return {
            "videos": [self._video(call, post) for post in page],
            "cursor": int(page[-1].published_at * 1000) if page else int(cursor),
            "has_more": len(rows) > count,
        }

    def _public(self, account: Account) -> list[LivePost]:
        now = self.world.clock.now()
        where = "platform = ? AND account = ? AND deleted_at IS NULL AND published_at <= ? AND listed_at <= ?"
        posts = self.world.ledger.posts(where, PLATFORM, account.id, now, now)
        kinds = ("video", "carousel") if self.world.options.tiktok_lists_photos else ("video",)
        return [p for p in posts if p.facts["privacy_level"] == checks.PUBLIC and p.kind in kinds]

    def _video(self, call: Call, post: LivePost) -> dict[str, Any]:
        first = post.media[0] if post.media else {}
        views = int(self.world.clock.now() - post.published_at) // 6 + int(post.id[-2:])
        known = {
            "id": post.id, "title": post.caption[:CUT], "video_description": post.caption[:CUT],
            "create_time": int(post.published_at), "duration": round(first.get("seconds", 0)),
            "share_url": f"{self.world.base_url}{post.path}?utm_campaign=sandbox", "view_count": views,
            "like_count": views // 9, "comment_count": views // 90, "share_count": views // 70,
            "height": first.get("height", 0), "width": first.get("width", 0), "embed_link": "",
            "cover_image_url": f"{self.world.base_url}/media/{first.get('poster', '')}",
        }  # fmt: skip
        return {name: known[name] for name in _fields(call, VIDEO)}


def _fields(call: Call, known: tuple[str, ...]) -> list[str]:
    """They stand in the query, and nowhere else."""
    wanted = [name for name in call.params.get("fields", "").split(",") if name]
    if not wanted or set(wanted) - set(known):
        raise bad("fields is missing or incorrect")
    return wanted
