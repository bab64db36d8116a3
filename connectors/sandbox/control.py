"""`/_sandbox/…`: how tests, proofs and the demo set the sandbox up and look into its ledger."""

# ruff: noqa: S608 (names in these statements are our own; values travel as parameters)

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import asdict, fields, replace
from typing import TYPE_CHECKING, Any

from connectors.sandbox.faults import TOKEN_STATES, Fault
from connectors.sandbox.records import Account, Token
from connectors.sandbox.wire import Answer, Call, World

if TYPE_CHECKING:
    from connectors.sandbox.platforms.base import FarSide

TOKENS = ("token", "user_token", "refresh_token")
TOKEN_KEYS = (*TOKENS, "token_state", "token_expires_in")
TAKEN = (
    "instagram", "facebook", "tiktok", "youtube", "p", "reel", "stories", "watch", "media", "avatar", "sandbox.css",
)  # first parts of paths  # fmt: skip
MAX_WAIT = 60.0  # seconds that a question about a fault may wait


class NotThere(LookupError):
    """What the path names does not exist."""


class Control:
    """The control door of one world."""

    def __init__(self, world: World, preset: Callable[[], None], platforms: Mapping[str, FarSide]) -> None:
        self.world = world
        self.preset = preset
        self.platforms = platforms

    def answer(self, call: Call) -> Answer:
        """Do what is asked. Wrong input gets a sentence and changes nothing."""
        parts = [part for part in call.path.split("/") if part][1:]
        name, key = ([*parts, "", ""])[:2]
        act = self._acts().get((call.method, name, bool(key)))
        if call.headers.get("origin", self.world.base_url) != self.world.base_url:
            return Answer({"error": "Pages of other sites may not steer the sandbox."}, 403)
        if act is None or len(parts) > 2:
            return Answer({"error": f"There is no {call.method} {call.path}."}, 404)
        try:
            return Answer(act(key, call))
        except NotThere as e:
            return Answer({"error": str(e)}, 404)
        except (ValueError, TypeError) as e:
            return Answer({"error": str(e)}, 400)

    def _acts(self) -> Mapping[tuple[str, str, bool], Callable[[str, Call], Any]]:
        return {
            ("GET", "ping", False): lambda _, call: {"ok": True, "now": self.world.clock.now()},
            ("GET", "settings", False): lambda _, call: self.world.options.shown(),
            ("POST", "settings", False): lambda _, call: self._change_options(wish(call)),
            ("GET", "accounts", False): lambda _, call: {"data": self._accounts()},
            ("POST", "accounts", False): lambda _, call: self._whole(self._add_account, wish(call)),
            ("POST", "accounts", True): lambda key, call: self._whole(self._change_account, key, wish(call)),
            ("GET", "faults", False): lambda _, call: {"data": [f.shown() for f in self.world.faults.all()]},
            ("GET", "faults", True): self._show_fault,
            ("POST", "faults", False): lambda _, call: self._order(wish(call)),
            ("DELETE", "faults", False): lambda _, call: self._clear_faults(),
            ("POST", "release", True): lambda key, call: self._release(key, wish(call)),
            ("GET", "posts", False): lambda _, call: {"data": self._posts(call)},
            ("GET", "containers", False): lambda _, call: {"data": self._containers(call)},
            ("GET", "calls", False): lambda _, call: self._calls(call),
            ("POST", "clock", False): lambda _, call: self._move_clock(wish(call)),
            ("POST", "reset", False): lambda _, call: self._whole(self._reset),
        }

    def _whole[**P](self, act: Callable[P, Any], *values: P.args, **names: P.kwargs) -> Any:
        """Do it all or not at all."""
        with self.world.ledger.transaction():
            return act(*values, **names)

    # --- settings, clock, reset -------------------------------------------------------------------------------------

    def _change_options(self, values: Mapping[str, Any]) -> dict[str, Any]:
        self.world.options.change(values)
        self.world.ledger.keep_setting("options", self.world.ledger.setting("options", {}) | dict(values))
        return self.world.options.shown()

    def _move_clock(self, values: Mapping[str, Any]) -> dict[str, Any]:
        offset = values.get("offset")
        if not isinstance(offset, int | float) or isinstance(offset, bool):
            raise ValueError("'offset' must be a number of seconds.")
        self.world.clock.offset = float(offset)
        self.world.ledger.keep_setting("clock_offset", float(offset))
        return {"offset": offset, "now": self.world.clock.now()}

    def _reset(self) -> dict[str, Any]:
        self.world.faults.clear()
        self.world.clock.offset = 0.0
        self.world.ledger.keep_setting("clock_offset", 0.0)
        self.world.ledger.forget_everything()
        self.preset()
        return {"ok": True}

    # --- accounts ---------------------------------------------------------------------------------------------------

    def _accounts(self) -> list[dict[str, Any]]:
        """Without their tokens."""
        return [account.shown() for account in self.world.ledger.accounts()]

    def _add_account(self, values: Mapping[str, Any]) -> dict[str, Any]:
        far = self.platforms.get(values.get("platform", "instagram"))
        if far is None:
            raise ValueError(f"'platform' is one of: {', '.join(self.platforms)}.")
        account = far.new_account(_account_values(values))
        if self.world.ledger.account(account.id) or self.world.ledger.account(account.username):
            raise ValueError(f"There is already an account {account.id} or {account.username}.")
        self.world.ledger.save_account(account)
        return account.shown() | self._give_tokens(account, far.token_kinds(account), values)

    def _give_tokens(self, account: Account, kinds: Mapping[str, str], values: Mapping[str, Any]) -> dict[str, str]:
        now, expires = self.world.clock.now(), self._expiry(values)
        tokens = {name: values.get(name) or f"sandbox-{name}-{secrets.token_urlsafe(24)}" for name in kinds}
        for name, kind in kinds.items():
            state = values.get("token_state", "live")
            self.world.ledger.save_token(Token(tokens[name], account.id, kind, state, now, expires or 0.0))
        return tokens

    def _expiry(self, values: Mapping[str, Any]) -> float | None:
        seconds = values.get("token_expires_in")
        if seconds is not None and not isinstance(seconds, int | float):
            raise ValueError("'token_expires_in' must be a number of seconds.")
        if values.get("token_state", "live") not in TOKEN_STATES:
            raise ValueError(f"'token_state' is one of: {', '.join(TOKEN_STATES)}.")
        return None if seconds is None else self.world.clock.now() + seconds

    def _change_account(self, key: str, values: Mapping[str, Any]) -> dict[str, Any]:
        """Anything but its id. `token_state` and `token_expires_in` are about `token`, or about all its tokens."""
        account = self.world.ledger.account(key)
        if account is None:
            raise NotThere(f"There is no account {key}.")
        changes = _account_values(values)
        if "id" in changes:
            raise ValueError("An account keeps its id.")
        expires = self._expiry(values)
        own = self.world.ledger.tokens_of(account.id)
        if "token" in values and not any(t.token == values["token"] for t in own):
            raise ValueError("This token is not one of the account's.")
        account = replace(account, **changes)
        self.world.ledger.save_account(account)
        for token in own if {"token_state", "token_expires_in"} & set(values) else []:
            if values.get("token", token.token) == token.token:
                self.world.ledger.set_token(token.token, values.get("token_state", "live"), expires)
        return account.shown()

    # --- faults -----------------------------------------------------------------------------------------------------

    def _order(self, values: Mapping[str, Any]) -> dict[str, Any]:
        match = values.get("match", {})
        if isinstance(match, dict) and match.get("account"):
            account = self.world.ledger.account(str(match["account"]))
            if account is None:
                raise ValueError(f"There is no account {match['account']}.")
            values = {**values, "match": match | {"account": account.id}}
        return self.world.faults.order(values).shown()

    def _fault(self, key: str) -> Fault:
        if fault := self.world.faults.get(key):
            return fault
        raise NotThere(f"There is no fault {key}.")

    def _show_fault(self, key: str, call: Call) -> dict[str, Any]:
        """With `wait`, only once it is reached, or after so many seconds."""
        fault = self._fault(key)
        try:
            seconds = min(float(call.params.get("wait", 0)), MAX_WAIT)
        except ValueError:
            raise ValueError("'wait' must be a number of seconds.") from None
        fault.reached.wait(seconds)
        return fault.shown()

    def _clear_faults(self) -> dict[str, Any]:
        self.world.faults.clear()
        return {"ok": True}

    def _release(self, key: str, values: Mapping[str, Any]) -> dict[str, Any]:
        """Let the held call go on, or drop it where it stands: held before its work, it then does nothing."""
        fault = self._fault(key)
        then = values.get("then", "go")
        if fault.do != "hold":
            raise ValueError(f"{key} holds no calls.")
        if then not in ("go", "drop"):
            raise ValueError("'then' is 'go' or 'drop'.")
        fault.then = then
        fault.released.set()
        return fault.shown()

    # --- the ledger -------------------------------------------------------------------------------------------------

    def _account_id(self, call: Call) -> str:
        wanted = call.params.get("account", "")
        account = self.world.ledger.account(wanted) if wanted else None
        return account.id if account else wanted

    def _posts(self, call: Call) -> list[dict[str, Any]]:
        """Live posts, oldest first; with `hidden=true` also deleted ones and those made by hand."""
        where, values = ["1"], []
        if account := self._account_id(call):
            where, values = [*where, "account = ?"], [account]
        if call.params.get("hidden") != "true":
            where += ["origin = 'api'", "deleted_at IS NULL"]
        found = self.world.ledger.posts(" AND ".join(where), *values)
        return [post.shown(self.world.base_url) for post in reversed(found)]

    def _containers(self, call: Call) -> list[dict[str, Any]]:
        where = "account = ? ORDER BY rowid" if call.params.get("account") else "? = '' ORDER BY rowid"
        found = self.world.ledger.containers(where, self._account_id(call))
        return [asdict(container) for container in found]

    def _calls(self, call: Call) -> dict[str, Any]:
        """Calls in the order of their arrival. Filters: account, method, path (regular expression), after (number)."""
        wanted = {"method": call.params.get("method"), "account": self._account_id(call)}
        wanted = {name: value for name, value in wanted.items() if value}
        where = " AND ".join(["id > ?", *(f"{name} = ?" for name in wanted)])
        sql = f"SELECT * FROM calls WHERE {where} ORDER BY id"
        rows = self.world.ledger.run(sql, int(call.params.get("after", "0")), *wanted.values())
        pattern = _pattern(call.params.get("path", ""))
        found = [row for row in rows if pattern.search(row["path"])]
        if call.params.get("count") == "true":
            return {"count": len(found)}
        return {"data": [dict(row) | {"params": json.loads(row["params"])} for row in found]}


def _pattern(text: str) -> re.Pattern[str]:
    try:
        return re.compile(text)
    except re.error as e:
        raise ValueError(f"'path' is no regular expression: {e}.") from e


def _account_values(values: Mapping[str, Any]) -> dict[str, Any]:
    """What an account is made of, from a wish. Raises ValueError for anything else."""
    kinds = {field.name: type(getattr(Account("", ""), field.name)) for field in fields(Account)}
    for name, value in values.items():
        if name not in kinds and name not in TOKEN_KEYS:
            raise ValueError(f"An account has no '{name}'. It has: {', '.join(kinds)}, {', '.join(TOKEN_KEYS)}.")
        if name in kinds and type(value) is not kinds[name]:
            raise ValueError(f"'{name}' must be of type {kinds[name].__name__}.")
    username = values.get("username", "x")
    if not re.fullmatch(r"[a-z0-9][a-z0-9._]{0,29}", username) or username in TAKEN:
        raise ValueError("A username is up to 30 of a-z, 0-9, '.' and '_', and none of the sandbox's own paths.")
    return {name: value for name, value in values.items() if name in kinds}


def wish(call: Call) -> dict[str, Any]:
    """The JSON object in a call's body; an empty body is an empty object."""
    try:
        values = json.loads(call.body or b"{}")
    except ValueError:
        raise ValueError("The body is not valid JSON.") from None
    if not isinstance(values, dict):
        raise ValueError("The body must be a JSON object.")
    return values
