"""The door for tests and proofs."""

from __future__ import annotations

from typing import Any

import pytest

from connectors.sandbox.client import SandboxControl, SandboxRefused
from tests.connectors.sandbox.conftest import FJORD, Api


def test_an_added_account_can_publish_at_once(sandbox: SandboxControl, jpeg: str) -> None:
    made = sandbox.add_account("third.one", quota_total=1)
    api = Api(sandbox.instagram_url, made["id"], made["token"])
    assert "id" in api.publish(api.container(image_url=jpeg))
    assert api.publish(api.container(image_url=jpeg))["error"]["code"] == 9
    assert len(sandbox.posts("third.one")) == 1
    assert sandbox.posts("fjord.supply") == []


def test_an_added_facebook_account_has_a_page_and_both_tokens(sandbox: SandboxControl) -> None:
    made = sandbox.add_account("by.page", login="facebook", token="page-token", user_token="user-token")
    [page] = Api(sandbox.facebook_url, made["id"], "user-token").get("me/accounts")["data"]
    assert (page["id"], page["access_token"]) == (made["page_id"], "page-token")


@pytest.mark.parametrize(
    "values",
    [
        {"username": "fjord.supply"},
        {"username": "instagram"},
        {"username": "Has Spaces"},
        {"username": "new", "login": "telegraph"},
        {"username": "new", "quota": 5},
        {"username": "new", "quota_total": "5"},
        {"username": "new", "token_state": "tired"},
        {"username": "new", "token_expires_in": "soon"},
    ],
)
def test_an_account_that_makes_no_sense_gets_a_sentence(sandbox: SandboxControl, values: dict[str, Any]) -> None:
    before = sandbox.ask("GET", "accounts")
    with pytest.raises(SandboxRefused, match=r"\.$"):
        sandbox.ask("POST", "accounts", values)
    assert sandbox.ask("GET", "accounts") == before


def test_no_answer_of_the_door_lists_tokens(sandbox: SandboxControl) -> None:
    assert "sandbox-token" not in str(sandbox.ask("GET", "accounts"))
    assert sandbox.settings(app_secret="s3cret")["app_secret"] is True


def test_one_token_of_an_account_can_die_alone(sandbox: SandboxControl) -> None:
    sandbox.change_account("nord.kaffe", token="sandbox-token-nord", token_state="revoked")
    page, user = (Api(sandbox.facebook_url, "", t) for t in ("sandbox-token-nord", "sandbox-user-token-nord"))
    assert page.get("me")["error"]["error_subcode"] == 458
    assert "id" in user.get("me")


def test_every_call_is_written_down_and_can_be_counted(api: Api, page_api: Api, sandbox: SandboxControl) -> None:
    api.get("me")
    api.get("nonsense")
    page_api.get("me")
    assert [(c["method"], c["status"], c["outcome"]) for c in sandbox.calls()] == [
        ("GET", 200, "answered"), ("GET", 400, "answered"), ("GET", 200, "answered"),
    ]  # fmt: skip
    assert sandbox.count_calls(account="fjord.supply") == 2
    assert sandbox.count_calls(path=r"/me$") == 2
    assert sandbox.count_calls(after=sandbox.calls()[0]["id"]) == 2


def test_reset_forgets_everything_but_the_settings(api: Api, sandbox: SandboxControl, jpeg: str) -> None:
    before = sandbox.ask("GET", "accounts")
    api.publish(api.container(image_url=jpeg))
    sandbox.add_account("third.one")
    sandbox.clock(5000)
    sandbox.fault("refuse", times=0)
    sandbox.settings(image_seconds=0.5)
    sandbox.reset()
    assert (sandbox.posts(), sandbox.containers(), sandbox.calls()) == ([], [], [])
    assert "id" in api.get("me")
    assert sandbox.ask("GET", "accounts") == before
    assert sandbox.settings()["image_seconds"] == 0.5


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "settings", {"colour": 1}),
        ("POST", "settings", {"image_seconds": "long"}),
        ("POST", "settings", {"image_seconds": -1}),
        ("POST", "clock", {"offset": "later"}),
        ("POST", "release/f999", {}),
        ("GET", "faults/f999", None),
        ("POST", f"accounts/{FJORD}", {"id": "2"}),
        ("POST", f"accounts/{FJORD}", {"token": "not its own", "token_state": "revoked"}),
        ("POST", "accounts/nobody", {}),
        ("GET", "calls?path=(", None),
        ("GET", "nonsense", None),
    ],
)
def test_wrong_input_gets_a_sentence(sandbox: SandboxControl, method: str, path: str, body: dict[str, Any]) -> None:
    before = sandbox.settings()
    with pytest.raises(SandboxRefused, match=r"\.$"):
        sandbox.ask(method, path, body)
    assert sandbox.settings() == before
