"""Studios in the admin: everything but the secrets, and the verbs of the console."""

import pytest

from approvals.studios.models import Studio, StudioJob
from approvals.studios.states import JobStatus
from tests.admin_pages import list_of, page_of, press, queries, said, signed_in
from tests.approvals.studios.place import Place

pytestmark = pytest.mark.django_db


def test_no_page_holds_a_secret(place: Place) -> None:
    client, job = signed_in(), place.ask()
    for address in (list_of(Studio), page_of(place.studio), list_of(StudioJob), page_of(job)):
        page = client.get(address).content.decode()
        assert "Tint" in page and place.studio.secret not in page and "gAAAA" not in page


def test_an_operator_switches_off_and_on(place: Place) -> None:
    client = signed_in()
    for button, active in (("off", False), ("on", True)):
        press(client, button, place.studio)
        place.studio.refresh_from_db()
        assert place.studio.active is active


def test_an_operator_calls_a_job_off_and_asks_again(place: Place) -> None:
    client, job = signed_in(), place.sent()
    press(client, "cancel", job)
    job.refresh_from_db()
    assert job.status == JobStatus.CANCELED
    press(client, "again", job)
    assert StudioJob.objects.open().count() == 1
    assert "refused" in said(press(client, "again", StudioJob.objects.open().get()))[-1]


def test_the_list_takes_as_many_statements_for_many_jobs_as_for_one(place: Place) -> None:
    place.program.answer = lambda _: 422
    client = signed_in()
    place.sent()
    queries(client, list_of(StudioJob))
    first = queries(client, list_of(StudioJob))
    for _ in range(3):
        place.sent()
    assert queries(client, list_of(StudioJob)) == first
