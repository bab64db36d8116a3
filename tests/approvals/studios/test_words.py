"""What people read about a job of a studio outside: where it is, and until when it is waited for."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from approvals.models import Asset, Version
from approvals.studios import words
from approvals.studios.models import StudioJob
from collavo.accounts.models import Membership, Role
from tests.approvals.studios.place import Place
from tests.factories import make_member

pytestmark = pytest.mark.django_db


def shown(place: Place, address: str, *args: object, to: Membership | None = None) -> str:
    client = Client()
    client.force_login((to or place.creator).user)
    return client.get(reverse(address, args=[place.workspace.slug, *args])).content.decode()


def test_a_studio_that_has_it_is_named_with_the_end_of_its_patience(place: Place) -> None:
    job = place.sent()
    assert words.sentence(job).startswith("Tint has it.")
    place.say(job, "job.progress", {"progress": 40})
    page = shown(place, "approvals:studio_job", job.pk)
    assert "Waits until" in page and "40 %" in page


def test_a_studio_that_was_not_reached_is_said_to_be_asked_again(place: Place) -> None:
    place.program.answer = lambda _: 503
    assert words.sentence(place.sent()) == "Tint was not reached. It answered 503. It is asked again by itself."


def test_what_is_done_there_and_not_here_is_being_fetched(place: Place) -> None:
    job = place.sent()
    place.say(job, "job.succeeded", {"media": [{"url": "https://8.8.8.8/1.jpg"}]})
    job.refresh_from_db()
    assert words.sentence(job) == "Tint is done. What it made is being fetched." and words.until(job) is None


def test_a_decision_says_who_makes_the_next_round_and_its_job_shows_the_feedback(place: Place) -> None:
    Asset.objects.update(studio=place.studio)
    reviewer = make_member(place.workspace, Role.APPROVER)
    version = Version.objects.get()
    version.regenerate(by=reviewer, feedback="Warmer.")
    assert "Tint makes the next round." in shown(place, "approvals:review", version.pk, to=reviewer)
    job = StudioJob.objects.get()
    page = shown(place, "approvals:studio_job", job.pk)
    assert "Warmer." in page and "sent as soon as the decision can no longer be undone" in page
