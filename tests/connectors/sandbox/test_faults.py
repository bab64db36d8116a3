"""Each fault does what its name says, to the calls it was ordered for and to no others."""

from __future__ import annotations

import json
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests

from connectors.sandbox.client import SandboxControl, SandboxRefused
from tests.connectors.sandbox.conftest import FJORD, NORD, Api

PUBLISH: dict[str, Any] = {"method": "POST", "path": "/media_publish$"}


def publish(api: Api, jpeg: str, **values: Any) -> requests.Response:
    container = api.container(image_url=jpeg, **values)
    assert api.status(container) == "FINISHED"
    return api.ask("POST", f"{api.account}/media_publish", creation_id=container)


def test_a_refusal_answers_as_ordered_and_does_nothing(api: Api, sandbox: SandboxControl, jpeg: str) -> None:
    sandbox.fault("refuse", **PUBLISH, status=403, code=368, subcode=1390008, transient=True, user_title="Slow down")
    answer = publish(api, jpeg)
    error = answer.json()["error"]
    assert (answer.status_code, error["code"], error["error_subcode"]) == (403, 368, 1390008)
    assert (error["is_transient"], error["error_user_title"]) == (True, "Slow down")
    assert sandbox.posts() == []


@pytest.mark.parametrize("status", [429, 400])
def test_a_rate_limit_tells_in_its_header_when_calls_are_let_through_again(
    api: Api, sandbox: SandboxControl, status: int
) -> None:
    sandbox.fault("rate_limit", status=status, minutes=7)
    answer = api.ask("GET", "me")
    [use] = json.loads(answer.headers["X-Business-Use-Case-Usage"])[FJORD]
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, 80002)
    assert (use["call_count"], use["estimated_time_to_regain_access"]) == (100, 7)


def test_the_usage_header_can_be_high_on_a_good_answer(api: Api, sandbox: SandboxControl) -> None:
    sandbox.fault("usage", percent=97)
    answer = api.ask("GET", "me")
    assert answer.status_code == 200
    assert json.loads(answer.headers["X-Business-Use-Case-Usage"])[FJORD][0]["call_count"] == 97


@pytest.mark.parametrize(
    ("options", "seen"),
    [({}, (500, 2, True)), ({"status": 400, "code": 4, "subcode": 2207051, "transient": False}, (400, 4, False))],
)
def test_an_error_may_be_answered_although_the_post_is_live(
    api: Api, sandbox: SandboxControl, jpeg: str, options: dict[str, Any], seen: tuple[int, int, bool]
) -> None:
    sandbox.fault("error_but_done", **PUBLISH, **options)
    answer = publish(api, jpeg)
    error = answer.json()["error"]
    assert (answer.status_code, error["code"], error["is_transient"]) == seen
    assert len(sandbox.posts()) == 1


def test_what_was_refused_anyway_is_not_called_done(api: Api, sandbox: SandboxControl) -> None:
    sandbox.fault("error_but_done", **PUBLISH)
    assert api.post(f"{FJORD}/media_publish", creation_id="1")["error"]["code"] == 24


@pytest.mark.parametrize(("do", "live"), [("drop_before", 0), ("drop_after", 1)])
def test_a_dropped_connection_gives_no_answer_and_the_ledger_knows_what_was_done(
    api: Api, sandbox: SandboxControl, jpeg: str, do: str, live: int
) -> None:
    sandbox.fault(do, **PUBLISH)
    with pytest.raises(requests.ConnectionError):
        publish(api, jpeg)
    assert len(sandbox.posts()) == live
    [call] = sandbox.calls(path="media_publish")
    assert (call["status"], call["outcome"], call["faults"].split(":")[1]) == (None, "dropped", do)


@pytest.mark.parametrize(("when", "live"), [("before", 0), ("after", 1)])
def test_a_hanging_call_is_silent_until_the_caller_gives_up(
    api: Api, sandbox: SandboxControl, jpeg: str, when: str, live: int
) -> None:
    fault = sandbox.fault("hang", **PUBLISH, when=when, seconds=0.5)
    container = api.container(image_url=jpeg)
    with pytest.raises(requests.ReadTimeout):
        form, head = {"creation_id": container}, {"Authorization": f"Bearer {api.token}"}
        requests.post(f"{api.base}/v26.0/{FJORD}/media_publish", data=form, headers=head, timeout=0.2)
    assert fault.wait_reached()["hits"] == 1
    assert len(sandbox.posts()) == live


def test_a_slow_call_is_done_although_the_caller_has_left(api: Api, sandbox: SandboxControl, jpeg: str) -> None:
    sandbox.fault("slow", **PUBLISH, seconds=0.3)
    container = api.container(image_url=jpeg)
    with pytest.raises(requests.ReadTimeout):
        form, head = {"creation_id": container}, {"Authorization": f"Bearer {api.token}"}
        requests.post(f"{api.base}/v26.0/{FJORD}/media_publish", data=form, headers=head, timeout=0.1)
    assert sandbox.posts() == []
    assert api.get(container, fields="status_code")["status_code"] == "FINISHED"
    end = time.monotonic() + 5
    while not sandbox.posts() and time.monotonic() < end:
        time.sleep(0.02)
    assert len(sandbox.posts()) == 1


@pytest.mark.parametrize(
    ("when", "then", "while_held", "in_the_end", "answered"),
    [
        ("before", "go", 0, 1, True),
        ("before", "drop", 0, 0, False),
        ("after", "go", 1, 1, True),
        ("after", "drop", 1, 1, False),
    ],
)
def test_a_held_call_stands_still_before_or_after_its_work_until_it_is_released(
    api: Api, sandbox: SandboxControl, jpeg: str, when: str, then: Any, while_held: int, in_the_end: int, answered: bool
) -> None:
    fault = sandbox.fault("hold", **PUBLISH, when=when)
    assert fault.state()["reached"] is False
    with ThreadPoolExecutor(1) as pool:
        future = pool.submit(publish, api, jpeg)
        assert fault.wait_reached()["held"] is True
        assert len(sandbox.posts()) == while_held
        fault.release(then)
        assert (future.exception() is None) is answered
    assert len(sandbox.posts()) == in_the_end
    assert fault.state()["held"] is False


def test_clearing_the_faults_releases_what_is_held(api: Api, sandbox: SandboxControl, jpeg: str) -> None:
    fault = sandbox.fault("hold", **PUBLISH)
    with ThreadPoolExecutor(1) as pool:
        future = pool.submit(publish, api, jpeg)
        fault.wait_reached()
        sandbox.clear_faults()
        assert "id" in future.result(timeout=5).json()


def test_a_container_can_be_stuck_and_then_finish(api: Api, sandbox: SandboxControl, jpeg: str) -> None:
    sandbox.fault("container_stuck", method="POST", path="/media$", seconds=2400)
    container = api.container(image_url=jpeg)
    for moment, code in ((2390, "IN_PROGRESS"), (2410, "FINISHED")):
        sandbox.clock(moment)
        assert api.get(container, fields="status_code")["status_code"] == code


def test_a_container_can_turn_out_broken_at_its_making_or_at_a_read(
    api: Api, sandbox: SandboxControl, jpeg: str
) -> None:
    sandbox.fault("container_error", method="POST", path="/media$", code=2207082)
    assert api.status(api.container(image_url=jpeg)) == "ERROR"
    container = api.container(image_url=jpeg)
    sandbox.fault("container_error", method="GET", path=container)
    assert "2207026" in api.get(container, fields="status")["status"]


@pytest.mark.parametrize(("when", "first"), [("before", 463), ("after", None)])
def test_a_token_can_die_before_or_after_a_call(
    api: Api, sandbox: SandboxControl, when: str, first: int | None
) -> None:
    sandbox.fault("expire_token", when=when)
    assert api.get("me").get("error", {}).get("error_subcode") == first
    assert api.get("me")["error"]["error_subcode"] == 463


def test_a_new_post_can_be_missing_from_lists_for_a_while(api: Api, sandbox: SandboxControl, jpeg: str) -> None:
    sandbox.fault("list_lag", **PUBLISH, seconds=60)
    media = publish(api, jpeg).json()["id"]
    assert api.get(f"{FJORD}/media")["data"] == []
    assert api.get(media)["id"] == media
    sandbox.clock(61)
    assert [post["id"] for post in api.get(f"{FJORD}/media")["data"]] == [media]


def test_a_twin_with_the_same_words_made_by_hand_is_in_the_list_but_not_in_the_count(
    api: Api, sandbox: SandboxControl, jpeg: str
) -> None:
    sandbox.fault("duplicate_caption_present", **PUBLISH)
    media = publish(api, jpeg, caption="Same").json()["id"]
    listed = api.get(f"{FJORD}/media", fields="id,caption")["data"]
    assert [post["caption"] for post in listed] == ["Same", "Same"]
    assert [post["id"] for post in sandbox.posts()] == [media]
    assert {post["origin"] for post in sandbox.posts(hidden=True)} == {"api", "by hand"}


def test_captions_can_come_back_without_at_signs_or_not_at_all(api: Api, sandbox: SandboxControl, jpeg: str) -> None:
    media = publish(api, jpeg, caption="With @nord.kaffe").json()["id"]
    sandbox.fault("hide_at", method="GET")
    assert api.get(media, fields="caption")["caption"] == "With nord.kaffe"
    sandbox.fault("omit", method="GET")
    assert "caption" not in api.get(media, fields="caption,media_product_type")
    assert api.get(media, fields="caption")["caption"] == "With @nord.kaffe"


def test_the_outage_hits_the_page_token_and_spares_the_user_token(
    page_api: Api, sandbox: SandboxControl, jpeg: str
) -> None:
    container = page_api.container(image_url=jpeg)
    sandbox.fault("hundred_33", method="GET", path=container, token="page", times=0)
    user = Api(page_api.base, NORD, "sandbox-user-token-nord")
    for _ in range(2):
        error = page_api.get(container, fields="status_code")["error"]
        assert (error["code"], error["error_subcode"], error["type"]) == (100, 33, "GraphMethodException")
    assert user.get(container, fields="status_code")["status_code"] == "FINISHED"


def test_pages_can_be_missing_and_a_proxy_can_answer_in_html(sandbox: SandboxControl) -> None:
    user = Api(sandbox.facebook_url, NORD, "sandbox-user-token-nord")
    sandbox.fault("empty_accounts", path="me/accounts")
    assert user.get("me/accounts")["data"] == []
    sandbox.fault("html")
    answer = user.ask("GET", "me")
    assert (answer.status_code, answer.headers["Content-Type"]) == (502, "text/html")


def test_a_fault_hits_only_the_calls_it_was_ordered_for(api: Api, page_api: Api, sandbox: SandboxControl) -> None:
    fault = sandbox.fault("refuse", account="fjord.supply", path="/me$", nth=2, times=2)
    assert "id" in page_api.get("me")
    assert "id" in api.get(FJORD)
    assert ["error" in api.get("me") for _ in range(4)] == [False, True, True, False]
    state = fault.state()
    assert (state["seen"], state["hits"], len(state["calls"])) == (4, 2, 2)


@pytest.mark.parametrize(
    "wish",
    [
        {"do": "explode"},
        {"do": "slow", "secs": 1},
        {"do": "slow", "seconds": "long"},
        {"do": "slow", "seconds": -1},
        {"do": "hold", "when": "never"},
        {"do": "expire_token", "state": "tired"},
        {"do": "refuse", "match": {"path": "("}},
        {"do": "refuse", "match": {"nth": 0}},
        {"do": "refuse", "match": {"account": "nobody"}},
        {"do": "refuse", "match": {"colour": "red"}},
        {"do": "refuse", "match": []},
    ],
)
def test_an_order_that_makes_no_sense_gets_a_sentence_and_changes_nothing(
    sandbox: SandboxControl, wish: dict[str, Any]
) -> None:
    with pytest.raises(SandboxRefused, match=r"\.$"):
        sandbox.ask("POST", "faults", wish)
    assert sandbox.ask("GET", "faults")["data"] == []
