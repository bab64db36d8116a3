"""Jobs and the plan: every state by its word, soonest first, and taking back what has not begun."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from collavo.accounts.models import Role, Scope
from publishing.models import Hold, Post, Status, Wish
from tests.collavo.api.client import Program, error
from tests.factories import make_member
from tests.publishing.api.stage import Place, make_place

pytestmark = pytest.mark.django_db


@pytest.fixture
def place() -> Place:
    return make_place()


def planned(place: Place, days: float = 1, **fields: Any) -> str:
    at = (timezone.now() + timedelta(days=days)).isoformat()
    answer = place.program.post("/publish/tiktok", place.tiktok(scheduledAt=at, **fields))
    assert answer.status_code == 202, answer.content
    return str(answer.json()["outputJobId"])


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"status": Status.SCHEDULED}, "scheduled"),
        ({"status": Status.QUEUED}, "queued"),
        ({"status": Status.PUBLISHING}, "publishing"),
        ({"status": Status.PUBLISHING, "hold": Hold.PLATFORM}, "processing"),
        ({"status": Status.PUBLISHING, "journal": {"committed": True}}, "processing"),
        ({"status": Status.AWAITING_CREATOR}, "awaiting_creator"),
        ({"status": Status.UNCONFIRMED}, "unconfirmed"),
        ({"status": Status.PUBLISHED, "published_at": timezone.now()}, "succeeded"),
        ({"status": Status.FAILED}, "failed"),
        ({"status": Status.CANCELED}, "canceled"),
    ],
)
def test_every_state_has_its_word(place: Place, changes: dict[str, Any], word: str) -> None:
    job = planned(place)
    Post.objects.update(**changes)
    assert place.program.get(f"/jobs/publish/{job}").json()["status"] == word
    found = place.program.get("/publishes", status=word).json()["publishes"]
    assert [row["outputJobId"] for row in found] == [job]
    assert not place.program.get("/publishes", status="failed" if word != "failed" else "queued").json()["publishes"]


def test_a_live_post_shows_its_link_and_a_failed_one_its_sentence(place: Place) -> None:
    job = planned(place)
    now = timezone.now()
    Post.objects.update(status=Status.PUBLISHED, published_at=now, url="https://tiktok.com/1", remote_id="7")
    found = place.program.get(f"/jobs/publish/{job}").json()
    assert (found["permalink"], found["remoteId"], found["error"]) == ("https://tiktok.com/1", "7", None)
    Post.objects.update(status=Status.FAILED, error="Too long.", error_code="length", url="")
    found = place.program.get(f"/jobs/publish/{job}").json()
    assert found["error"] == {"code": "length", "message": "Too long."} and found["permalink"] is None


def test_progress_tells_the_step_under_way(place: Place) -> None:
    job = planned(place)
    Post.objects.update(status=Status.PUBLISHING, step="Uploading", journal={"creator": {"username": "x"}})
    progress = place.program.get(f"/jobs/publish/{job}").json()["progress"]
    assert progress["step"] == "Uploading" and 1 < progress["at"] < progress["of"] and 0 < progress["percent"] < 100


def test_the_plan_is_soonest_first_and_goes_on_at_its_cursor(place: Place) -> None:
    account = place.account()
    late, soon, middle = (planned(place, days, account=account) for days in (3, 1, 2))
    first = place.program.get("/publish/scheduled", limit=2).json()
    assert [job["outputJobId"] for job in first["jobs"]] == [soon, middle]
    rest = place.program.get("/publish/scheduled", limit=2, **first["nextCursor"]).json()
    assert [job["outputJobId"] for job in rest["jobs"]] == [late] and rest["nextCursor"] is None


def test_half_a_cursor_is_refused(place: Place) -> None:
    planned(place)
    answer = place.program.get("/publish/scheduled", cursorOutputJobId=str(uuid4()))
    assert answer.status_code == 422 and "cursorScheduledFor" in error(answer)["fields"]
    answer = place.program.get("/tiktok/publishes", cursorCreatedAt=timezone.now().isoformat())
    assert answer.status_code == 422 and "cursorTiktokPublishId" in error(answer)["fields"]


def test_without_any_account_that_schedules_the_plan_is_403(place: Place) -> None:
    place.account(scheduling=False)
    answer = place.program.get("/publish/scheduled")
    assert answer.status_code == 403 and error(answer)["code"] == "scheduling_not_enabled"
    place.account()
    assert place.program.get("/publish/scheduled").status_code == 200


def test_what_is_planned_is_taken_back_once(place: Place) -> None:
    job = planned(place)
    answer = place.program.delete(f"/publish/scheduled/{job}")
    assert answer.status_code == 200 and answer.json() == {"outputJobId": job, "status": "canceled"}
    assert Post.objects.get().status == Status.CANCELED
    assert place.program.delete(f"/publish/scheduled/{job}").status_code == 409


@pytest.mark.parametrize(
    "status", [Status.PUBLISHING, Status.PUBLISHED, Status.FAILED, Status.UNCONFIRMED, Status.AWAITING_CREATOR]
)
def test_what_has_started_or_ended_is_not_taken_back(place: Place, status: Status) -> None:
    job = planned(place)
    Post.objects.update(status=status, published_at=timezone.now())
    answer = place.program.delete(f"/publish/scheduled/{job}")
    assert answer.status_code == 409 and error(answer)["code"] == "conflict"
    assert Post.objects.get().status == status


def test_where_scheduling_is_not_enabled_nothing_is_taken_back_either(place: Place) -> None:
    account = place.account()
    job = planned(place, account=account)
    type(account).objects.update(scheduling=False)
    answer = place.program.delete(f"/publish/scheduled/{job}")
    assert answer.status_code == 403 and error(answer)["code"] == "scheduling_not_enabled"


def test_a_wish_is_taken_back_before_anybody_decides_and_the_approval_then_places_nothing() -> None:
    place = make_place(scopes=[Scope.SCHEDULE])
    job = planned(place)
    assert place.program.delete(f"/publish/scheduled/{job}").json()["status"] == "canceled"
    assert place.program.get(f"/jobs/publish/{job}").json()["status"] == "canceled"
    version = Wish.objects.get().version
    assert version
    version.accept(by=make_member(place.workspace, Role.APPROVER))
    assert not Post.objects.exists()


def test_the_history_of_a_platform_speaks_its_words_and_pages_by_its_pair(place: Place) -> None:
    account = place.account()
    jobs = [planned(place, account=account) for _ in range(3)]
    first = place.program.get("/tiktok/publishes", limit=2).json()
    assert [row["tiktokPublishId"] for row in first["publishes"]] == [jobs[2], jobs[1]]
    assert set(first["nextCursor"]) == {"cursorCreatedAt", "cursorTiktokPublishId"}
    rest = place.program.get("/tiktok/publishes", limit=2, **first["nextCursor"]).json()
    assert [row["tiktokPublishId"] for row in rest["publishes"]] == [jobs[0]] and rest["nextCursor"] is None
    assert set(rest["publishes"][0]) == {
        "tiktokPublishId", "tiktokAccountId", "publishId", "tiktokMediaId", "status", "product", "caption",
        "permalink", "error", "imageCount", "createdAt", "scheduledFor", "publishedAt",
    }  # fmt: skip
    assert place.program.get("/instagram/publishes").json() == {"publishes": [], "nextCursor": None}


def test_the_history_is_filtered_by_product_and_time(place: Place) -> None:
    planned(place)
    assert len(place.program.get("/tiktok/publishes", product="video").json()["publishes"]) == 1
    assert not place.program.get("/tiktok/publishes", product="carousel").json()["publishes"]
    later = (timezone.now() + timedelta(minutes=1)).isoformat()
    assert not place.program.get("/publishes", createdAfter=later).json()["publishes"]
    assert len(place.program.get("/publishes", createdBefore=later).json()["publishes"]) == 1
    assert "status" in error(place.program.get("/publishes", status="gone"))["fields"]


def test_a_page_of_history_takes_as_many_queries_for_twenty_as_for_one(
    place: Place, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    account = place.account()
    for _ in range(8):
        planned(place, account=account)
    place.program.get("/publishes")
    with django_assert_max_num_queries(5):  # token, membership, rate, posts
        assert len(place.program.get("/publishes").json()["publishes"]) == 8
    with django_assert_max_num_queries(5):
        assert len(place.program.get("/tiktok/publishes").json()["publishes"]) == 8


def test_the_accounts_tell_status_scopes_limits_and_whether_they_schedule(place: Place) -> None:
    account = place.account(scopes=["video.publish"], scheduling=False)
    place.account("instagram")
    (found,) = place.program.get("/tiktok/accounts").json()["accounts"]
    assert found["id"] == str(account.pk) and found["status"] == "active" and not found["schedulingEnabled"]
    assert found["grantedScopes"] == ["video.publish"]
    assert found["limits"] == [{"what": "posts", "used": 0, "limit": 15, "left": 15, "windowHours": 24}]
    assert len(place.program.get("/connectors").json()["connectors"]) == 2


def test_a_restricted_token_sees_its_accounts_and_their_posts_alone(place: Place) -> None:
    mine, other = place.account(), place.account()
    job, hidden = planned(place, account=mine), planned(place, account=other)
    program = Program(place.member, connector_ids=[mine.pk])
    assert [c["id"] for c in program.get("/connectors").json()["connectors"]] == [str(mine.pk)]
    assert [p["outputJobId"] for p in program.get("/publishes").json()["publishes"]] == [job]
    assert error(program.get(f"/jobs/publish/{hidden}"))["code"] == "connector_not_allowed"
    assert program.delete(f"/publish/scheduled/{hidden}").status_code == 403
    assert program.get(f"/connectors/{other.pk}").status_code == 403
