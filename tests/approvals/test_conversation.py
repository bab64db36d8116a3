"""Comments reach those concerned; links let a named person decide, until they end, and the history says who it was."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from django.core.exceptions import PermissionDenied
from django.utils import timezone

from approvals import history
from approvals.conversation import Comment, ReviewLink, make_link
from approvals.models import Review, Version
from approvals.pins import Pin
from approvals.states import IllegalMove
from collavo.accounts.models import Membership, Role
from collavo.ids import hashed
from collavo.timeline.models import Event, Notice
from tests.factories import make_member, make_version, make_workspace

pytestmark = pytest.mark.django_db


@pytest.fixture
def creator() -> Membership:
    return make_member(make_workspace(), Role.CREATOR, "Mara Weiss")


@pytest.fixture
def approver(creator: Membership) -> Membership:
    return make_member(creator.workspace, Role.APPROVER, "Jon Berg")


@pytest.fixture
def version(creator: Membership) -> Version:
    return make_version(creator)


def told(member: Membership) -> list[str]:
    return [notice.title for notice in Notice.objects.of(member.user, member.workspace)]


# --- Comments --------------------------------------------------------------------------------------------------------


def test_a_comment_is_kept_with_its_pins_stands_in_the_history_and_is_told_to_those_concerned(
    version: Version, creator: Membership, approver: Membership
) -> None:
    version.comment(by=approver, text=" Lovely light. ", pins=[Pin(1, x=250, y=400, text="here")])
    comment = Comment.objects.get()
    assert (comment.text, comment.who, comment.marks) == ("Lovely light.", "Jon Berg", [Pin(1, 250, 400, text="here")])
    line = history.lines(Event.objects.filter(verb="commented"), creator.workspace.zone)[0]
    assert (line.who, line.does, line.quote) == ("Jon Berg", "commented on round 1", "Lovely light.")
    assert told(creator) == ["Jon Berg commented on “Overshirt”"] and told(approver) == []
    version.comment(by=creator, text="Thank you.")
    assert told(approver) == ["Mara Weiss commented on “Overshirt”"]
    assert version.in_review


@pytest.mark.parametrize(("text", "pins"), [("  ", []), ("x" * 5001, []), ("Here", [Pin(2, x=1, y=1)])])
def test_a_comment_that_says_nothing_or_points_nowhere_is_refused(
    version: Version, approver: Membership, text: str, pins: list[Pin]
) -> None:
    with pytest.raises(IllegalMove):
        version.comment(by=approver, text=text, pins=pins)
    assert not Comment.objects.exists()


def test_viewers_and_strangers_do_not_comment(version: Version) -> None:
    for member in (make_member(version.workspace, Role.VIEWER), make_member(make_workspace(), Role.OWNER)):
        with pytest.raises(PermissionDenied):
            version.comment(by=member, text="Hello")


def test_feedback_may_stand_in_its_pins_alone(version: Version, creator: Membership, approver: Membership) -> None:
    version.regenerate(by=approver, feedback="", pins=[Pin(1, x=10, y=20, text="Less catalogue")])
    assert Review.objects.get().marks[0].text == "Less catalogue"
    assert Event.objects.get(verb="regenerating").text == "Less catalogue"
    assert told(creator) == ["Jon Berg asks for changes to “Overshirt”"]


def test_an_undone_decision_is_not_mailed(version: Version, creator: Membership, approver: Membership) -> None:
    version.reject(by=approver, reason="Not ours")
    assert Notice.objects.filter(mail_at__gt=timezone.now() + timedelta(seconds=20)).count() == 1
    version.undo(by=approver)
    assert Notice.objects.get().mail_at is None


# --- Links -----------------------------------------------------------------------------------------------------------


def test_of_a_link_only_a_hash_is_kept(version: Version, approver: Membership) -> None:
    link, token = make_link(version.case, version, name=" Anna  Client ", by=approver)
    assert link.name == "Anna Client" and len(token) >= 40
    assert link.token_hash == hashed(token) and token not in str(ReviewLink.objects.values())
    assert ReviewLink.objects.with_token(token).get() == link
    assert not ReviewLink.objects.with_token(token[:-1] + "!").exists()


def test_the_client_decides_and_the_history_names_client_link_and_maker(
    version: Version, creator: Membership, approver: Membership
) -> None:
    link, _ = make_link(version.case, version, name="Anna", by=approver)
    version.accept(by=link)
    assert version.approved and version.seal_holds
    review, event = Review.objects.get(), Event.objects.get(verb="approved")
    assert (review.by, review.link, review.who) == (None, link, "Anna (client, by link)")
    assert (event.by, event.user, event.data["made_by"]) == ("Anna (client, by link)", None, "Jon Berg")
    assert told(approver) == ["Anna (client, by link) accepted “Overshirt”"] == told(creator)


def test_a_client_asks_for_changes_with_words_and_rejects_with_a_reason(
    creator: Membership, approver: Membership
) -> None:
    first, second = make_version(creator), make_version(creator)
    for one, decide in ((first, "regenerate"), (second, "reject")):
        link, _ = make_link(one.case, one, name="Anna", by=approver)
        words = {"regenerate": "feedback", "reject": "reason"}[decide]
        with pytest.raises(IllegalMove, match="Say "):
            getattr(one, decide)(by=link, **{words: " "})
        getattr(one, decide)(by=link, **{words: "Not our colours"})
    assert [first.status, second.status] == ["regenerating", "rejected"]


def test_a_revoked_or_expired_link_decides_nothing(version: Version, approver: Membership) -> None:
    revoked, _ = make_link(version.case, version, name="Anna", by=approver)
    stale = ReviewLink.objects.get(pk=revoked.pk)
    revoked.revoke(by=approver)
    with pytest.raises(IllegalMove, match="has ended"):
        version.accept(by=stale)
    expired, _ = make_link(version.case, version, name="Anna", by=approver, days=1)
    with time_machine.travel(timezone.now() + timedelta(days=1, seconds=1)), pytest.raises(IllegalMove, match="ended"):
        version.accept(by=expired)
    assert Version.objects.get().in_review


def test_a_link_opens_its_version_or_its_case_and_nothing_else(creator: Membership, approver: Membership) -> None:
    mine, other = make_version(creator), make_version(creator)
    sibling = make_version(creator, case=mine.case)
    one, _ = make_link(mine.case, mine, name="Anna", by=approver)
    whole, _ = make_link(mine.case, None, name="Anna", by=approver)
    assert set(one.versions()) == {mine} and set(whole.versions()) == {mine, sibling}
    for version, link in ((other, whole), (sibling, one)):
        with pytest.raises(PermissionDenied):
            version.accept(by=link)
    sibling.accept(by=whole)


@pytest.mark.parametrize(("name", "days"), [(" ", 14), ("Anna", 0), ("Anna", 91)])
def test_a_link_needs_a_name_and_an_end(version: Version, approver: Membership, name: str, days: int) -> None:
    with pytest.raises(IllegalMove):
        make_link(version.case, version, name=name, by=approver, days=days)


def test_only_reviewers_make_and_end_links(version: Version, creator: Membership, approver: Membership) -> None:
    link, _ = make_link(version.case, version, name="Anna", by=approver)
    for member in (creator, make_member(make_workspace(), Role.OWNER)):
        with pytest.raises(PermissionDenied):
            make_link(version.case, version, name="Anna", by=member)
        with pytest.raises(PermissionDenied):
            link.revoke(by=member)
    link.revoke(by=approver)
    link.revoke(by=approver)
    assert Event.objects.filter(verb="link_revoked").count() == 1
