"""What the clock does for linked accounts: renew, probe, wake, release, warn; each once, and dead links are left."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
import responses
from django.utils import timezone
from django_q.models import OrmQ
from pytest_django import DjangoCaptureOnCommitCallbacks

from collavo.accounts.models import Role
from collavo.timeline.models import Notice
from connectors import expiry, linking, tasks
from connectors.models import Connector, ConnectorStatus, LinkRequest, WebhookNotice
from publishing.models import Hold, Post
from tests.factories import make_connector, make_member, make_post, make_workspace

pytestmark = pytest.mark.django_db
GRAPH = re.compile(r"https://graph\.instagram\.com/.*")
DAY = timedelta(days=1)


@pytest.fixture
def connector() -> Connector:
    return make_connector(make_workspace())


def queued(task: str) -> int:
    return sum(row.task["func"] == f"connectors.tasks.{task}" for row in OrmQ.objects.all())


def change(connector: Connector, **values: Any) -> None:
    Connector.objects.filter(pk=connector.pk).update(**values)


@pytest.mark.parametrize("moment", ["renew", "probe"])
def test_what_is_due_is_handed_over_once(moment: str, connector: Connector) -> None:
    change(connector, renew_at=None, probe_at=None)
    change(connector, **{f"{moment}_at": timezone.now()})
    for _ in range(3):
        tasks.look_after()
    assert queued(moment) == 1
    change(connector, **{f"{moment}_at": timezone.now()})  # that task got lost
    tasks.look_after()
    assert queued(moment) == 2


@pytest.mark.parametrize("status", [ConnectorStatus.NEEDS_RELINK, ConnectorStatus.DISCONNECTED])
def test_a_dead_link_is_left_in_peace(status: ConnectorStatus, connector: Connector) -> None:
    change(connector, status=status, renew_at=timezone.now(), probe_at=timezone.now())
    tasks.look_after()
    assert not OrmQ.objects.exists()


@responses.activate
def test_the_token_that_comes_back_is_stored_with_its_end(connector: Connector) -> None:
    new = {"access_token": "new", "token_type": "bearer", "expires_in": 5184000, "permissions": "a,b"}
    responses.get("https://graph.instagram.com/refresh_access_token", json=new)
    tasks.renew(str(connector.pk))
    row = Connector.objects.get()
    assert (row.token, row.scopes) == ("new", ["a", "b"])
    assert row.renew_at and timezone.now() + 29 * DAY < row.renew_at < timezone.now() + 31 * DAY


@responses.activate
def test_a_renewal_that_failed_is_kept_with_its_reason_and_tried_again(connector: Connector) -> None:
    responses.get(GRAPH, status=500)
    tasks.renew(str(connector.pk))
    row = Connector.objects.get()
    assert (row.token, row.status) == ("token", ConnectorStatus.ACTIVE)
    assert row.renew_error and row.renew_at and row.renew_at < timezone.now() + timedelta(minutes=16)


@responses.activate
def test_the_daily_check_finds_a_dead_link_before_a_post_does(connector: Connector) -> None:
    error = {"message": "Session has expired", "code": 190, "error_subcode": 463}
    responses.get(GRAPH, status=400, json={"error": error})
    tasks.probe(str(connector.pk))
    assert Connector.objects.get().status == ConnectorStatus.NEEDS_RELINK


@responses.activate
def test_the_daily_check_writes_no_line_of_history_when_all_is_well(connector: Connector) -> None:
    from collavo.timeline.models import Event

    before = Event.objects.count()
    responses.get(GRAPH, json={"user_id": connector.remote_id, "id": "2", "username": "fjord.supply"})
    tasks.probe(str(connector.pk))
    row = Connector.objects.get()
    assert Event.objects.count() == before
    assert row.probe_at and row.probe_at > timezone.now() + timedelta(hours=20)


@responses.activate
def test_an_account_that_was_switched_off_is_not_switched_on_by_the_check(connector: Connector) -> None:
    connector.disable(by="test")
    tasks.probe(str(connector.pk))
    assert Connector.objects.get().status == ConnectorStatus.DISABLED and not responses.calls


def test_a_pause_ends_by_itself_and_its_posts_go_on(
    connector: Connector, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    post = make_post(connector.workspace, connector)
    connector.pause(timezone.now() + DAY, by="test")
    Post.objects.filter(pk=post.pk).update(status="queued", hold=Hold.CONNECTOR, due_at=None)
    tasks.look_after()
    assert Connector.objects.get().status == ConnectorStatus.PAUSED
    change(connector, paused_until=timezone.now())
    with django_capture_on_commit_callbacks(execute=True):
        tasks.look_after()
    post.refresh_from_db()
    assert (Connector.objects.get().status, post.hold) == (ConnectorStatus.ACTIVE, Hold.NONE)


def test_a_post_after_the_pause_may_be_planned_during_it(connector: Connector) -> None:
    connector.pause(timezone.now() + DAY, by="test")
    assert "is paused until" in connector.problem()
    assert connector.problem(timezone.now() + 2 * DAY) == ""


def test_a_post_on_hold_for_an_account_that_works_is_not_forgotten(connector: Connector) -> None:
    post = make_post(connector.workspace, connector)
    Post.objects.filter(pk=post.pk).update(status="queued", hold=Hold.CONNECTOR, due_at=None)
    tasks.look_after()
    post.refresh_from_db()
    assert (post.hold, post.due_at is not None) == (Hold.NONE, True)


def test_one_unreadable_token_stops_nobody_elses_care(connector: Connector) -> None:
    from django.db import connection

    change(connector, status=ConnectorStatus.PAUSED, paused_until=timezone.now())
    with connection.cursor() as cursor:
        cursor.execute("UPDATE connectors_connector SET refresh_token = 'not ours'")
    tasks.look_after()
    assert Connector.objects.without_tokens().get().status == ConnectorStatus.ACTIVE


# --- Warnings -------------------------------------------------------------------------------------------------


def test_managers_are_told_once_at_fourteen_seven_and_one_days_with_what_is_planned_for_later() -> None:
    workspace = make_workspace()
    manager, creator = make_member(workspace), make_member(workspace, Role.CREATOR)
    connector = make_connector(workspace, login="facebook")
    assert connector.renew_at is None, "by Facebook Login only a person can renew"
    Post.objects.filter(pk=make_post(workspace, connector).pk).update(scheduled_at=timezone.now() + 40 * DAY)
    for days, told in ((20, 0), (13, 1), (10, 1), (6, 2), (0.9, 3)):
        ends = timezone.now().replace(hour=12) + timedelta(days=days)
        change(connector, token_expires_at=ends)
        expiry.warn()
        expiry.warn()
        stages = {key.rsplit(":", 1)[1] for key in Notice.objects.values_list("key", flat=True)}
        assert len(stages) == told
    mine = Notice.objects.filter(user=manager.user).first()
    assert mine and "1 post is scheduled for later than that and would wait." in mine.text
    assert not Notice.objects.filter(user=creator.user).exists()


def test_a_link_that_renews_itself_warns_only_when_that_fails(connector: Connector) -> None:
    make_member(connector.workspace)
    change(connector, token_expires_at=timezone.now() + 25 * DAY)
    assert expiry.warn() == 0
    change(connector, token_expires_at=timezone.now() + 5 * DAY, renew_error="Instagram cannot be reached.")
    assert expiry.warn() == 1
    assert "should have renewed itself" in Notice.objects.get().text


# --- Tidying --------------------------------------------------------------------------------------------------


def test_what_came_back_and_was_never_chosen_is_not_kept(connector: Connector) -> None:
    request = LinkRequest.objects.create(
        workspace=connector.workspace, user=make_member(connector.workspace).user, platform="instagram",
        login="facebook", client_id="x", state_hash="h", session_hash="s", found="secret", verifier="secret",
        expires_at=timezone.now(),
    )  # fmt: skip
    linking.forget_old()
    request.refresh_from_db()
    assert (request.found, request.verifier) == ("", "")
    LinkRequest.objects.update(expires_at=timezone.now() - linking.KEEP_FOR)
    assert linking.forget_old() == 1


def test_notices_are_forgotten_only_when_done_and_old() -> None:
    old = timezone.now() - tasks.NOTICES_KEPT
    for key, done in (("a", old), ("b", None)):
        WebhookNotice.objects.create(platform="instagram", key=key, kind="post", account="1", done_at=done)
    WebhookNotice.objects.update(received_at=old)
    tasks.tidy()
    assert list(WebhookNotice.objects.values_list("key", flat=True)) == ["b"]
