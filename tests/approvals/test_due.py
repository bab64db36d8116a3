"""Until when to decide, and that each person is reminded once, and the managers told once, of what nobody decides."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
import time_machine
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.utils import timezone

from approvals import due, notices, tasks
from approvals.models import Version
from approvals.states import IllegalMove
from collavo.accounts.models import Membership, Role
from collavo.timeline.models import Event, Notice
from tests.factories import make_case, make_member, make_slot, make_version, make_workspace

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
DAY = 24 * HOUR


@pytest.fixture
def manager() -> Membership:
    return make_member(make_workspace(), Role.MANAGER, "Ida Holm")


@pytest.fixture
def approver(manager: Membership) -> Membership:
    return make_member(manager.workspace, Role.APPROVER, "Jon Berg")


def waiting(manager: Membership, ahead: timedelta | None = None) -> Version:
    case = make_case(manager.workspace)
    slot = make_slot(case, at=timezone.now() + ahead) if ahead else None
    creator = make_member(manager.workspace, Role.CREATOR)
    return make_version(creator, case=case, slot=slot, media=[], format="text")


def after(version: Version, passed: timedelta) -> time_machine.travel:
    return time_machine.travel(version.submitted_at + passed, tick=False)


def told(member: Membership) -> list[str]:
    return [notice.title for notice in Notice.objects.of(member.user, member.workspace).order_by("created_at")]


def near(found: datetime | None, wanted: datetime) -> bool:
    return found is not None and abs(found - wanted) < timedelta(seconds=5)


@pytest.mark.parametrize(
    ("ahead", "left"),
    [(10 * DAY, 8 * DAY), (50 * HOUR, 24 * HOUR), (30 * HOUR, 24 * HOUR), (5 * HOUR, 5 * HOUR), (-HOUR, timedelta(0))],
)
def test_it_is_due_two_days_before_its_slot_and_what_comes_late_leaves_a_day_at_most(
    manager: Membership, ahead: timedelta, left: timedelta
) -> None:
    version = waiting(manager, ahead)
    assert near(version.due_at, version.submitted_at + left)


def test_without_a_slot_nothing_is_due_until_somebody_says_so(manager: Membership, approver: Membership) -> None:
    version = waiting(manager)
    assert version.due_at is None
    at = timezone.now() + 3 * DAY
    version.set_due(at, by=approver)
    assert Version.objects.get().due_at == at and Event.objects.filter(verb="due_set").exists()
    version.set_due(None, by=approver)
    assert Version.objects.get().due_at is None


def test_a_due_date_is_set_by_reviewers_ahead_of_time_for_what_waits(manager: Membership, approver: Membership) -> None:
    version = waiting(manager)
    with pytest.raises(PermissionDenied):
        version.set_due(timezone.now() + DAY, by=make_member(manager.workspace, Role.VIEWER))
    with pytest.raises(IllegalMove, match="is over"):
        version.set_due(timezone.now() - HOUR, by=approver)
    version.accept(by=approver)
    with pytest.raises(IllegalMove, match="is decided"):
        version.set_due(timezone.now() + DAY, by=approver)


def test_after_a_day_reviewers_are_reminded_once_and_when_it_is_due_the_managers_are_told_once(
    manager: Membership, approver: Membership
) -> None:
    version = waiting(manager, 5 * DAY)
    creator = Membership.objects.get(role=Role.CREATOR)
    for hours in (23, 25, 26, 50, 71):
        with after(version, hours * HOUR):
            tasks.remind()
    assert told(approver) == ["“Overshirt” waits for your decision"] == told(manager)
    for hours in (73, 74, 200):
        with after(version, hours * HOUR):
            tasks.remind()
    assert told(approver) == ["“Overshirt” waits for your decision"]
    assert told(manager) == ["“Overshirt” waits for your decision", "Nobody has decided about “Overshirt” yet"]
    assert told(creator) == []


def test_what_is_due_sooner_than_in_a_day_is_reminded_of_then(manager: Membership, approver: Membership) -> None:
    version = waiting(manager, 6 * HOUR)
    assert near(due.remind_at(version), version.submitted_at + 6 * HOUR)
    assert near(due.escalate_at(version), version.submitted_at + 30 * HOUR)


def test_a_decision_ends_the_reminders_and_reads_those_that_were_sent(
    manager: Membership, approver: Membership
) -> None:
    version = waiting(manager)
    with after(version, 25 * HOUR):
        tasks.remind()
        version.accept(by=approver)
    with after(version, 300 * HOUR):
        assert tasks.remind() == 0
    assert not Notice.objects.unread().exists() and not Notice.objects.filter(mail_at__isnull=False).exists()


def test_whoever_sent_it_in_is_not_reminded_of_what_they_may_not_decide(manager: Membership) -> None:
    version = make_version(manager, media=[], format="text")
    with after(version, 100 * HOUR):
        tasks.remind()
    assert told(manager) == []


@pytest.mark.django_db(transaction=True)
def test_two_looks_at_the_same_moment_tell_once(manager: Membership, approver: Membership) -> None:
    versions = [waiting(manager) for _ in range(5)]
    Version.objects.update(submitted_at=timezone.now() - 100 * HOUR)

    def look(_: int) -> int:
        try:
            return notices.remind()
        finally:
            connection.close()

    with ThreadPoolExecutor(3) as threads:
        assert sum(threads.map(look, range(3))) == 2 * len(versions)
    assert len(told(approver)) == len(versions) and len(told(manager)) == 2 * len(versions)
