"""Settings, Webhooks: what an owner sees and does; the secret is said once."""

from __future__ import annotations

import re
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from pytest_django.fixtures import Settings

from collavo.accounts.models import Membership, Role
from collavo.timeline.models import Delivery, Endpoint, record
from collavo.timeline.outgoing import delivering, verbs
from collavo.timeline.outgoing.kinds import GROUPS
from tests.collavo.timeline.outgoing.receiver import Receiver
from tests.factories import make_connector, make_member, make_workspace

pytestmark = pytest.mark.django_db


class Browser:
    def __init__(self, member: Membership) -> None:
        self.member, self.client = member, Client()
        self.client.force_login(member.user)

    def address(self, name: str, *args: Any) -> str:
        return reverse(f"webhooks:{name}", args=[self.member.workspace.slug, *args])

    def get(self, name: str, *args: Any, **options: Any) -> HttpResponse:
        return self.client.get(self.address(name, *args), **options)  # type: ignore[return-value]

    def post(self, name: str, *args: Any, data: Any = None) -> HttpResponse:
        return self.client.post(self.address(name, *args), data or {}, follow=True)  # type: ignore[return-value]


def page(response: HttpResponse) -> str:
    assert response.status_code == 200
    return response.content.decode()


@pytest.fixture
def browser(owner: Membership) -> Browser:
    return Browser(owner)


def test_an_empty_list_offers_the_one_next_step(browser: Browser) -> None:
    shown = page(browser.get("webhooks"))
    assert "No webhooks yet" in shown and browser.address("new") in shown


@pytest.mark.parametrize("role", [Role.MANAGER, Role.VIEWER])
def test_who_is_no_owner_learns_who_is_and_no_address(endpoint: Endpoint, role: str) -> None:
    other = Browser(make_member(endpoint.workspace, role))
    shown = page(other.get("webhooks"))
    assert "An owner of the workspace" in shown and endpoint.url not in shown
    assert other.get("webhook", endpoint.pk).status_code == 403
    assert other.post("remove", endpoint.pk).status_code == 403


def test_nothing_of_another_workspace_is_there(endpoint: Endpoint) -> None:
    stranger = Browser(make_member(make_workspace(), Role.OWNER))
    for name in ("webhook", "change", "rotate", "remove"):
        assert stranger.get(name, endpoint.pk).status_code == 404
    for name in ("test", "pause", "resume", "rotate", "remove"):
        assert stranger.post(name, endpoint.pk).status_code == 404
    assert (
        stranger.get("line", endpoint.pk, 1).status_code == stranger.post("replay", endpoint.pk, 1).status_code == 404
    )


def test_the_secret_is_shown_once_and_the_form_sent_twice_adds_one(browser: Browser) -> None:
    data = {"key": str(uuid4()), "url": "https://example.com/in", "note": "Newsroom", "events": ["post.*"]}
    response = browser.post("new", data=data)
    [secret] = re.findall(r"whsec_[A-Za-z0-9+/=]+", page(response))
    assert response["Cache-Control"] == "no-store"
    endpoint = Endpoint.objects.get()
    assert (endpoint.secret, endpoint.events, endpoint.note) == (secret, ["post.*"], "Newsroom")
    again = page(browser.post("new", data=data))
    assert "added already" in again and secret not in again
    assert Endpoint.objects.count() == 1
    assert secret not in page(browser.get("webhook", endpoint.pk)) + page(browser.get("webhooks"))


@pytest.mark.parametrize("url", ["http://example.com", "https://192.168.1.1/", "nonsense", ""])
def test_an_address_that_cannot_work_is_refused_beside_its_field_and_kept(browser: Browser, url: str) -> None:
    shown = page(browser.post("new", data={"key": str(uuid4()), "url": url, "note": "Kept words"}))
    assert "Kept words" in shown and 'class="errors"' in shown
    assert not Endpoint.objects.exists()


def test_the_form_shows_what_was_chosen(browser: Browser, endpoint: Endpoint, owner: Membership) -> None:
    verbs.change(endpoint, url=endpoint.url, note="", events=["post.published", "version.*"], by=owner)
    shown = page(browser.get("change", endpoint.pk))
    checked = re.findall(r'name="events" value="([^"]+)" checked', shown)
    assert checked == ["post.published", "version.*"]
    for group in GROUPS:
        assert group.label in shown
    data = {"key": str(endpoint.pk), "url": endpoint.url, "events": ["connector.*"]}
    assert "Saved" in page(browser.post("change", endpoint.pk, data=data))
    endpoint.refresh_from_db()
    assert endpoint.events == ["connector.*"]


def test_the_log_says_what_became_of_each_and_sends_again(
    browser: Browser, endpoint: Endpoint, receiver: Receiver
) -> None:
    receiver.answer = lambda _: 503
    make_connector(endpoint.workspace)
    delivering.deliver_next()
    delivery = Delivery.objects.get()
    shown = page(browser.get("webhook", endpoint.pk))
    assert "connector.linked" in shown and "It answered 503." in shown and "Failing since" in shown
    assert "not been delivered yet" in page(browser.post("replay", endpoint.pk, delivery.pk))
    assert Delivery.objects.count() == 1
    receiver.answer = lambda _: 200
    Endpoint.objects.update(wait_until=None)
    delivering.deliver(delivery.pk)
    Delivery.objects.update(due_at=None, status="delivered", lease_token=None)
    assert "Sent again" in page(browser.post("replay", endpoint.pk, delivery.pk))
    assert Delivery.objects.count() == 2
    one = page(browser.get("line", endpoint.pk, delivery.pk))
    assert "&quot;type&quot;:&quot;connector.linked&quot;" in one


def test_a_line_that_is_on_its_way_asks_for_itself_and_one_that_is_done_does_not(
    browser: Browser, endpoint: Endpoint
) -> None:
    made = verbs.test(endpoint, by=browser.member)
    part = page(browser.get("line", endpoint.pk, made.pk, headers={"HX-Request": "true"}))
    assert 'hx-trigger="every 2s"' in part and "<html" not in part
    delivering.deliver(made.pk)
    part = page(browser.get("line", endpoint.pk, made.pk, headers={"HX-Request": "true"}))
    assert "hx-trigger" not in part and "Delivered" in part


def test_the_log_is_filtered_and_goes_on(browser: Browser, endpoint: Endpoint, settings: Settings) -> None:
    account = make_connector(endpoint.workspace)
    for _ in range(45):
        record(account, "verified", by="test")
    shown = page(browser.get("webhook", endpoint.pk))
    assert shown.count('class="delivery"') == 40
    [more] = re.findall(r'href="[^"]*before=(\d+)"', shown)
    rest = page(browser.get("webhook", endpoint.pk, query_params={"before": more}, headers={"HX-Request": "true"}))
    assert rest.count('class="delivery"') == 6 and "<html" not in rest
    assert "Nothing matches" in page(browser.get("webhook", endpoint.pk, query_params={"show": "failed"}))
    assert browser.get("webhook", endpoint.pk, query_params={"show": "nonsense"}).status_code == 404
    assert browser.get("webhook", endpoint.pk, query_params={"before": "x"}).status_code == 404


def test_pause_switch_on_rotate_remove(browser: Browser, endpoint: Endpoint) -> None:
    assert "Paused" in page(browser.post("pause", endpoint.pk))
    assert "Switched on" in page(browser.post("resume", endpoint.pk))
    assert "shown once" in page(browser.get("rotate", endpoint.pk))
    assert "whsec_" in page(browser.post("rotate", endpoint.pk))
    assert "To stop it for a while" in page(browser.get("remove", endpoint.pk))
    assert "Removed: Newsroom" in page(browser.post("remove", endpoint.pk))
    assert browser.get("webhook", endpoint.pk).status_code == 404


def test_before_it_is_removed_the_page_says_how_much_is_dropped_with_it(browser: Browser, endpoint: Endpoint) -> None:
    assert "any more. To stop it" in page(browser.get("remove", endpoint.pk))
    account = make_connector(endpoint.workspace)
    assert "any more, and 1 event that waits for it is dropped. To" in page(browser.get("remove", endpoint.pk))
    record(account, "verified", by="test")
    assert "any more, and 2 events that wait for it are dropped. To" in page(browser.get("remove", endpoint.pk))


@pytest.mark.parametrize(("failures", "said"), [(1, "<p>1 try failed since"), (2, "<p>2 tries failed since")])
def test_a_webhook_that_fails_says_how_often(browser: Browser, endpoint: Endpoint, failures: int, said: str) -> None:
    Endpoint.objects.update(failures=failures, failing_since=endpoint.created_at)
    assert said in page(browser.get("webhook", endpoint.pk))


def test_the_log_takes_as_many_statements_for_many_lines_as_for_few(browser: Browser, endpoint: Endpoint) -> None:
    account = make_connector(endpoint.workspace)

    def statements() -> int:
        with CaptureQueriesContext(connection) as captured:
            page(browser.get("webhook", endpoint.pk))
        return len(captured)

    few = statements()
    for _ in range(20):
        record(account, "verified", by="test")
    assert statements() == few


@pytest.mark.parametrize("name", ["test", "pause", "resume", "rotate", "remove"])
def test_what_was_removed_at_that_very_moment_is_told(browser: Browser, endpoint: Endpoint, name: str) -> None:
    def removed(execute: Any, sql: str, *args: Any) -> Any:
        if "FOR NO KEY UPDATE" in sql and "timeline_endpoint" in sql:
            Endpoint.objects.filter(pk=endpoint.pk).update(status="removed")
        return execute(sql, *args)

    with connection.execute_wrapper(removed):
        answer = browser.post(name, endpoint.pk)
    assert "was removed meanwhile" in page(answer)
