"""The sandbox's YouTube where it must be as strict as the real one. What clients make of it: tests/contract."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from connectors.sandbox.client import SandboxControl, running_sandbox
from connectors.sandbox.platforms.youtube import LYS, LYS_REFRESH_TOKEN, LYS_TOKEN

PIECE = 256 * 1024
DAY = 86400
APP = {"client_id": "app", "client_secret": "secret of app"}


@pytest.fixture(scope="module")
def one_sandbox() -> Iterator[SandboxControl]:
    with running_sandbox(video_seconds=0.0, check_media=False) as control:
        yield control


@pytest.fixture
def sandbox(one_sandbox: SandboxControl) -> SandboxControl:
    one_sandbox.reset()
    return one_sandbox


def opened(sandbox: SandboxControl, size: int, **snippet: Any) -> requests.Response:
    body = {"snippet": {"title": "Light", **snippet}, "status": {"privacyStatus": "public"}}
    headers = {"Authorization": f"Bearer {LYS_TOKEN}", "X-Upload-Content-Length": str(size), "Slug": "a.mp4"}
    query = {"uploadType": "resumable", "part": "snippet,status"}
    return requests.post(
        f"{sandbox.youtube_url}/upload/youtube/v3/videos", params=query, json=body, headers=headers, timeout=5
    )


def put(uri: str, span: str, body: bytes = b"") -> requests.Response:
    headers = {"Authorization": f"Bearer {LYS_TOKEN}", "Content-Range": f"bytes {span}"}
    return requests.put(uri, data=body, headers=headers, timeout=5, allow_redirects=False)


def test_a_session_takes_what_follows_on_what_it_has_and_repeats_its_last_answer(sandbox: SandboxControl) -> None:
    uri, size = opened(sandbox, PIECE + 5).headers["Location"], PIECE + 5
    assert "Range" not in put(uri, f"*/{size}").headers
    assert "Range" not in put(uri, f"{PIECE}-{size - 1}/{size}", b"12345").headers, "a piece from further on"
    first = put(uri, f"0-{PIECE - 1}/{size}", b"x" * PIECE)
    assert (first.status_code, first.headers["Range"]) == (308, f"bytes=0-{PIECE - 1}")
    done = put(uri, f"{PIECE}-{size - 1}/{size}", b"12345")
    assert done.status_code == 201
    for repeated in (put(uri, f"*/{size}"), put(uri, f"{PIECE}-{size - 1}/{size}", b"12345")):
        assert (repeated.status_code, repeated.json()["id"]) == (200, done.json()["id"])
    assert len(sandbox.posts(LYS.id)) == 1


@pytest.mark.parametrize("span", ["0-99/1000000", "0-99/262149", "nonsense", "5-1/262149"])
def test_a_piece_that_makes_no_sense_is_refused(sandbox: SandboxControl, span: str) -> None:
    uri = opened(sandbox, PIECE + 5).headers["Location"]
    assert put(uri, span, b"x" * 100).status_code == 400


def test_a_session_lasts_a_week(sandbox: SandboxControl) -> None:
    uri = opened(sandbox, 5).headers["Location"]
    sandbox.clock(6 * DAY)
    assert put(uri, "*/5").status_code == 308
    sandbox.clock(8 * DAY)
    assert put(uri, "*/5").status_code == 404


@pytest.mark.parametrize(
    ("snippet", "reason"),
    [({"title": ""}, "invalidTitle"), ({"title": "a<b"}, "invalidTitle"), ({"tags": ["x" * 501]}, "invalidTags"),
     ({"description": "ø" * 2501}, "invalidDescription"), ({"categoryId": "fun"}, "invalidCategoryId")],
)  # fmt: skip
def test_words_are_checked_before_the_first_byte(sandbox: SandboxControl, snippet: dict[str, Any], reason: str) -> None:
    answer = opened(sandbox, 5, **snippet)
    assert (answer.status_code, answer.json()["error"]["errors"][0]["reason"]) == (400, reason)


def consented(sandbox: SandboxControl, **more: str) -> dict[str, list[str]]:
    form = {
        "client_id": "app", "redirect_uri": "http://127.0.0.1/back", "response_type": "code", "state": "s",
        "scope": "upload read", "decision": "allow", "account": LYS.id, "scope:upload": "on", **more,
    }  # fmt: skip
    page = f"{sandbox.youtube_url}/o/oauth2/v2/auth"
    answer = requests.post(page, data=form, timeout=5, allow_redirects=False)
    return parse_qs(urlsplit(answer.headers["Location"]).query)


def token(sandbox: SandboxControl, **form: str) -> requests.Response:
    return requests.post(f"{sandbox.youtube_url}/token", data=APP | form, timeout=5)


def test_a_person_consents_and_the_code_is_good_once(sandbox: SandboxControl) -> None:
    page = f"{sandbox.youtube_url}/o/oauth2/v2/auth?client_id=app&redirect_uri=http://127.0.0.1/back&scope=upload"
    assert "lys.film" in requests.get(page, timeout=5).text
    back = consented(sandbox)
    form = {"grant_type": "authorization_code", "code": back["code"][0], "redirect_uri": "http://127.0.0.1/back"}
    given = token(sandbox, **form).json()
    assert (given["scope"], given["expires_in"], "refresh_token" in given) == ("upload", 3599, True)
    assert token(sandbox, **form).json()["error"] == "invalid_grant"
    assert consented(sandbox, decision="deny") == {"error": ["access_denied"], "state": ["s"]}


def test_a_challenge_wants_its_verifier(sandbox: SandboxControl) -> None:
    back = consented(sandbox, code_challenge="E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM")
    form = {"grant_type": "authorization_code", "code": back["code"][0], "redirect_uri": "http://127.0.0.1/back"}
    assert token(sandbox, **form, code_verifier="wrong").json()["error"] == "invalid_grant"


def test_a_renewal_gives_no_new_refresh_token_and_revoking_ends_everything(sandbox: SandboxControl) -> None:
    renewing = {"grant_type": "refresh_token", "refresh_token": LYS_REFRESH_TOKEN}
    given = token(sandbox, **renewing).json()
    assert "refresh_token" not in given
    assert requests.post(f"{sandbox.youtube_url}/revoke", data={"token": LYS_REFRESH_TOKEN}, timeout=5).ok
    assert token(sandbox, **renewing).json()["error"] == "invalid_grant"
    assert opened(sandbox, 5).status_code == 401
