"""The graph of a version's status, and that of two people who decide one wins."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
import time_machine
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.utils import timezone

from approvals.models import Version
from approvals.states import MOVES, OUTCOME, IllegalMove, VersionStatus, move, supersede
from collavo.accounts.models import Membership, Role
from collavo.timeline.models import Event
from publishing import verbs
from publishing.models import Post
from tests.factories import make_connector, make_member, make_version, make_workspace

S = VersionStatus


def test_only_what_is_in_review_is_decided() -> None:
    assert all({old for old, news in MOVES.items() if to in news} == {S.IN_REVIEW} for to in OUTCOME.values())


def test_a_superseded_version_is_never_decided_or_published_again() -> None:
    assert MOVES[S.SUPERSEDED] == set()


@pytest.mark.django_db
@pytest.mark.parametrize("old", S)
@pytest.mark.parametrize("new", S)
def test_a_move_follows_the_graph_or_is_a_sentence_and_changes_nothing(old: S, new: S) -> None:
    version = make_version(make_member(make_workspace(), Role.CREATOR))
    Version.objects.filter(pk=version.pk).update(status=old, seal="0" * 64)
    version.refresh_from_db()
    if new in MOVES[old]:
        seal = {"seal": ""} if new == S.IN_REVIEW else {}
        move(version, new, **seal)
    else:
        with pytest.raises(IllegalMove, match="cannot become"):
            move(version, new)
    assert Version.objects.get(pk=version.pk).status == (new if new in MOVES[old] else old)


@pytest.mark.django_db
def test_of_two_people_with_the_same_copy_one_wins_and_the_other_is_told() -> None:
    workspace = make_workspace()
    version = make_version(make_member(workspace, Role.CREATOR))
    other_copy = Version.objects.get(pk=version.pk)
    version.accept(by=make_member(workspace, Role.APPROVER))
    with pytest.raises(IllegalMove, match="Somebody else has decided about this version meanwhile"):
        other_copy.reject(by=make_member(workspace, Role.APPROVER), reason="Too dark")
    other_copy.refresh_from_db()
    assert other_copy.approved
    assert [review.decision for review in version.reviews.all()] == ["accept"]


@pytest.mark.django_db
def test_a_decision_about_a_version_that_was_replaced_meanwhile_is_refused() -> None:
    workspace = make_workspace()
    version = make_version(make_member(workspace, Role.CREATOR))
    supersede(Version.objects.get(pk=version.pk), by=make_member(workspace).user)
    with pytest.raises(IllegalMove, match="meanwhile"):
        version.accept(by=make_member(workspace, Role.APPROVER))


@pytest.mark.django_db(transaction=True)
def test_of_six_people_deciding_at_the_same_moment_one_decides() -> None:
    workspace = make_workspace()
    version = make_version(make_member(workspace, Role.CREATOR))
    approvers, barrier = [make_member(workspace, Role.APPROVER) for _ in range(6)], Barrier(6)

    def decide(number: int) -> bool:
        copy = Version.objects.get(pk=version.pk)
        barrier.wait()
        try:
            if number % 2:
                copy.accept(by=approvers[number])
            else:
                copy.reject(by=approvers[number], reason="Too dark")
        except IllegalMove:
            return False
        finally:
            connection.close()
        return True

    with ThreadPoolExecutor(6) as threads:
        assert sum(threads.map(decide, range(6))) == 1
    assert version.reviews.count() == 1


# --- Undo ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def approver() -> Membership:
    return make_member(make_workspace(), Role.APPROVER)


def waiting_for(approver: Membership) -> Version:
    return make_version(make_member(approver.workspace, Role.CREATOR))


@pytest.mark.django_db
@pytest.mark.parametrize("decision", ["accept", "regenerate", "reject"])
def test_a_decision_taken_back_at_once_leaves_the_version_as_it_was_and_both_lines_in_the_history(
    approver: Membership, decision: str
) -> None:
    version = waiting_for(approver)
    words = {"accept": {}, "regenerate": {"feedback": "Warmer"}, "reject": {"reason": "Not ours"}}[decision]
    getattr(version, decision)(by=approver, **words)
    version.undo(by=approver)
    fresh = Version.objects.get(pk=version.pk)
    assert (fresh.status, fresh.seal, fresh.unplaced, fresh.decided_at) == (S.IN_REVIEW, "", False, None)
    assert fresh.edition == 2 and list(fresh.reviews.standing()) == [] and fresh.reviews.count() == 1
    assert [e.verb for e in Event.objects.about(version)][-2:] == [str(OUTCOME[decision]), "undone"]
    fresh.accept(by=approver)


@pytest.mark.django_db
def test_ten_seconds_later_a_decision_stands(approver: Membership) -> None:
    version = waiting_for(approver)
    version.accept(by=approver)
    with (
        time_machine.travel(timezone.now() + timedelta(seconds=16)),
        pytest.raises(IllegalMove, match="for 10 seconds"),
    ):
        version.undo(by=approver)
    assert Version.objects.get(pk=version.pk).approved


@pytest.mark.django_db
def test_only_whoever_decided_takes_it_back(approver: Membership) -> None:
    version = waiting_for(approver)
    version.accept(by=approver)
    with pytest.raises(IllegalMove, match="nothing of yours"):
        version.undo(by=make_member(approver.workspace, Role.OWNER))
    with pytest.raises(PermissionDenied):
        version.undo(by=make_member(make_workspace(), Role.OWNER))


@pytest.mark.django_db
def test_what_was_scheduled_or_replaced_meanwhile_is_not_undone(approver: Membership) -> None:
    scheduled, replaced = waiting_for(approver), waiting_for(approver)
    scheduled.accept(by=approver)
    manager = make_member(approver.workspace, Role.MANAGER)
    at = timezone.now() + timedelta(hours=1)
    verbs.schedule(scheduled, make_connector(approver.workspace), at=at, by=manager)
    with pytest.raises(IllegalMove, match="cancel its post"):
        scheduled.undo(by=approver)
    replaced.regenerate(by=approver, feedback="Warmer")
    replaced.asset.submit(caption="Warm", media=[], format="text", by=manager)
    with pytest.raises(IllegalMove, match="changed meanwhile"):
        replaced.undo(by=approver)


@pytest.mark.django_db
def test_what_is_undone_while_somebody_schedules_it_gets_no_post(approver: Membership) -> None:
    version = waiting_for(approver)
    version.accept(by=approver)
    slow_copy = Version.objects.with_parts().get(pk=version.pk)
    assert slow_copy.approved and slow_copy.seal_holds
    version.undo(by=approver)
    manager, connector = make_member(approver.workspace, Role.MANAGER), make_connector(approver.workspace)
    with pytest.raises(IllegalMove, match="not approved any more"):
        verbs.schedule(slow_copy, connector, at=timezone.now() + timedelta(hours=1), by=manager)
    assert not Post.objects.exists()
