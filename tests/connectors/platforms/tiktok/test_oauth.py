"""Linking by Login Kit: the address, the code, renewal with rotation, and giving back."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
import responses
import time_machine

from connectors.platforms.base import NeedsRelink, NotNow, Rejected
from connectors.platforms.oauth import App, Pkce
from connectors.platforms.tiktok.oauth import LoginKit
from tests.connectors.platforms.samples import NOW
from tests.connectors.platforms.tiktok import api

APP = App("ck_test", "cs_test_secret")
KIT = LoginKit()
TOKENS = {
    "access_token": "act.X", "expires_in": 86400, "open_id": "-000abc", "refresh_expires_in": 31536000,
    "refresh_token": "rft.Y", "scope": "user.info.basic,video.publish", "token_type": "Bearer",
}  # fmt: skip
REFUSED = {"error": "invalid_grant", "error_description": "No.", "log_id": "2026X"}


def token(body: Any, status: int = 200) -> None:
    responses.post(f"{api.BASE}/v2/oauth/token/", json=body, status=status)


def form(index: int = -1) -> dict[str, str]:
    return dict(parse_qsl(str(api.sent(index).body), keep_blank_values=True))


def test_the_challenge_is_in_hex() -> None:
    verifier = "collavo-pkce-verifier-0123456789-abcdefghijklmnopqrst"
    assert KIT.pkce is Pkce.HEX
    assert KIT.pkce.challenge(verifier) == "938d23be100588359bec1a4daecdfd565792c835052e577188b9863327586a7d"


@pytest.mark.parametrize("again", [True, False])
def test_the_browser_is_sent_to_tiktok_with_commas_between_the_scopes(again: bool) -> None:
    url = KIT.authorize_url(APP, redirect_uri="https://c.example/back", state="s", challenge="abc", again=again)
    parts = urlsplit(url)
    query = dict(parse_qsl(parts.query))
    assert (parts.netloc, parts.path) == ("www.tiktok.com", "/v2/auth/authorize/")
    assert query["client_key"] == "ck_test" and query["response_type"] == "code" and query["state"] == "s"
    assert query["scope"] == "user.info.basic,video.publish,video.upload,video.list"
    assert (query["code_challenge"], query["code_challenge_method"]) == ("abc", "S256")
    assert ("disable_auto_auth" in query) is again


@time_machine.travel(NOW, tick=False)
@responses.activate
def test_a_code_becomes_tokens_and_is_decoded_first() -> None:
    token(TOKENS)
    grant = KIT.exchange(APP, code="abc%2A%210", redirect_uri="https://c.example/back", verifier="v")
    assert form() == {
        "client_key": "ck_test", "client_secret": "cs_test_secret", "grant_type": "authorization_code",
        "code": "abc*!0", "redirect_uri": "https://c.example/back", "code_verifier": "v",
    }  # fmt: skip
    assert (grant.token, grant.refresh_token, grant.owner_id) == ("act.X", "rft.Y", "-000abc")
    assert grant.expires_at == NOW + timedelta(days=1)
    assert grant.refresh_expires_at == NOW + timedelta(days=365)
    assert grant.scopes == frozenset({"user.info.basic", "video.publish"})
    assert "act.X" not in repr(grant)


@responses.activate
def test_a_code_that_will_not_do_is_refused_though_the_answer_is_a_200() -> None:
    token(REFUSED)
    with pytest.raises(Rejected, match="Link the account again"):
        KIT.exchange(APP, code="x", redirect_uri="https://c.example/back", verifier="")


@responses.activate
def test_a_renewal_brings_a_new_refresh_token_or_none() -> None:
    token(TOKENS)
    assert KIT.refresh(APP, api.account()).refresh_token == "rft.Y"
    assert form()["refresh_token"] == "rft.secret-refresh-token"
    responses.reset()
    token(TOKENS | {"refresh_token": None})
    assert KIT.refresh(APP, api.account()).refresh_token == ""


@pytest.mark.parametrize(
    ("status", "code", "error"),
    [
        (200, "invalid_grant", NeedsRelink), (400, "invalid_grant", NeedsRelink), (200, "invalid_client", Rejected),
        (401, "unauthorized_client", Rejected), (200, "server_error", NotNow), (503, "temporarily_unavailable", NotNow),
        (429, "rate_limit_exceeded", NotNow), (200, "a_word_of_tomorrow", NotNow),
    ],
)  # fmt: skip
@responses.activate
def test_each_answer_to_a_renewal_has_its_error(status: int, code: str, error: type[Exception]) -> None:
    token({"error": code, "error_description": "No.", "log_id": "x"}, status)
    with pytest.raises(error):
        KIT.refresh(APP, api.account())


def test_without_a_refresh_token_a_person_links_again() -> None:
    with pytest.raises(NeedsRelink):
        KIT.refresh(APP, replace(api.account(), refresh_token=""))


@responses.activate
def test_an_answer_without_a_token_is_none() -> None:
    token({"scope": "x"})
    with pytest.raises(NotNow):
        KIT.refresh(APP, api.account())


@pytest.mark.parametrize(
    ("body", "fine"), [("", True), ('{"error":"invalid_grant"}', True), ('{"error":"server_error"}', False)]
)
@responses.activate
def test_a_grant_is_given_back_and_a_dead_one_is_fine(body: str, fine: bool) -> None:
    responses.post(f"{api.BASE}/v2/oauth/revoke/", body=body, content_type="application/json")
    if fine:
        KIT.revoke(APP, api.account())
    else:
        with pytest.raises(NotNow):
            KIT.revoke(APP, api.account())
    assert form() == {"client_key": "ck_test", "client_secret": "cs_test_secret", "token": api.TOKEN}


def test_what_the_audit_means_is_a_sentence() -> None:
    assert KIT.audit.endswith(".")
