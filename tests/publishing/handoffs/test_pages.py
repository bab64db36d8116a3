"""The console's pages of hand-offs: who sees what, and that each form says what became of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from collavo.accounts.models import Membership, Role, User
from collavo.health import health
from collavo.timeline.models import Notice
from publishing.models import Handoff, HandoffState, Post, Status, Way
from tests.console import signed_in
from tests.factories import make_approved, make_connector, make_member, make_post, make_workspace
from tests.publishing.handoffs.made import STORY_LINK, dead_connector, fall_due, make_handoff

pytestmark = pytest.mark.django_db


@pytest.fixture
def handoff() -> Handoff:
    workspace = make_workspace()
    return make_handoff(workspace, dead_connector(workspace))


@pytest.fixture
def manager(handoff: Handoff) -> Membership:
    return make_member(handoff.workspace)


def listed(client: Client, handoff: Handoff, show: str = "open") -> str:
    return client.get(reverse("publishing:handoffs", args=[handoff.workspace.slug]), {"show": show}).content.decode()


def act(client: Client, handoff: Handoff, verb: str, **data: str) -> Any:
    return client.post(reverse(f"publishing:handoff_{verb}", args=[handoff.workspace.slug, handoff.pk]), data)


def overdue(handoff: Handoff) -> None:
    Handoff.objects.filter(pk=handoff.pk).update(overdue_at=timezone.now() - timedelta(minutes=1))


def test_managers_see_all_and_others_only_their_own(handoff: Handoff, manager: Membership) -> None:
    assert handoff.assignee
    other = make_member(handoff.workspace, Role.CREATOR)
    assert "Overshirt" in listed(signed_in(manager.user), handoff)
    assert "Overshirt" in listed(signed_in(handoff.assignee), handoff)
    assert "Nobody has to post anything" in listed(signed_in(other.user), handoff)


def test_to_strangers_there_is_nothing(handoff: Handoff) -> None:
    stranger = signed_in(make_member(make_workspace()).user)
    assert stranger.get(reverse("publishing:handoffs", args=[handoff.workspace.slug])).status_code == 404
    assert act(stranger, handoff, "remind").status_code == 404


def test_what_is_overdue_is_said_on_list_board_rail_and_health(handoff: Handoff, manager: Membership) -> None:
    client = signed_in(manager.user)
    assert "Nothing is overdue" in listed(client, handoff, "overdue")
    overdue(handoff)
    assert "Overshirt" in listed(client, handoff, "overdue")
    board = client.get(reverse("publishing:board", args=[handoff.workspace.slug])).content.decode()
    assert "Overdue · awaiting creator" in board
    assert "Hand-offs" in board
    assert health()["handoffs_overdue"] == 1


def test_the_list_takes_as_many_queries_for_many_as_for_one(
    handoff: Handoff, manager: Membership, django_assert_max_num_queries: Callable[[int], AbstractContextManager[None]]
) -> None:
    client = signed_in(manager.user)
    listed(client, handoff)
    with django_assert_max_num_queries(14):
        listed(client, handoff)
    for _ in range(4):
        make_handoff(handoff.workspace, handoff.post.connector)
    with django_assert_max_num_queries(14):
        assert listed(client, handoff).count("row-link") == 5


def test_the_posts_page_shows_the_task_and_a_manager_reminds_from_it(handoff: Handoff, manager: Membership) -> None:
    client = signed_in(manager.user)
    address = reverse("publishing:post", args=[handoff.workspace.slug, handoff.post_id])
    page = client.get(address).content.decode()
    assert "By hand" in page
    assert "It is posted" in page
    assert act(client, handoff, "remind", back="post").headers["Location"] == address
    assert act(client, handoff, "remind", back="list").status_code == 422  # a moment ago
    assert Notice.objects.filter(subject_id=handoff.pk, key__contains="reminder").count() == 1


def test_the_panel_on_the_board_shows_it_too(handoff: Handoff, manager: Membership) -> None:
    address = reverse("publishing:panel", args=[handoff.workspace.slug, handoff.post.version_id])
    page = signed_in(manager.user).get(address, headers={"HX-Request": "true"}).content.decode()
    assert "By hand" in page


def test_the_creator_confirms_and_a_wrong_link_is_told_at_its_form(handoff: Handoff) -> None:
    assert handoff.assignee
    client = signed_in(handoff.assignee)
    wrong = act(client, handoff, "posted", url="https://www.instagram.com/stories/somebody.else/1/")
    assert wrong.status_code == 422
    page = wrong.content.decode()
    assert "belongs to another account" in page
    assert "somebody.else" in page  # what was typed in stays
    assert act(client, handoff, "posted", url=STORY_LINK).status_code == 302
    assert act(client, handoff, "posted", url=STORY_LINK).status_code == 302  # a second press
    assert Post.objects.get(pk=handoff.post_id).status == Status.PUBLISHED


def test_a_manager_gives_it_away_moves_it_and_cancels_it(handoff: Handoff, manager: Membership) -> None:
    client, other = signed_in(manager.user), make_member(handoff.workspace, Role.CREATOR)
    assert act(client, handoff, "assign", to=str(other.user.pk)).status_code == 302
    handoff.refresh_from_db()
    assert handoff.assignee == other.user
    assert act(client, handoff, "later", date="2020-01-01", time="10:00").status_code == 422
    assert act(client, handoff, "cancel").status_code == 302
    handoff.refresh_from_db()
    assert handoff.state == HandoffState.CANCELED


def test_a_reason_is_needed_and_brings_it_back_to_its_manager(handoff: Handoff, manager: Membership) -> None:
    client = signed_in(manager.user)
    assert act(client, handoff, "could_not", reason="").status_code == 422
    assert act(client, handoff, "could_not", reason="The account is locked.").status_code == 302
    assert "The account is locked" in Post.objects.get(pk=handoff.post_id).error


# --- Choosing the way ---


def test_the_form_says_before_scheduling_that_and_why_it_goes_by_hand() -> None:
    workspace = make_workspace()
    version, manager = make_approved(workspace, format="story"), make_member(workspace)
    make_connector(workspace)
    address = reverse("publishing:panel", args=[workspace.slug, version.pk])
    page = signed_in(manager.user).get(address, headers={"HX-Request": "true"}).content.decode()
    assert "Stories are posted by hand" in page
    assert "gets it as a task" in page


def test_a_tick_makes_any_post_one_by_hand() -> None:
    workspace = make_workspace()
    version, manager, account = make_approved(workspace), make_member(workspace), make_connector(workspace)
    address = reverse("publishing:publish_now", args=[workspace.slug, version.pk])
    signed_in(manager.user).post(address, {"connector": str(account.pk), "by_hand": "on"})
    assert Post.objects.get(version=version).way == Way.HAND


def test_a_scheduled_post_is_turned_to_one_by_hand_on_its_page() -> None:
    workspace = make_workspace()
    post, manager = make_post(workspace, at=timezone.now() + timedelta(hours=1)), make_member(workspace)
    client = signed_in(manager.user)
    page = client.get(reverse("publishing:post", args=[workspace.slug, post.pk])).content.decode()
    assert "Post it by hand" in page
    client.post(reverse("publishing:hand_off", args=[workspace.slug, post.pk]))
    post.refresh_from_db()
    assert (post.status, post.way) == (Status.SCHEDULED, Way.HAND)


def test_the_switch_for_plain_stories_is_on_the_accounts_page() -> None:
    workspace = make_workspace()
    account, manager = make_connector(workspace), make_member(workspace)
    client, address = signed_in(manager.user), reverse("connectors:account", args=[workspace.slug, account.pk])
    assert "Story: handed to the creator" in client.get(address).content.decode()
    saved = client.post(
        reverse("connectors:settings", args=[workspace.slug, account.pk]),
        {"time_zone": "UTC", "scheduling": "on", "switch_plain_stories": "on"},
    )
    assert saved.status_code == 302
    account.refresh_from_db()
    assert account.switches == {"plain_stories": True}
    assert "Story: handed to the creator" not in client.get(address).content.decode()


# --- The command ---


def run(*args: str) -> str:
    out = StringIO()
    call_command("handoffs", *args, stdout=out)
    return out.getvalue()


def test_the_command_lists_as_a_table_and_as_json(handoff: Handoff) -> None:
    assert str(handoff.pk) in run()
    assert "Nobody has to post anything" in run("--overdue")
    [row] = json.loads(run("--json", "--workspace", handoff.workspace.slug))
    assert (row["id"], row["overdue"]) == (str(handoff.pk), False)


def test_it_reminds_of_what_is_due_once(handoff: Handoff) -> None:
    assert "Reminded of 0" in run("--remind")
    Handoff.objects.filter(pk=handoff.pk).update(remind_at=timezone.now() - timedelta(minutes=1))
    assert "Reminded of 1" in run("--remind")
    assert "Reminded of 0" in run("--remind")


def test_named_ones_are_reminded_at_once_and_a_refusal_is_exit_code_1(handoff: Handoff) -> None:
    User.objects.create_superuser("operator@example.org", "pass-word-1")
    assert "reminded" in run("--remind", str(handoff.pk))
    with pytest.raises(CommandError) as refused:
        run("--remind", str(handoff.pk))
    assert refused.value.returncode == 1
    with pytest.raises(CommandError) as wrong:
        run("--remind", "0192f0c1-7b1e-7c3a-9d2b-3f6a5c4e8d10")
    assert wrong.value.returncode == 2


# --- The admin ---


def test_the_admin_lists_what_waits_with_age_person_and_verbs(handoff: Handoff) -> None:
    client = signed_in(User.objects.create_superuser("operator@example.org", "pass-word-1"))
    page = client.get(reverse("admin:publishing_handoff_changelist")).content.decode()
    assert str(handoff.assignee) in page
    for verb in ("Remind", "Give it to somebody else", "It is live", "Cancel"):
        assert verb in page
    action = {"action": "mark_published", "_selected_action": str(handoff.pk), "sure": "1", "text": STORY_LINK}
    client.post(reverse("admin:publishing_handoff_changelist"), action)
    handoff.refresh_from_db()
    assert handoff.state == HandoffState.DONE
    assert client.get(reverse("admin:publishing_handoff_change", args=[handoff.pk])).status_code == 200


def test_the_admin_gives_it_to_a_person_by_their_address(handoff: Handoff) -> None:
    client = signed_in(User.objects.create_superuser("operator@example.org", "pass-word-1"))
    other = make_member(handoff.workspace)
    action = {"action": "assign", "_selected_action": str(handoff.pk), "sure": "1", "text": other.user.email}
    client.post(reverse("admin:publishing_handoff_changelist"), action)
    handoff.refresh_from_db()
    assert handoff.assignee == other.user


def test_a_post_of_the_api_has_no_task() -> None:
    post = make_post(make_workspace(), at=timezone.now() + timedelta(hours=1))
    assert not fall_due(post).handoffs.exists()
