"""What goes over the wire, and what each answer becomes."""

from __future__ import annotations

import hashlib
import hmac
from datetime import timedelta

import pytest
import responses
from pytest_django import Settings

from connectors.platforms.base import (
    CallRecord,
    LeaseLost,
    NeedsRelink,
    NotNow,
    OutcomeUnknown,
    PlatformError,
    Rejected,
)
from connectors.platforms.instagram.client import PAGES_MAX, GraphClient, Tokens
from tests.connectors.platforms.instagram import graph
from tests.connectors.platforms.samples import IG, NOW, PAGE_TOKEN, TOKEN, USER_TOKEN, error


@responses.activate
def test_parameters_are_form_encoded_with_lists_as_json_and_the_token_in_the_header() -> None:
    graph.created("1788")
    made = graph.client().create_container(IG, {"thumb_offset": 0, "share_to_feed": False, "collaborators": ["a", "b"]})
    assert made == "1788"
    assert graph.form() == {"thumb_offset": "0", "share_to_feed": "false", "collaborators": '["a", "b"]'}
    assert graph.sent().headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert graph.sent().headers["Authorization"] == f"Bearer {TOKEN}"
    assert graph.query() == {}


@responses.activate
def test_each_login_has_its_host() -> None:
    for login in ("instagram", "facebook"):
        graph.created("1788", login)
        graph.client(login).create_container(IG, {})
        assert str(graph.sent().url) == f"{graph.base(login)}/{IG}/media"


@responses.activate
def test_another_host_can_be_set_with_a_path(settings: Settings) -> None:
    settings.INSTAGRAM_API_URL = "http://127.0.0.1:8001/instagram"
    responses.get("http://127.0.0.1:8001/instagram/v26.0/1788", json={"status_code": "FINISHED"})
    assert graph.client().container("1788").code == "FINISHED"


@responses.activate
def test_the_apps_proof_goes_to_facebook_only_and_in_the_query(settings: Settings) -> None:
    settings.META_APP_SECRET = "app-secret"
    for login in ("instagram", "facebook"):
        graph.created("1788", login)
        graph.client(login).create_container(IG, {})
    proof = hmac.new(b"app-secret", PAGE_TOKEN.encode(), hashlib.sha256).hexdigest()
    assert [graph.query(0), graph.query(1)] == [{}, {"appsecret_proof": proof}]


@responses.activate
def test_no_secret_reaches_the_dispatch_log(settings: Settings) -> None:
    settings.META_APP_SECRET = "app-secret"
    calls: list[CallRecord] = []
    graph.created("1788", "facebook")
    body = {"data": [{"access_token": "EAA-other"}], "paging": {"next": "https://x.example/?access_token=EAA-other"}}
    responses.get(f"{graph.FACEBOOK}/me/accounts", json=body)
    client = graph.client("facebook", calls)
    client.create_container(IG, {"image_url": "https://media.example/m/1.jpg?sig=SIGNED"})
    client.get("/me/accounts", input_token=USER_TOKEN)
    proof = hmac.new(b"app-secret", PAGE_TOKEN.encode(), hashlib.sha256).hexdigest()
    for secret in (PAGE_TOKEN, USER_TOKEN, "app-secret", "EAA-other", "SIGNED", proof):
        assert secret not in repr(calls)
        assert secret not in repr(client)
    assert len(calls) == 2


# --- The commit ---


@responses.activate
def test_a_clean_answer_to_the_commit_is_the_posts_id() -> None:
    graph.published({"id": "1792"})
    assert graph.client().publish(IG, "1788") == "1792"
    assert graph.form() == {"creation_id": "1788"}
    assert graph.query() == {}, "a write asks for no fields"


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 200), ({"id": ""}, 200), ({"id": None}, 200), ({"id": 1792}, 200), ([], 200), ("1792", 200),
        ({"id": "1792", **error(2)}, 200), ({"success": True}, 200), ({"id": "1792"}, 302), ({"id": "1792"}, 500),
        (error(2), 500), (error(4, 2207051), 400), (error(9007, 2207027), 400), (error(9, 2207042), 403),
        (error(190, 463), 400), (error(36001, 2207005), 400), (error(100), 400), (error(80002), 400),
    ],
)  # fmt: skip
@responses.activate
def test_any_other_answer_to_the_commit_leaves_the_outcome_open(body: object, status: int) -> None:
    graph.published(body, status)
    with pytest.raises(OutcomeUnknown):
        graph.client().publish(IG, "1788")
    assert len(responses.calls) == 1


@pytest.mark.parametrize("body", ["", graph.BAD_GATEWAY, '{"id": "17'])
@pytest.mark.parametrize("status", [200, 502])
@responses.activate
def test_a_broken_answer_to_the_commit_leaves_the_outcome_open(body: str, status: int) -> None:
    responses.post(f"{graph.INSTAGRAM}/{IG}/media_publish", body=body, status=status)
    with pytest.raises(OutcomeUnknown):
        graph.client().publish(IG, "1788")


@responses.activate
def test_the_commit_is_not_sent_after_the_lease() -> None:
    graph.published({"id": "1792"})
    with pytest.raises(LeaseLost):
        GraphClient("instagram", Tokens(TOKEN), deadline=lambda: 0.0).publish(IG, "1788")
    assert len(responses.calls) == 0


# --- Prepare and read ---


@pytest.mark.parametrize(
    ("body", "status", "meant"),
    [
        (error(190, 463), 400, NeedsRelink), (error(36003, 2207009), 400, Rejected), (error(2), 500, NotNow),
        (error(2), 200, NotNow), ({}, 200, NotNow), ({"id": ""}, 200, NotNow), (error(80002), 400, NotNow),
    ],
)  # fmt: skip
@responses.activate
def test_a_container_that_was_not_made_says_why(body: object, status: int, meant: type[PlatformError]) -> None:
    graph.refused(body, status)
    with pytest.raises(meant):
        graph.client().create_container(IG, {})


@responses.activate
def test_what_the_page_token_is_not_shown_is_asked_for_with_the_users() -> None:
    address = f"{graph.FACEBOOK}/1788"
    responses.get(address, json=error(100, 33), status=400)
    responses.get(address, json={"status_code": "PUBLISHED"})
    assert graph.client("facebook").container("1788").code == "PUBLISHED"
    assert [call.request.headers["Authorization"] for call in responses.calls] == [
        f"Bearer {PAGE_TOKEN}",
        f"Bearer {USER_TOKEN}",
    ]


@responses.activate
def test_what_neither_token_is_shown_is_not_thereby_gone() -> None:
    responses.get(f"{graph.FACEBOOK}/1788", json=error(100, 33), status=400)
    assert graph.client("facebook").container_if_shown("1788") is None
    with pytest.raises(NotNow):
        graph.client("facebook").container("1788")


@responses.activate
def test_a_status_without_a_status_code_is_asked_for_again() -> None:
    responses.get(f"{graph.INSTAGRAM}/1788", json={"id": "1788"})
    with pytest.raises(NotNow):
        graph.client().container_if_shown("1788")


@responses.activate
def test_a_long_list_is_read_page_by_page_by_cursor_and_never_by_the_address_in_the_answer() -> None:
    graph.listed({"id": "1"}, after="c1")
    graph.listed({"id": "2"})
    found = graph.client().posts_since(IG, NOW - timedelta(seconds=120))
    assert [post["id"] for post in found.posts] == ["1", "2"]
    assert found.complete
    assert graph.query(0)["since"] == str(int(NOW.timestamp()) - 120)
    assert graph.query(1)["after"] == "c1"


@responses.activate
def test_a_post_that_stands_on_two_pages_is_one_post() -> None:
    graph.listed({"id": "1"}, {"id": "2"}, after="c1")
    graph.listed({"id": "2"}, {"id": "3"})
    assert [post["id"] for post in graph.client().posts_since(IG, NOW).posts] == ["1", "2", "3"]


@responses.activate
def test_a_list_without_end_is_not_complete() -> None:
    graph.listed({"id": "1"}, after="again")
    assert not graph.client().posts_since(IG, NOW).complete
    assert len(responses.calls) == PAGES_MAX


@responses.activate
def test_a_login_that_refuses_the_callers_fields_is_asked_for_fewer() -> None:
    address = f"{graph.INSTAGRAM}/{IG}/media"
    responses.get(address, json=error(100, message="Tried accessing nonexisting field (caption)"), status=400)
    responses.get(address, json={"data": [{"id": "1"}]})
    assert len(graph.client().posts_since(IG, NOW).posts) == 1
    assert "caption" not in graph.query()["fields"]
