"""Single keys: listed where they work, and switched off for those whom they are in the way of."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Open
from tests.browser.demo import Demo

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("place", ["approvals", "board", "calendar"])
def test_a_question_mark_lists_the_keys_of_the_page(demo: Demo, open_page: Open, place: str) -> None:
    page = open_page()
    page.goto(f"{demo.console}/{place}/")
    page.keyboard.press("?")
    listed = page.get_by_role("dialog", name="Keys")
    expect(listed).to_be_visible()
    assert listed.locator("dt").count() >= 4
    page.keyboard.press("Escape")
    expect(listed).to_be_hidden()


def test_whoever_switches_single_keys_off_moves_nothing_by_typing(demo: Demo, open_page: Open) -> None:
    page = open_page()
    page.goto(f"{demo.console}/board/")
    switch(page, on=False)
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page.locator(".panel")).to_have_count(0)
    page.reload()  # it is remembered
    expect(page.locator("#keys-on")).not_to_be_checked()
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page.locator(".panel")).to_have_count(0)
    switch(page, on=True)
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page.locator(".panel")).to_be_visible()


def switch(page: Page, *, on: bool) -> None:
    """In the list of keys, which a button opens, too."""
    page.get_by_role("button", name="Keyboard shortcuts").click()
    page.get_by_label("Use single keys as shortcuts").set_checked(on)
    page.keyboard.press("Escape")


def test_arrows_walk_through_the_months_and_back(demo: Demo, open_page: Open) -> None:
    page = open_page()
    page.goto(f"{demo.console}/calendar/?view=month")
    days = page.locator("[data-day]")
    here = days.first.get_attribute("data-day") or ""
    page.keyboard.press("ArrowRight")
    expect(days.first).not_to_have_attribute("data-day", here)
    page.keyboard.press("ArrowLeft")
    expect(days.first).to_have_attribute("data-day", here)
