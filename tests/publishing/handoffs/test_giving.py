"""A due post that goes by hand is given to its creator: once, and only what may go out."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.utils import timezone

from approvals.models import Asset, Rights, Version
from collavo.accounts.models import DeadLinkPolicy, LatePolicy, Role, Workspace
from collavo.timeline.models import Event, Notice
from connectors.models import Connector
from publishing import states, verbs
from publishing.claims import claim
from publishing.engine import advance
from publishing.handoffs import giving
from publishing.models import Handoff, HandoffState, Hold, Post, Status, Way
from publishing.preflight import Blocked
from tests.factories import make_approved, make_connector, make_member, make_post, make_workspace
from tests.publishing.handoffs.made import dead_connector, fall_due, make_handoff, story_post
from tests.publishing.test_claims import at_once

pytestmark = pytest.mark.django_db(transaction=True)


def test_at_its_moment_a_story_becomes_a_task_with_one_line_of_history_and_one_notice() -> None:
    post = fall_due(story_post())
    handoff = Handoff.objects.get(post=post)
    assert (post.status, post.way, handoff.state) == (Status.AWAITING_CREATOR, Way.HAND, HandoffState.OPEN)
    assert "no API can put a link" in handoff.why
    assert [e.verb for e in Event.objects.about(post)] == ["scheduled", "queued", "awaiting_creator"]
    notice = Notice.objects.get(subject_id=handoff.pk)
    assert notice.user == handoff.assignee == post.version.asset.creator
    assert "post it now" in notice.title


def test_claiming_it_again_gives_nothing_out_a_second_time() -> None:
    post = fall_due(story_post())
    assert claim(post.pk, worker="another") is None
    assert Handoff.objects.count() == Notice.objects.count() == 1


def test_of_eight_threads_racing_for_one_hand_over_one_gives_it_out() -> None:
    post = story_post()
    states.queue_due([post.pk])
    given = at_once(8, lambda n: giving.give(post.pk, by=f"thread {n}"))
    assert sum(given) == 1
    assert Handoff.objects.count() == Notice.objects.count() == 1


def test_the_database_keeps_a_second_open_task_of_one_post_out() -> None:
    handoff = make_handoff()
    with pytest.raises(IntegrityError, match="one_open_handoff_per_post"), transaction.atomic():
        Handoff.objects.create(
            workspace=handoff.workspace, case=handoff.case, post=handoff.post, due_at=timezone.now(),
            latest_at=timezone.now(), overdue_at=timezone.now(),
        )  # fmt: skip


def test_a_post_by_hand_needs_no_working_account_and_no_place_in_its_windows() -> None:
    workspace = make_workspace()
    post = fall_due(story_post(workspace, dead_connector(workspace)))
    assert (post.status, post.reserved_at) == (Status.AWAITING_CREATOR, None)


def discard(post: Post) -> None:
    Asset.objects.filter(pk=post.version.asset_id).update(discarded_at=timezone.now())


def reject(post: Post) -> None:
    Version.objects.filter(pk=post.version_id).update(status="rejected")


def take_rights(post: Post) -> None:
    Rights.objects.create(
        workspace=post.workspace, asset=post.version.asset, channels=["tiktok"], starts_on="2020-01-01",
        status="granted",
    )  # fmt: skip


def change_caption(post: Post) -> None:
    Version.objects.filter(pk=post.version_id).update(caption="Another one")


def change_way(post: Post) -> None:
    Post.objects.filter(pk=post.pk).update(options={"link": "https://elsewhere.example"})


def change_file(post: Post) -> None:
    media = post.version.ordered_items()[0].media
    with Path(media.file.path).open("ab") as file:
        file.write(b"more")


@pytest.mark.parametrize("change", [discard, reject, take_rights, change_caption, change_way, change_file])
def test_content_that_may_no_longer_go_out_is_not_given_to_anybody(change: Callable[[Post], None]) -> None:
    post = story_post()
    change(post)
    fall_due(post)
    assert post.status == Status.FAILED
    assert post.error
    assert not Handoff.objects.exists()


def test_a_post_that_is_too_late_waits_for_a_person_as_any_other() -> None:
    post = story_post()
    late = timezone.now() - timedelta(hours=5)
    Post.objects.filter(pk=post.pk).update(scheduled_at=late, due_at=late)
    fall_due(post)
    assert (post.status, post.hold) == (Status.QUEUED, Hold.LATE)


def test_where_late_posts_go_out_all_the_same_they_are_looked_at_as_any_other() -> None:
    workspace = make_workspace(late_policy=LatePolicy.PUBLISH)
    post = make_post(workspace)
    late = timezone.now() - timedelta(hours=5)
    Post.objects.filter(pk=post.pk).update(scheduled_at=late, due_at=late)
    reject(post)
    fall_due(post)
    assert post.status == Status.FAILED


# --- Which way ---


def plain_stories(workspace: Workspace) -> Connector:
    return make_connector(workspace, switches={"plain_stories": True})


def test_a_plain_story_goes_by_the_api_where_its_account_is_switched_to_that() -> None:
    workspace = make_workspace()
    assert story_post(workspace, plain_stories(workspace)).way == Way.API


@pytest.mark.parametrize("extra", [{"link": "https://fjord.example/sale"}, {"music": "“Nightcall”, from 0:30"}])
def test_a_link_or_music_makes_it_a_post_by_hand_whatever_is_switched_on(extra: dict[str, str]) -> None:
    workspace = make_workspace()
    version, manager = make_approved(workspace, format="story"), make_member(workspace)
    post = verbs.schedule(version, plain_stories(workspace), at=timezone.now(), by=manager, options={**extra})
    assert post.way == Way.HAND


def test_an_account_that_cannot_post_stories_gets_them_by_hand() -> None:
    workspace = make_workspace()
    creator = make_connector(workspace, switches={"plain_stories": True}, kind="MEDIA_CREATOR")
    assert story_post(workspace, creator).way == Way.HAND


def test_a_person_may_choose_the_hand_and_nobody_can_choose_the_api_for_what_needs_one() -> None:
    workspace = make_workspace()
    version, manager = make_approved(workspace), make_member(workspace)
    account = make_connector(workspace)
    chosen = verbs.schedule(version, account, at=timezone.now(), by=manager, by_hand=True)
    assert chosen.way == Way.HAND
    assert story_post(workspace, account).way == Way.HAND  # by_hand was not said
    with pytest.raises(states.IllegalMove, match="by hand already"):
        verbs.hand_off(chosen, by=manager)


def test_a_waiting_post_can_be_turned_to_a_post_by_hand_under_a_new_seal() -> None:
    workspace = make_workspace()
    post = make_post(workspace, at=timezone.now() + timedelta(hours=1))
    old = post.seal
    verbs.hand_off(post, by=make_member(workspace))
    assert (post.status, post.way) == (Status.SCHEDULED, Way.HAND)
    assert post.seal != old
    Post.objects.filter(pk=post.pk).update(due_at=timezone.now())
    assert fall_due(post).status == Status.AWAITING_CREATOR


def test_turning_the_way_by_sql_breaks_the_seal() -> None:
    post = make_post(make_workspace())
    Post.objects.filter(pk=post.pk).update(way=Way.HAND)
    assert fall_due(post).status == Status.FAILED
    assert post.error_code == "seal_broken"


def test_a_switch_that_was_turned_off_meanwhile_makes_it_a_post_by_hand() -> None:
    workspace = make_workspace()
    account = plain_stories(workspace)
    post = story_post(workspace, account)
    Connector.objects.filter(pk=account.pk).update(switches={})
    fall_due(post)
    assert (post.status, post.way) == (Status.AWAITING_CREATOR, Way.HAND)


def test_a_viewer_cannot_choose_the_hand() -> None:
    workspace = make_workspace()
    post = make_post(workspace)
    with pytest.raises(PermissionDenied):
        verbs.hand_off(post, by=make_member(workspace, Role.VIEWER))


# --- Accounts that do not work ---


def test_a_post_of_a_dead_account_waits_unless_the_workspace_gives_it_to_its_creator() -> None:
    workspace = make_workspace()
    account = make_connector(workspace)
    first, second = make_post(workspace, account), make_post(workspace, account)
    Connector.objects.filter(pk=account.pk).update(status="needs_relink")
    assert (fall_due(first).status, first.hold) == (Status.QUEUED, Hold.CONNECTOR)
    Workspace.objects.filter(pk=workspace.pk).update(dead_link_policy=DeadLinkPolicy.HAND_OFF)
    assert fall_due(second).status == Status.AWAITING_CREATOR
    assert "has to be linked again" in Handoff.objects.get(post=second).why


def test_a_paused_account_is_not_a_dead_one() -> None:
    workspace = make_workspace(dead_link_policy=DeadLinkPolicy.HAND_OFF)
    account = make_connector(workspace)
    post = make_post(workspace, account)
    Connector.objects.filter(pk=account.pk).update(status="paused")
    assert (fall_due(post).status, post.hold) == (Status.QUEUED, Hold.CONNECTOR)


def test_what_goes_by_hand_is_never_sent_by_a_worker() -> None:
    """Its account's token is no token: a call would fail loudly."""
    handoff = make_handoff()
    Post.objects.filter(pk=handoff.post_id).update(due_at=timezone.now())
    Connector.objects.filter(pk=handoff.post.connector_id).update(status="needs_relink")
    assert advance(handoff.post_id, worker="worker")
    handoff.post.refresh_from_db()
    assert handoff.post.status == Status.AWAITING_CREATOR
    assert not handoff.post.attempts.exists()
    with pytest.raises(IntegrityError, match="never_sent"), transaction.atomic():
        Post.objects.filter(pk=handoff.post_id).update(status=Status.PUBLISHING)


def test_what_only_the_api_wants_does_not_block_a_post_by_hand() -> None:
    workspace = make_workspace()
    version, manager, account = make_approved(workspace, caption="#a " * 31), make_member(workspace), None
    account = make_connector(workspace)
    with pytest.raises(Blocked, match="hashtags"):
        verbs.schedule(version, account, at=timezone.now(), by=manager, by_hand=True)
