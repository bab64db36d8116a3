"""What happens to hand-offs by the clock: each once, however often and from however many places it is looked."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from collavo.accounts.models import DeadLinkPolicy, Workspace
from collavo.timeline.models import Event, Notice
from connectors.models import Connector
from publishing.handoffs import reminders
from publishing.models import Handoff, Hold, Post, Status
from tests.factories import make_connector, make_post, make_workspace
from tests.publishing.handoffs.made import fall_due, make_handoff, story_post
from tests.publishing.test_claims import at_once

pytestmark = pytest.mark.django_db(transaction=True)
AGO = timedelta(minutes=1)


def test_nothing_is_due_when_it_is_given_out() -> None:
    handoff = make_handoff()
    assert reminders.by_the_clock() == "0 reminded, 0 escalated, 0 announced, 0 released"
    assert handoff.remind_at and handoff.escalate_at
    assert round((handoff.remind_at - handoff.opened_at).total_seconds() / 60) == 30
    assert round((handoff.escalate_at - handoff.opened_at).total_seconds() / 60) == 120


def test_the_creator_is_reminded_once_and_then_the_managers_are_told_once() -> None:
    handoff = make_handoff()
    Handoff.objects.update(remind_at=timezone.now() - AGO, escalate_at=timezone.now() - AGO)
    at_once(4, lambda n: reminders.by_the_clock())
    told = Notice.objects.filter(subject_id=handoff.pk)
    assert [n.user for n in told.filter(key__contains="reminder")] == [handoff.assignee]
    assert [n.user for n in told.filter(key__contains="escalated")] == [handoff.post.by]
    verbs = list(Event.objects.about(handoff.post).values_list("verb", flat=True))
    assert (verbs.count("handoff_reminded"), verbs.count("handoff_escalated")) == (1, 1)


def test_what_is_over_reminds_nobody() -> None:
    make_handoff()
    Handoff.objects.update(state="done", done_at=timezone.now(), remind_at=timezone.now() - AGO)
    assert reminders.remind_due() == 0


def test_a_workspace_may_switch_both_off() -> None:
    workspace = make_workspace(handoff_remind_minutes=0, handoff_escalate_minutes=0)
    handoff = make_handoff(workspace)
    assert (handoff.remind_at, handoff.escalate_at) == (None, None)
    assert handoff.overdue_at > timezone.now()


def test_the_creator_is_told_beforehand_once_per_moment_where_the_workspace_wants_it() -> None:
    workspace = make_workspace()
    post = story_post(workspace, at=timezone.now() + timedelta(minutes=20))
    reminders.announce_ahead()
    assert not Notice.objects.filter(subject_id=post.pk).exists()
    Workspace.objects.filter(pk=workspace.pk).update(handoff_ahead_minutes=30)
    reminders.announce_ahead()
    reminders.announce_ahead()
    notice = Notice.objects.get(subject_id=post.pk)
    assert notice.user == post.version.asset.creator
    Post.objects.filter(pk=post.pk).update(scheduled_at=timezone.now() + timedelta(minutes=25))
    reminders.announce_ahead()
    assert Notice.objects.filter(subject_id=post.pk).count() == 2


def test_what_waits_for_a_dead_account_is_given_out_once_the_workspace_chooses_that() -> None:
    workspace = make_workspace()
    account = make_connector(workspace)
    post = make_post(workspace, account)
    Connector.objects.filter(pk=account.pk).update(status="needs_relink")
    assert fall_due(post).hold == Hold.CONNECTOR
    assert reminders.release_dead() == 0
    Workspace.objects.filter(pk=workspace.pk).update(dead_link_policy=DeadLinkPolicy.HAND_OFF)
    assert reminders.release_dead() == 1
    assert fall_due(post).status == Status.AWAITING_CREATOR
