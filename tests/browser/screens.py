"""Takes the pictures of README and docs, of a demo of its own: `make screens`."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from io import BytesIO
from zoneinfo import ZoneInfo

from PIL import Image
from playwright.sync_api import Browser, Page, expect, sync_playwright

from connectors.sandbox.client import ROOT
from tests.browser import pages
from tests.browser.conftest import DESKTOP, PHONE, chromium
from tests.browser.demo import Demo, running_demo

IMAGES = ROOT / "docs" / "images"
ZURICH = ZoneInfo("Europe/Zurich")
ACCEPTED = "Overshirt in moss", "Sunday, second cup", "Four linens", "Night train north", "Shelf day at Liv's"


PAGES = {"calendar": "calendar/", "gallery": "gallery/", "handoffs": "handoffs/", "connections": "connections/"}


def main() -> int:
    expect.set_options(timeout=60_000)
    with running_demo() as demo, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        with signed_in(browser, demo) as page:
            take_approvals(page, demo)
            prepare(page, demo)
            take_board(page, demo)
            take_pages(page, demo)
            take_studio(page, demo)
        with signed_in(browser, demo, dark_phone=True) as page:
            take_phone(page, demo)
        browser.close()
    return 0


@contextmanager
def signed_in(browser: Browser, demo: Demo, *, dark_phone: bool = False) -> Iterator[Page]:
    look = {**PHONE, "device_scale_factor": 1, "color_scheme": "dark"} if dark_phone else DESKTOP
    context = browser.new_context(**look)
    page = context.new_page()
    pages.sign_in(page, demo, "manager")
    yield page
    context.close()


def take_approvals(page: Page, demo: Demo) -> None:
    pages.review(page, demo, demo.version("Overshirt in moss"))
    save(page, "approvals")


def prepare(page: Page, demo: Demo) -> None:
    """Posts in every state that a day brings."""
    for title in ACCEPTED:
        pages.accept(page, demo, demo.version(title))
    for title in ("Overshirt in moss", "Four linens"):
        publish(page, demo, title, "Published")
    demo.control.fault("refuse", method="POST", path="/media$", subcode=1404102)
    publish(page, demo, "Open studio", "Failed")
    demo.control.settings(video_seconds=600.0)
    publish(page, demo, "Night train north", "Publishing")
    for days, title in enumerate(("Shelf day at Liv's", "Sunday, second cup"), start=1):
        pages.open_panel(page, demo, demo.version(title))
        at = datetime.now(ZURICH).replace(hour=18, minute=30) + timedelta(days=days)
        pages.schedule(page, at)
        expect(page.locator(".panel .state .chip")).to_have_text("Scheduled")


def publish(page: Page, demo: Demo, title: str, until: str) -> None:
    pages.open_panel(page, demo, demo.version(title))
    pages.publish_now(page)
    expect(page.locator(".panel .state .chip")).to_contain_text(until)


def take_board(page: Page, demo: Demo) -> None:
    pages.open_panel(page, demo, demo.version("Shelf day at Liv's"))
    page.locator(".board").evaluate("board => { board.scrollLeft = board.scrollWidth; }")
    save(page, "board")


def take_pages(page: Page, demo: Demo) -> None:
    for name, address in PAGES.items():
        page.goto(f"{demo.console}/{address}")
        save(page, name)


def take_studio(page: Page, demo: Demo) -> None:
    page.goto(f"{demo.console}/studio/{demo.version('First light')}/")
    save(page, "studio")


def take_phone(page: Page, demo: Demo) -> None:
    pages.review(page, demo, demo.version("Three metres a day"))
    save(page, "phone")


def save(page: Page, name: str) -> None:
    """The window as a PNG of few colours, once all pictures are there and nothing moves."""
    page.locator(".toast [data-dismiss]").evaluate_all("buttons => buttons.forEach(button => button.click())")
    page.wait_for_load_state("networkidle")
    picture = Image.open(BytesIO(page.screenshot(animations="disabled"))).convert("RGB")
    IMAGES.mkdir(parents=True, exist_ok=True)
    few = picture.quantize(200, method=Image.Quantize.MAXCOVERAGE, kmeans=3, dither=Image.Dither.NONE)
    few.save(IMAGES / f"{name}.png", optimize=True)
    sys.stdout.write(f"{IMAGES / name}.png\n")


if __name__ == "__main__":
    sys.exit(main())
