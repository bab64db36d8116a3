"""What a webhook says of an account. Importing this file makes it said."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from collavo.timeline.outgoing.messages import describers
from connectors.models import Connector


def describe(pk: UUID) -> dict[str, Any]:
    """Which account it is; its status is as it stands when the message is made."""
    found = Connector.objects.without_tokens().filter(pk=pk).first()
    if found is None:
        return {}
    return {"platform": found.platform, "handle": found.handle, "status": found.status}


describers["connector"] = describe
