"""The format studio in a browser: a picture becomes a reel that plays, in review again."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser import pages
from tests.browser.conftest import Open
from tests.browser.demo import Demo

pytestmark = pytest.mark.browser

TITLE = "Kettle at dawn"


def test_a_picture_becomes_a_reel_that_plays_in_review(demo: Demo, open_page: Open) -> None:
    page = open_page("creator")
    pages.send_in(page, demo, TITLE, "image", "Kettle at dawn", pages.jpeg("kettle"))
    page.locator("details.use-in summary").first.click()
    page.get_by_role("link", name="Reel").first.click()
    page.get_by_label("Seconds").first.fill("3")
    page.get_by_role("button", name="Make it").click()
    expect(page.get_by_role("heading", name="State")).to_be_attached()
    made = page.get_by_role("link", name="Look at round 2")
    expect(made).to_be_visible(timeout=90_000)  # it renders frame by frame, beside everything else on this machine
    made.click()
    film = page.locator("#stage video")
    film.click()
    page.wait_for_function("() => document.querySelector('#stage video').currentTime > 0.2")
    assert film.evaluate("film => film.videoWidth > 0 && film.videoHeight > film.videoWidth && !film.error")
    assert demo.status(demo.version(TITLE)) == "in_review"
