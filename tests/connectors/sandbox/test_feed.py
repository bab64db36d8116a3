"""What a person sees."""

from __future__ import annotations

import requests

from connectors.sandbox.client import SandboxControl
from tests.connectors.sandbox.conftest import Api
from tests.connectors.sandbox.files import film, picture


def page(sandbox: SandboxControl, path: str) -> requests.Response:
    return requests.get(sandbox.url + path, timeout=5)


def test_an_empty_feed_says_what_will_appear_and_that_nothing_leaves_the_machine(sandbox: SandboxControl) -> None:
    text = page(sandbox, "/").text
    assert "Nothing is live yet" in text
    assert "nothing here left this machine" in text


def test_a_post_is_shown_with_its_picture_and_words_on_feed_profile_and_own_page(
    api: Api, sandbox: SandboxControl, jpeg: str
) -> None:
    api.publish(api.container(image_url=jpeg, caption="Wool & <b>wax</b> #wool @nord.kaffe"))
    [post] = sandbox.posts()
    for path in ("/", "/fjord.supply", post["path"]):
        text = page(sandbox, path).text
        assert "Wool &amp; &lt;b&gt;wax&lt;/b&gt; <span>#wool</span> <span>@nord.kaffe</span>" in text
        assert f"/media/{post['media'][0]['sha256']}" in text
    assert page(sandbox, f"/media/{post['media'][0]['sha256']}").content == picture()
    assert "Wool" not in page(sandbox, "/nord.kaffe").text


def test_a_reel_plays_from_the_kept_copy_piece_by_piece(api: Api, sandbox: SandboxControl, mp4: str) -> None:
    api.publish(api.container(media_type="REELS", video_url=mp4))
    [post] = sandbox.posts()
    address = f"{sandbox.url}/media/{post['media'][0]['sha256']}"
    assert "<video" in page(sandbox, post["path"]).text
    piece = requests.get(address, headers={"Range": "bytes=10-19"}, timeout=5)
    assert (piece.status_code, piece.content) == (206, film()[10:20])
    assert piece.headers["Content-Range"] == f"bytes 10-19/{len(film())}"
    assert requests.get(address, headers={"Range": "bytes=99999999-"}, timeout=5).status_code == 416


def test_what_does_not_exist_or_was_deleted_is_not_available(page_api: Api, sandbox: SandboxControl, jpeg: str) -> None:
    media = page_api.publish(page_api.container(image_url=jpeg))["id"]
    [post] = sandbox.posts()
    page_api.ask("DELETE", media)
    for path in (post["path"], "/p/nothing/", "/nobody", f"/media/{'0' * 64}", "/media/../ledger.sqlite3"):
        assert page(sandbox, path).status_code == 404


def test_the_feed_only_reads(sandbox: SandboxControl) -> None:
    assert requests.post(sandbox.url + "/", timeout=5).status_code == 405


def test_older_posts_are_on_further_pages(api: Api, sandbox: SandboxControl) -> None:
    sandbox.settings(check_media=False)
    sandbox.change_account(api.account, quota_total=100)
    for number in range(32):
        api.publish(api.container(image_url="http://127.0.0.1:9/a.jpg", caption=f"Number {number}."))
    first = page(sandbox, "/").text
    assert "Number 31." in first
    assert "Number 1." not in first
    assert "not fetched" in first.lower()
    link = first.split('class="older"><a href="')[1].split('"')[0]
    assert "Number 1." in page(sandbox, link).text
