"""Meta's own client against the sandbox: where the two disagree, the sandbox is wrong."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest
from facebook_business.adobjects.iguser import IGUser
from facebook_business.adobjects.page import Page
from facebook_business.adobjects.user import User
from facebook_business.api import FacebookAdsApi, FacebookResponse
from facebook_business.exceptions import FacebookRequestError
from facebook_business.session import FacebookSession

from connectors.sandbox.client import SandboxControl, running_sandbox
from tests.connectors.sandbox.files import Files, file_server, film, picture

SECRET = "app-secret-of-the-sandbox"
CAPTION = "Autumn linen, by @weaver\nWoven in Bergen 🧶 #linen & more = 100 %"


@pytest.fixture(scope="module")
def one_sandbox() -> Iterator[SandboxControl]:
    with running_sandbox(image_seconds=0.05, video_seconds=0.1) as control:
        yield control


@pytest.fixture(scope="module")
def files() -> Iterator[Files]:
    with file_server() as served:
        yield served


@pytest.fixture
def sandbox(one_sandbox: SandboxControl) -> SandboxControl:
    one_sandbox.reset()
    one_sandbox.settings(app_secret=SECRET)
    return one_sandbox


@pytest.fixture
def account(sandbox: SandboxControl) -> dict[str, Any]:
    return sandbox.add_account("linen.films", login="facebook")


def api(sandbox: SandboxControl, token: str) -> FacebookAdsApi:
    """The client as an app has it that proves its calls, at another root."""
    session = FacebookSession("app", SECRET, token, timeout=10)
    session.GRAPH = sandbox.facebook_url
    session.requests.trust_env = False
    return FacebookAdsApi(session)


@pytest.fixture
def user(sandbox: SandboxControl, account: dict[str, Any]) -> IGUser:
    return IGUser(account["id"], api=api(sandbox, account["token"]))


def ready(user: IGUser, container: str) -> str:
    """Ask for the container's status until it is made."""
    for _ in range(100):
        answer: FacebookResponse = user.get_api().call("GET", (container,), params={"fields": "status_code,status"})
        word: str = answer.json()["status_code"]
        if word != "IN_PROGRESS":
            return word
        time.sleep(0.02)
    raise AssertionError("The container stays in progress.")


def published(user: IGUser, container: Any) -> dict[str, Any]:
    assert ready(user, container["id"]) == "FINISHED"
    media = user.create_media_publish(params={"creation_id": container["id"]})
    shown: dict[str, Any] = media.api_get(
        fields=["caption", "media_type", "media_product_type", "permalink", "timestamp", "username", "owner"]
    ).export_all_data()
    return shown


def test_it_publishes_an_image_and_reads_it_back(user: IGUser, sandbox: SandboxControl, files: Files) -> None:
    image = user.create_media(
        params={
            "image_url": files.put("a.jpg", picture()), "caption": CAPTION, "alt_text": "A linen overshirt",
            "user_tags": [{"username": "weaver", "x": 0.5, "y": 0.25}],
        }
    )  # fmt: skip
    shown = published(user, image)
    [live] = sandbox.posts(user["id"])
    assert (live["id"], live["caption"], live["permalink"]) == (shown["id"], CAPTION, shown["permalink"])
    assert (shown["media_type"], shown["media_product_type"], shown["username"]) == ("IMAGE", "FEED", "linen.films")
    assert shown["caption"] == CAPTION


def test_it_publishes_a_carousel_of_pictures_and_a_film_in_their_order(
    user: IGUser, sandbox: SandboxControl, files: Files
) -> None:
    media = [
        {"image_url": files.put("a.jpg", picture(colour="teal"))},
        {"media_type": "VIDEO", "video_url": files.put("b.mp4", film())},
        {"image_url": files.put("c.jpg", picture(colour="orange"))},
    ]
    children = [user.create_media(params={**medium, "is_carousel_item": True}) for medium in media]
    assert [ready(user, child["id"]) for child in children] == ["FINISHED"] * 3
    ids = [child["id"] for child in children]
    parent = user.create_media(params={"media_type": "CAROUSEL", "children": ids, "caption": CAPTION})
    shown = published(user, parent)
    [live] = sandbox.posts(user["id"])
    assert (shown["media_type"], live["caption"]) == ("CAROUSEL_ALBUM", CAPTION)
    assert [medium["type"] for medium in live["media"]] == ["image", "video", "image"]


def test_it_publishes_a_reel_and_asks_how_much_is_left(user: IGUser, sandbox: SandboxControl, files: Files) -> None:
    reel = user.create_media(
        params={
            "media_type": "REELS",
            "video_url": files.put("a.mp4", film()),
            "share_to_feed": True,
            "thumb_offset": 0,
        }
    )
    assert published(user, reel)["media_product_type"] == "REELS"
    [limit] = user.get_content_publishing_limit(fields=["config", "quota_usage"])
    assert limit["quota_usage"] == 1 and limit["config"]["quota_total"] >= 1


def test_it_pages_through_what_is_published(user: IGUser, sandbox: SandboxControl, files: Files) -> None:
    made = []
    for colour in ("teal", "orange", "black"):
        made.append(
            published(user, user.create_media(params={"image_url": files.put(f"{colour}.jpg", picture(colour=colour))}))
        )
    found = [media["id"] for media in user.get_media(fields=["timestamp"], params={"limit": 1})]
    assert sorted(found) == sorted(media["id"] for media in made)
    first = user.get_api().call("GET", (user["id"], "media"), params={"limit": 2}).json()
    following = user.get_api().call("GET", first["paging"]["next"]).json()  # a whole address, which clients may follow
    assert sorted(row["id"] for row in first["data"] + following["data"]) == sorted(found)


def test_it_finds_the_page_and_its_instagram_account(sandbox: SandboxControl, account: dict[str, Any]) -> None:
    me = User("me", api=api(sandbox, account["user_token"]))
    [page] = me.get_accounts(fields=["name", "access_token", "tasks", "instagram_business_account"])
    assert isinstance(page, Page) and "CREATE_CONTENT" in page["tasks"]
    assert page["instagram_business_account"]["id"] == account["id"]
    assert page["access_token"] == account["token"]


def test_it_reads_code_subcode_and_sentence_of_a_refusal(user: IGUser, files: Files) -> None:
    url = files.put("a.png", picture(form="PNG"))
    with pytest.raises(FacebookRequestError) as raised:
        user.create_media(params={"image_url": url})
    assert (raised.value.api_error_code(), raised.value.api_error_subcode()) == (36001, 2207005)
    assert raised.value.api_error_type() and raised.value.body()["error"]["fbtrace_id"]
    assert raised.value.api_transient_error() is False


def test_a_container_is_published_once(user: IGUser, sandbox: SandboxControl, files: Files) -> None:
    image = user.create_media(params={"image_url": files.put("a.jpg", picture())})
    published(user, image)
    with pytest.raises(FacebookRequestError):
        user.create_media_publish(params={"creation_id": image["id"]})
    assert len(sandbox.posts(user["id"])) == 1


def test_a_call_that_another_secret_proves_is_refused(sandbox: SandboxControl, account: dict[str, Any]) -> None:
    session = FacebookSession("app", "another secret", account["token"], timeout=10)
    session.GRAPH = sandbox.facebook_url
    with pytest.raises(FacebookRequestError, match="appsecret_proof"):
        IGUser(account["id"], api=FacebookAdsApi(session)).get_media()
