"""The posts dialect: drafts, their edits, and what becomes of them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone

from approvals.models import Version
from collavo.accounts.models import Role, Scope
from publishing.models import Attempt, Post, Status, Wish
from tests.collavo.api.client import Program, error
from tests.factories import make_member
from tests.publishing.api.stage import Place, ids, make_place

pytestmark = pytest.mark.django_db
SETTINGS = {
    "privacy_level": "PUBLIC_TO_EVERYONE", "disable_comment": False, "disable_duet": True, "disable_stitch": False,
    "brand_content_toggle": False, "brand_organic_toggle": False,
}  # fmt: skip


@pytest.fixture
def place() -> Place:
    return make_place()


def in_days(days: float) -> str:
    return (timezone.now() + timedelta(days=days)).replace(microsecond=0).isoformat()


def draft(place: Place, **fields: Any) -> str:
    answer = place.program.post("/posts", {"caption": "Four ways", "media_ids": ids(place.film()), **fields})
    assert answer.status_code == 201, answer.content
    return str(answer.json()["data"]["id"])


def scheduled(place: Place, **fields: Any) -> dict[str, Any]:
    account = str(place.account().pk)
    return {"status": "scheduled", "scheduled_at": in_days(2), "tiktok_account_id": account, **SETTINGS, **fields}


def test_a_draft_is_kept_and_sent_nowhere(place: Place) -> None:
    answer = place.program.post("/posts", {"caption": "Four ways", "title": "Linen"})
    found = answer.json()["data"]
    assert answer.status_code == 201 and answer["Location"] == f"/api/v1/posts/{found['id']}"
    assert (found["status"], found["caption"], found["title"], found["posted_at"]) == (
        "draft",
        "Four ways",
        "Linen",
        None,
    )
    assert place.program.get(f"/posts/{found['id']}").json()["data"] == found
    assert place.program.get("/posts").json() == {"data": [found], "next_cursor": None}
    assert not Version.objects.exists()


def test_a_draft_is_scheduled_with_everything_that_tiktok_wants(place: Place) -> None:
    pk, change = draft(place), scheduled(place)
    answer = place.program.patch(f"/posts/{pk}", change)
    assert answer.status_code == 200, answer.content
    found = answer.json()["data"]
    assert found["status"] == "scheduled" and found["account_id"] == change["tiktok_account_id"]
    assert found["settings"] == SETTINGS
    post = Post.objects.get()
    assert str(post.pk) == pk and post.scheduled_at and post.scheduled_at.isoformat() == change["scheduled_at"]
    assert post.options == {
        "post_mode": "direct", "privacy_level": "PUBLIC_TO_EVERYONE", "disable_comment": False, "disable_duet": True,
        "disable_stitch": False, "branded_content": False, "brand_organic": False, "disclose_commercial": False,
    }  # fmt: skip
    assert place.program.get(f"/jobs/publish/{pk}").json()["status"] == "scheduled"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"privacy_level": None}, "privacy_level"),
        ({"tiktok_account_id": None}, "tiktok_account_id"),
        ({"scheduled_at": None}, "scheduled_at"),
        ({"scheduled_at": "2026-03-15T14:00:00"}, "scheduled_at"),
        ({"privacyLevel": "SELF_ONLY"}, "privacyLevel"),
    ],
)
def test_nothing_is_scheduled_without_what_has_no_default(place: Place, change: dict[str, Any], field: str) -> None:
    pk = draft(place)
    answer = place.program.patch(f"/posts/{pk}", scheduled(place, **change))
    assert answer.status_code == 422 and field in error(answer)["fields"]
    assert place.program.get(f"/posts/{pk}").json()["data"]["status"] == "draft" and not Version.objects.exists()


def test_a_moment_has_to_be_five_minutes_ahead(place: Place) -> None:
    answer = place.program.patch(f"/posts/{draft(place)}", scheduled(place, scheduled_at=in_days(0.003)))
    assert answer.status_code == 422 and error(answer)["code"] == "schedule_out_of_range"


def test_a_scheduled_post_moves_to_another_moment_and_keeps_everything_else(place: Place) -> None:
    pk = draft(place)
    place.program.patch(f"/posts/{pk}", scheduled(place))
    later = in_days(5)
    assert place.program.patch(f"/posts/{pk}", {"scheduled_at": later}).json()["data"]["scheduled_at"] == later
    assert Post.objects.count() == 1 and Version.objects.count() == 1


def test_another_caption_is_another_version_and_nothing_goes_out_as_it_was(place: Place) -> None:
    pk, change = draft(place), scheduled(place)
    place.program.patch(f"/posts/{pk}", change)
    again = place.program.patch(f"/posts/{pk}", {**change, "caption": "Five ways"})
    assert again.status_code == 200, again.content
    assert [p.status for p in Post.objects.order_by("created_at")] == [Status.CANCELED, Status.SCHEDULED]
    assert Version.objects.get(current=True).caption == "Five ways" and Version.objects.count() == 2


def test_a_scheduled_post_becomes_a_draft_again(place: Place) -> None:
    pk = draft(place)
    place.program.patch(f"/posts/{pk}", scheduled(place))
    found = place.program.patch(f"/posts/{pk}", {"status": "draft"}).json()["data"]
    assert (found["status"], found["scheduled_at"]) == ("draft", None)
    assert Post.objects.get().status == Status.CANCELED


def test_a_draft_is_published_now_and_answers_with_the_platforms_publish_id(place: Place) -> None:
    pk, account = draft(place), str(place.account().pk)
    body = {"tiktok_account_id": account, "mode": "direct", **SETTINGS}
    answer = place.program.post(f"/posts/{pk}/publish", body, headers={"Prefer": "wait=0"})
    assert answer.status_code == 200, answer.content
    assert answer.json() == {"data": {"publish_id": None}}
    assert Post.objects.get().status == Status.QUEUED
    opened = {
        "init": {"publish_id": "v_pub_file~1", "at": timezone.now().isoformat(), "url": "x", "size": 9, "chunk": 9}
    }
    Post.objects.update(status=Status.PUBLISHING, journal=opened)
    assert place.program.get(f"/posts/{pk}/publish-status").json() == {
        "data": {"publish_id": "v_pub_file~1", "status": "publishing", "tiktok_status": "PROCESSING_UPLOAD"}
    }


def test_what_waits_for_its_moment_is_sent_now(place: Place) -> None:
    pk = draft(place)
    place.program.patch(f"/posts/{pk}", scheduled(place))
    assert place.program.post(f"/posts/{pk}/publish", {}, headers={"Prefer": "wait=0"}).status_code == 200
    assert Post.objects.get().status == Status.QUEUED
    Post.objects.update(status=Status.PUBLISHING)
    assert place.program.post(f"/posts/{pk}/publish", {}).status_code == 409


def test_a_post_is_posted_only_when_the_platform_says_so(place: Place) -> None:
    pk = draft(place)
    place.program.patch(f"/posts/{pk}", scheduled(place))
    Post.objects.update(status=Status.PUBLISHING)
    found = place.program.get(f"/posts/{pk}").json()["data"]
    assert (found["status"], found["posted_at"]) == ("publishing", None)
    now = timezone.now()
    Post.objects.update(status=Status.PUBLISHED, published_at=now, url="https://tiktok.com/1")
    found = place.program.get(f"/posts/{pk}").json()["data"]
    assert (found["status"], found["posted_at"]) == ("posted", now.isoformat())
    status = place.program.get(f"/posts/{pk}/publish-status").json()["data"]
    assert (status["status"], status["tiktok_status"]) == ("posted", "PUBLISH_COMPLETE")


def test_a_draft_that_was_never_sent_off_has_no_publish_status(place: Place) -> None:
    answer = place.program.get(f"/posts/{draft(place)}/publish-status")
    assert answer.status_code == 404 and error(answer)["code"] == "not_found"


def test_a_draft_is_deleted_and_what_is_under_way_is_not(place: Place) -> None:
    pk = draft(place)
    assert place.program.delete(f"/posts/{pk}").json() == {"data": {"id": pk, "deleted": True}}
    assert place.program.get(f"/posts/{pk}").status_code == 404
    other = draft(place)
    place.program.patch(f"/posts/{other}", scheduled(place))
    Post.objects.update(status=Status.PUBLISHING)
    assert place.program.delete(f"/posts/{other}").status_code == 409


def test_content_that_somebody_else_must_accept_waits_and_is_scheduled_on_approval() -> None:
    place = make_place(scopes=[Scope.SCHEDULE, Scope.READ])
    pk = draft(place)
    found = place.program.patch(f"/posts/{pk}", scheduled(place)).json()["data"]
    assert found["status"] == "awaiting_approval"
    Version.objects.get().accept(by=make_member(place.workspace, Role.APPROVER))
    assert place.program.get(f"/posts/{pk}").json()["data"]["status"] == "scheduled"
    assert str(Post.objects.get().pk) == pk and Wish.objects.get().post_id == Post.objects.get().pk


def test_an_account_of_another_platform_is_refused(place: Place) -> None:
    instagram = str(place.account("instagram").pk)
    answer = place.program.patch(f"/posts/{draft(place)}", scheduled(place, tiktok_account_id=instagram))
    assert answer.status_code == 422 and "tiktok_account_id" in error(answer)["fields"]


def attempt(post: Post, **fields: Any) -> Attempt:
    known = {
        "fence": 1,
        "number": 1,
        "step": "init",
        "started_at": timezone.now(),
        "method": "POST",
        "http_status": 200,
    }
    return Attempt.objects.create(post=post, **{**known, **fields})


def test_every_attempt_is_in_the_dispatch_log(place: Place) -> None:
    pk = draft(place)
    place.program.patch(f"/posts/{pk}", scheduled(place))
    post = Post.objects.get()
    first, second = attempt(post), attempt(post, number=2, error="The platform did not answer.", http_status=None)
    for path in (f"/posts/{pk}/dispatch-logs", "/dispatch-logs"):
        lines = place.program.get(path).json()["data"]
        assert [line["id"] for line in lines] == ids(second, first)
        assert lines[0]["error"] == "The platform did not answer." and lines[0]["attempt"] == 2
    assert [x["id"] for x in place.program.get("/dispatch-logs", failed="true").json()["data"]] == ids(second)
    assert [x["id"] for x in place.program.get("/dispatch-logs", failed="false").json()["data"]] == ids(first)
    assert not place.program.get("/dispatch-logs", step="upload").json()["data"]
    assert not place.program.get("/dispatch-logs", post_id=str(uuid4())).json()["data"]
    page = place.program.get("/dispatch-logs", limit=1).json()
    rest = place.program.get("/dispatch-logs", limit=1, **page["next_cursor"]).json()
    assert [x["id"] for x in rest["data"]] == ids(first) and rest["next_cursor"] is None


def test_a_restricted_token_sees_no_other_accounts_drafts_or_logs(place: Place) -> None:
    pk = draft(place)
    place.program.patch(f"/posts/{pk}", scheduled(place))
    attempt(Post.objects.get())
    program = Program(place.member, connector_ids=[place.account().pk])
    assert program.get("/posts").json()["data"] == [] and program.get("/dispatch-logs").json()["data"] == []
    for path in (f"/posts/{pk}", f"/posts/{pk}/dispatch-logs", f"/posts/{pk}/publish-status"):
        assert error(program.get(path))["code"] == "connector_not_allowed"
