"""A creator posts by hand: on a phone, without an account, from the mail's link to Published; and nobody else does."""

from __future__ import annotations

import quopri
import re
import time
from uuid import UUID

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.browser import pages
from tests.browser.conftest import PHONE, SECONDS, Open
from tests.browser.demo import Demo

pytestmark = pytest.mark.browser

WAITING = "Doors open at six"  # the demo's own


def mailed(demo: Demo, title: str) -> str:
    """The address in the newest mail about this asset, as it left the product."""
    end = time.monotonic() + 4 * SECONDS  # the queue, and at worst the next minute
    while time.monotonic() < end:
        log = re.sub(r"(?m)^\S+ \S+ +\| ?", "", (demo.folder / "demo.log").read_text())
        mails = quopri.decodestring(log.encode()).decode(errors="replace").split("Content-Type: text/plain")
        found = [re.search(r"http://\S+/h/\S+", mail) for mail in mails if f"“{title}”" in mail]
        if links := [match[0] for match in found if match]:
            return links[-1]
        time.sleep(0.2)
    raise AssertionError(f"No mail with a link about {title}")


def handed_over(demo: Demo, open_page: Open, title: str) -> tuple[UUID, str]:
    """A story, sent in, accepted and published through the console; its version, and the link that its creator is told.

    Not from the mail: what comes soon after another mail to the same person waits two minutes for it.
    """
    version = pages.send_in(open_page("creator"), demo, title, "story", f"{title}.", pages.jpeg(title, (1080, 1920)))
    manager = open_page(java_script_enabled=False)
    pages.review(manager, demo, version)
    manager.locator("[data-key=a]").click()
    expect(manager.locator(f'#stage [data-version="{version}"]')).to_have_count(0)
    pages.press_anyway(manager, demo, version)
    end = time.monotonic() + SECONDS
    while not (found := demo.sql("SELECT path FROM timeline_notice WHERE title LIKE %s", f"“{title}”%")):
        assert time.monotonic() < end, "nobody was told of it"
        time.sleep(0.2)
    return version, demo.address + found[0][0]


def state(demo: Demo, version: UUID) -> str:
    return str(demo.sql("SELECT status FROM publishing_post WHERE version_id = %s", version)[0][0])


def clean(page: Page) -> None:
    """axe finds nothing, and nothing is wider than the phone."""
    assert Axe().run(page).response["violations"] == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_a_stranger_with_a_changed_link_gets_nothing(demo: Demo, open_page: Open) -> None:
    link, page = mailed(demo, WAITING), open_page("", **PHONE)
    for changed in (link[:-3] + "aa/", link.replace("/h/", "/h/x"), link[:-9]):
        answer = page.goto(changed)
        assert answer and answer.status == 404
        assert page.locator("body").inner_text() == "Nothing is here."


def test_from_the_mails_link_to_published_on_a_phone_without_an_account(demo: Demo, open_page: Open) -> None:
    version, link = demo.version(WAITING), mailed(demo, WAITING)
    for scheme in ("dark", "light"):
        page = open_page("", **PHONE, color_scheme=scheme)
        page.goto(link)
        expect(page.get_by_role("heading", level=1)).to_have_text("Post this story on Instagram")
        clean(page)
    with page.expect_download() as saved:
        page.get_by_role("link", name="Save doors-open-at-six.jpg").click()
    approved = demo.sql(
        "SELECT m.size FROM approvals_media m JOIN approvals_versionmedia v ON v.media_id = m.id"
        " WHERE v.version_id = %s",
        version,
    )
    assert saved.value.suggested_filename == "doors-open-at-six.jpg"
    assert saved.value.path().stat().st_size == approved[0][0], "full size, as approved"
    expect(page.locator("li.done")).to_have_count(1)
    expect(page.get_by_role("link", name="Open Instagram")).to_have_attribute("rel", "noopener noreferrer")

    page.get_by_role("link", name="I posted it").click()
    page.get_by_role("button", name="Say that it is live").click()
    expect(page.get_by_role("alert")).to_contain_text("Add the link, a screenshot, or a sentence")
    clean(page)
    page.get_by_label("Anything to say about it").fill("It is in my story since a minute.")
    page.get_by_role("button", name="Say that it is live").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Thank you, it is published")
    assert state(demo, version) == "published"
    page.goto(link)
    expect(page.get_by_role("heading", level=1)).to_have_text("Thank you, it is published")
    clean(page)


def test_without_scripts_everything_can_be_done_and_nothing_useless_is_shown(demo: Demo, open_page: Open) -> None:
    version, link = handed_over(demo, open_page, "Wool before it is yarn")
    page = open_page("", **PHONE, java_script_enabled=False)
    page.goto(link)
    expect(page.get_by_role("button", name="Copy text")).to_be_hidden()
    page.get_by_role("link", name="I could not").click()
    page.get_by_label("Why not?").fill("The app asks for a new password.")
    page.get_by_role("button", name="Give it back").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("It was given back")
    assert state(demo, version) == "failed"


def test_whoever_holds_a_link_that_was_taken_back_is_told_so(demo: Demo, open_page: Open) -> None:
    version, old = handed_over(demo, open_page, "Salt on the window")
    manager = open_page()
    manager.goto(f"{demo.console}/handoffs/{waiting(demo, version)}/link/")
    expect(manager.get_by_text(old)).to_be_visible()
    assert pages.shown(manager.get_by_alt_text("QR code of the link"))
    assert Axe().run(manager).response["violations"] == []
    manager.get_by_role("button", name="Make a new link").click()
    expect(manager.get_by_text("The old link opens nothing any more.")).to_be_visible()
    page = open_page("", **PHONE)
    answer = page.goto(old)
    assert answer and answer.status == 410
    expect(page.get_by_role("heading", level=1)).to_have_text("This link is not good any more")
    clean(page)


def waiting(demo: Demo, version: UUID) -> UUID:
    """The open hand-off of this version."""
    found = demo.sql(
        "SELECT h.id FROM publishing_handoff h JOIN publishing_post p ON p.id = h.post_id"
        " WHERE p.version_id = %s AND h.state = 'open'",
        version,
    )
    return UUID(str(found[0][0]))


def test_once_loaded_it_works_without_net_and_sends_what_was_said_when_there_is_net_again(
    demo: Demo, open_page: Open
) -> None:
    version, link = handed_over(demo, open_page, "The last light on the pier")
    page = open_page("", **PHONE)
    page.goto(link)
    expect(page.locator("[data-ready]")).to_have_text("Kept on this device: it works without net, too.")
    page.wait_for_function("navigator.serviceWorker.controller")
    page.context.set_offline(True)
    page.reload()
    expect(page.get_by_role("heading", level=1)).to_have_text("Post this story on Instagram")
    assert pages.shown(page.locator(".files img"))
    with page.expect_download() as saved:
        page.get_by_role("link", name="Save the-last-light").click()
    assert saved.value.path().stat().st_size > 10_000

    page.get_by_role("link", name="I posted it").click()
    page.get_by_label("Anything to say about it").fill("It is in my story.")
    page.get_by_role("button", name="Say that it is live").click()
    expect(page.locator("[data-net]")).to_contain_text("Kept on this device and not sent yet: that it is posted.")
    assert state(demo, version) == "awaiting_creator"
    page.context.set_offline(False)
    expect(page.get_by_role("heading", level=1)).to_have_text("Thank you, it is published")
    assert state(demo, version) == "published"
    assert page.evaluate("caches.keys()") == [], "nothing of it stays on the phone"
