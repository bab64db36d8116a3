"""What was scheduled at the beginning of the folder's tests: looked at last, when its minute has come."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from playwright.sync_api import expect

from tests.browser import pages
from tests.browser.conftest import Open, Plan
from tests.browser.demo import Demo

pytestmark = pytest.mark.browser


def test_4_what_was_scheduled_goes_out_by_itself_at_its_minute(demo: Demo, planned: Plan, open_page: Open) -> None:
    page = open_page()
    page.goto(f"{demo.console}/board/")
    live = pages.card(page, planned.version, "live")
    left = max((planned.at - datetime.now(UTC)).total_seconds(), 0)
    expect(live.locator(".chip")).to_have_text("Published", timeout=(left + 60) * 1000)
    found = demo.sql("SELECT published_at, url FROM publishing_post WHERE version_id = %s", planned.version)
    (published_at, url), *others = found
    assert not others
    assert published_at.replace(second=0, microsecond=0) == planned.at
    assert url in {post["permalink"] for post in demo.control.posts()}
