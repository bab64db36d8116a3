"""From content in review to a live post, in a real browser against the real processes. In this order."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, LiteralString
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import pytest
import requests
from playwright.sync_api import Page, expect

from tests.browser import pages
from tests.browser.conftest import Open, Plan
from tests.browser.demo import Demo

pytestmark = pytest.mark.browser
ZURICH = ZoneInfo("Europe/Zurich")


def test_1_whoever_signs_in_finds_all_that_waits_with_its_picture_slot_and_words(demo: Demo, open_page: Open) -> None:
    page = open_page("")
    pages.sign_in(page, demo, "manager")
    rows = page.locator("nav.queue .entry[id]")
    formats = []
    for key in [str(row.get_attribute("id")) for row in rows.all()]:
        page.locator(f"#{key} a").first.click()
        stage = page.locator(f'[data-version="{key.removeprefix("q-")}"]')
        assert pages.shown(page.locator(f"#{key} img"))
        expect(stage.locator(".caption")).to_contain_text("a")
        expect(stage.locator(".facts")).to_contain_text("Europe/Zurich")
        expect(stage.locator(".facts")).to_contain_text(re.compile("fjord.supply|fjord.films|lys.film"))
        expect(stage.locator(".facts")).to_contain_text("(sandbox)")
        expect(stage.locator(".facts dt", has_text="Angle")).to_be_visible()
        formats.append(stage.locator(".facts dt:text('Format') + dd").inner_text().split(" (")[0])
    assert len(formats) >= 8
    assert formats.count("Image, 1 image") >= 6
    assert formats.count("Carousel, 4 images") == 1
    assert sum(one.startswith("Reel, 1 video") for one in formats) == 1


def test_1_a_carousel_is_stepped_through_slide_by_slide(demo: Demo, open_page: Open) -> None:
    page = open_page()
    stage = pages.review(page, demo, demo.version("Four linens"))
    slides = stage.locator(".reel img")
    assert slides.count() == 4
    stage.locator(".gallery").hover()
    for number in (2, 3, 4):
        stage.get_by_role("button", name="Next media").click()
        expect(stage.locator(".dots a[aria-current]")).to_have_text(f"{number} of 4")
        assert pages.shown(slides.nth(number - 1))
    page.keyboard.press("ArrowLeft")
    expect(stage.locator(".dots a[aria-current]")).to_have_text("3 of 4")


def test_1_a_reel_plays(demo: Demo, open_page: Open) -> None:
    page = open_page()
    film = pages.review(page, demo, demo.version("Night train north")).locator("video")
    film.click()
    page.wait_for_function("() => document.querySelector('#stage video').currentTime > 0.2")
    assert film.evaluate("film => film.videoWidth > 0 && !film.error")


def test_4_what_is_scheduled_stands_on_the_board_with_its_minute(demo: Demo, planned: Plan, open_page: Open) -> None:
    """Early, so that the minute comes while the other tests run; test_the_minute.py looks what became of it."""
    page = open_page()
    pages.open_panel(page, demo, planned.version)
    on_board = page.locator(f'#column-scheduled [data-version="{planned.version}"]')
    expect(on_board.or_(pages.card(page, planned.version, "live"))).to_be_visible()
    stored = demo.sql("SELECT scheduled_at FROM publishing_post WHERE version_id = %s", planned.version)
    assert stored == [(planned.at,)]
    clock = f"{planned.at.astimezone(ZURICH):%H:%M}"
    expect(page.locator(".panel .line li", has_text="scheduled")).to_contain_text(clock)


def test_2_what_is_accepted_is_approved_locked_and_sealed_and_stands_on_the_board(demo: Demo, open_page: Open) -> None:
    page, version = open_page(), demo.version("Overshirt in moss")
    pages.accept(page, demo, version)
    expect(page.locator(f"#q-{version}")).to_have_count(0)
    stage = pages.review(page, demo, version)
    expect(stage.locator(".chip").first).to_have_text("Approved")
    expect(stage.locator(".bar")).to_contain_text("Decided: nothing more to do here.")
    expect(stage.get_by_role("button", name="Accept")).to_have_count(0)
    page.get_by_role("link", name="All about it").click()
    seal = str(demo.sql("SELECT seal FROM approvals_version WHERE id = %s", version)[0][0])
    assert len(seal) == 64
    expect(page.locator("#round-1")).to_contain_text(f"sealed {seal[:8]}")
    page.get_by_role("link", name="Board", exact=True).click()
    expect(pages.card(page, version, "approved").locator(".chip")).to_have_text("Approved")


def test_2_what_is_rejected_is_out_with_its_reason(demo: Demo, open_page: Open) -> None:
    page, version = open_page(), demo.version("Three metres a day")
    pages.review(page, demo, version)
    pages.ask(page, "Reject", "The loom is not ours.", "Reject this version")
    expect(page.locator(f"#q-{version}")).to_have_count(0)
    stage = pages.review(page, demo, version)
    expect(stage.locator(".chip").first).to_have_text("Rejected")
    expect(stage.get_by_role("note")).to_contain_text("The loom is not ours.")
    page.get_by_role("link", name="Board", exact=True).click()
    expect(page.locator(".board")).to_be_visible()
    expect(page.locator(f'[data-card][data-version="{version}"]')).to_have_count(0)


def test_2_what_is_to_be_regenerated_comes_back_as_round_2_with_the_feedback_beside_it(
    demo: Demo, open_page: Open
) -> None:
    page, first = open_page(), demo.version("What is on the table")
    pages.review(page, demo, first)
    pages.ask(page, "Regenerate", "Only eight colours, and closer.", "Ask to regenerate")
    page.get_by_role("link", name="Board", exact=True).click()
    expect(pages.card(page, first, "changes_asked").locator(".chip")).to_have_text("Regenerating")

    creator = open_page("creator")
    creator.goto(f"{demo.console}/approvals/")
    asked = creator.locator(".asked li", has_text="What is on the table")
    expect(asked).to_contain_text("Only eight colours, and closer.")
    asked.get_by_role("link").click()
    pages.upload(creator, pages.jpeg("Eight colours, closer"))
    creator.get_by_role("button", name="Leave out spools.jpg").click()
    creator.get_by_label("Caption").fill("Eight colours, one pair of scissors.")
    creator.get_by_role("button", name="Send in for review").click()
    expect(creator.locator("#round-2")).to_contain_text("In review")

    second = demo.version("What is on the table")
    assert demo.status(first) == "superseded"
    stage = pages.review(page, demo, second)
    expect(stage.locator(".chip").first).to_have_text("In review · round 2")
    expect(stage.locator(".said")).to_contain_text("Only eight colours, and closer.")
    expect(stage.locator("del").first).to_have_text("Nine")
    assert pages.shown(stage.locator(".reel img"))


MOVING = ("Overshirt in moss", "Four linens", "Night train north")


def test_3_published_now_an_image_a_carousel_and_a_reel_go_live_before_ones_eyes(demo: Demo, open_page: Open) -> None:
    page = open_page()
    versions = [demo.version(title) for title in MOVING]
    for version in versions[1:]:
        pages.accept(page, demo, version)
    page.get_by_role("link", name="Board", exact=True).click()
    expect(page.locator(".board")).to_be_visible()
    pages.watch(page, versions)
    for version in versions:
        pages.card(page, version, "approved").locator("[data-open]").click()
        expect(page.locator(f'[data-panel="{version}"]')).to_be_visible()
        pages.publish_now(page)
        expect(page.locator(f'[data-panel="{version}"] .state .chip')).to_be_visible()
        expect(page.get_by_role("link", name="Close the panel")).to_be_focused()
        assert page.evaluate("document.documentElement.scrollHeight - innerHeight") == 0
    for version in versions:
        live = pages.card(page, version, "live")
        expect(live.locator(".chip")).to_have_text("Published")
        expect(live.locator(".live-link")).to_be_visible()
        at = demo.sql("SELECT published_at FROM publishing_post WHERE version_id = %s", version)[0][0]
        expect(live.locator(".foot")).to_contain_text(f"today {at.astimezone(ZURICH):%H:%M:%S}")
        went = pages.said(page, version)
        assert went[0] == "approved: Approved"
        assert went[-1] == "live: Published"
        assert any(line.startswith("scheduled: ") for line in went), went
    expect(page.locator(f'[data-panel="{versions[-1]}"] .state')).to_contain_text("Published")


@pytest.mark.parametrize("title", MOVING)
def test_3_the_feed_shows_the_same_files_and_words_once(demo: Demo, open_page: Open, title: str) -> None:
    page, version = open_page(), demo.version(title)
    page.goto(f"{demo.console}/board/?{urlencode({'q': title})}")
    with page.context.expect_page() as opened:
        pages.card(page, version, "live").locator(".live-link").click()
    feed = opened.value
    caption = str(demo.sql("SELECT caption FROM approvals_version WHERE id = %s", version)[0][0])
    live = [post for post in demo.control.posts() if post["caption"] == caption]
    assert [post["permalink"] for post in live] == [feed.url]
    assert demo.sent(caption) == 1
    expect(feed.locator(".caption")).to_have_text(caption)
    assert [part["sha256"] for part in live[0]["media"]] == ours(page, demo, version)
    shown = feed.locator(".slides :is(img, video)")
    assert [hashed(str(one.evaluate("medium => medium.src"))) for one in shown.all()] == ours(page, demo, version)


def ours(page: Page, demo: Demo, version: Any) -> list[str]:
    """SHA-256 of the files of a version, as the console shows them, in their order."""
    found = demo.sql("SELECT media_id FROM approvals_versionmedia WHERE version_id = %s ORDER BY position", version)
    answers = [page.request.get(f"{demo.console}/media/{key}/file") for (key,) in found]
    return [hashlib.sha256(answer.body()).hexdigest() for answer in answers]


def hashed(address: str) -> str:
    return hashlib.sha256(requests.get(address, timeout=30).content).hexdigest()


# What must not go out. "First light" is approved, with rights for Instagram until 90 days from now.

CAPTION: LiteralString = "UPDATE approvals_version SET caption = caption || ' At half the price.' WHERE id = %s"
UNDECIDED: LiteralString = "UPDATE approvals_version SET status = 'in_review' WHERE id = %s"
ELSEWHERE: LiteralString = (
    "UPDATE approvals_rights SET channels = '{tiktok}'"
    " WHERE asset_id = (SELECT asset_id FROM approvals_version WHERE id = %s)"
)


@pytest.fixture
def first_light(demo: Demo) -> Iterator[Any]:
    """An approved version, which is as before afterwards; nothing of it was sent."""
    version = demo.version("First light")
    caption, asset = demo.sql("SELECT caption, asset_id FROM approvals_version WHERE id = %s", version)[0]
    yield version
    demo.sql("UPDATE approvals_version SET status = 'approved', caption = %s WHERE id = %s", caption, version)
    demo.sql("UPDATE approvals_rights SET channels = '{instagram}' WHERE asset_id = %s", asset)
    assert demo.sent(caption) == 0
    assert demo.posts(version) == 0


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        pytest.param(UNDECIDED, "This version is not approved (it is in review). Accept it first.", id="not approved"),
        pytest.param(CAPTION, "The seal is broken: this version was changed after its approval.", id="edited by SQL"),
        pytest.param(ELSEWHERE, "The recorded rights do not cover Instagram on", id="no rights for the channel"),
    ],
)
def test_5_what_has_changed_since_the_page_was_opened_does_not_go_out(
    demo: Demo, open_page: Open, first_light: Any, change: LiteralString, sentence: str
) -> None:
    page = open_page()
    panel = pages.open_panel(page, demo, first_light)
    panel.locator("summary", has_text="Publish now").click()
    demo.sql(change, first_light)
    page.get_by_role("button", name="Yes, publish now").click()
    expect(panel.get_by_role("alert")).to_contain_text(sentence)
    page.reload()
    expect(page.locator(".panel .checks")).to_contain_text(sentence)
    expect(page.locator(".panel summary", has_text="Publish now")).to_have_count(0)


def test_5_nothing_goes_out_by_an_account_that_is_switched_off(demo: Demo, open_page: Open, first_light: Any) -> None:
    page, other = open_page(), open_page()
    panel = pages.open_panel(page, demo, first_light)
    panel.locator("summary", has_text="Publish now").click()
    other.goto(f"{demo.console}/connections/")
    account = other.locator("[id^=connection-]", has_text="fjord.supply").first
    account.get_by_role("button", name="Switch off").click()
    expect(other.get_by_role("button", name="Switch on")).to_be_visible()
    page.get_by_role("button", name="Yes, publish now").click()
    expect(panel.get_by_role("alert")).to_contain_text("is switched off")
    other.get_by_role("button", name="Switch on").click()
    expect(account.get_by_role("button", name="Switch off")).to_be_visible()


def test_5_nothing_is_planned_for_a_day_that_the_rights_do_not_cover(
    demo: Demo, open_page: Open, first_light: Any
) -> None:
    page = open_page()
    panel = pages.open_panel(page, demo, first_light)
    day = datetime.now(ZURICH) + timedelta(days=100)
    pages.schedule(page, day)
    sentence = f"The recorded rights do not cover Instagram on {day:%d %b %Y}. Choose another day or channel"
    expect(panel.get_by_role("alert")).to_contain_text(sentence)


@pytest.mark.parametrize(
    ("format", "size", "sentence", "by_hand"),
    [
        pytest.param("text", None, "Collavo cannot post a text to Instagram.", False, id="a text"),
        pytest.param(
            "image", (2000, 600), "The picture is 2000 × 600 (ratio 3.33). Instagram takes", True, id="too wide"
        ),
    ],
)
def test_5_what_the_platform_does_not_take_is_told_and_not_sent(
    demo: Demo, open_page: Open, format: str, size: tuple[int, int] | None, sentence: str, by_hand: bool
) -> None:
    title = f"Nothing for Instagram: {format}"
    files = [pages.jpeg("Much too wide", size)] if size else []
    caption = f"This {format} is not for Instagram."
    version = pages.send_in(open_page("creator"), demo, title, format, caption, *files)
    page = open_page()
    pages.accept(page, demo, version)
    panel = pages.open_panel(page, demo, version)
    expect(panel.locator(".checks")).to_contain_text(sentence)
    expect(page.get_by_role("button", name="Yes, publish now", include_hidden=True)).to_have_count(0)
    handing = page.get_by_role("button", name="Yes, hand it over now", include_hidden=True)
    expect(handing).to_have_count(int(by_hand))
    assert sentence in pages.press_anyway(page, demo, version)
    assert demo.posts(version) == 0
    assert demo.sent(caption) == 0


def test_nothing_but_what_was_published_is_live(demo: Demo, planned: Plan) -> None:
    captions = {str(post["caption"]) for post in demo.control.posts()}
    versions = [demo.version(title) for title in MOVING]
    wanted = demo.sql("SELECT caption FROM approvals_version WHERE id = ANY(%s)", [*versions, planned.version])
    assert captions <= {caption for (caption,) in wanted}
    assert datetime.now(UTC) > planned.at or len(captions) == len(MOVING)
