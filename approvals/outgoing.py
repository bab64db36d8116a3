"""What a webhook says of a version. Importing this file makes it said."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from approvals.models import Version
from collavo.timeline.outgoing.messages import describers


def describe(pk: UUID) -> dict[str, Any]:
    """What never changes about it: the asset it belongs to, and which of its rounds it is."""
    found = Version.objects.select_related("asset").filter(pk=pk).first()
    if found is None:
        return {}
    return {
        "assetId": str(found.asset_id), "title": found.asset.title, "round": found.round, "format": found.format,
    }  # fmt: skip


describers["version"] = describe
