"""A push goes out once, sealed for one browser, to a public push service; what is gone there is gone here."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import uuid4

import http_ece
import pytest
import requests
import responses
import time_machine
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.utils import timezone
from django_q.models import OrmQ
from pytest_django.fixtures import Settings

from collavo.accounts.models import Membership, Role, User
from collavo.settings import vapid_key
from collavo.timeline import push, tasks
from collavo.timeline.choices import Choice, choose, chosen
from collavo.timeline.models import Notice, PushSubscription
from collavo.timeline.notices import mark_read, settle, tell
from collavo.timeline.topics import Mail
from tests.collavo.timeline.test_notices import message, url
from tests.console import signed_in, text
from tests.factories import make_member, make_workspace

pytestmark = pytest.mark.django_db
KEY = "q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94"  # the example of RFC 8291


def b64(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).decode().rstrip("=")


@dataclass
class Browser:
    """The far side: it has the keys that open what is pushed to it."""

    endpoint: str = field(default_factory=lambda: f"https://push.example.com/send/{uuid4()}")
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    auth: bytes = field(default_factory=lambda: os.urandom(16))

    def given(self) -> dict[str, str]:
        point = self.key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        return {"endpoint": self.endpoint, "p256dh": b64(point), "auth": b64(self.auth)}

    def opened(self, body: bytes) -> dict[str, str]:
        return dict(json.loads(http_ece.decrypt(body, private_key=self.key, auth_secret=self.auth)))


@pytest.fixture(autouse=True)
def key(settings: Settings) -> Iterator[None]:
    settings.VAPID_PRIVATE_KEY = KEY
    push.private_key.cache_clear()
    yield
    push.private_key.cache_clear()


@pytest.fixture
def member() -> Membership:
    return make_member(make_workspace("Fjord Supply"), Role.MANAGER)


@pytest.fixture
def browser(member: Membership) -> Browser:
    made = Browser()
    push.subscribe(member.user, **made.given(), browser="Chrome on Android")
    return made


def told(member: Membership, *keys: str, **values: Any) -> None:
    for name in keys or ("event:1",):
        tell([member.user], message(member.workspace, name, **values))


def send(member: Membership) -> int:
    return push.send(member.user_id)


# --- What is sent ----------------------------------------------------------------------------------------------------


@responses.activate
def test_a_push_is_opened_by_its_browser_alone_and_says_what_happened(member: Membership, browser: Browser) -> None:
    responses.post(browser.endpoint, status=201)
    told(member)
    assert send(member) == 1
    (call,) = responses.calls
    assert call.request.body is not None
    said = browser.opened(bytes(call.request.body))  # type: ignore[arg-type]
    assert said["title"] == "“Overshirt” was not published" and said["path"].startswith("/w/")
    assert said["text"] == "The picture is too large. Nothing is live."
    assert b"Overshirt" not in bytes(call.request.body)  # type: ignore[arg-type]
    assert PushSubscription.objects.get().pushed_at is not None


@responses.activate
def test_the_push_service_knows_us_by_our_key(member: Membership, browser: Browser, settings: Settings) -> None:
    settings.BASE_URL, settings.HTTPS = "https://collavo.example", True
    responses.post(browser.endpoint, status=201)
    told(member)
    send(member)
    signed = responses.calls[0].request.headers["Authorization"]
    assert f"k={push.public_key()}" in signed
    claims = json.loads(base64.urlsafe_b64decode(signed.split("t=")[1].split(".")[1] + "=="))
    assert claims["aud"] == "https://push.example.com" and claims["sub"] == "https://collavo.example"


@responses.activate
def test_a_push_is_sent_once_however_often_its_task_runs(member: Membership, browser: Browser) -> None:
    responses.post(browser.endpoint, status=201)
    told(member, "event:1", "event:1")
    assert [send(member), send(member), tasks.push(str(member.user_id))] == [1, 0, 0]
    assert len(responses.calls) == 1 and Notice.objects.get().pushed_at is not None


@responses.activate
def test_several_at_once_are_one_push_that_leads_to_the_list(member: Membership, browser: Browser) -> None:
    responses.post(browser.endpoint, status=201)
    told(member, "event:1", "event:2", "event:3")
    send(member)
    said = browser.opened(bytes(responses.calls[0].request.body))  # type: ignore[arg-type]
    assert said["title"] == "3 things need you · Fjord Supply" and said["path"] == url("notices", member)


@responses.activate
def test_the_longest_notice_still_fits_into_a_push(member: Membership, browser: Browser) -> None:
    responses.post(browser.endpoint, status=201)
    told(member, title="🧵" * 300, sentences=["🪡" * 5000])
    assert send(member) == 1
    assert len(bytes(responses.calls[0].request.body)) <= 4096  # type: ignore[arg-type]


# --- What is not sent ------------------------------------------------------------------------------------------------


def test_without_a_browser_nothing_is_queued(member: Membership) -> None:
    told(member)
    assert Notice.objects.get().push_at is None
    assert not OrmQ.objects.filter(payload__contains="tasks.push").exists()


def test_who_switched_pushes_off_for_a_topic_gets_none(member: Membership, browser: Browser) -> None:
    told(member, "waits already")
    choose(member.user, chosen(member.user) | {"post": Choice(Mail.NOW, push=False)}, hour=8, time_zone="UTC")
    told(member, "new")
    assert not Notice.objects.filter(push_at__isnull=False).exists()
    assert send(member) == 0


def test_what_was_read_seen_to_or_has_grown_old_is_not_pushed(member: Membership, browser: Browser) -> None:
    told(member, "read", "old")
    told(member, "seen to")
    mark_read(Notice.objects.filter(key="read"))
    settle(Notice.objects.get(key="seen to").subject_id)
    with time_machine.travel(timezone.now() + timedelta(hours=2)):
        assert send(member) == 0
    assert not Notice.objects.filter(push_at__isnull=False).exists()


def test_whoever_left_the_workspace_gets_no_push_of_it(member: Membership, browser: Browser) -> None:
    told(member)
    Membership.objects.all().delete()
    assert send(member) == 0


@responses.activate
@pytest.mark.parametrize("status", [404, 410])
def test_a_browser_that_is_gone_is_forgotten(status: int, member: Membership, browser: Browser) -> None:
    responses.post(browser.endpoint, status=status)
    told(member)
    assert send(member) == 0 and not PushSubscription.objects.exists()


@responses.activate
@pytest.mark.parametrize("answer", [{"status": 500}, {"body": requests.ConnectionError("no way")}])
def test_a_push_service_in_trouble_is_noted_and_the_other_browsers_get_theirs(
    answer: dict[str, Any], member: Membership, browser: Browser
) -> None:
    other = Browser()
    push.subscribe(member.user, **other.given())
    responses.post(browser.endpoint, **answer)
    responses.post(other.endpoint, status=201)
    told(member)
    assert send(member) == 1
    assert PushSubscription.objects.get(endpoint=browser.endpoint).error
    assert not PushSubscription.objects.get(endpoint=other.endpoint).error


def test_a_name_that_leads_inside_is_never_called(member: Membership, browser: Browser) -> None:
    PushSubscription.objects.update(endpoint="https://localhost:9/send")  # as if its name pointed there by now
    told(member)
    assert send(member) == 0 and "cannot be reached" in PushSubscription.objects.get().error


def test_the_schedule_finds_pushes_whose_task_was_lost(member: Membership, browser: Browser) -> None:
    told(member)
    OrmQ.objects.all().delete()
    tasks.mail_due()
    assert OrmQ.objects.count() == 2, "the mail and the push"


# --- Browsers --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "wrong",
    [
        {"endpoint": "http://push.example.com/x"}, {"endpoint": "https://10.0.0.1/x"}, {"endpoint": ""},
        {"p256dh": "AAAA"}, {"p256dh": "!"}, {"auth": "AAAA"}, {"auth": "A"},
    ],
)  # fmt: skip
def test_what_is_not_a_browsers_subscription_is_refused(wrong: dict[str, str], member: Membership) -> None:
    with pytest.raises(ValidationError, match="cannot be used"):
        push.subscribe(member.user, **Browser().given() | wrong)
    assert not PushSubscription.objects.exists()


def test_a_browser_belongs_to_who_allowed_it_last(member: Membership, browser: Browser) -> None:
    other = make_member(member.workspace)
    push.subscribe(other.user, **browser.given())
    assert PushSubscription.objects.get().user == other.user


def test_a_person_has_ten_browsers_at_most_and_loses_the_oldest(member: Membership, browser: Browser) -> None:
    for _ in range(10):
        push.subscribe(member.user, **Browser().given())
    kept = PushSubscription.objects.filter(user=member.user)
    assert kept.count() == 10 and not kept.filter(endpoint=browser.endpoint).exists()


def test_the_browser_that_is_allowed_now_stays_however_long_it_has_been_known(member: Membership) -> None:
    old = Browser()
    push.subscribe(make_member(member.workspace, Role.VIEWER).user, **old.given())
    for _ in range(push.MOST):
        push.subscribe(member.user, **Browser().given())
    push.subscribe(member.user, **old.given())
    mine = PushSubscription.objects.filter(user=member.user)
    assert mine.count() == push.MOST and mine.filter(endpoint=old.endpoint).exists()


def test_a_browser_is_added_and_removed_on_the_page(member: Membership) -> None:
    client = signed_in(member)
    agent = "Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 Chrome/140.0 Mobile Safari/537.36"
    page = client.post(url("allow_push", member), Browser().given(), headers={"User-Agent": agent}, follow=True)
    assert "Chrome on Android" in text(page) and "Pushes come to this browser now." in text(page)
    client.post(url("remove_push", member, PushSubscription.objects.get().pk))
    assert not PushSubscription.objects.exists()


def test_a_wrong_browser_is_told_on_the_page(member: Membership) -> None:
    page = signed_in(member).post(url("allow_push", member), {"endpoint": "https://127.0.0.1/"}, follow=True)
    assert "This browser cannot be used for pushes." in text(page)


def test_nobody_removes_another_persons_browser(member: Membership, browser: Browser) -> None:
    other = make_member(member.workspace)
    answer = signed_in(other).post(url("remove_push", other, PushSubscription.objects.get().pk))
    assert answer.status_code == 404 and PushSubscription.objects.exists()
    assert browser.endpoint not in signed_in(other).get(url("preferences", other)).content.decode()


@pytest.mark.parametrize(
    ("agent", "name"),
    [("X (iPhone) Safari/604", "Safari on iPhone"), ("Chrome/1 Edg/1 Windows", "Edge on Windows"), ("", "A browser")],
)  # fmt: skip
def test_a_browser_is_called_what_people_call_it(agent: str, name: str) -> None:
    assert push.browser_name(agent) == name


# --- Keys and script -------------------------------------------------------------------------------------------------


def test_the_key_is_made_once_and_kept_with_the_other_secrets(settings: Settings, monkeypatch: pytest.MonkeyPatch,
                                                              tmp_path: Any) -> None:  # fmt: skip
    monkeypatch.setattr("collavo.settings.DATA_DIR", tmp_path)
    settings.VAPID_PRIVATE_KEY = ""
    push.private_key.cache_clear()
    first = push.private_key()
    push.private_key.cache_clear()
    assert push.private_key() == first == vapid_key((tmp_path / "vapid_key").read_text())
    assert len(base64.urlsafe_b64decode(push.public_key() + "==")) == 65


def test_a_key_that_is_none_stops_the_start() -> None:
    with pytest.raises(ImproperlyConfigured, match="VAPID_PRIVATE_KEY"):
        vapid_key("secret")


def test_the_script_that_takes_pushes_stands_at_the_root(client: Any) -> None:
    answer = client.get("/sw.js")
    assert answer["Content-Type"].startswith("text/javascript") and answer["Cache-Control"] == "no-cache"
    assert b"showNotification" in answer.content


def test_a_person_who_is_gone_takes_the_browsers_along(member: Membership, browser: Browser) -> None:
    User.objects.filter(pk=member.user_id).delete()
    assert not PushSubscription.objects.exists()
