from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from publishing.forms import BoardForm, LinkForm, PostsForm, ScheduleForm, next_slot
from publishing.models import Post
from tests.factories import make_case, make_connector, make_workspace

ZURICH = ZoneInfo("Europe/Zurich")


def filled(date: str, time: str, which: str = "") -> ScheduleForm:
    return ScheduleForm({"date": date, "time": time, "which": which}, zone=ZURICH)


def test_date_and_time_are_read_in_the_accounts_zone() -> None:
    form = filled("2027-07-01", "18:30")
    assert form.is_valid()
    assert form.at == datetime(2027, 7, 1, 16, 30, tzinfo=UTC)


def test_a_time_that_the_clocks_skip_is_refused_with_a_sentence() -> None:
    form = filled("2027-03-28", "02:30")
    assert not form.is_valid()
    assert "There is no 02:30 on 28 Mar 2027 in Europe/Zurich" in form.sentences()[0]


def test_a_time_that_comes_twice_offers_both_by_name() -> None:
    form = filled("2027-10-31", "02:30")
    assert not form.is_valid()
    assert form.twice
    assert [label for _, label in form.fields["which"].choices] == [  # type: ignore[attr-defined]
        "The first (CEST, UTC+02:00)",
        "The second (CET, UTC+01:00)",
    ]


def test_the_chosen_one_of_two_is_taken() -> None:
    form = filled("2027-10-31", "02:30", "second")
    assert form.is_valid()
    assert form.at.astimezone(UTC) == datetime(2027, 10, 31, 1, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("date", "time"),
    [("", "18:30"), ("2027-07-01", ""), ("soon", "later"), ("0001-01-01", "00:00"), ("9999-12-31", "23:59")],
)
def test_what_is_no_moment_of_the_coming_years_is_refused(date: str, time: str) -> None:
    form = filled(date, time)
    assert not form.is_valid()
    assert form.sentences()


def test_the_proposal_is_the_slot_while_it_is_ahead() -> None:
    now = timezone.now()
    assert next_slot(now + timedelta(days=1), now) == now + timedelta(days=1)
    assert now < next_slot(now - timedelta(days=1), now) <= now + timedelta(hours=2)


def test_a_live_link_must_be_a_web_address() -> None:
    assert LinkForm({"url": "https://www.instagram.com/p/1/"}).is_valid()
    assert not LinkForm({"url": "javascript:alert(1)"}).is_valid()
    assert not LinkForm({"url": ""}).is_valid()


@pytest.mark.django_db
def test_filters_that_cannot_be_read_are_left_out() -> None:
    workspace, other = make_workspace(), make_workspace()
    foreign = make_connector(other)
    said = {"account": str(foreign.pk), "case": "nonsense", "state": "nowhere", "q": " linen "}
    filters = BoardForm(said, workspace=workspace).filters()
    assert (filters.connector, filters.case, filters.state, filters.q) == (None, None, "", "linen")


@pytest.mark.django_db
def test_a_case_of_long_ago_can_still_be_filtered_by() -> None:
    workspace = make_workspace()
    first = make_case(workspace)
    for _ in range(200):
        make_case(workspace)
    assert BoardForm({"case": str(first.pk)}, workspace=workspace).filters().case == first.pk


@pytest.mark.django_db
def test_the_log_ignores_a_status_that_there_is_not() -> None:
    form = PostsForm({"status": "gone"}, workspace=make_workspace())
    assert list(form.narrow(Post.objects.with_parts())) == []
