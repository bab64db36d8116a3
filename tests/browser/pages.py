"""What the browser tests do on the console's pages again and again."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from io import BytesIO
from typing import Any, cast
from uuid import UUID

from PIL import Image, ImageDraw
from playwright.sync_api import FilePayload, Locator, Page, expect

from tests.browser.demo import Demo

# Keeps what each card says, with its column, for as long as the page is not loaded again.
WATCH = """ids => {
    window.said = Object.fromEntries(ids.map(id => [id, []]));
    const look = () => ids.forEach(id => {
        const card = document.querySelector(`[data-card][data-version="${id}"]`), said = window.said[id];
        const chip = card?.querySelector(".chip"); // a card is empty for a moment while it is exchanged
        if (!chip) return;
        const line = `${card.closest(".col").id.replace("column-", "")}: ${chip.innerText.trim()}`;
        if (said.at(-1) !== line) said.push(line);
    });
    new MutationObserver(look).observe(document.body, {subtree: true, childList: true, characterData: true});
    look();
}"""


def sign_in(page: Page, demo: Demo, who: str) -> None:
    """Through the form, as "manager", "creator", "approver" or "viewer"."""
    page.goto(demo.address)
    page.get_by_label("E-mail address").fill(f"{who}@demo.collavo.local")
    page.get_by_label("Password").fill(demo.password)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/approvals/")


# Approvals


def review(page: Page, demo: Demo, version: UUID) -> Locator:
    """Open one version on the stage."""
    page.goto(f"{demo.console}/approvals/{version}/")
    stage = page.locator(f'[data-version="{version}"]')
    expect(stage).to_be_visible()
    return stage


def accept(page: Page, demo: Demo, version: UUID) -> None:
    review(page, demo, version)
    page.locator("#stage").get_by_role("button", name="Accept").click()
    expect(page.locator(f'#stage [data-version="{version}"]')).to_have_count(0)


def ask(page: Page, how: str, words: str, button: str) -> None:
    """Answer the question of Regenerate or Reject, and send it."""
    page.locator("#stage summary", has_text=how).click()
    page.locator("#stage details[open] textarea").first.fill(words)
    page.get_by_role("button", name=button).click()


def shown(picture: Locator) -> bool:
    """Whether the browser could decode it."""
    picture.scroll_into_view_if_needed()
    return bool(picture.evaluate("async image => { await image.decode(); return image.naturalWidth > 0; }"))


# The board


def card(page: Page, version: UUID, column: str) -> Locator:
    """The version's card, in this column."""
    return page.locator(f'#column-{column} [data-card][data-version="{version}"]')


def open_panel(page: Page, demo: Demo, version: UUID) -> Locator:
    page.goto(f"{demo.console}/board/?v={version}")
    panel = page.locator(".panel")
    expect(panel).to_be_visible()
    return panel


def publish_now(page: Page) -> None:
    """From the open panel."""
    page.locator(".panel summary", has_text="Publish now").click()
    page.get_by_role("button", name="Yes, publish now").click()


def schedule(page: Page, wall: datetime) -> None:
    """From the open panel, for what the clocks of the account's zone show then."""
    page.locator(".panel summary", has_text="Schedule").click()
    page.get_by_label("Date").fill(f"{wall:%Y-%m-%d}")
    page.get_by_label("Time", exact=True).fill(f"{wall:%H:%M}")
    page.locator(".panel").get_by_role("button", name="Schedule", exact=True).click()


def watch(page: Page, versions: Sequence[UUID]) -> None:
    """From now on, keep what these cards say."""
    page.evaluate(WATCH, [str(version) for version in versions])


def said(page: Page, version: UUID) -> list[str]:
    """What the card has said since `watch`: "column: chip", each change once. Fails when the page was loaded again."""
    return cast(list[str], page.evaluate("id => window.said[id]", str(version)))


def press_anyway(page: Page, demo: Demo, version: UUID) -> str:
    """Send what the button would send, where the page offers none; the answer as text."""
    connector = demo.sql("SELECT id FROM connectors_connector WHERE platform = 'instagram'")[0][0]
    token = re.search(r'"X-CSRFToken": "(\w+)"', page.locator("body").get_attribute("hx-headers") or "")
    answer = page.request.post(
        f"{demo.console}/versions/{version}/publish/",
        form={"connector": str(connector), "csrfmiddlewaretoken": token[1] if token else ""},
        headers={"Referer": page.url},
    )
    return answer.text()


# Files


def jpeg(words: str, size: tuple[int, int] = (1080, 1350)) -> FilePayload:
    """A real picture, in the form that a file input takes."""
    picture = Image.new("RGB", size, "#2f4f6b")
    ImageDraw.Draw(picture).text((80, 80), words, fill="#efe7da", font_size=72)
    file = BytesIO()
    picture.save(file, "JPEG", quality=85)
    return {"name": f"{words}.jpg", "mimeType": "image/jpeg", "buffer": file.getvalue()}


def upload(page: Page, *files: FilePayload) -> None:
    """Choose files in a form, and wait until the server has taken them."""
    rows = page.locator("[data-file]")
    before = rows.count()
    page.locator("#files").set_input_files(cast(Any, list(files)))
    expect(rows).to_have_count(before + len(files))


def send_in(page: Page, demo: Demo, title: str, format: str, caption: str, *files: FilePayload) -> UUID:
    """Upload a new asset as a creator; its version."""
    page.goto(f"{demo.console}/assets/new/")
    if files:
        upload(page, *files)
    page.get_by_label("Caption").fill(caption)
    page.get_by_label("Format").select_option(format)
    page.get_by_label("Title").fill(title)
    page.locator("#id_slot").select_option(label="No slot yet")
    page.get_by_role("button", name="Send in for review").click()
    expect(page.get_by_role("heading", name=title, level=1)).to_be_visible()
    return demo.version(title)
