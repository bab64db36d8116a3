"""Publishes: opened, filled or fetched, processed, and live exactly once each.

A publish by upload goes live by its last byte, one by address as soon as it is opened: nothing can call it back.
"""

from __future__ import annotations

import hashlib
import json
import re
import secrets
from pathlib import Path
from typing import Any
from urllib.parse import quote

from connectors.sandbox import media
from connectors.sandbox.media import Flaw
from connectors.sandbox.platforms.tiktok import checks
from connectors.sandbox.platforms.tiktok.checks import part
from connectors.sandbox.platforms.tiktok.errors import TikTokError, bad
from connectors.sandbox.records import DAY, Account, Container, LivePost
from connectors.sandbox.sparse import pour
from connectors.sandbox.wire import Answer, Call, World

PLATFORM = "tiktok"
HOUR = 3600
PENDING_MAX = 5
RANGE = re.compile(r"bytes (\d+)-(\d+)/(\d+)")
TYPES = ("video/mp4", "video/quicktime", "video/webm")
PHOTO = media.ImageRules(formats=("JPEG", "WEBP"), max_bytes=20_000_000)


class Publishes:
    """The publishes of one world."""

    def __init__(self, world: World) -> None:
        self.world = world

    # --- opening ----------------------------------------------------------------------------------------------------

    def open_film(self, call: Call, account: Account, *, inbox: bool) -> dict[str, Any]:
        """video/init and inbox/video/init. Raises TikTokError."""
        body = checks.body_of(call)
        source, info = part(body, "source_info"), {} if inbox else part(body, "post_info")
        checks.check_words(info, {"title": checks.TITLE_MAX})
        self._check_account(account, info, inbox=inbox)
        if source.get("source") == "FILE_UPLOAD":
            checks.check_chunks(source, self.world.options)
            return self._upload(call, account, info, source, inbox=inbox)
        if source.get("source") != "PULL_FROM_URL":
            raise bad("source_info is empty or incorrect")
        checks.check_addresses([source.get("video_url")], self.world.options)
        return self._by_address(call, account, "video", info, [source["video_url"]], inbox=inbox)

    def open_photos(self, call: Call, account: Account, *, inbox: bool) -> dict[str, Any]:
        """content/init. Raises TikTokError."""
        body = checks.body_of(call)
        info, source = part(body, "post_info"), part(body, "source_info")
        checks.check_photos(body, self.world.options)
        checks.check_words(info, {"title": checks.PHOTO_TITLE_MAX, "description": checks.DESCRIPTION_MAX})
        self._check_account(account, info, inbox=inbox)
        cover = source["photo_cover_index"]
        return self._by_address(call, account, "carousel", info | {"cover": cover}, source["photo_images"], inbox=inbox)

    def _check_account(self, account: Account, info: dict[str, Any], *, inbox: bool) -> None:
        if word := self.hindrance(account):
            raise TikTokError(word)
        if inbox and self._pending(account) >= PENDING_MAX:
            raise TikTokError("spam_risk_too_many_pending_share")
        if not inbox:
            checks.check_direct(info, account)

    def hindrance(self, account: Account) -> str:
        """Why this account cannot post at all now, in TikTok's word; "" when it can."""
        if word := account.facts.get("refused"):
            return str(word)
        since = self.world.clock.now() - DAY
        made = self.world.ledger.count(
            "posts", "account = ? AND origin = 'api' AND published_at > ?", account.id, since
        )
        return "spam_risk_too_many_posts" if made >= account.quota_total else ""

    def _pending(self, account: Account) -> int:
        since = self.world.clock.now() - DAY
        found = self.world.ledger.containers("account = ? AND created_at > ? AND post IS NULL", account.id, since)
        return sum(c.params["inbox"] == "yes" and (c.params["source"] == "url" or c.checked) for c in found)

    def _upload(
        self, call: Call, account: Account, info: dict[str, Any], source: dict[str, Any], *, inbox: bool
    ) -> dict[str, Any]:
        token = secrets.token_hex(24)
        plan = {name: str(source[name]) for name in ("video_size", "chunk_size", "total_chunk_count")}
        params = plan | {"source": "file", "upload_token": token}
        publish = self._new(call, account, "video", info, params, inbox=inbox)
        publish.checked = False
        self.world.ledger.add_container(publish)
        query = f"upload_id={quote(publish.id)}&upload_token={token}"
        return {"publish_id": publish.id, "upload_url": f"{self.world.base_url}/tiktok/upload/video/?{query}"}

    def _by_address(
        self, call: Call, account: Account, kind: str, info: dict[str, Any], urls: list[str], *, inbox: bool
    ) -> dict[str, Any]:
        params = {"source": "url", "urls": json.dumps(urls)}
        publish = self._new(call, account, kind, info, params, inbox=inbox)
        publish.checked = False
        self._faults(call, publish)
        self.world.ledger.add_container(publish)
        self._process(publish)
        return {"publish_id": publish.id}

    def _new(
        self, call: Call, account: Account, kind: str, info: dict[str, Any], params: dict[str, str], *, inbox: bool
    ) -> Container:
        now, options = self.world.clock.now(), self.world.options
        word = f"{'p' if kind == 'carousel' else 'v'}_{'inbox' if inbox else 'pub'}_{params['source']}"
        seconds = options.image_seconds if kind == "carousel" else options.video_seconds
        kept = params | {"info": json.dumps(info), "inbox": "yes" if inbox else "no", "call": str(call.number)}
        key = f"{word}~v2-1.{secrets.randbelow(10**19):019d}"
        return Container(key, PLATFORM, account.id, kind, now, now + seconds, kept)

    def _faults(self, call: Call, publish: Container) -> None:
        if stuck := call.fault("container_stuck"):
            publish.ready_at = self.world.clock.now() + stuck.options["seconds"]
        if broken := call.fault("container_error"):
            publish.error = broken.options["word"] or "internal"
        if lag := call.fault("list_lag"):
            publish.params["lag"] = str(lag.options["seconds"])

    # --- bytes ------------------------------------------------------------------------------------------------------

    def part_file(self, publish: Container) -> Path:
        """Where an upload grows."""
        return self.world.ledger.media / f"{publish.id}.part"

    def uploaded(self, publish: Container) -> int:
        """How many bytes have come."""
        path = self.part_file(publish)
        size = int(publish.params["video_size"])
        return size if self._whole(publish) else path.stat().st_size if path.exists() else 0

    def _whole(self, publish: Container) -> bool:
        return publish.params.get("whole") == "yes"

    def put(self, call: Call) -> Answer:
        """One chunk. No token but the one in the address."""
        publish = self.world.ledger.container(call.params.get("upload_id", ""))
        token = call.params.get("upload_token", "")
        if publish is None or publish.platform != PLATFORM or publish.params.get("upload_token") != token:
            return _bare(404)
        if self.world.clock.now() >= publish.created_at + HOUR:
            return _bare(403)
        with self.world.ledger.transaction():  # one chunk at a time
            fresh = self.world.ledger.container(publish.id) or publish
            return self._take(call, fresh)

    def _take(self, call: Call, publish: Container) -> Answer:
        size, chunk = int(publish.params["video_size"]), int(publish.params["chunk_size"])
        asked = RANGE.fullmatch(call.headers.get("content-range", ""))
        if not asked or call.headers.get("content-type") not in TYPES or "authorization" in call.headers:
            return _bare(400)
        first, last, total = (int(number) for number in asked.groups())
        length = int(call.headers.get("content-length", "0"))
        if total != size or last - first + 1 != length:
            return _bare(400)
        has = self.uploaded(publish)
        if first != has:
            return self._so_far(416, has, size)
        final = first == (size // chunk - 1) * chunk
        if (final and last != size - 1) or (not final and length != chunk):
            return _bare(400)
        self._append(call, publish)
        if not final:
            return self._so_far(206, last + 1, size)
        self._finish(call, publish)
        return self._so_far(201, size, size)

    def _append(self, call: Call, publish: Container) -> None:
        path = self.part_file(publish)
        path.touch()
        with path.open("r+b") as file:
            pour(call.content(), file)

    def _finish(self, call: Call, publish: Container) -> None:
        """The last byte has come: from here on it goes live by itself."""
        publish.params |= {"whole": "yes", "call": str(call.number)}
        publish.ready_at = self.world.clock.now() + self.world.options.video_seconds
        self._faults(call, publish)
        sql = "UPDATE containers SET params = ?, ready_at = ?, error = ? WHERE id = ?"
        self.world.ledger.run(sql, json.dumps(publish.params), publish.ready_at, publish.error, publish.id)
        self._process(publish)

    def _so_far(self, status: int, has: int, size: int) -> Answer:
        answer = _bare(status)
        answer.headers["Content-Range"] = f"bytes 0-{max(has - 1, 0)}/{size}"
        return answer

    # --- processing -------------------------------------------------------------------------------------------------

    def resume(self) -> None:
        """Process what a stopped sandbox left."""
        for publish in self.world.ledger.containers("checked = 0 AND platform = ?", PLATFORM):
            if publish.params["source"] == "url" or self._whole(publish):
                self._process(publish)

    def _process(self, publish: Container) -> None:
        if self.world.options.check_media:
            self.world.in_background(lambda: self._look(publish))
        else:
            kind = "image" if publish.kind == "carousel" else "video"
            count = len(json.loads(publish.params.get("urls", "[0]")))
            self._done(publish, [{"type": kind, "sha256": "", "seconds": 3.2}] * count, "")

    def _look(self, publish: Container) -> None:
        try:
            found, error = self._media(publish), ""
        except media.Unacceptable as e:
            found, error = [], _reason(publish.kind, e)
        self._done(publish, found, error)

    def _media(self, publish: Container) -> list[dict[str, Any]]:
        if publish.params["source"] == "file":
            return [self._film(publish, self._uploaded_copy(publish))]
        urls, keep, options = json.loads(publish.params["urls"]), self.world.ledger.media, self.world.options
        if publish.kind == "video":
            return [self._film(publish, media.fetch(urls[0], keep, options, options.video_max_bytes))]
        return [self._photo(media.fetch(url, keep, options, PHOTO.max_bytes)) for url in urls]

    def _uploaded_copy(self, publish: Container) -> media.Copy:
        path = self.part_file(publish)
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        size = path.stat().st_size
        kept = path.replace(self.world.ledger.media / digest)
        return media.Copy(kept, digest, size)

    def _film(self, publish: Container, copy: media.Copy) -> dict[str, Any]:
        account = self.world.ledger.account(publish.account)
        most = account.facts.get("max_seconds", 300) if account else 300
        rules = media.VideoRules(
            max_bytes=checks.FILM_MAX, min_seconds=0, max_seconds=most, min_aspect=0.01, max_aspect=100,
            codecs=("h264", "hevc", "vp8", "vp9"), audio_codecs=("aac", "mp3", "opus", "vorbis"), max_width=4096,
            max_bit_rate=10**9, fast_start=False, containers=("mp4", "webm"),
        )  # fmt: skip
        facts = media.look_at_video(copy, rules)
        if min(facts["width"], facts["height"]) < 360 or max(facts["width"], facts["height"]) > 4096:
            raise media.Unacceptable(Flaw.ASPECT, f"it is {facts['width']} × {facts['height']}")
        return facts

    def _photo(self, copy: media.Copy) -> dict[str, Any]:
        facts = media.look_at_image(copy, PHOTO)
        if min(facts["width"], facts["height"]) > 1080 or max(facts["width"], facts["height"]) > 1920:
            raise media.Unacceptable(Flaw.ASPECT, f"it is {facts['width']} × {facts['height']}")
        return facts

    def _done(self, publish: Container, found: list[dict[str, Any]], error: str) -> None:
        """Processed: live, in the inbox, or failed."""
        keep = "checked = 1, media = ?, error = CASE error WHEN '' THEN ? ELSE error END"
        with self.world.ledger.transaction():
            sql = f"UPDATE containers SET {keep} WHERE id = ? AND checked = 0"  # noqa: S608
            if not self.world.ledger.changed(sql, json.dumps(found), error, publish.id):
                return
            fresh = self.world.ledger.container(publish.id)
            if fresh and not fresh.error and fresh.params["inbox"] == "no":
                self.go_live(fresh, fresh.ready_at, "api")

    def go_live(self, publish: Container, at: float, origin: str) -> LivePost:
        """Make it a post: once."""
        account = self.world.ledger.account(publish.account)
        key, info = f"75{secrets.randbelow(10**17):017d}", json.loads(publish.params["info"])
        privacy = info.get("privacy_level") or checks.PUBLIC
        word = "photo" if publish.kind == "carousel" else "video"
        title = info.get("description" if word == "photo" else "title", "")
        facts = info | {"privacy_level": privacy, "seen_by": checks.SEEN_BY[privacy]}
        post = LivePost(
            key, PLATFORM, publish.account, publish.kind, title,
            f"/@{account.username if account else ''}/{word}/{key}", key, at, at + float(publish.params.get("lag", 0)),
            publish.id, origin, int(publish.params["call"]) if origin == "api" else 0, publish.media, facts,
            comments_enabled=not info.get("disable_comment", False),
        )  # fmt: skip
        with self.world.ledger.transaction():
            self.world.ledger.add_post(post)
            self.world.ledger.run("UPDATE containers SET post = ? WHERE id = ?", key, publish.id)
        return post

    # --- what became of it --------------------------------------------------------------------------------------------

    def of(self, key: str, account: Account) -> Container:
        """The publish with this id. Raises TikTokError."""
        publish = self.world.ledger.container(key)
        if publish is None or publish.platform != PLATFORM:
            raise TikTokError("invalid_publish_id")
        if publish.account != account.id:
            raise TikTokError("token_not_authorized_for_specified_publish_id")
        return publish

    def status(self, publish: Container) -> dict[str, Any]:
        """As status/fetch shows it."""
        size = {"uploaded_bytes": self.uploaded(publish)} if publish.params["source"] == "file" else {}
        if publish.error and publish.checked:
            return {"status": "FAILED", "fail_reason": publish.error} | size
        if not publish.checked or self.world.clock.now() < publish.ready_at:
            return {"status": "PROCESSING_UPLOAD" if size else "PROCESSING_DOWNLOAD"} | size
        post = self._post(publish)
        if post is None:
            return {"status": "SEND_TO_USER_INBOX"} | size
        shown = post.facts["privacy_level"] == checks.PUBLIC and self.world.clock.now() >= post.listed_at
        return {"status": "PUBLISH_COMPLETE", "publicaly_available_post_id": [int(post.id)] if shown else []} | size

    def _post(self, publish: Container) -> LivePost | None:
        """A draft becomes a post when its creator is quick enough."""
        if publish.post:
            return self.world.ledger.posts("id = ?", publish.post)[0]
        seconds = self.world.options.creator_seconds
        if not seconds or self.world.clock.now() < publish.ready_at + seconds:
            return None
        with self.world.ledger.transaction():
            fresh = self.world.ledger.container(publish.id)
            if fresh is None or fresh.post:
                return self.world.ledger.posts("id = ?", fresh.post)[0] if fresh else None
            return self.go_live(fresh, publish.ready_at + seconds, "by hand")

    def touch(self, call: Call, publish: Container) -> None:
        """Let faults on a read change the publish itself."""
        if call.fault("container_stuck") or call.fault("container_error"):
            self._faults(call, publish)
            sql = "UPDATE containers SET ready_at = ?, error = ? WHERE id = ?"
            self.world.ledger.run(sql, publish.ready_at, publish.error, publish.id)


def _bare(status: int) -> Answer:
    return Answer(b"", status, content_type="text/plain")


def _reason(kind: str, flaw: media.Unacceptable) -> str:
    """TikTok's word for what is wrong with a medium."""
    if flaw.flaw in (Flaw.FETCH, Flaw.TIMEOUT):
        return "photo_pull_failed" if kind == "carousel" else "video_pull_failed"
    if flaw.flaw == Flaw.ASPECT:
        return "picture_size_check_failed"
    if "lasts" in str(flaw):
        return "duration_check_failed"
    if "frames per second" in str(flaw):
        return "frame_rate_check_failed"
    return "file_format_check_failed"
