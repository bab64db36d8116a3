"""Rolling windows: how many places an account has, and when the next one is free."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from connectors.models import Connector
from publishing.limits import WINDOW, cap, free_at, used
from publishing.models import Post
from tests.factories import make_connector, make_post, make_workspace

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


def test_the_cap_is_the_smaller_of_the_platforms_and_the_persons() -> None:
    workspace = make_workspace()
    platforms = next(limit.count for limit in make_connector(workspace).spec.rules.limits if limit.what == "posts")
    assert cap(make_connector(workspace)) == platforms
    assert cap(make_connector(workspace, daily_cap=3)) == 3
    assert cap(make_connector(workspace, daily_cap=platforms + 10)) == platforms


@time_machine.travel(NOON, tick=False)
def test_below_the_cap_there_is_room_now() -> None:
    connector, _ = account_with(NOON - timedelta(hours=1), daily_cap=2)
    assert free_at(connector) is None


@time_machine.travel(NOON, tick=False)
def test_at_the_cap_the_next_place_is_free_a_day_after_the_oldest_was_taken() -> None:
    oldest = NOON - timedelta(hours=20)
    connector, _ = account_with(NOON - timedelta(hours=1), oldest, daily_cap=2)
    assert free_at(connector) == oldest + WINDOW


@time_machine.travel(NOON, tick=False)
def test_above_a_lowered_cap_as_many_have_to_leave_the_window_as_are_too_many() -> None:
    moments = [NOON - timedelta(hours=hours) for hours in (20, 15, 10, 5)]
    connector, _ = account_with(*moments, daily_cap=2)
    assert free_at(connector) == moments[2] + WINDOW


def test_a_place_is_given_back_exactly_when_its_day_is_over() -> None:
    with time_machine.travel(NOON, tick=False):
        connector, _ = account_with(NOON, daily_cap=1)
    with time_machine.travel(NOON + WINDOW - timedelta(seconds=1), tick=False):
        assert free_at(connector) == NOON + WINDOW
    with time_machine.travel(NOON + WINDOW, tick=False):
        assert free_at(connector) is None


@time_machine.travel(NOON, tick=False)
def test_a_post_does_not_stand_in_its_own_way() -> None:
    connector, [post] = account_with(NOON - timedelta(hours=1), daily_cap=1)
    assert free_at(connector) is not None
    assert free_at(connector, excluding=post) is None


@time_machine.travel(NOON, tick=False)
def test_one_accounts_posts_do_not_count_for_another() -> None:
    account_with(NOON, NOON, NOON, daily_cap=2)
    other, _ = account_with(daily_cap=2)
    assert used(other) == [] and free_at(other) is None


def test_a_scheduled_post_takes_no_place_before_it_starts() -> None:
    workspace = make_workspace()
    connector = make_connector(workspace, daily_cap=1)
    make_post(workspace, connector, at=timezone.now() + timedelta(hours=3))
    assert free_at(connector) is None
