"""Takes the README's pictures of a fresh demo: `make demo ARGS=--reset`, and then

python -m tests.browser.screens [--data var/demo] [--port 8000] [--sandbox-port 8001]
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from io import BytesIO
from pathlib import Path
from zoneinfo import ZoneInfo

from PIL import Image
from playwright.sync_api import Browser, Page, expect, sync_playwright

from connectors.sandbox.client import ROOT, SandboxControl
from tests.browser import pages
from tests.browser.conftest import DESKTOP, PHONE, chromium
from tests.browser.demo import Demo

IMAGES = ROOT / "docs" / "images"
ZURICH = ZoneInfo("Europe/Zurich")
ACCEPTED = "Overshirt in moss", "Sunday, second cup", "Four linens", "Night train north", "Shelf day at Liv's"


def main() -> int:
    demo = wanted_demo()
    if demo.sql("SELECT 1 FROM publishing_post LIMIT 1"):
        sys.stderr.write("This demo has been used. Start a fresh one: make demo ARGS=--reset\n")
        return 2
    expect.set_options(timeout=60_000)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        with signed_in(browser, demo) as page:
            take_approvals(page, demo)
            prepare(page, demo)
            take_board(page, demo)
        with signed_in(browser, demo, dark_phone=True) as page:
            take_phone(page, demo)
        browser.close()
    demo.control.settings(video_seconds=1.5)
    return 0


def wanted_demo() -> Demo:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=ROOT / "var" / "demo")
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--sandbox-port", type=int, default=8001)
    chosen = parser.parse_args()
    password = (chosen.data / "demo-password").read_text().strip()
    control = SandboxControl(f"http://127.0.0.1:{chosen.sandbox_port}")
    return Demo(f"http://127.0.0.1:{chosen.port}", chosen.data, password, control)


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
