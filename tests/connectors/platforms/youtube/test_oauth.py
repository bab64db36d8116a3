"""A channel is linked with lasting access, and what Google answers has its meaning."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import responses
from pytest_django import Settings

from connectors.platforms.base import NeedsRelink, NotNow, PlatformError, Rejected
from connectors.platforms.oauth import App
from connectors.platforms.youtube.oauth import MANAGE, READ, UPLOAD, GoogleOAuth
from tests.connectors.platforms.samples import account

APP = App("client-1", "secret-1")
TOKEN_URL = "https://oauth2.googleapis.com/token"
REVOKE_URL = "https://oauth2.googleapis.com/revoke"
GIVEN: dict[str, Any] = {
    "access_token": "ya29.a", "refresh_token": "1//r", "expires_in": 3599, "scope": f"{UPLOAD} {READ}",
    "token_type": "Bearer",
}  # fmt: skip
OAUTH = GoogleOAuth()


@pytest.fixture(autouse=True)
def google(settings: Settings) -> None:
    settings.YOUTUBE_AUTHORIZE_URL, settings.YOUTUBE_TOKEN_URL = "https://accounts.google.com", TOKEN_URL[:-6]


def exchanged() -> Any:
    return OAUTH.exchange(APP, code="4/code", redirect_uri="https://c.example/back", verifier="v" * 43)


def test_consent_is_asked_for_with_lasting_access_every_permission_and_a_challenge() -> None:
    url = OAUTH.authorize_url(APP, redirect_uri="https://c.example/back", state="s", challenge="c", again=False)
    assert url.startswith("https://accounts.google.com/o/oauth2/v2/auth?")
    query = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
    assert query == {
        "client_id": "client-1", "redirect_uri": "https://c.example/back", "response_type": "code",
        "scope": f"{UPLOAD} {READ} {MANAGE}", "access_type": "offline", "prompt": "consent", "state": "s",
        "code_challenge": "c", "code_challenge_method": "S256",
    }  # fmt: skip


@responses.activate
def test_a_code_brings_tokens_and_what_was_really_granted() -> None:
    call = responses.post(TOKEN_URL, json=GIVEN)
    grant = exchanged()
    assert (grant.token, grant.refresh_token, grant.scopes) == ("ya29.a", "1//r", {UPLOAD, READ})
    assert grant.expires_at is not None
    sent = parse_qs(str(call.calls[0].request.body))
    assert (sent["code"], sent["code_verifier"], sent["grant_type"]) == (["4/code"], ["v" * 43], ["authorization_code"])


@responses.activate
def test_access_that_does_not_last_is_no_link() -> None:
    responses.post(TOKEN_URL, json={**GIVEN, "refresh_token": ""})
    with pytest.raises(Rejected, match="no lasting access"):
        exchanged()


@responses.activate
def test_a_renewal_brings_no_new_refresh_token_so_that_the_old_one_stays() -> None:
    responses.post(TOKEN_URL, json={name: GIVEN[name] for name in ("access_token", "expires_in")})
    grant = OAUTH.refresh(APP, replace(account(), refresh_token="1//r"))
    assert (grant.token, grant.refresh_token, grant.scopes) == ("ya29.a", "", None)


@pytest.mark.parametrize(
    ("status", "error", "renewing", "signing_in"),
    [
        (400, "invalid_grant", NeedsRelink, Rejected),
        (401, "invalid_client", Rejected, Rejected),
        (401, "deleted_client", Rejected, Rejected),
        (400, "redirect_uri_mismatch", Rejected, Rejected),
        (400, "admin_policy_enforced", NeedsRelink, Rejected),
        (429, "rate_limit", NotNow, NotNow),
        (503, "", NotNow, NotNow),
    ],
)
@responses.activate
def test_each_refusal_has_its_meaning(
    status: int, error: str, renewing: type[PlatformError], signing_in: type[PlatformError]
) -> None:
    responses.post(TOKEN_URL, body=json.dumps({"error": error}), status=status)
    with pytest.raises(PlatformError) as raised:
        OAUTH.refresh(APP, replace(account(), refresh_token="1//r"))
    assert type(raised.value) is renewing
    with pytest.raises(PlatformError) as raised:
        exchanged()
    assert type(raised.value) is signing_in
    assert "secret-1" not in str(raised.value)


def test_without_a_refresh_token_only_a_person_can_renew() -> None:
    with pytest.raises(NeedsRelink):
        OAUTH.refresh(APP, account())


@responses.activate
def test_access_is_taken_back_and_what_is_gone_already_is_fine() -> None:
    call = responses.post(REVOKE_URL, json={})
    OAUTH.revoke(APP, replace(account(), refresh_token="1//r"))
    assert parse_qs(str(call.calls[0].request.body)) == {"token": ["1//r"]}
    responses.replace(responses.POST, REVOKE_URL, json={"error": "invalid_token"}, status=400)
    OAUTH.revoke(APP, account())
