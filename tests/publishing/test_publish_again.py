"""A post that went out for its owner alone, before the audit, and the one that shows it to everybody."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from approvals.states import IllegalMove
from collavo.accounts.models import Membership, Role
from collavo.timeline.models import Event
from connectors.models import Connector
from publishing import verbs
from publishing.chips import audience
from publishing.models import Post, Status
from tests.console import signed_in
from tests.factories import make_connector, make_member, make_post, make_workspace

pytestmark = pytest.mark.django_db


def hidden_post() -> Post:
    """Published before the audit, which has been passed since."""
    post = make_post(make_workspace())
    Post.objects.filter(pk=post.pk).update(
        status=Status.PUBLISHED, published_at=timezone.now(), hidden=True, due_at=None, remote_id="77"
    )
    return Post.objects.get(pk=post.pk)


def manager_of(post: Post) -> Membership:
    return make_member(post.workspace, Role.MANAGER)


def test_it_becomes_a_second_post_linked_with_the_first() -> None:
    post = hidden_post()
    again = verbs.publish_again(post, by=manager_of(post), options={})
    assert (again.again_of, again.version, again.connector) == (post, post.version, post.connector)
    assert again.status == Status.QUEUED
    assert Event.objects.about(post).filter(verb="published_again", data__again=str(again.pk)).exists()


def test_a_second_press_makes_no_third_post() -> None:
    post = hidden_post()
    by = manager_of(post)
    verbs.publish_again(post, by=by, options={})
    with pytest.raises(IllegalMove, match="published again already"):
        verbs.publish_again(post, by=by, options={})
    with pytest.raises(IllegalMove, match="already has a post"):
        verbs.publish_now(post.version, post.connector, by=by)
    assert Post.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_of_many_presses_at_once_one_makes_the_post() -> None:
    post = hidden_post()
    by = manager_of(post)

    def press(_: int) -> bool:
        try:
            verbs.publish_again(Post.objects.get(pk=post.pk), by=by, options={})
        except IllegalMove:
            return False
        finally:
            connection.close()
        return True

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(press, range(4))) == 1
    assert Post.objects.count() == 2


def test_one_that_was_canceled_may_be_followed_by_another() -> None:
    post = hidden_post()
    by = manager_of(post)
    verbs.cancel(verbs.publish_again(post, by=by, options={}), by=by)
    assert verbs.publish_again(post, by=by, options={}).again_of == post


def test_a_post_that_everybody_sees_is_not_published_again() -> None:
    post = hidden_post()
    Post.objects.filter(pk=post.pk).update(hidden=False)
    with pytest.raises(IllegalMove, match="Only a post that nobody but its owner sees"):
        verbs.publish_again(post, by=manager_of(post), options={})


def test_the_database_knows_no_third_post_whoever_writes_it() -> None:
    post = hidden_post()
    verbs.publish_again(post, by=manager_of(post), options={})
    for again_of in (None, post):
        with pytest.raises(IntegrityError), transaction.atomic():
            Post.objects.create(
                workspace=post.workspace, case=post.case, version=post.version, connector=post.connector, seal="x",
                again_of=again_of,
            )  # fmt: skip


def test_before_the_audit_it_is_refused_and_says_where_to_say_so() -> None:
    post = hidden_post()
    unaudited(post.connector)
    post.refresh_from_db()
    with pytest.raises(IllegalMove, match="has not passed the audit yet"):
        verbs.publish_again(Post.objects.get(pk=post.pk), by=manager_of(post), options={})


def unaudited(connector: Connector) -> None:
    """As an account on a platform that hides posts before its audit."""
    Connector.objects.filter(pk=connector.pk).update(platform="tiktok", login="tiktok", audited=False)


def page(client: Client, post: Post) -> Any:
    return client.get(reverse("publishing:post", args=[post.workspace.slug, post.pk])).content.decode()


def test_both_pages_lead_to_each_other() -> None:
    post = hidden_post()
    client = signed_in(manager_of(post))
    assert "Publish again, public" in page(client, post)
    url = reverse("publishing:publish_again", args=[post.workspace.slug, post.pk])
    assert client.post(url, {"back": "post"}).status_code == 302
    again = Post.objects.get(again_of=post)
    assert "The public post" in page(client, post) and str(again.pk) in page(client, post)
    assert "The private post" in page(client, again) and str(post.pk) in page(client, again)
    assert "Publish again, public" not in page(client, post)


def test_viewers_are_not_offered_it() -> None:
    post = hidden_post()
    assert "Publish again, public" not in page(signed_in(make_member(post.workspace, Role.VIEWER)), post)


def test_the_chip_says_private_until_audited_and_afterwards_private() -> None:
    post = hidden_post()
    assert (found := audience(post)) and found.text == "Private"
    unaudited(post.connector)
    assert (found := audience(Post.objects.get(pk=post.pk))) and found.text == "Private until audited"


def test_a_planned_post_says_that_it_will_be_private_unless_the_platform_leaves_it_to_the_creator() -> None:
    workspace = make_workspace()
    post = make_post(workspace, make_connector(workspace))
    assert audience(post) is None
    unaudited(post.connector)
    Post.objects.filter(pk=post.pk).update(options={"post_mode": "direct"})
    assert (found := audience(Post.objects.get(pk=post.pk))) and found.text == "Private until audited"
    Post.objects.filter(pk=post.pk).update(options={"post_mode": "inbox"})
    assert audience(Post.objects.get(pk=post.pk)) is None


def test_what_a_person_found_live_of_an_unaudited_account_is_hidden_and_may_be_published_again() -> None:
    workspace = make_workspace()
    account = make_connector(workspace)
    Connector.objects.filter(pk=account.pk).update(
        platform="tiktok", login="tiktok", audited=False, status="needs_relink"
    )
    post = make_post(workspace, make_connector(workspace))
    sent = {"commit_sent_at": timezone.now(), "commit_open": True, "due_at": None}
    Post.objects.filter(pk=post.pk).update(connector=account, status=Status.UNCONFIRMED, **sent)
    post = Post.objects.get(pk=post.pk)
    verbs.confirm_live(post, url="https://www.tiktok.com/@fjord/video/1", by=manager_of(post))
    assert Post.objects.get(pk=post.pk).hidden
