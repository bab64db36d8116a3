"""The other tables of the fact sheet: what TikTok answers to a chunk (§5), and to a sign-in or a renewal (§2.3)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import responses
import time_machine

from connectors.platforms.base import More, NeedsRelink, NotNow, OutcomeUnknown, PlatformError, Rejected
from connectors.platforms.oauth import App
from connectors.platforms.tiktok.oauth import LoginKit
from tests.connectors.platforms.samples import NOW, delivery, run
from tests.connectors.platforms.tiktok import api

UPLOADING = delivery(api.video(size=25), api.upload_journal(25, 10))
AT_THE_LAST = delivery(api.video(size=25), api.upload_journal(25, 10, sent=10))
CHUNKS: list[tuple[int, type[PlatformError], str]] = [
    (400, Rejected, "did not accept a part of the video"),
    (403, NotNow, "has closed the upload. Collavo begins it again"),
    (404, NotNow, "has closed the upload. Collavo begins it again"),
    (416, NotNow, "lost track of the upload"),
    (500, NotNow, "could not take a part of the video"),
    (502, NotNow, "could not take a part of the video"),
    (503, NotNow, "could not take a part of the video"),
    (504, NotNow, "could not take a part of the video"),
]


@pytest.mark.parametrize(("status", "kind", "sentence"), CHUNKS)
@time_machine.travel(NOW, tick=False)
@responses.activate
def test_each_answer_to_a_chunk_has_its_error(status: int, kind: type[PlatformError], sentence: str) -> None:
    responses.put(api.UPLOAD_URL, status=status)
    api.told("PROCESSING_UPLOAD", uploaded_bytes=0)
    with pytest.raises(PlatformError, match=sentence) as raised:
        run(api.publisher(), "upload", UPLOADING)
    assert type(raised.value) is kind


@pytest.mark.parametrize("status", [200, 206])
@time_machine.travel(NOW, tick=False)
@responses.activate
def test_a_chunk_that_was_stored_moves_the_upload_on(status: int) -> None:
    responses.put(api.UPLOAD_URL, status=status)
    assert isinstance(run(api.publisher(), "upload", UPLOADING), More)


@pytest.mark.parametrize("status", [206, 400, 403, 404, 416, 500, 502])
@time_machine.travel(NOW, tick=False)
@responses.activate
def test_every_answer_to_the_last_chunk_but_a_clean_one_leaves_the_outcome_open(status: int) -> None:
    responses.put(api.UPLOAD_URL, status=status)
    with pytest.raises(OutcomeUnknown, match="It may be posted"):
        run(api.publisher(), "last_chunk", AT_THE_LAST)


RENEWALS: list[tuple[int, str, type[PlatformError], str]] = [
    (400, "invalid_grant", NeedsRelink, "no longer accepts this account's link"),
    (200, "invalid_grant", NeedsRelink, "no longer accepts this account's link"),
    (400, "invalid_client", Rejected, "refuses this app. An operator checks TIKTOK_CLIENT_KEY"),
    (401, "unauthorized_client", Rejected, "refuses this app. An operator checks TIKTOK_CLIENT_KEY"),
    (200, "server_error", NotNow, "TikTok is busy"),
    (503, "temporarily_unavailable", NotNow, "TikTok is busy"),
    (429, "rate_limit_exceeded", NotNow, "TikTok is busy"),
]


@pytest.mark.parametrize(("status", "code", "kind", "sentence"), RENEWALS)
@responses.activate
def test_each_answer_to_a_renewal_has_its_error(
    status: int, code: str, kind: type[PlatformError], sentence: str
) -> None:
    responses.post(f"{api.BASE}/v2/oauth/token/", json={"error": code, "error_description": "No."}, status=status)
    with pytest.raises(PlatformError, match=sentence) as raised:
        LoginKit().refresh(App("key", "secret"), replace(api.account(), refresh_token="rft.1"))
    assert type(raised.value) is kind


@responses.activate
def test_a_sign_in_that_is_refused_says_what_an_operator_checks() -> None:
    answer: dict[str, Any] = {"error": "invalid_grant", "error_description": "Authorization code is expired."}
    responses.post(f"{api.BASE}/v2/oauth/token/", json=answer)
    with pytest.raises(Rejected, match=r"Authorization code is expired.*TIKTOK_CLIENT_SECRET"):
        LoginKit().exchange(
            App("key", "secret"), code="code-of-the-sign-in", redirect_uri="https://c.example/back", verifier=""
        )
