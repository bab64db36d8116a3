"""Whose account a token opens, what it may do, and how its posts do."""

from __future__ import annotations

from dataclasses import replace

import pytest
import responses
from pytest_django import Settings

from connectors.platforms.base import Metrics, NeedsRelink
from connectors.platforms.registry import get
from connectors.platforms.tiktok import TIKTOK
from tests.connectors.platforms.tiktok import api

USER = {"user": {"open_id": "-000abc", "display_name": "Fjord", "avatar_url": "https://cdn.example/a.jpg"}}


def user(code: str = "ok", status: int = 200) -> None:
    responses.get(
        f"{api.BASE}/v2/user/info/", json={"data": USER, "error": {"code": code, "message": "", "log_id": "x"}},
        status=status,
    )  # fmt: skip


def test_the_registry_knows_tiktok() -> None:
    assert get("tiktok") is TIKTOK


@responses.activate
def test_a_token_opens_one_account_under_its_open_id() -> None:
    user()
    api.creator()
    api.listed()
    [profile] = TIKTOK.identify("tiktok", api.TOKEN)
    assert (profile.remote_id, profile.handle, profile.name) == ("-000abc", "fjord.films", "Fjord")
    assert profile.can == {"publish": True, "read_status": True, "read_metrics": True}
    assert api.TOKEN not in repr(profile)


@responses.activate
def test_what_was_not_granted_is_said() -> None:
    user()
    api.answered("post/publish/creator_info/query/", {}, "scope_not_authorized", 401)
    api.answered("video/list/", {}, "scope_not_authorized", 401)
    profile = TIKTOK.verify(api.account())
    assert profile.can == {"publish": False, "read_status": False, "read_metrics": False}
    assert profile.handle == "Fjord"


@responses.activate
def test_a_cap_that_is_reached_is_no_missing_right() -> None:
    user()
    api.answered("post/publish/creator_info/query/", {}, "spam_risk_too_many_posts", 200)
    api.listed()
    assert TIKTOK.verify(api.account()).can["publish"]


@responses.activate
def test_a_dead_token_needs_a_new_link() -> None:
    user("access_token_invalid", 401)
    with pytest.raises(NeedsRelink):
        TIKTOK.verify(api.account())


@responses.activate
def test_a_link_that_opens_another_account_is_no_link_to_this_one() -> None:
    user()
    api.creator()
    api.listed()
    with pytest.raises(NeedsRelink, match="not fjord"):
        TIKTOK.verify(replace(api.account(), remote_id="-000other"))


@responses.activate
def test_the_composer_is_told_what_the_account_may_post_now() -> None:
    api.creator()
    found = TIKTOK.composer(api.account())
    assert (found.creator, found.max_seconds, found.unread) == ("Fjord", 300, "")
    assert found.offered == {"privacy_level": ("PUBLIC_TO_EVERYONE", "MUTUAL_FOLLOW_FRIENDS", "SELF_ONLY")}
    assert found.off == {"disable_stitch": "The account has stitches switched off in the app."}


@responses.activate
def test_an_unaudited_app_offers_only_what_nobody_sees() -> None:
    api.creator()
    assert TIKTOK.composer(api.account(audited=False)).offered == {"privacy_level": ("SELF_ONLY",)}


@responses.activate
def test_the_composer_is_told_when_nothing_can_be_posted() -> None:
    api.answered("post/publish/creator_info/query/", {}, "reached_active_user_cap", 200)
    assert "TikTok's limit" in TIKTOK.composer(api.account()).why_not


@responses.activate
@pytest.mark.parametrize("code", ["rate_limit_exceeded", "internal_error"])
def test_an_answer_that_says_nothing_leaves_what_every_account_may_choose(code: str) -> None:
    api.answered("post/publish/creator_info/query/", {}, code, 429)
    found = TIKTOK.composer(api.account())
    assert found.unread and not found.why_not
    assert found.offered == {"privacy_level": ("MUTUAL_FOLLOW_FRIENDS", "SELF_ONLY")}
    assert set(found.off) == {"disable_comment", "disable_duet", "disable_stitch"}


@responses.activate
def test_figures_come_twenty_posts_at_a_time_and_only_of_those_that_are_shown() -> None:
    row = {"id": "5", "view_count": 10, "like_count": 2, "comment_count": 0}
    api.answered("video/query/", {"videos": [row]})
    found = TIKTOK.metrics(api.account(), [str(n) for n in range(21)])
    assert found == {"5": Metrics(views=10, likes=2, comments=0, shares=None)}
    assert [len(api.body(i)["filters"]["video_ids"]) for i in range(2)] == [20, 1]


@responses.activate
def test_a_list_is_read_page_by_page_up_to_the_moment_that_matters() -> None:
    from tests.connectors.platforms.samples import NOW

    now = int(NOW.timestamp())
    api.listed({"id": "2", "create_time": now + 9}, has_more=True, cursor=(now + 9) * 1000)
    api.listed({"id": "1", "create_time": now - 9}, has_more=True, cursor=(now - 9) * 1000)
    listed = api.client().videos_since(NOW)
    assert [row["id"] for row in listed.videos] == ["2"] and listed.complete
    assert api.body(1)["cursor"] == (now + 9) * 1000


def test_only_tiktoks_own_host_is_official(settings: Settings) -> None:
    assert TIKTOK.official("tiktok")
    settings.TIKTOK_API_URL = "http://127.0.0.1:8001/tiktok"
    assert not TIKTOK.official("tiktok")
