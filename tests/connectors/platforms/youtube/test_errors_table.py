"""The other tables of the fact sheet: what becomes of an upload (§5), what its session says (§3.3), and OAuth (§2)."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
import responses

from connectors.platforms.base import NeedsRelink, NotNow, PlatformError, Rejected
from connectors.platforms.oauth import App
from connectors.platforms.youtube import errors
from connectors.platforms.youtube.client import Ended, Finished, Gone, Kept, YouTubeClient
from connectors.platforms.youtube.oauth import GoogleOAuth
from connectors.platforms.youtube.processing import refused
from tests.connectors.platforms import samples

SESSION = "https://www.googleapis.com/upload/youtube/v3/videos?uploadType=resumable&upload_id=u1"
ENDINGS = [
    ("failed", "failureReason", "conversion", "could not convert"),
    ("failed", "failureReason", "invalidFile", "is no video"),
    ("failed", "failureReason", "emptyFile", "is empty"),
    ("failed", "failureReason", "tooSmall", "too small"),
    ("failed", "failureReason", "codec", "encoding"),
    ("failed", "failureReason", "uploadAborted", "broken off"),
    ("rejected", "rejectionReason", "copyright", "copyright"),
    ("rejected", "rejectionReason", "inappropriate", "Community Guidelines"),
    ("rejected", "rejectionReason", "duplicate", "has the same one already"),
    ("rejected", "rejectionReason", "termsOfUse", "Terms of Service"),
    ("rejected", "rejectionReason", "uploaderAccountSuspended", "suspended"),
    ("rejected", "rejectionReason", "length", "longer than 15 minutes"),
    ("rejected", "rejectionReason", "claim", "claims rights"),
    ("rejected", "rejectionReason", "uploaderAccountClosed", "closed"),
    ("rejected", "rejectionReason", "trademark", "trademark"),
    ("rejected", "rejectionReason", "legal", "legal reasons"),
    ("deleted", "", "", "was deleted at YouTube"),
    ("failed", "", "", "could not process the video"),
    ("rejected", "rejectionReason", "somethingNew", "YouTube Studio says why"),
]


@pytest.mark.parametrize(("status", "name", "reason", "sentence"), ENDINGS)
def test_each_way_in_which_a_video_ends_has_its_sentence(status: str, name: str, reason: str, sentence: str) -> None:
    found = refused({"status": {"uploadStatus": status, **({name: reason} if name else {})}})
    assert type(found) is Rejected
    assert sentence in str(found)
    assert found.code == (reason or status)


@pytest.mark.parametrize("reason", ["uploadFailed", "transcodeFailed", "streamingFailed", "other"])
def test_a_processing_that_failed_without_a_reason_of_the_upload_says_what_to_do(reason: str) -> None:
    row: dict[str, Any] = {
        "status": {"uploadStatus": "uploaded"},
        "processingDetails": {"processingStatus": "failed", "processingFailureReason": reason},
    }
    assert "Export it again as MP4" in str(refused(row))


def asked(status: int, body: Any = None, **headers: str) -> Any:
    responses.put(SESSION, status=status, body="" if body is None else json.dumps(body), headers=headers)
    return YouTubeClient("token").ask(SESSION, 1000)


def error(reason: str, status: int) -> dict[str, Any]:
    return {"error": {"code": status, "message": "No.", "errors": [{"reason": reason, "domain": "youtube.video"}]}}


@responses.activate
def test_a_session_says_how_much_it_holds() -> None:
    assert asked(308, Range="bytes=0-499") == Kept(500, SESSION)


@responses.activate
def test_a_session_without_a_range_holds_nothing() -> None:
    assert asked(308) == Kept(0, SESSION)


@pytest.mark.parametrize("status", [200, 201])
@responses.activate
def test_a_complete_session_repeats_its_video(status: int) -> None:
    found = asked(status, {"id": "AbCdEfGhIjK"})
    assert isinstance(found, Finished) and found.id == "AbCdEfGhIjK"


@pytest.mark.parametrize("status", [404, 410])
@responses.activate
def test_a_session_that_is_not_known_is_gone(status: int) -> None:
    assert isinstance(asked(status), Gone)


@responses.activate
def test_a_session_may_have_ended_in_a_failure() -> None:
    found = asked(400, error("invalidTitle", 400))
    assert isinstance(found, Ended) and "title" in str(found.error)


@pytest.mark.parametrize(
    ("status", "kind", "sentence"),
    [
        (401, NeedsRelink, "no longer accepts"), (429, NotNow, "too many calls"),
        *[(status, NotNow, "problem of its own") for status in (500, 502, 503, 504)],
    ],
)  # fmt: skip
@responses.activate
def test_a_session_that_cannot_answer_is_asked_again(status: int, kind: type[PlatformError], sentence: str) -> None:
    with pytest.raises(PlatformError, match=sentence) as raised:
        asked(status)
    assert type(raised.value) is kind


def test_no_reason_of_the_tables_is_left_without_a_sentence() -> None:
    assert {row[2] for row in ENDINGS} >= errors.FAILURES.keys() | errors.REJECTIONS.keys()


OAUTH = [
    (400, "invalid_grant", NeedsRelink, "Link"),
    (400, "admin_policy_enforced", NeedsRelink, "Link"),
    (400, "invalid_rapt", NeedsRelink, "Link"),
    (401, "invalid_client", Rejected, "checks YOUTUBE_CLIENT_ID"),
    (401, "deleted_client", Rejected, "checks YOUTUBE_CLIENT_ID"),
    (503, "backend_error", NotNow, "Try again in a minute"),
]


@pytest.mark.parametrize(("status", "code", "kind", "sentence"), OAUTH)
@responses.activate
def test_each_answer_to_a_renewal_has_its_error(
    status: int, code: str, kind: type[PlatformError], sentence: str
) -> None:
    responses.post("https://oauth2.googleapis.com/token", json={"error": code}, status=status)
    account = replace(samples.account(), platform="youtube", login="youtube", refresh_token="1//r")
    with pytest.raises(PlatformError, match=sentence) as raised:
        GoogleOAuth().refresh(App("client", "secret"), account)
    assert type(raised.value) is kind
