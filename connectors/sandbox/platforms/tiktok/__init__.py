"""TikTok's Content Posting, Login Kit and Display APIs. `/tiktok/…` is open.tiktokapis.com and the uploads' host."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from connectors.sandbox.faults import Fault
from connectors.sandbox.platforms.tiktok import checks
from connectors.sandbox.platforms.tiktok.errors import TikTokError, fine, ordered
from connectors.sandbox.platforms.tiktok.oauth import ACCESS, REFRESH, OAuth
from connectors.sandbox.platforms.tiktok.publishes import PLATFORM, Publishes
from connectors.sandbox.platforms.tiktok.reads import Reads
from connectors.sandbox.records import DAY, Account, Token
from connectors.sandbox.wire import Answer, Call, World

FJORD = Account(
    "-000fjord-films-open-id", "fjord.films", PLATFORM, "Fjord Films", login=PLATFORM, account_type="CREATOR",
    biography="Wool, wax and weather, moving.", quota_total=15,
)  # fmt: skip
TOKEN, REFRESH_TOKEN = "sandbox-token-fjord-films", "sandbox-refresh-token-fjord-films"
MINUTE = 60
INITS, INFO, STATUS, READS = 6, 20, 30, 600  # calls a minute, per account
type Act = Callable[[Call, Account], dict[str, Any]]


class TikTok:
    """The platform in one world."""

    key = PLATFORM
    prefixes: Sequence[str] = (PLATFORM,)

    def __init__(self, world: World) -> None:
        self.world = world
        self.oauth = OAuth(world)
        self.publishes = Publishes(world)
        self.reads = Reads(world, self.publishes)

    def preset(self) -> None:
        """The account that the demo's seed links."""
        ledger, now = self.world.ledger, self.world.clock.now()
        ledger.save_account(FJORD)
        ledger.save_token(Token(TOKEN, FJORD.id, ACCESS, "live", now))
        ledger.save_token(Token(REFRESH_TOKEN, FJORD.id, REFRESH, "live", now, now + 365 * DAY))

    def new_account(self, values: Mapping[str, Any]) -> Account:
        """Facts: audited (yes), private_account (no), max_seconds, comment_disabled, …, refused (an error's word)."""
        number = f"{secrets.randbelow(10**12):012d}"
        names = {"id": f"-000sandbox{number}", "username": f"creator.{number}", "account_type": "CREATOR"}
        defaults: dict[str, Any] = {**names, "login": PLATFORM, "platform": PLATFORM, "quota_total": 15}
        account = Account(**defaults | dict(values))
        if account.login != PLATFORM:
            raise ValueError(f"'login' is '{PLATFORM}'.")
        return account

    def token_kinds(self, account: Account) -> Mapping[str, str]:
        """An access token, and what renews it."""
        return {"token": ACCESS, "refresh_token": REFRESH}

    def resume(self) -> None:
        """Process what a stopped sandbox left."""
        self.publishes.resume()

    def caller(self, call: Call) -> tuple[str, str]:
        """By the token, or by the upload's address."""
        rows = self.world.ledger.tokens(call.token) if call.token else []
        if rows:
            return rows[0].account, rows[0].kind
        publish = self.world.ledger.container(call.params.get("upload_id", ""))
        return (publish.account, "") if publish else ("", "")

    def refuse(self, fault: Fault, call: Call) -> Answer:
        """A refusal on order."""
        answer = ordered(fault, call)
        answer.headers |= fault.options.get("headers", {})
        return answer

    def answer(self, call: Call) -> Answer:
        """Do what is asked."""
        path = call.path.strip("/").removeprefix(f"{PLATFORM}/")
        if (call.method, path) == ("PUT", "upload/video"):
            return self.publishes.put(call)
        if (answer := self.oauth.answer(call, path)) is not None:
            return answer
        try:
            return fine(self._do(call, path))
        except TikTokError as e:
            return e.answer()

    def _do(self, call: Call, path: str) -> dict[str, Any]:
        found = self._calls().get((call.method, path))
        if found is None:
            raise TikTokError("invalid_params", "Unsupported path", status=404)
        scopes, limit, act = found
        account = self._account(call, scopes)
        self._check_rate(call, account, limit)
        return act(call, account)

    def _calls(self) -> Mapping[tuple[str, str], tuple[Sequence[str], int, Act]]:
        """Scopes (any of them is enough), calls a minute, and what is done."""
        publish, upload, listing = ("video.publish",), ("video.upload",), ("video.list",)
        return {
            ("POST", "v2/post/publish/creator_info/query"): (publish, INFO, lambda c, a: self.reads.creator_info(a)),
            ("POST", "v2/post/publish/video/init"): (publish, INITS, self._film),
            ("POST", "v2/post/publish/inbox/video/init"): (upload, INITS, self._draft),
            ("POST", "v2/post/publish/content/init"): ((*publish, *upload), INITS, self._photos),
            ("POST", "v2/post/publish/status/fetch"): ((*publish, *upload), STATUS, self._status),
            ("POST", "v2/video/query"): (listing, READS, self.reads.query),
            ("POST", "v2/video/list"): (listing, READS, self.reads.posts),
            ("GET", "v2/user/info"): (("user.info.basic",), READS, self.reads.user),
        }

    def _film(self, call: Call, account: Account) -> dict[str, Any]:
        return self.publishes.open_film(call, account, inbox=False)

    def _draft(self, call: Call, account: Account) -> dict[str, Any]:
        return self.publishes.open_film(call, account, inbox=True)

    def _photos(self, call: Call, account: Account) -> dict[str, Any]:
        inbox = checks.body_of(call).get("post_mode") == "MEDIA_UPLOAD"
        if ("video.upload" if inbox else "video.publish") not in self.oauth.scopes(call.token):
            raise TikTokError("scope_not_authorized")
        return self.publishes.open_photos(call, account, inbox=inbox)

    def _status(self, call: Call, account: Account) -> dict[str, Any]:
        publish = self.publishes.of(str(checks.body_of(call).get("publish_id", "")), account)
        self.publishes.touch(call, publish)
        return self.publishes.status(publish)

    def _account(self, call: Call, scopes: Sequence[str]) -> Account:
        """Whose token this is. Raises TikTokError for a dead one, and for one without the scope."""
        rows = [row for row in self.world.ledger.tokens(call.token) if row.kind == ACCESS] if call.token else []
        alive = [r for r in rows if r.state == "live" and not 0 < r.expires_at <= self.world.clock.now()]
        account = self.world.ledger.account(alive[0].account) if alive else None
        if account is None:
            raise TikTokError("access_token_invalid")
        if not set(scopes) & set(self.oauth.scopes(call.token)):
            raise TikTokError("scope_not_authorized")
        return account

    def _check_rate(self, call: Call, account: Account, limit: int) -> None:
        since = self.world.clock.now() - MINUTE
        where = "account = ? AND path = ? AND at > ?"
        if (
            self.world.options.call_limits
            and self.world.ledger.count("calls", where, account.id, call.path, since) > limit
        ):
            raise TikTokError("rate_limit_exceeded")
