"""Tokens: renewed ahead of their end by one caller at a time, never lost on the way, given back on disconnect."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection, connections
from django.utils import timezone
from pytest_django.fixtures import Settings

from collavo.accounts.models import Role
from collavo.timeline.models import Notice
from connectors import tokens
from connectors.cards import chips
from connectors.models import Connector, ConnectorStatus, link
from connectors.platforms import registry
from connectors.platforms.base import Account, NeedsRelink, NotNow, PlatformError, Profile, Rejected
from connectors.platforms.instagram.platform import Instagram
from connectors.platforms.oauth import App, Grant, KeepAlive, OAuth, Pkce, Scope
from tests.factories import make_member, make_workspace

pytestmark = pytest.mark.django_db
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@dataclass
class Rotating:
    """A platform of the kind of TikTok: a token for a day, and a refresh token that is another one each time."""

    answer: Callable[[Account], Grant]
    asked: list[str] = field(default_factory=list)
    revoked: list[str] = field(default_factory=list)
    refuses: PlatformError | None = None
    scopes: Sequence[Scope] = (Scope("publish", "Publish"),)
    pkce: Pkce = Pkce.HEX
    keep: KeepAlive = field(default_factory=lambda: KeepAlive(ahead=HOUR))
    app_settings: tuple[str, str] = ("TIKTOK_CLIENT_KEY", "TIKTOK_CLIENT_SECRET")
    guide: str = "docs/platforms/instagram.md"
    audit: str = "Its posts are private until the app has passed the audit."

    def authorize_url(self, app: App, *, redirect_uri: str, state: str, challenge: str, again: bool) -> str:
        return f"https://platform.example/?state={state}&challenge={challenge}"

    def exchange(self, app: App, *, code: str, redirect_uri: str, verifier: str) -> Grant:
        raise Rejected("Not in this test.")

    def choose(self, app: App, grant: Grant) -> Sequence[Profile]:
        return []

    def refresh(self, app: App, account: Account) -> Grant:
        self.asked.append(account.refresh_token)
        return self.answer(account)

    def revoke(self, app: App, account: Account) -> None:
        if self.refuses:
            raise self.refuses
        self.revoked.append(account.token)


def next_grant(account: Account) -> Grant:
    number = int(account.refresh_token.rsplit("-", 1)[1]) + 1
    return Grant(f"token-{number}", f"refresh-{number}", timezone.now() + DAY, timezone.now() + 365 * DAY)


@pytest.fixture
def platform(settings: Settings) -> Any:
    """Registered as a platform of its own while the test lasts."""
    settings.TIKTOK_CLIENT_KEY, settings.TIKTOK_CLIENT_SECRET = "key", "secret"
    oauth = Rotating(next_grant)
    ways: Mapping[str, OAuth] = {"instagram": oauth}
    registry.PLATFORMS["rotating"] = Instagram(key="rotating", name="Rotating", oauth=ways)
    yield oauth
    del registry.PLATFORMS["rotating"]


def make(ends: timedelta = DAY, *, refresh: str = "refresh-1", **changes: Any) -> Connector:
    now = timezone.now()
    grant = Grant("token-1", refresh, now + ends, now + 365 * DAY, owner_id="open-1")
    profile = Profile("account-1", "creator")
    made = link(
        make_workspace(), "rotating", "instagram", profile, token="token-1", by="test", grant=grant, client_id="key"
    )
    Connector.objects.filter(pk=made.pk).update(**changes)
    return Connector.objects.get(pk=made.pk)


def stored(connector: Connector) -> tuple[str, str]:
    row = Connector.objects.get(pk=connector.pk)
    return row.token, row.refresh_token


# --- Fresh enough ---------------------------------------------------------------------------------------------


def test_a_token_that_lasts_is_used_as_it_is(platform: Rotating) -> None:
    assert tokens.fresh_account(make()).token == "token-1"
    assert platform.asked == []


def test_a_token_at_its_end_is_renewed_before_it_is_used(platform: Rotating) -> None:
    connector = make(timedelta(minutes=1))
    assert tokens.fresh_account(connector).token == "token-2"
    assert stored(connector) == ("token-2", "refresh-2")
    assert connector.token_expires_at and connector.token_expires_at > timezone.now() + 23 * HOUR
    assert connector.renew_at and connector.renewing_until is None


def test_while_the_old_token_lasts_a_renewal_that_failed_does_not_stop_a_post(platform: Rotating) -> None:
    platform.answer = raising(NotNow("It cannot be reached."))
    connector = make(timedelta(minutes=2))
    assert tokens.fresh_account(connector).token == "token-1"
    assert Connector.objects.get().renew_error == "It cannot be reached."


def raising(error: Exception) -> Callable[[Account], Grant]:
    def answer(account: Account) -> Grant:
        raise error

    return answer


def test_with_the_old_token_over_the_post_is_told_to_come_later(platform: Rotating) -> None:
    platform.answer = raising(NotNow("It cannot be reached."))
    connector = make(-timedelta(minutes=1))
    with pytest.raises(NotNow, match="cannot be reached"):
        tokens.fresh_account(connector)
    assert Connector.objects.get().status == ConnectorStatus.ACTIVE


def test_an_app_that_is_refused_takes_no_account_down_while_its_token_lasts(platform: Rotating) -> None:
    platform.answer = raising(Rejected("The app's secret is wrong."))
    connector = make(timedelta(minutes=2))
    manager = make_member(connector.workspace, Role.MANAGER)
    assert tokens.fresh_account(connector).token
    found = Connector.objects.get()
    assert (found.status, found.renew_error) == (ConnectorStatus.ACTIVE, "The app's secret is wrong.")
    assert chips(found)[0].text == "App refused"
    assert "cannot be renewed" in Notice.objects.get(user=manager.user).title
    platform.answer = next_grant
    tokens.renew(Connector.objects.get())
    assert chips(Connector.objects.get())[0].text == "Active"


def test_with_its_token_over_an_account_of_a_refused_app_is_not_active_any_more(platform: Rotating) -> None:
    platform.answer = raising(Rejected("The app's secret is wrong."))
    connector = make(-timedelta(minutes=1))
    with pytest.raises(NeedsRelink, match="secret is wrong"):
        tokens.fresh_account(connector)
    found = Connector.objects.get()
    assert found.status == ConnectorStatus.NEEDS_RELINK
    assert "press Verify" in found.problem()


def test_an_app_that_is_gone_is_told_in_a_sentence(platform: Rotating, settings: Settings) -> None:
    settings.TIKTOK_CLIENT_KEY = "another"
    with pytest.raises(Rejected, match="linked through an app that is not set up here any more"):
        tokens.renew(make())
    assert platform.asked == []


def test_a_dead_refresh_token_takes_the_account_out_of_active(platform: Rotating) -> None:
    platform.answer = raising(NeedsRelink("The access was taken back."))
    connector = make(timedelta(minutes=1))
    with pytest.raises(NeedsRelink):
        tokens.fresh_account(connector)
    row = Connector.objects.get()
    assert (row.status, row.status_reason) == (ConnectorStatus.NEEDS_RELINK, "The access was taken back.")
    assert stored(connector) == ("token-1", "refresh-1"), "nothing is thrown away: a person may still look into it"


def test_an_account_without_tokens_is_not_asked_about(platform: Rotating) -> None:
    with pytest.raises(NeedsRelink, match="is not linked"):
        tokens.fresh_account(make(token=""))
    assert platform.asked == []


# --- Nothing is lost on the way -------------------------------------------------------------------------------


def test_an_empty_refresh_token_never_replaces_a_good_one(platform: Rotating) -> None:
    platform.answer = lambda _: Grant("token-2", "", timezone.now() + DAY)
    connector = make()
    before = connector.refresh_expires_at
    assert tokens.renew(connector)
    assert stored(connector) == ("token-2", "refresh-1")
    assert connector.refresh_expires_at == before and connector.renew_at


def test_an_answer_without_a_token_changes_nothing(platform: Rotating) -> None:
    platform.answer = lambda _: Grant("", "refresh-2")
    connector = make()
    with pytest.raises(NotNow):
        tokens.renew(connector)
    assert stored(connector) == ("token-1", "refresh-1")


def test_a_platform_that_does_not_say_how_long_has_its_usual_length_assumed(platform: Rotating) -> None:
    platform.keep = KeepAlive(ahead=HOUR, lasts=10 * DAY)
    platform.answer = lambda _: Grant("token-2", "refresh-2")
    connector = make()
    tokens.renew(connector)
    assert connector.token_expires_at and connector.token_expires_at > timezone.now() + 9 * DAY


def test_a_link_made_again_while_the_platform_was_asked_is_not_overwritten(platform: Rotating) -> None:
    def meanwhile(account: Account) -> Grant:
        Connector.objects.update(token="of the person", refresh_token="fresh")
        return next_grant(account)

    platform.answer = meanwhile
    connector = make()
    tokens.renew(connector)
    assert stored(connector) == ("of the person", "fresh")


def test_a_dead_answer_for_tokens_of_yesterday_does_not_take_the_new_link_down(platform: Rotating) -> None:
    connector = make()
    Connector.objects.update(token="of the person", refresh_token="fresh")
    connector.needs_relink("The old token is dead.", by="worker")
    assert Connector.objects.get().status == ConnectorStatus.ACTIVE


def test_our_own_mistake_gives_the_lease_back(platform: Rotating) -> None:
    platform.answer = raising(ZeroDivisionError())
    connector = make()
    with pytest.raises(ZeroDivisionError):
        tokens.renew(connector)
    row = Connector.objects.get()
    assert row.renewing_until is None and "operator" in row.renew_error


# --- One at a time --------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_of_many_callers_one_renews_and_all_get_the_new_token(platform: Rotating) -> None:
    gate = threading.Event()

    def slowly(account: Account) -> Grant:
        gate.wait(2)
        return next_grant(account)

    platform.answer = slowly
    connector = make(timedelta(minutes=1))

    def use(_: int) -> str:
        try:
            return tokens.fresh_account(Connector.objects.get(pk=connector.pk)).token
        finally:
            connections.close_all()

    with ThreadPoolExecutor(6) as pool:
        results = [pool.submit(use, n) for n in range(6)]
        while not platform.asked:
            assert not any(result.done() for result in results)
        gate.set()
        assert {result.result() for result in results} == {"token-2"}
    assert platform.asked == ["refresh-1"]


def test_no_transaction_is_open_while_the_platform_is_asked(transactional_db: None, platform: Rotating) -> None:
    def look(account: Account) -> Grant:
        assert not connection.in_atomic_block
        return next_grant(account)

    platform.answer = look
    assert tokens.renew(make())


def test_a_renewal_whose_process_died_is_taken_over_after_its_lease(platform: Rotating) -> None:
    connector = make(renewing_until=timezone.now() + HOUR)
    assert not tokens.renew(connector)
    Connector.objects.update(renewing_until=timezone.now() - timedelta(seconds=1))
    assert tokens.renew(connector)
    assert platform.asked == ["refresh-1"]


# --- When a link ends -----------------------------------------------------------------------------------------


def test_a_link_with_a_refresh_token_ends_with_that_not_with_the_token_of_the_day(platform: Rotating) -> None:
    connector = make(HOUR)
    assert connector.ends_at == connector.refresh_expires_at
    assert connector.problem() == connector.problem(timezone.now() + 300 * DAY) == ""
    assert "ends" in connector.problem(timezone.now() + 366 * DAY)


def test_a_link_without_a_refresh_token_ends_with_its_token(platform: Rotating) -> None:
    connector = make(HOUR, refresh="")
    assert connector.renew_at is None and connector.ends_at == connector.token_expires_at


@pytest.mark.parametrize(("left", "ends"), [(20, False), (10, True)])
def test_a_token_that_renews_itself_ends_only_once_its_renewal_is_late(left: int, ends: bool) -> None:
    grant = Grant("token", expires_at=timezone.now() + left * DAY)
    connector = link(
        make_workspace(), "instagram", "instagram", Profile("1", "x"), token="token", by="test", grant=grant
    )
    assert (connector.ends_at is not None) == ends


# --- Giving back ----------------------------------------------------------------------------------------------


def test_disconnecting_revokes_and_wipes(platform: Rotating) -> None:
    connector = make()
    assert tokens.disconnect(connector, by="test") == ""
    row = Connector.objects.get()
    assert platform.revoked == ["token-1"]
    assert (row.status, row.token, row.refresh_token, row.renew_at) == (ConnectorStatus.DISCONNECTED, "", "", None)
    assert "is disconnected" in row.problem()


def test_an_expired_token_is_renewed_before_it_is_revoked(platform: Rotating) -> None:
    tokens.disconnect(make(-HOUR), by="test")
    assert platform.revoked == ["token-2"], "an expired one would be refused, and the grant would stay alive"


def test_tokens_are_wiped_even_if_the_platform_does_not_answer_and_that_is_said(platform: Rotating) -> None:
    platform.refuses = NotNow("It did not answer.")
    said = tokens.disconnect(make(), by="test")
    assert "did not confirm it" in said and "Remove the app in the account's settings" in said
    assert stored(Connector.objects.get()) == ("", "")


def test_a_grant_that_another_account_lives_on_is_not_revoked(platform: Rotating) -> None:
    connector = make()
    link(
        make_workspace(), "rotating", "instagram", Profile("account-2", "other"), token="t", by="test",
        grant=Grant("t", "r", owner_id="open-1"), client_id="key",
    )  # fmt: skip
    assert "linked through the same sign-in" in tokens.disconnect(connector, by="test")
    assert platform.revoked == []


def test_a_worker_that_finds_the_tokens_gone_leaves_it_disconnected(platform: Rotating) -> None:
    connector = make()
    tokens.disconnect(Connector.objects.get(), by="test")
    connector.needs_relink("No token.", by="worker")
    assert Connector.objects.get().status == ConnectorStatus.DISCONNECTED


def test_linking_again_without_a_refresh_token_keeps_the_one_of_the_same_app_only(platform: Rotating) -> None:
    connector = make()
    for client_id, expected in (("key", "refresh-1"), ("another app", "")):
        link(
            connector.workspace, "rotating", "instagram", Profile("account-1", "creator"), token="new", by="test",
            grant=Grant("new"), client_id=client_id,
        )  # fmt: skip
        assert stored(connector) == ("new", expected)


def test_a_moment_is_never_made_up(platform: Rotating) -> None:
    connector = make(token_expires_at=None)
    assert isinstance(connector.renew_at, datetime)
    assert tokens.fresh_account(connector).token == "token-1", "without a known end it is tried as it is"
