"""Login Kit on TikTok's side (tiktok.md §2): consent, code, tokens for a day, rotation, revoke. Its errors are flat."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from typing import Any

from connectors.sandbox import consent
from connectors.sandbox.platforms.tiktok.errors import log_id
from connectors.sandbox.records import DAY, Token
from connectors.sandbox.wire import Answer, Call, World

ACCESS, REFRESH = "tiktok", "tiktok_refresh"  # kinds of tokens
YEAR = 365 * DAY
SCOPES = ("user.info.basic", "video.publish", "video.upload", "video.list")
WORDS = "Choose the account to sign in with."


class OAuth:
    """The authorize page and token calls of one world."""

    def __init__(self, world: World) -> None:
        self.world = world

    def answer(self, call: Call, path: str) -> Answer | None:
        """The answer to a call that is OAuth's; None for every other."""
        match call.method, path:
            case "GET", "v2/auth/authorize":
                return self._ask(call)
            case "POST", "v2/auth/authorize":
                return self._decided(call)
            case "POST", "v2/oauth/token":
                return self._token(call)
            case "POST", "v2/oauth/revoke":
                return self._revoke(call)
        return None

    def scopes(self, token: str) -> Sequence[str]:
        """What was granted; a token that was not given out here has all of them."""
        found: Sequence[str] = consent.kept(self.world, "token", token).get("scopes", SCOPES)
        return found

    # --- the person -------------------------------------------------------------------------------------------------

    def _ask(self, call: Call) -> Answer:
        if wrong := consent.complaint(call, call.params.get("client_key", "")):
            return Answer(f"{wrong}\n".encode(), 400, content_type="text/plain")
        accounts = [a for a in self.world.ledger.accounts() if a.platform == "tiktok"]
        return consent.Page("TikTok", WORDS, _asked(call), accounts).answer(call)

    def _decided(self, call: Call) -> Answer:
        if wrong := consent.complaint(call, call.params.get("client_key", "")):
            return Answer(f"{wrong}\n".encode(), 400, content_type="text/plain")
        accounts = consent.chosen(call)
        if call.params.get("decision") != "allow" or not accounts:
            return consent.back(
                call, {"error": "access_denied", "error_description": "User cancelled the authorization"}
            )
        scopes = consent.ticked(call, _asked(call))
        facts = {
            "client_key": call.params["client_key"], "account": accounts[0], "scopes": scopes,
            "challenge": call.params.get("code_challenge", ""),
        }  # fmt: skip
        code = consent.new_code(self.world, call, **facts)
        return consent.back(call, {"code": code, "scopes": ",".join(scopes)})

    # --- tokens -----------------------------------------------------------------------------------------------------

    def _token(self, call: Call) -> Answer:
        if wrong := _wrong_app(call):
            return wrong
        if call.params.get("grant_type") == "refresh_token":
            return self._renewed(call)
        found = consent.take_code(self.world, call)
        if isinstance(found, str):
            return flat("invalid_grant", found)
        verifier = call.params.get("code_verifier", "")
        challenge = hashlib.sha256(verifier.encode()).hexdigest()
        if found["client_key"] != call.params.get("client_key") or found["challenge"] not in ("", challenge):
            return flat("invalid_grant", "Code verifier or code challenge is invalid.")
        return self._give(found["account"], found)

    def _renewed(self, call: Call) -> Answer:
        """The refresh token changes, and the old one is over."""
        old = call.params.get("refresh_token", "")
        rows = [row for row in self.world.ledger.tokens(old) if row.kind == REFRESH and row.state == "live"]
        if not rows or 0 < rows[0].expires_at <= self.world.clock.now():
            return flat("invalid_grant", "Refresh token is invalid or expired.")
        self.world.ledger.set_token(old, "revoked")
        facts = consent.kept(self.world, "token", old) or {"scopes": list(SCOPES), "client_key": ""}
        return self._give(rows[0].account, facts)

    def _give(self, account: str, facts: dict[str, Any]) -> Answer:
        now = self.world.clock.now()
        access, refresh = f"act.sandbox{secrets.token_hex(20)}", f"rft.sandbox{secrets.token_hex(20)}"
        self.world.ledger.save_token(Token(access, account, ACCESS, "live", now, now + DAY))
        self.world.ledger.save_token(Token(refresh, account, REFRESH, "live", now, now + YEAR))
        for token in (access, refresh):
            consent.keep(self.world, "token", token, {name: facts[name] for name in ("scopes", "client_key")})
        return Answer(
            {
                "access_token": access, "expires_in": DAY, "open_id": account, "refresh_expires_in": YEAR,
                "refresh_token": refresh, "scope": ",".join(facts["scopes"]), "token_type": "Bearer",
            }
        )  # fmt: skip

    def _revoke(self, call: Call) -> Answer:
        """An expired token is not known, and the grant lives on."""
        if wrong := _wrong_app(call):
            return wrong
        rows = [r for r in self.world.ledger.tokens(call.params.get("token", "")) if r.state == "live"]
        if not rows or 0 < rows[0].expires_at <= self.world.clock.now():
            return flat("invalid_grant", "Access token is invalid or not found.")
        for row in self.world.ledger.tokens_of(rows[0].account):
            self.world.ledger.set_token(row.token, "revoked")
        return Answer(b"", content_type="text/plain")


def _asked(call: Call) -> list[str]:
    return [scope for scope in call.params.get("scope", "").split(",") if scope]


def _wrong_app(call: Call) -> Answer | None:
    key = call.params.get("client_key", "")
    right = bool(key) and call.params.get("client_secret") == consent.secret_of(key)
    return None if right else flat("invalid_client", "Client key or secret is incorrect.")


def flat(code: str, message: str) -> Answer:
    """An error, with HTTP 200 all the same."""
    return Answer({"error": code, "error_description": message, "log_id": log_id()})
