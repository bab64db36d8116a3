"""Settings: what a workspace decides, and the keys of its programs."""

import re
from uuid import uuid4

import pytest
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from collavo.accounts import api_tokens
from collavo.accounts.models import ApiToken, Membership, Role, Scope
from collavo.ids import hashed
from collavo.timeline.models import Event
from tests.admin_pages import list_of, page_of, press, signed_in
from tests.factories import make_connector, make_member, make_workspace

pytestmark = pytest.mark.django_db

HANDOFFS = ("handoff_ahead_minutes", "handoff_remind_minutes", "handoff_escalate_minutes")


def at(member: Membership, name: str = "general") -> str:
    return reverse(f"settings:{name}", args=[member.workspace.slug])


def test_an_owner_changes_the_workspace_and_the_history_says_so() -> None:
    owner = make_member(make_workspace(), Role.OWNER)
    fields = {"name": "Fjord", "time_zone": "Europe/Oslo", "late_policy": "skip", "late_window_minutes": "30"}
    fields |= {"dead_link_policy": "wait", "review_lead_hours": "72", **dict.fromkeys(HANDOFFS, "0")}
    answer = signed_in(owner).post(at(owner), {**fields, "allow_self_approval": "on"})
    assert answer.status_code == 302
    owner.workspace.refresh_from_db()
    assert (owner.workspace.name, owner.workspace.zone.key) == ("Fjord", "Europe/Oslo")
    assert owner.workspace.allow_self_approval and owner.workspace.late_policy == "skip"
    assert owner.workspace.review_lead_hours == 72
    line = Event.objects.get(verb="changed").text
    assert "time zone" in line and "decide before the slot, so many hours" in line


@pytest.mark.parametrize(("hours", "said"), [("721", "Give 720 hours"), ("-1", "greater than or equal to 0")])
def test_a_decision_cannot_be_asked_for_too_long_before_the_slot(hours: str, said: str) -> None:
    owner = make_member(make_workspace(), Role.OWNER)
    page = signed_in(owner).post(at(owner), {"name": "New", "review_lead_hours": hours})
    assert page.status_code == 422 and said in page.content.decode()
    owner.workspace.refresh_from_db()
    assert owner.workspace.review_lead_hours == 48


def test_a_zone_that_is_none_is_refused_with_a_sentence_and_nothing_is_changed() -> None:
    owner = make_member(make_workspace(name="Old"), Role.OWNER)
    fields = {"name": "New", "time_zone": "Mars/Olympus", "late_policy": "ask", "late_window_minutes": "30"}
    answer = signed_in(owner).post(at(owner), fields)
    assert answer.status_code == 422 and "is not a time zone" in answer.content.decode()
    owner.workspace.refresh_from_db()
    assert owner.workspace.name == "Old"


def test_others_see_the_settings_and_cannot_change_them() -> None:
    viewer = make_member(make_workspace(), Role.VIEWER)
    assert signed_in(viewer).get(at(viewer)).status_code == 200
    assert signed_in(viewer).post(at(viewer), {"name": "Mine"}).status_code == 403


def test_the_members_are_listed() -> None:
    viewer = make_member(make_workspace(), Role.VIEWER, name="Vera")
    make_member(viewer.workspace, Role.OWNER, name="Olga")
    page = signed_in(viewer).get(at(viewer, "members")).content.decode()
    assert "Vera" in page and "Olga" in page and "Owner" in page


def test_a_token_is_shown_once() -> None:
    manager = make_member(make_workspace())
    client = signed_in(manager)
    page = client.post(at(manager, "tokens"), {"name": "Newsroom", "scopes": ["read", "publish"]})
    secret = re.search(r'value="(collavo_[^"]+)"', page.content.decode())
    assert secret and page["Cache-Control"] == "no-store"
    token = ApiToken.objects.get()
    assert token.hash == hashed(secret[1]) and token.scopes == ["publish", "read"]
    assert secret[1] not in client.get(at(manager, "tokens")).content.decode()
    assert Event.objects.get(verb="token_made").text == "Newsroom: publish, read"


def test_a_token_can_be_for_some_accounts_and_end_on_a_day() -> None:
    manager = make_member(make_workspace(time_zone="Europe/Zurich"))
    account = make_connector(manager.workspace)
    data = {"name": "One", "scopes": ["read"], "accounts": [str(account.pk)], "expires_on": "2099-01-31"}
    assert signed_in(manager).post(at(manager, "tokens"), data).status_code == 200
    token = ApiToken.objects.get()
    assert token.connector_ids == [account.pk]
    assert token.expires_at and token.expires_at.isoformat() == "2099-01-31T23:00:00+00:00"


def test_nobody_grants_more_than_they_can() -> None:
    viewer = make_member(make_workspace(), Role.VIEWER)
    answer = signed_in(viewer).post(at(viewer, "tokens"), {"name": "More", "scopes": ["publish"]})
    assert answer.status_code == 422 and not ApiToken.objects.exists()


def test_people_see_their_own_tokens_and_owners_all_of_them() -> None:
    creator = make_member(make_workspace(), Role.CREATOR)
    owner, other = make_member(creator.workspace, Role.OWNER), make_member(creator.workspace, Role.CREATOR)
    api_tokens.issue(creator, "Phone", [Scope.READ])
    assert "Phone" in signed_in(creator).get(at(creator, "tokens")).content.decode()
    assert "Phone" in signed_in(owner).get(at(owner, "tokens")).content.decode()
    assert "Phone" not in signed_in(other).get(at(other, "tokens")).content.decode()


def test_a_token_is_revoked_by_its_person_and_not_by_others() -> None:
    creator = make_member(make_workspace(), Role.CREATOR)
    other = make_member(creator.workspace, Role.MANAGER)
    token, _ = api_tokens.issue(creator, "Phone", [Scope.READ])
    address = reverse("settings:revoke_token", args=[creator.workspace.slug, token.pk])
    assert signed_in(other).post(address).status_code == 404
    assert signed_in(creator).post(address).status_code == 302
    token.refresh_from_db()
    assert token.revoked_at and Event.objects.filter(verb="token_revoked").count() == 1
    gone = reverse("settings:revoke_token", args=[creator.workspace.slug, uuid4()])
    assert signed_in(creator).post(gone).status_code == 404


def test_the_page_of_tokens_takes_as_many_queries_for_thirty_as_for_one(
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    manager = make_member(make_workspace())
    client = signed_in(manager)
    for number in range(30):
        api_tokens.issue(manager, f"Program {number}", [Scope.READ])
    with django_assert_max_num_queries(12):
        assert client.get(at(manager, "tokens")).status_code == 200


def test_operators_see_tokens_and_revoke_them() -> None:
    token, secret = api_tokens.issue(make_member(make_workspace()), "Newsroom", [Scope.READ])
    client = signed_in()
    assert "Newsroom" in client.get(list_of(ApiToken)).content.decode()
    page = client.get(page_of(token)).content.decode()
    assert secret not in page and token.hash not in page
    press(client, "revoke", token)
    token.refresh_from_db()
    assert token.revoked_at


@pytest.mark.parametrize(
    ("remind", "escalate", "said"),
    [
        (30, 90, "Reminded after 30 minutes, managers told after 90"), (1, 0, "Reminded after 1 minute<"),
        (0, 90, "No reminder, managers told after 90"), (0, 0, "No reminder<"),
    ],
)  # fmt: skip
def test_who_may_change_nothing_reads_what_the_workspace_decided(remind: int, escalate: int, said: str) -> None:
    workspace = make_workspace(review_lead_hours=1, handoff_remind_minutes=remind, handoff_escalate_minutes=escalate)
    reader = make_member(workspace, Role.VIEWER)
    page = signed_in(reader).get(at(reader)).content.decode()
    assert said in page and ">1 hour before the slot<" in page
    assert f", after {workspace.late_window_minutes} minutes<" in page
