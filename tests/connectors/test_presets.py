"""Where the forms of an account's posts start from."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from collavo.accounts.models import Role, Workspace
from collavo.timeline.models import Event
from connectors import presets
from connectors.models import Connector, link
from connectors.platforms import registry
from connectors.platforms.base import Profile
from publishing.options import OptionsForm
from tests.console import signed_in, text
from tests.factories import make_approved, make_member, make_workspace

pytestmark = pytest.mark.django_db


@pytest.fixture
def workspace() -> Workspace:
    return make_workspace()


@pytest.fixture
def youtube(workspace: Workspace) -> Connector:
    return link(workspace, "youtube", "youtube", Profile(remote_id="UC1", handle="lys"), token="t-1", by="test")


def client_as(workspace: Workspace, role: Role = Role.MANAGER) -> Client:
    return signed_in(make_member(workspace, role))


def save(client: Client, connector: Connector, **said: str) -> Any:
    address = reverse("connectors:presets", args=[connector.workspace.slug, connector.pk])
    return client.post(address, {f"preset-{name}": value for name, value in said.items()})


@pytest.mark.parametrize("key", list(registry.PLATFORMS))
def test_what_a_person_chooses_for_every_post_has_no_preset(key: str) -> None:
    platform = registry.get(key)
    assert not {"privacy_level", "title", "user_tags", "disable_comment"} & set(presets.schema(platform))
    assert presets.complaints(platform, {"nonsense": 1}) == [f"{platform.name} has no option “nonsense”."]


def test_the_audience_at_tiktok_is_never_preset() -> None:
    said = presets.complaints(registry.get("tiktok"), {"privacy_level": "PUBLIC_TO_EVERYONE"})
    assert said == ["“privacy_level” has no preset: it is chosen for every post."]


def test_a_manager_sets_them_and_the_history_says_so(workspace: Workspace, youtube: Connector) -> None:
    assert (
        save(client_as(workspace), youtube, privacy="unlisted", tags="wool, wax", made_for_kids="no").status_code == 302
    )
    youtube.refresh_from_db()
    assert youtube.defaults == {"privacy": "unlisted", "tags": ["wool", "wax"], "made_for_kids": False}
    assert Event.objects.about(youtube).filter(verb="changed", text__contains="options to start from").exists()


def test_what_is_left_open_is_no_preset(workspace: Workspace, youtube: Connector) -> None:
    save(client_as(workspace), youtube, privacy="", tags="", notify_subscribers="")
    youtube.refresh_from_db()
    assert youtube.defaults == {}


def test_what_the_platform_would_refuse_is_told_at_its_field(workspace: Workspace, youtube: Connector) -> None:
    response = save(client_as(workspace), youtube, playlist_id="nonsense here")
    assert response.status_code == 422
    assert "Give the playlist's id" in text(response)
    youtube.refresh_from_db()
    assert youtube.defaults == {}


def test_people_who_may_not_link_accounts_cannot_set_them(workspace: Workspace, youtube: Connector) -> None:
    assert save(client_as(workspace, Role.VIEWER), youtube, privacy="private").status_code == 403


def test_the_composer_starts_from_them_and_one_that_is_stale_is_left_out(
    workspace: Workspace, youtube: Connector
) -> None:
    youtube.defaults = {"privacy": "unlisted", "category_id": "999 no number", "title": "Never"}
    youtube.save(update_fields=["defaults"])
    version = make_approved(workspace)
    type(version).objects.filter(pk=version.pk).update(format="video")
    version.refresh_from_db()
    form = OptionsForm(version=version, connector=youtube)
    assert (form["privacy"].value(), form["category_id"].value(), form["title"].value()) == ("unlisted", "22", None)


def test_the_admin_checks_them_too(workspace: Workspace, youtube: Connector) -> None:
    operator = make_member(workspace, Role.OWNER).user
    operator.is_staff = operator.is_superuser = True
    operator.save()
    client = Client()
    client.force_login(operator)
    address = reverse("admin:connectors_connector_change", args=[youtube.pk])
    data = {"time_zone": "UTC", "daily_cap": "", "max_in_flight": "4", "scheduling": "on"}
    refused = client.post(address, data | {"defaults": '{"title": "Never"}'})
    assert "“title” has no preset" in text(refused)
    assert client.post(address, data | {"defaults": '{"privacy": "private"}'}).status_code == 302
    youtube.refresh_from_db()
    assert youtube.defaults == {"privacy": "private"}
