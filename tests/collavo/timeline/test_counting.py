"""Several figures, one statement."""

import pytest
from pytest_django import DjangoAssertNumQueries

from collavo.accounts.models import User, Workspace
from collavo.timeline.counting import count_together
from tests.factories import make_workspace

pytestmark = pytest.mark.django_db


def test_each_is_counted_by_itself_and_as_far_as_it_was_cut(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    mine = make_workspace()
    make_workspace()
    make_workspace()
    with django_assert_num_queries(1):
        counted = count_together(
            Workspace.objects.filter(pk=mine.pk),
            Workspace.objects.order_by("name")[:2],
            User.objects.filter(email="50%@example.org"),
        )
    assert counted == [1, 2, 0]
