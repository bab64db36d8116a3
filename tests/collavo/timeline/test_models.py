"""The history: a line exists exactly when the change that it tells of does."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from collavo.accounts.models import Role
from collavo.timeline.models import Event, line, record, record_many
from publishing import verbs
from publishing.models import Post
from tests.factories import make_approved, make_case, make_connector, make_member, make_version, make_workspace

pytestmark = pytest.mark.django_db


class TakenBack(Exception):
    pass


def test_a_change_that_is_rolled_back_leaves_no_line() -> None:
    workspace = make_workspace()
    version, approver = make_version(make_member(workspace, Role.CREATOR)), make_member(workspace, Role.APPROVER)
    before = Event.objects.count()
    with pytest.raises(TakenBack), transaction.atomic():
        version.accept(by=approver)
        assert Event.objects.count() == before + 1
        raise TakenBack
    assert Event.objects.count() == before
    version.refresh_from_db()
    assert version.in_review


def test_a_line_that_cannot_be_written_takes_the_change_back() -> None:
    workspace = make_workspace()
    version, account, manager = make_approved(workspace), make_connector(workspace), make_member(workspace)
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE timeline_event ADD CONSTRAINT no_more_lines CHECK (verb <> 'scheduled') NOT VALID")
    with pytest.raises(IntegrityError, match="no_more_lines"), transaction.atomic():
        verbs.schedule(version, account, at=timezone.now() + timedelta(hours=1), by=manager)
    assert not Post.objects.exists()


def test_each_step_of_a_versions_life_is_told_once_with_who_did_it() -> None:
    workspace = make_workspace()
    creator, approver = make_member(workspace, Role.CREATOR, "Mara Weiss"), make_member(workspace, Role.APPROVER, "Ada")
    version = make_version(creator)
    version.regenerate(by=approver, feedback="Warmer light")
    told = Event.objects.about(version).values_list("verb", "by", "text")
    assert list(told) == [("submitted", "Mara Weiss", "Round 1"), ("regenerating", "Ada", "Warmer light")]


def test_a_cases_history_holds_its_own_lines_newest_first_and_nobody_elses() -> None:
    workspace = make_workspace()
    case, other = make_case(workspace), make_case(workspace)
    for number in range(3):
        record(case, f"step {number}", by="test")
    record(other, "elsewhere", by="test")
    assert [event.verb for event in Event.objects.of_case(case.pk)] == ["step 2", "step 1", "step 0"]


def test_the_name_stays_when_the_person_is_gone() -> None:
    member = make_member(make_workspace(), name="Mara Weiss")
    event = record(make_case(member.workspace), "renamed", by=member.user)
    member.user.delete()
    event.refresh_from_db()
    assert (event.user, event.by) == (None, "Mara Weiss")


def test_long_words_are_cut_and_never_an_error() -> None:
    event = record(make_case(make_workspace()), "said", by="x" * 300, text="y" * 900)
    event.refresh_from_db()
    assert (len(event.by), len(event.text)) == (120, 500)


def test_many_lines_are_one_statement(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    case = make_case(make_workspace())
    lines = [line(case, "moved", by="dispatcher", number=n) for n in range(20)]
    with django_assert_num_queries(1):
        record_many(lines)
    assert Event.objects.of_case(case.pk).count() == 20
