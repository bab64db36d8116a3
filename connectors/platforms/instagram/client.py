"""Instagram's calls, on both hosts: Instagram Login (graph.instagram.com) and Facebook Login (graph.facebook.com).

Bodies are form-encoded, since optional parameters have been ignored in JSON; lists are JSON strings. Tokens go in
the header. No `fields` on writes: a write has been done and then answered with an error about its fields.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import quote

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext

from connectors.http import Call, Door, Reply, no_deadline, silent
from connectors.platforms.base import CallObserver, Json, NotNow, PlatformError, Rejected
from connectors.platforms.instagram import errors
from connectors.platforms.instagram.rules import GRAPH_VERSION

INSTAGRAM_LOGIN, FACEBOOK_LOGIN = "instagram", "facebook"
OFFICIAL = {INSTAGRAM_LOGIN: "https://graph.instagram.com", FACEBOOK_LOGIN: "https://graph.facebook.com"}
NOT_FOUND = "100/33"  # also what an outage looks like: never "does not exist"
CREATE_SECONDS = 60.0
PUBLISH_SECONDS = 100.0  # Meta may take its time, and to hang up early only makes the outcome unknown
PAGE_SIZE = 50
PICTURE_HOSTS = (".cdninstagram.com", ".fbcdn.net")
PAGES_MAX = 20

POST_FIELDS = "id,caption,media_type,media_product_type,timestamp,permalink,shortcode,children{media_type}"
STORY_FIELDS = "id,media_type,media_product_type,timestamp,permalink,media_url"
PLAIN_FIELDS = "id,media_type,timestamp,permalink,children{media_type}"  # what Instagram Login shows for certain


def base_url(login: str) -> str:
    """Where this login's calls go: the official host unless a setting says otherwise."""
    return str(settings.FACEBOOK_API_URL if login == FACEBOOK_LOGIN else settings.INSTAGRAM_API_URL)


@dataclass(frozen=True)
class ContainerStatus:
    code: str  # IN_PROGRESS, FINISHED, PUBLISHED, ERROR, EXPIRED
    text: str = ""  # with ERROR: holds the subcode


@dataclass(frozen=True)
class Listed:
    """The account's posts since a moment. `complete` is False when there were more pages than we read."""

    posts: tuple[Mapping[str, Json], ...]
    complete: bool = True


@dataclass(frozen=True)
class Tokens:
    """`other` stands in for reads where the first finds nothing: Page tokens have been blind to fresh objects.

    `secret`: of the app that they were given to; "" means the installation's.
    """

    first: str = field(repr=False)
    other: str = field(default="", repr=False)
    secret: str = field(default="", repr=False)


class GraphClient:
    """Thin: one method per call. Raises PlatformError by the table in `errors`, LeaseLost by the door."""

    def __init__(
        self,
        login: str,
        tokens: Tokens,
        *,
        observe: CallObserver = silent,
        deadline: Callable[[], float] = no_deadline,
    ) -> None:
        self.login = login
        self._tokens = tokens
        self._door = Door(
            f"{base_url(login)}/{GRAPH_VERSION}",
            name="Instagram",
            secrets=(tokens.first, tokens.other, tokens.secret, settings.META_APP_SECRET),
            observe=observe,
            deadline=deadline,
            describe=errors.describe,
        )

        # Pictures are bytes, not answers: they stay out of the dispatch log.
        self._pictures = Door(
            f"{base_url(login)}/{GRAPH_VERSION}", name="Instagram", deadline=deadline, hosts=PICTURE_HOSTS
        )

    # Writes

    def create_container(self, account_id: str, parameters: Mapping[str, Json]) -> str:
        """The new container's id. Invisible to the world; free to repeat (400 a day)."""
        call = self._post(account_id, "media", parameters, read_seconds=CREATE_SECONDS)
        return self._id(self._door.send(call))

    def publish(self, account_id: str, container: str) -> str:
        """The commit: the id of the live post, or OutcomeUnknown (NotNow when surely nothing was sent)."""
        call = self._post(account_id, "media_publish", {"creation_id": container}, PUBLISH_SECONDS, commit=True)
        reply = self._door.send(call)
        media_id = reply.body.get("id") if reply.ok and isinstance(reply.body, dict) else None
        if not isinstance(media_id, str) or not media_id or errors.read(reply):
            raise errors.doubt(reply)
        return media_id

    # Reads

    def container(self, container: str) -> ContainerStatus:
        body = self.get(f"/{quote(container, safe='')}", fields="status_code,status")
        code, text = body.get("status_code"), body.get("status")
        if not isinstance(code, str):
            raise NotNow(gettext("Instagram did not say how far it is. Collavo asks again."), code="no_status")
        return ContainerStatus(code.upper(), text if isinstance(text, str) else "")

    def container_if_shown(self, container: str) -> ContainerStatus | None:
        """None when neither token is shown it, which does not mean that it does not exist."""
        try:
            return self.container(container)
        except NotNow as e:
            if e.code == NOT_FOUND:
                return None
            raise

    def posts_since(self, account_id: str, since: datetime) -> Listed:
        """Every post of the account from `since` on (stories are never in this list)."""
        try:
            return self._posts_since(account_id, since, POST_FIELDS)
        except Rejected:
            if self.login != INSTAGRAM_LOGIN:
                raise
        return self._posts_since(account_id, since, PLAIN_FIELDS)

    def _posts_since(self, account_id: str, since: datetime, fields: str) -> Listed:
        posts: dict[str, Mapping[str, Json]] = {}  # a post that is new may push another onto the next page
        after = ""
        for _ in range(PAGES_MAX):
            body = self.get(
                f"/{quote(account_id, safe='')}/media",
                fields=fields,
                since=str(int(since.timestamp())),
                limit=str(PAGE_SIZE),
                **({"after": after} if after else {}),
            )
            posts |= {str(post.get("id")): post for post in as_list(body.get("data")) if isinstance(post, dict)}
            if not (after := _next_page(body)):
                return Listed(tuple(posts.values()))
        return Listed(tuple(posts.values()), complete=False)

    def stories(self, account_id: str) -> Listed:
        """The account's live stories: those of the last 24 hours (never in `posts_since`)."""
        body = self.get(f"/{quote(account_id, safe='')}/stories", fields=STORY_FIELDS, limit=str(PAGE_SIZE))
        rows = (row for row in as_list(body.get("data")) if isinstance(row, dict))
        return Listed(tuple(rows), complete=not _next_page(body))

    def picture(self, row: Mapping[str, Json]) -> bytes:
        """What a post shows, as its `media_url` gives it; b"" when it cannot be had. No token goes there."""
        address = row.get("media_url")
        if not isinstance(address, str) or not address:
            return b""
        try:
            reply = self._pictures.send(Call("GET", url=address, read_seconds=20.0))
        except NotNow:
            return b""
        return reply.raw if reply.ok else b""

    def permalink(self, media_id: str) -> str:
        link = self.get(f"/{quote(media_id, safe='')}", fields="id,permalink").get("permalink")
        return link if isinstance(link, str) else ""

    def publishing_limit(self, account_id: str) -> dict[str, Json]:
        body = self.get(f"/{quote(account_id, safe='')}/content_publishing_limit", fields="quota_usage,config")
        rows = as_list(body.get("data"))
        return rows[0] if rows and isinstance(rows[0], dict) else {}

    def get(self, path: str, **query: str) -> dict[str, Json]:
        """Read an object, with the other token when the first finds nothing."""
        try:
            return self._read(path, query, self._tokens.first)
        except PlatformError as e:
            if e.code != NOT_FOUND or self._tokens.other in {"", self._tokens.first}:
                raise
        return self._read(path, query, self._tokens.other)

    def _read(self, path: str, query: Mapping[str, str], token: str) -> dict[str, Json]:
        reply = self._door.send(Call("GET", path, {**query, **self._proof(token)}, bearer=token, read_seconds=20.0))
        if not reply.ok or errors.read(reply) or not isinstance(reply.body, dict):
            raise errors.refusal(reply, timezone.now())
        return reply.body

    def delete(self, path: str) -> None:
        token = self._tokens.first
        reply = self._door.send(Call("DELETE", path, self._proof(token), bearer=token, read_seconds=20.0))
        if not reply.ok or errors.read(reply):
            raise errors.refusal(reply, timezone.now())

    # How calls are made

    def _post(
        self, account_id: str, edge: str, parameters: Mapping[str, Json], read_seconds: float, *, commit: bool = False
    ) -> Call:
        return Call(
            "POST",
            f"/{quote(account_id, safe='')}/{edge}",
            query=self._proof(self._tokens.first),  # in a form body it can be overlooked
            form={name: _form_value(value) for name, value in parameters.items()},
            bearer=self._tokens.first,
            commit=commit,
            read_seconds=read_seconds,
        )

    def _proof(self, token: str) -> dict[str, str]:
        """Facebook's proof that the caller knows the app's secret. Not documented for Instagram Login: left out."""
        secret = self._tokens.secret or settings.META_APP_SECRET
        if self.login != FACEBOOK_LOGIN or not secret:
            return {}
        return {"appsecret_proof": hmac.new(secret.encode(), token.encode(), hashlib.sha256).hexdigest()}

    def _id(self, reply: Reply) -> str:
        made = reply.body.get("id") if reply.ok and isinstance(reply.body, dict) else None
        if not isinstance(made, str) or not made or errors.read(reply):
            raise errors.refusal(reply, timezone.now())
        return made


def _form_value(value: Json) -> str:
    if isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False)  # true, false, numbers, lists and objects alike


def as_list(value: Json) -> list[Json]:
    return value if isinstance(value, list) else []


def _next_page(body: Mapping[str, Json]) -> str:
    """The cursor of the next page. `paging.next` itself holds a token and could point anywhere: not followed."""
    paging = body.get("paging")
    cursors = paging.get("cursors") if isinstance(paging, dict) and paging.get("next") else None
    after = cursors.get("after") if isinstance(cursors, dict) else None
    return after if isinstance(after, str) else ""
