"""Google's own client against the sandbox: where the two disagree, the sandbox is wrong."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import googleapiclient  # type: ignore[import-untyped]
import pytest
from googleapiclient.discovery import build_from_document  # type: ignore[import-untyped]
from googleapiclient.errors import HttpError  # type: ignore[import-untyped]
from googleapiclient.http import MediaIoBaseUpload, build_http  # type: ignore[import-untyped]
from httplib2 import Http  # type: ignore[import-untyped]

from connectors.sandbox.client import SandboxControl, running_sandbox
from connectors.sandbox.platforms.youtube import LYS, LYS_TOKEN
from tests.connectors.sandbox.files import film, picture

PIECE = 256 * 1024
DISCOVERY = Path(googleapiclient.__file__).parent / "discovery_cache" / "documents" / "youtube.v3.json"
BODY = {"snippet": {"title": "Light", "categoryId": "22"}, "status": {"privacyStatus": "unlisted"}}


class Signed(Http):  # type: ignore[misc]
    """An HTTP client that brings the token along."""

    def request(self, uri: str, *args: Any, headers: dict[str, str] | None = None, **more: Any) -> Any:
        return super().request(uri, *args, headers={**(headers or {}), "Authorization": f"Bearer {LYS_TOKEN}"}, **more)


@pytest.fixture(scope="module")
def sandbox() -> Iterator[SandboxControl]:
    with running_sandbox(video_seconds=0.0) as control:
        yield control


@pytest.fixture
def youtube(sandbox: SandboxControl) -> Any:
    """The client as its discovery document builds it, at another root."""
    sandbox.reset()
    document = json.loads(DISCOVERY.read_text()) | {"rootUrl": f"{sandbox.youtube_url}/"}
    http = Signed(timeout=10)
    http.redirect_codes = build_http().redirect_codes  # 308 is no redirect
    return build_from_document(document, http=http)


def upload(size: int = 2 * PIECE + 1000) -> MediaIoBaseUpload:
    body = film()
    rest = size - len(body)
    body += rest.to_bytes(4, "big") + b"free" + bytes(rest - 8)
    return MediaIoBaseUpload(io.BytesIO(body), "video/mp4", chunksize=PIECE, resumable=True)


def test_it_uploads_a_video_in_pieces_and_reads_it_back(youtube: Any, sandbox: SandboxControl) -> None:
    request, done, progress = youtube.videos().insert(part="snippet,status", body=BODY, media_body=upload()), None, []
    while done is None:
        status, done = request.next_chunk()
        progress.append(status.resumable_progress if status else None)
    assert progress == [PIECE, 2 * PIECE, None]
    assert [post["id"] for post in sandbox.posts(LYS.id)] == [done["id"]]
    [row] = youtube.videos().list(part="snippet,status,fileDetails", id=done["id"]).execute()["items"]
    assert (row["snippet"]["title"], row["status"]["privacyStatus"]) == ("Light", "unlisted")
    assert row["fileDetails"]["fileSize"] == str(2 * PIECE + 1000)


def test_it_breaks_off_in_the_middle_and_resumes_where_the_sandbox_stands(
    youtube: Any, sandbox: SandboxControl
) -> None:
    request = youtube.videos().insert(part="snippet,status", body=BODY, media_body=upload())
    request.next_chunk()
    sandbox.fault("error_but_done", method="PUT", status=503)
    with pytest.raises(HttpError):
        request.next_chunk()
    _, done = request.next_chunk()
    assert request.resumable_progress == 2 * PIECE or done
    while done is None:
        _, done = request.next_chunk()
    assert len(sandbox.posts(LYS.id)) == 1
    assert len(sandbox.containers(LYS.id)) == 1


@pytest.mark.parametrize("cut", ["drop_before", "drop_after"])
def test_a_connection_that_breaks_costs_no_second_video(youtube: Any, sandbox: SandboxControl, cut: str) -> None:
    request = youtube.videos().insert(part="snippet,status", body=BODY, media_body=upload())
    request.next_chunk()
    sandbox.fault(cut, method="PUT")
    with pytest.raises(OSError):
        request.next_chunk()
    done = None
    while done is None:
        _, done = request.next_chunk()
    assert [post["id"] for post in sandbox.posts(LYS.id)] == [done["id"]]
    assert len(sandbox.containers(LYS.id)) == 1


def test_another_process_goes_on_where_the_first_one_stopped(youtube: Any, sandbox: SandboxControl) -> None:
    """With nothing but the session's address: what a client writes down before it dies."""
    first = youtube.videos().insert(part="snippet,status", body=BODY, media_body=upload())
    first.next_chunk()
    second = youtube.videos().insert(part="snippet,status", body=BODY, media_body=upload())
    second.resumable_uri, second._in_error_state = first.resumable_uri, True  # asks where the session stands
    done = None
    while done is None:
        _, done = second.next_chunk()
    assert len(sandbox.posts(LYS.id)) == len(sandbox.containers(LYS.id)) == 1
    [row] = youtube.videos().list(part="fileDetails", id=done["id"]).execute()["items"]
    assert row["fileDetails"]["fileSize"] == str(2 * PIECE + 1000)


def test_it_sets_a_thumbnail_and_fills_a_playlist(youtube: Any, sandbox: SandboxControl) -> None:
    video = youtube.videos().insert(part="snippet,status", body=BODY, media_body=upload()).execute()["id"]
    image = MediaIoBaseUpload(io.BytesIO(picture()), "image/jpeg")
    assert youtube.thumbnails().set(videoId=video, media_body=image).execute()["items"]
    snippet = {"playlistId": "PLlight000001", "resourceId": {"kind": "youtube#video", "videoId": video}}
    youtube.playlistItems().insert(part="snippet", body={"snippet": snippet}).execute()
    found = youtube.playlistItems().list(part="snippet", playlistId="PLlight000001", videoId=video).execute()["items"]
    assert [row["snippet"]["resourceId"]["videoId"] for row in found] == [video]


def test_it_finds_the_channel_its_uploads_and_their_numbers(youtube: Any, sandbox: SandboxControl) -> None:
    video = youtube.videos().insert(part="snippet,status", body=BODY, media_body=upload()).execute()["id"]
    [channel] = youtube.channels().list(part="id,contentDetails", mine=True).execute()["items"]
    uploads = channel["contentDetails"]["relatedPlaylists"]["uploads"]
    rows = youtube.playlistItems().list(part="contentDetails", playlistId=uploads).execute()["items"]
    assert [row["contentDetails"]["videoId"] for row in rows] == [video]
    numbers = youtube.videos().batchGetStats(part="id,statistics", id=[video, "AAAAAAAAAAA"]).execute()["items"]
    assert [row["id"] for row in numbers] == [video]


def test_it_reads_the_reason_of_a_refusal(youtube: Any, sandbox: SandboxControl) -> None:
    wrong = {**BODY, "snippet": {"title": "<"}}
    with pytest.raises(HttpError) as raised:
        youtube.videos().insert(part="snippet,status", body=wrong, media_body=upload()).execute()
    assert raised.value.error_details[0]["reason"] == "invalidTitle"
