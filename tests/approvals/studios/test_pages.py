"""The studios' pages: what is offered, what a button begins, and how a job shows itself."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from approvals.models import StudioJob, Version
from approvals.studios import running, states, verbs
from approvals.studios.states import JobStatus
from collavo.accounts.models import Membership, Role
from tests.approvals.pages import address
from tests.approvals.studios.place import make_film_studio
from tests.console import signed_in
from tests.factories import (
    jpeg,
    make_case,
    make_connector,
    make_media,
    make_member,
    make_slot,
    make_version,
    make_workspace,
)

pytestmark = pytest.mark.django_db
HTMX: dict[str, Any] = {"headers": {"HX-Request": "true"}}


@pytest.fixture
def job(version: Version, creator: Membership) -> StudioJob:
    return verbs.start(version, "square", by=creator)


def read(member: Membership, url: str, **options: Any) -> str:
    response = signed_in(member).get(url, **options)
    assert response.status_code == 200
    return response.content.decode()


def press(member: Membership, name: str, *args: object, **said: Any) -> Any:
    return signed_in(member).post(address(name, member, *args), said, follow=True)


def test_a_version_is_offered_what_can_be_made_of_it(version: Version, creator: Membership) -> None:
    make_film_studio(creator)
    make_film_studio(make_member(make_workspace(), Role.OWNER))
    page = read(creator, address("studio", creator, version.pk))
    assert "Reel of pictures" in page and "Square 1:1" in page and "Shorter film" not in page
    assert page.count("Film people") == 1 and "whsec" not in page


def test_a_recipe_opens_with_its_settings_and_begins_a_job(version: Version, creator: Membership) -> None:
    url = address("studio", creator, version.pk) + "?recipe=reel"
    page = read(creator, url)
    assert "Seconds each" in page and 'value="4"' in page
    response = signed_in(creator).post(
        url, {"motion": "in", "seconds": "2.5", "ratio": "1:1", "frame": "bars", "format": "reel", "place": "round"}
    )
    job = StudioJob.objects.get()
    assert response["Location"] == address("studio_job", creator, job.pk)
    assert job.options["seconds"] == 2.5 and job.options["motion"] == "in"


def test_a_setting_that_cannot_be_is_said_beside_it_and_begins_nothing(version: Version, creator: Membership) -> None:
    url = address("studio", creator, version.pk) + "?recipe=reel"
    said = {"motion": "in", "seconds": "900", "ratio": "1:1", "frame": "bars", "format": "reel", "place": "round"}
    page = signed_in(creator).post(url, said).content.decode()
    assert "less than or equal to 15" in page and not StudioJob.objects.exists()


def test_a_studio_of_others_is_told_what_to_make(version: Version, creator: Membership) -> None:
    studio = make_film_studio(creator)
    url = f"{address('studio', creator, version.pk)}?studio={studio.pk}"
    assert "What should be made" in read(creator, url)
    signed_in(creator).post(url, {"prompt": "Let the coat move in the wind."})
    job = StudioJob.objects.get()
    assert (job.studio, job.recipe, job.prompt) == (studio, "video", "Let the coat move in the wind.")


def test_words_alone_are_told_so(creator: Membership) -> None:
    version = make_version(creator)
    words = version.asset.submit(caption="Only words", media=[], format="text", by=creator)
    assert "Nothing can be made of this" in read(creator, address("studio", creator, words.pk))


@pytest.mark.parametrize("role", [Role.VIEWER, Role.APPROVER])
def test_who_may_not_create_sees_jobs_and_begins_none(role: str, job: StudioJob, creator: Membership) -> None:
    member = make_member(creator.workspace, role)
    page = read(member, address("studio_job", member, job.pk))
    assert "Cancel</button>" not in page
    assert signed_in(member).get(address("studio", member, job.source_id)).status_code == 403
    for name in ("cancel_studio_job", "retry_studio_job"):
        assert press(member, name, job.pk).status_code == 403
    assert "Use in" not in read(member, address("asset", member, job.asset_id))


def test_another_workspace_has_no_such_job_or_version(job: StudioJob) -> None:
    stranger = make_member(make_workspace(), Role.OWNER)
    for name, pk in (("studio_job", job.pk), ("studio", job.source_id)):
        assert signed_in(stranger).get(address(name, stranger, pk)).status_code == 404
    assert press(stranger, "studio_mend", job.source_id, platform="instagram").status_code == 404


def test_an_open_job_asks_for_itself_again_and_one_that_ended_does_not(job: StudioJob, creator: Membership) -> None:
    url = address("studio_job", creator, job.pk)
    page = read(creator, url)
    assert 'hx-trigger="every 2s"' in page and "Look again" in page
    running.run(job.pk)
    part = read(creator, f"{url}?seen=queued.0", **HTMX)
    assert "every 2s" not in part and "Look at round 2" in part and "<html" not in part


def test_who_listens_is_told_of_what_is_new_and_not_of_every_look(job: StudioJob, creator: Membership) -> None:
    url = address("studio_job", creator, job.pk)
    assert "job-said" not in read(creator, f"{url}?seen=queued.0", **HTMX)
    states.claim(job)
    StudioJob.objects.update(progress=40)
    assert "Running, 40 percent" in read(creator, f"{url}?seen=queued.0", **HTMX)
    assert "percent" not in read(creator, f"{url}?seen=running.1", **HTMX)


def test_a_job_can_be_called_off_and_tried_again(job: StudioJob, creator: Membership) -> None:
    assert "Called off" in press(creator, "cancel_studio_job", job.pk).content.decode()
    assert "ended meanwhile" in press(creator, "cancel_studio_job", job.pk).content.decode()
    press(creator, "retry_studio_job", job.pk)
    assert list(StudioJob.objects.order_by("created_at").values_list("status", flat=True)) == ["canceled", "queued"]


def test_what_failed_says_why_and_what_can_be_done(job: StudioJob, creator: Membership) -> None:
    states.fail(job, "This video is damaged or cut off. Export it again and upload that.")
    page = read(creator, address("studio_job", creator, job.pk))
    assert "Export it again" in page and "Try again" in page


def test_the_asset_shows_its_jobs_and_what_it_can_be_used_in(job: StudioJob, creator: Membership) -> None:
    page = read(creator, address("asset", creator, job.asset_id))
    assert address("studio_job", creator, job.pk) in page and "?recipe=reel" in page
    case = read(creator, address("case", creator, job.case_id))
    assert "had a new version made by" in case and "Overshirt" in case


def test_a_review_offers_to_mend_what_its_account_refuses(creator: Membership) -> None:
    """One press, and what fits is made for review."""
    slot = make_slot(make_case(creator.workspace), make_connector(creator.workspace))
    version = make_version(creator, media=[make_media(creator, jpeg(900, 300))], slot=slot)
    page = read(creator, address("review", creator, version.pk))
    assert re.search(r"Make it fit: an image, 16:9 on a blurred ground, JPEG", page)
    press(creator, "studio_mend", version.pk, platform="instagram")
    press(creator, "studio_mend", version.pk, platform="instagram")
    job = StudioJob.objects.get()
    running.run(job.pk)
    job.refresh_from_db()
    assert job.status == JobStatus.DONE, job.error
    assert "Make it fit" not in read(creator, address("review", creator, job.result_id))


def test_the_board_offers_it_for_the_account_that_is_chosen(creator: Membership) -> None:
    manager = make_member(creator.workspace, Role.MANAGER)
    make_connector(creator.workspace)
    version = make_version(creator, media=[make_media(creator, jpeg(900, 300))])
    version.accept(by=make_member(creator.workspace, Role.APPROVER))
    page = read(manager, reverse("publishing:panel", args=[creator.workspace.slug, version.pk]), **HTMX)
    assert "Make it fit: an image, 16:9 on a blurred ground, JPEG" in page
    approver = make_member(creator.workspace, Role.APPROVER)
    page = read(approver, reverse("publishing:panel", args=[creator.workspace.slug, version.pk]), **HTMX)
    assert "Make it fit" not in page


def test_what_is_mended_already_is_a_sentence(version: Version, creator: Membership) -> None:
    for platform in ("instagram", "nowhere"):
        page = press(creator, "studio_mend", version.pk, platform=platform).content.decode()
        assert "nothing to mend" in page
    assert not StudioJob.objects.exists()


def test_what_is_approved_is_not_replaced_without_a_word(creator: Membership, version: Version) -> None:
    url = address("studio", creator, version.pk) + "?recipe=square"
    assert "The next round replaces it" not in read(creator, url)
    version.accept(by=make_member(creator.workspace, Role.APPROVER))
    assert "The next round replaces it" in read(creator, url)


def test_the_gallery_leads_to_the_studio(creator: Membership, version: Version) -> None:
    version.accept(by=make_member(creator.workspace, Role.APPROVER))
    page = read(creator, reverse("publishing:gallery", args=[creator.workspace.slug]))
    assert "Use in a studio" in page and address("studio", creator, version.pk) in page


def test_pages_ask_a_constant_number_of_statements(version: Version, creator: Membership) -> None:
    counts, client = [], signed_in(creator)
    for _ in range(2):
        for recipe in ("square", "four_five", "portrait"):
            states.fail(verbs.start(version, recipe, by=creator), "No.")
        with CaptureQueriesContext(connection) as asked:
            assert client.get(address("studio", creator, version.pk)).status_code == 200
        counts.append(len(asked))
    assert counts[0] == counts[1] <= 12, [q["sql"][:90] for q in asked]


def test_a_moment_is_said_with_its_zone(job: StudioJob, creator: Membership) -> None:
    StudioJob.objects.update(created_at=timezone.now() - timedelta(days=1))
    assert "UTC" in read(creator, address("studio_job", creator, job.pk))
