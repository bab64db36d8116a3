"""New rows of several tables, inserted by one statement: as if each had been saved, all or nothing."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from approvals.models import Asset, Case
from collavo import together
from collavo.timeline.models import Event, Notice, line
from tests.factories import make_case, make_member, make_workspace

pytestmark = pytest.mark.django_db


def test_rows_that_point_at_each_other_are_written_together(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    member = make_member(make_workspace())
    case = Case(workspace=member.workspace, name="Autumn 100 % “linen”", brand="it's")
    assets = [Asset(workspace=member.workspace, case=case, title=title) for title in ("One", "Two")]
    said = line(case, "opened", by=member.user, text="%s", answers=[1, None, {"a": "ä"}])
    with django_assert_num_queries(1):
        together.insert([*assets, case, said])
    assert not case._state.adding
    assert Case.objects.get() == case and set(Asset.objects.all()) == set(assets)
    for made in (case, *assets, said):
        kept = type(made)._base_manager.get(pk=made.pk)
        assert {f.attname: getattr(kept, f.attname) for f in kept._meta.concrete_fields} == {
            f.attname: getattr(made, f.attname) for f in made._meta.concrete_fields
        }


def test_the_databases_moment_is_known_afterwards() -> None:
    case = Case(workspace=make_workspace(), name="Autumn linen")
    together.insert([case])
    assert abs(timezone.now() - case.created_at) < timedelta(minutes=1)


def test_when_one_row_cannot_be_no_other_is_written() -> None:
    case = make_case(make_workspace())
    other = Case(workspace=case.workspace, name="Another")
    with pytest.raises(IntegrityError), transaction.atomic():
        together.insert([other, Case(pk=case.pk, workspace=case.workspace, name="Twin")])
    assert Case.objects.get() == case


def test_a_moment_of_ones_own_is_refused_as_the_database_would_not_be_told() -> None:
    with pytest.raises(LookupError, match="moment of a new Case"):
        together.insert([Case(workspace=make_workspace(), name="Old", created_at=timezone.now())])


def test_lines_written_beside_their_subjects_are_told_like_all_others() -> None:
    from collavo.timeline.models import record_many
    from collavo.timeline.signals import recorded

    heard: list[Event] = []

    def hear(event: Event, **_: object) -> None:
        heard.append(event)

    member = make_member(make_workspace())
    case = Case(workspace=member.workspace, name="Autumn linen")
    recorded.connect(hear, sender=Event)
    try:
        record_many([line(case, "opened", by=member.user)], beside=[case])
    finally:
        recorded.disconnect(hear, sender=Event)
    assert [event.verb for event in heard] == ["opened"] == list(Event.objects.values_list("verb", flat=True))
    assert not Notice.objects.exists()
