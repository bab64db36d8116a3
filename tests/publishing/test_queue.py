from __future__ import annotations

import json
import threading
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import responses
import time_machine
from django.core.exceptions import PermissionDenied
from django.db import connection, connections
from django.test import Client
from django.urls import reverse

from approvals.states import IllegalMove
from collavo.accounts.models import Membership, Role
from collavo.timeline.models import Event
from connectors import queue as times
from connectors.composing import forget
from connectors.models import Connector
from publishing import verbs
from publishing.models import Post
from publishing.preflight import Blocked
from publishing.queue import coming, next_free, schedule_next
from tests.connectors.platforms.tiktok.api import CREATOR
from tests.console import signed_in
from tests.factories import make_approved, make_connector, make_member, make_post, make_version, make_workspace
from tests.publishing.options.choosing import CREATOR_INFO, account, content

ZURICH = ZoneInfo("Europe/Zurich")
NOW = datetime(2026, 11, 24, 12, tzinfo=ZURICH)  # a Tuesday
TUESDAY, SUNDAY = 1, 6


@pytest.fixture
def today() -> Any:
    with time_machine.travel(NOW):
        yield


@pytest.fixture
def connector(db: None) -> Connector:
    return make_connector(make_workspace(time_zone="Europe/Zurich"), time_zone="Europe/Zurich")


@pytest.fixture
def manager(connector: Connector) -> Membership:
    return make_member(connector.workspace, Role.MANAGER)


def at(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=ZURICH)


@pytest.mark.usefixtures("today")
def test_the_next_free_time_is_the_first_with_nothing_planned(connector: Connector, manager: Membership) -> None:
    times.add(connector, [TUESDAY, 3], time(18, 30), by=manager)
    assert next_free(connector) == at(24, 18, 30)
    make_post(connector.workspace, connector, at=at(24, 18, 30) + timedelta(seconds=20))
    assert next_free(connector) == at(26, 18, 30)
    make_post(connector.workspace, connector, at=at(26, 18, 31))
    make_post(connector.workspace, make_connector(connector.workspace), at=at(26, 18, 30))
    assert next_free(connector) == at(26, 18, 30)


@pytest.mark.usefixtures("today")
def test_a_canceled_post_gives_its_time_back(connector: Connector, manager: Membership) -> None:
    times.add(connector, [TUESDAY], time(18, 30), by=manager)
    post = make_post(connector.workspace, connector, at=at(24, 18, 30))
    verbs.cancel(post, by=manager)
    assert next_free(connector) == at(24, 18, 30)


@pytest.mark.usefixtures("today")
def test_scheduling_takes_the_time_and_says_so_in_the_history(connector: Connector, manager: Membership) -> None:
    times.add(connector, [TUESDAY], time(18, 30), by=manager)
    post = schedule_next(make_approved(connector.workspace), connector, by=manager)
    assert (post.scheduled_at, post.status) == (at(24, 18, 30), "scheduled")
    assert Event.objects.filter(subject_id=post.pk, verb="scheduled").exists()
    later = schedule_next(make_approved(connector.workspace), connector, by=manager)
    assert later.scheduled_at == datetime(2026, 12, 1, 18, 30, tzinfo=ZURICH)


@pytest.mark.usefixtures("today")
def test_an_account_without_times_says_where_to_add_some(connector: Connector, manager: Membership) -> None:
    with pytest.raises(IllegalMove, match="no weekly times yet"):
        schedule_next(make_approved(connector.workspace), connector, by=manager)


@pytest.mark.usefixtures("today")
def test_what_may_not_go_out_takes_no_time(connector: Connector, manager: Membership) -> None:
    times.add(connector, [TUESDAY], time(18, 30), by=manager)
    with pytest.raises(Blocked):
        schedule_next(make_version(make_member(connector.workspace, Role.CREATOR)), connector, by=manager)
    with pytest.raises(PermissionDenied):
        schedule_next(make_approved(connector.workspace), connector, by=make_member(connector.workspace, Role.VIEWER))
    assert not Post.objects.exists()


def test_a_time_that_the_clocks_skip_is_left_out_and_of_two_the_first_is_meant(
    connector: Connector, manager: Membership
) -> None:
    times.add(connector, [SUNDAY], time(2, 30), by=manager)
    rows = list(connector.queue_times.all())
    spring = list(coming(connector, rows, datetime(2027, 3, 22, tzinfo=UTC)))
    assert [m.astimezone(ZURICH).day for m in spring[:2]] == [4, 11]  # on 28 March 2027 there is no 02:30
    autumn = next(coming(connector, rows, datetime(2026, 10, 24, tzinfo=UTC)))
    assert autumn == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)


@pytest.mark.django_db(transaction=True)
def test_of_two_people_at_once_each_gets_a_time_of_their_own() -> None:
    workspace = make_workspace(time_zone="Europe/Zurich")
    connector, manager = make_connector(workspace, time_zone="Europe/Zurich"), make_member(workspace, Role.MANAGER)
    times.add(connector, range(7), time(18, 30), by=manager)
    versions = [make_approved(workspace) for _ in range(4)]
    together = threading.Barrier(4)

    def go(version: Any) -> None:
        together.wait()
        schedule_next(version, connector, by=manager)
        connections.close_all()

    threads = [threading.Thread(target=go, args=[version]) for version in versions]
    [thread.start() for thread in threads]  # type: ignore[func-returns-value]
    [thread.join() for thread in threads]  # type: ignore[func-returns-value]
    assert len(set(Post.objects.values_list("scheduled_at", flat=True))) == 4


# --- The pages -------------------------------------------------------------------------------------------------------


@pytest.fixture
def client(manager: Membership) -> Client:
    return signed_in(manager)


def page_of(connector: Connector, name: str = "account", *more: Any) -> str:
    return reverse(f"connectors:{name}", args=[connector.workspace.slug, connector.pk, *more])


def test_times_are_added_for_several_days_and_taken_away_one_by_one(connector: Connector, client: Client) -> None:
    client.post(page_of(connector, "add_queue_times"), {"weekday": ["0", "2"], "time": "09:40"})
    client.post(page_of(connector, "add_queue_times"), {"weekday": ["0"], "time": "09:40"})
    assert [str(t) for t in connector.queue_times.all()] == ["Monday 09:40", "Wednesday 09:40"]
    page = client.get(page_of(connector)).content.decode()
    assert "Monday" in page and "09:40" in page and "Europe/Zurich" in page
    client.post(page_of(connector, "remove_queue_time", connector.queue_times.all()[0].pk))
    assert [str(t) for t in connector.queue_times.all()] == ["Wednesday 09:40"]
    assert Event.objects.filter(subject_id=connector.pk, verb="queue_changed").count() == 2


def test_a_form_without_a_day_or_a_time_says_so_and_adds_nothing(connector: Connector, client: Client) -> None:
    for data, said in (({"time": "09:40"}, "Choose at least one day."), ({"weekday": ["1"]}, "Choose a time.")):
        page = client.post(page_of(connector, "add_queue_times"), data, follow=True).content.decode()
        assert said in page and not connector.queue_times.exists()


def test_an_account_has_so_many_times_and_no_more(connector: Connector, manager: Membership) -> None:
    with pytest.raises(times.TooMany):
        for minute in range(20):
            times.add(connector, range(7), time(9, minute), by=manager)
    assert connector.queue_times.count() <= times.MOST


def test_another_workspaces_account_is_out_of_reach(connector: Connector) -> None:
    stranger = make_member(make_workspace(), Role.OWNER)
    with pytest.raises(PermissionDenied):
        times.add(connector, [1], time(9), by=stranger)


def test_the_panel_names_the_next_free_time_and_takes_it(
    connector: Connector, client: Client, manager: Membership
) -> None:
    times.add(connector, range(7), time(18, 30), by=manager)
    version = make_approved(connector.workspace)
    panel = reverse("publishing:panel", args=[connector.workspace.slug, version.pk])
    assert "At the next free slot" in client.get(panel, headers={"HX-Request": "true"}).content.decode()
    address = reverse("publishing:schedule", args=[connector.workspace.slug, version.pk])
    page = client.post(address, {"connector": str(connector.pk), "next": "1"}, headers={"HX-Request": "true"})
    post = Post.objects.get()
    assert post.scheduled_at and post.scheduled_at.astimezone(ZURICH).time() == time(18, 30)
    assert "Scheduled for" in page.content.decode()


@pytest.mark.django_db(transaction=True)
def test_the_platform_is_asked_before_the_accounts_row_is_locked() -> None:
    workspace = make_workspace()
    tiktok, asked = account(workspace, "tiktok"), list[bool]()
    manager, version = make_member(workspace, Role.MANAGER), content(workspace)
    times.add(tiktok, range(7), time(18, 30), by=manager)

    def answer(_: Any) -> tuple[int, dict[str, str], str]:
        asked.append(connection.in_atomic_block)
        return 200, {}, json.dumps({"data": {**CREATOR, "comment_disabled": True}, "error": {"code": "ok"}})

    forget()
    with responses.RequestsMock() as far:
        far.add_callback("POST", CREATOR_INFO, answer)
        with pytest.raises(Blocked, match="comments switched off"):
            options: Any = {"privacy_level": "SELF_ONLY", "disable_comment": False}
            schedule_next(version, tiktok, by=manager, options=options)
        schedule_next(version, tiktok, by=manager, options={"privacy_level": "SELF_ONLY"})
    assert asked == [False]
