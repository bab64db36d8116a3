"""Numbers of live posts, and links that come too late."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any

import pytest
import responses
from django.urls import reverse
from django.utils import timezone
from django_q.models import OrmQ

from approvals.states import IllegalMove
from collavo.accounts.models import Role
from collavo.timeline.models import Event
from connectors.models import Connector, ConnectorStatus
from connectors.sandbox.client import SandboxControl
from publishing import engine, metrics
from publishing.models import Attempt, Metric, Post, Status
from publishing.receivers import platform_told
from tests.console import signed_in, text
from tests.factories import make_connector, make_member, make_post, make_workspace

pytestmark = pytest.mark.django_db
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
GRAPH = re.compile(r"https://graph\.instagram\.com/.*/insights.*")


def live_post(*, age: timedelta = 2 * HOUR, **fields: Any) -> Post:
    """Published that long ago, with its id and link unless said otherwise."""
    post = make_post(make_workspace())
    values = {"remote_id": f"media-{post.pk}", "url": "https://www.instagram.com/p/x/"} | fields
    Post.objects.filter(pk=post.pk).update(
        status=Status.PUBLISHED, published_at=timezone.now() - age, due_at=None, **values
    )
    return Post.objects.get(pk=post.pk)


def insights(**numbers: int) -> None:
    rows = [{"name": name, "period": "lifetime", "values": [{"value": value}]} for name, value in numbers.items()]
    responses.get(GRAPH, json={"data": rows})


def refused(code: int, status: int = 400, subcode: int = 0) -> None:
    error = {"code": code, "error_subcode": subcode, "message": "No."}
    responses.get(re.compile(r"https://graph\.instagram\.com/.*"), json={"error": error}, status=status)


def look(post: Post) -> Post:
    metrics.adopt()
    metrics.look(str(post.connector_id))
    return Post.objects.get(pk=post.pk)


@responses.activate
def test_a_post_is_looked_at_an_hour_after_it_went_live_and_again_after_a_day() -> None:
    insights(views=120, likes=9, comments=0)
    post = live_post(age=2 * HOUR)
    seen = look(post)
    metric = Metric.objects.get(post=post)
    assert (metric.views, metric.likes, metric.comments, metric.shares) == (120, 9, 0, None)
    assert seen.looks == 1
    assert seen.look_at == seen.published_at + DAY  # type: ignore[operator]


def test_nothing_is_asked_before_the_first_hour_is_over() -> None:
    post = live_post(age=timedelta(minutes=30))
    assert metrics.adopt() == 1
    assert metrics.look(str(post.connector_id)) == 0


def test_after_thirty_days_nobody_asks_any_more() -> None:
    assert metrics.next_look(live_post(age=31 * DAY), timezone.now()) is None


@responses.activate
def test_a_second_task_for_the_same_account_finds_nothing_to_do() -> None:
    insights(views=1)
    post = live_post()
    look(post)
    assert metrics.look(str(post.connector_id)) == 0
    assert Metric.objects.count() == 1


def test_the_pass_queues_one_task_for_each_account_with_due_posts_and_none_for_one_that_is_held_back() -> None:
    first, second = live_post(), live_post()
    Connector.objects.filter(pk=second.connector_id).update(throttled_until=timezone.now() + HOUR)
    assert metrics.hand_over() == 1
    assert OrmQ.objects.count() == 1
    assert first.connector_id != second.connector_id


@responses.activate
def test_a_failure_is_a_line_of_the_log_for_each_post_and_tried_again_before_long() -> None:
    refused(2, 500)
    post = live_post()
    seen = look(post)
    line = Attempt.objects.get(post=post)
    assert (line.step, line.http_status) == ("numbers", 500)
    assert line.error
    assert seen.look_at and timezone.now() < seen.look_at <= timezone.now() + metrics.AGAIN
    assert not Metric.objects.exists()


@responses.activate
@pytest.mark.parametrize(("age", "left"), [(2 * HOUR, True), (40 * DAY, False)])
def test_a_fault_of_our_own_is_told_and_not_taken_up_every_ten_minutes(age: timedelta, left: bool) -> None:
    responses.get(re.compile(r"https://graph\.instagram\.com/.*"), body=LookupError("a fault of ours"))
    post = live_post(age=age)
    with pytest.raises(LookupError):
        look(post)
    seen = Post.objects.get(pk=post.pk)
    assert seen.looks == 1
    assert seen.look_at is None if not left else seen.look_at and seen.look_at > timezone.now() + 2 * HOUR


@responses.activate
def test_an_old_post_that_cannot_be_asked_about_is_not_taken_up_again_and_again() -> None:
    refused(2, 500)
    seen = look(live_post(age=40 * DAY))
    assert (seen.look_at, seen.looks) == (None, 1)
    assert metrics.adopt() == 0


@responses.activate
def test_a_dead_link_is_noted_and_the_post_stays_what_it_is() -> None:
    refused(190, 401)
    seen = look(live_post())
    assert seen.status == Status.PUBLISHED
    assert Connector.objects.get(pk=seen.connector_id).status == ConnectorStatus.NEEDS_RELINK


@responses.activate
def test_where_insights_are_not_granted_the_plain_counters_are_kept() -> None:
    responses.get(GRAPH, json={"error": {"code": 10, "message": "No permission."}}, status=403)
    responses.get(re.compile(r"https://graph\.instagram\.com/.*"), json={"id": "1", "like_count": 4})
    look(live_post())
    metric = Metric.objects.get()
    assert (metric.views, metric.likes, metric.comments) == (None, 4, None)


def test_an_account_that_may_not_read_numbers_is_not_asked_for_them() -> None:
    post = live_post()
    Connector.objects.filter(pk=post.connector_id).update(can={"read_metrics": False})
    assert look(post).looks == 1
    assert not Metric.objects.exists()


def test_a_post_that_really_went_out_gets_its_numbers_from_the_platform(sandbox: SandboxControl) -> None:
    account = sandbox.add_account("fjord.numbers")
    workspace = make_workspace()
    connector = make_connector(workspace, token=account["token"], remote_id=account["id"])
    post = make_post(workspace, connector)
    for _ in range(9):
        Post.objects.filter(pk=post.pk, status=Status.SCHEDULED).update(status=Status.QUEUED)
        Post.objects.filter(pk=post.pk, due_at__isnull=False).update(due_at=timezone.now())
        engine.advance(post.pk, worker="test")
    Post.objects.filter(pk=post.pk).update(look_at=timezone.now())
    assert metrics.look(str(connector.pk)) == 1
    assert Metric.objects.get(post=post).views is not None


# --- Late links ------------------------------------------------------------------------------------------------------

STATUS = "https://open.tiktokapis.com/v2/post/publish/status/fetch/"
PUBLISH = "v_pub_file~v2-1.7000000000000000001"


def tiktok_post(**fields: Any) -> Post:
    """Published at TikTok, which has not named it."""
    at = timezone.now().isoformat()
    journal = {"init": {"publish_id": PUBLISH, "at": at, "url": ""}}
    post = live_post(remote_id="", url="", journal=journal, **fields)
    Connector.objects.filter(pk=post.connector_id).update(
        platform="tiktok", login="tiktok", audited=True, token_expires_at=None
    )
    return Post.objects.get(pk=post.pk)


def tiktok_says(*ids: str) -> None:
    data = {"status": "PUBLISH_COMPLETE", "publicaly_available_post_id": list(ids)}
    responses.post(STATUS, json={"data": data, "error": {"code": "ok"}})
    url = "https://www.tiktok.com/@fjord/video/7501"
    row = {"id": "7501", "share_url": url, "view_count": 5}
    responses.post(
        "https://open.tiktokapis.com/v2/video/query/", json={"data": {"videos": [row]}, "error": {"code": "ok"}}
    )


@responses.activate
def test_a_link_that_comes_late_is_kept_and_the_numbers_are_read_with_it() -> None:
    tiktok_says("7501")
    seen = look(tiktok_post(age=timedelta(minutes=15)))
    assert (seen.remote_id, seen.url) == ("7501", "https://www.tiktok.com/@fjord/video/7501")
    assert Metric.objects.get(post=seen).views == 5
    assert Event.objects.about(seen).filter(verb="linked_late").exists()


@responses.activate
def test_without_a_link_it_stays_published_and_is_asked_about_again() -> None:
    tiktok_says()
    seen = look(tiktok_post(age=timedelta(minutes=15)))
    assert (seen.status, seen.url) == (Status.PUBLISHED, "")
    assert seen.look_at == seen.published_at + HOUR  # type: ignore[operator]


@responses.activate
def test_a_platform_that_says_that_it_is_public_now_is_asked_at_once() -> None:
    tiktok_says("7501")
    post = tiktok_post(age=3 * DAY, looks=4)
    platform_told(connector=post.connector, handle=PUBLISH)
    assert OrmQ.objects.count() == 1
    metrics.look(str(post.connector_id))
    assert Post.objects.get(pk=post.pk).remote_id == "7501"


@responses.activate
def test_an_id_that_belongs_to_another_post_is_not_taken() -> None:
    tiktok_says("7501")
    post, other = tiktok_post(), live_post(remote_id="7501")
    Post.objects.filter(pk=other.pk).update(connector=post.connector)
    assert look(post).remote_id == ""


# --- On screen -------------------------------------------------------------------------------------------------------


def taken(post: Post, at: datetime | None = None, **numbers: int | None) -> Metric:
    return Metric.objects.create(post=post, taken_at=at or timezone.now(), **numbers)


def test_the_post_s_page_shows_the_last_numbers_and_a_dash_for_what_is_not_told() -> None:
    post = live_post()
    taken(post, timezone.now() - DAY, views=10)
    taken(post, views=12345, likes=0, shares=None)
    client = signed_in(make_member(post.workspace))
    page = text(client.get(reverse("publishing:post", args=[post.workspace.slug, post.pk])))
    assert "Views 12,345 Likes 0 Comments — Shares —" in page


def test_the_card_of_a_live_post_shows_its_last_numbers() -> None:
    post = live_post()
    taken(post, views=1204, likes=30)
    page = text(signed_in(make_member(post.workspace)).get(reverse("publishing:board", args=[post.workspace.slug])))
    assert "1,204 views 30 likes" in page


def test_somebody_who_may_publish_reads_them_now_but_not_twice_a_minute() -> None:
    post = live_post()
    by = make_member(post.workspace, Role.MANAGER)
    metrics.look_now(post, by=by)
    assert OrmQ.objects.count() == 1
    taken(post, views=1)
    with pytest.raises(IllegalMove, match="less than a minute ago"):
        metrics.look_now(post, by=by)


def test_viewers_are_not_offered_to_read_them_now() -> None:
    post = live_post()
    address = reverse("publishing:look_now", args=[post.workspace.slug, post.pk])
    assert signed_in(make_member(post.workspace, Role.VIEWER)).post(address).status_code == 403
