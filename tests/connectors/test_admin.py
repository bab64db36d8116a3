"""Linked accounts in the admin: tokens are not there, and buttons ask the platform."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.contrib.admin.models import LogEntry
from django.db import connection
from pytest_django.fixtures import Settings

from collavo.accounts.models import Role
from collavo.timeline.models import Event
from connectors.models import Connector, ConnectorStatus
from connectors.sandbox.client import SandboxControl, running_sandbox
from tests.admin_pages import TOKEN, list_of, page_of, press, said, signed_in
from tests.factories import make_connector, make_member, make_workspace, numbers

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def one_sandbox() -> Iterator[SandboxControl]:
    with running_sandbox() as control:
        yield control


@pytest.fixture
def sandbox(one_sandbox: SandboxControl, settings: Settings) -> SandboxControl:
    one_sandbox.reset()
    settings.INSTAGRAM_API_URL = one_sandbox.instagram_url
    return one_sandbox


def linked(sandbox: SandboxControl) -> Connector:
    account = sandbox.add_account(f"linen.{next(numbers)}")
    return make_connector(make_workspace(), token=account["token"], remote_id=account["id"], handle=account["username"])


def test_a_post_to_the_page_changes_settings_and_neither_status_nor_token() -> None:
    client, connector = signed_in(), make_connector(make_workspace(), token=TOKEN)
    settings = {"time_zone": "Europe/Zurich", "daily_cap": "7", "max_in_flight": "2", "scheduling": "on"}
    forged = {"status": "disabled", "token": "other", "extra_token": "other", "remote_id": "9", "sandbox": "on"}
    client.post(page_of(connector), settings | forged)
    before, after = connector, Connector.objects.get(pk=connector.pk)
    assert (after.time_zone, after.daily_cap, after.max_in_flight) == ("Europe/Zurich", 7, 2)
    assert (after.status, after.token, after.extra_token) == (before.status, TOKEN, "")
    assert (after.remote_id, after.sandbox) == (before.remote_id, before.sandbox)
    assert Event.objects.get(subject_id=connector.pk, verb="edited").data == {
        "fields": ["time_zone", "daily_cap", "max_in_flight"]
    }
    assert TOKEN not in str(list(LogEntry.objects.values()))


def test_an_operator_cannot_set_a_cap_of_none_either() -> None:
    client, connector = signed_in(), make_connector(make_workspace(), token=TOKEN)
    settings = {"time_zone": "UTC", "daily_cap": "0", "max_in_flight": "2", "scheduling": "on"}
    assert "switch the account off instead" in client.post(page_of(connector), settings).content.decode()
    assert Connector.objects.get(pk=connector.pk).daily_cap is None


def test_the_pages_open_even_when_the_stored_token_cannot_be_read() -> None:
    client, connector = signed_in(), make_connector(make_workspace())
    with connection.cursor() as cursor:
        cursor.execute("UPDATE connectors_connector SET token = 'of another key'")
    assert client.get(list_of(Connector)).status_code == 200
    assert client.get(page_of(connector)).status_code == 200
    assert "TOKEN_KEYS" in said(press(client, "verify", connector))[0]


def test_verify_asks_the_platform_and_says_row_by_row_what_it_said(sandbox: SandboxControl) -> None:
    client, good, dead = signed_in(), linked(sandbox), linked(sandbox)
    sandbox.change_account(dead.remote_id, token_state="revoked")
    lines = said(press(client, "verify", good, dead))
    assert len(lines) == 2
    assert any(line == f"{good} works: the platform says so." for line in lines)
    assert any(line.startswith(f"{dead}: refused. ") for line in lines)
    dead.refresh_from_db()
    assert dead.status == ConnectorStatus.NEEDS_RELINK
    assert Event.objects.filter(subject_id=good.pk, verb="verified", by="Olga Operator").exists()


def test_switching_off_asks_first_and_then_leaves_active() -> None:
    client, connector = signed_in(), make_connector(make_workspace())
    page = press(client, "disable", connector)
    assert "Nothing goes out" in page.content.decode()
    connector.refresh_from_db()
    assert connector.status == ConnectorStatus.ACTIVE
    press(client, "disable", connector, sure="yes")
    connector.refresh_from_db()
    assert connector.status == ConnectorStatus.DISABLED


def test_verifying_does_not_switch_on_what_a_person_switched_off(sandbox: SandboxControl) -> None:
    client, connector = signed_in(), linked(sandbox)
    connector.disable(by="test")
    assert "switch it on instead" in said(press(client, "verify", connector))[0]
    connector.refresh_from_db()
    assert connector.status == ConnectorStatus.DISABLED
    assert sandbox.count_calls() == 0


def test_switching_on_asks_the_platform_first(sandbox: SandboxControl) -> None:
    client, connector = signed_in(), linked(sandbox)
    connector.disable(by="test")
    assert said(press(client, "enable", connector)) == [f"{connector} is switched on."]
    connector.refresh_from_db()
    assert connector.status == ConnectorStatus.ACTIVE and sandbox.count_calls() > 0


def test_a_member_who_may_not_connect_is_refused_with_a_sentence() -> None:
    connector = make_connector(make_workspace())
    member = make_member(connector.workspace, Role.CREATOR)
    member.user.is_staff = member.user.is_superuser = True
    member.user.save()
    line = said(press(signed_in(member.user), "disable", connector, sure="yes"))[0]
    assert "refused" in line and "cannot link and verify accounts" in line
    connector.refresh_from_db()
    assert connector.status == ConnectorStatus.ACTIVE
