"""Whether a link can be the live post: right host, right account, a form that people can open."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from approvals.states import IllegalMove
from connectors.models import Connector
from publishing.handoffs.links import check, require_shape
from publishing.models import Post
from tests.factories import make_connector, make_post, make_workspace
from tests.publishing.handoffs.made import REEL_LINK, STORY_LINK

pytestmark = pytest.mark.django_db


@pytest.fixture
def post() -> Post:
    workspace = make_workspace()
    return make_post(workspace, make_connector(workspace), at=timezone.now() + timedelta(hours=1))


@pytest.mark.parametrize(
    "url",
    [
        "https://www.instagram.com/p/DTest123/",
        "https://instagram.com/p/DTest123",
        "https://www.instagram.com/fjord.supply/p/DTest123/?igsh=x",
        "https://www.instagram.com/Fjord.Supply/p/DTest123/",
    ],
)
def test_every_form_of_the_posts_address_is_taken(post: Post, url: str) -> None:
    require_shape(post, url)


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("www.instagram.com/p/DTest123/", "starts with https"),
        ("javascript:alert(1)", "starts with https"),
        ("https://www.instagram.com/p/DTest 123/", "starts with https"),
        ("https://www.instagram.com:no/p/DTest123/", "starts with https"),
        ("https://user@www.instagram.com/p/DTest123/", "starts with https"),
        ("https://www.instagram.com/p/" + "x" * 500, "starts with https"),
        ("http://www.instagram.com/p/DTest123/", "does not lead to Instagram"),
        ("https://www.instagram.com.evil.example/p/DTest123/", "does not lead to Instagram"),
        ("https://www.instagram.com/fjord.supply/", "not the link of one post"),
        ("https://www.instagram.com/direct/inbox/", "not the link of one post"),
        (REEL_LINK, "not the link of one post"),
        (STORY_LINK, "not the link of one post"),
        ("https://www.instagram.com/somebody.else/p/DTest123/", "another account"),
    ],
)
def test_what_cannot_be_the_posts_address_is_refused_with_a_sentence(post: Post, url: str, why: str) -> None:
    with pytest.raises(IllegalMove, match=why):
        require_shape(post, url)


def test_an_account_that_cannot_be_asked_leaves_the_link_unchecked(post: Post) -> None:
    Connector.objects.filter(pk=post.connector_id).update(status="needs_relink")
    post.connector.refresh_from_db()
    found = check(post, "https://www.instagram.com/p/DTest123/")
    assert not found.confirmed
    assert "cannot be asked" in found.note
