from __future__ import annotations

import re
from datetime import timedelta
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
import responses
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from approvals.states import IllegalMove
from collavo.accounts.models import Role, Workspace
from collavo.timeline.models import Event
from connectors.models import Connector, ConnectorStatus
from publishing import verbs
from publishing.models import Attempt, Hold, Post, Status
from tests.console import signed_in, text
from tests.factories import make_approved, make_connector, make_member, make_post, make_workspace

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


@pytest.fixture
def workspace() -> Workspace:
    return make_workspace()


@pytest.fixture
def connector(workspace: Workspace) -> Connector:
    return make_connector(workspace, handle="fjord.supply")


def client_as(workspace: Workspace, role: Role = Role.MANAGER) -> Client:
    return signed_in(make_member(workspace, role))


def url(name: str, workspace: Workspace, *args: object) -> str:
    return reverse(f"connectors:{name}", args=[workspace.slug, *args])


def platform_answers(connector: Connector, *, works: bool) -> None:
    """What the platform says when it is asked who the token belongs to."""
    if works:
        said = {"user_id": connector.remote_id, "id": connector.remote_id, "username": "fjord.supply",
                "account_type": "BUSINESS", "name": "Fjord"}  # fmt: skip
        responses.get(re.compile(r"https://graph\.instagram\.com/.*"), json=said)
    else:
        error = {"message": "Session has expired", "type": "OAuthException", "code": 190, "error_subcode": 463}
        responses.get(re.compile(r"https://graph\.instagram\.com/.*"), status=400, json={"error": error})


def test_each_account_shows_its_state_zone_abilities_and_window(workspace: Workspace, connector: Connector) -> None:
    can = {"publish": True, "read_metrics": False}
    Connector.objects.filter(pk=connector.pk).update(can=can, time_zone="Asia/Tokyo")
    post = make_post(workspace, connector)
    Post.objects.filter(pk=post.pk).update(reserved_at=timezone.now())
    shown = text(client_as(workspace).get(url("connections", workspace)))
    for said in ("fjord.supply", "Active", "Asia/Tokyo", "Publish", "Read numbers : no", "1 of 25"):
        assert said in shown, said


def test_an_account_that_needs_somebody_comes_first_with_its_reason(workspace: Workspace, connector: Connector) -> None:
    dead = make_connector(workspace, handle="zoo.outlet")
    dead.needs_relink("The session has ended.", by="test")
    shown = text(client_as(workspace).get(url("connections", workspace)))
    assert shown.index("zoo.outlet") < shown.index("fjord.supply")
    assert "The session has ended." in shown


def test_a_link_that_ends_soon_is_marked(workspace: Workspace, connector: Connector) -> None:
    Connector.objects.filter(pk=connector.pk).update(token_expires_at=timezone.now() + timedelta(days=3, hours=1))
    assert "In 3 days" in text(client_as(workspace).get(url("connections", workspace)))


def test_a_sandbox_account_is_marked(workspace: Workspace, connector: Connector) -> None:
    Connector.objects.filter(pk=connector.pk).update(sandbox=True)
    assert "Sandbox" in text(client_as(workspace).get(url("connections", workspace)))


def test_without_accounts_the_page_says_how_one_is_linked(workspace: Workspace) -> None:
    shown = text(client_as(workspace).get(url("connections", workspace)))
    assert "No account is linked yet" in shown
    assert f"manage.py connect instagram --workspace {workspace.slug}" in shown


def test_many_accounts_take_as_many_queries_as_few(workspace: Workspace, connector: Connector) -> None:
    client = client_as(workspace)
    few = queries(client, url("connections", workspace))
    for _ in range(5):
        make_connector(workspace)
    assert queries(client, url("connections", workspace)) == few


def queries(client: Client, address: str) -> int:
    with CaptureQueriesContext(connection) as seen:
        assert client.get(address).status_code == 200
    return len(seen)


@responses.activate
def test_verify_asks_the_platform_and_says_what_it_said(workspace: Workspace, connector: Connector) -> None:
    platform_answers(connector, works=True)
    response = client_as(workspace).post(url("verify", workspace, connector.pk), headers=HTMX)
    assert response.status_code == 200
    assert "Instagram, fjord.supply works." in text(response)
    connector.refresh_from_db()
    assert connector.verified_at is not None


@responses.activate
def test_a_dead_token_is_told_in_a_sentence_and_the_account_leaves_active(
    workspace: Workspace, connector: Connector
) -> None:
    platform_answers(connector, works=False)
    response = client_as(workspace).post(url("verify", workspace, connector.pk), headers=HTMX)
    assert "Needs re-link" in text(response)
    connector.refresh_from_db()
    assert connector.status == ConnectorStatus.NEEDS_RELINK


@responses.activate
def test_an_account_switched_off_and_on_again_releases_its_posts(
    workspace: Workspace, connector: Connector, django_capture_on_commit_callbacks: Any
) -> None:
    platform_answers(connector, works=True)
    client = client_as(workspace)
    client.post(url("disable", workspace, connector.pk))
    connector.refresh_from_db()
    assert connector.status == ConnectorStatus.DISABLED
    with django_capture_on_commit_callbacks(execute=True):
        response = client.post(url("enable", workspace, connector.pk))
    assert response["Location"] == url("connections", workspace)
    connector.refresh_from_db()
    assert connector.status == ConnectorStatus.ACTIVE


@responses.activate
def test_posts_that_waited_for_the_account_go_on(
    workspace: Workspace, connector: Connector, django_capture_on_commit_callbacks: Any
) -> None:
    platform_answers(connector, works=True)
    post = make_post(workspace, connector)
    connector.disable(by="test")
    Post.objects.filter(pk=post.pk).update(status=Status.QUEUED, hold=Hold.CONNECTOR, due_at=None)
    with django_capture_on_commit_callbacks(execute=True):
        client_as(workspace).post(url("enable", workspace, connector.pk))
    post.refresh_from_db()
    assert (post.hold, post.due_at is not None) == (Hold.NONE, True)


@pytest.mark.parametrize("role", [Role.VIEWER, Role.CREATOR, Role.APPROVER])
def test_who_may_not_connect_sees_the_accounts_and_changes_nothing(
    role: Role, workspace: Workspace, connector: Connector
) -> None:
    client = client_as(workspace, role)
    page = client.get(url("connections", workspace)).content.decode()
    assert url("disable", workspace, connector.pk) not in page
    for name in ("verify", "disable", "enable"):
        assert client.post(url(name, workspace, connector.pk)).status_code == 403
    connector.refresh_from_db()
    assert connector.status == ConnectorStatus.ACTIVE


def test_accounts_of_another_workspace_are_not_found(workspace: Workspace) -> None:
    foreign = make_connector(make_workspace())
    client = client_as(workspace)
    for name in ("verify", "disable", "enable"):
        for pk in (foreign.pk, uuid4()):
            assert client.post(url(name, workspace, pk)).status_code == 404
    assert foreign.handle not in text(client.get(url("connections", workspace)))


def test_a_token_is_on_no_page(workspace: Workspace) -> None:
    make_connector(workspace, token="very-secret-token")
    page = client_as(workspace).get(url("connections", workspace)).content.decode()
    assert "very-secret-token" not in page


# --- One account ----------------------------------------------------------------------------------------------


def test_an_account_has_a_page_with_its_formats_limits_and_last_calls(
    workspace: Workspace, connector: Connector
) -> None:
    post = make_post(workspace, connector)
    for number in range(25):
        Attempt.objects.create(post=post, fence=1, number=1, step=f"step {number}", started_at=timezone.now())
    shown = text(client_as(workspace).get(url("account", workspace, connector.pk)))
    assert "Story: handed to the creator" in shown
    assert "step 24" in shown.lower() and "step 4 " not in shown.lower(), "the last twenty"


def test_settings_are_stored_with_a_line_of_history_and_nothing_else_changes(
    workspace: Workspace, connector: Connector
) -> None:
    sent = {"time_zone": "Asia/Tokyo", "daily_cap": "3", "status": "disabled", "token": "forged"}
    response = client_as(workspace).post(url("settings", workspace, connector.pk), sent)
    assert response.status_code == 302
    row = Connector.objects.get(pk=connector.pk)
    assert (row.time_zone, row.daily_cap, row.scheduling) == ("Asia/Tokyo", 3, False)
    assert (row.status, row.token) == (connector.status, "token")
    assert Event.objects.filter(subject_id=connector.pk, verb="changed").count() == 1


def test_a_cap_of_none_is_refused_and_the_way_to_switch_off_is_named(
    workspace: Workspace, connector: Connector
) -> None:
    sent = {"time_zone": "UTC", "daily_cap": "0"}
    response = client_as(workspace).post(url("settings", workspace, connector.pk), sent)
    assert response.status_code == 422 and "switch the account off instead" in text(response)
    assert Connector.objects.get().daily_cap is None


def test_a_time_zone_that_does_not_exist_is_refused_beside_its_field(
    workspace: Workspace, connector: Connector
) -> None:
    response = client_as(workspace).post(url("settings", workspace, connector.pk), {"time_zone": "Mars/Base"})
    assert response.status_code == 422 and "is not a time zone" in text(response)
    assert Connector.objects.get().time_zone == connector.time_zone


def test_with_scheduling_switched_off_a_plan_is_refused_and_publish_now_is_not(
    workspace: Workspace, connector: Connector
) -> None:
    Connector.objects.update(scheduling=False)
    connector.refresh_from_db()
    manager = make_member(workspace)
    version = make_approved(workspace)
    with pytest.raises(IllegalMove, match="Scheduled publishing is switched off for Instagram"):
        verbs.schedule(version, connector, at=timezone.now() + timedelta(days=1), by=manager)
    assert verbs.publish_now(version, connector, by=manager).status == Status.QUEUED
    assert "No scheduling" in text(client_as(workspace).get(url("connections", workspace)))


def test_a_pause_is_meant_in_the_accounts_zone_and_shown_with_its_end(
    workspace: Workspace, connector: Connector
) -> None:
    Connector.objects.update(time_zone="Asia/Tokyo")
    client = client_as(workspace)
    tomorrow = timezone.now() + timedelta(days=1)
    typed = tomorrow.astimezone(ZoneInfo("Asia/Tokyo")).strftime("%Y-%m-%dT%H:%M")
    client.post(url("pause", workspace, connector.pk), {"until": typed})
    row = Connector.objects.get()
    assert row.paused_until == tomorrow.replace(second=0, microsecond=0)
    assert "Paused until" in text(client.get(url("connections", workspace)))
    over = client.post(url("pause", workspace, connector.pk), {"until": "2020-01-01T00:00"})
    assert over.status_code == 422 and "That moment is over" in text(over)


def test_only_what_is_active_can_be_paused(workspace: Workspace, connector: Connector) -> None:
    connector.needs_relink("Dead.", by="test")
    client_as(workspace).post(url("pause", workspace, connector.pk), {})
    assert Connector.objects.get().status == ConnectorStatus.NEEDS_RELINK


@responses.activate
def test_disconnecting_asks_first_and_says_how_many_posts_wait(workspace: Workspace, connector: Connector) -> None:
    make_post(workspace, connector)
    client = client_as(workspace)
    asked = text(client.get(url("disconnect", workspace, connector.pk)))
    assert "1 post of this account has not gone out. It waits until the account is linked again" in asked
    assert Connector.objects.get().token == "token"
    responses.delete(re.compile(r"https://graph\.instagram\.com/.*/me/permissions"), json={"success": True})
    for _ in range(2):  # a double click
        client.post(url("disconnect", workspace, connector.pk))
    row = Connector.objects.get()
    assert (row.status, row.token, len(responses.calls)) == (ConnectorStatus.DISCONNECTED, "", 1)
    shown = text(client.get(url("connections", workspace)))
    assert "Disconnected" in shown and "Link again" in shown and "Switch on" not in shown


def test_what_is_disconnected_cannot_be_switched_on_without_linking(workspace: Workspace, connector: Connector) -> None:
    connector.wipe("", by="test")
    for name in ("enable", "disable", "verify"):
        client_as(workspace).post(url(name, workspace, connector.pk))
    assert Connector.objects.get().status == ConnectorStatus.DISCONNECTED


def test_posts_planned_for_after_the_links_end_are_counted_on_the_card(workspace: Workspace) -> None:
    connector = make_connector(workspace, login="facebook", token_expires_at=timezone.now() + timedelta(days=10))
    post = make_post(workspace, connector)
    Post.objects.filter(pk=post.pk).update(scheduled_at=timezone.now() + timedelta(days=12))
    shown = text(client_as(workspace).get(url("connections", workspace)))
    assert "Expires soon" in shown
    assert "1 post is scheduled for later than that and would wait. Link it again before then." in shown


@pytest.mark.parametrize("role", [Role.VIEWER, Role.CREATOR, Role.APPROVER])
def test_who_may_not_connect_changes_nothing_on_the_accounts_page(
    role: Role, workspace: Workspace, connector: Connector
) -> None:
    client = client_as(workspace, role)
    page = client.get(url("account", workspace, connector.pk))
    assert page.status_code == 200 and "<form" not in page.content.decode().split("<main")[1].split("</main")[0]
    for name in ("settings", "pause", "disconnect", "relink"):
        assert client.post(url(name, workspace, connector.pk)).status_code == 403


def test_an_account_of_another_workspace_has_no_page_here(workspace: Workspace) -> None:
    foreign = make_connector(make_workspace())
    client = client_as(workspace)
    assert client.get(url("account", workspace, foreign.pk)).status_code == 404
    for name in ("settings", "pause", "disconnect"):
        assert client.post(url(name, workspace, foreign.pk)).status_code == 404
