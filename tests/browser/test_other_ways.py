"""The same work by keyboard, on a phone, in two tabs and without scripts; and what axe says about every page."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.browser import pages
from tests.browser.conftest import PHONE, Open, Plan
from tests.browser.demo import Demo

pytestmark = pytest.mark.browser

REVIEWED = "Sunday, second cup", "Blanket stack", "Six pots of colour"


def current(page: Page) -> UUID:
    """The version on the stage."""
    return UUID(page.locator("#stage [data-version]").get_attribute("data-version"))


def moved_on(page: Page, version: UUID) -> None:
    """Another version is on the stage, and the next key goes there."""
    expect(page.locator(f'#stage [data-version]:not([data-version="{version}"])')).to_be_focused()


def test_three_decisions_in_a_row_are_made_without_the_mouse(demo: Demo, open_page: Open) -> None:
    page = open_page()
    demo.put_back(*REVIEWED)
    page.goto(f"{demo.console}/approvals/")
    first = current(page)
    page.keyboard.press("a")
    moved_on(page, first)
    second = current(page)
    page.keyboard.press("r")
    page.keyboard.type("A cup is not a campaign.")
    page.keyboard.press("Control+Enter")
    moved_on(page, second)
    third = current(page)
    page.keyboard.press("g")
    page.keyboard.type("Closer, please.")
    page.keyboard.press("Control+Enter")
    expect(page.locator(f'#stage [data-version="{third}"]')).to_have_count(0)
    assert [demo.status(version) for version in (first, second, third)] == ["approved", "rejected", "regenerating"]


def test_the_keyboard_finds_a_card_opens_it_and_asks_before_it_publishes(demo: Demo, open_page: Open) -> None:
    page = open_page()
    page.goto(f"{demo.console}/board/")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page.locator(".panel")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator(".panel")).to_have_count(0)
    pages.card(page, demo.version("First light"), "approved").locator("[data-open]").focus()
    page.keyboard.press("p")
    expect(page.get_by_role("button", name="Yes, publish now")).to_be_focused()
    assert demo.posts(demo.version("First light")) == 0


def test_back_closes_the_panel_and_the_address_opens_it_again(demo: Demo, open_page: Open) -> None:
    page, version = open_page(), demo.version("First light")
    page.goto(f"{demo.console}/board/")
    pages.card(page, version, "approved").locator("[data-open]").click()
    expect(page.locator(".panel h2", has_text="First light")).to_be_visible()
    address = page.url
    page.go_back()
    expect(page.locator(".panel")).to_have_count(0)
    expect(page.locator(".board")).to_be_visible()
    page.goto(address)
    expect(page.locator(".panel h2", has_text="First light")).to_be_visible()


def test_a_decision_that_comes_too_late_is_told_and_changes_nothing(demo: Demo, open_page: Open) -> None:
    slow, quick = open_page("manager"), open_page("approver")
    (version,) = demo.put_back("Sunday, second cup")
    pages.review(slow, demo, version)
    pages.review(quick, demo, version)
    pages.ask(quick, "Reject", "We have no napkins left.", "Reject this version")
    expect(quick.locator(f'#stage [data-version="{version}"]')).to_have_count(0)
    slow.get_by_role("button", name="Accept").click()
    expect(slow.locator("#stage")).to_contain_text("Jon Berg has decided: rejected")
    expect(slow.locator("#stage")).to_contain_text("We have no napkins left.")
    assert demo.status(version) == "rejected"


def test_on_a_phone_one_decides_and_publishes(demo: Demo, open_page: Open) -> None:
    page = open_page("manager", **PHONE)
    (version,) = demo.put_back("Six pots of colour")
    pages.review(page, demo, version)
    assert_fits(page)
    page.get_by_role("button", name="Accept").tap()
    expect(page.locator(f'#stage [data-version="{version}"]')).to_have_count(0)
    page.get_by_role("link", name="Board", exact=True).tap()
    expect(page.locator(".board")).to_be_visible()
    assert_fits(page)
    pages.card(page, version, "approved").locator("[data-open]").tap()
    page.locator(".panel summary", has_text="Publish now").tap()
    page.get_by_role("button", name="Yes, publish now").tap()
    expect(page.locator(".panel .state .chip")).to_have_text("Published")
    assert_fits(page)
    page.get_by_role("link", name="Close the panel").tap()
    expect(pages.card(page, version, "live").locator(".live-link")).to_be_attached()


@pytest.mark.parametrize("place", ["cases/", "posts/", "connections/", "assets/new/"])
def test_every_page_fits_a_phone(demo: Demo, open_page: Open, place: str) -> None:
    page = open_page("manager", **PHONE)
    page.goto(f"{demo.console}/{place}")
    assert_fits(page)


def assert_fits(page: Page) -> None:
    """The page is not wider than the screen."""
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_without_scripts_one_accepts_and_schedules_by_plain_forms(demo: Demo, open_page: Open) -> None:
    page = open_page("", java_script_enabled=False)
    pages.sign_in(page, demo, "manager")
    (version,) = demo.put_back("Blanket stack")
    pages.accept(page, demo, version)
    expect(page.locator("#toasts .toast")).to_contain_text("Accepted: “Blanket stack”")
    pages.open_panel(page, demo, version)
    at = (datetime.now(UTC) + timedelta(days=3)).replace(hour=9, minute=30, second=0, microsecond=0)
    pages.schedule(page, at.astimezone(ZoneInfo("Europe/Zurich")))
    expect(page.locator(".panel .state .chip")).to_have_text("Scheduled")
    assert demo.sql("SELECT scheduled_at FROM publishing_post WHERE version_id = %s", version) == [(at,)]


def test_the_times_of_a_page_are_those_of_the_account_wherever_the_browser_is(
    demo: Demo, planned: Plan, open_page: Open
) -> None:
    page = open_page("manager", timezone_id="Asia/Tokyo")
    (key,) = demo.sql("SELECT id FROM publishing_post WHERE version_id = %s", planned.version)[0]
    page.goto(f"{demo.console}/posts/{key}/")
    clock = f"{planned.at.astimezone(ZoneInfo('Europe/Zurich')):%a %-d %b, %H:%M} Europe/Zurich"
    expect(page.locator("dt:text('Planned for') + dd")).to_have_text(clock)


def test_a_card_names_the_zone_of_an_account_that_lives_by_other_clocks_than_the_board(
    demo: Demo, planned: Plan, open_page: Open
) -> None:
    page = open_page()
    demo.sql("UPDATE connectors_connector SET time_zone = 'America/New_York'")
    page.goto(f"{demo.console}/board/")
    shown = page.locator(f'[data-card][data-version="{planned.version}"]')
    expect(shown).to_contain_text("Times in America/New_York")
    expect(shown.locator(".foot")).to_contain_text(f"{planned.at.astimezone(ZoneInfo('America/New_York')):%H:%M}")
    demo.sql("UPDATE connectors_connector SET time_zone = 'Europe/Zurich'")


PLACES = ("sign-in", "approvals", "board with panel", "a post", "connections", "cases")


@pytest.mark.parametrize("colours", ["light", "dark"])
@pytest.mark.parametrize("place", PLACES)
def test_axe_finds_nothing(demo: Demo, planned: Plan, open_page: Open, place: str, colours: str) -> None:
    page = open_page("" if place == "sign-in" else "manager", color_scheme=colours, reduced_motion="reduce")
    page.goto(address(demo, planned, place))
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()


def address(demo: Demo, planned: Plan, place: str) -> str:
    (key,) = demo.sql("SELECT id FROM publishing_post WHERE version_id = %s", planned.version)[0]
    return {
        "sign-in": f"{demo.address}/accounts/login/",
        "approvals": f"{demo.console}/approvals/",
        "board with panel": f"{demo.console}/board/?v={demo.version('First light')}",
        "a post": f"{demo.console}/posts/{key}/",
        "connections": f"{demo.console}/connections/",
        "cases": f"{demo.console}/cases/",
    }[place]
