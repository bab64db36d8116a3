"""The admin's door, people and workspaces in it, and what holds for every page of it."""

from __future__ import annotations

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.db.models import Model
from django.test import Client
from django.urls import reverse

from approvals.links import ShareLink, make_feed
from approvals.studios import verbs as studio_verbs
from approvals.studios.models import Studio
from collavo.accounts.models import ApiToken, Membership, Role, Scope, User, Workspace
from collavo.timeline.models import Event, record
from collavo.timeline.outgoing.models import Delivery, Endpoint
from connectors.models import Connector
from tests.admin_pages import TOKEN, list_of, make_operator, page_of, queries, signed_in
from tests.factories import make_case, make_connector, make_member, make_post, make_slot, make_version, make_workspace
from tests.publishing.handoffs.made import make_handoff

pytestmark = pytest.mark.django_db
OURS = ("accounts", "timeline", "connectors", "approvals", "publishing")
MODELS = [model for model in admin.site._registry if model._meta.app_label in OURS]


def test_every_model_of_the_product_that_people_work_with_has_a_page() -> None:
    names = {model.__name__ for model in MODELS}
    assert names >= {"User", "Workspace", "Event", "Connector", "Case", "Slot", "Asset", "Version", "Media"}
    assert names >= {"Review", "Rights", "Post", "Attempt"}


def test_signing_in_to_the_admin_goes_through_the_one_door_with_second_factors() -> None:
    response = Client().get("/admin/login/", {"next": "/admin/"})
    assert response.status_code == 302 and response["Location"].startswith(reverse("account_login"))


def test_who_is_no_operator_does_not_get_in() -> None:
    client = signed_in(make_member(make_workspace(), Role.OWNER).user)
    assert client.get("/admin/", follow=True).status_code == 403


def fill() -> None:
    """One more of everything."""
    workspace = make_workspace()
    connector = make_connector(workspace, token=TOKEN)
    case = make_case(workspace)
    version = make_version(make_member(workspace), case=case, slot=make_slot(case, connector))
    version.asset.rights.create(workspace=workspace, channels=["instagram"])
    post = make_post(workspace, connector)
    post.attempts.create(
        fence=1, number=1, step="container", started_at=post.created_at, method="POST", http_status=200
    )
    record(post, "failed", by="worker", text="Refused.")  # its owner is told
    ApiToken.make(make_member(workspace), "Newsroom", [Scope.READ])
    make_handoff(workspace, connector)
    ShareLink.objects.create(
        workspace=workspace, title="Linen", token_hash=str(workspace.pk), expires_at=post.created_at
    )
    make_feed(make_member(workspace))
    studio = Studio.objects.create(
        workspace=workspace, name="Film people", kind="video", url="https://studio.example/jobs", secret=TOKEN
    )
    studio_verbs.start(version, "reel", by=make_member(workspace, Role.CREATOR), studio=studio)
    endpoint = Endpoint.objects.create(workspace=workspace, url="https://hooks.example/in", secret=TOKEN)
    Delivery.objects.create(endpoint=endpoint, event_type="post.failed", subject_id=post.pk)


def test_every_list_answers_in_as_many_queries_for_many_rows_as_for_few() -> None:
    client = signed_in()
    fill()
    few = {model: queries(client, list_of(model)) for model in MODELS}
    for _ in range(3):
        fill()
    many = {model: queries(client, list_of(model)) for model in MODELS}
    assert many == few
    assert max(many.values()) <= 14, {model.__name__: n for model, n in many.items()}


def test_every_page_opens_and_finds_and_shows_no_token() -> None:
    client = signed_in()
    fill()
    assert len(newest()) == len(MODELS), "every table has a row to look at"
    for row in newest():
        page = client.get(page_of(row))
        assert page.status_code == 200 and TOKEN not in page.content.decode(), type(row)
        for word in ("linen", str(row.pk), "'; --"):
            found = client.get(list_of(type(row), q=word))
            assert found.status_code == 200 and TOKEN not in found.content.decode(), type(row)


def test_nothing_can_be_deleted_from_its_page() -> None:
    client = signed_in()
    fill()
    for row in newest():
        assert client.post(page_of(row).replace("/change/", "/delete/"), {"post": "yes"}).status_code == 403, type(row)
        assert "delete_selected" not in client.get(list_of(type(row))).content.decode(), type(row)
        assert type(row)._default_manager.filter(pk=row.pk).exists()


def newest() -> list[Model]:
    """The last row of every table that has a page."""
    return [row for model in MODELS if (row := model._default_manager.order_by("pk").last())]


def test_staff_who_are_not_superusers_see_their_own_workspaces_only() -> None:
    mine, other = make_connector(make_workspace(), handle="mine"), make_connector(make_workspace(), handle="other")
    member = make_member(mine.workspace)
    member.user.is_staff = True
    member.user.save()
    member.user.user_permissions.set(permissions("view_connector", "view_user"))
    client = signed_in(member.user)
    page = client.get(list_of(Connector)).content.decode()
    assert "mine" in page and "other" not in page
    assert client.get(page_of(other)).status_code == 302, "as if it did not exist"
    assert client.get(list_of(User)).status_code == 403


def permissions(*names: str) -> list[int]:
    from django.contrib.auth.models import Permission

    return list(Permission.objects.filter(codename__in=names).values_list("pk", flat=True))


# --- People ----------------------------------------------------------------------------------------------------------


def member_forms(**fields: str) -> dict[str, str]:
    counts = {"TOTAL": "0", "INITIAL": "0", "MIN_NUM": "0", "MAX_NUM": "1000"}
    return {f"memberships-{name}_FORMS": value for name, value in counts.items()} | fields


def test_a_person_is_made_with_an_address_in_small_letters_and_a_password() -> None:
    client = signed_in()
    assert client.get(reverse("admin:accounts_user_add")).status_code == 200
    new = {"email": "New@Example.org", "name": "Nina", "usable_password": "true"}
    data = member_forms(**new, password1="linen-overshirt-7", password2="linen-overshirt-7")
    client.post(reverse("admin:accounts_user_add"), data)
    user = User.objects.get(email="new@example.org")
    assert user.check_password("linen-overshirt-7") and not user.is_staff


def test_two_people_cannot_share_an_address_by_its_case() -> None:
    client = signed_in()
    data = member_forms(
        email="OPERATOR@example.org", usable_password="true", password1="linen-7-x", password2="linen-7-x"
    )
    page = client.post(reverse("admin:accounts_user_add"), data).content.decode()
    assert "exists already" in page and User.objects.count() == 1


def test_a_password_is_changed_without_showing_up_in_any_history() -> None:
    client, user = signed_in(), make_member(make_workspace()).user
    address = reverse("admin:auth_user_password_change", args=[user.pk])
    assert client.get(address).status_code == 200
    new = {"password1": "linen-overshirt-7", "password2": "linen-overshirt-7", "usable_password": "true"}
    client.post(address, new | {"set-password": "yes"})
    user.refresh_from_db()
    assert user.check_password("linen-overshirt-7")
    assert "linen-overshirt-7" not in str(list(LogEntry.objects.values()))


def test_a_new_address_ends_signing_in_with_the_old_one() -> None:
    client, user = signed_in(), make_member(make_workspace()).user
    EmailAddress.objects.create(user=user, email=user.email, primary=True, verified=True)
    client.post(page_of(user), member_forms(email="moved@example.org", name="Mo", is_active="on"))
    user.refresh_from_db()
    assert user.email == "moved@example.org" and not EmailAddress.objects.filter(user=user).exists()


def test_a_second_factor_can_be_taken_away_and_its_secret_is_never_shown() -> None:
    client, user = signed_in(), make_member(make_workspace()).user
    factor = Authenticator.objects.create(user=user, type=Authenticator.Type.TOTP, data={"secret": "JBSWY3DPEHPK3PXP"})
    assert "JBSWY3DPEHPK3PXP" not in client.get(page_of(factor)).content.decode()
    client.post(page_of(factor).replace("/change/", "/delete/"), {"post": "yes"})
    assert not Authenticator.objects.exists()


# --- Workspaces ------------------------------------------------------------------------------------------------------


MINUTES = {
    "late_window_minutes": "120", "handoff_ahead_minutes": "0", "handoff_remind_minutes": "30",
    "handoff_escalate_minutes": "120", "dead_link_policy": "wait",
}  # fmt: skip


def workspace_form(workspace: Workspace, **fields: str) -> dict[str, str]:
    kept = {"name": workspace.name, "slug": workspace.slug, "time_zone": "UTC", "late_policy": "ask"}
    return member_forms(**(kept | MINUTES | fields))


def test_a_changed_policy_is_a_line_of_history() -> None:
    client, workspace = signed_in(), make_workspace()
    client.post(page_of(workspace), workspace_form(workspace, allow_self_approval="on"))
    workspace.refresh_from_db()
    line = Event.objects.get(subject_id=workspace.pk)
    assert workspace.allow_self_approval
    assert (line.verb, line.by, line.data) == ("edited", "Olga Operator", {"fields": ["allow_self_approval"]})


def test_a_time_zone_that_does_not_exist_is_refused() -> None:
    client, workspace = signed_in(), make_workspace()
    page = client.post(page_of(workspace), workspace_form(workspace, time_zone="Europe/Zürich")).content.decode()
    assert "is not a time zone" in page
    workspace.refresh_from_db()
    assert workspace.time_zone == "UTC"


def test_a_new_member_is_a_line_of_history() -> None:
    client, workspace = signed_in(), make_workspace()
    user = User.objects.create_user("carla@example.org", "pass-word-1", name="Carla")
    row = {"memberships-TOTAL_FORMS": "1", "memberships-0-user": str(user.pk), "memberships-0-role": "creator"}
    client.post(page_of(workspace), workspace_form(workspace) | row | {"memberships-0-workspace": str(workspace.pk)})
    assert Membership.objects.get(workspace=workspace).user == user
    assert Event.objects.get(subject_id=workspace.pk).verb == "member_added"


def test_the_index_opens() -> None:
    assert signed_in(make_operator()).get("/admin/").status_code == 200
