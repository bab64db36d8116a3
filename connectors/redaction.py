"""Keeps secrets out of everything that is stored, logged or shown."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from urllib.parse import quote, quote_plus, urlsplit

from connectors.platforms.base import Json

MASK = "[redacted]"
DEPTH = 40  # nothing that a platform answers is nested deeper; what is, is not stored
STORED_CHARS = 4000  # of one answer in the dispatch log

_NAMES = (
    "access_token|refresh_token|id_token|client_secret|app_secret|appsecret_proof|fb_exchange_token|input_token|"
    "exchange_token|upload_token|code_verifier|authorization|password|signature|sig"
)
_SECRET_FIELD = re.compile(f"(?i)^({_NAMES})$")
_SECRET_PARAMETER = re.compile(f"(?i)([?&]code|\\b(?:{_NAMES}))=([^&\\s\"'<>]+)")
_SECRET_HEADER = re.compile(r"(?i)\b(bearer|oauth)\s+([\w.~+/|=-]{16,})")


def origin(address: str) -> str:
    """Scheme and host of an address, for messages: the rest of a signed address is a secret."""
    try:
        parts = urlsplit(address)
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return ""
    return f"{parts.scheme}://{parts.hostname}{port}" if parts.hostname else ""


def _spellings(secret: str) -> set[str]:
    """How a secret may come back: as it is, percent-encoded, or as JSON writes it."""
    dumped = json.dumps(secret)[1:-1]
    return {
        secret,
        quote(secret, safe=""),
        quote(secret),
        quote_plus(secret),
        dumped,
        dumped.replace("/", "\\/"),
        json.dumps(secret, ensure_ascii=False)[1:-1],
    }


def _storable(text: str) -> str:
    """Without what PostgreSQL cannot hold: NUL and lone surrogates."""
    return text.replace("\x00", "").encode("utf-8", "replace").decode()


class Redactor:
    """Replaces known secrets, whatever they are called, and unknown ones by the names they go under."""

    def __init__(self, secrets: Iterable[str] = (), *, addresses: Iterable[str] = ()) -> None:
        self._hidden: dict[str, str] = {}
        for address in filter(None, addresses):
            self._hidden |= dict.fromkeys(_spellings(address), f"{origin(address)}/{MASK}")
        for secret in filter(None, secrets):
            self._hidden |= dict.fromkeys(_spellings(secret), MASK)
        # Longest first, so that what holds a secret is not cut to pieces. Plain replacing: compiling a pattern per call
        # of the network cost more than the call.
        self._known = sorted(self._hidden.items(), key=lambda pair: len(pair[0]), reverse=True)

    def __repr__(self) -> str:
        return f"<Redactor of {len(self._hidden)}>"

    def text(self, text: str) -> str:
        for secret, mask in self._known:
            text = text.replace(secret, mask)
        text = _SECRET_PARAMETER.sub(rf"\1={MASK}", text)
        return _storable(_SECRET_HEADER.sub(rf"\1 {MASK}", text))

    def json(self, value: Json, *, depth: int = 0) -> Json:
        """The same value without secrets, fit for a JSON column. Never raises."""
        if isinstance(value, str):
            return self.text(value)
        if depth > DEPTH:
            return "…"
        if isinstance(value, list):
            return [self.json(item, depth=depth + 1) for item in value]
        if isinstance(value, dict):
            return {self.text(name): self._field(name, item, depth) for name, item in value.items()}
        return value

    def _field(self, name: str, value: Json, depth: int) -> Json:
        return MASK if _SECRET_FIELD.match(name) and value else self.json(value, depth=depth + 1)

    def form(self, fields: Mapping[str, str]) -> dict[str, Json]:
        """What was sent. OAuth's `code` is a secret here (in an answer it is an error's number)."""
        return {name: MASK if name == "code" else self._field(name, value, 0) for name, value in fields.items()}


def without_addresses(value: Json) -> Json:
    """A journal for people to look at: an address that a platform gave for an upload opens it to whoever reads it."""
    if isinstance(value, str):
        return f"{origin(value)}/{MASK}" if origin(value) else value
    if isinstance(value, list):
        return [without_addresses(item) for item in value]
    if isinstance(value, dict):
        return {name: without_addresses(item) for name, item in value.items()}
    return value


def shortened(value: Json) -> Json:
    """A redacted answer as the dispatch log keeps it: whole when it is short, else the beginning of its text."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return value if len(text) <= STORED_CHARS else text[:STORED_CHARS] + "…"
