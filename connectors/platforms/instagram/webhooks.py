"""What Meta tells by itself: that somebody removed the app, or wants their data gone. Instagram reports no publishing.

Sources: Meta's pages on webhooks, the deauthorize callback and the data deletion callback; read 2026-11-20.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from base64 import urlsafe_b64decode
from collections.abc import Callable, Sequence
from urllib.parse import parse_qs, quote

from django.conf import settings
from django.utils.translation import gettext

from connectors.platforms.base import Json
from connectors.platforms.oauth import App, Forged, Incoming, Notice, NoticeKind, Received

DEAUTHORIZE, DELETE = "deauthorize", "delete"
CODE_CHARS = 24
SIGNATURE = "x-hub-signature-256"


class MetaWebhooks:
    """Three addresses: deliveries, `…/deauthorize/` and `…/delete/`, each typed into the app's dashboard."""

    def greet(self, incoming: Incoming) -> str | None:
        ours, token = str(settings.META_VERIFY_TOKEN), incoming.query.get("hub.verify_token", "")
        if not ours or incoming.query.get("hub.mode") != "subscribe":
            return None
        fits = hmac.compare_digest(ours.encode(), token.encode())
        return incoming.query.get("hub.challenge", "") if fits else None

    def read(self, incoming: Incoming, apps: Sequence[App]) -> Received:
        if incoming.topic == "":
            return Received(client_id=_signer(apps, _header_fits(incoming)).client_id)  # nothing in it for us yet
        encoded, payload, signer = _signed_request(incoming.body, apps)
        user = payload.get("user_id")
        if not isinstance(user, str | int) or isinstance(user, bool):
            raise Forged(gettext("It names nobody."))
        key = hashlib.sha256(f"{incoming.topic} {encoded}".encode()).hexdigest()
        if incoming.topic == DEAUTHORIZE:
            return Received([Notice(key, NoticeKind.REVOKED, str(user))], client_id=signer.client_id)
        if incoming.topic == DELETE:
            notice = Notice(key, NoticeKind.DELETE_DATA, str(user))
            return Received([notice], _confirmation(key, incoming.status_url), signer.client_id)
        raise Forged(gettext("There is no such callback."))


def _confirmation(key: str, status_url: str) -> Json:
    """The person may ask by this code whether it was done; the notice's key begins with it."""
    code = key[:CODE_CHARS]
    return {"url": f"{status_url}?code={quote(code)}", "confirmation_code": code}


def _signer(apps: Sequence[App], fits: Callable[[bytes], bool]) -> App:
    """The app whose secret fits. Raises Forged."""
    found = next((app for app in apps if fits(app.client_secret.encode())), None)
    if found is None:
        raise Forged(gettext("The signature fits none of the apps."))
    return found


def _header_fits(incoming: Incoming) -> Callable[[bytes], bool]:
    given = incoming.headers.get(SIGNATURE, "")

    def fits(secret: bytes) -> bool:
        right = "sha256=" + hmac.new(secret, incoming.body, hashlib.sha256).hexdigest()
        return hmac.compare_digest(right.encode(), given.encode())

    return fits


def _signed_request(body: bytes, apps: Sequence[App]) -> tuple[str, dict[str, Json], App]:
    """The part that is signed (as sent), what it says, and whose secret signed it. Raises Forged."""
    sent = parse_qs(body.decode("utf-8", "replace")).get("signed_request", [""])[0]
    signature, _, encoded = sent.partition(".")
    try:
        given, payload = _bytes(signature), json.loads(_bytes(encoded))
    except ValueError as e:
        raise Forged(gettext("There is no signed request in it.")) from e
    signer = _signer(apps, lambda secret: hmac.compare_digest(hmac.digest(secret, encoded.encode(), "sha256"), given))
    if not isinstance(payload, dict) or str(payload.get("algorithm", "")).upper() != "HMAC-SHA256":
        raise Forged(gettext("It is not signed as Meta signs."))
    return encoded, payload, signer


def _bytes(text: str) -> bytes:
    """base64url without its padding. Raises ValueError."""
    return urlsafe_b64decode(text.encode() + b"=" * (-len(text) % 4))
