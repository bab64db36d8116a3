"""manage.py studio_jobs"""

from __future__ import annotations

import json
from uuid import uuid4

import pytest

from approvals.models import StudioJob
from approvals.studios import states, verbs
from approvals.studios.states import JobStatus
from collavo.accounts.models import Membership
from tests.admin_pages import make_operator
from tests.factories import make_version
from tests.shell import run

pytestmark = pytest.mark.django_db


@pytest.fixture
def job(creator: Membership) -> StudioJob:
    return verbs.start(make_version(creator), "reel", by=creator)


def test_jobs_are_listed_and_narrowed(job: StudioJob, creator: Membership) -> None:
    states.fail(verbs.start(job.source, "portrait", by=creator), "It could not be made.")
    assert run("studio_jobs")[1].count("\n") == 3
    assert "Reel of pictures" in run("studio_jobs", "--status", "open")[1]
    code, said = run("studio_jobs", "--status", "failed", "--workspace", creator.workspace.slug)
    assert code == 0 and "It could not be made." in said and "Reel" not in said


def test_programs_get_json(job: StudioJob) -> None:
    (found,) = json.loads(run("studio_jobs", "--json")[1])
    assert (found["id"], found["status"], found["result"]) == (str(job.pk), "queued", None)


def test_an_empty_list_says_so() -> None:
    assert run("studio_jobs") == (0, "No studio was asked for anything like that.\n")


def test_jobs_are_called_off_and_asked_for_again_in_a_persons_name(job: StudioJob) -> None:
    make_operator()
    assert run("studio_jobs", job.pk, "--cancel")[0] == 0
    code, said = run("studio_jobs", job.pk, "--cancel")
    assert code == 1 and "ended meanwhile" in said
    assert run("studio_jobs", job.pk, "--retry")[0] == 0
    assert str(StudioJob.objects.open().get().requested_by) == "Olga Operator"


@pytest.mark.parametrize("words", [["--retry"], [str(uuid4()), "--cancel"], ["nonsense"], ["--workspace", "nowhere"]])
def test_wrong_input_changes_nothing(words: list[str], job: StudioJob) -> None:
    assert run("studio_jobs", *words)[0] == 2
    assert StudioJob.objects.get().status == JobStatus.QUEUED
