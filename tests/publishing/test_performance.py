"""The Performance page: totals, curves that are never guessed, and the posts."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from collavo.accounts.models import Role, Workspace
from connectors.models import Connector
from publishing.models import Metric, Post, Status
from publishing.performance import Performance, spark
from tests.console import signed_in, text
from tests.factories import make_connector, make_member, make_post, make_workspace

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def live(workspace: Workspace, connector: Connector | None = None, *, days: int = 5) -> Post:
    post = make_post(workspace, connector)
    Post.objects.filter(pk=post.pk).update(
        status=Status.PUBLISHED, published_at=timezone.now() - days * DAY, due_at=None, remote_id=str(post.pk)
    )
    return Post.objects.get(pk=post.pk)


def taken(post: Post, days_ago: int, **numbers: int | None) -> None:
    Metric.objects.create(post=post, taken_at=timezone.now() - days_ago * DAY, **numbers)


def page(workspace: Workspace, **query: str) -> Any:
    client = signed_in(make_member(workspace, Role.VIEWER))
    return client.get(reverse("publishing:performance", args=[workspace.slug]), query)


def test_totals_are_of_each_post_s_last_look_and_a_measure_that_nobody_tells_is_a_dash(workspace: Workspace) -> None:
    first, second = live(workspace), live(workspace)
    taken(first, 3, views=100, likes=1)
    taken(first, 1, views=250, likes=2)
    taken(second, 2, views=50)
    totals = {total.label: total.value for total in Performance(workspace, 30).totals}
    assert totals == {"Views": 300, "Likes": 2, "Comments": None, "Shares": None}
    assert "Posts 2 Views 300 Likes 2 Comments — Shares —" in text(page(workspace))


def test_a_curve_stays_where_it_was_between_two_looks_and_begins_with_the_first(workspace: Workspace) -> None:
    post = live(workspace)
    taken(post, 3, views=10)
    taken(post, 1, views=40)
    [curve] = Performance(workspace, 7).charts[0].curves
    assert list(curve.values) == [None, None, None, 10, 10, 40, 40]


def test_each_account_has_a_curve_of_its_posts_together(workspace: Workspace) -> None:
    one, other = make_connector(workspace, handle="a"), make_connector(workspace, handle="b")
    for post in (live(workspace, one), live(workspace, one)):
        taken(post, 1, views=5)
    taken(live(workspace, other), 1, views=7)
    curves = Performance(workspace, 7).charts[0].curves
    assert [(curve.name, curve.last) for curve in curves] == [("Instagram, a", 10), ("Instagram, b", 7)]
    assert len({curve.colour for curve in curves}) == 2


def test_the_table_beside_a_chart_says_what_the_curve_shows(workspace: Workspace) -> None:
    taken(live(workspace), 1, views=1500)
    response = page(workspace, days="7")
    assert response.content.decode().count("<polyline") >= 2
    assert "As a table" in text(response) and "1,500" in text(response)


def test_the_best_come_first_and_what_was_not_told_comes_last(workspace: Workspace) -> None:
    few, many, silent = live(workspace), live(workspace), live(workspace)
    taken(few, 1, views=1, likes=9)
    taken(many, 1, views=100, likes=None)
    assert [row.post for row in Performance(workspace, 30, "views").rows] == [many, few, silent]
    assert Performance(workspace, 30, "likes").rows[0].post == few


def test_only_posts_of_the_workspace_and_of_the_span_count(workspace: Workspace) -> None:
    taken(live(workspace, days=40), 1, views=1)
    taken(live(make_workspace()), 1, views=1)
    assert Performance(workspace, 30).posts == []
    assert "Nothing went live in these days" in text(page(workspace))
    assert len(Performance(workspace, 90).posts) == 1


def test_an_address_that_cannot_be_read_still_opens_the_page(workspace: Workspace) -> None:
    live(workspace)
    assert page(workspace, days="x", sort="nonsense", account="nobody").status_code == 200


def test_the_page_takes_as_many_statements_for_ten_posts_as_for_one(workspace: Workspace) -> None:
    def statements() -> int:
        client = signed_in(make_member(workspace, Role.VIEWER))
        with CaptureQueriesContext(
            connection,
        ) as queries:
            client.get(reverse("publishing:performance", args=[workspace.slug]))
        return len(queries)

    taken(live(workspace), 1, views=1)
    few = statements()
    for _ in range(4):
        taken(live(workspace), 1, views=1)
    assert statements() == few


def test_a_small_curve_begins_at_nothing_and_is_left_out_without_figures() -> None:
    assert spark([]) == spark([None, 0]) == ""
    assert spark([5, 10]).split()[0] == "1.0,23.0"
    assert spark([5, 10]).split()[-1] == "79.0,1.0"
