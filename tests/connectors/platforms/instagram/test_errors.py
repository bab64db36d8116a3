"""Each of Meta's errors becomes the one of ours that says what to do next."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from connectors.http import Reply
from connectors.platforms.base import Json, NeedsRelink, NotNow, OutcomeUnknown, PlatformError, Rejected
from connectors.platforms.instagram import errors
from tests.connectors.platforms.samples import NOW, error


def reply(body: Json, status: int = 400, **more: Any) -> Reply:
    return Reply(status=status, body=body, safe=body, **more)


def refusal(code: int, subcode: int = 0, **more: Any) -> PlatformError:
    return errors.refusal(reply(error(code, subcode, **more)), NOW)


@pytest.mark.parametrize(
    ("code", "subcode", "meant"),
    [
        (190, 0, NeedsRelink), (190, 463, NeedsRelink), (190, 467, NeedsRelink), (190, 460, NeedsRelink),
        (190, 458, NeedsRelink), (190, 459, NeedsRelink), (190, 464, NeedsRelink), (190, 492, NeedsRelink),
        (190, 999, NeedsRelink), (102, 0, NeedsRelink), (10, 0, NeedsRelink), (3, 0, NeedsRelink),
        (200, 0, NeedsRelink), (299, 0, NeedsRelink), (283, 0, NeedsRelink), (25, 2207050, NeedsRelink),
        (100, 0, Rejected), (100, 2207028, Rejected), (100, 2207023, Rejected), (-1, 2207040, Rejected),
        (36000, 2207004, Rejected), (36001, 2207005, Rejected), (36003, 2207009, Rejected),
        (352, 2207026, Rejected), (1, 2207057, Rejected), (36004, 2207010, Rejected), (1, 2207082, Rejected),
        (368, 1346003, Rejected), (368, 1404102, Rejected),
        (4, 0, NotNow), (17, 2446079, NotNow), (32, 0, NotNow), (341, 0, NotNow), (613, 0, NotNow),
        (80001, 0, NotNow), (80002, 0, NotNow), (9, 2207042, NotNow), (4, 2207051, NotNow), (368, 0, NotNow),
        (368, 1390008, NotNow), (1, 0, NotNow), (2, 0, NotNow), (-1, 2207001, NotNow), (-1, 2207032, NotNow),
        (-1, 2207053, NotNow), (-2, 2207003, NotNow), (-2, 2207020, NotNow), (9004, 2207052, NotNow),
        (9007, 2207027, NotNow), (24, 2207008, NotNow), (24, 2207006, NotNow), (100, 33, NotNow),
        (424242, 0, NotNow), (0, 0, NotNow),
    ],
)  # fmt: skip
def test_before_the_commit_each_error_says_what_to_do_next(code: int, subcode: int, meant: type[Exception]) -> None:
    found = refusal(code, subcode)
    assert type(found) is meant
    assert found.code == (f"{code}/{subcode}" if subcode else str(code))
    assert str(found).endswith((".", "?", "”"))


@pytest.mark.parametrize("code", [4, 17, 32, 341, 613, 80001, 80002])
def test_waiting_for_a_quota_is_no_failed_try(code: int) -> None:
    found = refusal(code)
    assert isinstance(found, NotNow)
    assert (found.limit, found.until) == (True, NOW + timedelta(hours=1))


def test_the_platforms_own_word_on_when_is_heeded() -> None:
    usage: dict[str, Json] = {"17": [{"type": "instagram", "estimated_time_to_regain_access": 19}, {"type": "pages"}]}
    answer = reply(error(80002), usage={"X-Business-Use-Case-Usage": usage})
    found = errors.refusal(answer, NOW)
    assert isinstance(found, NotNow)
    assert found.until == NOW + timedelta(minutes=19)


def test_retry_after_is_heeded() -> None:
    at = NOW + timedelta(minutes=7)
    for answer in (reply(error(2), retry_at=at), reply(None, 503, retry_at=at), reply(None, 429, retry_at=at)):
        found = errors.refusal(answer, NOW)
        assert isinstance(found, NotNow)
        assert found.until == at


def test_a_spam_block_is_waited_out_for_a_day_and_is_no_quota() -> None:
    found = refusal(4, 2207051)
    assert isinstance(found, NotNow)
    assert (found.limit, found.until) == (False, NOW + timedelta(days=1))


def test_a_refusal_that_meta_calls_transient_is_tried_again() -> None:
    assert isinstance(refusal(36001, 2207005, is_transient=True), NotNow)


@pytest.mark.parametrize(
    "body", [None, "", [], {}, {"error": None}, {"error": "no"}, {"error": []}, {"id": ""}, {"data": [{"id": "1"}]}]
)
@pytest.mark.parametrize("status", [200, 302, 400, 401, 500, 502])
def test_an_answer_without_an_envelope_is_tried_again(body: Json, status: int) -> None:
    assert type(errors.refusal(reply(body, status), NOW)) is NotNow


@pytest.mark.parametrize("code", [None, "190", True, 1.5, {}])
def test_a_misshapen_envelope_is_tried_again(code: Json) -> None:
    assert type(errors.refusal(reply({"error": {"code": code, "error_subcode": code}}), NOW)) is NotNow


@pytest.mark.parametrize(
    "answer",
    [reply(error(*pair), status) for pair in errors.MEANINGS for status in (200, 400, 500)]
    + [reply(None, status) for status in (200, 302, 400, 404, 429, 500)],
)
def test_after_the_commit_every_answer_leaves_the_outcome_open(answer: Reply) -> None:
    found = errors.doubt(answer)
    assert type(found) is OutcomeUnknown
    assert "may be public" in str(found)
    assert found.code


def test_an_open_outcome_carries_the_original_code() -> None:
    assert errors.doubt(reply(error(4, 2207051))).code == "4/2207051"
    assert errors.doubt(reply(None, 502)).code == "502"


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("9/2207042", NotNow), ("4/2207051", NotNow), ("80002", NotNow), ("36001/2207005", Rejected),
        ("100", Rejected), ("200", NeedsRelink), ("2", type(None)), ("190/463", type(None)),
        ("9007/2207027", type(None)), ("no_answer", type(None)), ("", type(None)), ("502", type(None)),
    ],
)  # fmt: skip
def test_once_it_is_sure_that_nothing_is_live_the_commits_error_means_what_it_says(name: str, meant: type) -> None:
    assert type(errors.after_commit(name, NOW)) is meant


@pytest.mark.parametrize(
    ("status", "meant", "code"),
    [
        ("Error: Media upload has failed with error code 2207026", Rejected, "2207026"),
        ("Error: Media upload has failed with error code 2207082", Rejected, "2207082"),
        ("Error: Media upload has failed with error code 2207052", NotNow, "2207052"),
        ("Error: Media upload has failed with error code 2207003", NotNow, "2207003"),
        ("Error: Media upload has failed with error code 2207999", NotNow, "2207999"),
        ("Error 17841402207026000: something", NotNow, "ERROR"),
        ("", NotNow, "ERROR"),
    ],
)
def test_a_failed_container_says_why_in_its_status(status: str, meant: type, code: str) -> None:
    found = errors.container_error(status, NOW)
    assert (type(found), found.code) == (meant, code)


def test_the_dispatch_log_gets_code_sentence_and_trace() -> None:
    remark = errors.describe(reply(error(190, 463, "Session has expired", error_user_msg="Xin chào")))
    assert (remark.code, remark.error, remark.correlation_id) == ("190/463", "Xin chào", "Ax1")
    assert errors.describe(reply({"id": "1"}, 200)).error == ""
    assert errors.describe(reply(None, 502)).error == "HTTP 502"


def test_a_missing_permission_does_not_mean_that_the_link_is_dead() -> None:
    assert errors.is_dead(refusal(190, 463))
    assert not errors.is_dead(refusal(10))
    assert not errors.is_dead(refusal(80002))
