"""Containers: making them, fetching what they hold, their status, and the one step that makes them public.

Source: fact sheet platforms/meta.md §2, §7.2 and §11, read 2026-11-20. Pictures are fetched within the call that
names them, so that what is wrong with them is its answer (36000, 36001, 36003, 9004); films are fetched afterwards, so
that what is wrong with them is the container's status.
"""

from __future__ import annotations

import base64
import json
import secrets
import sqlite3
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from connectors.sandbox import media
from connectors.sandbox.media import Flaw
from connectors.sandbox.platforms.graph import GraphError, Session, bad, missing
from connectors.sandbox.platforms.instagram import params as p
from connectors.sandbox.platforms.instagram.params import Kind
from connectors.sandbox.records import DAY, Account, Container, LivePost
from connectors.sandbox.wire import Call, World

FEED_IMAGE = media.ImageRules(min_aspect=4 / 5, max_aspect=1.91)
STORY_IMAGE = COVER = media.ImageRules()
STORY_VIDEO_BYTES = 100_000_000

ERRORS: Mapping[Flaw, tuple[int, int]] = {
    Flaw.FETCH: (9004, 2207052),
    Flaw.TIMEOUT: (-2, 2207003),
    Flaw.SIZE: (36000, 2207004),
    Flaw.FORMAT: (36001, 2207005),
    Flaw.ASPECT: (36003, 2207009),
    Flaw.VIDEO: (352, 2207026),
    Flaw.COVER_TIME: (1, 2207057),
}
SHOWN_FACTS = ("share_to_feed", "alt_text", "is_ai_generated")
STATUS = {
    "IN_PROGRESS": "In Progress: Media is still being processed.",
    "FINISHED": "Finished: Media has been uploaded and it is ready to be published.",
    "PUBLISHED": "Published: Media has been published.",
    "EXPIRED": "Expired: The container was not published within 24 hours and has expired.",
}


def video_rules(kind: Kind, max_bytes: int) -> media.VideoRules:
    """Reels and carousel films may last 15 minutes, stories one."""
    if kind == Kind.STORY:
        return media.VideoRules(min(STORY_VIDEO_BYTES, max_bytes), 3, 60, 0.1, 10)
    return media.VideoRules(max_bytes, 3, 15 * 60, 0.01, 10)


class Containers:
    """The containers of this platform in one world."""

    platform = "instagram"

    def __init__(self, world: World) -> None:
        self.world = world

    # --- making one -----------------------------------------------------------------------------------------------

    def create(self, call: Call, account: Account, host: str) -> Container:
        """Check the parameters, fetch a picture, keep the container. Raises GraphError."""
        kind = p.kind_of(call.params)
        p.check(kind, call.params, host)
        self._check_count(account)
        children = self._children(call, account) if kind == Kind.CAROUSEL else []
        container = self._container(call, account, kind, children)
        if url := call.params.get("image_url", ""):
            container.media = [self._image(url, kind)]
        else:
            container.checked = kind == Kind.CAROUSEL
        self._apply_faults(call, container)
        self.world.ledger.add_container(container)
        self._fetch_later(container)
        return container

    def _container(self, call: Call, account: Account, kind: Kind, children: list[str]) -> Container:
        now, options = self.world.clock.now(), self.world.options
        seconds = options.video_seconds if call.params.get("video_url") else options.image_seconds
        kept = {k: v for k, v in call.shown_params().items() if k != "access_token"}
        key = numbered("1788")
        return Container(key, self.platform, account.id, kind, now, now + seconds, kept, children)

    def _check_count(self, account: Account) -> None:
        """Which error Meta gives past 400 containers is not documented; this is the general one for too much."""
        since = self.world.clock.now() - DAY
        if self._made_since(account, since) >= account.containers_total:
            raise GraphError(4)

    def _made_since(self, account: Account, since: float) -> int:
        return self.world.ledger.count("containers", "account = ? AND created_at > ?", account.id, since)

    def _children(self, call: Call, account: Account) -> list[str]:
        ids = p.children_of(call.params["children"])
        for key in ids:
            child = self.world.ledger.container(key)
            if child is None or child.account != account.id:
                raise GraphError(24, 2207008, f"The media builder with creation id = {key} does not exist.")
            if not Kind(child.kind).child:
                raise bad(f"The container {key} is no carousel item", 2207028)
            if self.status(child)[0] == "EXPIRED":
                raise GraphError(-2, 2207020)
        return ids

    def _apply_faults(self, call: Call, container: Container) -> None:
        if stuck := call.fault("container_stuck"):
            container.ready_at = self.world.clock.now() + stuck.options["seconds"]
        if broken := call.fault("container_error"):
            container.error = str(broken.options["code"])

    # --- what it holds ----------------------------------------------------------------------------------------------

    def _image(self, url: str, kind: Kind) -> dict[str, Any]:
        """Fetch a picture now. Raises GraphError with what is wrong with it."""
        if not self.world.options.check_media:
            return {"type": "image", "sha256": "", "url": url}
        rules = STORY_IMAGE if kind == Kind.STORY else FEED_IMAGE
        try:
            copy = media.fetch(url, self.world.ledger.media, self.world.options, rules.max_bytes)
            return media.look_at_image(copy, rules)
        except media.Unacceptable as e:
            raise GraphError(*ERRORS[e.flaw]) from e

    def _fetch_later(self, container: Container) -> None:
        if container.checked:
            return
        if self.world.options.check_media:
            self.world.in_background(lambda: self.fetch_film(container))
        else:
            self.fetch_film(container)

    def fetch_film(self, container: Container) -> None:
        """Fetch a film and its cover, and write down what they are or what is wrong with them."""
        try:
            container.media = [self._film(container)]
        except media.Unacceptable as e:
            container.error = container.error or str(ERRORS[e.flaw][1])
        keep = "checked = 1, media = ?, error = CASE error WHEN '' THEN ? ELSE error END"
        sql = f"UPDATE containers SET {keep} WHERE id = ?"  # noqa: S608
        self.world.ledger.run(sql, json.dumps(container.media), container.error, container.id)

    def _film(self, container: Container) -> dict[str, Any]:
        url, options = container.params["video_url"], self.world.options
        if not options.check_media:
            return {"type": "video", "sha256": "", "url": url}
        rules = video_rules(Kind(container.kind), options.video_max_bytes)
        facts = media.look_at_video(self._fetch_film(url, rules), rules)
        if int(container.params.get("thumb_offset", 0)) >= facts["seconds"] * 1000:
            raise media.Unacceptable(Flaw.COVER_TIME, "the cover's moment is after the end")
        if cover := container.params.get("cover_url"):
            picture = media.fetch(cover, self.world.ledger.media, options, COVER.max_bytes)
            facts["cover"] = media.look_at_image(picture, COVER)["sha256"]
        return facts

    def _fetch_film(self, url: str, rules: media.VideoRules) -> media.Copy:
        """A film that is too large is a film Instagram cannot take, not a picture that is too large."""
        try:
            return media.fetch(url, self.world.ledger.media, self.world.options, rules.max_bytes)
        except media.Unacceptable as e:
            raise media.Unacceptable(Flaw.VIDEO, str(e)) if e.flaw == Flaw.SIZE else e from e

    def resume(self) -> None:
        """Fetch what a stopped sandbox had not fetched yet."""
        for container in self.world.ledger.containers("checked = 0 AND platform = ?", self.platform):
            self._fetch_later(container)

    # --- its status -------------------------------------------------------------------------------------------------

    def status(self, container: Container) -> tuple[str, str]:
        """`status_code` and the subcode of an ERROR."""
        now = self.world.clock.now()
        if container.post:
            return "PUBLISHED", ""
        if now >= container.created_at + DAY:
            return "EXPIRED", ""
        if not container.checked or now < container.ready_at:
            return "IN_PROGRESS", ""
        if container.error:
            return "ERROR", container.error
        return self._status_of_children(container) if container.children else ("FINISHED", "")

    def _status_of_children(self, container: Container) -> tuple[str, str]:
        """A carousel is ready when all its children are, and broken when one is."""
        children = (self.world.ledger.container(key) for key in container.children)
        found = [self.status(child) for child in children if child]
        for code in ("ERROR", "EXPIRED", "IN_PROGRESS"):
            if hit := next((status for status in found if status[0] == code), None):
                return ("ERROR", hit[1] or "2207020") if code != "IN_PROGRESS" else hit
        return "FINISHED", ""

    def shown(self, container: Container) -> dict[str, str]:
        """What a read of the container answers."""
        code, subcode = self.status(container)
        text = STATUS.get(code) or f"Error: Media upload has failed with error code {subcode}"
        return {"status_code": code, "status": text}

    def readable(self, key: str, session: Session) -> Container:
        """The container, if this token may see it. Raises GraphError 100/33."""
        container = self.world.ledger.container(key)
        if container is None or container.platform != self.platform or not session.opens(container.account):
            raise missing(key)
        return container

    def touch(self, call: Call, container: Container) -> None:
        """Let faults on a read change the container itself."""
        if stuck := call.fault("container_stuck"):
            container.ready_at = self.world.clock.now() + stuck.options["seconds"]
        if broken := call.fault("container_error"):
            container.error, container.ready_at = str(broken.options["code"]), container.created_at
        if stuck or broken:
            sql = "UPDATE containers SET ready_at = ?, error = ? WHERE id = ?"
            self.world.ledger.run(sql, container.ready_at, container.error, container.id)

    # --- making it public ---------------------------------------------------------------------------------------------

    def publish(self, call: Call, account: Account) -> LivePost:
        """Make a container public: exactly once, whoever asks how often. Raises GraphError."""
        if not (key := call.params.get("creation_id")):
            raise bad("The parameter creation_id is required")
        with self.world.ledger.transaction():
            container = self._publishable(key, account)
            post = self._post(call, account, container)
            if twin := call.fault("duplicate_caption_present"):
                self._add_twin(post, account, twin.options["seconds"])
            try:
                self.world.ledger.add_post(post)
            except sqlite3.IntegrityError as e:
                raise self._used() from e
            self.world.ledger.run("UPDATE containers SET post = ? WHERE id = ?", post.id, key)
        return post

    def _publishable(self, key: str, account: Account) -> Container:
        container = self.world.ledger.container(key)
        if container is None or container.account != account.id:
            raise GraphError(24, 2207006, f"The media with {key} cannot be found.")
        if Kind(container.kind).child:
            raise bad("A carousel item cannot be published by itself", 2207028)
        match self.status(container)[0]:
            case "PUBLISHED":
                raise self._used()
            case "EXPIRED":
                raise GraphError(-2, 2207020)
            case "ERROR":
                raise GraphError(-1, 2207032)
            case "IN_PROGRESS":
                raise GraphError(9007, 2207027)
        if self.published_since(account, self.world.clock.now() - DAY) >= account.quota_total:
            raise GraphError(9, 2207042, status=403)
        return container

    def _used(self) -> GraphError:
        return GraphError(self.world.options.republish_code, self.world.options.republish_subcode)

    def published_since(self, account: Account, since: float) -> int:
        """How many posts came through the API since then; deleted ones count too."""
        where = "account = ? AND origin = 'api' AND published_at > ?"
        return self.world.ledger.count("posts", where, account.id, since)

    def _post(self, call: Call, account: Account, container: Container) -> LivePost:
        now, kind, lag = self.world.clock.now(), Kind(container.kind), call.fault("list_lag")
        key, code = numbered("1792"), shortcode()
        return LivePost(
            key, self.platform, account.id, kind, "" if kind == Kind.STORY else container.params.get("caption", ""),
            page_path(kind, account.username, key, code), code, now, now + (lag.options["seconds"] if lag else 0),
            container.id, call=call.number, media=self._parts(container),
            facts={k: v for k, v in container.params.items() if k in SHOWN_FACTS},
        )  # fmt: skip

    def _parts(self, container: Container) -> list[dict[str, Any]]:
        """The media in their order, each with an id of its own and its alternative text."""
        holders = [self.world.ledger.container(key) for key in container.children] or [container]
        whole = [h for h in holders if h is not None]
        return [
            part | {"id": numbered("1793"), "alt_text": h.params.get("alt_text", "")} for h in whole for part in h.media
        ]

    def _add_twin(self, post: LivePost, account: Account, seconds_before: float) -> None:
        """A post made by hand with the same words, so that whoever takes the first match is wrong."""
        key, code, at = numbered("1792"), shortcode(), post.published_at - seconds_before
        path = page_path(Kind(post.kind), account.username, key, code)
        twin = replace(post, id=key, shortcode=code, path=path, container="", origin="by hand", call=0)
        self.world.ledger.add_post(replace(twin, published_at=at, listed_at=at))


def numbered(prefix: str) -> str:
    """A new id, as long as Meta's."""
    return f"{prefix}{secrets.randbelow(10**13):013d}"


def shortcode() -> str:
    """A new shortcode, as it stands in addresses."""
    return "D" + base64.urlsafe_b64encode(secrets.token_bytes(8)).decode()[:10]


def page_path(kind: Kind, username: str, key: str, code: str) -> str:
    """Where a post of this kind can be seen."""
    own = {Kind.REEL: f"/reel/{code}/", Kind.STORY: f"/stories/{username}/{key}/"}
    return own.get(kind, f"/p/{code}/")
