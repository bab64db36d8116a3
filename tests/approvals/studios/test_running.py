"""A job of the format studio ends with a version in review, or with a sentence; whatever crashes, never with two."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import time_machine
from django.utils import timezone

from approvals.models import Asset, Media, StudioJob, Version
from approvals.studios import running, states, verbs
from approvals.studios.models import MOST_TRIES
from approvals.studios.states import LEASE, JobStatus
from collavo.accounts.models import Membership, Role
from collavo.threads import stopping
from collavo.timeline.models import Event, Notice
from publishing import verbs as publishing_verbs
from tests.approvals.media import samples
from tests.factories import jpeg, make_connector, make_media, make_member, make_version

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return samples.film(tmp_path_factory.mktemp("film") / "f.mp4", seconds=1.5, size=(96, 64)).read_bytes()


@pytest.fixture
def filmed(creator: Membership, film: bytes) -> Version:
    return make_version(creator, media=[make_media(creator, film, "view.mp4")], format="reel")


@pytest.fixture
def ending() -> Iterator[None]:
    """This process is about to end."""
    stopping.set()
    yield
    stopping.clear()


def made(job: StudioJob) -> Version:
    job.refresh_from_db()
    assert job.status == JobStatus.DONE, job.error
    assert job.result
    return job.result


def test_a_square_becomes_the_next_round_in_the_name_of_who_asked(version: Version, creator: Membership) -> None:
    job = verbs.start(version, "square", by=creator)
    running.run(job.pk)
    new = made(job)
    assert (new.round, new.current, new.submitted_by, new.caption) == (2, True, creator.user, version.caption)
    media = new.media.get()
    assert (media.width, media.height, media.name) == (90, 90, "picture 1x1.jpg")
    assert job.progress == 100 and Notice.objects.filter(user=creator.user, topic="studio").count() == 1


def test_the_history_says_who_asked_and_through_what(version: Version, creator: Membership) -> None:
    running.run(verbs.start(version, "square", by=creator).pk)
    submitted = Event.objects.filter(verb="submitted").latest("at")
    assert submitted.user == creator.user and submitted.by == f"{creator.user} via Format studio"


def test_a_film_is_cut_and_stays_what_it_is(filmed: Version, creator: Membership) -> None:
    job = verbs.start(filmed, "trim", by=creator, options={"start": 0.2, "seconds": 1})
    running.run(job.pk)
    assert made(job).format == "reel"
    assert made(job).media.get().duration == pytest.approx(1, abs=0.1)


def test_what_is_fine_already_is_used_as_it_is(creator: Membership) -> None:
    media = [make_media(creator, jpeg(80, 80)), make_media(creator, jpeg(80, 40, "red"))]
    version = make_version(creator, media=media, format="carousel")
    job = verbs.start(version, "square", by=creator)
    running.run(job.pk)
    after = [item.media for item in made(job).ordered_items()]
    assert after[0] == media[0] and after[1] != media[1] and after[1].width == after[1].height


def test_alternative_texts_and_options_that_still_mean_something_stay(creator: Membership) -> None:
    asset = make_version(creator).asset
    version = asset.submit(
        caption="Two", media=[make_media(creator, jpeg(90, 60))], format="image", by=creator,
        alt_texts=["A coat on a chair"], options={"collaborators": ["fjord"], "nonsense": True},
    )  # fmt: skip
    job = verbs.start(version, "square", by=creator)
    running.run(job.pk)
    assert [item.alt_text for item in made(job).ordered_items()] == ["A coat on a chair"]
    assert made(job).options == {"collaborators": ["fjord"]}


def test_what_is_on_its_way_is_never_replaced(version: Version, creator: Membership) -> None:
    workspace = creator.workspace
    version.accept(by=make_member(workspace, Role.APPROVER))
    connector, manager = make_connector(workspace), make_member(workspace, Role.MANAGER)
    job = verbs.start(version, "square", by=creator, options={"place": "round"})
    publishing_verbs.schedule(version, connector, at=timezone.now() + timedelta(days=1), by=manager)
    running.run(job.pk)
    version.refresh_from_db()
    assert version.current and made(job).asset != version.asset
    assert made(job).asset.title == "Overshirt, square 1:1"


def test_a_newer_round_of_somebody_else_is_never_replaced(version: Version, creator: Membership) -> None:
    job = verbs.start(version, "square", by=creator)
    newer = version.asset.submit(caption="Mine", media=[make_media(creator)], format="image", by=creator)
    running.run(job.pk)
    newer.refresh_from_db()
    assert newer.current and made(job).asset != version.asset


def test_an_asset_of_its_own_when_that_is_asked_for(version: Version, creator: Membership) -> None:
    job = verbs.start(version, "square", by=creator, options={"place": "asset"})
    running.run(job.pk)
    assert made(job).asset != version.asset and made(job).case == version.case and made(job).round == 1


def test_a_job_that_runs_twice_makes_one_version(version: Version, creator: Membership) -> None:
    job = verbs.start(version, "square", by=creator)
    running.run(job.pk)
    running.run(job.pk)
    assert version.asset.versions.count() == 2


def test_a_worker_that_died_before_the_end_leaves_nothing_but_its_lease(version: Version, creator: Membership) -> None:
    """As if the power went between the file and the version: the media is there, unused, and the next one makes it."""
    job = verbs.start(version, "square", by=creator)
    states.claim(job)
    make_media(creator, jpeg(90, 90), "left behind.jpg")
    running.run(job.pk)
    assert version.asset.versions.count() == 1
    with time_machine.travel(timezone.now() + LEASE + timedelta(seconds=1)):
        running.run(job.pk)
    assert made(job).round == 2 and job.attempts == 2 and version.asset.versions.count() == 2


def test_a_job_that_never_comes_to_an_end_fails_with_a_sentence(version: Version, creator: Membership) -> None:
    job = verbs.start(version, "square", by=creator)
    StudioJob.objects.filter(pk=job.pk).update(attempts=MOST_TRIES)
    running.run(job.pk)
    job.refresh_from_db()
    assert job.status == JobStatus.FAILED and "3 times" in job.error
    assert version.asset.versions.count() == 1


def test_a_job_that_is_called_off_while_it_runs_makes_nothing(
    filmed: Version, creator: Membership, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running, "BEAT", 0.0)
    job = verbs.start(filmed, "square", by=creator)
    lease = states.claim(job)
    verbs.cancel(job, by=creator)
    assert lease
    with pytest.raises(states.Lost):
        running.Signs(job, lease, parts=1)(0.5)
    assert filmed.asset.versions.count() == 1


@pytest.mark.usefixtures("ending")
def test_a_process_that_ends_hands_its_job_back(filmed: Version, creator: Membership) -> None:
    job = verbs.start(filmed, "square", by=creator)
    running.run(job.pk)
    job.refresh_from_db()
    assert (job.status, job.attempts, job.progress) == (JobStatus.QUEUED, 0, 0)
    assert StudioJob.objects.due().get() == job


def test_a_file_that_is_gone_is_a_sentence(version: Version, creator: Membership) -> None:
    job = verbs.start(version, "square", by=creator)
    media = version.media.get()
    Path(media.file.path).unlink()
    running.run(job.pk)
    job.refresh_from_db()
    assert job.status == JobStatus.FAILED and "is gone" in job.error


def test_a_discarded_asset_gets_no_round(version: Version, creator: Membership) -> None:
    job = verbs.start(version, "square", by=creator)
    Asset.objects.update(discarded_at=timezone.now())
    running.run(job.pk)
    job.refresh_from_db()
    assert job.status == JobStatus.FAILED and "discarded" in job.error and Version.objects.count() == 1


def test_nothing_is_left_on_the_disk(
    filmed: Version, creator: Membership, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    running.run(verbs.start(filmed, "square", by=creator).pk)
    assert list(folder.iterdir()) == [] and Media.objects.count() == 2
