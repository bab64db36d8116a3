"""Every error word of TikTok's pages: which of our errors it becomes, before the commit and on it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from connectors.http import Reply
from connectors.platforms.base import Json, NeedsRelink, NotNow, OutcomeUnknown, PlatformError, Rejected
from connectors.platforms.tiktok import errors
from tests.connectors.platforms.samples import NOW


def reply(code: str, status: int, message: str = "No.") -> Reply:
    body: Json = {"data": {}, "error": {"code": code, "message": message, "log_id": "2026X"}}
    return Reply(status, body, body)


ANSWERS = [
    (400, "invalid_param", Rejected, "does not accept a part of this post"),
    (400, "invalid_params", Rejected, "does not accept a part of this post"),
    (401, "access_token_invalid", NeedsRelink, "no longer accepts this account's link"),
    (401, "scope_not_authorized", NeedsRelink, "lacks a permission"),
    (400, "scope_permission_missed", NeedsRelink, "lacks a permission"),
    (403, "spam_risk_too_many_posts", NotNow, "takes no more posts from this account"),
    (200, "spam_risk_too_many_posts", NotNow, "takes no more posts from this account"),
    (403, "spam_risk_too_many_pending_share", NotNow, "Five drafts"),
    (403, "spam_risk_user_banned_from_posting", Rejected, "does not let this account post"),
    (200, "spam_risk_user_banned_from_posting", Rejected, "does not let this account post"),
    (403, "reached_active_user_cap", NotNow, "TikTok's limit, not ours"),
    (200, "reached_active_user_cap", NotNow, "TikTok's limit, not ours"),
    (403, "unaudited_client_can_only_post_to_private_accounts", Rejected, "Make the TikTok account itself private"),
    (403, "privacy_level_option_mismatch", Rejected, "Choose again who can see it"),
    (403, "url_ownership_unverified", Rejected, "Verify it in the TikTok app"),
    (429, "rate_limit_exceeded", NotNow, "too many calls"),
    (400, "invalid_file_upload", Rejected, "cannot read this file"),
    (400, "invalid_publish_id", Rejected, "does not tell this account and app about this post"),
    (400, "token_not_authorized_for_specified_publish_id", Rejected, "does not tell this account and app"),
]


@pytest.mark.parametrize(("status", "code", "kind", "sentence"), ANSWERS)
def test_each_error_word_has_its_meaning_whatever_the_http_status(
    status: int, code: str, kind: type[PlatformError], sentence: str
) -> None:
    for found in (errors.refusal(reply(code, status), NOW), errors.of_commit(reply(code, status), NOW)):
        assert type(found) is kind
        assert found.code == code
        assert sentence in str(found)
        assert str(found).endswith((".", "”"))


@pytest.mark.parametrize("status", [400, 403, 500, 503])
@pytest.mark.parametrize("code", ["internal_error", "a_word_of_tomorrow"])
def test_what_may_stand_for_an_accepted_post_is_never_taken_for_a_refusal_of_the_commit(code: str, status: int) -> None:
    before, on_it = errors.refusal(reply(code, status), NOW), errors.of_commit(reply(code, status), NOW)
    assert type(before) is NotNow
    assert ("problem of its own" if code == "internal_error" else "does not know (a_word_of_tomorrow)") in str(before)
    assert type(on_it) is OutcomeUnknown and "It may go live" in str(on_it)


@pytest.mark.parametrize("status", [200, 400, 502])
def test_an_answer_without_an_envelope_says_nothing(status: int) -> None:
    page = Reply(status, None, "<html>Bad gateway</html>")
    assert type(errors.refusal(page, NOW)) is NotNow
    assert type(errors.of_commit(page, NOW)) is OutcomeUnknown


@pytest.mark.parametrize(
    ("code", "wait"),
    [
        ("spam_risk_too_many_posts", timedelta(days=1)),
        ("spam_risk_too_many_pending_share", timedelta(days=1)),
        ("reached_active_user_cap", timedelta(days=1)),
        ("rate_limit_exceeded", timedelta(minutes=1)),
    ],
)
def test_a_limit_is_waited_for_and_costs_no_try(code: str, wait: timedelta) -> None:
    found = errors.refusal(reply(code, 403), NOW)
    assert isinstance(found, NotNow)
    assert (found.until, found.limit) == (NOW + wait, True)


def test_unaudited_says_that_the_account_itself_has_to_be_private() -> None:
    found = errors.refusal(reply("unaudited_client_can_only_post_to_private_accounts", 403), NOW)
    assert "account itself private" in str(found)


def test_what_tiktok_says_of_a_wrong_parameter_is_passed_on() -> None:
    assert "The chunk size is invalid" in str(
        errors.refusal(reply("invalid_params", 400, "The chunk size is invalid"), NOW)
    )


REASONS = [
    ("file_format_check_failed", Rejected, "Export it again as MP4"),
    ("duration_check_failed", Rejected, "too long or too short"),
    ("frame_rate_check_failed", Rejected, "23 to 60 frames"),
    ("picture_size_check_failed", Rejected, "1080 × 1920"),
    ("video_pull_failed", NotNow, "could not load the media"),
    ("photo_pull_failed", NotNow, "could not load the media"),
    ("internal", NotNow, "problem of its own"),
    ("auth_removed", Rejected, "took the app's access back"),
    ("spam_risk_too_many_posts", NotNow, "takes no more posts"),
    ("spam_risk_user_banned_from_posting", Rejected, "does not let this account post"),
    ("spam_risk_text", Rejected, "caption for spam"),
    ("spam_risk", Rejected, "this post for spam"),
    ("publish_cancelled", Rejected, "cancelled at TikTok"),
    ("app_version_check_failed", Rejected, "app is too old"),
    ("a_reason_of_tomorrow", Rejected, "does not know (a_reason_of_tomorrow)"),
]


@pytest.mark.parametrize(("reason", "kind", "sentence"), REASONS)
def test_each_reason_of_a_failed_publish_has_its_meaning(reason: str, kind: type[PlatformError], sentence: str) -> None:
    found = errors.failure(reason, NOW)
    assert sentence in str(found)
    assert type(found) is kind
    assert found.code == reason


def test_the_log_keeps_tiktoks_own_number_for_its_support() -> None:
    assert errors.describe(reply("spam_risk", 403)).correlation_id == "2026X"
    assert errors.describe(reply("ok", 200)).error == ""
    assert errors.describe(Reply(502, None, "x")).error == "HTTP 502"
