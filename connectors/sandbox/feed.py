"""What is live, as a person would see it: a feed, each account's page, each post's own page. Read only."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cache
from hashlib import sha256
from html import escape
from pathlib import Path
from string import Template
from typing import Any

from connectors.sandbox.records import DAY, Account, LivePost
from connectors.sandbox.wire import Answer, Call, World

PAGES = Path(__file__).parent / "pages"
PAGE_SIZE = 30
PIECE = 4 * 1024 * 1024  # bytes of a film per answer
SAFE = {
    "Content-Security-Policy": "default-src 'none'; img-src 'self'; media-src 'self'; style-src 'self'",
    "X-Content-Type-Options": "nosniff",
}
KINDS = {"image": "Post", "carousel": "Carousel", "reel": "Reel", "story": "Story", "video": "Video", "short": "Short"}
SHAPES = {0.8: "tall", 1.0: "square", 1.91: "wide"}  # by ratio
LOGINS = {"instagram": "Instagram Login", "facebook": "Facebook Login", "tiktok": "TikTok", "youtube": "YouTube"}
POST = re.compile(r"^/(p|reel|stories|@[\w.]+)/[\w./-]+$")
STORED = re.compile(r"^/media/([0-9a-f]{64})$")
AVATAR = re.compile(r"^/avatar/([\w.-]+)\.svg$")


def answer(world: World, call: Call) -> Answer:
    """The page, picture or film at this address."""
    if call.method not in ("GET", "HEAD"):
        return Answer(b"Only reading is possible here.\n", 405, {"Allow": "GET, HEAD"}, "text/plain")
    if call.path == "/sandbox.css":
        return Answer((PAGES / "sandbox.css").read_bytes(), content_type="text/css; charset=utf-8")
    if found := STORED.match(call.path):
        return stored(world.ledger.media / found[1], call.headers.get("range", ""))
    if found := AVATAR.match(call.path):
        return Answer(avatar(found[1]).encode(), headers=SAFE, content_type="image/svg+xml")
    return Feed(world).page(call)


class Feed:
    """The pages of one world."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.accounts = {account.id: account for account in world.ledger.accounts()}

    def page(self, call: Call) -> Answer:
        """Home, an account, a post, or the page for what is not there."""
        if call.path == "/":
            return self._home(call)
        if POST.match(call.path):
            return self._post(call.path.rstrip("/"))
        if call.path == "/watch":
            return self._post(f"/watch?v={call.params.get('v', '')}")
        if account := self.world.ledger.account(call.path.strip("/")):
            return self._profile(call, account)
        return self._missing()

    def _home(self, call: Call) -> Answer:
        posts = self._posts(call, "kind != 'story'")
        text = "What you publish through this sandbox appears here, with the picture and the words that were sent."
        return self._show("Sandbox feed", self._cards(call, posts, "Nothing is live yet", text))

    def _profile(self, call: Call, account: Account) -> Answer:
        posts = self._posts(
            call, "account = ? AND (kind != 'story' OR published_at > ?)", account.id, self._yesterday()
        )
        values = account.shown() | {"login": LOGINS[account.login], "account_type": account.account_type.capitalize()}
        values["posts"] = self.world.ledger.count("posts", "account = ? AND deleted_at IS NULL", account.id)
        lately = "account = ? AND origin = 'api' AND published_at > ?"
        values["used"] = self.world.ledger.count("posts", lately, account.id, self._yesterday())
        values["quota"] = account.quota_total
        cards = self._cards(call, posts, "No posts yet", f"What goes live on {account.username} appears here.")
        return self._show(account.username, fill("profile", **values) + cards, current=account.username)

    def _post(self, path: str) -> Answer:
        found = self.world.ledger.posts("path IN (?, ? || '/') AND deleted_at IS NULL", path, path)
        if not found or (found[0].kind == "story" and found[0].published_at <= self._yesterday()):
            return self._missing()
        account = self.accounts[found[0].account]
        title = f"{account.username}: {KINDS[found[0].kind].lower()}"
        main = self._card(found[0]) + self._facts(found[0])
        return self._show(title, main, current=account.username, page="single")

    def _missing(self) -> Answer:
        text = "The link may be wrong, or the post was removed or has run out."
        main = fill("empty", heading="This page isn’t available", text=text)
        return self._show("Not available", main, status=404)

    # --- parts ----------------------------------------------------------------------------------------------------

    def _yesterday(self) -> float:
        return self.world.clock.now() - DAY

    def _posts(self, call: Call, where: str, *values: Any) -> list[LivePost]:
        """One page of posts and one more, which tells that there are older ones."""
        before = call.params.get("before", "")
        until = float(before) if re.fullmatch(r"\d+(\.\d+)?", before) else self.world.clock.now() + 1
        where = f"{where} AND deleted_at IS NULL AND published_at < ?"
        return self.world.ledger.posts(where, *values, until, limit=PAGE_SIZE + 1)

    def _cards(self, call: Call, posts: Sequence[LivePost], heading: str, text: str) -> str:
        if not posts:
            return fill("empty", heading=heading, text=text)
        shown = "".join(self._card(post) for post in posts[:PAGE_SIZE])
        older = ""
        if len(posts) > PAGE_SIZE:
            link = f"{escape(call.path)}?before={posts[PAGE_SIZE - 1].published_at!r}"
            older = f'<p class="older"><a href="{link}">Older posts</a></p>'
        return f'<section class="cards">{shown}</section>{older}'

    def _card(self, post: LivePost) -> str:
        at = datetime.fromtimestamp(post.published_at, UTC)
        return fill(
            "card",
            html={"media": slides(post), "caption": caption(post.caption)},
            id=post.id, path=post.path, username=self.accounts[post.account].username, kind=KINDS[post.kind],
            iso=at.isoformat(), when=f"{at.day} {at:%b %Y, %H:%M} UTC",
            remark=(" · made by hand" if post.origin != "api" else "") + _seen_by(post),
        )  # fmt: skip

    def _facts(self, post: LivePost) -> str:
        files = "<br>".join(escape(f"{part['type']} {part['sha256'][:16] or 'not fetched'}") for part in post.media)
        rows = self.world.ledger.run("SELECT * FROM comments WHERE post = ? ORDER BY rowid", post.id)
        said = "".join(f"<li><b>{escape(r['username'])}</b> {escape(r['text'])}</li>" for r in rows)
        return fill(
            "facts",
            html={"files": files, "comments": f"<ul>{said}</ul>" if said else ""},
            id=post.id, container=post.container or "none", origin=f"call {post.call}" if post.call else post.origin,
            exact=datetime.fromtimestamp(post.published_at, UTC).isoformat(sep=" ", timespec="milliseconds"),
            comments_enabled="on" if post.comments_enabled else "off",
        )  # fmt: skip

    def _show(self, title: str, main: str, *, current: str = "", page: str = "feed", status: int = 200) -> Answer:
        html = {"main": main, "accounts": "".join(self._tab(a.username, current) for a in self._tabs(current))}
        body = fill("layout", html=html, title=title, page=page).encode()
        return Answer(body, status, SAFE | {"Cache-Control": "no-store"}, "text/html; charset=utf-8")

    def _tabs(self, current: str) -> list[Account]:
        """The first accounts, and the one that is shown."""
        accounts = list(self.accounts.values())
        return accounts[:8] + [a for a in accounts[8:] if a.username == current]

    def _tab(self, username: str, current: str) -> str:
        name, here = escape(username), ' aria-current="page"' if username == current else ""
        return f'<a href="/{name}"{here}><img src="/avatar/{name}.svg" alt="" width="28" height="28">{name}</a>'


@cache
def template(name: str) -> Template:
    """One of the files in pages/."""
    return Template((PAGES / f"{name}.html").read_text())


def fill(name: str, /, html: dict[str, str] | None = None, **values: Any) -> str:
    """A template with its values. What is not in `html` is escaped."""
    return template(name).substitute({k: escape(str(v)) for k, v in values.items()} | (html or {}))


def caption(text: str) -> str:
    """The words with their tags and names set off, as HTML."""
    return re.sub(r"(?<![\w&])([#@][\w.]*\w)", r"<span>\1</span>", escape(text, quote=False))


def slides(post: LivePost) -> str:
    """The media, side by side, as HTML."""
    total = len(post.media)
    items = []
    for number, part in enumerate(post.media, start=1):
        count = f'<span class="count">{number}/{total}</span>' if total > 1 else ""
        items.append(f"<li>{_medium(part)}{count}</li>")
    label = "Slides, scroll sideways" if total > 1 else "Media"
    shape = SHAPES[min(SHAPES, key=lambda ratio: abs(ratio - _ratio(post.media)))] if total > 1 else "alone"
    return f'<ul class="slides {shape}" tabindex="0" aria-label="{label}">{"".join(items)}</ul>'


def _ratio(media: Sequence[dict[str, Any]]) -> float:
    """Of the first slide: Instagram shows all of them in its shape."""
    first = media[0]
    return float(first["width"] / first["height"]) if first.get("height") else 1.0


def _seen_by(post: LivePost) -> str:
    """For whom it is, where that is not everybody."""
    return f" · {post.facts['seen_by']}" if post.facts.get("seen_by") else ""


def _medium(part: dict[str, Any]) -> str:
    if not part["sha256"]:
        return '<p class="unfetched">Not fetched: looking at media is switched off.</p>'
    if part["type"] == "video":
        still = part.get("cover") or part.get("poster")
        poster = f' poster="/media/{still}"' if still else ""
        return f'<video src="/media/{part["sha256"]}"{poster} controls loop playsinline preload="metadata"></video>'
    size = f'width="{part["width"]}" height="{part["height"]}"'
    return f'<img src="/media/{part["sha256"]}" alt="{escape(part.get("alt_text", ""))}" {size} loading="lazy">'


def avatar(username: str) -> str:
    """A round picture of the initials; each name has its own colour."""
    words = re.split(r"[._-]", username)
    initials = escape("".join(word[:1] for word in words[:2]).upper())
    hue = int(sha256(username.encode()).hexdigest()[:4], 16) % 360
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 96 96">'
        f'<rect width="96" height="96" rx="48" fill="hsl({hue} 42% 38%)"/>'
        '<text x="48" y="49" fill="#fff" font-family="system-ui, sans-serif" font-size="38" font-weight="600"'
        f' text-anchor="middle" dominant-baseline="central">{initials}</text></svg>'
    )


def stored(path: Path, wanted: str) -> Answer:
    """A kept copy, or the piece of it that a player asks for."""
    if not path.is_file():
        return Answer(b"There is no such file.\n", 404, content_type="text/plain")
    size = path.stat().st_size
    with path.open("rb") as file:
        kind = "image/jpeg" if file.read(2) == b"\xff\xd8" else "video/mp4"
        headers = {"Accept-Ranges": "bytes", "Cache-Control": "max-age=86400, immutable"} | SAFE
        asked = re.fullmatch(r"bytes=(\d+)-(\d*)", wanted)
        if not asked:
            file.seek(0)
            return Answer(file.read(), 200, headers, kind)
        start, end = int(asked[1]), min(int(asked[2] or size - 1), size - 1, int(asked[1]) + PIECE - 1)
        if start > end:
            return Answer(b"", 416, headers | {"Content-Range": f"bytes */{size}"}, kind)
        file.seek(start)
        return Answer(file.read(end - start + 1), 206, headers | {"Content-Range": f"bytes {start}-{end}/{size}"}, kind)
