"""YouTube's Data API v3: resumable uploads, lists, thumbnails, playlists. `/youtube/…` is www.googleapis.com."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from typing import Any

from connectors.sandbox.faults import Fault
from connectors.sandbox.platforms.youtube.errors import ApiError, ordered
from connectors.sandbox.platforms.youtube.oauth import OAuth
from connectors.sandbox.platforms.youtube.reads import Reads
from connectors.sandbox.platforms.youtube.uploads import Uploads
from connectors.sandbox.records import Account, Token
from connectors.sandbox.wire import Answer, Call, World

PREFIX = "youtube"
LYS = Account(
    "UCsandboxLysFilm00000001", "lys.film", PREFIX, "Lys Film", login="youtube", account_type="CHANNEL",
    biography="Short films about light.", quota_total=100,
)  # fmt: skip
SKOG = Account(
    "UCsandboxSkogFilm0000001", "skog.film", PREFIX, "Skog Film", login="youtube", account_type="CHANNEL",
    biography="Walks, mostly in the rain.", quota_total=100,
)  # fmt: skip
LYS_TOKEN, LYS_REFRESH_TOKEN = "sandbox-token-lys", "sandbox-refresh-token-lys"
UPLOAD = ("/upload/youtube/v3/videos", "/resumable/upload/youtube/v3/videos")
THUMBNAIL = ("/upload/youtube/v3/thumbnails/set", "/youtube/v3/thumbnails/set")


class YouTube:
    """The platform in one world."""

    key = PREFIX
    prefixes: Sequence[str] = (PREFIX,)

    def __init__(self, world: World) -> None:
        self.world = world
        self.uploads = Uploads(world)
        self.reads = Reads(world, self.uploads)
        self.oauth = OAuth(world)

    def preset(self) -> None:
        """The channel that the demo's seed links, and one that a person may link in the browser."""
        ledger, now = self.world.ledger, self.world.clock.now()
        ledger.save_account(LYS)
        ledger.save_token(Token(LYS_TOKEN, LYS.id, "google", "live", now))
        ledger.save_token(Token(LYS_REFRESH_TOKEN, LYS.id, "refresh", "live", now))
        ledger.save_account(SKOG)

    def new_account(self, values: Mapping[str, Any]) -> Account:
        """A channel. Facts: unaudited (uploads become private), no_thumbnails, no_channel."""
        number = f"{secrets.randbelow(10**12):012d}"
        names = {"id": f"UCsandbox000{number}", "username": f"channel.{number}", "account_type": "CHANNEL"}
        defaults: dict[str, Any] = {**names, "login": PREFIX, "platform": PREFIX, "quota_total": 100}
        account = Account(**defaults | dict(values))
        if account.login != PREFIX:
            raise ValueError(f"'login' is '{PREFIX}'.")
        return account

    def token_kinds(self, account: Account) -> Mapping[str, str]:
        """An access token, and what renews it."""
        return {"token": "google", "refresh_token": "refresh"}

    def resume(self) -> None:
        """Look at what was uploaded and not looked at when the sandbox stopped."""
        self.uploads.resume()

    def caller(self, call: Call) -> tuple[str, str]:
        """By the token, or by the upload session."""
        rows = self.world.ledger.tokens(call.token) if call.token else []
        if rows:
            return rows[0].account, rows[0].kind
        session = self.world.ledger.container(call.params.get("upload_id", ""))
        return (session.account, "") if session else ("", "")

    def refuse(self, fault: Fault, call: Call) -> Answer:
        """A refusal on order."""
        answer = ordered(fault).answer()
        answer.headers |= fault.options.get("headers", {})
        return answer

    def answer(self, call: Call) -> Answer:
        """Do what is asked."""
        path = call.path.removeprefix(f"/{PREFIX}")
        try:
            return self.oauth.answer(call, path) or self._do(call, path)
        except ApiError as e:
            return e.answer()

    def _do(self, call: Call, path: str) -> Answer:
        account = self._account(call)
        if path in UPLOAD and call.method == "PUT":
            return self._put(call, account)
        if path in UPLOAD and call.method == "POST":
            return self.uploads.open(call, account)
        if path in THUMBNAIL and call.method == "POST":
            return Answer(self.reads.set_thumbnail(call, account))
        match call.method, path:
            case "GET", "/youtube/v3/channels":
                return Answer(self.reads.channels(call, account))
            case "GET", "/youtube/v3/videos":
                return Answer(self.reads.videos(call, account))
            case "GET", "/youtube/v3/videos:batchGetStats":
                return Answer(self.reads.statistics(call))
            case "GET", "/youtube/v3/playlistItems":
                return Answer(self.reads.playlist_items(call, account))
            case "POST", "/youtube/v3/playlistItems":
                return Answer(self.reads.add_to_playlist(call, account))
        raise ApiError(404, "notFound", f"There is no {call.method} {path}.")

    def _account(self, call: Call) -> Account:
        """Whose token this is. Raises ApiError for a dead one."""
        rows = [row for row in self.world.ledger.tokens(call.token) if row.kind == "google"] if call.token else []
        alive = [r for r in rows if r.state == "live" and not 0 < r.expires_at <= self.world.clock.now()]
        account = self.world.ledger.account(alive[0].account) if alive else None
        if account is None:
            raise ApiError(401, "global/authError")
        return account

    def _put(self, call: Call, account: Account) -> Answer:
        session = self.uploads.session(call.params.get("upload_id", ""))
        if session is None or session.account != account.id:
            return Answer(b"Not Found", 404, content_type="text/plain")
        return self.uploads.put(call, session)
