"""A token is linked to the account that it opens, and checked for what it may do."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
import responses
from pytest_django import Settings

from connectors.platforms.base import NeedsRelink, NotNow, Rejected
from connectors.platforms.instagram import INSTAGRAM
from connectors.platforms.registry import PLATFORMS, get
from tests.connectors.platforms.instagram import graph
from tests.connectors.platforms.samples import IG, PAGE_TOKEN, TOKEN, USER_TOKEN, account, error

ME = {"user_id": IG, "id": "999", "username": "fjord.supply", "name": "Fjord", "account_type": "BUSINESS"}
IG_NODE = {"id": IG, "username": "fjord.supply", "name": "Fjord", "profile_picture_url": "https://cdn.example/a.jpg"}
PAGE: dict[str, Any] = {
    "id": "1001", "name": "Fjord Page", "access_token": PAGE_TOKEN, "tasks": ["CREATE_CONTENT"],
    "instagram_business_account": IG_NODE,
}  # fmt: skip
LIMIT = {"data": [{"quota_usage": 2, "config": {"quota_total": 50, "quota_duration": 86400}}]}


def facebook(path: str, body: Any, status: int = 200) -> None:
    responses.get(f"{graph.FACEBOOK}{path}", json=body, status=status)


def test_the_registry_knows_instagram() -> None:
    assert get("instagram") is INSTAGRAM
    assert PLATFORMS["instagram"].name == "Instagram"
    with pytest.raises(KeyError):
        get("nowhere")


# --- identify ---


@responses.activate
def test_instagram_login_opens_the_account_by_its_user_id() -> None:
    responses.get(f"{graph.INSTAGRAM}/me", json=ME)
    [profile] = INSTAGRAM.identify("instagram", TOKEN)
    assert (profile.remote_id, profile.handle, profile.kind) == (IG, "fjord.supply", "BUSINESS")
    assert (profile.token, profile.extra_token) == (TOKEN, "")
    assert TOKEN not in repr(profile)


@responses.activate
def test_a_users_facebook_token_opens_the_accounts_of_its_pages_each_with_the_pages_token() -> None:
    lonely = {"id": "1002", "name": "Without Instagram", "access_token": "x", "tasks": []}
    facebook("/me/accounts", {"data": [PAGE, lonely]})
    [profile] = INSTAGRAM.identify("facebook", USER_TOKEN)
    assert (profile.remote_id, profile.token, profile.extra_token) == (IG, PAGE_TOKEN, USER_TOKEN)
    assert profile.can == {"publish": True}
    assert profile.extra == {"page_id": "1001", "page_name": "Fjord Page"}


@responses.activate
def test_a_page_role_without_create_content_cannot_publish() -> None:
    facebook("/me/accounts", {"data": [PAGE | {"tasks": ["ANALYZE"]}]})
    assert INSTAGRAM.identify("facebook", USER_TOKEN)[0].can == {"publish": False}


@responses.activate
def test_a_pages_own_token_is_taken_as_it_is() -> None:
    facebook("/me/accounts", error(100, message="Tried accessing nonexisting field (accounts)"), 400)
    facebook("/me", {"id": "1001", "name": "Fjord Page", "instagram_business_account": IG_NODE})
    [profile] = INSTAGRAM.identify("facebook", PAGE_TOKEN)
    assert (profile.remote_id, profile.token, profile.extra_token) == (IG, PAGE_TOKEN, "")


@responses.activate
def test_pages_of_a_business_portfolio_are_found_although_they_are_not_listed() -> None:
    facebook("/me/accounts", {"data": []})
    facebook("/me/businesses", {"data": [{"id": "77"}]})
    facebook("/77/owned_pages", {"data": [PAGE]})
    facebook("/77/client_pages", error(10), 403)
    facebook("/debug_token", {"data": {}})
    [profile] = INSTAGRAM.identify("facebook", USER_TOKEN)
    assert (profile.remote_id, profile.token) == (IG, PAGE_TOKEN)


@responses.activate
def test_pages_that_were_granted_one_by_one_are_found_although_they_are_not_listed() -> None:
    facebook("/me/accounts", {"data": []})
    facebook("/me/businesses", error(10), 403)
    scopes = [{"scope": "pages_show_list", "target_ids": ["1001"]}, {"scope": "x", "target_ids": ["555", "../me"]}]
    facebook("/debug_token", {"data": {"granular_scopes": scopes}})
    facebook("/1001", PAGE)
    facebook("/555", error(100, 33), 400)
    assert [profile.remote_id for profile in INSTAGRAM.identify("facebook", USER_TOKEN)] == [IG]


@responses.activate
def test_a_token_that_opens_no_account_says_what_may_be_missing() -> None:
    facebook("/me/accounts", {"data": []})
    facebook("/me/businesses", {"data": []})
    facebook("/debug_token", {"data": {"is_valid": True}})
    with pytest.raises(Rejected, match="professional"):
        INSTAGRAM.identify("facebook", USER_TOKEN)


@pytest.mark.parametrize("login", ["instagram", "facebook"])
@responses.activate
def test_a_dead_token_opens_nothing(login: str) -> None:
    path = "/me/accounts" if login == "facebook" else "/me"
    responses.get(graph.base(login) + path, json=error(190, 463), status=400)
    with pytest.raises(NeedsRelink):
        INSTAGRAM.identify(login, TOKEN)


@responses.activate
def test_an_answer_without_an_account_id_is_not_taken_for_one() -> None:
    responses.get(f"{graph.INSTAGRAM}/me", json={"id": "999", "username": "fjord"})
    with pytest.raises(NotNow):
        INSTAGRAM.identify("instagram", TOKEN)


# --- verify ---


@responses.activate
def test_a_good_link_is_verified_with_what_it_may_do() -> None:
    responses.get(f"{graph.INSTAGRAM}/me", json=ME)
    responses.get(f"{graph.INSTAGRAM}/{IG}/content_publishing_limit", json=LIMIT)
    profile = INSTAGRAM.verify(account())
    assert profile.can == {"publish": True, "read_status": True}
    assert (profile.handle, profile.expires_at) == ("fjord.supply", None)


@responses.activate
def test_a_link_without_the_permission_to_publish_says_so() -> None:
    responses.get(f"{graph.INSTAGRAM}/me", json=ME)
    responses.get(f"{graph.INSTAGRAM}/{IG}/content_publishing_limit", json=error(10), status=403)
    assert INSTAGRAM.verify(account()).can["publish"] is False


@responses.activate
def test_trouble_while_verifying_is_not_a_missing_permission() -> None:
    responses.get(f"{graph.INSTAGRAM}/me", json=ME)
    responses.get(f"{graph.INSTAGRAM}/{IG}/content_publishing_limit", json=error(2), status=500)
    with pytest.raises(NotNow):
        INSTAGRAM.verify(account())


@responses.activate
def test_a_token_of_another_account_is_not_this_link() -> None:
    responses.get(f"{graph.INSTAGRAM}/me", json=ME | {"user_id": "5", "username": "other"})
    with pytest.raises(NeedsRelink, match=r"opens other, not fjord\.supply"):
        INSTAGRAM.verify(account())


@responses.activate
def test_a_facebook_link_ends_with_the_first_of_its_tokens_dates() -> None:
    facebook(f"/{IG}", IG_NODE)
    facebook(f"/{IG}/content_publishing_limit", LIMIT)
    facebook("/debug_token", {"data": {"expires_at": 1797000000, "data_access_expires_at": 1797500000}})
    facebook("/debug_token", {"data": {"expires_at": 0, "data_access_expires_at": 1797600000}})
    assert INSTAGRAM.verify(account("facebook")).expires_at == datetime.fromtimestamp(1797000000, UTC)
    assert {call.request.headers["Authorization"] for call in responses.calls} == {f"Bearer {PAGE_TOKEN}"}


@responses.activate
def test_a_link_whose_end_is_not_told_has_none() -> None:
    facebook(f"/{IG}", IG_NODE)
    facebook(f"/{IG}/content_publishing_limit", LIMIT)
    facebook("/debug_token", error(100), 400)
    assert INSTAGRAM.verify(replace(account("facebook"), extra_token="")).expires_at is None


# --- official ---


@pytest.mark.parametrize(
    ("url", "official"),
    [
        ("https://graph.instagram.com", True),
        ("https://graph.instagram.com/", True),
        ("http://graph.instagram.com", False),
        ("https://graph.instagram.com.evil.example", False),
        ("http://127.0.0.1:8001/instagram", False),
        ("https://proxy.example/graph.instagram.com", False),
    ],
)
def test_only_metas_own_host_is_official(settings: Settings, url: str, official: bool) -> None:
    settings.INSTAGRAM_API_URL = url
    assert INSTAGRAM.official("instagram") is official
    assert INSTAGRAM.official("facebook") is True
