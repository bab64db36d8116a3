"""OAuth on Meta's side, for both logins (meta.md §1): consent, code, short and long tokens, refresh, revoke."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from typing import Any

from connectors.sandbox import consent
from connectors.sandbox.platforms.graph import GraphError, bad, dead_subcode
from connectors.sandbox.records import DAY, Account, Token
from connectors.sandbox.wire import Answer, Call, World

HOUR = 3600
LONG = 60 * DAY
PLATFORMS = {"instagram": "Instagram", "facebook": "Facebook"}
WORDS = {
    "instagram": "Choose the account to sign in with.",
    "facebook": "You are signed in as Sandbox Person. Choose the Pages, and with them their Instagram accounts.",
}
KEPT: Sequence[str] = ("client_id", "scopes")  # of what a person allowed, for as long as the token lives
CODE_USED = 36009  # subcodes of Facebook's 100
WRONG_SECRET = 1


class OAuth:
    """The authorize pages and token calls of one world."""

    def __init__(self, world: World) -> None:
        self.world = world

    def answer(self, call: Call, host: str, node: str, edge: str) -> Answer | None:
        """The answer to a call that is OAuth's; None for every other. Raises GraphError."""
        match call.method, host, node, edge:
            case "GET", "instagram", "oauth", "authorize":
                return self._ask(call, host)
            case "GET", "facebook", "dialog", "oauth":
                return self._ask(call, host)
            case "POST", "instagram", "oauth", "authorize":
                return self._decided(call, host)
            case "POST", "facebook", "dialog", "oauth":
                return self._decided(call, host)
            case "POST", "instagram", "oauth", "access_token":
                return self._instagram_code(call)
            case "GET", "instagram", "access_token", "":
                return Answer(self._instagram_long(call))
            case "GET", "instagram", "refresh_access_token", "":
                return Answer(self._instagram_refresh(call))
            case "GET" | "POST", "facebook", "oauth", "access_token":
                return Answer(self._facebook_token(call))
        return None

    # --- the person -----------------------------------------------------------------------------------------------

    def _accounts(self, host: str) -> list[Account]:
        return [a for a in self.world.ledger.accounts() if a.platform == "instagram" and a.login == host]

    def _ask(self, call: Call, host: str) -> Answer:
        if wrong := consent.complaint(call, call.params.get("client_id", "")):
            return Answer(f"{wrong}\n".encode(), 400, content_type="text/plain")
        scopes = _scopes(call)
        page = consent.Page(PLATFORMS[host], WORDS[host], scopes, self._accounts(host), many=host == "facebook")
        return page.answer(call)

    def _decided(self, call: Call, host: str) -> Answer:
        if wrong := consent.complaint(call, call.params.get("client_id", "")):
            return Answer(f"{wrong}\n".encode(), 400, content_type="text/plain")
        accounts = consent.chosen(call)
        if call.params.get("decision") != "allow" or not accounts:
            said = {"error": "access_denied", "error_reason": "user_denied"}
            return consent.back(call, said | {"error_description": "The user denied your request"})
        scopes = consent.ticked(call, _scopes(call))
        facts = {"client_id": call.params["client_id"], "accounts": accounts, "scopes": scopes, "host": host}
        return consent.back(call, {"code": consent.new_code(self.world, call, **facts)})

    # --- Instagram Login --------------------------------------------------------------------------------------------

    def _instagram_code(self, call: Call) -> Answer:
        """In the flat shape that clients have seen; refusals are flat, too, on this host."""
        found = self._code(call)
        if isinstance(found, str):
            said = {"error_type": "OAuthException", "code": 400, "error_message": found}
            return Answer(said, 400)
        token = self._give(found["accounts"][:1], "instagram", HOUR, found)
        account = self.world.ledger.account(found["accounts"][0])
        user = int(account.app_scoped_id) if account else 0
        return Answer({"access_token": token, "user_id": user, "permissions": found["scopes"]})

    def _code(self, call: Call) -> dict[str, Any] | str:
        client_id = call.params.get("client_id", "")
        if call.params.get("client_secret") != consent.secret_of(client_id):
            return "Error validating client secret."
        found = consent.take_code(self.world, call)
        if not isinstance(found, str) and found["client_id"] != client_id:
            return "Invalid platform app"
        return found

    def _instagram_long(self, call: Call) -> dict[str, Any]:
        old = self._live(call.token)
        facts = consent.kept(self.world, "token", old.token)
        if call.params.get("client_secret") != consent.secret_of(facts.get("client_id", "")):
            raise GraphError(WRONG_SECRET, message="Error validating client secret.")
        token = self._give([old.account], "instagram", LONG, facts)
        return {"access_token": token, "token_type": "bearer", "expires_in": LONG}

    def _instagram_refresh(self, call: Call) -> dict[str, Any]:
        old = self._live(call.token)
        if self.world.clock.now() - old.issued_at < DAY:
            raise bad("The access token must be at least 24 hours old")
        facts = consent.kept(self.world, "token", old.token)
        token = self._give([old.account], "instagram", LONG, facts)
        permissions = ",".join(facts.get("scopes", []))
        return {"access_token": token, "token_type": "bearer", "expires_in": LONG, "permissions": permissions}

    def _live(self, token: str) -> Token:
        rows = self.world.ledger.tokens(token)
        if not rows:
            raise GraphError(190, message="Invalid OAuth access token - Cannot parse access token")
        if subcode := dead_subcode(rows[0], self.world.clock.now()):
            raise GraphError(190, subcode)
        return rows[0]

    # --- Facebook Login ---------------------------------------------------------------------------------------------

    def _facebook_token(self, call: Call) -> dict[str, Any]:
        if call.params.get("client_secret") != consent.secret_of(call.params.get("client_id", "")):
            raise GraphError(WRONG_SECRET, message="Error validating client secret.")
        if call.params.get("grant_type") == "fb_exchange_token":
            old = self._live(call.params.get("fb_exchange_token", ""))
            facts = consent.kept(self.world, "token", old.token)
            accounts = [row.account for row in self.world.ledger.tokens(old.token)]
            return self._facebook_answer(accounts, LONG, facts)
        found = self._code(call)
        if isinstance(found, str):
            raise GraphError(100, CODE_USED, found)
        return self._facebook_answer(found["accounts"], HOUR, found)

    def _facebook_answer(self, accounts: Sequence[str], seconds: int, facts: dict[str, Any]) -> dict[str, Any]:
        for account in accounts:
            if not any(row.kind == "page" and row.state == "live" for row in self.world.ledger.tokens_of(account)):
                self._give([account], "page", 0, facts)
        token = self._give(accounts, "user", seconds, facts)
        return {"access_token": token, "token_type": "bearer", "expires_in": seconds}

    # --- tokens -----------------------------------------------------------------------------------------------------

    def _give(self, accounts: Sequence[str], kind: str, seconds: int, facts: dict[str, Any]) -> str:
        """A new token for these accounts; `seconds` 0: without an end."""
        token, now = f"sandbox-{kind}-{secrets.token_hex(20)}", self.world.clock.now()
        for account in accounts:
            self.world.ledger.save_token(Token(token, account, kind, "live", now, now + seconds if seconds else 0.0))
        consent.keep(self.world, "token", token, {name: facts[name] for name in KEPT if name in facts})
        return token

    def permissions(self, token: str, every: Sequence[str]) -> dict[str, Any]:
        """/me/permissions. A token that was not given out here has all of them."""
        granted = consent.kept(self.world, "token", token).get("scopes", every)
        return {"data": [{"permission": name, "status": "granted"} for name in granted]}

    def revoke(self, token: str) -> dict[str, Any]:
        """DELETE /me/permissions: this app's access to these accounts is over, by whatever token."""
        for row in self.world.ledger.tokens(token):
            for other in self.world.ledger.tokens_of(row.account):
                self.world.ledger.set_token(other.token, "revoked")
        return {"success": True}


def _scopes(call: Call) -> list[str]:
    return [scope for scope in call.params.get("scope", "").split(",") if scope]
