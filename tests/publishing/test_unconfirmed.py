"""A post that may be live: three buttons wherever it is shown, as plain forms, and the history says who decided."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from collavo.accounts.models import Membership, Role
from collavo.timeline.models import Event
from connectors.sandbox.client import SandboxControl
from publishing.models import Post, Status
from tests.admin_pages import page_of, signed_in
from tests.console import text
from tests.factories import make_member
from tests.publishing.test_engine import new_post, run_once, settle

pytestmark = pytest.mark.django_db
BUTTONS = ("confirm_live", "confirm_not_live", "ask_again")


@pytest.fixture
def post(sandbox: SandboxControl) -> Post:
    """Live at the platform; nobody here knows it."""
    post = settle(new_post(sandbox))
    sent = {"commit_sent_at": post.published_at, "commit_open": True, "remote_id": "", "url": ""}
    Post.objects.filter(pk=post.pk).update(status=Status.UNCONFIRMED, due_at=None, published_at=None, **sent)
    return Post.objects.get(pk=post.pk)


@pytest.fixture
def manager(post: Post) -> Membership:
    return make_member(post.workspace, Role.MANAGER, name="Mara Manager")


def url(name: str, post: Post, *args: object, **query: Any) -> str:
    return reverse(f"publishing:{name}", args=[post.workspace.slug, *args], query=query or None)


def press(member: Membership, name: str, post: Post, **said: str) -> str:
    """What the post's page says after its plain form was sent."""
    answer = signed_in(member.user).post(url(name, post, post.pk), said | {"back": "post"}, follow=True)
    return text(answer)


def test_board_page_and_admin_offer_the_same_three(post: Post, manager: Membership) -> None:
    client: Client = signed_in(manager.user)
    panel = url("panel", post, post.version_id, connector=str(post.connector_id))
    board = url("board", post, v=str(post.version_id), connector=str(post.connector_id))
    for address in (url("post", post, post.pk), panel, board):
        page = client.get(address, headers={"HX-Request": "true"} if address == panel else {}).content.decode()
        for name in BUTTONS:
            assert f'action="{url(name, post, post.pk)}"' in page, (address, name)
        assert "this puts it there a second time" in page
    admin = signed_in().get(page_of(post)).content.decode()
    assert all(f'value="{name}"' in admin for name in BUTTONS)


def test_a_person_says_that_it_is_live_and_the_link_is_checked_at_the_account(
    post: Post, manager: Membership, sandbox: SandboxControl
) -> None:
    [live] = sandbox.posts()
    said = press(manager, "confirm_live", post, url="https://www.instagram.com/p/SomebodyElses/")
    assert "has no post at that link" in said and "Unconfirmed" in said
    said = press(manager, "confirm_live", post, url=live["permalink"])
    assert "Published" in said and "Mara Manager found it live" in said
    post.refresh_from_db()
    assert (post.status, post.remote_id, post.commit_open) == (Status.PUBLISHED, live["id"], False)


def test_a_person_says_that_it_is_not_live_and_it_goes_out_again(
    post: Post, manager: Membership, sandbox: SandboxControl
) -> None:
    said = press(manager, "confirm_not_live", post)
    assert "Mara Manager found that it is not live" in said
    assert settle(post).status == Status.PUBLISHED and len(sandbox.posts()) == 2, "as the person wanted"
    said = press(manager, "confirm_not_live", post)
    assert "Nothing to confirm" in said and len(sandbox.posts()) == 2


def test_asking_again_sends_nothing_and_finds_the_truth(
    post: Post, manager: Membership, sandbox: SandboxControl
) -> None:
    sent = sandbox.count_calls(method="POST")
    assert "Mara Manager asked the platform again" in press(manager, "ask_again", post)
    after = run_once(post)
    assert (after.status, len(sandbox.posts())) == (Status.PUBLISHED, 1)
    assert sandbox.count_calls(method="POST") == sent


@pytest.mark.parametrize("name", BUTTONS)
def test_who_may_not_publish_decides_nothing(name: str, post: Post) -> None:
    viewer = make_member(post.workspace, Role.VIEWER)
    answer = signed_in(viewer.user).post(url(name, post, post.pk), {"url": "https://www.instagram.com/p/a/"})
    assert answer.status_code == 403
    assert Post.objects.get(pk=post.pk).status == Status.UNCONFIRMED
    assert not Event.objects.filter(user=viewer.user).exists()
