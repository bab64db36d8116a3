"""What the API tells about accounts and posts."""

from __future__ import annotations

import hashlib
import hmac
import time

import pytest
import requests

from connectors.sandbox.client import SandboxControl
from tests.connectors.sandbox.conftest import FJORD, NORD, Api


def test_me_on_the_instagram_host_has_another_id_than_the_one_for_paths(api: Api) -> None:
    me = api.get("me", fields="user_id,username,account_type")
    assert (me["user_id"], me["username"], me["account_type"]) == (FJORD, "fjord.supply", "BUSINESS")
    assert me["id"] != FJORD
    assert api.get(me["id"])["error"]["error_subcode"] == 33


def test_a_user_token_lists_its_pages_with_their_tokens_and_accounts(sandbox: SandboxControl) -> None:
    user = Api(sandbox.facebook_url, NORD, "sandbox-user-token-nord")
    fields = "id,name,access_token,tasks,instagram_business_account{id,username}"
    [page] = user.get("me/accounts", fields=fields, limit=100)["data"]
    assert (page["id"], page["access_token"]) == ("1001", "sandbox-token-nord")
    assert page["instagram_business_account"] == {"id": NORD, "username": "nord.kaffe"}
    assert "CREATE_CONTENT" in page["tasks"]


def test_a_page_of_a_business_portfolio_is_missing_there_but_named_by_debug_token(sandbox: SandboxControl) -> None:
    sandbox.change_account(NORD, empty_accounts=True)
    user = Api(sandbox.facebook_url, NORD, "sandbox-user-token-nord")
    assert user.get("me/accounts")["data"] == []
    known = user.get("debug_token", input_token=user.token)["data"]
    assert known["is_valid"]
    assert {"scope": "pages_show_list", "target_ids": ["1001"]} in known["granular_scopes"]
    assert user.get("1001", fields="access_token")["access_token"] == "sandbox-token-nord"


def test_page_and_user_token_both_read_the_account_on_the_facebook_host(page_api: Api) -> None:
    for token in ("sandbox-token-nord", "sandbox-user-token-nord"):
        assert Api(page_api.base, NORD, token).get(NORD, fields="username")["username"] == "nord.kaffe"


@pytest.mark.parametrize(
    ("state", "subcode"), [("expired", 463), ("revoked", 458), ("password", 460), ("checkpoint", 459)]
)
def test_a_dead_token_is_refused_with_its_reason(api: Api, sandbox: SandboxControl, state: str, subcode: int) -> None:
    sandbox.change_account(FJORD, token_state=state)
    error = api.get("me")["error"]
    assert (error["code"], error["error_subcode"], error["type"]) == (190, subcode, "OAuthException")
    assert error["fbtrace_id"]
    sandbox.change_account(FJORD, token_state="live")
    assert "id" in api.get("me")


def test_a_token_dies_when_its_time_is_over(api: Api, sandbox: SandboxControl) -> None:
    sandbox.change_account(FJORD, token_expires_in=60)
    assert "id" in api.get("me")
    sandbox.clock(61)
    assert api.get("me")["error"]["error_subcode"] == 463


def test_a_token_of_the_other_host_an_unknown_one_and_none_are_refused(api: Api, sandbox: SandboxControl) -> None:
    for token in ("sandbox-token-nord", "nonsense"):
        assert Api(api.base, FJORD, token).get("me")["error"]["code"] == 190
    assert requests.get(f"{sandbox.instagram_url}/v26.0/me", timeout=5).json()["error"]["code"] == 104


def test_the_token_may_also_come_as_a_parameter_and_is_not_kept_in_the_ledger(sandbox: SandboxControl) -> None:
    url = f"{sandbox.instagram_url}/me"
    assert requests.get(url, params={"access_token": "sandbox-token-fjord"}, timeout=5).status_code == 200
    assert sandbox.calls()[-1]["params"] == {"access_token": "•••"}


def test_the_proof_of_the_app_secret_is_asked_for_on_the_facebook_host(page_api: Api, sandbox: SandboxControl) -> None:
    sandbox.settings(app_secret="s3cret")
    right = hmac.new(b"s3cret", page_api.token.encode(), hashlib.sha256).hexdigest()
    assert page_api.get("me")["error"]["code"] == 100
    assert page_api.get("me", appsecret_proof="0" * 64)["error"]["code"] == 100
    assert "id" in page_api.get("me", appsecret_proof=right)


def test_the_list_can_be_cut_by_time_and_turned_page_by_page(api: Api, sandbox: SandboxControl, jpeg: str) -> None:
    ids = []
    for hour in range(3):
        sandbox.clock(hour * 3600)
        ids.append(api.publish(api.container(image_url=jpeg))["id"])
    since = int(time.time()) + 3000
    assert [post["id"] for post in api.get(f"{FJORD}/media", since=since)["data"]] == [ids[2], ids[1]]
    first = api.get(f"{FJORD}/media", limit=2)
    rest = api.get(f"{FJORD}/media", limit=2, after=first["paging"]["cursors"]["after"])
    assert [post["id"] for post in first["data"] + rest["data"]] == ids[::-1]
    assert "next" not in rest["paging"]


def test_the_quota_counts_since_the_asked_moment(api: Api, jpeg: str) -> None:
    api.publish(api.container(image_url=jpeg))
    [limit] = api.get(f"{FJORD}/content_publishing_limit", fields="quota_usage,config")["data"]
    assert (limit["quota_usage"], limit["config"]) == (1, {"quota_total": 50, "quota_duration": 86400})
    later = int(time.time()) + 60
    [limit] = api.get(f"{FJORD}/content_publishing_limit", fields="quota_usage", since=later)["data"]
    assert limit["quota_usage"] == 0


def test_a_post_tells_its_words_its_place_and_its_moment(api: Api, sandbox: SandboxControl, jpeg: str) -> None:
    media = api.publish(api.container(image_url=jpeg, caption="Words"))["id"]
    seen = api.get(media, fields="id,permalink,shortcode,media_type,media_product_type,timestamp,caption,children")
    assert (seen["media_type"], seen["media_product_type"], seen["caption"]) == ("IMAGE", "FEED", "Words")
    assert seen["permalink"] == f"{sandbox.url}/p/{seen['shortcode']}/"
    assert seen["timestamp"].endswith("+0000")
    assert "children" not in seen
    assert requests.get(seen["permalink"], timeout=5).status_code == 200


def test_an_unknown_field_is_refused_and_unknown_ones_come_unasked(api: Api) -> None:
    assert api.get("me", fields="nonsense")["error"]["code"] == 100
    assert "sandbox_extra" in api.get("me", fields="username")


def test_comments_can_be_switched_off_and_written(api: Api, jpeg: str) -> None:
    media = api.publish(api.container(image_url=jpeg))["id"]
    assert "id" in api.post(f"{media}/comments", message="First")
    assert api.get(f"{media}/comments", fields="text,username")["data"][0]["text"] == "First"
    assert api.post(media, comment_enabled="false")["success"] is True
    assert api.get(media, fields="is_comment_enabled")["is_comment_enabled"] is False
    assert api.post(f"{media}/comments", message="Second")["error"]["code"] == 10


def test_only_the_facebook_host_deletes(api: Api, page_api: Api, sandbox: SandboxControl, jpeg: str) -> None:
    mine, theirs = (caller.publish(caller.container(image_url=jpeg))["id"] for caller in (api, page_api))
    assert "error" in api.ask("DELETE", mine).json()
    assert page_api.ask("DELETE", theirs).json()["deleted_id"] == theirs
    assert [post["id"] for post in sandbox.posts()] == [mine]
    assert {post["id"] for post in sandbox.posts(hidden=True)} == {mine, theirs}


def test_one_wrong_metric_fails_the_whole_call_for_insights(api: Api, jpeg: str) -> None:
    media = api.publish(api.container(image_url=jpeg))["id"]
    data = api.get(f"{media}/insights", metric="views,reach,likes")["data"]
    assert [(m["name"], m["period"], isinstance(m["values"][0]["value"], int)) for m in data] == [
        (name, "lifetime", True) for name in ("views", "reach", "likes")
    ]
    assert api.get(f"{media}/insights", metric="views,plays")["error"]["code"] == 100
    assert api.get(f"{media}/insights")["error"]["code"] == 100
