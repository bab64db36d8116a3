"""The graph of a version's status, and that of two people who decide one wins."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection

from approvals.models import Version
from approvals.states import MOVES, OUTCOME, IllegalMove, VersionStatus, move, supersede
from collavo.accounts.models import Role
from tests.factories import make_member, make_version, make_workspace

S = VersionStatus


def test_only_what_is_in_review_is_decided_and_nothing_returns_to_review() -> None:
    assert all({old for old, news in MOVES.items() if to in news} == {S.IN_REVIEW} for to in OUTCOME.values())
    assert not any(S.IN_REVIEW in news for news in MOVES.values())


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
        move(version, new)
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
