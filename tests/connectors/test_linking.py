"""Linking: who may begin it, through which app, what is asked for, and what an answer without a code means."""

from __future__ import annotations

import html
import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import responses
from django.db import OperationalError
from django.urls import reverse
from pytest_django.fixtures import Settings

from collavo.accounts.models import Membership, Role
from collavo.timeline.models import Event
from collavo.timeline.signals import recorded
from connectors import linking
from connectors.linking import CannotLink
from connectors.models import AppCredentials, Connector, LinkRequest
from connectors.platforms.oauth import Grant, Pkce
from tests.console import signed_in, text
from tests.factories import make_connector, make_member, make_workspace

pytestmark = pytest.mark.django_db
VERIFIER = "collavo-pkce-verifier-0123456789-abcdefghijklmnopqrst"


@pytest.fixture(autouse=True)
def apps(settings: Settings) -> None:
    settings.INSTAGRAM_APP_ID, settings.INSTAGRAM_APP_SECRET = "ig-app", "ig-secret"
    settings.META_APP_ID = settings.META_APP_SECRET = ""


@pytest.fixture
def member() -> Membership:
    return make_member(make_workspace())


def link_url(member: Membership, login: str = "instagram") -> str:
    return reverse("connectors:link", args=[member.workspace.slug, "instagram", login])


def led_to(response: Any) -> str:
    found = re.search(r'http-equiv="refresh" content="0;url=([^"]+)"', response.content.decode())
    assert found
    return html.unescape(found[1])


def state_of(address: str) -> str:
    return parse_qs(urlsplit(address).query)["state"][0]


# --- PKCE -----------------------------------------------------------------------------------------------------


def test_the_challenge_is_made_as_each_platform_wants_it() -> None:
    assert Pkce.HEX.challenge(VERIFIER) == "938d23be100588359bec1a4daecdfd565792c835052e577188b9863327586a7d"
    # RFC 7636, appendix B
    assert Pkce.S256.challenge("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk") == (
        "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
    )
    assert Pkce.NONE.challenge(VERIFIER) == ""


# --- Out ------------------------------------------------------------------------------------------------------


def test_the_browser_is_led_to_the_official_page_with_the_exact_way_back(member: Membership) -> None:
    response = signed_in(member).post(link_url(member))
    parts = urlsplit(led_to(response))
    query = {name: values[0] for name, values in parse_qs(parts.query).items()}
    assert (parts.scheme, parts.netloc, parts.path) == ("https", "www.instagram.com", "/oauth/authorize")
    assert query.pop("state")
    assert query == {
        "client_id": "ig-app",
        "redirect_uri": "http://127.0.0.1:8000/connections/callback/instagram/",
        "response_type": "code",
        "scope": "instagram_business_basic,instagram_business_content_publish,instagram_business_manage_comments,"
        "instagram_business_manage_insights",
    }


def test_a_page_leads_on_since_a_form_may_not_answer_with_another_host(member: Membership) -> None:
    response = signed_in(member).post(link_url(member))
    assert response.status_code == 200
    assert "form-action 'self'" in response["Content-Security-Policy"]
    assert response["Cache-Control"].count("no-store")


def test_for_another_account_the_platform_is_asked_to_sign_in_anew(member: Membership) -> None:
    make_connector(member.workspace)
    assert "force_reauth=true" in led_to(signed_in(member).post(link_url(member)))


def test_no_two_beginnings_share_a_state(member: Membership) -> None:
    client = signed_in(member)
    first, second = (state_of(led_to(client.post(link_url(member)))) for _ in range(2))
    assert first != second and len(first) >= 43
    assert first not in str(list(LinkRequest.objects.values())), "only its hash is kept"


@pytest.mark.parametrize("role", [Role.VIEWER, Role.CREATOR, Role.APPROVER])
def test_who_may_not_connect_cannot_begin(role: Role) -> None:
    member = make_member(make_workspace(), role)
    assert signed_in(member).post(link_url(member)).status_code == 403
    assert not LinkRequest.objects.exists()


def test_an_account_of_another_workspace_cannot_be_linked_again_from_here(member: Membership) -> None:
    foreign = make_connector(make_workspace())
    address = reverse("connectors:relink", args=[member.workspace.slug, foreign.pk])
    assert signed_in(member).post(address).status_code == 404


# --- Apps -----------------------------------------------------------------------------------------------------


def test_without_an_app_the_page_says_what_an_operator_has_to_do(member: Membership) -> None:
    client = signed_in(member)
    shown = text(client.get(reverse("connectors:connections", args=[member.workspace.slug])))
    assert "has no app yet. An operator sets META_APP_ID and META_APP_SECRET" in shown
    refused = client.post(link_url(member, "facebook"), follow=True)
    assert "An operator sets META_APP_ID and META_APP_SECRET (docs/platforms/instagram.md" in text(refused)
    guide = client.get(reverse("connectors:guide", args=[member.workspace.slug, "instagram"]))
    assert "# Instagram: what an operator sets up" in guide.content.decode()


def test_a_workspaces_own_app_comes_before_the_installations_and_stays_its_own(member: Membership) -> None:
    client, other = signed_in(member), make_member(make_workspace())
    address = reverse("connectors:app", args=[member.workspace.slug, "instagram", "instagram"])
    client.post(address, {"client_id": "own", "client_secret": "very secret"})
    assert "client_id=own" in led_to(client.post(link_url(member)))
    assert "client_id=ig-app" in led_to(signed_in(other).post(link_url(other)))
    shown = client.get(reverse("connectors:apps", args=[member.workspace.slug])).content.decode()
    assert "own" in shown and "very secret" not in shown
    client.post(reverse("connectors:remove_app", args=[member.workspace.slug, "instagram", "instagram"]))
    assert "client_id=ig-app" in led_to(client.post(link_url(member)))


def test_an_app_is_removed_together_with_its_line_of_history_or_not_at_all(member: Membership) -> None:
    where = {"workspace": member.workspace, "platform": "instagram", "login": "instagram"}
    AppCredentials.objects.create(**where, client_id="own", client_secret="very secret")
    address = reverse("connectors:remove_app", args=[member.workspace.slug, "instagram", "instagram"])
    recorded.connect(no_history)
    try:
        with pytest.raises(OperationalError):
            signed_in(member).post(address)
    finally:
        recorded.disconnect(no_history)
    assert AppCredentials.objects.filter(**where).exists()
    signed_in(member).post(address)
    assert not AppCredentials.objects.exists() and Event.objects.filter(verb="app_removed").count() == 1


def no_history(**_: object) -> None:
    raise OperationalError("The disk is full.")


def test_half_an_app_is_refused_with_the_field_named(member: Membership) -> None:
    address = reverse("connectors:app", args=[member.workspace.slug, "instagram", "instagram"])
    assert signed_in(member).post(address, {"client_id": "own"}).status_code == 422
    assert not AppCredentials.objects.exists()


def test_an_app_that_was_changed_meanwhile_ends_the_way(member: Membership, settings: Settings) -> None:
    client = signed_in(member)
    state = state_of(led_to(client.post(link_url(member))))
    settings.INSTAGRAM_APP_ID = "another"
    shown = text(client.get("/connections/callback/instagram/", {"state": state, "code": "c"}, follow=True))
    assert "The app was changed while you were away." in shown


# --- Back -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ({"error": "access_denied", "error_reason": "user_denied"}, "You did not allow it at Instagram"),
        ({"error": "server_error", "error_description": "Try <b>later</b>"}, "refused: “Try"),
        ({}, "sent you back without an answer"),
    ],
)
def test_every_answer_without_a_code_has_its_sentence(answer: dict[str, str], said: str, member: Membership) -> None:
    client = signed_in(member)
    state = state_of(led_to(client.post(link_url(member))))
    page = client.get("/connections/callback/instagram/", {**answer, "state": state}, follow=True)
    assert said in text(page) and "<b>later</b>" not in page.content.decode()
    assert "Try again" in text(page)
    assert not Connector.objects.exists()


def test_the_code_is_gone_from_the_address_after_the_answer(member: Membership) -> None:
    client = signed_in(member)
    state = state_of(led_to(client.post(link_url(member))))
    with responses.RequestsMock() as far_side:
        refusal = {"error_type": "OAuthException", "code": 400, "error_message": "No matching code"}
        far_side.post("https://api.instagram.com/oauth/access_token", status=400, json=refusal)
        back = client.get("/connections/callback/instagram/", {"state": state, "code": "very-secret-code"})
    assert back.status_code == 302 and "code" not in back["Location"]
    assert "very-secret-code" not in str(list(LinkRequest.objects.values()))


def test_an_answer_of_one_platform_is_none_of_another(member: Membership) -> None:
    client = signed_in(member)
    state = state_of(led_to(client.post(link_url(member))))
    with pytest.raises(CannotLink, match="belongs to nothing"):
        linking.take_state("tiktok", state, user=member.user, session_key=str(client.session.session_key))
    assert client.get("/connections/callback/nobody/", {"state": state}).status_code == 404


def test_a_person_who_lost_the_role_on_the_way_links_nothing(member: Membership) -> None:
    client = signed_in(member)
    state = state_of(led_to(client.post(link_url(member))))
    Membership.objects.update(role=Role.VIEWER)
    with responses.RequestsMock(assert_all_requests_are_fired=False) as far_side:
        scopes = "instagram_business_basic,instagram_business_content_publish"
        token = {"data": [{"access_token": "t", "user_id": "1", "permissions": scopes}]}  # the other shape
        far_side.post("https://api.instagram.com/oauth/access_token", json=token)
        far_side.get("https://graph.instagram.com/access_token", json={"access_token": "long", "expires_in": 5184000})
        me = {"id": "2", "user_id": "1", "username": "fjord"}
        far_side.get(re.compile(r"https://graph\.instagram\.com/v.*"), json=me)
        client.get("/connections/callback/instagram/", {"state": state, "code": "c"})
    assert "cannot link and verify accounts" in LinkRequest.objects.get().error
    assert not Connector.objects.exists()


def test_what_is_kept_for_a_choice_comes_back_as_it_was() -> None:
    from django.utils import timezone

    from connectors.platforms.base import Profile

    now = timezone.now()
    grant = Grant("t", "r", now, None, frozenset({"a", "b"}), "10", {"page": 1}, "x")
    profiles = [Profile("1", "one", expires_at=now, can={"publish": True}), Profile("2", "two", token="page token")]
    assert linking._unpacked(linking._packed(grant, profiles)) == (grant, profiles)


def test_a_platform_that_does_not_tell_what_was_granted_is_believed(member: Membership) -> None:
    found = linking.way(member.workspace, "instagram", "instagram")
    linking.require_scopes(found, Grant("t", scopes=None))
    with pytest.raises(CannotLink, match="did not grant “View profile and access media”, “Create and publish content”"):
        linking.require_scopes(found, Grant("t", scopes=frozenset()))
