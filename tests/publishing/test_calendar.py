from __future__ import annotations

import re
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from icalendar import Calendar

from approvals.models import Slot
from collavo.accounts.models import Membership, Role, Workspace
from collavo.timeline.models import Event
from publishing.calendar import Entry, View, load, range_of
from publishing.models import Post, Status
from publishing.moments import odd_hours, which_words
from tests.console import signed_in
from tests.factories import make_approved, make_case, make_connector, make_member, make_post, make_slot, make_workspace
from tests.publishing.pages import url

pytestmark = pytest.mark.django_db
ZURICH = ZoneInfo("Europe/Zurich")
NOON = datetime(2026, 11, 24, 12, tzinfo=ZURICH)
HTMX = {"HX-Request": "true", "HX-Target": "calendar"}


@pytest.fixture(autouse=True)
def today() -> Any:
    with time_machine.travel(NOON, tick=True):
        yield


@pytest.fixture
def manager(workspace: Workspace) -> Membership:
    return make_member(workspace, Role.MANAGER)


@pytest.fixture
def client(manager: Membership) -> Client:
    return signed_in(manager)


def at(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=ZURICH)


def entries(workspace: Workspace, view: View = View.MONTH, day: date = date(2026, 11, 24)) -> dict[str, list[str]]:
    days = load(workspace, range_of(view, day))
    return {f"{d.date:%d %b}": [e.key for e in d.entries] for d in days if d.entries}


# --- What is shown ---------------------------------------------------------------------------------------------------


def test_a_month_shows_whole_weeks_from_monday_on() -> None:
    shown = range_of(View.MONTH, date(2026, 11, 24))
    assert (shown.first, shown.count) == (date(2026, 10, 26), 42)
    assert (shown.before, shown.after) == (date(2026, 10, 1), date(2026, 12, 1))
    assert range_of(View.MONTH, date(2027, 2, 10)).count == 28
    assert range_of(View.WEEK, date(2026, 11, 24)).first == date(2026, 11, 23)


def test_slots_and_posts_stand_on_their_day_in_the_workspaces_zone(workspace: Workspace) -> None:
    post = make_post(workspace, at=at(25, 0, 30))  # the 24th in UTC
    slot = make_slot(make_case(workspace), at=at(26, 9))
    assert entries(workspace) == {"25 Nov": [f"post-{post.pk}"], "26 Nov": [f"slot-{slot.pk}"]}


def test_a_slot_whose_content_has_a_post_is_shown_as_that_post(workspace: Workspace) -> None:
    slot = make_slot(make_case(workspace), at=at(26, 9))
    post = make_post(workspace, at=at(27, 9), case=slot.case, slot=slot)
    assert entries(workspace) == {"27 Nov": [f"post-{post.pk}"]}
    Post.objects.update(status=Status.CANCELED, due_at=None)
    assert entries(workspace) == {"26 Nov": [f"slot-{slot.pk}"]}


def test_a_published_post_stands_where_it_went_live(workspace: Workspace) -> None:
    post = make_post(workspace, at=at(26, 9))
    Post.objects.update(status=Status.PUBLISHED, published_at=at(27, 9), due_at=None)
    assert entries(workspace) == {"27 Nov": [f"post-{post.pk}"]}


def test_nothing_of_another_workspace_is_shown(workspace: Workspace) -> None:
    make_post(make_workspace(), at=at(26, 9))
    make_slot(make_case(make_workspace()), at=at(26, 9))
    assert entries(workspace) == {}


def test_a_busy_day_shows_its_first_entries_and_says_how_many_more(workspace: Workspace) -> None:
    case = make_case(workspace)
    made = [make_slot(case, at=at(26, 9, minute)) for minute in range(5)]
    day = next(d for d in load(workspace, range_of(View.MONTH, NOON.date())) if d.entries)
    assert [e.key for e in day.entries] == [f"slot-{slot.pk}" for slot in made[:3]]
    assert day.more == "2"


def test_each_accounts_day_is_counted_against_its_limit(workspace: Workspace) -> None:
    connector = make_connector(workspace, daily_cap=2)
    for hour in (9, 10, 11):
        make_post(workspace, connector, at=at(26, hour))
    day = next(d for d in load(workspace, range_of(View.MONTH, NOON.date())) if d.used)
    assert [(u.connector, u.count, u.most, u.full) for u in day.used] == [(connector, 3, 2, True)]


@pytest.mark.parametrize(
    ("day", "words"),
    [
        (date(2026, 3, 29), "Clocks go forward: 02:00 to 03:00 is skipped"),
        (date(2026, 10, 25), "Clocks go back: 02:00 to 03:00 comes twice"),
        (date(2026, 11, 24), ""),
    ],
)
def test_days_on_which_the_clocks_change_say_so(day: date, words: str) -> None:
    assert odd_hours(day, ZURICH) == words


def test_in_the_hour_that_comes_twice_each_time_says_which_it_is() -> None:
    first = datetime(2026, 10, 25, 2, 30, tzinfo=ZURICH)
    assert [which_words(m, ZURICH) for m in (first, first.replace(fold=1), NOON)] == ["CEST", "CET", ""]


@pytest.mark.parametrize("view", list(View))
def test_every_view_takes_a_constant_number_of_statements(workspace: Workspace, client: Client, view: View) -> None:
    connector, case = make_connector(workspace, daily_cap=25), make_case(workspace)

    def statements() -> int:
        with CaptureQueriesContext(connection) as queries:
            page = client.get(url("calendar", workspace), {"view": view, "d": "2026-11-26"})
        assert page.status_code == 200
        return len(queries)

    make_post(workspace, connector, at=at(26, 8))
    make_slot(case, at=at(26, 9))
    client.get(url("calendar", workspace))
    few = statements()
    for hour in range(10, 16):
        make_post(workspace, connector, at=at(26, hour))
        make_slot(case, at=at(26, hour))
    assert statements() == few <= 12


def test_the_page_names_its_zone_and_says_what_is_where(workspace: Workspace, client: Client) -> None:
    make_post(workspace, at=at(26, 9))
    page = client.get(url("calendar", workspace), {"view": "week"}).content.decode()
    assert "Europe/Zurich" in page and "Overshirt" in page and "Scheduled" in page and "Thursday 26 November" in page


def test_an_old_or_mangled_address_still_opens(workspace: Workspace, client: Client) -> None:
    for query in ("?view=decade&d=soon", "?d=0001-01-01", "?slot=x", "?view=day&since=never", "?new=x"):
        assert client.get(url("calendar", workspace) + query).status_code == 200


# --- What moves ------------------------------------------------------------------------------------------------------


def test_past_publishing_and_ended_posts_do_not_move(workspace: Workspace) -> None:
    post = make_post(workspace, at=at(26, 9))
    assert Entry(at(26, 9), ZURICH, post=post).movable
    assert not Entry(at(23, 9), ZURICH, post=post).movable
    for status in (Status.PUBLISHING, Status.PUBLISHED, Status.UNCONFIRMED, Status.FAILED):
        post.status = status
        assert not Entry(at(26, 9), ZURICH, post=post).movable


def drop(client: Client, workspace: Workspace, item: str, day: str, **more: str) -> Any:
    data = {"item": item, "day": day, "view": "month", "d": "2026-11-24", **more}
    return client.post(url("calendar_move", workspace), data, headers=HTMX)


def test_a_dropped_post_keeps_its_time_on_the_other_day(workspace: Workspace, client: Client) -> None:
    post = make_post(workspace, at=at(26, 9, 40))
    page = drop(client, workspace, f"post-{post.pk}", "2026-11-28", was=at(26, 9, 40).isoformat())
    post.refresh_from_db()
    assert post.scheduled_at == at(28, 9, 40)
    assert "Moved to Sat 28 Nov, 09:40 Europe/Zurich." in page.content.decode()
    assert Event.objects.filter(subject_id=post.pk, verb="rescheduled").count() == 1


def test_a_dropped_slot_moves_by_its_verb(workspace: Workspace, client: Client) -> None:
    slot = make_slot(make_case(workspace), at=at(26, 9))
    drop(client, workspace, f"slot-{slot.pk}", "2026-11-30")
    slot.refresh_from_db()
    assert slot.starts_at == at(30, 9)


def test_what_somebody_else_has_moved_is_not_moved_again(workspace: Workspace, client: Client) -> None:
    post = make_post(workspace, at=at(26, 9))
    page = drop(client, workspace, f"post-{post.pk}", "2026-11-28", was=at(25, 9).isoformat())
    post.refresh_from_db()
    assert post.scheduled_at == at(26, 9) and "meanwhile" in page.content.decode()


def test_a_time_that_the_clocks_skip_on_that_day_is_refused_with_a_sentence(
    workspace: Workspace, client: Client
) -> None:
    slot = make_slot(make_case(workspace), at=at(26, 2, 30))
    page = drop(client, workspace, f"slot-{slot.pk}", "2027-03-28").content.decode()
    assert "There is no 02:30 on 28 Mar 2027 in Europe/Zurich" in page
    page = drop(client, workspace, f"slot-{slot.pk}", "2027-10-31").content.decode()
    assert "twice" in page and "Open it and choose there." in page
    slot.refresh_from_db()
    assert slot.starts_at == at(26, 2, 30)


def test_only_people_who_may_publish_move_things(workspace: Workspace) -> None:
    slot = make_slot(make_case(workspace), at=at(26, 9))
    creator = signed_in(make_member(workspace, Role.CREATOR))
    assert drop(creator, workspace, f"slot-{slot.pk}", "2026-11-28").status_code == 403
    stranger = signed_in(make_member(make_workspace(), Role.OWNER))
    assert drop(stranger, workspace, f"slot-{slot.pk}", "2026-11-28").status_code == 404
    assert "draggable" not in creator.get(url("calendar", workspace)).content.decode()


# --- Plain forms -----------------------------------------------------------------------------------------------------


def test_without_scripts_a_post_is_moved_by_its_form(workspace: Workspace, client: Client) -> None:
    post = make_post(workspace, at=at(26, 9))
    page = client.get(url("calendar", workspace), {"post": str(post.pk)}).content.decode()
    assert "Move it" in page
    data = {"date": "2026-11-27", "time": "18:30", "was": at(26, 9).isoformat(), "view": "week", "d": "2026-11-24"}
    answer = client.post(url("calendar_post", workspace, post.pk), data)
    post.refresh_from_db()
    assert answer["Location"].endswith("/calendar/?view=week&d=2026-11-24")
    assert post.scheduled_at == datetime(2026, 11, 27, 18, 30, tzinfo=post.connector.zone)


def test_a_refused_move_keeps_the_form_with_the_reason(workspace: Workspace, client: Client) -> None:
    post = make_post(workspace, at=at(26, 9))
    answer = client.post(url("calendar_post", workspace, post.pk), {"date": "2026-11-20", "time": "18:30"})
    assert answer.status_code == 422 and "in the past" in answer.content.decode()


def test_a_slot_is_planned_changed_and_taken_off(workspace: Workspace, client: Client) -> None:
    connector, case = make_connector(workspace), make_case(workspace)
    plan = {"channel": str(connector.pk), "format": "image", "angle": "Hands"}
    client.post(url("new_slot", workspace), {"case": case.pk, "date": "2026-11-27", "time": "10:00", **plan})
    slot = Slot.objects.get()
    assert (slot.starts_at, slot.connector, slot.angle) == (at(27, 10), connector, "Hands")
    client.post(url("change_slot", workspace, slot.pk), plan | {"format": "reel"})
    slot.refresh_from_db()
    assert slot.format == "reel"
    client.post(url("move_slot", workspace, slot.pk), {"date": "2026-11-29", "time": "10:00"})
    slot.refresh_from_db()
    assert slot.starts_at == at(29, 10)
    client.post(url("remove_slot", workspace, slot.pk), {})
    assert not Slot.objects.exists()
    assert list(Event.objects.filter(subject_id=slot.pk).order_by("at", "id").values_list("verb", flat=True)) == [
        "planned", "changed", "moved", "removed",
    ]  # fmt: skip


def test_a_plan_that_is_refused_says_why_and_plans_nothing(workspace: Workspace, client: Client) -> None:
    case = make_case(workspace)
    data = {"case": case.pk, "date": "2026-11-20", "time": "10:00", "channel": "instagram", "format": "image"}
    answer = client.post(url("new_slot", workspace), data)
    assert answer.status_code == 422 and "That moment is over" in answer.content.decode() and not Slot.objects.exists()


def test_a_slot_is_changed_and_its_version_asked_to_be_made_anew_in_one_go(
    workspace: Workspace, client: Client
) -> None:
    from tests.factories import make_version

    slot = make_slot(make_case(workspace), at=at(27, 9))
    version = make_version(make_member(workspace, Role.CREATOR), case=slot.case, slot=slot)
    data = {"channel": "instagram", "format": "reel", "angle": "", "feedback": "As a film, please."}
    client.post(url("change_slot", workspace, slot.pk), data)
    slot.refresh_from_db()
    version.refresh_from_db()
    assert (slot.format, version.status) == ("reel", "regenerating")
    assert version.reviews.get().feedback == "As a film, please."


def test_when_the_version_cannot_be_asked_for_the_slot_stays_as_it_was(workspace: Workspace, client: Client) -> None:
    slot = make_slot(make_case(workspace), at=at(27, 9))
    make_approved(workspace, case=slot.case, slot=slot)
    data = {"channel": "instagram", "format": "reel", "angle": "", "feedback": "As a film, please."}
    assert client.post(url("change_slot", workspace, slot.pk), data).status_code == 422
    slot.refresh_from_db()
    assert slot.format == "image"


# --- The feed --------------------------------------------------------------------------------------------------------


def address(client: Client, workspace: Workspace) -> str:
    page = client.post(url("calendar_feed", workspace), {"do": "make"}).content.decode()
    found = re.search(r"/ical/[\w-]+\.ics", page)
    assert found
    return found[0]


def summaries(path: str) -> list[str]:
    feed = Calendar.from_ical(Client().get(path).content)
    return [str(event["summary"]) for event in feed.walk("VEVENT")]


def test_the_feed_says_what_is_planned_without_signing_in(workspace: Workspace, client: Client) -> None:
    connector = make_connector(workspace, handle="fjord.supply")
    make_post(workspace, connector, at=at(26, 9))
    make_slot(make_case(workspace), at=at(27, 9))
    make_post(make_workspace(), at=at(26, 9))
    path = address(client, workspace)
    said = ["Scheduled: Overshirt (Instagram, fjord.supply)", "Planned: Image for Instagram, Autumn linen"]
    assert summaries(path) == said
    event = next(iter(Calendar.from_ical(Client().get(path).content).walk("VEVENT")))
    assert event.decoded("dtstart") == at(26, 9)


def test_a_new_address_ends_the_old_one_and_ending_it_ends_it(workspace: Workspace, client: Client) -> None:
    first = address(client, workspace)
    second = address(client, workspace)
    assert Client().get(first).status_code == 404 and Client().get(second).status_code == 200
    assert second.split("/")[-1] not in client.get(url("calendar_feed", workspace)).content.decode()
    client.post(url("calendar_feed", workspace), {"do": "end"})
    assert Client().get(second).status_code == 404


def test_somebody_who_has_left_has_no_feed_any_more(workspace: Workspace, manager: Membership, client: Client) -> None:
    path = address(client, workspace)
    manager.delete()
    assert Client().get(path).status_code == 404


def test_the_address_is_kept_as_a_hash_alone(workspace: Workspace, client: Client) -> None:
    token = address(client, workspace).split("/")[-1].removesuffix(".ics")
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM approvals_calendarfeed WHERE approvals_calendarfeed::text LIKE %s", [f"%{token}%"]
        )
        assert cursor.fetchone() == (0,)
