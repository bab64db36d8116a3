"""A browser and a demo for the tests of this folder: both are started once, and end with the folder's last test."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Browser, Page, StorageState, expect, sync_playwright

from tests.browser import pages
from tests.browser.demo import Demo, running_demo

# The headless shell first: whole browsers make a window, hidden, for every context, at four times the cost.
CHROMIUM = ("chromium-headless-shell", "chrome-headless-shell", "chromium", "chromium-browser", "google-chrome")
SECONDS = 30.0  # that a page may take on a machine that is busy
DESKTOP: dict[str, Any] = {"viewport": {"width": 1440, "height": 900}, "timezone_id": "America/New_York"}
PHONE: dict[str, Any] = {
    "viewport": {"width": 390, "height": 844}, "device_scale_factor": 2, "has_touch": True, "is_mobile": True,
    "timezone_id": "America/New_York",
}  # fmt: skip

Open = Callable[..., Page]


def chromium() -> str:
    """Where Chromium is; "" when there is none."""
    return next(filter(None, map(shutil.which, CHROMIUM)), "")


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """Headless Chromium. Where there is none, the tests are skipped; in CI they fail."""
    path = chromium()
    if not path:
        sentence = "The browser tests need Chromium (Debian, Ubuntu: apt install chromium)."
        (pytest.fail if os.environ.get("CI") else pytest.skip)(sentence)
    expect.set_options(timeout=SECONDS * 1000)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="package")
def demo(browser: Browser) -> Iterator[Demo]:
    with running_demo() as demo:
        yield demo


@pytest.fixture(scope="package")
def signed_in(browser: Browser, demo: Demo) -> Callable[[str], StorageState]:
    """The cookies of somebody of the demo ("manager", "creator", …), who signs in once."""
    states: dict[str, StorageState] = {}

    def of(who: str) -> StorageState:
        if who not in states:
            with closing(browser.new_page()) as page:
                pages.sign_in(page, demo, who)
                states[who] = page.context.storage_state()
        return states[who]

    return of


@dataclass(frozen=True)
class Plan:
    """What was scheduled through the console."""

    version: UUID
    at: datetime


@pytest.fixture(scope="package")
def planned(browser: Browser, demo: Demo, signed_in: Callable[[str], StorageState]) -> Plan:
    """A picture, accepted and scheduled for the next full minute that is at least 20 seconds ahead."""
    version = demo.version("Shelf day at Liv's")
    with closing(browser.new_page(storage_state=signed_in("manager"), **DESKTOP)) as page:
        pages.accept(page, demo, version)
        panel = pages.open_panel(page, demo, version)
        at = (datetime.now(UTC) + timedelta(seconds=80)).replace(second=0, microsecond=0)
        pages.schedule(page, at.astimezone(ZoneInfo("Europe/Zurich")))
        expect(panel.locator(".state .chip")).to_have_text("Scheduled")
        expect(pages.card(page, version, "scheduled").locator(".chip")).to_have_text("Scheduled")
    return Plan(version, at)


@pytest.fixture
def open_page(browser: Browser, signed_in: Callable[[str], StorageState]) -> Iterator[Open]:
    """Open a page in a browser of its own, signed in as `who` ("" for nobody). No script on it may fail."""
    complaints: list[str] = []
    contexts = []

    def open_(who: str = "manager", **options: Any) -> Page:
        state = {"storage_state": signed_in(who)} if who else {}
        context = browser.new_context(**{**DESKTOP, **state, **options})
        contexts.append(context)
        context.set_default_timeout(SECONDS * 1000)
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda said: complaints.append(said.text) if "Content Security" in said.text else None)
        return page

    yield open_
    for context in contexts:
        context.close()
    assert not complaints
