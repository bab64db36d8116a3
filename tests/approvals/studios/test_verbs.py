"""What people do with studios."""

from __future__ import annotations

import pytest
from django.core.exceptions import PermissionDenied
from django_q.models import OrmQ

from approvals.models import Studio, StudioJob, Version
from approvals.states import IllegalMove
from approvals.studios import states, verbs
from approvals.studios.states import JobStatus
from collavo.accounts.models import Membership, Role
from collavo.timeline.models import Event
from tests.approvals.studios.place import make_film_studio
from tests.factories import make_member, make_workspace

pytestmark = pytest.mark.django_db


def test_what_is_asked_for_has_its_task_and_its_line(version: Version, creator: Membership) -> None:
    job = verbs.start(version, "reel", by=creator, options={"ratio": "9:16"})
    assert job.status == JobStatus.QUEUED and StudioJob.objects.due().get() == job
    assert [queued.task["args"] for queued in OrmQ.objects.all()] == [(str(job.pk),)]
    assert [event.verb for event in Event.objects.about(job)] == ["asked"]


def test_a_second_press_finds_the_job_of_the_first(version: Version, creator: Membership) -> None:
    assert verbs.start(version, "reel", by=creator) == verbs.start(version, "reel", by=creator)
    assert OrmQ.objects.count() == 1


def test_each_studio_has_a_job_of_its_own(version: Version, creator: Membership) -> None:
    studio = make_film_studio(creator)
    assert verbs.start(version, "reel", by=creator) != verbs.start(version, "reel", by=creator, studio=studio)


def test_other_settings_while_one_is_made_are_refused(version: Version, creator: Membership) -> None:
    verbs.start(version, "reel", by=creator, options={"ratio": "9:16"})
    with pytest.raises(IllegalMove, match="being made already"):
        verbs.start(version, "reel", by=creator, options={"ratio": "1:1"})


def test_what_cannot_be_made_is_refused_before_anything_is_kept(version: Version, creator: Membership) -> None:
    for recipe, options in (("trim", {}), ("reel", {"seconds": "many"}), ("reel", {"place": "elsewhere"})):
        with pytest.raises(IllegalMove):
            verbs.start(version, recipe, by=creator, options=options)
    assert not StudioJob.objects.exists()


@pytest.mark.parametrize("role", [Role.VIEWER, Role.APPROVER])
def test_only_who_may_create_has_something_made(role: str, version: Version, creator: Membership) -> None:
    with pytest.raises(PermissionDenied):
        verbs.start(version, "reel", by=make_member(creator.workspace, role))


def test_another_workspace_is_out_of_reach(version: Version) -> None:
    stranger = make_member(make_workspace(), Role.OWNER)
    with pytest.raises(PermissionDenied, match="another workspace"):
        verbs.start(version, "reel", by=stranger)


def test_a_studio_that_is_switched_off_or_of_others_is_refused(version: Version, creator: Membership) -> None:
    others = make_film_studio(make_member(make_workspace(), Role.OWNER))
    for studio in (make_film_studio(creator, active=False), others):
        with pytest.raises(IllegalMove, match="switched off"):
            verbs.start(version, "video", by=creator, studio=studio)


def test_a_job_that_is_called_off_ends_and_one_that_ended_cannot_be(version: Version, creator: Membership) -> None:
    job = verbs.start(version, "reel", by=creator)
    verbs.cancel(job, by=creator)
    assert job.status == JobStatus.CANCELED
    with pytest.raises(IllegalMove, match="ended meanwhile"):
        verbs.cancel(job, by=creator)


def test_trying_again_is_another_job_with_the_same_wishes(version: Version, creator: Membership) -> None:
    job = verbs.start(version, "reel", by=creator, options={"ratio": "9:16"}, prompt="Slow")
    with pytest.raises(IllegalMove, match="ended without"):
        verbs.again(job, by=creator)
    states.fail(job, "It could not be made.")
    other = verbs.again(job, by=creator)
    assert other != job and (other.options, other.prompt) == (job.options, "Slow")


def test_a_secret_is_encrypted_at_rest(creator: Membership) -> None:
    from django.db import connection

    studio = make_film_studio(creator)
    with connection.cursor() as cursor:
        cursor.execute("SELECT secret FROM approvals_studio WHERE id = %s", [studio.pk])
        assert "whsec" not in cursor.fetchone()[0]
    assert Studio.objects.get().secret.startswith("whsec_")
