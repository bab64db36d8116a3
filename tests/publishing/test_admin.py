"""Posts in the admin: no status is edited, buttons call the verbs, the dispatch log is to look at."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from collavo.accounts.admin_base import MOST_ROWS
from collavo.accounts.models import Role, Workspace
from collavo.timeline.models import Event
from publishing.admin import VERBS
from publishing.chips import chip
from publishing.models import Attempt, Hold, Post, Status
from tests.admin_pages import list_of, page_of, press, queries, said, signed_in
from tests.factories import make_connector, make_member, make_post, make_workspace, numbers

pytestmark = pytest.mark.django_db


def new_post(status: str = Status.SCHEDULED, workspace: Workspace | None = None, **fields: Any) -> Post:
    """A post as a worker would have left it in this status."""
    post = make_post(workspace or make_workspace(), at=timezone.now() + timedelta(days=1))
    if status == Status.UNCONFIRMED:
        fields |= {"commit_sent_at": timezone.now(), "commit_open": True}
    if status == Status.PUBLISHED:
        fields |= {"published_at": timezone.now(), "remote_id": str(next(numbers))}
    if status != Status.SCHEDULED:
        fields = {"due_at": None, **fields}
    Post.objects.filter(pk=post.pk).update(status=status, **fields)
    return fresh(post)


def fresh(post: Post) -> Post:
    return Post.objects.get(pk=post.pk)


def make_attempt(post: Post, **fields: Any) -> Attempt:
    values = {"fence": 1, "number": 1, "step": "container", "started_at": timezone.now(), "method": "POST"}
    return post.attempts.create(**values | fields)


@pytest.mark.parametrize("status", Status.values)
def test_a_post_to_the_page_changes_nothing_in_any_status(status: str) -> None:
    client, post = signed_in(), new_post(status)
    before = Post.objects.values().get(pk=post.pk)
    forged = dict.fromkeys(("status", "hold", "seal", "error"), "published")
    forged |= {"remote_id": "1", "url": "https://x.example/", "fence": "9", "tries": "0", "due_at_0": "2020-01-01"}
    forged |= {"lease_token": "", "commit_open": "on", "journal": "{}", "_save": "Save"}
    assert client.post(page_of(post), forged).status_code == 403
    assert Post.objects.values().get(pk=post.pk) == before


@pytest.mark.parametrize("status", Status.values)
def test_every_status_shows_the_consoles_words_on_its_page_and_in_the_list(status: str) -> None:
    client, post = signed_in(), new_post(status)
    word = chip(post).text
    assert word in client.get(page_of(post)).content.decode()
    page = client.get(list_of(Post)).content.decode()
    assert word in page and f"/w/{post.workspace.slug}/posts/{post.pk}/" in page


@pytest.mark.parametrize(
    ("needs", "wanted"),
    [
        ("creator", {"status": Status.AWAITING_CREATOR}),
        ("unconfirmed", {"status": Status.UNCONFIRMED}),
        ("failed", {"status": Status.FAILED}),
        ("late", {"status": Status.QUEUED, "hold": Hold.LATE}),
        ("account", {"status": Status.QUEUED, "hold": Hold.CONNECTOR}),
        ("any", {"status": Status.FAILED}),
    ],
)
def test_what_needs_a_person_is_one_click_away(needs: str, wanted: dict[str, Any]) -> None:
    client, it, other = signed_in(), new_post(**wanted), new_post(Status.PUBLISHED)
    page = client.get(list_of(Post, needs=needs)).content.decode()
    assert page_of(it) in page and page_of(other) not in page


def test_posts_are_filtered_by_account_and_searched_by_ids_and_codes() -> None:
    client, it, other = signed_in(), new_post(Status.FAILED, error_code="2207052"), new_post()
    for query in ({"account": str(it.connector_id)}, {"q": str(it.pk)}, {"q": "2207052"}):
        page = client.get(list_of(Post, **query)).content.decode()
        assert page_of(it) in page and page_of(other) not in page
    assert client.get(list_of(Post, account="nobody")).status_code == 200


def test_sending_now_asks_first_and_queues_in_the_operators_name() -> None:
    client, post = signed_in(), new_post()
    assert "become public" in press(client, "send_now", post).content.decode()
    assert fresh(post).status == Status.SCHEDULED
    assert said(press(client, "send_now", post, sure="yes")) == [f"{post} goes out now."]
    assert fresh(post).status == Status.QUEUED
    assert Event.objects.get(subject_id=post.pk, verb="sent_now").by == "Olga Operator"


def test_a_bulk_action_says_row_by_row_what_was_done_and_what_was_refused_and_why() -> None:
    client, failed, live = signed_in(), new_post(Status.FAILED), new_post(Status.PUBLISHED)
    lines = said(press(client, "retry", failed, live, sure="yes"))
    assert f"{failed} is tried again." in lines
    assert f"{live}: refused. Only a failed post can be retried; this one is published." in lines
    assert (fresh(failed).status, fresh(live).status) == (Status.QUEUED, Status.PUBLISHED)


def test_canceling_leaves_what_is_being_sent() -> None:
    client, waiting, leased = signed_in(), new_post(), new_post(Status.PUBLISHING)
    press(client, "cancel", waiting, leased, sure="yes")
    assert (fresh(waiting).status, fresh(leased).status) == (Status.CANCELED, Status.PUBLISHING)


def test_what_preflight_blocks_is_refused_with_its_sentence() -> None:
    post = new_post(Status.FAILED)
    post.connector.disable(by="test")
    line = said(press(signed_in(), "retry", post, sure="yes"))[0]
    assert "refused" in line and "switched off" in line
    assert fresh(post).status == Status.FAILED


def test_asking_again_sends_nothing_and_stays_unconfirmed() -> None:
    client, post = signed_in(), new_post(Status.UNCONFIRMED)
    press(client, "ask_again", post)
    assert fresh(post).status == Status.UNCONFIRMED and fresh(post).due_at is not None


def test_saying_that_it_is_live_needs_its_link() -> None:
    client, post = signed_in(), new_post(Status.UNCONFIRMED)
    assert "Link of the live post" in press(client, "confirm_live", post).content.decode()
    page = press(client, "confirm_live", post, text="on the phone").content.decode()
    assert "starts with https://" in page and "on the phone" in page
    assert fresh(post).status == Status.UNCONFIRMED
    post.connector.disable(by="test")  # nobody can be asked, so the person's word stands
    press(client, "confirm_live", post, text="https://www.instagram.com/p/abc/")
    assert (fresh(post).status, fresh(post).url) == (Status.PUBLISHED, "https://www.instagram.com/p/abc/")


def test_one_link_is_not_taken_for_two_posts() -> None:
    client, one, two = signed_in(), new_post(Status.UNCONFIRMED), new_post(Status.UNCONFIRMED)
    lines = said(press(client, "confirm_live", one, two, text="https://www.instagram.com/p/abc/"))
    assert lines == ["“It is live” is for one row at a time. Nothing was changed."]
    assert fresh(one).status == Status.UNCONFIRMED


def test_posting_again_is_asked_about_twice() -> None:
    client, post = signed_in(), new_post(Status.UNCONFIRMED)
    assert "there twice" in press(client, "confirm_not_live", post).content.decode()
    assert fresh(post).status == Status.UNCONFIRMED
    press(client, "confirm_not_live", post, sure="yes")
    assert fresh(post).status == Status.QUEUED and not fresh(post).commit_open


def test_an_operator_with_a_smaller_role_in_the_workspace_has_that_role_here_too() -> None:
    post = new_post()
    member = make_member(post.workspace, Role.VIEWER)
    member.user.is_staff = member.user.is_superuser = True
    member.user.save()
    assert "cannot schedule and publish" in said(press(signed_in(member.user), "cancel", post, sure="yes"))[0]
    assert fresh(post).status == Status.SCHEDULED


def test_a_button_on_the_posts_page_leads_back_to_it() -> None:
    client, post = signed_in(), new_post(Status.UNCONFIRMED)
    page = client.get(page_of(post)).content.decode()
    assert 'value="ask_again"' in page and 'value="retry"' not in page
    response = press(client, "ask_again", post, index="0", come_back=str(post.pk))
    assert response["Location"] == page_of(post)


def test_the_page_shows_the_newest_fifty_attempts_in_a_constant_number_of_queries() -> None:
    client, post = signed_in(), new_post()
    for number in range(2):
        make_attempt(post, step=f"early-{number}")
    few = queries(client, page_of(post))
    for number in range(60):
        make_attempt(post, step=f"step-{number}", http_status=500)
    assert queries(client, page_of(post)) == few
    page = client.get(page_of(post)).content.decode()
    assert "step-59" in page and "step-10" in page and "step-9<" not in page and "early-0" not in page


def test_attempts_are_to_look_at() -> None:
    client, attempt = signed_in(), make_attempt(new_post(), answer={"id": "17"})
    page = client.get(page_of(attempt)).content.decode()
    assert "&quot;id&quot;: &quot;17&quot;" in page
    assert client.post(page_of(attempt), {"step": "other"}).status_code == 403
    assert client.get("/admin/publishing/attempt/add/").status_code == 403
    assert client.get("/admin/publishing/post/add/").status_code == 403


def test_no_more_rows_are_taken_on_than_a_request_can_bear() -> None:
    assert not VERBS[0].unfit(MOST_ROWS)
    assert VERBS[0].unfit(MOST_ROWS + 1) == f"Choose at most {MOST_ROWS} rows at once. Nothing was changed."


def test_the_list_takes_as_many_queries_for_posts_under_way_as_for_others() -> None:
    client, workspace = signed_in(), make_workspace()
    connector = make_connector(workspace)
    Post.objects.filter(pk=make_post(workspace, connector).pk).update(status=Status.PUBLISHING)
    few = queries(client, list_of(Post))
    for _ in range(3):
        Post.objects.filter(pk=make_post(workspace, connector).pk).update(status=Status.PUBLISHING)
    assert queries(client, list_of(Post)) == few


def test_the_address_of_an_upload_is_not_shown() -> None:
    client, post = signed_in(), new_post(Status.FAILED)
    Post.objects.filter(pk=post.pk).update(journal={"session": {"uri": "https://upload.example/x?upload_id=secret-1"}})
    page = client.get(f"/admin/publishing/post/{post.pk}/change/").content.decode()
    assert "upload.example" in page and "secret-1" not in page
