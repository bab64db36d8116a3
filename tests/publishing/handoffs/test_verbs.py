"""What people do with a hand-off, and that however it is said, and how often, there is one publication."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.utils import timezone

from approvals.models import Rights
from approvals.states import IllegalMove
from collavo.accounts.models import Role
from collavo.timeline.models import Event, Notice
from connectors.platforms.base import LeaseLost, Live
from publishing import states
from publishing import verbs as post_verbs
from publishing.claims import claim
from publishing.handoffs import verbs
from publishing.handoffs.people import Actor
from publishing.models import Handoff, HandoffState, Post, Status
from publishing.preflight import Blocked
from tests.factories import make_media, make_member, make_post, make_workspace
from tests.publishing.handoffs.made import STORY_LINK, dead_connector, fall_due, holder_of, make_handoff, manager_of
from tests.publishing.test_claims import at_once

pytestmark = pytest.mark.django_db(transaction=True)


def given(**fields: Any) -> Handoff:
    """An open hand-off whose account cannot be asked, so that links are looked at and not checked."""
    workspace = make_workspace()
    return make_handoff(workspace, dead_connector(workspace), **fields)


def published(handoff: Handoff) -> list[Event]:
    return list(Event.objects.about(handoff.post).filter(verb="published"))


# --- Posted ---


def test_the_creator_says_that_it_is_posted_and_history_says_who_and_by_what() -> None:
    handoff = given()
    assert verbs.posted(handoff, by=holder_of(handoff), url=STORY_LINK)
    post = Post.objects.get(pk=handoff.post_id)
    assert (post.status, post.url, handoff.state) == (Status.PUBLISHED, STORY_LINK, HandoffState.DONE)
    assert (handoff.done_by, handoff.found_by, handoff.checked) == (handoff.assignee, "person", False)
    [line] = published(handoff)
    assert line.user == handoff.assignee
    assert STORY_LINK in line.text
    assert "Not checked" in line.text


def test_a_second_confirmation_changes_nothing_and_is_no_error() -> None:
    handoff = given()
    assert verbs.posted(handoff, by=holder_of(handoff), url=STORY_LINK)
    assert not verbs.posted(handoff, by=manager_of(handoff), statement="I saw it, too.")
    assert len(published(handoff)) == 1
    assert handoff.url == STORY_LINK


def test_eight_confirmations_at_once_give_one_publication() -> None:
    handoff = given()
    actor = holder_of(handoff)

    def press(_: int) -> bool:
        return verbs.posted(Handoff.objects.get(pk=handoff.pk), by=actor, url=STORY_LINK)

    assert sum(at_once(8, press)) == 1
    assert len(published(handoff)) == 1


def test_a_confirmation_at_the_same_moment_as_collavos_own_finding_gives_one_publication() -> None:
    handoff = given()
    actor = holder_of(handoff)
    Post.objects.filter(pk=handoff.post_id).update(due_at=timezone.now())
    claimed = claim(handoff.post_id, worker="finder")
    assert claimed is not None

    def act(number: int) -> bool:
        if number:
            return verbs.posted(Handoff.objects.get(pk=handoff.pk), by=actor, url=STORY_LINK)
        try:
            states.publish(claimed.post, claimed.lease, Live("123", STORY_LINK), [])
        except LeaseLost:
            return False
        return True

    assert sum(at_once(2, act)) == 1
    assert len(published(handoff)) == 1


def test_what_a_worker_finds_after_a_person_has_said_it_is_recorded_nowhere() -> None:
    handoff = given()
    Post.objects.filter(pk=handoff.post_id).update(due_at=timezone.now())
    claimed = claim(handoff.post_id, worker="finder")
    assert claimed is not None
    verbs.posted(handoff, by=holder_of(handoff), url=STORY_LINK)
    with pytest.raises(LeaseLost):
        states.publish(claimed.post, claimed.lease, Live("123", "https://other.example"), [])
    assert Post.objects.get(pk=handoff.post_id).url == STORY_LINK


def test_a_story_needs_a_link_a_screenshot_or_a_sentence() -> None:
    handoff = given()
    with pytest.raises(IllegalMove, match="link, a screenshot, or a sentence"):
        verbs.posted(handoff, by=holder_of(handoff))
    assert verbs.posted(handoff, by=holder_of(handoff), statement="It is up since 18:02.")
    assert handoff.statement == "It is up since 18:02."


def test_a_screenshot_is_evidence_and_has_to_be_of_the_same_workspace() -> None:
    handoff = given()
    theirs, ours = make_media(make_member(make_workspace())), make_media(make_member(handoff.workspace))
    with pytest.raises(PermissionDenied):
        verbs.posted(handoff, by=holder_of(handoff), screenshot=theirs)
    assert verbs.posted(handoff, by=holder_of(handoff), screenshot=ours)
    assert handoff.screenshot == ours


def test_where_the_platform_gives_a_link_nothing_else_is_enough() -> None:
    workspace = make_workspace()
    post = make_post(workspace, format="image")
    post_verbs.hand_off(post, by=make_member(workspace))
    handoff = Handoff.objects.with_parts().get(post=fall_due(post))
    with pytest.raises(IllegalMove, match="Paste the link"):
        verbs.posted(handoff, by=holder_of(handoff), statement="It is up.")


def test_a_link_belongs_to_one_post() -> None:
    workspace = make_workspace()
    account = dead_connector(workspace)
    first, second = make_handoff(workspace, account), make_handoff(workspace, account)
    verbs.posted(first, by=holder_of(first), url=STORY_LINK)
    with pytest.raises(IllegalMove, match="belongs to another post"):
        verbs.posted(second, by=holder_of(second), url=STORY_LINK)
    assert second.is_open


def test_of_two_posts_that_are_given_the_same_link_at_once_one_gets_it() -> None:
    workspace = make_workspace()
    account = dead_connector(workspace)
    handoffs = [make_handoff(workspace, account) for _ in range(6)]
    actors = [holder_of(handoff) for handoff in handoffs]

    def press(number: int) -> bool:
        try:
            return verbs.posted(handoffs[number], by=actors[number], url=STORY_LINK)
        except IllegalMove as e:
            assert "belongs to another post" in str(e)
            return False

    assert sum(at_once(6, press)) == 1
    assert Post.objects.filter(status=Status.PUBLISHED, url=STORY_LINK).count() == 1


def test_a_manager_marks_it_published_with_a_link_only() -> None:
    handoff = given()
    with pytest.raises(IllegalMove, match="Paste the link"):
        verbs.mark_published(handoff, url=" ", by=manager_of(handoff))
    assert verbs.mark_published(handoff, url=STORY_LINK, by=manager_of(handoff))


# --- Not now, not at all ---


def test_what_could_not_be_posted_goes_back_to_its_manager_with_the_reason() -> None:
    handoff = given()
    verbs.could_not(handoff, by=holder_of(handoff), reason="The sticker is not offered to this account.")
    post = Post.objects.get(pk=handoff.post_id)
    assert (post.status, handoff.state) == (Status.FAILED, HandoffState.FAILED)
    assert "The sticker is not offered" in post.error
    assert Notice.objects.filter(subject_id=post.pk, user=post.by).exists()
    assert Notice.objects.get(subject_id=handoff.pk).read_at


def test_it_needs_a_reason() -> None:
    handoff = given()
    with pytest.raises(IllegalMove, match="why"):
        verbs.could_not(handoff, by=holder_of(handoff), reason="  ")


def test_a_failed_hand_off_can_be_tried_again_and_is_another_task() -> None:
    handoff = given()
    verbs.could_not(handoff, by=holder_of(handoff), reason="No time.")
    post = Post.objects.get(pk=handoff.post_id)
    post_verbs.retry(post, by=make_member(handoff.workspace))
    fall_due(post)
    assert Handoff.objects.filter(post=post, state=HandoffState.OPEN).count() == 1
    assert Handoff.objects.filter(post=post).count() == 2


def test_the_creator_moves_it_within_the_late_window_and_not_beyond() -> None:
    handoff = given()
    with pytest.raises(IllegalMove, match="may be posted until"):
        verbs.later(handoff, by=holder_of(handoff), at=handoff.latest_at + timedelta(minutes=1))
    at = timezone.now() + timedelta(minutes=40)
    verbs.later(handoff, by=holder_of(handoff), at=at)
    post = Post.objects.get(pk=handoff.post_id)
    assert (post.status, post.scheduled_at, handoff.state) == (Status.SCHEDULED, at, HandoffState.MOVED)


def test_moving_it_again_and_again_does_not_stretch_the_window() -> None:
    handoff = given()
    end = handoff.latest_at
    verbs.later(handoff, by=holder_of(handoff), at=timezone.now() + timedelta(minutes=90))
    Post.objects.filter(pk=handoff.post_id).update(due_at=timezone.now())
    fall_due(handoff.post)
    again = Handoff.objects.with_parts().get(post=handoff.post_id, state=HandoffState.OPEN)
    assert again.latest_at == end


def test_a_manager_may_move_it_to_any_moment_that_the_rights_cover() -> None:
    handoff = given()
    end = timezone.now().date() + timedelta(days=2)
    Rights.objects.create(
        workspace=handoff.workspace, asset=handoff.post.version.asset, channels=["instagram"],
        starts_on="2020-01-01", ends_on=end, status="granted",
    )  # fmt: skip
    with pytest.raises(Blocked, match="rights"):
        verbs.later(handoff, by=manager_of(handoff), at=timezone.now() + timedelta(days=7))
    verbs.later(handoff, by=manager_of(handoff), at=timezone.now() + timedelta(days=1))


def test_a_moment_that_is_over_is_no_later() -> None:
    handoff = given()
    with pytest.raises(IllegalMove, match="is over"):
        verbs.later(handoff, by=holder_of(handoff), at=timezone.now())


def test_canceling_ends_the_task_and_the_post() -> None:
    handoff = given()
    verbs.cancel(handoff, by=manager_of(handoff))
    assert handoff.state == HandoffState.CANCELED
    assert Post.objects.get(pk=handoff.post_id).status == Status.CANCELED
    assert Notice.objects.get(subject_id=handoff.pk).read_at


@pytest.mark.parametrize(
    "act",
    [
        lambda h, by: verbs.could_not(h, by=by, reason="No."),
        lambda h, by: verbs.later(h, by=by, at=timezone.now() + timedelta(minutes=5)),
        lambda h, by: verbs.remind(h, by=by),
        lambda h, by: verbs.assign(h, to=make_member(h.workspace).user, by=by),
        lambda h, by: verbs.cancel(h, by=by),
        lambda h, by: verbs.posted(h, by=by, statement="It is up."),
    ],
)
def test_nothing_can_be_done_with_one_that_is_over(act: Callable[[Handoff, Actor], object]) -> None:
    handoff = given()
    verbs.cancel(handoff, by=manager_of(handoff))
    with pytest.raises(IllegalMove, match="no longer open"):
        act(handoff, manager_of(handoff))


# --- Whose it is ---


def test_given_to_another_person_it_is_theirs_and_no_longer_the_first_ones() -> None:
    handoff = given()
    first, other = holder_of(handoff), make_member(handoff.workspace, Role.CREATOR)
    verbs.assign(handoff, to=other.user, by=manager_of(handoff))
    assert handoff.assignee == other.user
    assert Notice.objects.filter(user=other.user, subject_id=handoff.pk).count() == 1
    with pytest.raises(PermissionDenied, match="somebody else"):
        verbs.posted(handoff, by=first, statement="It is up.")
    assert verbs.posted(handoff, by=Actor.member(other), statement="It is up.")


def test_it_can_only_be_given_to_people_of_the_workspace() -> None:
    handoff = given()
    stranger = make_member(make_workspace())
    with pytest.raises(IllegalMove, match="does not belong"):
        verbs.assign(handoff, to=stranger.user, by=manager_of(handoff))


def test_a_reminder_is_one_notice_and_a_double_press_is_the_same_one() -> None:
    handoff = given()
    verbs.remind(handoff, by=manager_of(handoff))
    with pytest.raises(IllegalMove, match="a moment ago"):
        verbs.remind(handoff, by=manager_of(handoff))
    assert Notice.objects.filter(subject_id=handoff.pk, key__contains="reminder").count() == 1


@pytest.mark.parametrize("role", [Role.VIEWER, Role.CREATOR, Role.APPROVER])
def test_who_may_not_publish_does_nothing_with_somebody_elses(role: Role) -> None:
    handoff = given()
    actor = Actor.member(make_member(handoff.workspace, role))
    with pytest.raises(PermissionDenied):
        verbs.posted(handoff, by=actor, statement="It is up.")
    with pytest.raises(PermissionDenied):
        verbs.remind(handoff, by=actor)
    with pytest.raises(PermissionDenied):
        verbs.cancel(handoff, by=actor)
    assert handoff.is_open


def test_a_manager_of_another_workspace_and_the_holder_of_another_link_get_nothing() -> None:
    handoff, other = given(), given()
    for actor in (Actor.member(make_member(make_workspace())), holder_of(other)):
        with pytest.raises(PermissionDenied):
            verbs.posted(handoff, by=actor, statement="It is up.")


def test_a_link_holder_does_not_manage() -> None:
    handoff = given()
    with pytest.raises(PermissionDenied):
        verbs.cancel(handoff, by=holder_of(handoff))
    with pytest.raises(PermissionDenied):
        verbs.mark_published(handoff, url=STORY_LINK, by=holder_of(handoff))
