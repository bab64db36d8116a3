"""The examples of the issue and of the documents behind it: each request, and its answer field by field."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import connections
from django.utils import timezone
from pytest_django.fixtures import Settings

from publishing.models import Post, Status
from tests.publishing.api.stage import Place, ids, make_place

ANY_ID, MOMENT = "an id", "2026-06-20T14:30:00+00:00"
SETTINGS = {
    "privacy_level": "PUBLIC_TO_EVERYONE", "disable_comment": False, "disable_duet": False, "disable_stitch": False,
    "brand_content_toggle": False, "brand_organic_toggle": False,
}  # fmt: skip
type Body = Callable[[Place], dict[str, Any]]


def soon() -> str:
    return (timezone.now() + timedelta(days=20)).replace(microsecond=0).isoformat()


def tiktok(place: Place) -> dict[str, Any]:
    return {
        "mediaId": str(place.film().pk), "tiktokAccountId": str(place.account().pk), "caption": "Made with AI #wonda",
        "privacyLevel": "SELF_ONLY", "isAigc": True, "postMode": "direct",
    }  # fmt: skip


def everything_of_tiktok(place: Place) -> dict[str, Any]:
    flags = dict.fromkeys(
        ("disableComment", "disableDuet", "disableStitch", "discloseCommercial", "brandOrganic"), True
    )
    return {**tiktok(place), **flags, "brandedContent": False, "scheduledAt": soon()}


def tiktok_carousel(place: Place) -> dict[str, Any]:
    return {
        "mediaIds": ids(place.picture(), place.picture(mime_type="image/webp")),
        "tiktokAccountId": str(place.account().pk), "caption": "New carousel", "privacyLevel": "SELF_ONLY",
        "postMode": "direct", "coverIndex": 0, "isAigc": False, "disableComment": False, "disableDuet": False,
        "disableStitch": False, "discloseCommercial": False, "brandOrganic": False, "brandedContent": False,
    }  # fmt: skip


def instagram_carousel(place: Place) -> dict[str, Any]:
    media = ids(*(place.picture() for _ in range(4)))
    return {"mediaIds": media, "instagramAccountId": str(place.account("instagram").pk), "caption": "x" * 2200}


def instagram(place: Place) -> dict[str, Any]:
    return {
        "mediaId": str(place.film().pk), "instagramAccountId": str(place.account("instagram").pk), "caption": "Linen",
        "product": "REELS", "shareToFeed": True, "scheduledAt": soon(),
    }  # fmt: skip


QUEUED = {"outputJobId": ANY_ID, "status": "queued"}
SCHEDULED = {"outputJobId": ANY_ID, "status": "scheduled", "scheduledFor": MOMENT}
TIKTOK_LIVE = {
    "tiktokPublishId": ANY_ID, "publishId": "v0.77", "tiktokMediaId": "7300", "imageCount": 2,
    "permalink": "https://www.tiktok.com/@example/video/7300",
}  # fmt: skip
INSTAGRAM_LIVE = {
    "instagramPublishId": ANY_ID, "igMediaId": "1789", "imageCount": 4, "permalink": "https://instagram.com/p/abc",
}  # fmt: skip


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("path", "body", "status", "expected"),
    [
        ("/publish/tiktok", tiktok, 202, QUEUED),
        ("/publish/tiktok", everything_of_tiktok, 202, SCHEDULED),
        ("/publish/instagram", instagram, 202, SCHEDULED),
    ],
)
def test_an_example_is_answered_field_by_field(path: str, body: Body, status: int, expected: dict[str, Any]) -> None:
    place = make_place()
    answer = place.program.post(path, body(place))
    assert (answer.status_code, plain(answer.json())) == (status, expected)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("path", "body", "live", "expected"),
    [
        (
            "/publish/tiktok/carousel",
            tiktok_carousel,
            {"remote_id": "7300", "url": TIKTOK_LIVE["permalink"]},
            TIKTOK_LIVE,
        ),
        (
            "/publish/instagram/carousel",
            instagram_carousel,
            {"remote_id": "1789", "url": INSTAGRAM_LIVE["permalink"]},
            INSTAGRAM_LIVE,
        ),
    ],
)
def test_a_carousel_is_answered_when_it_is_live(
    path: str, body: Body, live: dict[str, Any], expected: dict[str, Any], settings: Settings
) -> None:
    settings.TIKTOK_MEDIA_PREFIXES = (f"{settings.MEDIA_BASE_URL}/",)
    place = make_place()
    worker = threading.Thread(target=goes_live, kwargs=live)
    worker.start()
    answer = place.program.post(path, body(place))
    worker.join()
    assert (answer.status_code, plain(answer.json())) == (200, expected)


def goes_live(**live: Any) -> None:
    """What the engine writes, a moment after the call has begun to wait."""
    journal = {"init": {"publish_id": "v0.77", "at": timezone.now().isoformat()}}
    try:
        for _ in range(200):
            time.sleep(0.05)
            if Post.objects.update(status=Status.PUBLISHED, published_at=timezone.now(), journal=journal, due_at=None,
                                   **live):  # fmt: skip
                return
    finally:
        connections.close_all()


@pytest.mark.django_db(transaction=True)
def test_a_carousel_that_fails_meanwhile_says_so_and_is_not_called_live(settings: Settings) -> None:
    settings.TIKTOK_MEDIA_PREFIXES = (f"{settings.MEDIA_BASE_URL}/",)
    place = make_place()

    def fail() -> None:
        try:
            while not Post.objects.update(status=Status.FAILED, error="Refused.", due_at=None):
                time.sleep(0.05)
        finally:
            connections.close_all()

    worker = threading.Thread(target=fail)
    worker.start()
    answer = place.program.post("/publish/tiktok/carousel", tiktok_carousel(place), headers={"Prefer": "wait=30"})
    worker.join()
    found = answer.json()
    assert answer.status_code == 202 and (found["status"], found["permalink"]) == ("failed", None)


@pytest.mark.django_db
def test_a_preference_that_cannot_be_read_is_refused() -> None:
    place = make_place()
    answer = place.program.post("/publish/tiktok", place.tiktok(), headers={"Prefer": "wait=soon"})
    assert answer.status_code == 422 and not Post.objects.exists()


@pytest.mark.django_db
def test_the_posts_dialect_answers_its_examples_field_by_field() -> None:
    place = make_place()
    created = place.program.post("/posts", {"caption": "Linen", "media_ids": ids(place.film())})
    pk = created.json()["data"]["id"]
    account = str(place.account().pk)
    change = {"status": "scheduled", "scheduled_at": soon(), "tiktok_account_id": account, **SETTINGS}
    changed = place.program.patch(f"/posts/{pk}", change).json()["data"]
    assert plain(changed) == {
        "id": ANY_ID, "status": "scheduled", "title": "", "caption": "Linen", "media_ids": [ANY_ID],
        "account_id": ANY_ID, "settings": SETTINGS, "scheduled_at": MOMENT, "posted_at": None, "permalink": None,
        "error": None, "created_at": MOMENT,
    }  # fmt: skip
    other = place.program.post("/posts", {"media_ids": ids(place.film())}).json()["data"]["id"]
    body = {"tiktok_account_id": account, "mode": "direct", **SETTINGS}
    sent = place.program.post(f"/posts/{other}/publish", body, headers={"Prefer": "wait=0"})
    assert (sent.status_code, sent.json()) == (200, {"data": {"publish_id": None}})


def plain(value: Any) -> Any:
    """Ids and moments by what they are, everything else as it is."""
    if isinstance(value, dict):
        return {key: plain(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [plain(inner) for inner in value]
    if isinstance(value, str) and re.fullmatch(r"[0-9a-f-]{36}", value):
        return ANY_ID if UUID(value) else value
    moment = isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?\+00:00", value)
    return MOMENT if moment else value
