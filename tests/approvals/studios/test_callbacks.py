"""What a studio says counts once, when it is signed, and while the job is open."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from approvals.studios import callbacks, states, verbs
from approvals.studios.models import Studio, StudioJob
from approvals.studios.states import JobStatus
from collavo.ids import uuid7
from collavo.timeline.models import Notice
from collavo.timeline.outgoing import messages
from tests.approvals.studios.place import Place, make_studio

pytestmark = pytest.mark.django_db
RESULT = {"media": [{"url": "https://studio.example/r/1.jpg", "altText": "Teal"}], "caption": "New"}


def now(job: StudioJob) -> StudioJob:
    job.refresh_from_db()
    return job


def test_progress_is_shown_and_never_goes_back(place: Place) -> None:
    job = place.sent()
    for percent in (40, 20):
        assert place.say(job, "job.progress", {"progress": percent}).status_code == 200
    assert (now(job).progress, job.status) == (40, JobStatus.WAITING)


def test_all_of_it_is_no_result_yet(place: Place) -> None:
    job = place.sent()
    place.say(job, "job.progress", {"progress": 100})
    assert now(job).progress == 99


def test_a_result_is_kept_to_be_fetched_by_a_worker(place: Place) -> None:
    job = place.sent()
    answer = place.say(job, "job.succeeded", RESULT)
    assert (answer.status_code, answer.json()) == (200, {"ok": "taken"})
    assert now(job).status == JobStatus.WAITING and job.due_at and job.due_at <= timezone.now()
    assert job.delivered and job.delivered["said"]["data"]["caption"] == "New"


def test_a_failure_ends_the_job_with_the_studios_words(place: Place) -> None:
    job = place.sent()
    assert place.say(job, "job.failed", {"reason": "The face is turned away."}).status_code == 200
    assert now(job).status == JobStatus.FAILED
    assert job.error == "Tint could not make it: The face is turned away."
    assert Notice.objects.filter(user=place.creator.user, subject_id=job.pk).count() == 1


@pytest.mark.parametrize(("kind", "data"), [("job.succeeded", RESULT), ("job.failed", {"reason": "No."})])
def test_said_twice_it_counts_once(place: Place, kind: str, data: Any) -> None:
    job = place.sent()
    place.say(job, kind, data, "msg_1")
    before = now(job).delivered
    for message_id in ("msg_1", "msg_2"):
        answer = place.say(job, kind, data, message_id)
        assert (answer.status_code, answer.json()) == (200, {"ok": "known"})
    assert now(job).delivered == before and Notice.objects.filter(subject_id=job.pk).count() <= 1


def test_a_second_and_different_result_is_refused(place: Place) -> None:
    job = place.sent()
    place.say(job, "job.succeeded", RESULT)
    answer = place.say(job, "job.succeeded", {"media": [{"url": "https://studio.example/r/2.jpg"}]}, "msg_2")
    assert answer.status_code == 409 and "has its result already" in answer.json()["error"]


def test_a_result_that_comes_before_the_studio_has_answered_is_taken(place: Place) -> None:
    """It was faster than its own answer, or the answer was lost and the job is about to be sent again."""
    job = place.ask()
    lease = states.claim(job)
    assert lease and place.say(job, "job.succeeded", RESULT).status_code == 200
    assert now(job).status == JobStatus.RUNNING and job.delivered


@pytest.mark.parametrize("end", [JobStatus.CANCELED, JobStatus.TIMED_OUT, JobStatus.FAILED])
@pytest.mark.parametrize(
    ("kind", "data"), [("job.succeeded", RESULT), ("job.failed", {"reason": "No."}), ("job.progress", {"progress": 1})]
)
def test_whatever_comes_after_the_end_is_refused_and_changes_nothing(
    place: Place, end: JobStatus, kind: str, data: Any
) -> None:
    job = place.sent()
    states.claim(job, due=False)
    states.move(job, end, by="test")
    answer = place.say(job, kind, data)
    assert answer.status_code == 409 and end.label.lower() in answer.json()["error"]
    assert now(job).status == end and job.delivered is None


def test_a_job_that_nobody_knows_is_not_found(place: Place) -> None:
    job = place.sent()
    job.pk = uuid7()
    assert place.say(job, "job.failed", {"reason": "No."}).status_code == 404


def test_the_format_studios_jobs_take_no_callbacks(place: Place) -> None:
    job = verbs.start(place.version, "reel", by=place.creator)
    assert place.say(job, "job.failed", {"reason": "No."}).status_code == 404


@pytest.mark.parametrize(
    "headers",
    [
        {"webhook-signature": "v1,bm90IHRoaXM="}, {"webhook-signature": "nonsense"}, {"webhook-signature": ""},
        {"webhook-signature": "v1,not base64!"}, {"webhook-timestamp": "yesterday"}, {"webhook-timestamp": "nan"},
        {"webhook-timestamp": "1"}, {"webhook-id": "another"},
    ],
)  # fmt: skip
def test_what_is_not_signed_is_refused_and_changes_nothing(place: Place, headers: dict[str, str]) -> None:
    job = place.sent()
    assert place.say(job, "job.succeeded", RESULT, **headers).status_code == 401
    assert now(job).delivered is None


def test_without_headers_or_in_no_known_characters_it_is_refused(place: Place) -> None:
    job = place.sent()
    at = f"/studios/callback/{job.pk}/"
    assert Client().post(at, b"{}", content_type="application/json").status_code == 401
    headers = messages.signed("msg_1", "{}", place.studio, timezone.now())
    assert Client().post(at, b"\xff\xfe", content_type="application/json", headers=headers).status_code == 401


def test_another_studios_secret_opens_nothing(place: Place) -> None:
    job = place.sent()
    other = make_studio(place.workspace, place.program.url, name="Other")
    place.studio = other
    assert place.say(job, "job.succeeded", RESULT).status_code == 401


def test_what_was_signed_more_than_five_minutes_ago_is_refused(place: Place) -> None:
    job = place.sent()
    body = json.dumps({"type": "job.failed", "data": {"reason": "No."}})
    old = messages.signed("msg_1", body, place.studio, timezone.now() - timedelta(minutes=6))
    assert place.post(job, body, **old).status_code == 401


def test_the_secret_from_before_a_rotation_counts_for_its_day(place: Place) -> None:
    job = place.sent()
    place.studio = Studio.objects.get(pk=place.studio.pk)
    Studio.objects.update(
        old_secret=place.studio.secret, old_secret_until=timezone.now() + timedelta(hours=1), secret="whsec_bmV3"
    )
    assert place.say(job, "job.progress", {"progress": 5}).status_code == 200
    with time_machine.travel(timezone.now() + timedelta(hours=2), tick=False):
        assert place.say(job, "job.progress", {"progress": 6}).status_code == 401


@pytest.mark.parametrize(
    "body",
    [
        "", "[]", "null", "{", '{"type":"job.succeeded"}', '{"type":"job.unheard","data":{}}', "[" * 5000,
        '{"type":"job.succeeded","data":{"media":[]}}', '{"type":"job.succeeded","data":{"media":[{"url":""}]}}',
        '{"type":"job.failed","data":{"reason":""}}', '{"type":"job.failed","data":{"reason":"\\u0000"}}',
        '{"type":"job.failed","data":{"reason":"\\ud800"}}', '{"type":"job.progress","data":{"progress":101}}',
        '{"type":"job.progress","data":{"progress":"soon"}}',
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_refused_with_a_sentence(place: Place, body: str) -> None:
    job = place.sent()
    answer = place.post(job, body)
    assert answer.status_code == 422 and answer.json()["error"].endswith(".")
    assert now(job).status == JobStatus.WAITING and job.delivered is None and job.progress == 0


def test_a_message_that_is_too_large_is_refused(place: Place) -> None:
    job = place.sent()
    assert place.post(job, "x" * (callbacks.MOST_BYTES + 1)).status_code == 413


def test_only_a_post_says_anything(place: Place) -> None:
    assert Client().get(f"/studios/callback/{place.sent().pk}/").status_code == 405


def test_a_field_that_is_not_known_is_left_alone(place: Place) -> None:
    job = place.sent()
    assert place.say(job, "job.progress", {"progress": 3, "eta": "soon"}).status_code == 200
