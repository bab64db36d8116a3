"""Rolling windows: how many places an account has, and when the next one is free."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from connectors.models import Connector
from connectors.platforms.base import Limit, Usage
from publishing import states, verbs
from publishing.chips import chip, story
from publishing.claims import claim
from publishing.limits import WINDOW, Take, cap, first_room, free_at, planned_around, used
from publishing.models import Hold, Post, Status
from publishing.preflight import post_content
from tests.factories import jpeg, make_connector, make_media, make_member, make_post, make_workspace

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


def account_with(*moments: datetime, **fields: Any) -> tuple[Connector, list[Post]]:
    """An account whose posts took their places at these moments."""
    workspace = make_workspace()
    connector = make_connector(workspace, **fields)
    posts = [make_post(workspace, connector) for _ in moments]
    for post, moment in zip(posts, moments, strict=True):
        Post.objects.filter(pk=post.pk).update(reserved_at=moment)
    return connector, posts


def next_room(connector: Connector) -> datetime | None:
    """When one more post of this account may start."""
    post = make_post(connector.workspace, connector)
    return free_at(connector, post, post_content(post.version, {}))


def test_the_cap_is_the_smaller_of_the_platforms_and_the_persons() -> None:
    workspace = make_workspace()
    platforms = next(limit.count for limit in make_connector(workspace).spec.rules.limits if limit.what == "posts")
    assert cap(make_connector(workspace)) == platforms
    assert cap(make_connector(workspace, daily_cap=3)) == 3
    assert cap(make_connector(workspace, daily_cap=platforms + 10)) == platforms


@time_machine.travel(NOON, tick=False)
def test_below_the_cap_there_is_room_now() -> None:
    connector, _ = account_with(NOON - timedelta(hours=1), daily_cap=2)
    assert next_room(connector) is None


@time_machine.travel(NOON, tick=False)
def test_an_account_that_may_post_nothing_is_looked_at_again_in_an_hour() -> None:
    connector, _ = account_with(daily_cap=0)
    assert next_room(connector) == NOON + timedelta(hours=1)


def test_a_post_of_an_account_that_may_post_nothing_says_so_and_promises_no_moment() -> None:
    workspace = make_workspace()
    post = make_post(workspace, make_connector(workspace, daily_cap=0))
    states.queue_due([post.pk])
    assert claim(post.pk, worker="test") is None
    post = Post.objects.get(pk=post.pk)
    shown, told = chip(post), story(post)
    assert post.hold == Hold.LIMIT and "is set to 0 posts in 24 hours" in post.error
    assert shown.text == "Waits: 0 posts a day"
    assert told and told.next and "after more is allowed" in told.next


@time_machine.travel(NOON, tick=False)
def test_at_the_cap_the_next_place_is_free_a_day_after_the_oldest_was_taken() -> None:
    oldest = NOON - timedelta(hours=20)
    connector, _ = account_with(NOON - timedelta(hours=1), oldest, daily_cap=2)
    assert next_room(connector) == oldest + WINDOW


@time_machine.travel(NOON, tick=False)
def test_above_a_lowered_cap_as_many_have_to_leave_the_window_as_are_too_many() -> None:
    moments = [NOON - timedelta(hours=hours) for hours in (20, 15, 10, 5)]
    connector, _ = account_with(*moments, daily_cap=2)
    assert next_room(connector) == moments[2] + WINDOW


def test_a_place_is_given_back_exactly_when_its_day_is_over() -> None:
    with time_machine.travel(NOON, tick=False):
        connector, _ = account_with(NOON, daily_cap=1)
    with time_machine.travel(NOON + WINDOW - timedelta(seconds=1), tick=False):
        assert next_room(connector) == NOON + WINDOW
    with time_machine.travel(NOON + WINDOW, tick=False):
        assert next_room(connector) is None


@time_machine.travel(NOON, tick=False)
def test_a_post_does_not_stand_in_its_own_way() -> None:
    connector, [post] = account_with(NOON - timedelta(hours=1), daily_cap=1)
    assert next_room(connector) is not None
    assert free_at(connector, post, post_content(post.version, {})) is None


@time_machine.travel(NOON, tick=False)
def test_one_accounts_posts_do_not_count_for_another() -> None:
    account_with(NOON, NOON, NOON, daily_cap=2)
    other, _ = account_with(daily_cap=2)
    assert used(other) == 0 and next_room(other) is None


def test_a_scheduled_post_takes_no_place_before_it_starts_but_is_counted_in_the_forecast() -> None:
    workspace = make_workspace()
    connector = make_connector(workspace, daily_cap=1)
    at = timezone.now() + timedelta(hours=3)
    make_post(workspace, connector, at=at)
    assert next_room(connector) is None
    assert planned_around(connector, at + timedelta(minutes=1)) == 2  # with the one that next_room made


@time_machine.travel(NOON, tick=False)
def test_the_platforms_own_figure_replaces_the_one_in_the_rules() -> None:
    connector = make_connector(make_workspace())
    connector.take_usage(Usage(used=3, total=50, window=WINDOW))
    assert (cap(connector), used(connector)) == (50, 3)


@time_machine.travel(NOON, tick=False)
def test_posts_that_another_tool_made_count_as_the_platform_counts_them() -> None:
    connector = make_connector(make_workspace())
    connector.take_usage(Usage(used=50, total=50, window=WINDOW))
    room = next_room(connector)
    assert room is not None and room > NOON


@time_machine.travel(NOON, tick=False)
def test_an_account_that_the_platform_throttles_waits_until_the_platform_said() -> None:
    connector = make_connector(make_workspace())
    connector.throttle(NOON + timedelta(minutes=19))
    assert next_room(connector) == NOON + timedelta(minutes=19)


@time_machine.travel(NOON, tick=False)
def test_a_carousel_takes_a_container_for_each_slide_and_one_for_itself() -> None:
    connector, [post] = account_with(NOON - timedelta(hours=2), daily_cap=100)
    Post.objects.filter(pk=post.pk).update(spent={"containers": 398})
    assert next_room(connector) is None
    creator = make_member(connector.workspace, "creator")
    slides = [make_media(creator, jpeg(colour=colour)) for colour in ("red", "blue")]
    carousel = make_post(connector.workspace, connector, creator=creator, media=slides, format="carousel")
    assert free_at(connector, carousel, post_content(carousel.version, {})) == NOON + timedelta(hours=22)


def test_each_take_counts_for_a_windows_length_and_those_who_wait_already_count_too() -> None:
    limit = Limit("posts", 2, WINDOW)
    takes = [Take(NOON, 1), Take(NOON + timedelta(hours=1), 1)]
    assert first_room(takes, 1, limit) == NOON + WINDOW
    waiting = Take(NOON + WINDOW, 1)
    assert first_room([*takes, waiting], 1, limit) == NOON + timedelta(hours=1) + WINDOW


def test_of_40_due_posts_on_an_account_capped_at_25_exactly_25_start_and_15_wait_in_their_order() -> None:
    workspace = make_workspace()
    connector = make_connector(workspace, daily_cap=25, max_in_flight=100)
    creator, reviewer, manager = (make_member(workspace, role) for role in ("creator", "approver", "manager"))
    picture = make_media(creator)
    posts = [capped_post(connector, creator, reviewer, manager, picture, n) for n in range(40)]
    states.queue_due([post.pk for post in posts])
    started = [post for post in posts if claim(post.pk, worker="test")]
    waiting = [Post.objects.get(pk=post.pk) for post in posts[25:]]
    assert started == posts[:25]
    assert {(post.status, post.hold) for post in waiting} == {(Status.QUEUED, Hold.LIMIT)}
    moments = [post.due_at for post in waiting if post.due_at]
    assert moments == sorted(moments) and len(moments) == 15
    tomorrow = timezone.now() + WINDOW
    assert all(abs(moment - tomorrow) < timedelta(minutes=1) for moment in moments)


def capped_post(connector: Connector, *who: Any) -> Post:
    from approvals.models import Asset, Case

    creator, reviewer, manager, picture, number = who
    case, _ = Case.objects.get_or_create(workspace=connector.workspace, name="Many")
    asset = Asset.objects.create(workspace=connector.workspace, case=case, title=f"Asset {number}")
    version = asset.submit(caption=f"Post {number}", media=[picture], format="image", by=creator)
    version.accept(by=reviewer)
    return verbs.schedule(version, connector, at=timezone.now(), by=manager)
