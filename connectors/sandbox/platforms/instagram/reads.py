"""What can be read: the account, its posts and stories, its quota, insights (meta.md §1, §2.5, §5.1)."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

from connectors.sandbox.platforms.graph import (
    Fields,
    GraphError,
    Session,
    bad,
    dead_subcode,
    missing,
    page_of,
    parse_fields,
    pick,
    timestamp,
    whole,
)
from connectors.sandbox.platforms.instagram.containers import Containers
from connectors.sandbox.platforms.instagram.params import Kind
from connectors.sandbox.records import DAY, Account, LivePost
from connectors.sandbox.wire import Call, World

STRANGE = {"sandbox_extra": {"why": "Meta adds fields without notice"}}
"""An unknown field that every object carries: readers must not mind."""

TASKS = ["MANAGE", "CREATE_CONTENT", "MODERATE", "ADVERTISE", "ANALYZE", "MESSAGING"]
SCOPES = [
    "instagram_basic", "instagram_content_publish", "instagram_manage_comments", "instagram_manage_insights",
    "instagram_manage_contents", "pages_show_list", "pages_read_engagement", "business_management",
]  # fmt: skip

COMMON = ("views", "reach", "shares", "total_interactions", "reposts")
FEED = (*COMMON, "likes", "comments", "saved", "follows", "profile_visits", "profile_activity")
REEL = (
    *COMMON, "likes", "comments", "saved", "ig_reels_avg_watch_time", "ig_reels_video_view_total_time",
    "reels_skip_rate",
)  # fmt: skip
STORY = (*COMMON, "follows", "profile_visits", "profile_activity", "replies", "navigation")
METRICS: Mapping[Kind, tuple[str, ...]] = {
    Kind.IMAGE: FEED, Kind.CAROUSEL: FEED, Kind.REEL: REEL, Kind.STORY: STORY,
}  # fmt: skip


class Reads:
    """The reading half of the API in one world."""

    def __init__(self, world: World, containers: Containers) -> None:
        self.world = world
        self.containers = containers

    # --- accounts -------------------------------------------------------------------------------------------------

    def me(self, call: Call, session: Session) -> dict[str, Any]:
        """Whom the token belongs to: the account, the Page, or the person."""
        if session.token.kind == "instagram":
            return self._account(call, session.account, session.account.app_scoped_id)
        if session.token.kind == "page":
            return self.page(call, session.account, session.token.token)
        person: dict[str, Callable[[Fields], Any]] = {"id": lambda _: "10", "name": lambda _: "Sandbox Person"}
        return pick("User", person, call.params.get("fields", ""), ("id", "name")) | STRANGE

    def account(self, call: Call, account: Account) -> dict[str, Any]:
        """The professional account itself."""
        return self._account(call, account, account.id)

    def _account(self, call: Call, account: Account, key: str) -> dict[str, Any]:
        return pick("IGUser", self._account_fields(account, key), self._fields(call)) | STRANGE

    def _account_fields(self, account: Account, key: str) -> dict[str, Callable[[Fields], Any]]:
        where = "account = ? AND deleted_at IS NULL AND kind != 'story'"
        return {
            "id": lambda _: key,
            "user_id": lambda _: account.id,
            "ig_id": lambda _: account.id,
            "username": lambda _: account.username,
            "name": lambda _: account.name or None,
            "biography": lambda _: account.biography or None,
            "account_type": lambda _: account.account_type,
            "profile_picture_url": lambda _: f"{self.world.base_url}/avatar/{account.username}.svg",
            "followers_count": lambda _: account.followers,
            "follows_count": lambda _: 0,
            "media_count": lambda _: self.world.ledger.count("posts", where, account.id),
        }

    def page(self, call: Call, account: Account, token: str) -> dict[str, Any]:
        """The Facebook Page that the account is linked to."""
        wanted = parse_fields(call.params.get("fields", ""))
        return self._page(account, token, wanted or {"id": {}, "name": {}}) | STRANGE

    def _page(self, account: Account, token: str, wanted: Fields) -> dict[str, Any]:
        def linked(inner: Fields) -> dict[str, Any]:
            return pick("IGUser", self._account_fields(account, account.id), inner)

        known: dict[str, Callable[[Fields], Any]] = {
            "id": lambda _: account.page_id,
            "name": lambda _: account.page_name or account.name,
            "username": lambda _: account.username,
            "access_token": lambda _: token,
            "tasks": lambda _: TASKS,
            "category": lambda _: "Product/service",
            "instagram_business_account": linked,
        }
        return pick("Page", known, wanted)

    def page_token(self, account: Account) -> str:
        """The token of the account's Page; one that lives, if there is one."""
        found = [t for t in self.world.ledger.tokens_of(account.id) if t.kind == "page"]
        return next((t.token for t in found if t.state == "live"), found[0].token if found else "")

    def pages(self, call: Call, session: Session) -> dict[str, Any]:
        """/me/accounts: Pages of business portfolios are left out, as Meta does."""
        if session.token.kind != "user":
            raise bad("Tried accessing nonexisting field (accounts) on node type (Page)")
        shown = [a for a in session.accounts if not a.empty_accounts and not call.fault("empty_accounts")]
        wanted = parse_fields(call.params.get("fields", "id,name,access_token,tasks,category"))
        page, paging = page_of(call, shown, lambda a: a.page_id)
        data = [self._page(account, self.page_token(account), wanted) for account in page]
        return {"data": data} | ({"paging": paging} if paging else {})

    def debug_token(self, call: Call) -> dict[str, Any]:
        """What Facebook knows of a token; any app token is taken."""
        rows = self.world.ledger.tokens(call.params.get("input_token", ""))
        if not rows:
            error = {"code": 190, "message": "Invalid OAuth access token."}
            return {"data": {"is_valid": False, "error": error, "scopes": []}}
        token, dead = rows[0], dead_subcode(rows[0], self.world.clock.now())
        accounts = [a for a in (self.world.ledger.account(row.account) for row in rows) if a]
        targets = [{"scope": "pages_show_list", "target_ids": [a.page_id for a in accounts]}]
        targets += [{"scope": "instagram_content_publish", "target_ids": [a.id for a in accounts]}]
        data = {
            "app_id": "123", "type": token.kind.upper(), "application": "Collavo", "is_valid": not dead,
            "expires_at": int(token.expires_at), "issued_at": int(token.issued_at),
            "data_access_expires_at": int(token.issued_at) + 90 * DAY, "scopes": SCOPES, "user_id": "10",
            "granular_scopes": targets,
        }  # fmt: skip
        if dead:
            data["error"] = {"code": 190, "message": str(GraphError(190, dead)), "subcode": dead}
        return {"data": data | STRANGE}

    def quota(self, call: Call, account: Account) -> dict[str, Any]:
        """content_publishing_limit: `since` may be at most 24 hours ago."""
        now = self.world.clock.now()
        since = whole(call.params, "since", int(now - DAY))
        if since < now - DAY - 60:
            raise bad("Param since must be within the last 24 hours")
        known: dict[str, Callable[[Fields], Any]] = {
            "quota_usage": lambda _: self.containers.published_since(account, max(since, now - DAY)),
            "config": lambda _: {"quota_total": account.quota_total, "quota_duration": DAY},
        }
        wanted = call.params.get("fields", "quota_usage")
        return {"data": [pick("ContentPublishingLimit", known, wanted) | STRANGE]}

    # --- posts ----------------------------------------------------------------------------------------------------

    def post(self, key: str, session: Session) -> LivePost | None:
        """A live post that this token may see."""
        found = self.world.ledger.posts("id = ? AND deleted_at IS NULL", key)
        return found[0] if found and session.opens(found[0].account) and not self._gone(found[0]) else None

    def _gone(self, post: LivePost) -> bool:
        return post.kind == Kind.STORY and post.published_at + DAY <= self.world.clock.now()

    def medium(self, call: Call, post: LivePost) -> dict[str, Any]:
        """One post as an object."""
        return pick("IGMedia", self._post_fields(call, post), self._fields(call)) | STRANGE

    def _fields(self, call: Call) -> Fields:
        fields = parse_fields(call.params.get("fields", "id"))
        if omit := call.fault("omit"):
            fields = {k: v for k, v in fields.items() if k not in omit.options["fields"]}
        return fields

    def _post_fields(self, call: Call, post: LivePost) -> dict[str, Callable[[Fields], Any]]:
        account = self.world.ledger.account(post.account)
        username, caption = account.username if account else "", post.caption
        caption = caption.replace("@", "") if call.fault("hide_at") else caption
        alone = post.media[0] if len(post.media) == 1 else None
        return {
            "id": lambda _: post.id,
            "caption": lambda _: caption or None,
            "media_type": lambda _: media_type(post),
            "media_product_type": lambda _: {"reel": "REELS", "story": "STORY"}.get(post.kind, "FEED"),
            "media_url": lambda _: self.media_url(alone) if alone else None,
            "thumbnail_url": lambda _: self._thumbnail(alone) if alone else None,
            "permalink": lambda _: self.world.base_url + post.path,
            "shortcode": lambda _: post.shortcode,
            "timestamp": lambda _: timestamp(post.published_at),
            "username": lambda _: username,
            "owner": lambda _: {"id": post.account},
            "alt_text": lambda _: post.facts.get("alt_text"),
            "is_comment_enabled": lambda _: post.comments_enabled,
            "is_shared_to_feed": lambda _: post.facts.get("share_to_feed", "true") in ("true", "1"),
            "like_count": lambda _: self._number(post, "likes"),
            "comments_count": lambda _: self.world.ledger.count("comments", "post = ?", post.id),
            "children": lambda inner: self._children(post, inner) if post.kind == Kind.CAROUSEL else None,
        }

    def media_url(self, part: Mapping[str, Any]) -> str | None:
        """Where the stored copy can be loaded."""
        return f"{self.world.base_url}/media/{part['sha256']}" if part.get("sha256") else None

    def _thumbnail(self, part: Mapping[str, Any]) -> str | None:
        still = part.get("cover") or part.get("poster")
        return f"{self.world.base_url}/media/{still}" if still else None

    def _children(self, post: LivePost, wanted: Fields) -> dict[str, Any]:
        def fields(part: Mapping[str, Any]) -> dict[str, Callable[[Fields], Any]]:
            return {
                "id": lambda _: part["id"],
                "media_type": lambda _: part["type"].upper(),
                "media_url": lambda _: self.media_url(part),
                "permalink": lambda _: self.world.base_url + post.path,
                "timestamp": lambda _: timestamp(post.published_at),
                "shortcode": lambda _: post.shortcode,
                "alt_text": lambda _: part.get("alt_text") or None,
            }

        return {"data": [pick("IGMedia", fields(part), wanted) for part in post.media]}

    def posts(self, call: Call, account: Account) -> dict[str, Any]:
        """/{ig}/media: newest first, never stories. A post that lags is not in it yet."""
        now = self.world.clock.now()
        lag = call.fault("list_lag")
        until = now - lag.options["seconds"] if lag else now
        where = (
            "account = ? AND kind != 'story' AND deleted_at IS NULL AND listed_at <= ? AND published_at BETWEEN ? AND ?"
        )
        span = whole(call.params, "since", 0), min(until, float(whole(call.params, "until", int(now) + 1)))
        return self._list(call, self.world.ledger.posts(where, account.id, now, *span))

    def stories(self, call: Call, account: Account) -> dict[str, Any]:
        """/{ig}/stories: those of the last 24 hours."""
        now = self.world.clock.now()
        lag = call.fault("list_lag")
        where = (
            "account = ? AND kind = 'story' AND deleted_at IS NULL AND listed_at <= ? AND published_at BETWEEN ? AND ?"
        )
        span = now - DAY, now - lag.options["seconds"] if lag else now
        return self._list(call, self.world.ledger.posts(where, account.id, now, *span))

    def _list(self, call: Call, posts: list[LivePost]) -> dict[str, Any]:
        page, paging = page_of(call, posts, lambda post: post.id)
        data = [self.medium(call, post) for post in page]
        return {"data": data} | ({"paging": paging} if paging else {})

    # --- comments and numbers ---------------------------------------------------------------------------------------

    def comments(self, call: Call, post: LivePost) -> dict[str, Any]:
        """The comments of a post, oldest first."""
        rows = self.world.ledger.run("SELECT * FROM comments WHERE post = ? ORDER BY rowid", post.id)
        wanted = call.params.get("fields", "id,text,timestamp")
        return {"data": [pick("IGComment", _comment_fields(dict(row)), wanted) for row in rows]}

    def insights(self, call: Call, post: LivePost) -> dict[str, Any]:
        """One wrong metric fails the whole call, as at Meta. The numbers are invented and grow with time."""
        valid, names = METRICS[Kind(post.kind)], [n for n in call.params.get("metric", "").split(",") if n]
        if not names or (wrong := [name for name in names if name not in valid]):
            listed = ", ".join(valid)
            raise bad(f"metric[{len(names) and names.index(wrong[0])}] must be one of the following values: {listed}")
        return {"data": [self._metric(post, name) for name in names]}

    def _metric(self, post: LivePost, name: str) -> dict[str, Any]:
        values = [{"value": self._number(post, name)}]
        title = name.replace("_", " ").capitalize()
        return {
            "name": name, "period": "lifetime", "values": values, "title": title, "description": title,
            "id": f"{post.id}/insights/{name}/lifetime",
        }  # fmt: skip

    def _number(self, post: LivePost, name: str) -> int:
        """A number that only depends on the post, the metric and how many minutes it is live; it never shrinks."""
        minutes = max(self.world.clock.now() - post.published_at, 0) / 60
        weight = {"views": 40, "reach": 31, "likes": 4, "total_interactions": 6}.get(name, 1)
        return int(weight * math.log1p(minutes) * (1 + int(post.id[-2:]) / 50))


def _comment_fields(row: Mapping[str, Any]) -> dict[str, Callable[[Fields], Any]]:
    return {
        "id": lambda _: row["id"],
        "text": lambda _: row["text"],
        "username": lambda _: row["username"],
        "timestamp": lambda _: timestamp(row["at"]),
    }


def media_type(post: LivePost) -> str:
    """A reel reads as VIDEO, a story as what it holds."""
    if post.kind == Kind.CAROUSEL:
        return "CAROUSEL_ALBUM"
    return "VIDEO" if any(part["type"] == "video" for part in post.media) else "IMAGE"


def visible(post: LivePost | None, key: str) -> LivePost:
    """The post, or the refusal for what does not exist."""
    if post is None:
        raise missing(key)
    return post
