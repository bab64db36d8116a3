"""A hand-off that waits for its creator, made the way it comes about: approved, published, given out."""

from __future__ import annotations

from typing import Any

from approvals.models import Media
from collavo.accounts.models import Membership, Role, Workspace
from connectors.models import Connector
from publishing import verbs
from publishing.handoffs import giving
from publishing.models import Handoff
from tests.factories import make_approved, make_connector, make_media, make_member, make_workspace


def make_handoff(
    workspace: Workspace | None = None, *, creator: Membership | None = None, format: str = "story",
    media: list[Media] | None = None, connector: Connector | None = None, options: dict[str, Any] | None = None,
    **fields: Any,
) -> Handoff:  # fmt: skip
    """Open, for a post whose moment is now; `workspace` lies in Zurich unless given."""
    workspace = workspace or make_workspace("Fjord Supply", time_zone="Europe/Zurich")
    creator = creator or make_member(workspace, Role.CREATOR, name="Mara Weiss")
    connector = connector or make_connector(workspace, time_zone="Europe/Zurich")
    version = make_approved(workspace, creator=creator, format=format, media=media or [make_media(creator)], **fields)
    post = verbs.publish_now(version, connector, by=make_member(workspace), options=options or {})
    assert giving.give(post.pk, by="test"), "it goes by hand"
    return Handoff.objects.with_parts().get(post=post)
