from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest
import time_machine

from approvals.models import Rights
from collavo.accounts.models import Role, Workspace
from collavo.timeline.models import Notice
from publishing import rights
from publishing.board import BY_SLUG, Filters, load
from publishing.chips import story
from publishing.models import Post
from tests.factories import make_connector, make_member, make_post

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
LATE = datetime(2026, 11, 30, 23, 30, tzinfo=UTC)  # in Zurich it is the first of December already


@pytest.fixture(autouse=True)
def today() -> Any:
    with time_machine.travel(NOW):
        yield


@pytest.fixture
def post(workspace: Workspace) -> Post:
    return make_post(workspace, make_connector(workspace), at=LATE)


def grant(post: Post, **terms: Any) -> Rights:
    return Rights.objects.create(workspace_id=post.workspace_id, asset=post.version.asset, **terms)


TERMS: list[dict[str, Any]] = [
    {},
    {"ends_on": date(2026, 11, 30)},
    {"ends_on": date(2026, 12, 1)},
    {"starts_on": date(2026, 12, 2)},
    {"starts_on": date(2026, 12, 1), "ends_on": date(2026, 12, 1)},
    {"channels": ["tiktok"]},
    {"channels": ["tiktok", "instagram"]},
    {"status": "pending"},
    {"status": "revoked"},
    {"usage": "paid"},
    {"usage": "both"},
]


@pytest.mark.parametrize("terms", TERMS, ids=str)
def test_the_mark_says_in_sql_what_the_preflight_says(post: Post, terms: dict[str, Any]) -> None:
    found = grant(post, **terms)
    marked = rights.marked(Post.objects.with_parts()).get()
    assert marked.unlicensed == (not found.covers("instagram", date(2026, 12, 1)))  # type: ignore[attr-defined]
    assert rights.problem(marked) == rights.problem(post)
    assert bool(rights.problem(post)) == marked.unlicensed  # type: ignore[attr-defined]


def test_without_any_recorded_rights_nothing_is_marked(post: Post) -> None:
    assert not rights.marked(Post.objects.all()).get().unlicensed  # type: ignore[attr-defined]


def test_a_post_beyond_the_end_of_its_rights_is_marked_on_the_board_and_on_its_page(
    workspace: Workspace, post: Post
) -> None:
    grant(post, ends_on=date(2026, 11, 30))
    card = load(workspace, Filters(), columns=[BY_SLUG["scheduled"]])[0].cards[0]
    assert card.note.startswith("The recorded rights do not cover Instagram on 01 Dec 2026.")
    told = story(post)
    assert told and "stopped at its moment" in told.next


def test_rights_that_end_are_listed_with_the_posts_planned_beyond(workspace: Workspace, post: Post) -> None:
    ends = grant(post, ends_on=date(2026, 11, 30))
    grant(post, ends_on=date(2027, 11, 30), usage="paid")
    assert [(one.rights, one.left, one.beyond) for one in rights.ending(workspace)] == [(ends, 6, 1)]
    grant(post)  # without an end: nothing will be stopped
    assert [one.beyond for one in rights.ending(workspace)] == [0]


def test_everybody_who_can_act_is_told_fourteen_days_ahead_and_once(workspace: Workspace, post: Post) -> None:
    grant(post, ends_on=date(2026, 12, 9))
    with time_machine.travel(datetime(2026, 11, 24, 22, tzinfo=UTC)):  # 23:00 in Zurich: fifteen days
        assert rights.warn() == 0
    with time_machine.travel(datetime(2026, 11, 24, 23, 30, tzinfo=UTC)):  # the 25th in Zurich
        make_member(workspace, Role.VIEWER)
        assert rights.warn() == rights.warn() == 1
    managers = {m.user for m in workspace.memberships.filter(role=Role.MANAGER)}
    assert {notice.user for notice in Notice.objects.all()} == managers and Notice.objects.count() == len(managers)
    assert Notice.objects.all()[0].title == "The rights to “Overshirt” end Wed 9 Dec 2026"
