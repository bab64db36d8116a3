"""What the OAuth pages of all platforms have in common: the page where a person decides, the way back, and codes.

Any app may come: the sandbox knows the secret of every one. That of the app "x" is "secret of x".
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any
from urllib.parse import urlencode, urlsplit

from connectors.sandbox.feed import SAFE, fill
from connectors.sandbox.records import Account
from connectors.sandbox.wire import Answer, Call, World

PAGE = {**SAFE, "Cache-Control": "no-store"}
CHOSEN, TICKED = "account:", "scope:"
CODE_SECONDS = 600


def secret_of(client_id: str) -> str:
    """The secret of an app, here."""
    return f"secret of {client_id}"


@dataclass(frozen=True)
class Page:
    """One platform's consent page."""

    platform: str
    words: str
    scopes: Sequence[str]
    accounts: Sequence[Account]
    many: bool = False  # several accounts may be ticked; else one is chosen

    def answer(self, call: Call) -> Answer:
        """The page as HTML; it posts to its own address."""
        kept = ("client_id", "client_key", "redirect_uri", "state", "scope", "code_challenge", "code_challenge_method")
        html = {
            "accounts": "".join(self._account(account, first=i == 0) for i, account in enumerate(self.accounts)),
            "scopes": "".join(_tick(f"{TICKED}{scope}", scope) for scope in self.scopes),
            "hidden": "".join(_hidden(name, call.params[name]) for name in kept if name in call.params),
        }
        app = call.params.get("client_id") or call.params.get("client_key", "")
        body = fill(
            "consent", html=html, title=f"Allow {app}?", platform=self.platform, action=call.path, app=app,
            words=self.words, question="For which accounts?" if self.many else "Which account?",
        )  # fmt: skip
        return Answer(body.encode(), 200, PAGE, "text/html; charset=utf-8")

    def _account(self, account: Account, *, first: bool) -> str:
        label = account.username + (f" (Page “{account.page_name}”)" if account.page_name else "")
        if self.many:
            return _tick(f"{CHOSEN}{account.id}", label)
        checked = " checked" if first else ""
        value, text = escape(account.id), escape(label)
        return f'<label><input type="radio" name="account" value="{value}"{checked}>{text}</label>'


def _tick(name: str, label: str) -> str:
    return f'<label><input type="checkbox" name="{escape(name)}" value="on" checked>{escape(label)}</label>'


def _hidden(name: str, value: str) -> str:
    return f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">'


def complaint(call: Call, app: str) -> str:
    """What is wrong with a request to authorize, or "". Nobody is sent back to an address that is none."""
    parts = urlsplit(call.params.get("redirect_uri", ""))
    if parts.scheme not in ("http", "https") or not parts.hostname:
        return "Invalid redirect_uri"
    if not app:
        return "Invalid platform app"
    return "" if call.params.get("response_type", "code") == "code" else "Unsupported response_type"


def chosen(call: Call) -> list[str]:
    """Ids of the accounts that the person chose."""
    many = [name.removeprefix(CHOSEN) for name in call.params if name.startswith(CHOSEN)]
    return many or [account for account in [call.params.get("account", "")] if account]


def ticked(call: Call, scopes: Iterable[str]) -> list[str]:
    """The scopes that the person left ticked, in the order they were asked for."""
    return [scope for scope in scopes if f"{TICKED}{scope}" in call.params]


def back(call: Call, values: Mapping[str, str]) -> Answer:
    """Send the browser back to the app, with its state."""
    state = {"state": call.params["state"]} if "state" in call.params else {}
    address = call.params["redirect_uri"]
    query = urlencode({**values, **state})
    return Answer(b"", 303, {"Location": f"{address}{'&' if '?' in address else '?'}{query}"}, "text/plain")


def keep(world: World, kind: str, name: str, value: Mapping[str, Any]) -> None:
    """Remember something about a code or token over restarts."""
    world.ledger.keep_setting(f"{kind}:{name}", dict(value))


def kept(world: World, kind: str, name: str) -> dict[str, Any]:
    """What was remembered; {} when nothing was."""
    found: dict[str, Any] = world.ledger.setting(f"{kind}:{name}", {})
    return found


def new_code(world: World, call: Call, **facts: Any) -> str:
    """A code that is good once, for ten minutes, at the same redirect address."""
    code = secrets.token_urlsafe(24)
    now = world.clock.now()
    keep(world, "code", code, {"redirect_uri": call.params["redirect_uri"], "until": now + CODE_SECONDS, **facts})
    return code


def take_code(world: World, call: Call) -> dict[str, Any] | str:
    """What the code stands for, used up by this; or why it will not do."""
    code = call.params.get("code", "")
    with world.ledger.transaction():
        found = kept(world, "code", code)
        if not found or found.get("used"):
            return "This authorization code has been used or was not found"
        keep(world, "code", code, found | {"used": True})
    if found["until"] <= world.clock.now():
        return "This authorization code has expired"
    if found["redirect_uri"] != call.params.get("redirect_uri"):
        return "Error validating verification code. Please make sure your redirect_uri is identical to the one you used"
    return found
