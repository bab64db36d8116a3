"""Resumable uploads: opening a session, taking the file in pieces, and the last byte that makes the video.

Source: fact sheet platforms/youtube.md §3 and §12 (November 2026). A session takes only what follows directly on what
it has, says how much that is, and repeats its answer once it is complete. A week after its opening it is gone.
"""

from __future__ import annotations

import hashlib
import json
import re
import secrets
import threading
from dataclasses import dataclass
from datetime import UTC, datetime, time
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from connectors.sandbox import media
from connectors.sandbox.platforms.youtube.errors import UPLOADS_PER_DAY, ApiError
from connectors.sandbox.records import DAY, Account, Container, LivePost
from connectors.sandbox.sparse import pour
from connectors.sandbox.wire import Answer, Call, World

SESSION_SECONDS = 7 * DAY
PIECE = 256 * 1024  # every piece but the last is a multiple of it
MAX_BYTES = 274_877_906_944
PACIFIC = ZoneInfo("America/Los_Angeles")
RANGE = re.compile(r"^bytes (?:\*|(\d+)-(\d+))/(\d+)$")


@dataclass(frozen=True)
class Span:
    """What a PUT says it carries. `first` is None for the question how much is there."""

    first: int | None
    last: int
    total: int


class Uploads:
    """The sessions of one world. A session is a container; its file grows in `uploads/`."""

    platform = "youtube"

    def __init__(self, world: World) -> None:
        self.world = world
        self.folder = world.ledger.directory / "uploads"
        self.folder.mkdir(exist_ok=True)
        self._lock = threading.Lock()  # two callers may send the same piece at once

    # --- opening --------------------------------------------------------------------------------------------------

    def open(self, call: Call, account: Account) -> Answer:
        """A new session; what is wrong with the words is said here, before any byte."""
        size = call.headers.get("x-upload-content-length", "")
        if call.params.get("uploadType") != "resumable" or not size.isdigit() or not 0 < int(size) <= MAX_BYTES:
            raise ApiError(400, "mediaBodyRequired")
        wish = resource(call.body)
        check(wish)
        self._check_quota(account)
        key, now = f"ABg5{secrets.token_urlsafe(24)}", self.world.clock.now()
        params = {"size": size, "slug": call.headers.get("slug", ""), "resource": json.dumps(wish)}
        params |= {name: call.params[name] for name in ("part", "notifySubscribers") if name in call.params}
        self.world.ledger.add_container(
            Container(key, self.platform, account.id, "video", now, now, params, checked=True)
        )
        (self.folder / key).touch()
        return Answer(b"", 200, {"Location": self._address(key)})

    def _address(self, key: str) -> str:
        return f"{self.world.base_url}/youtube/upload/youtube/v3/videos?uploadType=resumable&upload_id={key}"

    def _check_quota(self, account: Account) -> None:
        """Sessions since midnight Pacific time. The bucket is the project's; here each account has one of its own."""
        now = datetime.fromtimestamp(self.world.clock.now(), PACIFIC)
        midnight = datetime.combine(now.date(), time(), PACIFIC).timestamp()
        where = "platform = 'youtube' AND account = ? AND created_at >= ?"
        if self.world.ledger.count("containers", where, account.id, midnight) >= account.quota_total:
            raise ApiError(429, "rateLimitExceeded", UPLOADS_PER_DAY)

    # --- pieces ---------------------------------------------------------------------------------------------------

    def session(self, key: str) -> Container | None:
        """None when there is none, or none any more."""
        found = self.world.ledger.container(key) if key else None
        if found is None or found.platform != self.platform:
            return None
        return found if self.world.clock.now() < found.created_at + SESSION_SECONDS else None

    def put(self, call: Call, container: Container) -> Answer:
        """Take a piece, or tell how much is there."""
        size, length = int(container.params["size"]), int(call.headers.get("content-length", "0"))
        span = self._span(call, size, length)
        with self._lock:
            if done := self._complete(container.id):
                return Answer(self.shown(done, container))
            if span.first is not None:
                self._take(call, container, span)
            if self.received(container.id) < size:
                return self._go_on(call, container)
            return Answer(self.shown(self._finish(call, container), container), 201)

    def _span(self, call: Call, size: int, length: int) -> Span:
        said = call.headers.get("content-range")
        if said is None:
            return Span(0, size - 1, size) if length == size else bad(f"Expected {size} bytes, got {length}.")
        found = RANGE.match(said)
        if not found or int(found[3]) != size:
            return bad(f"Invalid Content-Range {said}.")
        if found[1] is None:
            return Span(None, 0, size)
        span = Span(int(found[1]), int(found[2]), size)
        if length != span.last - int(found[1]) + 1 or span.last >= size:
            return bad(f"Content-Range {said} does not fit {length} bytes.")
        if span.last < size - 1 and length % PIECE:
            return bad(f"Every piece but the last has a multiple of {PIECE} bytes.")
        return span

    def _take(self, call: Call, container: Container, span: Span) -> None:
        """Append what follows directly on what is there; a piece from anywhere else is not kept."""
        if span.first != self.received(container.id):
            return
        with (self.folder / container.id).open("r+b") as file:
            pour(call.content(), file)
        if less := call.fault("keep_less"):
            kept = max(self.received(container.id) - less.options["bytes"], 0)
            with (self.folder / container.id).open("ab") as file:
                file.truncate(kept)

    def received(self, key: str) -> int:
        """How many bytes are there."""
        return (self.folder / key).stat().st_size

    def _go_on(self, call: Call, container: Container) -> Answer:
        """308: without a Range nothing is there."""
        received = self.received(container.id)
        headers = {"Range": f"bytes=0-{received - 1}"} if received else {}
        if call.fault("new_location"):
            headers["Location"] = self._address(container.id) + "&moved=1"
        return Answer(b"", 308, headers)

    # --- the last byte --------------------------------------------------------------------------------------------

    def _complete(self, key: str) -> LivePost | None:
        now = self.world.ledger.container(key)
        found = self.world.ledger.posts("id = ?", now.post) if now and now.post else []
        return found[0] if found else None

    def _finish(self, call: Call, container: Container) -> LivePost:
        now, options = self.world.clock.now(), self.world.options
        stuck, broken = call.fault("container_stuck"), call.fault("container_error")
        post = self._post(call, container, now)
        ready = now + (stuck.options["seconds"] if stuck else options.video_seconds)
        error = broken.options["word"] if broken else ""
        with self.world.ledger.transaction():
            self.world.ledger.add_post(post)
            sql = "UPDATE containers SET post = ?, ready_at = ?, error = ?, checked = ? WHERE id = ?"
            self.world.ledger.run(sql, post.id, ready, error, int(not options.check_media), container.id)
        if options.check_media:
            self.world.in_background(lambda: self.look(container.id))
        return post

    def _post(self, call: Call, container: Container, now: float) -> LivePost:
        wish, lag = json.loads(container.params["resource"]), call.fault("list_lag")
        account = self.world.ledger.account(container.account)
        key = secrets.token_urlsafe(8)
        privacy = wish.get("status", {}).get("privacyStatus", "public")
        if account and account.facts.get("unaudited"):
            privacy = "private"
        snippet = wish["snippet"]
        words = "\n\n".join(filter(None, (snippet["title"], snippet.get("description", ""))))
        facts = {"resource": wish, "privacy": privacy, "slug": container.params["slug"], "playlists": {}}
        facts |= {"notify": container.params.get("notifySubscribers", "true"), "size": container.params["size"]}
        facts |= {"seen_by": privacy} if privacy != "public" else {}
        part = {"id": key, "type": "video", "sha256": "", "bytes": int(container.params["size"])}
        return LivePost(
            key, self.platform, container.account, "video", words, f"/watch?v={key}", key, now,
            now + (lag.options["seconds"] if lag else 0), container.id, call=call.number, media=[part], facts=facts,
        )  # fmt: skip

    def look(self, key: str) -> None:
        """What the uploaded file is: as YouTube's processing, after the upload."""
        container = self.world.ledger.container(key)
        if container is None:
            return
        found = self.world.ledger.posts("id = ?", container.post)[0]
        kept, error = keep(self.folder / key, self.world.ledger.media), container.error
        part = found.media[0] | {"sha256": kept.sha256}
        try:
            part |= media.read_video(kept)
        except media.Unacceptable:
            error = error or "failed:invalidFile"
        short = part.get("width", 1) <= part.get("height", 0) and part.get("seconds", 999) <= 180
        with self.world.ledger.transaction():
            sql = "UPDATE posts SET media = ?, kind = ? WHERE id = ?"
            self.world.ledger.run(sql, json.dumps([part]), "short" if short else "video", found.id)
            self.world.ledger.run("UPDATE containers SET checked = 1, error = ? WHERE id = ?", error, key)

    def resume(self) -> None:
        """Look at what a stopped sandbox had not looked at."""
        for container in self.world.ledger.containers("checked = 0 AND platform = ?", self.platform):
            key = container.id
            self.world.in_background(lambda key=key: self.look(key))  # type: ignore[misc]

    # --- the video as a resource ------------------------------------------------------------------------------------

    def shown(self, post: LivePost, container: Container | None = None) -> dict[str, Any]:
        """Snippet and status, as an upload answers."""
        container = container or self.world.ledger.container(post.container)
        wish = post.facts["resource"]
        status = {name: value for name, value in wish.get("status", {}).items() if name != "privacyStatus"}
        made_for_kids = {"madeForKids": status.get("selfDeclaredMadeForKids", False)}
        return {
            "kind": "youtube#video",
            "etag": f"e{post.id}",
            "id": post.id,
            "snippet": wish["snippet"]
            | {"publishedAt": moment(post.published_at), "channelId": post.account, "liveBroadcastContent": "none"},
            "status": status
            | made_for_kids
            | {"privacyStatus": post.facts["privacy"], "license": "youtube", "embeddable": True}
            | (self.status(container) if container else {"uploadStatus": "processed"}),
        }

    def status(self, container: Container) -> dict[str, str]:
        """uploadStatus, and why where it failed. The container of before the finish stands for a fresh upload."""
        now = self.world.ledger.container(container.id) or container
        if now.checked and now.error:
            kind, _, reason = now.error.partition(":")
            return {"uploadStatus": kind} | ({f"{REASONS[kind]}Reason": reason} if kind in REASONS else {})
        processed = now.checked and self.world.clock.now() >= now.ready_at
        return {"uploadStatus": "processed" if processed else "uploaded"}


REASONS = {"failed": "failure", "rejected": "rejection"}


def bad(message: str) -> Span:
    """Refuse a piece that makes no sense."""
    raise ApiError(400, "badRequest", message)


def resource(body: bytes) -> dict[str, Any]:
    """The JSON of an upload's start. Raises ApiError."""
    try:
        found = json.loads(body or b"{}")
    except ValueError:
        raise ApiError(400, "parseError", "Parse Error") from None
    return found if isinstance(found, dict) else {}


def check(wish: dict[str, Any]) -> None:
    """The limits of the words. Raises ApiError."""
    snippet = wish.get("snippet", {})
    title, description, tags = snippet.get("title", ""), snippet.get("description", ""), snippet.get("tags", [])
    if not title.strip() or len(title) > 100 or set(title) & set("<>"):
        raise ApiError(400, "invalidTitle")
    if len(description.encode()) > 5000 or set(description) & set("<>"):
        raise ApiError(400, "invalidDescription")
    if sum(len(tag) + 2 * (" " in tag) for tag in tags) + max(len(tags) - 1, 0) > 500:
        raise ApiError(400, "invalidTags")
    if not isinstance(snippet.get("categoryId", "22"), str) or not snippet.get("categoryId", "22").isdigit():
        raise ApiError(400, "invalidCategoryId")
    if wish.get("status", {}).get("privacyStatus", "public") not in ("public", "unlisted", "private"):
        raise ApiError(400, "invalidVideoMetadata")


def keep(file: Path, into: Path) -> media.Copy:
    """A copy of the file under the hash of its bytes, without using space twice."""
    with file.open("rb") as opened:
        digest = hashlib.file_digest(opened, "sha256").hexdigest()
    kept = into / digest
    if not kept.exists():
        kept.hardlink_to(file)
    return media.Copy(kept, digest, kept.stat().st_size)


def moment(at: float) -> str:
    """As Google writes moments: 2026-11-20T09:00:01Z."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
