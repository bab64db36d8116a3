from __future__ import annotations

import html
import re
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from approvals.models import Version
from collavo.accounts.models import Role, Workspace
from connectors.models import Connector
from publishing.board import PAGE
from publishing.models import Post, Status
from tests.console import signed_in, text
from tests.factories import (
    make_approved,
    make_connector,
    make_member,
    make_post,
    make_version,
    make_workspace,
)
from tests.publishing.pages import CHECK, HOUR, VERBS, at, fill, scheduled, url

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


@pytest.fixture
def manager(workspace: Workspace) -> Client:
    return signed_in(make_member(workspace, Role.MANAGER))


# --- Publish now and schedule ----------------------------------------------------------------------------------------


def test_publish_now_puts_the_post_on_its_way(
    manager: Client, workspace: Workspace, connector: Connector, version: Version
) -> None:
    response = manager.post(url("publish_now", workspace, version.pk), {"connector": connector.pk}, headers=HTMX)
    assert response.status_code == 200
    assert Post.objects.get().status == Status.QUEUED
    assert "On its way to Instagram, fjord.supply." in text(response)
    assert set(response["HX-Trigger-After-Settle"].split('"')) >= {"column-approved", "column-scheduled"}


def test_publishing_twice_gives_one_post_and_shows_it(
    manager: Client, workspace: Workspace, connector: Connector, version: Version
) -> None:
    press = url("publish_now", workspace, version.pk)
    manager.post(press, {"connector": connector.pk}, headers=HTMX)
    second = manager.post(press, {"connector": connector.pk}, headers=HTMX)
    assert Post.objects.count() == 1
    assert "already has a post for Instagram, fjord.supply" in text(second)
    assert f"state-{Post.objects.get().pk}" in second.content.decode()


def test_what_is_not_approved_is_not_published_and_says_why(
    manager: Client, workspace: Workspace, connector: Connector
) -> None:
    waiting = make_version(make_member(workspace, Role.CREATOR))
    for name, said in (("publish_now", {}), ("schedule", at("2027-07-01 18:30"))):
        response = manager.post(url(name, workspace, waiting.pk), {"connector": connector.pk} | said, headers=HTMX)
        assert "This version is not approved (it is in review). Accept it first." in text(response)
    assert not Post.objects.exists()


def test_every_reason_is_listed_when_a_post_is_blocked(
    manager: Client, workspace: Workspace, connector: Connector
) -> None:
    waiting = make_version(make_member(workspace, Role.CREATOR))
    connector.disable(by="test")
    response = manager.post(url("publish_now", workspace, waiting.pk), {"connector": connector.pk})
    reasons = re.findall(r"<li>([^<]+)</li>", response.content.decode())
    assert len([r for r in reasons if "not approved" in r or "switched off" in r]) == 2
    assert not Post.objects.exists()


@pytest.mark.parametrize("role", [Role.VIEWER, Role.CREATOR, Role.APPROVER])
def test_who_may_not_publish_is_refused_with_a_sentence(
    role: Role, workspace: Workspace, connector: Connector, version: Version
) -> None:
    client = signed_in(make_member(workspace, role))
    response = client.post(url("publish_now", workspace, version.pk), {"connector": connector.pk})
    assert response.status_code == 403
    assert not Post.objects.exists()
    shown = client.get(url("board", workspace), {"v": str(version.pk)})
    assert url("publish_now", workspace, version.pk) not in shown.content.decode()


def test_schedule_takes_date_and_time_of_the_accounts_zone(
    manager: Client, workspace: Workspace, connector: Connector, version: Version
) -> None:
    said = {"connector": connector.pk} | at("2027-07-01 18:30")
    response = manager.post(url("schedule", workspace, version.pk), said, headers=HTMX)
    post = Post.objects.get()
    assert (post.status, f"{post.scheduled_at:%Y-%m-%d %H:%M}") == (Status.SCHEDULED, "2027-07-01 16:30")
    assert "Scheduled for Thu 1 Jul 2027, 18:30 Europe/Zurich." in text(response)


def test_an_hour_that_the_clocks_skip_is_refused_and_the_form_stays_filled(
    manager: Client, workspace: Workspace, connector: Connector, version: Version
) -> None:
    said = {"connector": connector.pk} | at("2027-03-28 02:30")
    response = manager.post(url("schedule", workspace, version.pk), said, headers=HTMX)
    assert "There is no 02:30 on 28 Mar 2027 in Europe/Zurich" in text(response)
    assert 'value="2027-03-28"' in response.content.decode()
    assert not Post.objects.exists()


def test_an_hour_that_comes_twice_asks_and_takes_the_answer(
    manager: Client, workspace: Workspace, connector: Connector, version: Version
) -> None:
    said = {"connector": connector.pk} | at("2027-10-31 02:30")
    asked = manager.post(url("schedule", workspace, version.pk), said, headers=HTMX)
    assert "The second (CET, UTC+01:00)" in text(asked)
    manager.post(url("schedule", workspace, version.pk), said | {"which": "second"}, headers=HTMX)
    assert f"{Post.objects.get().scheduled_at:%d %H:%M}" == "31 01:30"


def test_the_past_is_refused_with_a_sentence(
    manager: Client, workspace: Workspace, connector: Connector, version: Version
) -> None:
    yesterday = timezone.localtime(timezone.now() - timedelta(days=1), connector.zone)
    said = {"connector": connector.pk} | at(f"{yesterday:%Y-%m-%d %H:%M}")
    response = manager.post(url("schedule", workspace, version.pk), said, headers=HTMX)
    assert "That moment is in the past." in text(response)
    assert not Post.objects.exists()


# --- What can be done with a post ------------------------------------------------------------------------------------


@pytest.mark.parametrize("headers", [HTMX, {}], ids=["htmx", "plain form"])
@pytest.mark.parametrize(("name", "state", "said", "becomes"), VERBS)
def test_each_button_calls_its_verb_with_and_without_scripts(
    name: str, state: dict[str, Any], said: dict[str, Any], becomes: str, headers: dict[str, str],
    manager: Client, workspace: Workspace, connector: Connector,
) -> None:  # fmt: skip
    post = scheduled(workspace, connector, **state)
    if name == "confirm_live":
        connector.disable(by="test")  # it cannot be asked about the link, so the person's word stands
    response = manager.post(url(name, workspace, post.pk), said, headers=headers)
    assert response.status_code == (200 if headers else 302)
    post.refresh_from_db()
    assert post.status == becomes


@pytest.mark.parametrize(("name", "state", "said", "_becomes"), VERBS)
def test_from_the_posts_own_page_one_comes_back_to_it(
    name: str, state: dict[str, Any], said: dict[str, Any], _becomes: str,
    manager: Client, workspace: Workspace, connector: Connector,
) -> None:  # fmt: skip
    post = scheduled(workspace, connector, **state)
    if name == "confirm_live":
        connector.disable(by="test")
    response = manager.post(url(name, workspace, post.pk), said | {"back": "post"})
    assert response["Location"] == url("post", workspace, post.pk)


def test_a_button_pressed_too_late_says_what_the_post_has_become(
    manager: Client, workspace: Workspace, connector: Connector
) -> None:
    post = scheduled(workspace, connector, status=Status.PUBLISHING, due_at=timezone.now() + HOUR)
    response = manager.post(url("cancel", workspace, post.pk), headers=HTMX)
    assert "Too late to cancel: it is publishing." in text(response)
    post.refresh_from_db()
    assert post.status == Status.PUBLISHING


def test_a_link_that_the_verb_refuses_stays_in_the_form_with_the_reason(
    manager: Client, workspace: Workspace, connector: Connector
) -> None:
    post = scheduled(workspace, connector, **CHECK)
    response = manager.post(url("confirm_live", workspace, post.pk), {"url": "ftp://x.example/p"}, headers=HTMX)
    assert 'value="ftp://x.example/p"' in response.content.decode()
    assert "it starts with https://" in text(response)
    post.refresh_from_db()
    assert post.status == Status.UNCONFIRMED


@pytest.mark.parametrize("back", ["", "post"])
def test_confirming_without_a_link_asks_for_it(
    back: str, manager: Client, workspace: Workspace, connector: Connector
) -> None:
    post = scheduled(workspace, connector, status=Status.UNCONFIRMED, due_at=None)
    response = manager.post(url("confirm_live", workspace, post.pk), {"url": "", "back": back})
    assert response.status_code == 200
    assert "This field is required." in text(response)
    post.refresh_from_db()
    assert post.status == Status.UNCONFIRMED


def test_the_buttons_of_an_unconfirmed_post_are_the_three(
    manager: Client, workspace: Workspace, connector: Connector
) -> None:
    post = scheduled(workspace, connector, status=Status.UNCONFIRMED, due_at=None)
    shown = manager.get(url("post", workspace, post.pk)).content.decode()
    offered = {name for name, *_ in VERBS if url(name, workspace, post.pk) in shown}
    assert offered == {"confirm_live", "confirm_not_live", "ask_again"}


def test_a_canceled_post_leaves_its_version_to_be_scheduled_again(
    manager: Client, workspace: Workspace, connector: Connector
) -> None:
    post = scheduled(workspace, connector)
    response = manager.post(url("cancel", workspace, post.pk), headers=HTMX)
    assert url("publish_now", workspace, post.version_id) in response.content.decode()
    assert "column-approved" in response["HX-Trigger-After-Settle"]


# --- Nothing crosses a workspace -------------------------------------------------------------------------------------


def test_ids_of_another_workspace_are_not_found_by_any_address(manager: Client, workspace: Workspace) -> None:
    other = make_workspace()
    foreign = make_post(other, make_connector(other), at=timezone.now() + HOUR)
    for name in ("panel", "publish_now", "schedule"):
        for pk in (foreign.version_id, uuid4()):
            answer = manager.get if name == "panel" else manager.post
            assert answer(url(name, workspace, pk)).status_code == 404, name
    for name in ("post", "card", "state"):
        assert manager.get(url(name, workspace, foreign.pk)).status_code == 404, name
    for name in {verb for verb, *_ in VERBS}:
        assert manager.post(url(name, workspace, foreign.pk), at("2027-07-01 18:30")).status_code == 404, name
    assert manager.get(url("board", workspace), {"v": str(foreign.version_id)}).status_code == 404


def test_an_account_of_another_workspace_takes_nothing(manager: Client, workspace: Workspace, version: Version) -> None:
    foreign = make_connector(make_workspace())
    for pk in (foreign.pk, "nonsense", ""):
        response = manager.post(url("publish_now", workspace, version.pk), {"connector": pk})
        assert response.status_code == 404
    assert not Post.objects.exists()


def test_a_workspace_that_one_is_no_member_of_does_not_exist(workspace: Workspace, connector: Connector) -> None:
    post = scheduled(workspace, connector)
    stranger = signed_in(make_member(make_workspace(), Role.OWNER))
    for address in (url("board", workspace), url("posts", workspace), url("post", workspace, post.pk)):
        assert stranger.get(address).status_code == 404


# --- Board and panel -------------------------------------------------------------------------------------------------


def test_the_board_takes_as_many_queries_for_many_cards_as_for_few(
    manager: Client, workspace: Workspace, connector: Connector
) -> None:
    fill(workspace, connector)
    few = queries(manager, url("board", workspace))
    for _ in range(3):
        fill(workspace, connector)
    assert queries(manager, url("board", workspace)) == few


def test_the_log_of_posts_takes_as_many_queries_for_many_rows_as_for_few(
    manager: Client, workspace: Workspace, connector: Connector
) -> None:
    fill(workspace, connector)
    few = queries(manager, url("posts", workspace))
    fill(workspace, connector)
    assert queries(manager, url("posts", workspace)) == few


def queries(client: Client, address: str) -> int:
    with CaptureQueriesContext(connection) as seen:
        assert client.get(address).status_code == 200
    return len(seen)


def test_an_empty_board_says_what_will_appear_and_a_filter_that_hides_all_says_so(
    manager: Client, workspace: Workspace
) -> None:
    assert "Content that waits for a decision appears here." in text(manager.get(url("board", workspace)))
    assert "Nothing matches the filter" in text(manager.get(url("board", workspace), {"q": "zzz"}))


def test_the_filter_stays_in_the_links_to_more_cards(manager: Client, workspace: Workspace) -> None:
    for _ in range(PAGE + 1):
        make_version(make_member(workspace, Role.CREATOR))
    shown = html.unescape(manager.get(url("board", workspace), {"q": "wear", "v": ""}).content.decode())
    more = re.search(r'href="([^"]*after=[^"]*)"', shown)
    assert more
    assert "q=wear" in more[1]
    page = manager.get(more[1])
    assert page.content.decode().count("data-card ") == 1


def test_one_column_can_be_asked_for_alone(manager: Client, workspace: Workspace, version: Version) -> None:
    part = manager.get(url("board", workspace), {"col": "approved"}, headers=HTMX).content.decode()
    assert part.lstrip().startswith("<section")
    assert f"version-{version.pk}" in part
    assert "column-live" not in part


def test_the_panel_opens_at_an_address_that_can_be_shared(
    manager: Client, workspace: Workspace, connector: Connector, version: Version
) -> None:
    here = "http://testserver" + url("board", workspace) + "?q=wear"
    opened = manager.get(url("panel", workspace, version.pk), headers=HTMX | {"HX-Current-URL": here})
    address = opened["HX-Push-Url"]
    assert address == f"{url('board', workspace)}?q=wear&v={version.pk}"
    assert "Ready to go out?" in text(manager.get(address))


def test_the_panels_address_opened_directly_leads_to_the_whole_page(
    manager: Client, workspace: Workspace, version: Version
) -> None:
    response = manager.get(url("panel", workspace, version.pk))
    assert response["Location"] == f"{url('board', workspace)}?v={version.pk}"


def test_only_active_accounts_can_be_chosen_and_the_others_say_why(
    manager: Client, workspace: Workspace, connector: Connector, version: Version
) -> None:
    dead = make_connector(workspace, handle="fjord.outlet")
    dead.needs_relink("The session has ended.", by="test")
    page = manager.get(url("board", workspace), {"v": str(version.pk)})
    assert "fjord.outlet needs to be linked again. The session has ended." in text(page)
    assert f"?connector={connector.pk}" in page.content.decode()
    assert f"?connector={dead.pk}" not in page.content.decode()


def test_a_workspace_without_accounts_says_what_to_do(manager: Client, workspace: Workspace, version: Version) -> None:
    assert "No account is linked yet" in text(manager.get(url("board", workspace), {"v": str(version.pk)}))


def test_an_old_or_mangled_address_still_opens_the_board(manager: Client, workspace: Workspace) -> None:
    mangled = {"v": "nonsense", "after": "x", "state": "nowhere", "col": "nowhere", "account": "-", "case": "-"}
    assert manager.get(url("board", workspace), mangled).status_code == 200
    assert manager.get(url("posts", workspace), {"after": "x", "status": "x", "account": "x"}).status_code == 200


def test_markup_in_a_caption_stays_text(manager: Client, workspace: Workspace, connector: Connector) -> None:
    evil = make_approved(workspace, caption="<script>alert(1)</script>" + " long" * 40)
    page = manager.get(url("board", workspace), {"v": str(evil.pk)}).content.decode()
    assert "<script>alert" not in page
    assert "&lt;script&gt;" in page


# --- Cards in motion -------------------------------------------------------------------------------------------------


def test_a_card_that_has_left_its_column_tells_both_columns(
    manager: Client, workspace: Workspace, connector: Connector
) -> None:
    post = scheduled(workspace, connector, status=Status.PUBLISHED, published_at=timezone.now(), due_at=None)
    response = manager.get(url("card", workspace, post.pk), {"in": "scheduled"}, headers=HTMX)
    assert "Published" in text(response)
    assert {"column-scheduled", "column-live"} <= set(response["HX-Trigger-After-Settle"].split('"'))


def test_a_card_that_stays_tells_nobody_and_stops_asking_once_it_stands_still(
    manager: Client, workspace: Workspace, connector: Connector
) -> None:
    moving = scheduled(workspace, connector, status=Status.PUBLISHING)
    response = manager.get(url("card", workspace, moving.pk), {"in": "scheduled"}, headers=HTMX)
    assert "HX-Trigger-After-Settle" not in response
    assert "every 1s" in response.content.decode()
    still = scheduled(workspace, connector, status=Status.FAILED, error="Refused.")
    stopped = manager.get(url("card", workspace, still.pk), {"in": "needs_you"}, headers=HTMX)
    assert "hx-trigger" not in stopped.content.decode()


def test_the_state_of_a_post_reloads_what_is_around_it_only_when_it_changed(
    manager: Client, workspace: Workspace, connector: Connector
) -> None:
    post = scheduled(workspace, connector, status=Status.PUBLISHING)
    first = manager.get(url("state", workspace, post.pk), {"seen": "publishing..True"}, headers=HTMX)
    assert "HX-Trigger-After-Settle" not in first
    Post.objects.filter(pk=post.pk).update(status=Status.FAILED, due_at=None, error="Refused.")
    second = manager.get(url("state", workspace, post.pk), {"seen": "publishing..True"}, headers=HTMX)
    assert "post-moved" in second["HX-Trigger-After-Settle"]
