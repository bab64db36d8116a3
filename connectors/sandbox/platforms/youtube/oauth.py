"""Google's OAuth 2.0 for web servers (youtube.md §2): consent, codes, tokens of an hour, renewal, revocation."""

from __future__ import annotations

import hashlib
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Sequence
from typing import Any

from connectors.sandbox import consent
from connectors.sandbox.records import Account, Token
from connectors.sandbox.wire import Answer, Call, World

HOUR = 3600
WORDS = "You are signed in as Sandbox Person. Choose the channel to act for."


class OAuth:
    """The consent page and the token calls of one world."""

    def __init__(self, world: World) -> None:
        self.world = world

    def answer(self, call: Call, path: str) -> Answer | None:
        """The answer to a call that is OAuth's; None for every other."""
        match call.method, path:
            case "GET", "/o/oauth2/v2/auth":
                return self._ask(call)
            case "POST", "/o/oauth2/v2/auth":
                return self._decided(call)
            case "POST", "/token":
                return self._token(call)
            case "POST", "/revoke":
                return self._revoke(call)
        return None

    # --- the person -------------------------------------------------------------------------------------------------

    def _ask(self, call: Call) -> Answer:
        if wrong := consent.complaint(call, call.params.get("client_id", "")):
            return Answer(f"{wrong}\n".encode(), 400, content_type="text/plain")
        return consent.Page("YouTube", WORDS, _scopes(call), self._channels()).answer(call)

    def _channels(self) -> list[Account]:
        return [account for account in self.world.ledger.accounts() if account.platform == "youtube"]

    def _decided(self, call: Call) -> Answer:
        if wrong := consent.complaint(call, call.params.get("client_id", "")):
            return Answer(f"{wrong}\n".encode(), 400, content_type="text/plain")
        channels = consent.chosen(call)
        if call.params.get("decision") != "allow" or not channels:
            return consent.back(call, {"error": "access_denied"})
        facts: dict[str, Any] = {"client_id": call.params["client_id"], "account": channels[0]}
        facts["scopes"] = consent.ticked(call, _scopes(call))
        facts["challenge"] = call.params.get("code_challenge", "")
        code = consent.new_code(self.world, call, **facts)
        return consent.back(call, {"code": code, "scope": " ".join(facts["scopes"])})

    # --- tokens -----------------------------------------------------------------------------------------------------

    def _token(self, call: Call) -> Answer:
        client_id = call.params.get("client_id", "")
        if call.params.get("client_secret") != consent.secret_of(client_id):
            return refusal("invalid_client", "The provided client secret is invalid.", 401)
        if call.params.get("grant_type") == "refresh_token":
            return self._renewed(call.params.get("refresh_token", ""))
        found = consent.take_code(self.world, call)
        if isinstance(found, str) or found["client_id"] != client_id:
            return refusal("invalid_grant", "Bad Request")
        if found["challenge"] not in ("", _challenge(call.params.get("code_verifier", ""))):
            return refusal("invalid_grant", "Invalid code verifier.")
        lasting = self._give(found["account"], "refresh", 0, found["scopes"])
        answer = self._access(found["account"], found["scopes"])
        return Answer(answer | {"refresh_token": lasting})

    def _renewed(self, lasting: str) -> Answer:
        """The refresh token stays what it is."""
        rows = [row for row in self.world.ledger.tokens(lasting) if row.kind == "refresh" and row.state == "live"]
        if not rows:
            return refusal("invalid_grant", "Token has been expired or revoked.")
        return Answer(self._access(rows[0].account, consent.kept(self.world, "token", lasting).get("scopes", [])))

    def _access(self, account: str, scopes: Sequence[str]) -> dict[str, Any]:
        token = self._give(account, "google", HOUR, scopes)
        said = {"scope": " ".join(scopes)} if scopes else {}
        return {"access_token": token, "expires_in": HOUR - 1, "token_type": "Bearer", **said}

    def _give(self, account: str, kind: str, seconds: int, scopes: Sequence[str]) -> str:
        """A new token; `seconds` 0: without an end."""
        token, now = f"sandbox-{kind}-{secrets.token_hex(20)}", self.world.clock.now()
        self.world.ledger.save_token(Token(token, account, kind, "live", now, now + seconds if seconds else 0.0))
        consent.keep(self.world, "token", token, {"scopes": list(scopes)})
        return token

    def _revoke(self, call: Call) -> Answer:
        """All that the person granted, by whatever token."""
        rows = self.world.ledger.tokens(call.params.get("token", ""))
        if not rows or rows[0].state != "live":
            return refusal("invalid_token", "Token expired or revoked")
        for row in self.world.ledger.tokens_of(rows[0].account):
            self.world.ledger.set_token(row.token, "revoked")
        return Answer({})


def refusal(error: str, description: str, status: int = 400) -> Answer:
    """As Google's token endpoint refuses."""
    return Answer({"error": error, "error_description": description}, status)


def _scopes(call: Call) -> list[str]:
    return call.params.get("scope", "").split()


def _challenge(verifier: str) -> str:
    return urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
