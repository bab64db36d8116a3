"""What a webhook says of a post, and of the task to post it by hand. Importing this file makes it said."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from collavo.timeline.outgoing.messages import describers, iso
from connectors.models import tokens_of
from publishing.models import Handoff, Post


def describe(pk: UUID) -> dict[str, Any]:
    """Which post it is, in the words of the API, where a post is also an output job."""
    post = Post.objects.select_related("connector", "version").defer(*tokens_of("connector")).filter(pk=pk).first()
    if post is None:
        return {}
    return {
        "outputJobId": str(post.pk), "versionId": str(post.version_id), "assetId": str(post.version.asset_id),
        "connectorId": str(post.connector_id), "platform": post.connector.platform, "format": post.version.format,
        "scheduledAt": iso(post.scheduled_at) if post.scheduled_at else None,
    }  # fmt: skip


def describe_handoff(post_id: UUID) -> dict[str, Any]:
    """The newest task to post it by hand."""
    task = Handoff.objects.filter(post=post_id).order_by("-id").values_list("pk", "assignee__name").first()
    return {"handoffId": str(task[0]), "assignee": task[1]} if task else {}


describers["post"] = describe
describers["handoff"] = describe_handoff
