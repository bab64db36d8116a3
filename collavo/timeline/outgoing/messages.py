"""What a webhook says: the body, made once from the event, and the signature of each try (Standard Webhooks)."""

from __future__ import annotations

import base64
import json
import secrets
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Protocol
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext
from standardwebhooks import Webhook

from collavo.timeline.models import Delivery, Endpoint, Event
from collavo.timeline.outgoing.kinds import TEST

# What apps above know of the thing that an event is about, by its kind, in the words of the API. They add themselves
# when they start. {} when the thing is gone.
describers: dict[str, Callable[[UUID], dict[str, Any]]] = {}

# From a line of history to the words of the API; what is not named here stays inside.
WORDS = {
    "new": "status", "old": "previousStatus", "code": "errorCode", "hold": "hold", "until": "until",
    "remote_id": "platformPostId", "url": "permalink", "round": "round", "seal": "seal",
    "handoff": "handoffId",
}  # fmt: skip


def new_secret() -> str:
    """24 random bytes, as Standard Webhooks writes them."""
    return "whsec_" + base64.b64encode(secrets.token_bytes(24)).decode()


def body(delivery: Delivery) -> str:
    """The message as JSON: what happened, when, to which thing."""
    event = delivery.event
    said = _told(event, delivery.event_type) if event else _test(delivery)
    return json.dumps(said, ensure_ascii=False, separators=(",", ":"))


def _told(event: Event, told_as: str) -> dict[str, Any]:
    """`told_as`: what befalls a hand-off is an event of its post."""
    kinds = dict.fromkeys([event.subject_type, told_as.partition(".")[0]])
    known = {word: fact for kind in kinds for word, fact in describers.get(kind, _nothing)(event.subject_id).items()}
    facts = {word: event.data[name] for name, word in WORDS.items() if event.data.get(name) not in (None, "")}
    return {
        "type": told_as,
        "timestamp": iso(event.at),
        "data": {
            "eventId": str(event.pk),
            "workspaceId": str(event.workspace_id),
            "caseId": str(event.case_id) if event.case_id else None,
            f"{event.subject_type}Id": str(event.subject_id),
            "by": event.by,
            "text": event.text,
            **known,
            **facts,
        },
    }


def _test(delivery: Delivery) -> dict[str, Any]:
    workspace = str(delivery.endpoint.workspace_id)
    return {
        "type": TEST,
        "timestamp": iso(timezone.now()),
        "data": {"workspaceId": workspace, "text": gettext("It works.")},
    }


def _nothing(_: UUID) -> dict[str, Any]:
    return {}


def iso(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def headers(delivery: Delivery, endpoint: Endpoint, at: datetime) -> dict[str, str]:
    """For one try of a delivery. Raises UnreadableSecret."""
    return signed(delivery.message_id, delivery.body, endpoint, at)


class Signing(Protocol):
    """What has a secret, and for a while after a rotation the one before."""

    secret: Any
    old_secret: Any
    old_secret_until: Any


def keys(signing: Signing, at: datetime) -> list[str]:
    """The secrets that count at this moment, the present one first. Raises UnreadableSecret."""
    old = bool(signing.old_secret and signing.old_secret_until and signing.old_secret_until > at)
    return [signing.secret, *([signing.old_secret] if old else [])]


def signed(message_id: str, body: str, signing: Signing, at: datetime) -> dict[str, str]:
    """The headers of Standard Webhooks, signed with every secret that counts. Raises UnreadableSecret."""
    signatures = [Webhook(key).sign(message_id, at, body) for key in keys(signing, at)]
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": " ".join(signatures),
    }
