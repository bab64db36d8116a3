"""Statements that the server keeps: really kept, counted like all others, and rows that become the same objects."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import DataError, connection, transaction
from django.db.models import Count, Q
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from collavo import prepared
from collavo.accounts.models import Membership, Workspace
from collavo.prepared import Kept
from connectors.models import Connector
from tests.factories import make_connector, make_member, make_workspace

pytestmark = pytest.mark.django_db


def test_the_server_keeps_the_plan() -> None:
    for number in (1, 2, 3):
        assert prepared.row("SELECT %s::int + 1, '%%'", [number]) == (number + 1, "%")
    kept = prepared.rows("SELECT generic_plans + custom_plans FROM pg_prepared_statements WHERE statement = %s",
                         ["SELECT $1::int + 1, '%'"])  # fmt: skip
    assert kept == [(3,)]


def test_they_are_counted_and_seen_like_all_others(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    with django_assert_num_queries(1) as seen:
        prepared.rows("SELECT %s::int", [1])
    assert "SELECT %s::int" in seen[0]["sql"]
    sqls: list[str] = []

    def see(execute: Any, sql: str, *rest: Any) -> Any:
        sqls.append(sql)
        return execute(sql, *rest)

    with connection.execute_wrapper(see):
        prepared.rows("SELECT %s::int", [1])
    assert sqls == ["SELECT %s::int"]


def test_what_the_database_refuses_is_djangos_error() -> None:
    with pytest.raises(DataError), transaction.atomic():
        prepared.rows("SELECT 1 / %s::int", [0])
    assert prepared.row("SELECT 1") == (1,)


# --- Queries ---------------------------------------------------------------------------------------------------------

MEMBER = Kept(
    lambda workspace, name: Membership.objects.filter(workspace=workspace, user__name=name)
    .select_related("user", "workspace").annotate(twins=Count("user__memberships")),
    UUID, str,
)  # fmt: skip


def test_it_finds_the_same_objects_as_the_query_with_their_parts(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    ada, bo = (make_member(make_workspace(), name=name) for name in ("Ada", "Bo 100 %s"))
    for member, name in ((ada, "Ada"), (bo, "Bo 100 %s")):
        with django_assert_num_queries(1):
            found = MEMBER.first(member.workspace_id, name)
            assert found == member and found.user.name == name and found.workspace == member.workspace
        assert not found._state.adding and getattr(found, "twins", 0) == 1
    assert MEMBER.first(ada.workspace_id, "Bo 100 %s") is None


def test_values_that_the_model_makes_ready_come_out_ready() -> None:
    linked = make_connector(make_workspace(), token="secret")
    kept: Kept[Connector] = Kept(lambda pk: Connector.objects.filter(pk=pk), UUID)
    found = kept.first(linked.pk)
    assert found and (found.token, found.can) == ("secret", linked.can)


def test_what_a_query_leaves_out_is_read_when_it_is_wanted(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    linked = make_connector(make_workspace(), token="secret")
    kept: Kept[Connector] = Kept(lambda pk: Connector.objects.without_tokens().filter(pk=pk), UUID)
    found = kept.first(linked.pk)
    with django_assert_num_queries(1):
        assert found and found.token == "secret"


def test_rows_are_counted_by_moments_and_by_what_never_changes() -> None:
    kept: Kept[Workspace] = Kept(
        lambda since, until: Workspace.objects.filter(
            Q(created_at__gt=since) & Q(created_at__lte=until), name__contains="50 %"
        ),
        datetime, datetime,
    )  # fmt: skip
    now = timezone.now()
    make_workspace("Fjord 50 %")
    make_workspace("Fjord")
    assert kept.count(now - timedelta(minutes=1), now + timedelta(minutes=1)) == 1
    assert kept.count(now + timedelta(minutes=1), now + timedelta(minutes=2)) == 0


def test_a_value_that_the_query_changes_or_leaves_out_is_refused() -> None:
    kept: Kept[Workspace] = Kept(lambda name: Workspace.objects.filter(name__startswith=name), str)
    with pytest.raises(LookupError, match="as they are"):
        kept.first("Fjord")
    unused: Kept[Workspace] = Kept(lambda pk, other: Workspace.objects.filter(pk=pk), UUID, UUID)
    with pytest.raises(LookupError, match="as they are"):
        unused.first(uuid4(), uuid4())
