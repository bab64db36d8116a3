"""The case page and its export, with everything that publishing adds to them."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from approvals import rights
from approvals.conversation import make_link
from approvals.history import PAGE
from approvals.models import Case, Version
from collavo.accounts.models import Membership, Role, Workspace
from collavo.timeline.models import Event, line, record, record_many
from publishing.calls import calls
from publishing.case_export import BATCH
from publishing.models import Attempt, Post, Status
from tests.console import signed_in
from tests.factories import make_case, make_connector, make_member, make_post, make_version, make_workspace

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def case(workspace: Workspace) -> Case:
    return make_case(workspace)


@pytest.fixture
def manager(workspace: Workspace) -> Membership:
    return make_member(workspace, Role.MANAGER, "Ida Holm")


@pytest.fixture
def client(manager: Membership) -> Client:
    return signed_in(manager)


def page(client: Client, case: Case, **query: Any) -> str:
    response = client.get(reverse("approvals:case", args=[case.workspace.slug, case.pk]), query)
    assert response.status_code == 200
    return response.content.decode()


def tried(post: Post, at: datetime, step: str = "publish") -> Attempt:
    return Attempt.objects.create(post=post, fence=1, number=1, step=step, started_at=at, http_status=200)


def said(post: Post, verb: str, at: datetime) -> Event:
    event = record(post, verb, by="worker")
    Event.objects.filter(pk=event.pk).update(at=at)
    event.refresh_from_db()
    return event


# --- One line of time ------------------------------------------------------------------------------------------------


def test_calls_lie_under_the_line_that_they_led_to(case: Case) -> None:
    post = make_post(case.workspace, case=case, at=timezone.now() + DAY)
    begin = timezone.now() + DAY
    first, last = said(post, "publishing", begin), said(post, "published", begin + timedelta(minutes=5))
    tried(post, begin + timedelta(minutes=1), "container")
    tried(post, begin + timedelta(minutes=2), "publish")
    tried(post, begin + timedelta(minutes=9), "link")  # since the last line: under it
    found = calls([first, last])
    assert {pk: [c.step for c in under] for pk, under in found.items()} == {last.pk: ["container", "publish", "link"]}
    assert calls([first]) == {} and calls([]) == {}


def test_the_page_shows_what_was_tried(case: Case, client: Client) -> None:
    post = make_post(case.workspace, case=case, at=timezone.now() + DAY)
    tried(post, timezone.now() + DAY, "container")
    assert "1 call" in page(client, case) and "container" in page(client, case)


def test_the_filters_say_what_who_and_when(case: Case, client: Client, manager: Membership) -> None:
    post = make_post(case.workspace, case=case, at=timezone.now() + DAY)
    rights.add(post.version.asset, {"territory": "CH"}, by=manager)
    record(post, "held", by="dispatcher", text="It waits.")
    everything = page(client, case)
    assert "added rights" in everything and "It waits." in everything and "scheduled a post" in everything
    only = page(client, case, kind="rights")
    assert "added rights" in only and "scheduled a post" not in only
    mine = page(client, case, who=str(manager.user_id))
    assert "added rights" in mine and "scheduled a post" not in mine
    machines = page(client, case, who="collavo")
    assert "It waits." in machines and "added rights" not in machines
    plans = page(client, case, kind="plans")
    assert "scheduled a post" in plans and "It waits." not in plans
    tomorrow = f"{timezone.localdate() + 2 * DAY:%Y-%m-%d}"
    assert "Nothing like that in this case" in page(client, case, **{"from": tomorrow})
    assert "added rights" in page(client, case, to=tomorrow)


def test_a_filter_that_there_is_not_is_no_page(case: Case, client: Client) -> None:
    address = reverse("approvals:case", args=[case.workspace.slug, case.pk])
    assert client.get(address, {"kind": "secrets"}).status_code == 404
    assert client.get(address, {"who": "nobody"}).status_code == 404
    assert client.get(address, {"from": "soon"}).status_code == 200


def test_every_line_is_reached_page_by_page_and_none_twice(case: Case, client: Client) -> None:
    record_many(line(case, "opened", by=f"Person {number:03}") for number in range(2 * PAGE + 5))
    seen: list[str] = []
    query: dict[str, str] = {}
    while True:
        text = page(client, case, **query)
        seen += [part.split("<")[0] for part in text.split("<b>Person ")[1:]]
        if "before=" not in text:
            break
        query = {"before": text.split("before=")[1].split("#")[0].split('"')[0]}
    assert len(seen) == len(set(seen)) == 2 * PAGE + 5


def test_the_case_page_takes_a_constant_number_of_statements(case: Case, client: Client) -> None:
    connector = make_connector(case.workspace)

    def statements() -> int:
        with CaptureQueriesContext(connection) as queries:
            page(client, case)
        return len(queries)

    tried(make_post(case.workspace, connector, case=case, at=timezone.now() + DAY), timezone.now())
    statements()
    few = statements()
    for _ in range(3):
        tried(make_post(case.workspace, connector, case=case, at=timezone.now() + DAY), timezone.now())
    assert statements() == few <= 12


# --- The export ------------------------------------------------------------------------------------------------------


def exported(client: Client, case: Case, format: str) -> str:
    response = client.get(reverse("publishing:case_export", args=[case.workspace.slug, case.pk, format]))
    assert response.status_code == 200 and response.streaming
    return b"".join(response.streaming_content).decode()  # type: ignore[attr-defined]


@pytest.fixture
def live(case: Case, manager: Membership) -> Post:
    """A post that is live, with rights, a call and everything that led to it."""
    post = make_post(case.workspace, make_connector(case.workspace, handle="fjord.supply"), case=case)
    rights.add(post.version.asset, {"territory": "CH"}, by=manager)
    tried(post, timezone.now(), "publish")
    moment = timezone.now()
    Post.objects.filter(pk=post.pk).update(
        status=Status.PUBLISHED, published_at=moment, due_at=None, remote_id="179", url="https://www.instagram.com/p/1/"
    )
    record(post, "published", by="worker", url="https://www.instagram.com/p/1/")
    post.refresh_from_db()
    return post


def test_the_json_says_what_was_approved_by_whom_and_what_is_live_with_every_hash(
    case: Case, client: Client, live: Post
) -> None:
    found = json.loads(exported(client, case, "json"))
    (approved,) = found["approved"]
    media = live.version.ordered_items()[0].media
    review = live.version.reviews.get()
    assert approved["seal"] == live.version.seal and approved["seal_holds"] is True
    assert [m["sha256"] for m in approved["media"]] == [media.sha256]
    assert approved["approved_by"] == [str(review.by)]
    (post,) = found["posts"]
    assert (post["live"], post["url"], post["remote_id"]) == (True, "https://www.instagram.com/p/1/", "179")
    assert (post["seal"], post["version_seal"]) == (live.seal, live.version.seal)
    assert found["rights"][0]["territory"] == "CH"
    assert found["history"][-1]["kind"] == "post.published"
    assert [c["step"] for e in found["history"] for c in e["calls"]] == ["publish"]


def test_a_client_who_accepted_by_a_link_is_named_and_an_acceptance_taken_back_is_not(
    case: Case, client: Client, manager: Membership
) -> None:
    version = make_version(make_member(case.workspace, Role.CREATOR), case=case)
    version.accept(by=manager)
    version.undo(by=manager)
    link, _ = make_link(case, None, name="Anna Moser", by=manager)
    version.accept(by=link)
    (approved,) = json.loads(exported(client, case, "json"))["approved"]
    assert approved["approved_by"] == ["Anna Moser (client, by link)"] and len(approved["approved_at"]) == 1


def test_content_that_was_changed_after_its_approval_is_said_to_be_so(case: Case, client: Client, live: Post) -> None:
    Version.objects.filter(pk=live.version_id).update(caption="Something else.")
    assert json.loads(exported(client, case, "json"))["approved"][0]["seal_holds"] is False
    assert "the content was changed after the approval" in exported(client, case, "html")


def test_the_page_to_print_says_the_same(case: Case, client: Client, live: Post) -> None:
    text = exported(client, case, "html")
    for part in (live.version.seal, live.seal, live.version.ordered_items()[0].media.sha256, "https://www.instagram.com",
                 "Granted for every channel", "Ida Holm", "Europe/Zurich", "fjord.supply"):  # fmt: skip
        assert part in text
    assert text.rstrip().endswith("</html>")


def test_markup_in_somebodys_words_stays_words(case: Case, client: Client, manager: Membership, live: Post) -> None:
    record(live, "canceled", by=manager.user, text="<script>alert(1)</script>")
    assert "<script>alert" not in exported(client, case, "html")


def test_a_long_history_is_streamed_whole_in_a_few_statements(case: Case, client: Client) -> None:
    record_many(line(case, "opened", by="somebody") for _ in range(2 * BATCH + 7))
    with CaptureQueriesContext(connection) as queries:
        found = json.loads(exported(client, case, "json"))
    assert len(found["history"]) == 2 * BATCH + 7 and len(queries) < 25


def test_an_empty_case_and_another_workspaces_case(case: Case, client: Client) -> None:
    assert json.loads(exported(client, case, "json"))["posts"] == []
    stranger = make_case(make_workspace())
    address = reverse("publishing:case_export", args=[case.workspace.slug, stranger.pk, "json"])
    assert client.get(address).status_code == 404
    assert client.get(reverse("publishing:case_export", args=[case.workspace.slug, case.pk, "pdf"])).status_code == 404
