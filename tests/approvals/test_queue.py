"""The order of review: by slot, without a slot last, walked in pages and one by one without a gap or a repetition."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from approvals import queue
from approvals.models import Asset, Version
from collavo.accounts.models import Membership, Role
from tests.factories import make_case, make_connector, make_member, make_slot, make_version, make_workspace

pytestmark = pytest.mark.django_db


@pytest.fixture
def creator() -> Membership:
    return make_member(make_workspace(time_zone="Pacific/Auckland"), Role.CREATOR)


def dated(creator: Membership, days: list[float]) -> list[Version]:
    case = make_case(creator.workspace)
    slots = [make_slot(case, at=timezone.now() + timedelta(days=day)) for day in days]
    return [make_version(creator, case=case, slot=slot, media=[], format="text") for slot in slots]


def undated(creator: Membership) -> Version:
    return make_version(creator, media=[], format="text")


def test_the_next_slot_comes_first_and_what_has_none_comes_last(creator: Membership) -> None:
    nowhere = undated(creator)
    later, sooner = dated(creator, [3, 1])
    assert queue.page(creator.workspace) == [sooner, later, nowhere]


def test_pages_follow_each_other_even_where_slots_are_at_the_same_moment(creator: Membership) -> None:
    moment = timezone.now() + timedelta(days=1)
    case = make_case(creator.workspace)
    for _ in range(4):
        make_version(creator, case=case, slot=make_slot(case, at=moment), media=[], format="text")
    for _ in range(3):
        undated(creator)
    whole, walked, last = queue.page(creator.workspace), list[Version](), None
    while found := queue.page(creator.workspace, after=last, count=2):
        walked += found
        last = found[-1]
    assert walked == whole and len(whole) == 7


def test_next_goes_round_and_previous_stops_at_the_start(creator: Membership) -> None:
    first, second = dated(creator, [1, 2])
    third, fourth = undated(creator), undated(creator)
    rows = [first, second, third, fourth]
    assert [queue.following(v) for v in rows] == [second, third, fourth, first]
    assert [queue.preceding(v) for v in rows] == [None, first, second, third]


def test_after_the_last_decision_there_is_nothing_next(creator: Membership) -> None:
    only = undated(creator)
    assert queue.following(only) is None
    only.accept(by=make_member(creator.workspace, Role.APPROVER))
    assert queue.following(only) is None and queue.page(creator.workspace) == []


def test_discarded_and_foreign_content_is_not_in_the_queue(creator: Membership) -> None:
    discarded = undated(creator)
    discarded.asset.discard(by=make_member(creator.workspace, Role.APPROVER))
    undated(make_member(make_workspace(), Role.CREATOR))
    assert queue.page(creator.workspace) == [] and queue.summary(creator.workspace) == ""


def test_due_today_is_a_day_of_the_workspace(creator: Membership) -> None:
    local = timezone.localtime(timezone=creator.workspace.zone)
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    case = make_case(creator.workspace)
    for moment in (midnight - timedelta(seconds=1), midnight + timedelta(hours=2)):
        make_version(creator, case=case, slot=make_slot(case, at=moment), media=[], format="text")
    assert queue.summary(creator.workspace) == "2 to review, 1 due today"


def test_what_is_asked_of_somebody_ends_with_the_next_round(creator: Membership) -> None:
    version, reviewer = undated(creator), make_member(creator.workspace, Role.APPROVER)
    version.regenerate(by=reviewer, feedback="Warmer")
    assert queue.asked_of(creator) == [version] and queue.asked_of(reviewer) == []
    Asset.objects.get().submit(caption="Warm", media=[], format="text", by=creator)
    assert queue.asked_of(creator) == []


@pytest.mark.parametrize("token", ["token", "extra_token", "refresh_token"])
def test_a_token_that_no_key_opens_keeps_nobody_from_reviewing(creator: Membership, token: str) -> None:
    slot = make_slot(make_case(creator.workspace), connector=make_connector(creator.workspace))
    version = make_version(creator, slot=slot)
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE connectors_connector SET {token} = 'gAAAAA-nonsense'")
    assert queue.page(creator.workspace) == [version]
