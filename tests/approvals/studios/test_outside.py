"""A studio outside is asked by a signed request, again and again under one id, until it has the job or time is up."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.utils import timezone
from pytest_django.fixtures import Settings
from standardwebhooks import Webhook

from approvals.pins import Pin
from approvals.studios import states
from approvals.studios.models import Studio, StudioJob
from approvals.studios.states import JobStatus
from collavo.accounts.models import Role
from collavo.timeline.models import Event, Notice
from tests.approvals.studios.place import Place
from tests.factories import make_member

pytestmark = pytest.mark.django_db


def test_the_request_is_signed_and_says_all_that_a_studio_needs(place: Place, settings: Settings) -> None:
    job = place.sent()
    [got] = place.program.got
    said: dict[str, Any] = Webhook(place.studio.secret).verify(got.body, got.headers)
    assert got.headers["webhook-id"] == str(job.pk) and said["type"] == "job.requested"
    data = said["data"]
    assert (data["kind"], data["prompt"], data["caption"]) == ("image", "Make it teal.", "Four ways to wear it.")
    assert data["callback"] == f"{settings.BASE_URL}/studios/callback/{job.pk}/"
    [source] = data["sources"]
    assert (source["mimeType"], source["width"], source["height"], source["altText"]) == ("image/jpeg", 400, 400, "")
    assert source["url"].startswith(f"{settings.MEDIA_BASE_URL}/m/") and data["deadline"].endswith("Z")
    assert str(place.workspace.pk) not in got.body and place.studio.secret not in got.body


def test_a_studio_that_took_it_is_waited_for_as_long_as_its_patience(place: Place) -> None:
    job = place.sent()
    assert job.status == JobStatus.WAITING
    assert job.due_at == job.deadline and job.sent_at is not None
    assert job.deadline == job.sent_at + timedelta(minutes=60)


def test_pins_go_along_as_percent_and_seconds(place: Place) -> None:
    reviewer = make_member(place.workspace, Role.APPROVER)
    review = place.version.regenerate(by=reviewer, feedback="Warmer", pins=[Pin(1, x=255, y=500, text="here")])
    job = place.ask()
    StudioJob.objects.filter(pk=job.pk).update(review=review, feedback="Warmer")
    place.step(job)
    data = place.program.got[0].said["data"]
    assert [m["sha256"] for m in data["previous"]] == [m["sha256"] for m in data["sources"]]
    feedback = data["feedback"]
    assert feedback == {"text": "Warmer", "pins": [{"medium": 1, "x": 25.5, "y": 50.0, "text": "here"}]}


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503])
def test_a_studio_that_is_down_is_asked_again_under_the_same_id(place: Place, status: int) -> None:
    place.program.answer = lambda _: status
    job = place.sent()
    assert job.status == JobStatus.QUEUED and f"answered {status}" in job.error
    place.program.answer = lambda _: 202
    assert not place.step(job), "not before its moment"
    with time_machine.travel(job.due_at, tick=False):
        assert place.step(job)
    assert job.status == JobStatus.WAITING and job.error == ""
    assert {got.headers["webhook-id"] for got in place.program.got} == {str(job.pk)}


@pytest.mark.parametrize("status", [302, 400, 401, 404, 410, 422])
def test_a_studio_that_refuses_ends_the_job_with_a_sentence(place: Place, status: int) -> None:
    place.program.answer = lambda _: status
    job = place.sent()
    assert job.status == JobStatus.FAILED and job.error.startswith("Tint did not take it. It answered ")
    place.studio.refresh_from_db()
    assert place.studio.active, "one refusal switches nothing off"


def test_a_pause_that_the_studio_asks_for_is_kept(place: Place) -> None:
    place.program.answer = lambda _: (503, {"Retry-After": "600"})
    job = place.sent()
    assert job.due_at and job.due_at > timezone.now() + timedelta(seconds=590)


def test_a_studio_that_is_never_reached_ends_in_timed_out_when_its_patience_is_over(place: Place) -> None:
    place.program.answer = lambda _: 503
    job = place.sent()
    while job.status == JobStatus.QUEUED:
        with time_machine.travel(job.due_at, tick=False):
            assert place.step(job)
    assert job.status == JobStatus.TIMED_OUT
    assert job.error == "Tint could not be asked for 60 minutes. It answered 503."
    assert len(place.program.got) > 10


def test_no_answer_in_its_patience_is_a_state_a_sentence_and_a_notice(place: Place) -> None:
    job = place.sent()
    with time_machine.travel(job.deadline, tick=False):
        assert place.step(job)
    assert job.status == JobStatus.TIMED_OUT and "did not deliver within 60 minutes" in job.error
    [notice] = Notice.objects.filter(user=place.creator.user)
    assert job.error in notice.text
    assert Event.objects.filter(subject_id=job.pk, verb="timed_out").exists()


def test_a_job_whose_worker_died_in_the_call_is_sent_again_under_the_same_id(place: Place) -> None:
    job = place.ask()
    assert states.claim(job), "and this worker dies"
    assert not place.step(job), "its lease holds"
    with time_machine.travel(job.due_at, tick=False):
        assert place.step(job)
    assert job.status == JobStatus.WAITING


@pytest.mark.django_db(transaction=True)
def test_a_worker_that_lost_its_lease_while_it_waited_for_the_answer_writes_nothing(place: Place) -> None:
    job = place.ask()

    def steal(_: object) -> int:
        StudioJob.objects.filter(pk=job.pk).update(status=JobStatus.CANCELED, **ENDED)
        connection.close()  # of the program's thread
        return 202

    place.program.answer = steal
    assert place.step(job)
    assert job.status == JobStatus.CANCELED


ENDED: dict[str, Any] = {"lease_token": None, "lease_until": None, "due_at": None, "ended_at": timezone.now()}


def test_nothing_is_sent_to_a_studio_that_was_switched_off_meanwhile(place: Place) -> None:
    job = place.ask()
    Studio.objects.update(active=False)
    place.step(job)
    assert job.status == JobStatus.FAILED and "switched off" in job.error and place.program.got == []


def test_nothing_is_sent_into_a_private_network(place: Place, settings: Settings) -> None:
    settings.WEBHOOK_NETWORKS = ()
    job = place.ask()
    place.step(job)
    assert place.program.got == [] and job.status == JobStatus.FAILED and "https://" in job.error


def test_what_the_studio_calls_it_is_kept(place: Place) -> None:
    place.program.text = b'{"id":"run-7"}'
    assert place.sent().remote_id == "run-7"


def test_after_a_rotation_a_request_is_signed_with_both_secrets(place: Place) -> None:
    old = place.studio.secret
    Studio.objects.update(old_secret=old, old_secret_until=timezone.now() + timedelta(hours=1), secret="whsec_bmV3")
    place.sent()
    [got] = place.program.got
    for key in (old, "whsec_bmV3"):
        Webhook(key).verify(got.body, got.headers)
