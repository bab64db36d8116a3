"""What platforms tell by themselves: believed when signed, done once, and only to accounts of the app that signed."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from base64 import urlsafe_b64encode
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
import responses
from django.test import Client
from django.utils import timezone
from django_q.models import OrmQ
from pytest_django.fixtures import Settings

from connectors import notices, tasks
from connectors.models import AppCredentials, Connector, ConnectorStatus, WebhookNotice
from connectors.platforms.oauth import Notice, NoticeKind
from publishing.models import Post
from tests.factories import make_connector, make_post, make_workspace

pytestmark = pytest.mark.django_db
SECRET = "ig-secret"
OWNER = "26000000000000001"
GRAPH = re.compile(r"https://graph\.instagram\.com/.*")


@pytest.fixture(autouse=True)
def app(settings: Settings) -> None:
    settings.INSTAGRAM_APP_ID, settings.INSTAGRAM_APP_SECRET = "ig-app", SECRET
    settings.META_APP_ID, settings.META_APP_SECRET = "meta-app", "meta-secret"
    settings.META_VERIFY_TOKEN = "typed in the dashboard"


@pytest.fixture
def connector() -> Connector:
    return make_connector(make_workspace(), client_id="ig-app", owner_id=OWNER)


def encoded(value: bytes) -> str:
    return urlsafe_b64encode(value).decode().rstrip("=")


def signed_request(secret: str = SECRET, **changes: Any) -> dict[str, str]:
    payload = encoded(json.dumps({"algorithm": "HMAC-SHA256", "issued_at": 1, "user_id": OWNER, **changes}).encode())
    return {"signed_request": f"{encoded(hmac.digest(secret.encode(), payload.encode(), 'sha256'))}.{payload}"}


def call(topic: str, form: dict[str, str]) -> Any:
    kind = "application/x-www-form-urlencoded"
    return Client(enforce_csrf_checks=True).post(f"/webhooks/instagram/{topic}/", urlencode(form), content_type=kind)


def run_tasks() -> None:
    """What the queue would do now."""
    for row in OrmQ.objects.all():
        task = row.task
        if task["func"] == "connectors.tasks.take_notice":
            tasks.take_notice(*task["args"])
    OrmQ.objects.all().delete()


def dead() -> None:
    error = {"message": "The user has not authorized application 1.", "code": 190, "error_subcode": 458}
    responses.get(GRAPH, status=400, json={"error": error})


def alive(connector: Connector) -> None:
    responses.get(GRAPH, json={"user_id": connector.remote_id, "id": OWNER, "username": "fjord.supply"})


# --- Signatures -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "form",
    [
        {},
        {"signed_request": "no dot in it"},
        {"signed_request": "AAAA.BBBB"},
        signed_request("another secret"),
        signed_request(algorithm="none"),
        {"signed_request": "." + signed_request()["signed_request"].split(".")[1]},
        signed_request(user_id=None),
    ],
)
def test_what_is_not_signed_by_one_of_the_apps_is_refused_and_not_kept(form: dict[str, str]) -> None:
    assert call("deauthorize", form).status_code == 403
    assert not WebhookNotice.objects.exists()


def test_a_delivery_is_checked_over_its_raw_bytes() -> None:
    body = b'{"object": "instagram",  "entry": []}'
    right = "sha256=" + hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
    for sent, status in ((body, 200), (body.replace(b"  ", b" "), 403)):
        headers = {"X-Hub-Signature-256": right}
        answer = Client().post("/webhooks/instagram/", sent, content_type="application/json", headers=headers)
        assert answer.status_code == status
    assert Client().post("/webhooks/instagram/", body, content_type="application/json").status_code == 403


def test_the_address_greets_only_who_knows_the_word(settings: Settings) -> None:
    query = {"hub.mode": "subscribe", "hub.challenge": "42", "hub.verify_token": "typed in the dashboard"}
    answer = Client().get("/webhooks/instagram/", query)
    assert (answer.status_code, answer.content, answer["Content-Type"]) == (200, b"42", "text/plain")
    assert Client().get("/webhooks/instagram/", {**query, "hub.verify_token": "x"}).status_code == 403
    settings.META_VERIFY_TOKEN = ""
    assert Client().get("/webhooks/instagram/", {**query, "hub.verify_token": ""}).status_code == 403


def test_nothing_is_expected_at_other_addresses() -> None:
    assert Client().post("/webhooks/nobody/").status_code == 404
    assert call("anything", signed_request()).status_code == 403


def test_too_much_is_refused_unread() -> None:
    assert Client().post("/webhooks/instagram/", b"x" * 1_100_000, content_type="text/plain").status_code == 413


# --- What is done ---------------------------------------------------------------------------------------------


@responses.activate
def test_an_app_that_was_removed_takes_the_account_out_of_active(connector: Connector) -> None:
    dead()
    assert call("deauthorize", signed_request()).status_code == 200
    assert Connector.objects.get().status == ConnectorStatus.ACTIVE, "it is answered before it is done"
    run_tasks()
    row = Connector.objects.get()
    assert (row.status, "was removed" in row.status_reason) == (ConnectorStatus.NEEDS_RELINK, True)


@responses.activate
def test_a_late_word_of_removal_does_not_end_a_link_that_works(connector: Connector) -> None:
    alive(connector)
    call("deauthorize", signed_request())
    run_tasks()
    assert Connector.objects.get().status == ConnectorStatus.ACTIVE
    assert WebhookNotice.objects.get().done_at


@responses.activate
def test_the_same_told_again_is_done_once(connector: Connector) -> None:
    dead()
    for _ in range(3):
        assert call("deauthorize", signed_request()).status_code == 200
    assert WebhookNotice.objects.count() == OrmQ.objects.count() == 1


@responses.activate
def test_what_could_not_be_done_is_taken_up_again(connector: Connector) -> None:
    responses.get(GRAPH, status=503)
    call("deauthorize", signed_request())
    with pytest.raises(Exception, match="says nothing"):
        run_tasks()
    OrmQ.objects.all().delete()
    WebhookNotice.objects.update(received_at=timezone.now() - tasks.UNDONE_AFTER)
    tasks.retry_notices()
    assert OrmQ.objects.count() == 1


def test_who_asks_for_deletion_is_forgotten_and_may_ask_whether_it_was_done(connector: Connector) -> None:
    Connector.objects.update(name="Ada Fjord", details={"page_name": "Fjord"})
    answer = call("delete", signed_request()).json()
    assert answer["url"].endswith(f"/webhooks/data-deletion/?code={answer['confirmation_code']}")
    page = "/webhooks/data-deletion/?code=" + answer["confirmation_code"]
    assert "is being deleted" in Client().get(page).content.decode()
    run_tasks()
    row = Connector.objects.get()
    assert (row.status, row.token, row.name, row.details, row.owner_id) == ("disconnected", "", "", {}, "")
    assert "was deleted" in Client().get(page).content.decode()
    assert Client().get("/webhooks/data-deletion/?code=").status_code == 404
    assert Client().get("/webhooks/data-deletion/?code=" + "0" * 24).status_code == 404


def test_the_signature_of_a_workspaces_own_app_is_worth_nothing_for_other_accounts(connector: Connector) -> None:
    stranger = make_workspace()
    AppCredentials.objects.create(
        workspace=stranger, platform="instagram", login="instagram", client_id="their-app", client_secret="theirs"
    )
    assert call("delete", signed_request("theirs")).status_code == 200
    run_tasks()
    assert Connector.objects.get().token == "token"


def test_a_post_that_the_platform_reports_is_asked_about_at_once(connector: Connector) -> None:
    post, other = make_post(connector.workspace, connector), make_post(connector.workspace, connector)
    later = timezone.now() + timedelta(hours=1)
    Post.objects.filter(pk=post.pk).update(status="publishing", journal={"init": {"publish_id": "p-1"}}, due_at=later)
    Post.objects.filter(pk=other.pk).update(status="publishing", journal={"init": {"publish_id": "p-2"}}, due_at=later)
    notices.keep("instagram", [Notice("k", NoticeKind.POST, connector.remote_id, "p-1")], "ig-app")
    run_tasks()
    post.refresh_from_db()
    other.refresh_from_db()
    assert post.due_at and post.due_at <= timezone.now()
    assert other.due_at == later


def test_an_account_linked_at_the_shell_belongs_to_the_installations_app() -> None:
    connector = make_connector(make_workspace(), owner_id=OWNER)
    notice = WebhookNotice(platform="instagram", key="k", kind="revoked", account=OWNER, client_id="ig-app")
    assert notices.concerned(notice) == [connector]
    notice.client_id = "another"
    assert notices.concerned(notice) == []
