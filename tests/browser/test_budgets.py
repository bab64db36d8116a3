"""What every page of the console keeps to: little to load, nothing from other hosts, nothing that jumps, no finding."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Response

from tests.browser.conftest import PHONE, Open
from tests.browser.demo import Demo
from tests.browser.places import PLACES

pytestmark = pytest.mark.browser
HTML, SCRIPT = 60_000, 30_000  # bytes, before compression
SHIFT = 0.02  # of the window, summed up as browsers do; a thumbnail that pushes its card down is ten times that
WATCH_SHIFTS = """() => { window.shifted = 0; new PerformanceObserver(list => {
    for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.shifted += entry.value;
}).observe({type: "layout-shift", buffered: true}); }"""


@pytest.mark.parametrize("place", PLACES)
def test_a_page_is_light_stays_at_home_and_stands_still(demo: Demo, open_page: Open, place: str) -> None:
    page, answers = open_page(), list[Response]()
    page.on("response", lambda answer: answers.append(answer))
    page.add_init_script(f"({WATCH_SHIFTS})()")
    document = page.goto(PLACES[place](demo))
    page.wait_for_load_state("networkidle")
    assert document is not None and document.ok
    assert len(document.body()) <= HTML
    scripts = [a for a in answers if urlsplit(a.url).path.startswith("/static/js/")]
    assert sum(len(script.body()) for script in scripts) <= SCRIPT
    assert {urlsplit(answer.url).netloc for answer in answers} == {urlsplit(demo.address).netloc}
    assert page.evaluate("window.shifted") <= SHIFT


@pytest.mark.parametrize("place", PLACES)
def test_axe_finds_nothing_in_light_and_in_dark_and_at_390_pixels_nothing_scrolls_sideways(
    demo: Demo, open_page: Open, place: str
) -> None:
    page = open_page(reduced_motion="reduce")
    page.goto(PLACES[place](demo))
    for colours in ("light", "dark"):
        page.emulate_media(color_scheme=colours)
        found = Axe().run(page)
        assert found.violations_count == 0, f"{colours}: {found.generate_report()}"
    page.set_viewport_size(PHONE["viewport"])
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
