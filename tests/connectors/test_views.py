from __future__ import annotations

import html
import re
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
import responses
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from collavo.accounts.models import Role, Workspace
from connectors.models import Connector, ConnectorStatus
from publishing.models import Hold, Post, Status
from tests.factories import make_connector, make_member, make_post, make_workspace

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


@pytest.fixture
def workspace() -> Workspace:
    return make_workspace()


@pytest.fixture
def connector(workspace: Workspace) -> Connector:
    return make_connector(workspace, handle="fjord.supply")


def client_as(workspace: Workspace, role: Role = Role.MANAGER) -> Client:
    client = Client()
    client.force_login(make_member(workspace, role).user)
    return client


def url(name: str, workspace: Workspace, *args: object) -> str:
    return reverse(f"connectors:{name}", args=[workspace.slug, *args])


def text(response: Any) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", response.content.decode())).split())


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
