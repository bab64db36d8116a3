"""Connectors: linking, why nothing can go out through one, and that no token is ever shown."""

from datetime import UTC, datetime, timedelta

import pytest
import responses
from django.db import IntegrityError, transaction
from django.utils import timezone
from pytest_django import DjangoCaptureOnCommitCallbacks
from pytest_django.fixtures import Settings

from collavo.timeline.models import Event
from connectors.models import Connector, ConnectorStatus, link
from connectors.platforms.base import NeedsRelink, PlatformError, Profile
from connectors.sandbox.client import running_sandbox
from tests.factories import make_connector, make_workspace

pytestmark = pytest.mark.django_db
TOKEN = "IGAA-very-secret-token"


def test_a_token_shows_in_no_representation() -> None:
    connector = make_connector(make_workspace(), token=TOKEN)
    shown = f"{connector} {connector!r} {connector.account} {connector.account!r} {connector.__dict__['_state']!r}"
    profile = Profile(remote_id="1", handle="x", token=TOKEN, extra_token=TOKEN)
    assert TOKEN not in shown and TOKEN not in repr(profile) and TOKEN not in str(profile)


def test_no_token_is_written_into_the_history() -> None:
    make_connector(make_workspace(), token=TOKEN).needs_relink("The token has ended.", by="worker")
    assert TOKEN not in str(list(Event.objects.values()))


def test_linking_an_account_again_keeps_the_connector_and_takes_the_new_token() -> None:
    workspace = make_workspace()
    connector = make_connector(workspace, token="old", remote_id="178", time_zone="Europe/Zurich", daily_cap=7)
    connector.needs_relink("The token has ended.", by="worker")
    again = link(workspace, "instagram", "instagram", Profile("178", "fjord.new"), token=TOKEN, by="test")
    assert (again.pk, again.token, again.handle) == (connector.pk, TOKEN, "fjord.new")
    assert (again.status, again.status_reason) == (ConnectorStatus.ACTIVE, "")
    assert (again.time_zone, again.daily_cap) == ("Europe/Zurich", 7), "what people have set stays"


def test_the_same_account_in_two_workspaces_is_two_connectors() -> None:
    one, two = make_workspace(), make_workspace()
    connectors = [make_connector(w, remote_id="178", token=f"token of {w.slug}") for w in (one, two)]
    assert connectors[0].pk != connectors[1].pk
    assert Connector.objects.get(workspace=one).token == f"token of {one.slug}"
    with pytest.raises(IntegrityError, match="one_connector_per_account"), transaction.atomic():
        Connector.objects.filter(pk=connectors[1].pk).update(workspace=one)


def test_linking_without_a_token_is_refused() -> None:
    with pytest.raises(PlatformError, match="gave no token"):
        link(make_workspace(), "instagram", "instagram", Profile("178", "fjord"), token="", by="test")
    assert not Connector.objects.exists()


def test_a_connector_has_the_workspaces_zone_unless_told_otherwise() -> None:
    workspace = make_workspace(time_zone="Europe/Zurich")
    profile = Profile("178", "fjord")
    assert link(workspace, "instagram", "instagram", profile, token="t", by="test").time_zone == "Europe/Zurich"
    other = link(workspace, "instagram", "instagram", Profile("9", "x"), token="t", by="test", time_zone="Asia/Tokyo")
    assert other.time_zone == "Asia/Tokyo"


def test_a_connector_at_another_host_than_the_platforms_own_is_marked_as_sandbox(settings: Settings) -> None:
    workspace = make_workspace()
    settings.INSTAGRAM_API_URL = "https://graph.instagram.com"
    assert make_connector(workspace).sandbox is False
    settings.INSTAGRAM_API_URL = "http://127.0.0.1:8001/instagram"
    assert make_connector(workspace).sandbox is True


@pytest.mark.parametrize(
    ("status", "sentence"),
    [
        (ConnectorStatus.ACTIVE, ""),
        (ConnectorStatus.NEEDS_RELINK, "needs to be linked again. Because."),
        (ConnectorStatus.PAUSED, "is paused. Because."),
        (ConnectorStatus.DISABLED, "is switched off. Because."),
    ],
)
def test_only_an_active_connector_has_no_problem(status: str, sentence: str) -> None:
    problem = Connector(platform="instagram", handle="fjord", status=status, status_reason="Because.").problem()
    assert sentence in problem and bool(problem) is bool(sentence)


def test_a_link_that_ends_before_the_planned_moment_is_a_problem_then_and_not_now() -> None:
    ends = datetime(2026, 12, 1, 12, 0, tzinfo=UTC)
    connector = Connector(platform="instagram", handle="fjord", token_expires_at=ends, time_zone="Europe/Zurich")
    assert connector.problem(ends - timedelta(seconds=1)) == ""
    assert "ends 01 Dec 2026 13:00" in connector.problem(ends)


def test_verifying_a_live_link_makes_the_connector_active_and_stores_what_the_platform_says(settings: Settings) -> None:
    with running_sandbox(check_media=False) as sandbox:
        settings.INSTAGRAM_API_URL = sandbox.instagram_url
        account = sandbox.add_account("fjord.renamed")
        connector = make_connector(make_workspace(), token=account["token"], remote_id=account["id"], handle="fjord")
        connector.needs_relink("The token has ended.", by="worker")
        connector.verify(by="test")
    connector.refresh_from_db()
    assert (connector.status, connector.status_reason, connector.handle) == ("active", "", "fjord.renamed")


def test_verifying_a_dead_link_takes_the_connector_out_of_active(settings: Settings) -> None:
    with running_sandbox(check_media=False) as sandbox:
        settings.INSTAGRAM_API_URL = sandbox.instagram_url
        account = sandbox.add_account("fjord")
        connector = make_connector(make_workspace(), token=account["token"], remote_id=account["id"])
        sandbox.change_account(account["id"], token_state="revoked")
        with pytest.raises(NeedsRelink):
            connector.verify(by="test")
    connector.refresh_from_db()
    assert connector.status == ConnectorStatus.NEEDS_RELINK and connector.status_reason


@responses.activate
def test_a_platform_that_does_not_answer_changes_nothing() -> None:
    connector = make_connector(make_workspace())
    with pytest.raises(PlatformError):
        connector.verify(by="test")
    connector.refresh_from_db()
    assert connector.status == ConnectorStatus.ACTIVE


def test_other_apps_are_told_of_a_change_after_it_has_committed(
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    connector = make_connector(make_workspace())
    with django_capture_on_commit_callbacks() as told:
        connector.disable(by="test")
        connector.disable(by="test")
    assert len(told) == 1, "once: the second changed nothing"
    assert timezone.is_aware(Connector.objects.get().created_at)
