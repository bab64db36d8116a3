"""A day of reviewing: thirty by the keyboard alone, pins, undo, many at once; and all of it without scripts."""

from __future__ import annotations

from uuid import UUID

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.browser import pages
from tests.browser.conftest import PHONE, Open
from tests.browser.demo import Demo

pytestmark = pytest.mark.browser
# A copy of one asset, its present version and that version's files, in review.
COPY_ASSET = """INSERT INTO approvals_asset SELECT (jsonb_populate_record(NULL::approvals_asset, to_jsonb(a)
    || jsonb_build_object('id', uuidv7(), 'title', %s::text, 'slot_id', NULL))).* FROM approvals_asset a
    WHERE title = %s RETURNING id"""
COPY_VERSION = """INSERT INTO approvals_version SELECT (jsonb_populate_record(NULL::approvals_version, to_jsonb(v)
    || jsonb_build_object('id', uuidv7(), 'asset_id', %s::uuid, 'round', 1, 'current', true, 'status', 'in_review',
    'seal', '', 'unplaced', false, 'planned_at', NULL, 'decided_at', NULL, 'edition', 0, 'caption', %s::text))).*
    FROM approvals_version v WHERE v.id = %s RETURNING id"""
COPY_FILES = """INSERT INTO approvals_versionmedia SELECT (jsonb_populate_record(NULL::approvals_versionmedia,
    to_jsonb(m) || jsonb_build_object('id', uuidv7(), 'version_id', %s::uuid))).* FROM approvals_versionmedia m
    WHERE version_id = %s"""


def copies(demo: Demo, count: int, word: str) -> list[UUID]:
    """So many more versions to review, each with a file and `word` in its caption, without a slot."""
    source, made = demo.version("Three metres a day"), []
    for number in range(count):
        ((asset,),) = demo.sql(COPY_ASSET, f"{word} {number}", "Three metres a day")
        ((version,),) = demo.sql(COPY_VERSION, asset, f"{word} number {number}", source)
        demo.sql(COPY_FILES, version, source)
        made.append(UUID(str(version)))
    return made


def current(page: Page) -> str:
    return str(page.locator("#stage [data-version]").get_attribute("data-version"))


def moved_on(page: Page, version: str) -> None:
    """Another version is on the stage, or all are done, and the next key goes there."""
    expect(page.locator(f'#stage [data-version]:not([data-version="{version}"])')).to_be_focused()


def test_thirty_reviews_are_done_with_the_keyboard_alone(demo: Demo, open_page: Open) -> None:
    versions = copies(demo, 30, "Thirtyfold")
    page = open_page()
    page.goto(f"{demo.console}/approvals/?q=thirtyfold")
    for number in range(30):
        shown = current(page)
        key = "arg"[number % 3]
        page.keyboard.press(key)
        if key != "a":
            page.keyboard.type("Not like this.")
            page.keyboard.press("Control+Enter")
        moved_on(page, shown)
    statuses = [demo.status(version) for version in versions]
    assert [statuses.count(status) for status in ("approved", "rejected", "regenerating")] == [10, 10, 10]
    assert "All done" in page.locator("#stage").inner_text()


def test_z_takes_the_decision_back_and_the_row_returns(demo: Demo, open_page: Open) -> None:
    first, _ = copies(demo, 2, "Undoable")
    page = open_page()
    page.goto(f"{demo.console}/approvals/?q=undoable")
    page.keyboard.press("a")
    moved_on(page, str(first))
    expect(page.locator("#undo")).to_contain_text("Accepted: “Undoable 0”")
    assert demo.status(first) == "approved"
    page.keyboard.press("z")
    expect(page.locator(f'#stage [data-version="{first}"]')).to_be_focused()
    expect(page.locator(f"#q-{first}")).to_be_visible()
    expect(page.locator("#undo")).to_be_empty()
    assert demo.status(first) == "in_review"


def test_a_click_on_the_picture_pins_the_feedback_there(demo: Demo, open_page: Open) -> None:
    (version,) = copies(demo, 1, "Pinnable")
    page = open_page()
    pages.review(page, demo, version)
    page.keyboard.press("g")
    page.keyboard.type("Warmer.")
    picture = page.locator(".reel img")
    box = picture.bounding_box()
    assert box
    picture.click(position={"x": box["width"] / 4, "y": box["height"] / 8})
    page.keyboard.type("this corner")
    expect(page.locator(".marks .new")).to_have_count(1)
    page.get_by_role("button", name="Ask to regenerate").click()
    expect(page.locator(f'#stage [data-version="{version}"]')).to_have_count(0)
    ((pins,),) = demo.sql("SELECT pins FROM approvals_review WHERE version_id = %s", version)
    assert pins[0]["text"] == "this corner" and abs(pins[0]["x"] - 250) < 15 and abs(pins[0]["y"] - 125) < 15
    pages.review(page, demo, version)
    expect(page.locator(".marks circle")).to_have_count(1)
    expect(page.locator(".pinned")).to_contain_text("this corner")


def test_x_selects_and_what_is_selected_is_decided_at_once_row_by_row(demo: Demo, open_page: Open) -> None:
    versions = copies(demo, 3, "Bulky")
    page = open_page()
    page.goto(f"{demo.console}/approvals/?q=bulky")
    page.keyboard.press("x")
    expect(page.locator("[data-count]")).to_have_text("1 selected")
    page.keyboard.press("j")
    expect(page.locator(f'#stage [data-version="{versions[0]}"]')).to_have_count(0)
    page.keyboard.press("x")
    expect(page.locator("[data-count]")).to_have_text("2 selected")
    page.locator("#many").get_by_role("button", name="Accept").click()
    expect(page.locator("#stage h2")).to_have_text("Accepted: 2 versions")
    assert [demo.status(v) for v in versions] == ["approved", "approved", "in_review"]
    page.locator("#undo").get_by_role("button", name="Undo").click()
    expect(page.locator("#undo")).to_be_empty()
    assert {demo.status(v) for v in versions} == {"in_review"}


def test_of_two_tabs_the_slower_is_told_who_was_quicker(demo: Demo, open_page: Open) -> None:
    (version,) = copies(demo, 1, "Contested")
    slow, quick = open_page("manager"), open_page("approver")
    pages.review(slow, demo, version)
    pages.review(quick, demo, version)
    pages.ask(quick, "Reject", "Not ours.", "Reject this version")
    expect(quick.locator(f'#stage [data-version="{version}"]')).to_have_count(0)
    slow.get_by_role("button", name="Accept").click()
    expect(slow.locator(".conflict")).to_contain_text("Changed by Jon Berg")
    assert demo.status(version) == "rejected"


# --- Without scripts -------------------------------------------------------------------------------------------------


@pytest.fixture
def plain(demo: Demo, open_page: Open) -> Page:
    page = open_page("", java_script_enabled=False)
    pages.sign_in(page, demo, "manager")
    return page


def test_without_scripts_every_decision_is_a_plain_form(demo: Demo, plain: Page) -> None:
    accepted, asked, rejected = copies(demo, 3, "Plainly")
    pages.review(plain, demo, accepted)
    plain.get_by_role("button", name="Accept").first.click()
    expect(plain.locator(".toasts")).to_contain_text("Accepted: “Plainly 0”")
    plain.locator("#undo").get_by_role("button", name="Undo").click()
    assert demo.status(accepted) == "in_review"
    pages.review(plain, demo, asked)
    form = plain.locator("details.ask", has_text="What should change?")
    form.locator("> summary").click()
    form.locator("textarea").fill("Warmer.")
    form.locator("[data-pinning] summary").click()
    form.get_by_label("From left, %").first.fill("25")
    form.get_by_label("From top, %").first.fill("40")
    plain.get_by_role("button", name="Ask to regenerate").first.click()
    assert demo.status(asked) == "regenerating"
    pages.review(plain, demo, rejected)
    pages.ask(plain, "Reject", "Not ours.", "Reject this version")
    assert demo.status(rejected) == "rejected"
    ((pins,),) = demo.sql("SELECT pins FROM approvals_review WHERE version_id = %s", asked)
    assert (pins[0]["x"], pins[0]["y"]) == (250, 400)


def test_without_scripts_one_comments_and_decides_about_many(demo: Demo, plain: Page) -> None:
    versions = copies(demo, 2, "Scriptless")
    pages.review(plain, demo, versions[0])
    plain.locator(".talk > summary").click()
    plain.locator("#comment").fill("Lovely.")
    plain.get_by_role("button", name="Send").click()
    expect(plain.locator("#history")).to_contain_text("Lovely.")
    plain.goto(f"{demo.console}/approvals/?q=scriptless")
    for box in plain.locator("[data-tick]").all():
        box.check()
    plain.locator("#many").get_by_role("button", name="Accept").click()
    expect(plain.get_by_role("heading", name="Accepted: 2 versions")).to_be_visible()
    assert {demo.status(v) for v in versions} == {"approved"}


def test_a_client_without_an_account_decides_by_the_link_on_a_phone_without_scripts(
    demo: Demo, open_page: Open
) -> None:
    (version,) = copies(demo, 1, "Clientele")
    page = open_page()
    page.goto(f"{demo.console}/versions/{version}/links/")
    page.get_by_label("Who is it for?").fill("Anna")
    page.get_by_role("button", name="Make the link").click()
    link = page.locator("#the-link").inner_text()
    client = open_page("", **PHONE, java_script_enabled=False)
    client.goto(link)
    expect(client.get_by_role("heading", name="Clientele 0")).to_be_visible()
    assert client.evaluate("document.documentElement.scrollWidth") <= 390
    client.get_by_role("link", name="Accept").click()
    assert demo.status(version) == "in_review"
    client.get_by_role("button", name="Yes, accept it").click()
    expect(client.get_by_role("status").first).to_contain_text("You have decided: accepted")
    assert demo.status(version) == "approved"
    pages.review(page, demo, version)
    expect(page.locator("#history")).to_contain_text("Anna (client, by link)")


@pytest.mark.parametrize("colours", ["light", "dark"])
def test_axe_finds_nothing_on_a_clients_pages(demo: Demo, open_page: Open, colours: str) -> None:
    (version,) = copies(demo, 1, f"Axed {colours}")
    page = open_page()
    page.goto(f"{demo.console}/versions/{version}/links/")
    page.get_by_label("Who is it for?").fill("Anna")
    page.get_by_role("button", name="Make the link").click()
    link = page.locator("#the-link").inner_text()
    client = open_page("", color_scheme=colours, reduced_motion="reduce")
    for place in (link, f"{link}{version}/regenerate/"):
        client.goto(place)
        found = Axe().run(client)
        assert found.violations_count == 0, found.generate_report()
