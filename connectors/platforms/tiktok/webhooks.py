"""What TikTok tells by itself, at one address per app: what became of a post, and that somebody took the access back.

What is told about a post is not believed but asked about. Source: webhooks overview, events and verification (state
of August 2026), read 2026-11-20: at least once, in no order, for up to 72 hours. An installation that cannot be reached
from the internet gets none: polling alone is enough.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.utils import timezone
from django.utils.translation import gettext as _

from connectors.platforms.base import Json
from connectors.platforms.oauth import App, Forged, Incoming, Notice, NoticeKind, Received

HEADER = "tiktok-signature"
TOLERANCE = timedelta(minutes=5)  # TikTok leaves it to us
POSTS = "post.publish."  # complete, failed, inbox_delivered, publicly_available, no_longer_publicaly_available (sic)
REMOVED = "authorization.removed"


class TikTokWebhooks:
    """One address, for all events."""

    def greet(self, incoming: Incoming) -> str | None:
        """TikTok does not ask first."""
        return None

    def read(self, incoming: Incoming, apps: Sequence[App]) -> Received:
        signer = check(incoming.headers.get(HEADER, ""), incoming.body, apps, incoming.at or timezone.now())
        event = _object(incoming.body)
        notice = _notice(event, hashlib.sha256(incoming.body).hexdigest())
        return Received([notice] if notice else [], client_id=signer.client_id)


def check(header: str, body: bytes, apps: Sequence[App], now: datetime) -> App:
    """The app whose secret signed exactly this body, lately: "t=<unix>,s=<hex>". Raises Forged."""
    parts = dict(part.strip().partition("=")[::2] for part in header.split(","))
    moment, given = parts.get("t", ""), parts.get("s", "")
    if not (moment.isascii() and moment.isdecimal() and len(moment) < 12) or not given:
        raise Forged(_("It is not signed."))
    if abs(now.timestamp() - int(moment)) > TOLERANCE.total_seconds():
        raise Forged(_("Its signature is too old, or from the future."))
    signed = moment.encode() + b"." + body
    for app in apps:
        right = hmac.new(app.client_secret.encode(), signed, hashlib.sha256).hexdigest()
        if app.client_secret and hmac.compare_digest(right.encode(), given.encode()):
            return app
    raise Forged(_("The signature fits none of the apps."))


def _notice(event: dict[str, Json], key: str) -> Notice | None:
    """None for an event that says nothing to us. The same event told again has the same body, so the same key."""
    name, account = event.get("event"), event.get("user_openid")
    if not isinstance(name, str) or not isinstance(account, str) or not account:
        return None
    if name == REMOVED:
        return Notice(key, NoticeKind.REVOKED, account)
    publish_id = _content(event).get("publish_id")
    if name.startswith(POSTS) and isinstance(publish_id, str) and publish_id:
        return Notice(key, NoticeKind.POST, account, publish_id)
    return None


def _content(event: dict[str, Json]) -> dict[str, Json]:
    """A JSON object in a string."""
    content = event.get("content")
    return _object(content.encode()) if isinstance(content, str) else {}


def _object(text: bytes) -> dict[str, Json]:
    try:
        value = json.loads(text)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}
