from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from approvals.models import Asset, Version
from collavo.accounts.models import Membership, Workspace
from connectors.models import Connector
from publishing import board
from publishing.board import BY_SLUG, Filters, column_of, load, motion
from publishing.models import Hold, Post, Status
from tests.factories import make_approved, make_connector, make_member, make_post, make_version, make_workspace

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@pytest.fixture
def workspace() -> Workspace:
    return make_workspace()


@pytest.fixture
def connector(workspace: Workspace) -> Connector:
    return make_connector(workspace)


@pytest.fixture
def creator(workspace: Workspace) -> Membership:
    return make_member(workspace, "creator")


def post_in(workspace: Workspace, connector: Connector, **values: Any) -> Post:
    post = make_post(workspace, connector, at=timezone.now() + HOUR)
    Post.objects.filter(pk=post.pk).update(**values)
    post.refresh_from_db()
    return post


def places(workspace: Workspace, filters: Filters = Filters()) -> dict[str, list[Any]]:  # noqa: B008 (frozen)
    shown = load(workspace, filters)
    return {s.column.slug: [card.post or card.version for card in s.cards] for s in shown}


def test_versions_stand_where_somebody_has_to_act(workspace: Workspace, creator: Membership) -> None:
    approver = make_member(workspace, "approver")
    waiting, asked, accepted = (make_version(creator) for _ in range(3))
    asked.regenerate(by=approver, feedback="Warmer, please.")
    accepted.accept(by=approver)
    found = places(workspace)
    assert (found["to_review"], found["changes_asked"], found["approved"]) == ([waiting], [asked], [accepted])


def test_a_version_on_its_way_stands_there_as_a_post_only(workspace: Workspace, connector: Connector) -> None:
    post = make_post(workspace, connector, at=timezone.now() + HOUR)
    found = places(workspace)
    assert found["approved"] == []
    assert found["scheduled"] == [post]


def test_rejected_superseded_and_discarded_content_is_not_on_the_board(
    workspace: Workspace, creator: Membership
) -> None:
    approver = make_member(workspace, "approver")
    make_version(creator).reject(by=approver, reason="Not ours.")
    make_version(creator).asset.discard(by=approver)
    make_approved(workspace).asset.discard(by=approver)
    assert not any(places(workspace).values())


MOVES: list[tuple[dict[str, Any], str]] = [
    ({"status": Status.SCHEDULED}, "scheduled"),
    ({"status": Status.QUEUED}, "scheduled"),
    ({"status": Status.QUEUED, "hold": Hold.RETRY}, "scheduled"),
    ({"status": Status.QUEUED, "hold": Hold.LIMIT}, "scheduled"),
    ({"status": Status.QUEUED, "hold": Hold.LATE}, "needs_you"),
    ({"status": Status.QUEUED, "hold": Hold.CONNECTOR}, "needs_you"),
    ({"status": Status.PUBLISHING}, "scheduled"),
    ({"status": Status.PUBLISHING, "hold": Hold.PLATFORM}, "scheduled"),
    ({"status": Status.PUBLISHING, "hold": Hold.CONNECTOR}, "needs_you"),
    ({"status": Status.FAILED}, "needs_you"),
    ({"status": Status.UNCONFIRMED}, "needs_you"),
    ({"status": Status.AWAITING_CREATOR}, "needs_you"),
    ({"status": Status.PUBLISHED, "published_at": timezone.now()}, "live"),
    ({"status": Status.CANCELED}, ""),
]


@pytest.mark.parametrize(("values", "slug"), MOVES)
def test_each_post_stands_in_one_column_and_the_card_knows_which(
    workspace: Workspace, connector: Connector, values: dict[str, Any], slug: str
) -> None:
    post = post_in(workspace, connector, **values)
    found = places(workspace)
    assert [name for name, cards in found.items() if post in cards] == ([slug] if slug else [])
    assert column_of(post) == slug


def test_show_more_goes_through_every_card_once_and_in_order(workspace: Workspace, creator: Membership) -> None:
    now = timezone.now()
    moments: list[datetime | None] = [now, now, *(now + n * HOUR for n in range(20)), None, None, None, *[now] * 3]
    rows = versions_at(creator, moments)
    shown = [version.pk for version in paged(workspace, "to_review")]
    assert sorted(shown) == sorted(rows)
    placed = [Version.objects.get(pk=pk).planned_at for pk in shown]
    assert placed == sorted(placed, key=lambda at: at or now + 999 * HOUR)


def versions_at(creator: Membership, moments: list[datetime | None]) -> list[Any]:
    """Versions in review with these slots' moments, without the work of uploading."""
    first = make_version(creator)
    first.asset.discard(by=make_member(creator.workspace, "approver"))
    made = []
    for at in moments:
        asset = Asset.objects.create(workspace=creator.workspace, case_id=first.case_id, title="One of many")
        version = Version.objects.create(
            workspace=creator.workspace, case_id=first.case_id, asset=asset, format="image", planned_at=at
        )
        made.append(version.pk)
    return made


def paged(workspace: Workspace, slug: str) -> Iterator[Version]:
    after = None
    while True:
        shown = load(workspace, Filters(), columns=[BY_SLUG[slug]], after=after)[0]
        yield from (card.version for card in shown.cards)
        if not (after := shown.more):
            return


def test_newest_first_columns_page_backwards(workspace: Workspace, connector: Connector) -> None:
    now = timezone.now()
    for n in range(14):
        post_in(workspace, connector, status=Status.PUBLISHED, published_at=now - (n % 5) * HOUR)
    seen = [version.pk for version in paged(workspace, "live")]
    assert len(seen) == len(set(seen)) == 14


def test_a_column_counts_to_99_and_no_further(workspace: Workspace, creator: Membership) -> None:
    versions_at(creator, [None] * 101)
    shown = load(workspace, Filters(), columns=[BY_SLUG["to_review"]])[0]
    assert shown.counted == "99+"
    assert len(shown.cards) == board.PAGE


def test_filters_narrow_by_account_case_and_words(workspace: Workspace, connector: Connector) -> None:
    here = make_post(workspace, connector, at=timezone.now() + HOUR, caption="Linen in the rain")
    there = make_post(workspace, make_connector(workspace), at=timezone.now() + HOUR, caption="A kettle")
    for filters in (Filters(q="RAI"), Filters(connector=connector.pk), Filters(case=here.case_id)):
        assert places(workspace, filters)["scheduled"] == [here], filters
    assert set(places(workspace, Filters(channel="instagram"))["scheduled"]) == {here, there}
    assert places(workspace, Filters(channel="tiktok"))["scheduled"] == []


def test_the_board_shows_nothing_of_another_workspace(workspace: Workspace, connector: Connector) -> None:
    make_post(workspace, connector, at=timezone.now() + HOUR)
    make_version(make_member(workspace, "creator"))
    assert not any(places(make_workspace()).values())


def test_filters_narrow_by_person_and_by_days_of_the_columns_own_moment(
    workspace: Workspace, connector: Connector, creator: Membership
) -> None:
    mine, other = make_version(creator), make_version(make_member(workspace, "creator"))
    soon = make_post(workspace, connector, at=timezone.now() + HOUR)
    late = make_post(workspace, make_connector(workspace), at=timezone.now() + 50 * HOUR)
    assert places(workspace, Filters(person=creator.user_id))["to_review"] == [mine]
    assert places(workspace, Filters(person=soon.by_id))["scheduled"] == [soon]
    assert places(workspace, Filters(person=late.version.asset.creator_id))["scheduled"] == [late]
    tomorrow = timezone.now() + 24 * HOUR
    assert places(workspace, Filters(until=tomorrow))["scheduled"] == [soon]
    found = places(workspace, Filters(since=tomorrow))
    assert found["scheduled"] == [late] and found["to_review"] == [] and other.planned_at is None


def test_words_find_titles_cases_and_angles_and_words_that_are_only_begun(
    workspace: Workspace, connector: Connector, creator: Membership
) -> None:
    post = make_post(workspace, connector, at=timezone.now() + HOUR, caption="In the rain")
    version = make_version(creator, caption="A kettle")
    for words in ("overs", "autumn", "fjord"):
        found = places(workspace, Filters(q=words))
        assert (found["scheduled"], found["to_review"]) == ([post], [version])
    assert places(workspace, Filters(q="kett"))["to_review"] == [version]


# --- Motion ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "trigger"),
    [
        ({"status": Status.QUEUED}, "every 1s"),
        ({"status": Status.PUBLISHING}, "every 1s"),
        ({"status": Status.PUBLISHING, "hold": Hold.PLATFORM}, "every 1s"),
        ({"status": Status.SCHEDULED, "due_at": timedelta(minutes=1)}, "every 5s"),
        ({"status": Status.SCHEDULED, "due_at": timedelta(minutes=12)}, "load delay:601s"),
        ({"status": Status.SCHEDULED, "due_at": timedelta(days=3)}, ""),
        ({"status": Status.QUEUED, "hold": Hold.RETRY, "due_at": timedelta(minutes=1)}, "every 5s"),
        ({"status": Status.QUEUED, "hold": Hold.LATE}, ""),
        ({"status": Status.QUEUED, "hold": Hold.CONNECTOR}, ""),
        ({"status": Status.FAILED}, ""),
        ({"status": Status.UNCONFIRMED}, ""),
        ({"status": Status.UNCONFIRMED, "due_at": timedelta(0)}, "every 1s"),
        ({"status": Status.PUBLISHED, "due_at": timedelta(seconds=9)}, "every 5s"),
        ({"status": Status.PUBLISHED}, ""),
        ({"status": Status.CANCELED}, ""),
    ],
)
def test_only_what_moves_asks_again(values: dict[str, Any], trigger: str) -> None:
    now = timezone.now()
    ahead = values.get("due_at")
    post = Post(**values | {"due_at": None if ahead is None else now + ahead})
    assert motion(post, now) == trigger
