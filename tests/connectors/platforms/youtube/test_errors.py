"""Every error that the fact sheet names: reason in, class and sentence out."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from connectors.http import Reply
from connectors.platforms.base import NeedsRelink, NotNow, PlatformError, Rejected
from connectors.platforms.youtube import errors
from connectors.platforms.youtube.quota import midnight

NOW = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)
PER_DAY = "Quota exceeded for quota metric 'Video Uploads' and limit 'Video Uploads per day' of service 'youtube'."


def reply(status: int, reason: str = "", domain: str = "youtube.video", message: str = "No.", **more: Any) -> Reply:
    row = {"domain": domain, "reason": reason, "message": message}
    body: Any = {"error": {"code": status, "message": message, "errors": [row] if reason else []}}
    return Reply(status, body, body, **more)


def refused(status: int, reason: str = "", **more: Any) -> PlatformError:
    return errors.refusal(reply(status, reason, **more), NOW)


@pytest.mark.parametrize(
    ("status", "reason", "error", "sentence"),
    [
        (401, "authError", NeedsRelink, "no longer accepts"),
        (401, "expired", NeedsRelink, "no longer accepts"),
        (401, "", NeedsRelink, "no longer accepts"),
        (401, "youtubeSignupRequired", NeedsRelink, "no YouTube channel"),
        (401, "authorizationRequired", NeedsRelink, "lacks a permission"),
        (403, "insufficientPermissions", NeedsRelink, "lacks a permission"),
        (403, "authenticatedUserAccountClosed", NeedsRelink, "closed"),
        (403, "authenticatedUserAccountSuspended", NeedsRelink, "suspended"),
        (403, "authenticatedUserNotChannel", NeedsRelink, "no YouTube channel"),
        (403, "forbidden", Rejected, "does not allow"),
        (403, "forbiddenPrivacySetting", Rejected, "privacy"),
        (403, "forbiddenLicenseSetting", Rejected, "licence"),
        (403, "quotaExceeded", NotNow, "midnight"),
        (403, "dailyLimitExceeded", NotNow, "midnight"),
        (403, "rateLimitExceeded", NotNow, "too many calls"),
        (429, "userRateLimitExceeded", NotNow, "too many calls"),
        (429, "", NotNow, "too many calls"),
        (400, "uploadLimitExceeded", NotNow, "no more today"),
        (429, "uploadRateLimitExceeded", NotNow, "thumbnails"),
        (400, "invalidTitle", Rejected, "title"),
        (400, "invalidDescription", Rejected, "description"),
        (400, "invalidTags", Rejected, "tags"),
        (400, "invalidCategoryId", Rejected, "category"),
        (400, "invalidPublishAt", Rejected, "moment"),
        (400, "invalidPublishScheduleForVideo", Rejected, "moment"),
        (400, "invalidFilename", Rejected, "file's name"),
        (400, "invalidRecordingDetails", Rejected, "recording"),
        (400, "invalidVideoGameRating", Rejected, "rating"),
        (400, "invalidVideoMetadata", Rejected, "details"),
        (400, "defaultLanguageNotSet", Rejected, "language"),
        (400, "mediaBodyRequired", Rejected, "no file"),
        (400, "invalidImage", Rejected, "thumbnail"),
        (409, "alreadyExists", NotNow, "did not open"),
        (404, "videoNotFound", NotNow, "does not find the video"),
        (404, "playlistNotFound", Rejected, "playlist"),
        (500, "internalError", NotNow, "problem of its own"),
        (503, "backendError", NotNow, "problem of its own"),
        (502, "", NotNow, "problem of its own"),
        (504, "", NotNow, "problem of its own"),
        (429, "rateLimitExceeded", NotNow, "too many calls"),
        (403, "userRateLimitExceeded", NotNow, "too many calls"),
        (403, "forbidden", Rejected, "does not allow"),
        (400, "somethingNew", NotNow, "does not know"),
    ],
)
def test_each_reason_has_its_error_and_its_sentence(
    status: int, reason: str, error: type[PlatformError], sentence: str
) -> None:
    found = refused(status, reason)
    assert type(found) is error
    assert sentence in str(found)
    assert found.code == (reason or str(status))


def test_a_thumbnail_that_is_forbidden_says_where_the_phone_number_is_confirmed() -> None:
    found = refused(403, "forbidden", domain="youtube.thumbnail")
    assert isinstance(found, Rejected)
    assert "youtube.com/verify" in str(found)


@pytest.mark.parametrize(("status", "reason"), [(403, "quotaExceeded"), (403, "dailyLimitExceeded")])
def test_a_quota_waits_for_midnight_in_california_and_is_no_failed_try(status: int, reason: str) -> None:
    found = refused(status, reason)
    assert isinstance(found, NotNow)
    assert (found.limit, found.until) == (True, midnight(NOW))


def test_uploads_that_are_used_up_are_told_from_a_rate_limit_by_their_words() -> None:
    found = refused(429, "rateLimitExceeded", message=PER_DAY)
    assert isinstance(found, NotNow)
    assert (found.code, found.until) == (errors.UPLOADS_USED_UP, midnight(NOW))


def test_the_channels_own_limit_waits_a_day_and_a_rate_limit_minutes() -> None:
    channel, rate = refused(400, "uploadLimitExceeded"), refused(403, "rateLimitExceeded")
    assert isinstance(channel, NotNow)
    assert isinstance(rate, NotNow)
    assert channel.until == NOW + timedelta(days=1)
    assert rate.until == NOW + errors.A_LITTLE


def test_youtubes_own_wait_wins_over_ours() -> None:
    found = refused(429, "rateLimitExceeded", retry_at=NOW + timedelta(hours=3))
    assert isinstance(found, NotNow)
    assert found.until == NOW + timedelta(hours=3)


def test_html_in_a_message_does_not_reach_people() -> None:
    said = 'Exceeded your <a href="/quota">quota</a> &amp; more.'
    assert "Exceeded your quota & more." in str(refused(400, "invalidTitle", message=said))


def test_every_answer_to_the_last_piece_but_a_clean_one_leaves_the_outcome_open() -> None:
    assert errors.doubt(reply(400, "invalidTitle")).code == "invalidTitle"
    assert "may be there all the same" in str(errors.doubt(Reply(502, None, "<html>")))


@pytest.mark.parametrize(
    ("status", "reason", "sure"),
    [(400, "invalidTitle", True), (400, "invalidVideoMetadata", True), (400, "uploadLimitExceeded", False),
     (403, "quotaExceeded", False), (403, "forbidden", False), (401, "authError", False), (400, "somethingNew", False)],
)  # fmt: skip
def test_only_what_is_about_the_video_itself_ends_an_upload(status: int, reason: str, sure: bool) -> None:
    """A quota may be about the question alone: taken for the upload's end, it would lead to a second one."""
    assert (errors.ended(reply(status, reason), NOW) is not None) is sure


def test_a_308_is_no_error_in_the_dispatch_log() -> None:
    assert errors.describe(Reply(308, None, "")).error == ""
    assert errors.describe(reply(403, "quotaExceeded")).code == "quotaExceeded"
