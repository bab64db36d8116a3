"""Feedback goes to the studio that made the content, or to its creator: once, and back again with the decision."""

from __future__ import annotations

from typing import Any

import pytest
import time_machine
from django.core.exceptions import PermissionDenied
from django.utils import timezone

from approvals import queue
from approvals.conversation import make_link
from approvals.models import Asset, Version
from approvals.pins import Pin
from approvals.states import IllegalMove, VersionStatus
from approvals.studios import states, verbs
from approvals.studios.models import Studio, StudioJob
from approvals.studios.states import JobStatus
from collavo.accounts.models import Membership, Role
from collavo.timeline.models import Event, Notice
from tests.approvals.studios.place import Place
from tests.factories import jpeg, make_media, make_member

pytestmark = pytest.mark.django_db


@pytest.fixture
def reviewer(place: Place) -> Membership:
    return make_member(place.workspace, Role.APPROVER, "Rita")


@pytest.fixture
def theirs(place: Place) -> Version:
    """The version, as if the studio had made it."""
    Asset.objects.filter(pk=place.version.asset_id).update(studio=place.studio)
    return Version.objects.select_related("asset").get(pk=place.version.pk)


def test_the_studio_is_asked_with_feedback_pins_and_the_first_prompt(
    place: Place, theirs: Version, reviewer: Membership
) -> None:
    asked = place.ask("Teal shadows.")
    states.claim(asked)
    states.done(asked, theirs)
    review = theirs.regenerate(by=reviewer, feedback="Warmer.", pins=[Pin(1, x=100, y=200, text="here")])
    job = StudioJob.objects.open().get()
    assert (job.studio, job.source, job.review, job.requested_by) == (place.studio, theirs, review, reviewer.user)
    assert (job.prompt, job.feedback) == ("Teal shadows.", "Warmer.")
    assert Event.objects.filter(subject_id=job.pk, verb="asked", by="Rita").exists()


def test_it_is_sent_when_the_decision_can_no_longer_be_undone(
    place: Place, theirs: Version, reviewer: Membership
) -> None:
    theirs.regenerate(by=reviewer, feedback="Warmer.")
    job = StudioJob.objects.open().get()
    assert not place.step(job) and place.program.got == []
    with time_machine.travel(job.due_at, tick=False):
        assert place.step(job)
    feedback = place.program.got[0].said["data"]["feedback"]
    assert job.status == JobStatus.WAITING and feedback == {"text": "Warmer.", "pins": []}


def test_undoing_the_decision_calls_the_job_off(place: Place, theirs: Version, reviewer: Membership) -> None:
    theirs.regenerate(by=reviewer, feedback="Warmer.")
    theirs.undo(by=reviewer)
    assert StudioJob.objects.get().status == JobStatus.CANCELED and theirs.in_review
    theirs.regenerate(by=reviewer, feedback="Colder.")
    assert StudioJob.objects.open().get().feedback == "Colder."


def test_what_the_studio_has_cannot_be_undone_and_the_sentence_says_so(
    place: Place, theirs: Version, reviewer: Membership
) -> None:
    theirs.regenerate(by=reviewer, feedback="Warmer.")
    job = StudioJob.objects.open().get()
    StudioJob.objects.filter(pk=job.pk).update(due_at=timezone.now())
    place.step(job)
    with pytest.raises(IllegalMove, match="Tint is at work on it already"):
        theirs.undo(by=reviewer)
    theirs.refresh_from_db()
    assert theirs.status == VersionStatus.REGENERATING and place.step(job) is False
    assert job.status == JobStatus.WAITING


def test_a_decision_by_link_goes_at_once_and_tells_whoever_sent_the_link(
    place: Place, theirs: Version, reviewer: Membership
) -> None:
    link, _token = make_link(theirs.case, theirs, name="Client", by=reviewer)
    theirs.regenerate(by=link, feedback="Warmer.")
    job = StudioJob.objects.open().get()
    assert job.requested_by == reviewer.user and place.step(job)


def test_the_creator_has_no_task_while_the_studio_is_at_work_and_has_it_when_it_cannot(
    place: Place, theirs: Version, reviewer: Membership
) -> None:
    theirs.regenerate(by=reviewer, feedback="Warmer.")
    assert queue.asked_of(place.creator) == []
    [notice] = Notice.objects.filter(user=place.creator.user)
    assert "Tint makes the next round." in notice.text
    job = StudioJob.objects.open().get()
    states.claim(job, due=False)
    states.fail(job, "Tint is out of colours.")
    assert queue.asked_of(place.creator) == [theirs]
    for person in (place.creator, reviewer):
        assert Notice.objects.filter(user=person.user, subject_id=job.pk, text__contains="out of colours").exists()


@pytest.mark.parametrize("change", [{"active": False}, None])
def test_without_a_studio_that_takes_jobs_it_is_the_creators_task(
    place: Place, theirs: Version, reviewer: Membership, change: dict[str, Any] | None
) -> None:
    if change:
        Studio.objects.update(**change)
    else:
        Asset.objects.update(studio=None)
        theirs.asset.refresh_from_db()
    theirs.regenerate(by=reviewer, feedback="Warmer.")
    assert not StudioJob.objects.exists() and queue.asked_of(place.creator) == [theirs]
    [notice] = Notice.objects.filter(user=place.creator.user)
    assert "Warmer." in notice.text and "makes the next round" not in notice.text


def test_what_nobody_is_the_creator_of_is_the_task_of_whoever_sent_it_in(place: Place, reviewer: Membership) -> None:
    Asset.objects.update(creator=None)
    place.version.regenerate(by=reviewer, feedback="Warmer.")
    assert queue.asked_of(place.creator) == [place.version]


def test_a_round_that_a_person_sends_in_is_that_persons_again(place: Place, theirs: Version) -> None:
    version = theirs.asset.submit(caption="Mine", media=[], format="text", by=place.creator)
    version.asset.refresh_from_db()
    assert version.asset.studio is None


def test_what_the_studio_was_asked_for_before_makes_way(place: Place, theirs: Version, reviewer: Membership) -> None:
    before = place.ask("Grey.")
    theirs.regenerate(by=reviewer, feedback="Warmer.")
    before.refresh_from_db()
    assert before.status == JobStatus.CANCELED
    assert StudioJob.objects.open().get().feedback == "Warmer."


def test_a_decision_that_is_refused_asks_no_studio(place: Place, theirs: Version) -> None:
    with pytest.raises(PermissionDenied):
        theirs.regenerate(by=place.creator, feedback="Warmer.")
    with pytest.raises(IllegalMove):
        theirs.regenerate(by=make_member(place.workspace, Role.APPROVER), feedback=" ")
    assert not StudioJob.objects.exists()


def test_trying_again_sends_the_same_feedback(place: Place, theirs: Version, reviewer: Membership) -> None:
    review = theirs.regenerate(by=reviewer, feedback="Warmer.", pins=[Pin(1, x=100, y=200)])
    job = StudioJob.objects.open().get()
    states.claim(job, due=False)
    states.fail(job, "No.")
    again = verbs.again(job, by=make_member(place.workspace, Role.MANAGER))
    assert (again.feedback, again.review, again.pk != job.pk) == ("Warmer.", review, True)


def test_it_is_made_anew_of_what_the_studio_started_from_the_first_time(place: Place, reviewer: Membership) -> None:
    """Twice over: a film that was made of a picture is no picture to start from."""
    version = place.version
    for colour in ("red", "blue"):
        job = StudioJob.objects.open().first() or place.ask()
        states.claim(job, due=False)
        made = version.asset.next_round(
            caption="", media=[make_media(place.creator, jpeg(colour=colour))], format="image", by="Tint",
            studio=place.studio,
        )  # fmt: skip
        states.done(job, made)
        made.regenerate(by=reviewer, feedback="Again.")
        version = made
    StudioJob.objects.open().update(due_at=timezone.now())
    place.step(StudioJob.objects.open().get())
    data = place.program.got[0].said["data"]
    assert [m["sha256"] for m in data["sources"]] == [place.version.items.get().media.sha256]
    assert [m["sha256"] for m in data["previous"]] == [version.items.get().media.sha256]
