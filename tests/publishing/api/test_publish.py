"""The publish endpoints: what they take, refuse and answer. The console's own verbs do the work."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries
from pytest_django.fixtures import Settings

from approvals.models import Asset, Version
from collavo.accounts.models import Role, Scope
from collavo.timeline.models import Event
from publishing.models import Post, Status, Wish, WishState
from tests.collavo.api.client import Program, error
from tests.factories import make_approved, make_member, make_version, make_workspace
from tests.publishing.api.stage import Place, ids, make_place

pytestmark = pytest.mark.django_db


@pytest.fixture
def place() -> Place:
    return make_place()


def in_days(days: float) -> str:
    return (timezone.now() + timedelta(days=days)).isoformat()


# --- TikTok ----------------------------------------------------------------------------------------------------------


def test_a_video_is_queued_and_answered_with_its_job(place: Place) -> None:
    answer = place.program.post("/publish/tiktok", place.tiktok(privacyLevel="SELF_ONLY", isAigc=True))
    assert answer.status_code == 202
    post = Post.objects.get()
    assert answer.json() == {"outputJobId": str(post.pk), "status": "queued"}
    assert answer["Location"] == f"/api/v1/jobs/publish/{post.pk}"
    assert post.status == Status.QUEUED and post.enqueued_at and post.version.approved
    assert post.options == {
        "post_mode": "direct", "privacy_level": "SELF_ONLY", "is_aigc": True, "disable_comment": False,
        "disable_duet": False, "disable_stitch": False, "brand_organic": False, "branded_content": False,
    }  # fmt: skip


def test_a_scheduled_video_is_answered_with_its_moment(place: Place) -> None:
    at = (timezone.now() + timedelta(days=2)).replace(microsecond=0)
    answer = place.program.post("/publish/tiktok", place.tiktok(scheduledAt=at.isoformat()))
    post = Post.objects.get()
    assert answer.json() == {
        "outputJobId": str(post.pk), "status": "scheduled", "scheduledFor": at.astimezone(UTC).isoformat(),
    }  # fmt: skip
    assert post.scheduled_at == at


def test_publishing_costs_the_same_few_statements_however_much_is_planned(
    place: Place, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    account, film = place.account(), place.film()
    body = place.tiktok(account=account, mediaId=str(film.pk), scheduledAt=in_days(2))
    place.program.post("/publish/tiktok", body)
    for _ in range(2):  # token, rate, account, file, case, what is planned that day, what is written; and a savepoint
        with django_assert_num_queries(9):
            assert place.program.post("/publish/tiktok", body).status_code == 202


def test_every_act_stands_in_the_history_as_the_person_via_the_token(place: Place) -> None:
    place.program.post("/publish/tiktok", place.tiktok())
    said = set(Event.objects.filter(subject_type__in=["post", "version"]).values_list("verb", "by"))
    who = f"{place.member.user} via API token Newsroom"
    assert said == {("submitted", who), ("approved", who), ("queued", who)}


def test_for_the_inbox_the_audience_is_the_creators_choice(place: Place) -> None:
    place.program.post("/publish/tiktok", place.tiktok(postMode="inbox", privacyLevel="PUBLIC_TO_EVERYONE"))
    assert Post.objects.get().options == {"post_mode": "inbox"}


@pytest.mark.parametrize(
    ("days", "status"), [(0.003, 422), (-1, 422), (29.01, 422), (28.9, 202), (0.01, 202)]
)  # 0.003 days: 4 min 19 s
def test_a_moment_has_to_be_five_minutes_to_29_days_ahead(place: Place, days: float, status: int) -> None:
    answer = place.program.post("/publish/tiktok", place.tiktok(scheduledAt=in_days(days)))
    assert answer.status_code == status
    if status == 422:
        assert error(answer)["code"] == "schedule_out_of_range" and "scheduledAt" in error(answer)["fields"]
        assert not Post.objects.exists() and not Asset.objects.exists()


@pytest.mark.parametrize("moment", ["2026-06-20T14:30:00", "tomorrow", 1781965800, "2026-02-30T10:00:00Z", "", None])
def test_a_moment_without_an_offset_is_nobodys_moment(place: Place, moment: Any) -> None:
    answer = place.program.post("/publish/tiktok", place.tiktok(scheduledAt=moment))
    if moment is None:
        assert answer.status_code == 202  # as if left out
    else:
        assert answer.status_code == 422 and "scheduledAt" in error(answer)["fields"]


def test_where_scheduling_is_not_enabled_a_moment_is_refused_with_403(place: Place) -> None:
    account = place.account(scheduling=False)
    body = place.tiktok(account=account)
    refused = place.program.post("/publish/tiktok", {**body, "scheduledAt": in_days(1)})
    assert refused.status_code == 403 and error(refused)["code"] == "scheduling_not_enabled"
    assert place.program.post("/publish/tiktok", body).status_code == 202


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"captoin": "x"}, "captoin"),
        ({"media_id": str(uuid4())}, "media_id"),
        ({"privacyLevel": "EVERYBODY"}, "privacyLevel"),
        ({"postMode": "later"}, "postMode"),
        ({"disableComment": "no"}, "disableComment"),
        ({"caption": "x" * 2201}, "caption"),
        ({"mediaId": "not-an-id"}, "mediaId"),
        ({"mediaId": None}, "mediaId"),
    ],
)
def test_what_is_unknown_or_wrong_is_refused_by_its_field(place: Place, change: dict[str, Any], field: str) -> None:
    answer = place.program.post("/publish/tiktok", {**place.tiktok(), **change})
    assert answer.status_code == 422 and error(answer)["code"] == "invalid"
    assert not field or field in error(answer)["fields"]
    assert not Post.objects.exists() and not Asset.objects.exists()


def test_text_that_cannot_be_stored_is_refused(place: Place) -> None:
    for caption in ("a\x00b", "half a pair: \ud83d"):
        answer = place.program.post("/publish/tiktok", place.tiktok(caption=caption))
        assert answer.status_code == 400 and error(answer)["code"] == "malformed"


def test_the_preflight_refuses_what_the_board_would_refuse_and_nothing_is_left(place: Place) -> None:
    film = place.film(codec="av1")
    answer = place.program.post("/publish/tiktok", {**place.tiktok(), "mediaId": str(film.pk)})
    assert answer.status_code == 422 and error(answer)["code"] == "blocked"
    assert list(error(answer)["fields"]) == ["video_codec"]
    assert not Asset.objects.exists() and not Event.objects.filter(subject_type="version").exists()


# --- Carousels -------------------------------------------------------------------------------------------------------


def carousel(place: Place, n: int = 3, **fields: Any) -> dict[str, Any]:
    media = ids(*(place.picture() for _ in range(n)))
    return {"mediaIds": media, "tiktokAccountId": str(place.account().pk), "caption": "New carousel", **fields}


@pytest.fixture
def verified(settings: Settings) -> None:
    settings.TIKTOK_MEDIA_PREFIXES = (f"{settings.MEDIA_BASE_URL}/",)


@pytest.mark.usefixtures("verified")
def test_photos_are_answered_with_what_is_known_when_nobody_wants_to_wait(place: Place) -> None:
    body = carousel(place, coverIndex=1)
    answer = place.program.post("/publish/tiktok/carousel", body, headers={"Prefer": "wait=0"})
    post = Post.objects.get()
    assert answer.status_code == 202
    assert answer.json() == {
        "tiktokPublishId": str(post.pk), "publishId": None, "tiktokMediaId": None, "permalink": None, "imageCount": 3,
        "outputJobId": str(post.pk), "status": "queued",
    }  # fmt: skip
    assert post.options["cover_index"] == 1 and post.options["privacy_level"] == "SELF_ONLY"
    assert post.version.format == "carousel"


def test_photos_from_elsewhere_than_a_verified_prefix_are_refused_by_name(place: Place) -> None:
    answer = place.program.post("/publish/tiktok/carousel", carousel(place), headers={"Prefer": "wait=0"})
    assert answer.status_code == 422 and "prefix_not_verified" in error(answer)["fields"]


@pytest.mark.usefixtures("verified")
@pytest.mark.parametrize(
    "change",
    [
        {"caption": "x" * 91},
        {"caption": "😀" * 46},
        {"coverIndex": 3},
        {"coverIndex": -1},
        {"mediaIds": []},
        {"mediaIds": [str(uuid4())] * 36},
        {"scheduledAt": "2027-01-01T00:00:00Z"},
    ],
)
def test_photos_that_tiktok_would_refuse_are_refused(place: Place, change: dict[str, Any]) -> None:
    answer = place.program.post("/publish/tiktok/carousel", {**carousel(place), **change})
    assert answer.status_code == 422
    assert not Post.objects.exists()


def instagram(place: Place, *media: Any, **fields: Any) -> dict[str, Any]:
    return {"mediaIds": ids(*media), "instagramAccountId": str(place.account("instagram").pk), **fields}


def test_an_instagram_carousel_takes_two_to_ten_pictures_and_no_film(place: Place) -> None:
    body = instagram(place, place.picture(), place.picture(), caption="All sides")
    answer = place.program.post("/publish/instagram/carousel", body, headers={"Prefer": "wait=0"})
    assert answer.status_code == 202
    assert answer.json() == {
        "instagramPublishId": str(Post.objects.get().pk), "igMediaId": None, "permalink": None, "imageCount": 2,
        "outputJobId": str(Post.objects.get().pk), "status": "queued",
    }  # fmt: skip
    for media in ([place.picture()], [place.picture() for _ in range(11)], [place.picture(), place.film()]):
        assert place.program.post("/publish/instagram/carousel", instagram(place, *media)).status_code == 422


@pytest.mark.parametrize(
    ("product", "kind", "format"),
    [(None, "picture", "image"), (None, "film", "reel"), ("IMAGE", "picture", "image"), ("REELS", "film", "reel")],
)
def test_an_instagram_product_is_chosen_or_follows_from_the_medium(
    place: Place, product: str | None, kind: str, format: str
) -> None:
    medium = getattr(place, kind)()
    body = {"mediaId": str(medium.pk), "instagramAccountId": str(place.account("instagram").pk), "altText": "A chair"}
    if kind == "film":
        body.pop("altText")
    answer = place.program.post("/publish/instagram", body if product is None else {**body, "product": product})
    assert answer.status_code == 202, answer.content
    version = Version.objects.get()
    assert version.format == format
    assert version.items.get().alt_text == ("A chair" if kind == "picture" else "")


def test_share_to_feed_is_for_reels(place: Place) -> None:
    account = str(place.account("instagram").pk)
    body = {"mediaId": str(place.film().pk), "instagramAccountId": account, "shareToFeed": False}
    assert place.program.post("/publish/instagram", body).status_code == 202
    assert Post.objects.get().options == {"share_to_feed": False}
    picture = {**body, "mediaId": str(place.picture().pk)}
    assert "option_unknown" in error(place.program.post("/publish/instagram", picture))["fields"]


def test_youtube_follows_the_same_pattern(place: Place) -> None:
    account = str(place.account("youtube").pk)
    body = {"mediaId": str(place.film().pk), "youtubeAccountId": account, "title": "Four ways", "caption": "Linen."}
    assert "madeForKids" in error(place.program.post("/publish/youtube", body))["fields"]
    answer = place.program.post("/publish/youtube", {**body, "madeForKids": False, "product": "SHORT"})
    assert answer.status_code == 202 and answer.json()["status"] == "queued"
    assert Post.objects.get().options == {"title": "Four ways", "privacy": "public", "made_for_kids": False}


# --- Any platform ----------------------------------------------------------------------------------------------------


def test_an_approved_version_goes_out_to_any_account(place: Place) -> None:
    version = make_approved(place.workspace, media=[place.picture()])
    account = place.account("instagram")
    body = {"connectorId": str(account.pk), "versionId": str(version.pk), "scheduledAt": in_days(1)}
    answer = place.program.post("/publish", body)
    assert answer.status_code == 202 and answer.json()["status"] == "scheduled"
    again = place.program.post("/publish", body)
    assert again.status_code == 409 and "already has a post" in error(again)["message"]


def test_a_version_that_nobody_has_approved_is_refused_as_on_the_board(place: Place) -> None:
    version = make_version(make_member(place.workspace), media=[place.picture()])
    body = {"connectorId": str(place.account("instagram").pk), "versionId": str(version.pk)}
    first = place.program.post("/publish", body)
    assert first.status_code == 422 and list(error(first)["fields"]) == ["not_approved"]


def test_media_go_to_any_account_with_the_platforms_own_options(place: Place) -> None:
    account = place.account("tiktok")
    body = {
        "connectorId": str(account.pk), "mediaIds": ids(place.film()), "format": "video", "caption": "Linen",
        "title": "Autumn", "options": {"privacy_level": "SELF_ONLY"},
    }  # fmt: skip
    answer = place.program.post("/publish", body)
    assert answer.status_code == 202, answer.content
    assert Post.objects.get().options == {"privacy_level": "SELF_ONLY"} and Asset.objects.get().title == "Autumn"
    wrong = place.program.post("/publish", {**body, "options": {"privacy_level": "SELF_ONLY", "sparkle": 1}})
    assert "option_unknown" in error(wrong)["fields"]


def test_either_a_version_or_media_and_never_both(place: Place) -> None:
    account = str(place.account().pk)
    wrong: list[dict[str, Any]] = [{}, {"versionId": str(uuid4()), "mediaIds": []}, {"mediaIds": []}]
    for more in wrong:
        assert place.program.post("/publish", {"connectorId": account, **more}).status_code == 422


# --- Whose word it is ------------------------------------------------------------------------------------------------


def test_content_that_the_tokens_person_may_not_accept_goes_to_review_and_out_on_approval() -> None:
    place = Place(Program(make_member(make_workspace())))  # nobody accepts their own content here
    at = in_days(3)
    answer = place.program.post("/publish/tiktok", place.tiktok(scheduledAt=at))
    assert answer.status_code == 202 and answer.json()["status"] == "awaiting_approval"
    job = f"/jobs/publish/{answer.json()['outputJobId']}"
    assert place.program.get(job).json()["status"] == "awaiting_approval"
    assert not Post.objects.exists()
    Version.objects.get().accept(by=make_member(place.workspace, Role.APPROVER, name="Ada"))
    post = Post.objects.get()
    assert str(post.pk) == answer.json()["outputJobId"] and post.scheduled_at == datetime.fromisoformat(at)
    assert Event.objects.get(verb="scheduled").by == f"{place.member.user} via API token Newsroom"
    assert place.program.get(job).json()["status"] == "scheduled"


def test_a_token_without_the_scope_review_accepts_nothing() -> None:
    place = make_place(scopes=[Scope.PUBLISH])
    answer = place.program.post("/publish/tiktok", place.tiktok())
    assert answer.json()["status"] == "awaiting_approval" and Version.objects.get().in_review


def test_a_rejected_wish_ends_as_failed_and_says_why() -> None:
    place = make_place(scopes=[Scope.PUBLISH])
    job = place.program.post("/publish/tiktok", place.tiktok()).json()["outputJobId"]
    Version.objects.get().reject(by=make_member(place.workspace, Role.APPROVER), reason="Not our tone.")
    found = place.program.get(f"/jobs/publish/{job}").json()
    assert found["status"] == "failed" and "Not our tone." in found["error"]["message"]


def test_an_approval_stands_when_the_wish_can_no_longer_be_kept() -> None:
    place = make_place(scopes=[Scope.PUBLISH, Scope.READ])
    job = place.program.post("/publish/tiktok", place.tiktok()).json()["outputJobId"]
    place.member.role = Role.VIEWER
    place.member.save()
    Version.objects.get().accept(by=make_member(place.workspace, Role.APPROVER))
    assert Version.objects.get().approved and not Post.objects.exists()
    found = place.program.get(f"/jobs/publish/{job}").json()
    assert found["status"] == "failed" and "cannot schedule and publish" in found["error"]["message"]


def test_a_moment_that_passed_during_the_review_is_not_caught_up_hours_later() -> None:
    place = make_place(scopes=[Scope.SCHEDULE])
    place.program.post("/publish/tiktok", place.tiktok(scheduledAt=in_days(1)))
    Wish.objects.update(scheduled_at=timezone.now() - timedelta(hours=5))
    Version.objects.get().accept(by=make_member(place.workspace, Role.APPROVER))
    wish = Wish.objects.get()
    assert wish.state == WishState.ENDED and "approved after its moment" in wish.error and not Post.objects.exists()


def test_what_no_approval_would_help_is_refused_before_anybody_reviews_it() -> None:
    place = make_place(scopes=[Scope.PUBLISH])
    body = {**place.tiktok(), "mediaId": str(place.film(codec="av1").pk)}
    assert error(place.program.post("/publish/tiktok", body))["code"] == "blocked"
    assert not Asset.objects.exists() and not Wish.objects.exists()


@pytest.mark.parametrize(("scope", "now", "later"), [(Scope.PUBLISH, 202, 403), (Scope.SCHEDULE, 403, 202)])
def test_publishing_and_scheduling_are_two_scopes(scope: Scope, now: int, later: int) -> None:
    place = make_place(scopes=[scope, Scope.REVIEW])
    assert place.program.post("/publish/tiktok", place.tiktok()).status_code == now
    assert place.program.post("/publish/tiktok", place.tiktok(scheduledAt=in_days(1))).status_code == later


def test_a_token_for_one_account_publishes_to_no_other(place: Place) -> None:
    mine, other = place.account(), place.account()
    program = Program(place.member, connector_ids=[mine.pk])
    assert program.post("/publish/tiktok", place.tiktok(account=mine)).status_code == 202
    refused = program.post("/publish/tiktok", place.tiktok(account=other))
    assert refused.status_code == 403 and error(refused)["code"] == "connector_not_allowed"


# --- Dry runs --------------------------------------------------------------------------------------------------------


def test_a_dry_run_answers_the_preflight_and_keeps_nothing(place: Place) -> None:
    answer = place.program.post("/publish/tiktok", place.tiktok(), dryRun="true")
    assert answer.status_code == 200 and answer.json()["ok"] and not answer.json()["awaitingApproval"]
    assert {"level": "ok", "code": "approved", "message": "Approved and locked"} in answer.json()["checks"]
    assert not Asset.objects.exists() and not Event.objects.filter(subject_type="version").exists()


def test_a_dry_run_tells_what_blocks(place: Place) -> None:
    body = {**place.tiktok(), "mediaId": str(place.film(codec="av1").pk)}
    answer = place.program.post("/publish/tiktok", body, dryRun="true").json()
    assert not answer["ok"]
    assert [c["code"] for c in answer["checks"] if c["level"] == "block"] == ["video_codec"]


def test_the_answers_id_is_the_posts_id(place: Place) -> None:
    answer = place.program.post("/publish/tiktok", place.tiktok())
    assert Post.objects.filter(pk=UUID(answer.json()["outputJobId"])).exists()
