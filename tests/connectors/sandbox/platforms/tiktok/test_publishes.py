"""What the sandbox's TikTok promises on the wire: to any client, not to ours."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pytest
import requests

from connectors.sandbox.client import SandboxControl
from tests.connectors.sandbox.files import Files, film, picture

BODY = film(width=360, height=640)
PRIVATE, PUBLIC = "SELF_ONLY", "PUBLIC_TO_EVERYONE"


@dataclass
class Client:
    """A caller that knows no more than the API's pages say."""

    base: str
    token: str

    def ask(self, path: str, body: Mapping[str, Any], fields: str = "") -> requests.Response:
        return requests.post(
            f"{self.base}/v2/{path}/", json=body, headers={"Authorization": f"Bearer {self.token}"}, timeout=10,
            params={"fields": fields} if fields else None,
        )  # fmt: skip

    def code(self, path: str, body: Mapping[str, Any], fields: str = "") -> tuple[int, str]:
        answer = self.ask(path, body, fields)
        return answer.status_code, answer.json()["error"]["code"]

    def data(self, path: str, body: Mapping[str, Any], fields: str = "") -> dict[str, Any]:
        answer = self.ask(path, body, fields).json()
        assert answer["error"]["code"] == "ok", answer
        found: dict[str, Any] = answer["data"]
        return found

    def open(self, size: int = len(BODY), chunk: int = 0, **info: Any) -> dict[str, Any]:
        return self.data("post/publish/video/init", init(size, chunk, **info))

    def status(self, publish_id: str) -> dict[str, Any]:
        """Once it is no longer processed."""
        end = time.monotonic() + 5
        while (found := self.data("post/publish/status/fetch", {"publish_id": publish_id}))["status"].startswith(
            "PROC"
        ):
            if found.get("uploaded_bytes", 0) < len(BODY) and "uploaded_bytes" in found:
                break
            assert time.monotonic() < end
            time.sleep(0.02)
        return found


def init(size: int = len(BODY), chunk: int = 0, **info: Any) -> dict[str, Any]:
    chunk = chunk or size
    source = {
        "source": "FILE_UPLOAD", "video_size": size, "chunk_size": chunk, "total_chunk_count": max(size // chunk, 1),
    }  # fmt: skip
    return {"post_info": {"privacy_level": PUBLIC, "title": "Wool", **info}, "source_info": source}


def put(url: str, start: int, piece: bytes, headers: Mapping[str, str] | None = None) -> requests.Response:
    ranged = {"Content-Type": "video/mp4", "Content-Range": f"bytes {start}-{start + len(piece) - 1}/{len(BODY)}"}
    return requests.put(url, data=piece, headers=ranged | dict(headers or {}), timeout=10)


@pytest.fixture
def control(sandbox: SandboxControl) -> SandboxControl:
    sandbox.settings(
        tiktok_chunk_min=1000, call_limits=True, creator_seconds=0.0, tiktok_prefixes="", tiktok_lists_photos=False
    )
    return sandbox


@pytest.fixture
def client(control: SandboxControl) -> Client:
    return Client(control.tiktok_url, "sandbox-token-fjord-films")


# --- Opening ---


def test_the_demo_account_may_post(client: Client) -> None:
    info = client.data("post/publish/creator_info/query", {})
    assert info["creator_username"] == "fjord.films"
    assert info["privacy_level_options"] == [PUBLIC, "MUTUAL_FOLLOW_FRIENDS", PRIVATE]


@pytest.mark.parametrize(
    "source",
    [
        {"chunk_size": len(BODY) - 1},
        {"total_chunk_count": 2},
        {"chunk_size": 999, "total_chunk_count": len(BODY) // 999},
        {"video_size": "7"},
        {"video_size": 0},
    ],
)
def test_a_plan_that_breaks_the_floor_rule_is_refused(source: dict[str, Any], client: Client) -> None:
    body = init()
    body["source_info"] |= source
    assert client.code("post/publish/video/init", body) == (400, "invalid_params")


@pytest.mark.parametrize(
    ("info", "answer"),
    [
        ({"privacy_level": "EVERYBODY"}, (403, "privacy_level_option_mismatch")),
        ({"title": "x" * 2201}, (400, "invalid_params")),
        ({"title": "🧶" * 1101}, (400, "invalid_params")),
        ({"is_aigc": "yes"}, (400, "invalid_params")),
        ({"privacy_level": PRIVATE, "brand_content_toggle": True}, (400, "invalid_params")),
    ],
)
def test_a_post_that_breaks_a_rule_is_refused(info: dict[str, Any], answer: tuple[int, str], client: Client) -> None:
    assert client.code("post/publish/video/init", init(**info)) == answer


def test_a_dead_token_and_an_unknown_publish_have_their_words(client: Client) -> None:
    assert client.code("post/publish/status/fetch", {"publish_id": "x"}) == (400, "invalid_publish_id")
    client.token = "nobody"
    assert client.code("post/publish/creator_info/query", {}) == (401, "access_token_invalid")


def test_a_publish_of_another_account_is_not_told(client: Client, control: SandboxControl) -> None:
    opened = client.open()
    client.token = control.add_account("somebody", platform="tiktok", login="tiktok")["token"]
    answer = client.code("post/publish/status/fetch", {"publish_id": opened["publish_id"]})
    assert answer == (400, "token_not_authorized_for_specified_publish_id")


def test_calls_a_minute_are_counted(client: Client) -> None:
    for _ in range(6):
        client.open()
    assert client.code("post/publish/video/init", init()) == (429, "rate_limit_exceeded")


def test_a_cap_is_answered_with_200_by_creator_info_and_with_403_by_init(control: SandboxControl) -> None:
    made = control.add_account("full", platform="tiktok", login="tiktok", quota_total=0)
    client = Client(control.tiktok_url, made["token"])
    assert client.code("post/publish/creator_info/query", {}) == (200, "spam_risk_too_many_posts")
    assert client.code("post/publish/video/init", init()) == (403, "spam_risk_too_many_posts")


def test_five_drafts_may_wait(control: SandboxControl, files: Files) -> None:
    control.settings(call_limits=False)
    made = control.add_account("drafts", platform="tiktok", login="tiktok")
    client = Client(control.tiktok_url, made["token"])
    body = {"source_info": {"source": "PULL_FROM_URL", "video_url": files.put("film.mp4", BODY)}}
    for _ in range(5):
        opened = client.data("post/publish/inbox/video/init", body)
    assert client.status(opened["publish_id"])["status"] == "SEND_TO_USER_INBOX"
    assert client.code("post/publish/inbox/video/init", body) == (403, "spam_risk_too_many_pending_share")
    assert control.posts("drafts", hidden=True) == []


# --- Bytes ---


def test_chunks_have_to_follow_each_other_and_the_last_one_posts(client: Client, control: SandboxControl) -> None:
    size, chunk = len(BODY), 2000
    opened = client.open(chunk=chunk)
    last = (size // chunk - 1) * chunk
    assert put(opened["upload_url"], chunk, BODY[chunk : 2 * chunk]).status_code == 416
    for start in range(0, last, chunk):
        answer = put(opened["upload_url"], start, BODY[start : start + chunk])
        assert (answer.status_code, answer.headers["Content-Range"]) == (206, f"bytes 0-{start + chunk - 1}/{size}")
    assert client.status(opened["publish_id"]) == {"status": "PROCESSING_UPLOAD", "uploaded_bytes": last}
    assert control.posts() == []
    assert put(opened["upload_url"], last, BODY[last:]).status_code == 201
    status = client.status(opened["publish_id"])
    [post] = control.posts()
    assert (status["status"], status["publicaly_available_post_id"]) == ("PUBLISH_COMPLETE", [int(post["id"])])


def test_the_same_last_chunk_again_makes_no_second_post(client: Client, control: SandboxControl) -> None:
    opened = client.open()
    assert put(opened["upload_url"], 0, BODY).status_code == 201
    assert put(opened["upload_url"], 0, BODY).status_code == 416
    client.status(opened["publish_id"])
    assert len(control.posts()) == 1


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Content-Range": "bytes 0-1/7"}, 400),
        ({"Content-Range": "nonsense"}, 400),
        ({"Content-Type": "text/plain"}, 400),
        ({"Authorization": "Bearer sandbox-token-fjord-films"}, 400),
    ],
)
def test_a_chunk_that_is_not_as_agreed_is_refused(headers: dict[str, str], status: int, client: Client) -> None:
    assert put(client.open()["upload_url"], 0, BODY, headers).status_code == status


def test_an_uploads_address_is_a_secret_and_lives_for_an_hour(client: Client, control: SandboxControl) -> None:
    url = client.open()["upload_url"]
    assert put(url[:-4], 0, BODY).status_code == 404
    assert "upload_token" not in str(control.calls(method="PUT")).replace("'upload_token': '•••'", "")
    control.clock(3601)
    assert put(url, 0, BODY).status_code == 403
    assert control.posts() == []


# --- By address ---


def photos(urls: list[str], **changes: Any) -> dict[str, Any]:
    source = {"source": "PULL_FROM_URL", "photo_images": urls, "photo_cover_index": 0}
    info = {"privacy_level": PUBLIC, "description": "Two looks"}
    return {"media_type": "PHOTO", "post_mode": "DIRECT_POST", "post_info": info, "source_info": source} | changes


def test_photos_are_really_fetched_and_one_bad_one_fails_all(
    client: Client, control: SandboxControl, files: Files
) -> None:
    good = files.put("good.jpg", picture())
    opened = client.data("post/publish/content/init", photos([good, good]))
    assert client.status(opened["publish_id"])["status"] == "PUBLISH_COMPLETE"
    for name, reason in (("missing.jpg", "photo_pull_failed"), ("wide.jpg", "picture_size_check_failed")):
        url = files.put("wide.jpg", picture(1200, 1200)) if name == "wide.jpg" else f"{files.address}/{name}"
        opened = client.data("post/publish/content/init", photos([good, url]))
        status = client.status(opened["publish_id"])
        assert (status["status"], status["fail_reason"]) == ("FAILED", reason)
    png = files.put("a.png", picture(form="PNG"), kind="image/png")
    opened = client.data("post/publish/content/init", photos([png]))
    assert client.status(opened["publish_id"])["fail_reason"] == "file_format_check_failed"
    assert len(control.posts()) == 1


@pytest.mark.parametrize("urls", [[], ["x"], ["http://media.example/1.jpg"], ["https://a.example/1.jpg"] * 36])
def test_addresses_are_whole_over_https_and_not_too_many(urls: list[str], client: Client) -> None:
    assert client.code("post/publish/content/init", photos(urls)) == (400, "invalid_params")


def test_addresses_have_to_be_verified(client: Client, control: SandboxControl) -> None:
    control.settings(tiktok_prefixes="https://cdn.example/m/")
    body = photos(["https://cdn.example/other/1.jpg"])
    assert client.code("post/publish/content/init", body) == (403, "url_ownership_unverified")


# --- What is told ---


def test_an_id_is_told_of_public_posts_once_they_are_through_moderation(
    client: Client, control: SandboxControl
) -> None:
    control.fault("list_lag", method="PUT", seconds=3600)
    opened = client.open()
    put(opened["upload_url"], 0, BODY)
    assert client.status(opened["publish_id"])["publicaly_available_post_id"] == []
    control.clock(3700)
    assert client.status(opened["publish_id"])["publicaly_available_post_id"] != []


def test_lists_show_public_films_alone(client: Client, control: SandboxControl, files: Files) -> None:
    for privacy in (PUBLIC, PRIVATE):
        opened = client.open(privacy_level=privacy, title=f"For {privacy} {'x' * 200}")
        put(opened["upload_url"], 0, BODY)
        client.status(opened["publish_id"])
    url = files.put("good.jpg", picture())
    client.status(client.data("post/publish/content/init", photos([url]))["publish_id"])
    [row] = client.data("video/list", {"max_count": 20}, "id,title,create_time,duration,share_url")["videos"]
    assert len(row["title"]) == 150 and row["duration"] == 3
    everything = [post["id"] for post in control.posts()]
    found = client.data("video/query", {"filters": {"video_ids": everything}}, "id,view_count")["videos"]
    assert [video["id"] for video in found] == [row["id"]]
    assert client.code("video/query", {"filters": {"video_ids": everything}}) == (400, "invalid_params")


def test_a_post_can_be_seen_where_its_link_leads_and_a_private_one_is_marked(
    client: Client, control: SandboxControl
) -> None:
    opened = client.open(privacy_level=PRIVATE)
    put(opened["upload_url"], 0, BODY)
    client.status(opened["publish_id"])
    [post] = control.posts()
    page = requests.get(post["permalink"], timeout=5)
    assert page.status_code == 200 and "Only me" in page.text
    assert post["permalink"].endswith(f"/@fjord.films/video/{post['id']}")


def test_a_refusal_on_order_is_in_tiktoks_words(client: Client, control: SandboxControl) -> None:
    control.fault("refuse", path="creator_info", word="reached_active_user_cap", status=200)
    assert client.code("post/publish/creator_info/query", {}) == (200, "reached_active_user_cap")
    control.fault("error_but_done", path="video/init", status=400)
    assert client.code("post/publish/video/init", init()) == (400, "internal_error")
