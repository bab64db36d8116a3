"""The life of a container, and the one step that makes it public."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from typing import Any

import pytest

from connectors.sandbox.client import SandboxControl
from tests.connectors.sandbox.conftest import Api
from tests.connectors.sandbox.files import Files, film, picture


def codes(answer: dict[str, Any]) -> tuple[int, int]:
    return answer["error"]["code"], answer["error"].get("error_subcode", 0)


def test_a_picture_goes_live_with_the_bytes_and_words_that_were_sent(
    api: Api, sandbox: SandboxControl, jpeg: str
) -> None:
    answer = api.publish(api.container(image_url=jpeg, caption="Hello <world> #one @two"))
    [post] = sandbox.posts("fjord.supply")
    assert post["id"] == answer["id"] != post["container"]
    assert post["caption"] == "Hello <world> #one @two"
    assert post["media"][0]["sha256"] == sha256(picture()).hexdigest()


def test_a_carousel_keeps_its_order_and_counts_as_one_post(api: Api, sandbox: SandboxControl, files: Files) -> None:
    colours = ("red", "green", "blue")
    urls = [files.put(f"{colour}.jpg", picture(colour=colour)) for colour in colours]
    urls.append(files.put("end.mp4", film()))
    kinds = [{"image_url": url} for url in urls[:3]] + [{"media_type": "VIDEO", "video_url": urls[3]}]
    children = [api.container(is_carousel_item="true", **kind) for kind in kinds]
    media = api.publish(api.container(media_type="CAROUSEL", children=",".join(children), caption="Four"))["id"]
    [post] = sandbox.posts()
    assert [part["sha256"] for part in post["media"][:3]] == [sha256(picture(colour=c)).hexdigest() for c in colours]
    seen = api.get(media, fields="media_type,media_product_type,children{media_type}")
    assert (seen["media_type"], seen["media_product_type"]) == ("CAROUSEL_ALBUM", "FEED")
    assert [child["media_type"] for child in seen["children"]["data"]] == ["IMAGE", "IMAGE", "IMAGE", "VIDEO"]


def test_a_film_is_in_progress_until_it_was_fetched_and_processed(api: Api, sandbox: SandboxControl, mp4: str) -> None:
    sandbox.settings(video_seconds=30.0)
    reel = api.container(media_type="REELS", video_url=mp4)
    assert api.get(reel, fields="status_code")["status_code"] == "IN_PROGRESS"
    assert codes(api.post(f"{api.account}/media_publish", creation_id=reel)) == (9007, 2207027)
    sandbox.clock(31)
    media = api.publish(reel)["id"]
    seen = api.get(media, fields="media_type,media_product_type,permalink,shortcode")
    assert (seen["media_type"], seen["media_product_type"]) == ("VIDEO", "REELS")
    assert seen["permalink"] == f"{sandbox.url}/reel/{seen['shortcode']}/"


def test_publishing_a_container_again_is_refused_and_makes_no_second_post(
    api: Api, sandbox: SandboxControl, jpeg: str
) -> None:
    container = api.container(image_url=jpeg)
    assert "id" in api.publish(container)
    assert codes(api.publish(container)) == (9007, 2207027)
    assert api.status(container) == "PUBLISHED"
    assert len(sandbox.posts()) == 1


def test_of_ten_publishes_at_once_one_makes_a_post(api: Api, sandbox: SandboxControl, jpeg: str) -> None:
    container = api.container(image_url=jpeg)
    callers = [Api(api.base, api.account, api.token) for _ in range(10)]
    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(lambda caller: caller.publish(container), callers))
    assert sum("id" in answer for answer in answers) == 1
    assert len(sandbox.posts()) == 1


def test_a_container_expires_after_24_hours(api: Api, sandbox: SandboxControl, jpeg: str) -> None:
    container = api.container(image_url=jpeg)
    sandbox.clock(86401)
    assert api.status(container) == "EXPIRED"
    assert codes(api.publish(container)) == (-2, 2207020)


def test_the_quota_is_a_rolling_day_and_one_more_is_refused(api: Api, sandbox: SandboxControl, jpeg: str) -> None:
    sandbox.change_account(api.account, quota_total=2)
    for _ in range(2):
        assert "id" in api.publish(api.container(image_url=jpeg))
    assert codes(api.publish(api.container(image_url=jpeg))) == (9, 2207042)
    sandbox.clock(86400)
    assert "id" in api.publish(api.container(image_url=jpeg))
    assert len(sandbox.posts()) == 3


def test_containers_are_counted_too(api: Api, sandbox: SandboxControl, jpeg: str) -> None:
    sandbox.change_account(api.account, containers_total=2)
    for _ in range(2):
        api.container(image_url=jpeg)
    assert codes(api.post(f"{api.account}/media", image_url=jpeg)) == (4, 0)


def test_nobody_publishes_or_sees_another_accounts_container(api: Api, page_api: Api, jpeg: str) -> None:
    container = api.container(image_url=jpeg)
    assert codes(page_api.get(container, fields="status_code")) == (100, 33)
    assert codes(page_api.post(f"{page_api.account}/media_publish", creation_id=container)) == (24, 2207006)


def test_what_is_wrong_with_a_picture_is_the_answer_to_the_call_that_names_it(api: Api, files: Files) -> None:
    def refusal(name: str, body: bytes, **options: Any) -> tuple[int, int]:
        return codes(api.post(f"{api.account}/media", image_url=files.put(name, body, **options)))

    assert refusal("a.jpg", picture(form="PNG")) == (36001, 2207005)
    assert refusal("a.jpg", film(), kind="video/mp4") == (36001, 2207005)
    assert refusal("a.jpg", picture(2000, 1000)) == (36003, 2207009)
    assert refusal("a.jpg", picture(1000, 1300)) == (36003, 2207009)
    assert refusal("a.jpg", picture() + b"\0" * 8 * 1024 * 1024) == (36000, 2207004)
    assert refusal("a.jpg", picture(), kind="text/html") == (9004, 2207052)
    assert refusal("a.jpg", picture(), status=404) == (9004, 2207052)
    assert refusal("a.jpg", b"", status=302, headers={"Location": files.put("b.jpg", picture())}) == (9004, 2207052)


def test_a_picture_that_takes_too_long_is_a_timeout(api: Api, sandbox: SandboxControl, files: Files) -> None:
    sandbox.settings(fetch_seconds=0.05)
    url = files.put("slow.jpg", picture(), delay=0.3)
    assert codes(api.post(f"{api.account}/media", image_url=url)) == (-2, 2207003)


@pytest.mark.parametrize(
    "body",
    [film(seconds=1), film(moov_first=False), film(fps=15), film(codec="mpeg4"), picture()],
    ids=["short", "moov last", "few frames", "codec", "no film"],
)
def test_what_is_wrong_with_a_film_is_the_containers_status(api: Api, files: Files, body: bytes) -> None:
    reel = api.container(media_type="REELS", video_url=files.put("bad.mp4", body))
    assert api.status(reel) == "ERROR"
    assert api.get(reel, fields="status")["status"] == "Error: Media upload has failed with error code 2207026"
    assert codes(api.publish(reel)) == (-1, 2207032)


def test_a_carousel_with_a_broken_child_is_broken(api: Api, files: Files, jpeg: str) -> None:
    bad = api.container(
        media_type="VIDEO", is_carousel_item="true", video_url=files.put("bad.mp4", film(moov_first=False))
    )
    good = api.container(is_carousel_item="true", image_url=jpeg)
    assert api.status(api.container(media_type="CAROUSEL", children=f'["{good}","{bad}"]')) == "ERROR"


def test_a_carousel_takes_only_living_children_of_its_own(api: Api, jpeg: str) -> None:
    child, alone = api.container(is_carousel_item="true", image_url=jpeg), api.container(image_url=jpeg)
    assert codes(api.post(f"{api.account}/media", media_type="CAROUSEL", children=child)) == (100, 2207028)
    assert codes(api.post(f"{api.account}/media", media_type="CAROUSEL", children=f"{child},{alone}")) == (100, 2207028)
    assert codes(api.post(f"{api.account}/media", media_type="CAROUSEL", children=f"{child},1")) == (24, 2207008)
    assert codes(api.publish(child)) == (100, 2207028)


def test_with_the_check_switched_off_nothing_is_fetched(api: Api, sandbox: SandboxControl) -> None:
    sandbox.settings(check_media=False)
    assert "id" in api.publish(api.container(image_url="http://127.0.0.1:9/a.jpg"))
    assert "id" in api.publish(api.container(media_type="REELS", video_url="http://127.0.0.1:9/a.mp4"))
    assert len(sandbox.posts()) == 2


def test_a_story_is_listed_apart_and_for_a_day(api: Api, sandbox: SandboxControl, files: Files) -> None:
    url = files.put("story.jpg", picture(1080, 1920))
    media = api.publish(api.container(media_type="STORIES", image_url=url))["id"]
    assert [post["id"] for post in api.get(f"{api.account}/stories")["data"]] == [media]
    assert api.get(f"{api.account}/media")["data"] == []
    sandbox.clock(86401)
    assert api.get(f"{api.account}/stories")["data"] == []
    assert codes(api.get(media)) == (100, 33)
