"""Calendar, gallery, rights and the case page in a browser: by keys, by mouse, on a phone, and what axe says."""

from __future__ import annotations

import io
import zipfile
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.browser import pages
from tests.browser.conftest import PHONE, Open
from tests.browser.demo import Demo

pytestmark = pytest.mark.browser
ZURICH = ZoneInfo("Europe/Zurich")
SLOT = "Four linens"  # in review, so that it stands in the calendar as its slot


def slot_of(demo: Demo, title: str) -> tuple[UUID, datetime]:
    found = demo.sql(
        "SELECT s.id, s.starts_at FROM approvals_slot s JOIN approvals_asset a ON a.slot_id = s.id WHERE a.title = %s",
        title,
    )
    return found[0][0], found[0][1].astimezone(ZURICH)


def open_week_of(page: Page, demo: Demo, day: datetime) -> None:
    page.goto(f"{demo.console}/calendar/?view=month&d={day:%Y-%m-%d}")


def test_a_slot_is_moved_by_keys_alone_and_keeps_the_focus(demo: Demo, open_page: Open) -> None:
    page = open_page()
    pk, at = slot_of(demo, SLOT)
    open_week_of(page, demo, at)
    page.locator(f"#slot-{pk}").focus()
    page.keyboard.press("m")
    expect(page.locator("[data-says]")).to_contain_text("Picked up")
    page.keyboard.press("ArrowDown")
    expect(page.locator(".day.over")).to_have_attribute("data-day", f"{at + timedelta(days=7):%Y-%m-%d}")
    page.keyboard.press("Escape")
    expect(page.locator(".day.over")).to_have_count(0)
    page.keyboard.press("m")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    tomorrow = at + timedelta(days=1)
    expect(page.locator(f'[data-day="{tomorrow:%Y-%m-%d}"] #slot-{pk}')).to_be_focused()
    expect(page.locator(".toast")).to_contain_text(f"Moved to {tomorrow:%a %-d %b}, {at:%H:%M} Europe/Zurich.")
    assert slot_of(demo, SLOT)[1] == tomorrow


def test_a_slot_is_dragged_to_another_day_but_not_into_the_past(demo: Demo, open_page: Open) -> None:
    page = open_page()
    pk, at = slot_of(demo, "Night train north")
    open_week_of(page, demo, at)
    item, day = page.locator(f"#slot-{pk}"), at + timedelta(days=1)
    item.drag_to(page.locator(f'[data-day="{day:%Y-%m-%d}"]'))
    expect(page.locator(f'[data-day="{day:%Y-%m-%d}"] #slot-{pk}')).to_be_visible()
    if (past := page.locator(".day.past")).count():
        page.locator(f"#slot-{pk}").drag_to(past.first)
        expect(page.locator(f'[data-day="{day:%Y-%m-%d}"] #slot-{pk}')).to_be_visible()
    assert slot_of(demo, "Night train north")[1] == day


def test_without_scripts_a_slot_is_planned_changed_and_moved_by_plain_forms(demo: Demo, open_page: Open) -> None:
    page = open_page("", java_script_enabled=False)
    pages.sign_in(page, demo, "manager")
    page.goto(f"{demo.console}/calendar/?view=week")
    page.get_by_role("link", name="New slot", exact=True).click()
    day = datetime.now(ZURICH) + timedelta(days=20)
    panel = page.locator(".panel")
    panel.get_by_label("Angle").fill("Plain and simple")
    panel.get_by_label("Channel").select_option(index=1)
    panel.get_by_label("Date").fill(f"{day:%Y-%m-%d}")
    panel.get_by_label("Time", exact=True).fill("09:40")
    panel.get_by_role("button", name="Plan it").click()
    expect(page.locator(".toast")).to_contain_text(f"Planned for {day:%a %-d %b}")
    page.goto(f"{demo.console}/calendar/?view=agenda&d={day:%Y-%m-%d}")
    page.get_by_role("link", name="Plain and simple").click()
    panel.get_by_label("Format").select_option(label="Reel")
    panel.get_by_role("button", name="Save").click()
    expect(page.locator(".item", has_text="Plain and simple")).to_contain_text("Reel")
    page.get_by_role("link", name="Plain and simple").click()
    panel.get_by_label("Time", exact=True).fill("11:15")
    panel.get_by_role("button", name="Move it").click()
    expect(page.locator(".item", has_text="Plain and simple")).to_contain_text("11:15")


def test_a_selection_is_downloaded_and_shared(demo: Demo, open_page: Open, tmp_path: Path) -> None:
    page, guest = open_page(), open_page("")
    page.goto(f"{demo.console}/gallery/")
    page.get_by_label("Choose First light", exact=True).check()
    page.get_by_label("Choose Open studio", exact=True).check()
    with page.expect_download() as taken:
        page.locator(".chosen").get_by_role("button", name="Download").click()
    with zipfile.ZipFile(io.BytesIO(Path(taken.value.path()).read_bytes())) as made:
        assert {name.split("/")[0] for name in made.namelist()} == {"First light", "Open studio"}
        assert made.testzip() is None
    page.get_by_role("button", name="Share").click()
    address = page.locator("#share-address").inner_text()
    guest.goto(address)
    expect(guest.get_by_role("heading", name="First light", exact=True)).to_be_visible()
    assert all(pages.shown(picture) for picture in guest.locator("figure img").all())
    page.get_by_role("button", name="Revoke").click()
    assert guest.goto(address).status == 404  # type: ignore[union-attr]


PLACES = (
    "calendar/", "calendar/?view=week", "calendar/?view=agenda", "calendar/?new=2026-12-24", "slot", "calendar/feed/",
    "gallery/", "gallery/shares/", "rights/", "new rights", "case", "account",
)  # fmt: skip


def address(demo: Demo, place: str) -> str:
    if place == "slot":
        return f"{demo.console}/calendar/?slot={slot_of(demo, SLOT)[0]}"
    if place == "new rights":
        asset = demo.sql("SELECT id FROM approvals_asset WHERE title = %s", SLOT)[0][0]
        return f"{demo.console}/assets/{asset}/rights/new/"
    if place == "case":
        return f"{demo.console}/cases/{demo.sql('SELECT id FROM approvals_case ORDER BY id')[0][0]}/"
    if place == "account":
        return f"{demo.console}/connections/{demo.sql('SELECT id FROM connectors_connector ORDER BY id')[0][0]}/"
    return f"{demo.console}/{place}"


@pytest.mark.parametrize("place", PLACES)
def test_every_page_fits_a_phone(demo: Demo, open_page: Open, place: str) -> None:
    page = open_page("manager", **PHONE)
    page.goto(address(demo, place))
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


@pytest.mark.parametrize("colours", ["light", "dark"])
@pytest.mark.parametrize("place", PLACES)
def test_axe_finds_nothing(demo: Demo, open_page: Open, place: str, colours: str) -> None:
    page = open_page("manager", color_scheme=colours, reduced_motion="reduce")
    page.goto(address(demo, place))
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
