"""What a studio has made is fetched, kept, and becomes one version: the next round, or nothing."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.utils import timezone
from pytest_django.fixtures import Settings

from approvals.models import Asset, Media, Version, VersionMedia
from approvals.states import VersionStatus
from approvals.studios import outside, states
from approvals.studios.models import StudioJob
from approvals.studios.states import JobStatus
from collavo.accounts.models import Role
from collavo.timeline.models import Notice
from tests.approvals.studios.place import Answer, Place, shelf
from tests.factories import jpeg, make_member

pytestmark = pytest.mark.django_db


class Shelf:
    """What lies where the studio says."""

    def __init__(self) -> None:
        self.url = ""
        self.files: dict[str, Answer] = {"/1.jpg": (200, jpeg(300, 300, "red")), "/2.jpg": (200, jpeg(colour="blue"))}
        self.given: list[str] = []

    def give(self, path: str) -> Answer:
        self.given.append(path)
        return self.files.get(path, (404, b""))

    def result(self, *names: str, **more: Any) -> dict[str, Any]:
        return {"media": [{"url": f"{self.url}/{name}"} for name in names], **more}


@pytest.fixture
def there() -> Iterator[Shelf]:
    one = Shelf()
    with ExitStack() as stack:
        one.url = stack.enter_context(shelf(one.give))
        yield one


def delivered(place: Place, data: dict[str, Any]) -> StudioJob:
    """A job whose studio has said that it is done."""
    job = place.sent()
    assert place.say(job, "job.succeeded", data).status_code == 200
    job.refresh_from_db()
    return job


def result_of(job: StudioJob) -> Version:
    assert job.result is not None, job.error
    return job.result


def test_the_result_is_the_next_round_in_review(place: Place, there: Shelf) -> None:
    VersionMedia.objects.update(alt_text="A shirt")
    job = delivered(place, there.result("1.jpg"))
    assert place.step(job) and job.status == JobStatus.DONE and job.result
    version = job.result
    assert (version.round, version.status, version.format) == (2, VersionStatus.IN_REVIEW, "image")
    assert (version.caption, version.items.get().alt_text) == (place.version.caption, "A shirt")
    place.version.refresh_from_db()
    assert place.version.status == VersionStatus.SUPERSEDED
    assert version.items.get().media.name == "1.jpg" and version.submitted_by == place.creator.user
    assert Notice.objects.filter(user=place.creator.user, subject_id=job.pk).count() == 1


def test_a_caption_alt_texts_and_several_files_are_taken_as_they_are_said(place: Place, there: Shelf) -> None:
    data = there.result("1.jpg", "2.jpg", caption="Two of them")
    data["media"][1]["altText"] = "Blue"
    job = delivered(place, data)
    place.step(job)
    version = result_of(job)
    assert (version.caption, version.format) == ("Two of them", "carousel")
    assert [item.alt_text for item in version.ordered_items()] == ["", "Blue"]


def test_one_job_makes_one_version_however_often_it_is_looked_at(place: Place, there: Shelf) -> None:
    data = there.result("1.jpg")
    job = delivered(place, data)
    place.step(job)
    assert not place.step(job)
    assert place.say(job, "job.succeeded", data, "msg_1").json() == {"ok": "known"}
    assert place.say(job, "job.succeeded", data, "msg_2").json() == {"ok": "known"}
    other = place.say(job, "job.succeeded", there.result("2.jpg"), "msg_3")
    assert other.status_code == 409 and Version.objects.count() == 2


def test_a_worker_that_lost_its_lease_makes_nothing(place: Place, there: Shelf) -> None:
    job = delivered(place, there.result("1.jpg"))
    first = states.claim(job)
    assert first
    with time_machine.travel(timezone.now() + timedelta(minutes=5), tick=False):
        assert place.step(job) and job.status == JobStatus.DONE
    assert Version.objects.count() == 2


@pytest.mark.parametrize("status", [500, 503, 429])
def test_what_is_not_there_yet_is_fetched_again(place: Place, there: Shelf, status: int) -> None:
    good = there.files["/1.jpg"]
    there.files["/1.jpg"] = (status, b"")
    job = delivered(place, there.result("1.jpg"))
    place.step(job)
    assert job.status == JobStatus.QUEUED and f"answered {status}" in job.error
    there.files["/1.jpg"] = good
    with time_machine.travel(job.due_at, tick=False):
        place.step(job)
    assert job.status == JobStatus.DONE and place.program.got[1:] == [], "the studio is not asked again"


def test_what_is_never_there_ends_the_job_after_an_hour(place: Place, there: Shelf) -> None:
    there.files["/1.jpg"] = (503, b"")
    job = delivered(place, there.result("1.jpg"))
    while job.status != JobStatus.FAILED:
        with time_machine.travel(job.due_at, tick=False):
            assert place.step(job)
    assert "nothing could be used" in job.error and len(there.given) > 50 and Media.objects.count() == 1


def test_what_is_gone_ends_the_job_at_once(place: Place, there: Shelf) -> None:
    job = delivered(place, there.result("1.jpg", "none.jpg"))
    place.step(job)
    assert job.status == JobStatus.FAILED and "answered 404" in job.error
    assert Media.objects.count() == 1, "nothing is kept of what came in part"


def test_a_file_that_is_no_medium_ends_the_job_with_a_sentence(place: Place, there: Shelf) -> None:
    there.files["/1.jpg"] = (200, b"<html>Sign in</html>")
    job = delivered(place, there.result("1.jpg"))
    place.step(job)
    assert job.status == JobStatus.FAILED and job.error.startswith("Tint delivered a file that cannot be used")


def test_a_file_that_is_too_large_is_not_taken(place: Place, there: Shelf, settings: Settings) -> None:
    settings.UPLOAD_MOST_BYTES = 1000
    job = delivered(place, there.result("1.jpg"))
    place.step(job)
    assert job.status == JobStatus.FAILED and "larger than" in job.error


def test_nothing_is_fetched_from_a_private_network(place: Place, there: Shelf, settings: Settings) -> None:
    job = delivered(place, there.result("1.jpg"))
    settings.WEBHOOK_NETWORKS = ()
    place.step(job)
    assert job.status == JobStatus.FAILED and there.given == []


@pytest.mark.parametrize("url", ["file:///etc/passwd", "ftp://example.com/a", "nonsense", "https://", "http://[::1"])
def test_an_address_of_no_file_ends_the_job(place: Place, url: str) -> None:
    job = delivered(place, {"media": [{"url": url}]})
    place.step(job)
    assert job.status == JobStatus.FAILED and "cannot be fetched" in job.error


def test_a_newer_round_of_a_person_is_not_replaced(place: Place, there: Shelf) -> None:
    job = delivered(place, there.result("1.jpg"))
    mine = place.version.asset.submit(caption="Mine", media=[], format="text", by=place.creator)
    place.step(job)
    mine.refresh_from_db()
    assert mine.in_review and mine.current
    result = result_of(job)
    assert result.asset != mine.asset and result.case_id == mine.case_id


def test_nothing_is_put_into_a_discarded_asset(place: Place, there: Shelf) -> None:
    job = delivered(place, there.result("1.jpg"))
    place.version.asset.discard(by=make_member(place.workspace, Role.MANAGER))
    place.step(job)
    assert job.status == JobStatus.FAILED and "discarded" in job.error


def test_a_reviewer_decides_about_what_they_asked_to_regenerate(place: Place, there: Shelf) -> None:
    Asset.objects.update(studio=place.studio)
    reviewer = make_member(place.workspace, Role.APPROVER, "Rita")
    Version.objects.get().regenerate(by=reviewer, feedback="Warmer.")
    job = StudioJob.objects.get()
    StudioJob.objects.update(due_at=timezone.now())
    place.step(job)
    place.say(job, "job.succeeded", there.result("1.jpg"))
    place.step(job)
    result = result_of(job)
    assert result.round == 2 and result.submitted_by == place.creator.user
    result.accept(by=reviewer)


def test_a_file_that_breaks_off_is_fetched_again(place: Place) -> None:
    """The server promised more than it sent."""
    server = socket.create_server(("127.0.0.1", 0))

    def run() -> None:
        one, _ = server.accept()
        with one:
            one.recv(4096)
            one.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n" + b"x" * 10)

    threading.Thread(target=run, daemon=True).start()
    job = delivered(place, {"media": [{"url": f"http://127.0.0.1:{server.getsockname()[1]}/a.jpg"}]})
    place.step(job)
    server.close()
    assert job.status == JobStatus.QUEUED and "in part only" in job.error


def test_what_is_kept_of_a_callback_is_json(place: Place, there: Shelf) -> None:
    job = delivered(place, there.result("1.jpg"))
    job.refresh_from_db()
    assert json.loads(json.dumps(job.delivered))["id"] == "msg_1"


def test_a_result_that_comes_while_its_time_runs_out_is_taken_in(place: Place, there: Shelf) -> None:
    """The studio was told that it is taken: between the look at the clock and the end of the job."""
    job = place.sent()
    with time_machine.travel(job.deadline, tick=False):
        lease = states.claim(job)
        assert lease and place.say(job, "job.succeeded", there.result("1.jpg")).status_code == 200
        outside.run(job, lease)
    job.refresh_from_db()
    assert job.status == JobStatus.DONE and result_of(job).round == 2


@pytest.mark.django_db(transaction=True)
def test_a_result_counts_more_than_a_bad_answer_to_the_request(place: Place, there: Shelf) -> None:
    """It called back before it answered, and its answer was an error."""
    job = place.ask()

    def say_and_break(_: object) -> int:
        assert place.say(job, "job.succeeded", there.result("1.jpg")).status_code == 200
        connection.close()  # of the program's thread
        return 400

    place.program.answer = say_and_break
    place.step(job)
    assert job.status == JobStatus.DONE


def test_what_nobody_can_take_in_comes_to_an_end(place: Place, there: Shelf) -> None:
    job = delivered(place, there.result("1.jpg"))
    with time_machine.travel(timezone.now() + timedelta(hours=3), tick=False):
        place.step(job)
    assert job.status == JobStatus.FAILED and there.given == []
