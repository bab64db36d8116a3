"""Hand-offs for tests, made by the product's own way: scheduled, fallen due, claimed."""

from __future__ import annotations

from typing import Any

from collavo.accounts.models import Workspace
from connectors.models import Connector
from publishing import states
from publishing.claims import claim
from publishing.handoffs.people import Actor
from publishing.models import Handoff, Post
from tests.factories import make_connector, make_member, make_post, make_workspace

STORY_LINK = "https://www.instagram.com/stories/fjord.supply/3141592653589793238/"
REEL_LINK = "https://www.instagram.com/reel/DTest123/"


def story_post(workspace: Workspace | None = None, connector: Connector | None = None, **fields: Any) -> Post:
    """A story that is due: by hand unless its account posts plain ones itself."""
    return make_post(workspace or make_workspace(), connector, format="story", **fields)


def fall_due(post: Post) -> Post:
    """What the dispatcher and a worker do with a due post."""
    states.queue_due([post.pk])
    claim(post.pk, worker="worker")
    post.refresh_from_db()
    return post


def make_handoff(workspace: Workspace | None = None, connector: Connector | None = None, **fields: Any) -> Handoff:
    post = fall_due(story_post(workspace, connector, **fields))
    return Handoff.objects.with_parts().get(post=post)


def dead_connector(workspace: Workspace) -> Connector:
    """Nobody can be asked about it, so that no test calls the network."""
    return make_connector(workspace, status="needs_relink")


def manager_of(handoff: Handoff) -> Actor:
    return Actor.member(make_member(handoff.workspace))


def holder_of(handoff: Handoff) -> Actor:
    return Actor.holder(handoff, handoff.assignee)
