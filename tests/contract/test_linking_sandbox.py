"""Linking, renewing and giving back Instagram accounts against the sandbox: console, OAuth pages and API, for real."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoCaptureOnCommitCallbacks, Settings

from collavo.accounts.models import Membership, Workspace
from collavo.timeline.models import Notice
from collavo.timeline.notices import Message, tell
from connectors import tokens
from connectors.models import AppCredentials, Connector, ConnectorStatus, LinkRequest
from connectors.platforms.base import NeedsRelink
from connectors.sandbox.client import SandboxControl, running_sandbox
from publishing import engine
from publishing.models import Hold, Post
from tests.console import signed_in, text
from tests.contract.person import Person
from tests.factories import make_member, make_post, make_workspace

pytestmark = pytest.mark.django_db
FJORD, NORD, HAVN, LYS = (f"1784140000000000{n}" for n in (1, 2, 3, 4))


@pytest.fixture(scope="module")
def one_sandbox() -> Iterator[SandboxControl]:
    with running_sandbox() as control:
        yield control


@pytest.fixture
def sandbox(one_sandbox: SandboxControl, settings: Settings) -> SandboxControl:
    one_sandbox.reset()
    settings.INSTAGRAM_API_URL = settings.INSTAGRAM_TOKEN_URL = one_sandbox.instagram_url
    settings.INSTAGRAM_AUTHORIZE_URL = one_sandbox.instagram_url
    settings.FACEBOOK_API_URL = settings.FACEBOOK_AUTHORIZE_URL = one_sandbox.facebook_url
    settings.INSTAGRAM_APP_ID, settings.INSTAGRAM_APP_SECRET = "ig-app", "secret of ig-app"
    settings.META_APP_ID, settings.META_APP_SECRET = "meta-app", "secret of meta-app"
    return one_sandbox


@pytest.fixture
def member() -> Membership:
    return make_member(make_workspace())


@pytest.fixture
def workspace(member: Membership) -> Workspace:
    return member.workspace


@pytest.fixture
def client(member: Membership, sandbox: SandboxControl) -> Client:
    return signed_in(member)


def begin(client: Client, workspace: Workspace, login: str = "instagram", again: Connector | None = None) -> str:
    """Press the button; the address that the browser is led to."""
    name, args = ("relink", [again.pk]) if again else ("link", ["instagram", login])
    page = client.post(reverse(f"connectors:{name}", args=[workspace.slug, *args])).content.decode()
    found = re.search(r'http-equiv="refresh" content="0;url=([^"]+)"', page)
    assert found, page
    return html.unescape(found[1])


def come_back(client: Client, said: dict[str, str]) -> Any:
    """Follow the platform's redirect to the page that tells what became of it."""
    assert said.pop("to") == "http://127.0.0.1:8000/connections/callback/instagram/"
    return client.get("/connections/callback/instagram/", said, follow=True)


def linked(client: Client, workspace: Workspace, person: Person | None = None, **how: Any) -> Any:
    return come_back(client, (person or Person()).visit(begin(client, workspace, **how)))


# --- Linking --------------------------------------------------------------------------------------------------


def test_an_account_is_linked_by_instagram_login_with_a_long_token(client: Client, workspace: Workspace) -> None:
    shown = text(linked(client, workspace))
    assert "Instagram, fjord.supply is linked" in shown
    connector = Connector.objects.get()
    assert (connector.remote_id, connector.login, connector.client_id) == (FJORD, "instagram", "ig-app")
    assert connector.owner_id == "26000000000000001"
    assert connector.can == {"publish": True, "read_status": True, "read_metrics": True}
    assert connector.token_expires_at and connector.token_expires_at > timezone.now() + timedelta(days=59)
    assert connector.renew_at and connector.renew_at > timezone.now() + timedelta(days=29)
    assert connector.verify(by="test").handle == "fjord.supply"


def test_another_account_may_be_chosen_at_the_platform(client: Client, workspace: Workspace) -> None:
    linked(client, workspace, Person(account=HAVN))
    assert Connector.objects.get().handle == "havn.studio"


def test_with_facebook_login_one_of_several_pages_is_chosen_here(client: Client, workspace: Workspace) -> None:
    page = linked(client, workspace, login="facebook")
    assert "nord.kaffe" in text(page) and "lys.atelier" in text(page)
    assert not Connector.objects.exists()
    done = client.post(page.redirect_chain[-1][0], {"account": LYS}, follow=True)
    assert "lys.atelier is linked" in text(done)
    connector = Connector.objects.get()
    assert (connector.remote_id, connector.owner_id, connector.client_id) == (LYS, "10", "meta-app")
    assert connector.extra_token and connector.token != connector.extra_token
    assert connector.renew_at is None and connector.ends_at
    assert LinkRequest.objects.get().found == ""


def test_an_account_that_was_not_offered_cannot_be_chosen(client: Client, workspace: Workspace) -> None:
    page = linked(client, workspace, login="facebook")
    refused = client.post(page.redirect_chain[-1][0], {"account": FJORD})
    assert refused.status_code == 422 and "Choose one of the accounts" in text(refused)
    assert not Connector.objects.exists()


def test_with_one_page_ticked_nothing_is_left_to_choose(client: Client, workspace: Workspace) -> None:
    linked(client, workspace, Person(without=[f"account:{LYS}"]), login="facebook")
    assert Connector.objects.get().remote_id == NORD


def test_saying_no_links_nothing_and_says_so(client: Client, workspace: Workspace) -> None:
    for login in ("instagram", "facebook"):
        shown = text(linked(client, workspace, Person(decision="deny"), login=login))
        assert "You did not allow it at Instagram, so nothing was linked." in shown
    assert not Connector.objects.exists()


def test_a_needed_permission_left_out_is_named(client: Client, workspace: Workspace) -> None:
    person = Person(without=["scope:instagram_business_content_publish"])
    shown = text(linked(client, workspace, person))
    assert "did not grant “Create and publish content”" in shown
    assert "leave “Create and publish content” ticked" in shown
    assert not Connector.objects.exists()


def test_a_permission_that_one_can_do_without_takes_its_ability_away(client: Client, workspace: Workspace) -> None:
    person = Person(without=["scope:instagram_business_manage_insights"])
    shown = text(linked(client, workspace, person))
    assert "Not granted: “Access insights”" in shown
    connector = Connector.objects.get()
    connector.verify(by="test")
    assert connector.can == {"publish": True, "read_status": True, "read_metrics": False}


# --- State ----------------------------------------------------------------------------------------------------


def test_an_answer_is_good_once(client: Client, workspace: Workspace) -> None:
    said = Person().visit(begin(client, workspace))
    come_back(client, dict(said))
    again = come_back(client, said)
    assert again.status_code == 400 and "was used already" in text(again)
    assert Connector.objects.count() == 1


def test_an_answer_in_another_session_or_of_another_person_is_refused(client: Client, workspace: Workspace) -> None:
    said = Person().visit(begin(client, workspace))
    colleague, same_person = Client(), Client()
    colleague.force_login(make_member(workspace).user)
    same_person.force_login(LinkRequest.objects.get().user)
    for other in (colleague, same_person):
        refused = come_back(other, dict(said))
        assert refused.status_code == 400 and "in another browser" in text(refused)
    assert "not signed in" in text(come_back(Client(), dict(said)))
    assert not Connector.objects.exists()
    come_back(client, said)
    assert Connector.objects.exists(), "the strangers have not used it up"


def test_an_answer_after_ten_minutes_is_refused(client: Client, workspace: Workspace) -> None:
    said = Person().visit(begin(client, workspace))
    LinkRequest.objects.update(expires_at=timezone.now())
    assert "took longer than ten minutes" in text(come_back(client, said))
    assert not Connector.objects.exists()


def test_an_invented_state_is_refused(client: Client, workspace: Workspace) -> None:
    said = Person().visit(begin(client, workspace))
    refused = come_back(client, {**said, "state": "x" * 43})
    assert refused.status_code == 400 and "belongs to nothing that was begun here" in text(refused)


def test_a_code_that_the_platform_refuses_is_told_with_its_words(client: Client, workspace: Workspace) -> None:
    said = Person().visit(begin(client, workspace))
    shown = text(come_back(client, {**said, "code": "another"}))
    assert "Instagram did not accept the sign-in" in shown and "has been used or was not found" in shown


def test_a_platform_that_cannot_be_reached_is_told_and_nothing_is_linked(
    client: Client, workspace: Workspace, settings: Settings
) -> None:
    said = Person().visit(begin(client, workspace))
    settings.INSTAGRAM_TOKEN_URL = "http://127.0.0.1:9"
    assert "Instagram cannot be reached." in text(come_back(client, said))
    assert not Connector.objects.exists()


def test_no_state_token_or_secret_is_stored_in_clear(client: Client, workspace: Workspace) -> None:
    address = begin(client, workspace, login="facebook")
    state = parse_qs(urlsplit(address).query)["state"][0]
    come_back(client, Person().visit(address))
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT row_to_json(r)::text FROM connectors_linkrequest r")
        kept = str(cursor.fetchall())
    assert LinkRequest.objects.get().found.count("sandbox-user-") and "sandbox-user-" not in kept
    assert state not in kept and "secret of" not in kept


# --- Again ----------------------------------------------------------------------------------------------------


def test_linking_the_same_account_again_keeps_its_posts_and_lets_them_go_on(
    client: Client, workspace: Workspace, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    linked(client, workspace)
    connector = Connector.objects.get()
    post = make_post(workspace, connector)
    connector.needs_relink("Gone.", by="test")
    told = Message("k", workspace.pk, "connector", connector.pk, "It ends", [], "/")
    tell([make_member(workspace).user], told)
    Post.objects.filter(pk=post.pk).update(status="queued", hold=Hold.CONNECTOR, due_at=None)
    with django_capture_on_commit_callbacks(execute=True):
        linked(client, workspace, again=connector)
    again, post = Connector.objects.get(), Post.objects.get()
    assert (again.pk, again.status) == (connector.pk, ConnectorStatus.ACTIVE) and again.token != connector.token
    assert (post.connector_id, post.hold, post.due_at is not None) == (connector.pk, Hold.NONE, True)
    assert not Notice.objects.unread().filter(subject_id=connector.pk).exists(), "nobody needs to be told any more"


def test_linking_again_with_another_account_is_refused_by_name(client: Client, workspace: Workspace) -> None:
    linked(client, workspace)
    connector = Connector.objects.get()
    shown = text(linked(client, workspace, Person(account=HAVN), again=connector))
    assert "You signed in as havn.studio, and this is about fjord.supply." in shown
    assert Connector.objects.get().token == connector.token


# --- Apps -----------------------------------------------------------------------------------------------------


def test_a_workspaces_own_app_is_used_and_its_secret_never_shown(client: Client, workspace: Workspace) -> None:
    address = reverse("connectors:app", args=[workspace.slug, "instagram", "facebook"])
    client.post(address, {"client_id": "own-app", "client_secret": "secret of own-app"})
    assert "secret of own-app" not in client.get(address).content.decode()
    going = begin(client, workspace, login="facebook")
    assert parse_qs(urlsplit(going).query)["client_id"] == ["own-app"]
    come_back(client, Person(without=[f"account:{LYS}"]).visit(going))
    connector = Connector.objects.get()
    assert (connector.client_id, connector.account.app_secret) == ("own-app", "secret of own-app")


def test_calls_for_an_account_of_the_workspaces_own_app_are_proven_with_its_secret(
    client: Client, workspace: Workspace, sandbox: SandboxControl
) -> None:
    AppCredentials.objects.create(
        workspace=workspace, platform="instagram", login="facebook", client_id="own", client_secret="secret of own"
    )
    linked(client, workspace, Person(without=[f"account:{LYS}"]), login="facebook")
    sandbox.settings(app_secret="secret of own")
    try:
        assert Connector.objects.get().verify(by="test").handle == "nord.kaffe"
    finally:
        sandbox.settings(app_secret="")


def test_a_wrong_secret_is_told_to_the_person_for_the_operator(
    client: Client, workspace: Workspace, settings: Settings
) -> None:
    settings.INSTAGRAM_APP_SECRET = "wrong"
    shown = text(linked(client, workspace))
    assert "Error validating client secret" in shown and "INSTAGRAM_APP_SECRET" in shown


# --- Keeping alive --------------------------------------------------------------------------------------------


def test_a_token_is_renewed_ahead_of_its_end(client: Client, workspace: Workspace, sandbox: SandboxControl) -> None:
    linked(client, workspace)
    connector = Connector.objects.get()
    old = connector.token
    sandbox.clock(2 * 86400)
    assert tokens.renew(connector)
    assert Connector.objects.get().token != old and connector.renew_error == ""
    assert Connector.objects.get().verify(by="test").handle == "fjord.supply"


def test_a_post_goes_out_with_the_renewed_token(client: Client, workspace: Workspace, sandbox: SandboxControl) -> None:
    linked(client, workspace)
    Connector.objects.update(token_expires_at=timezone.now() + timedelta(minutes=1))
    old = Connector.objects.get().token
    post = make_post(workspace, Connector.objects.get())
    Post.objects.update(status="queued", due_at=timezone.now())
    sandbox.clock(2 * 86400)
    before = len(sandbox.calls())
    assert engine.advance(post.pk, worker="test")
    paths = [call["path"].rsplit("/", 1)[-1] for call in sandbox.calls()[before:]]
    assert paths[:2] == ["refresh_access_token", "content_publishing_limit"], "renewed first, and then used"
    assert Connector.objects.get().token != old


def test_a_dead_token_is_not_renewed_and_leaves_active(
    client: Client, workspace: Workspace, sandbox: SandboxControl
) -> None:
    linked(client, workspace)
    connector = Connector.objects.get()
    sandbox.change_account(FJORD, token_state="revoked")
    with pytest.raises(NeedsRelink):
        tokens.renew(connector)
    assert Connector.objects.get().status == ConnectorStatus.NEEDS_RELINK


@pytest.mark.parametrize("login", ["instagram", "facebook"])
def test_disconnecting_revokes_at_the_platform_and_wipes_the_tokens(
    login: str, client: Client, workspace: Workspace
) -> None:
    linked(client, workspace, Person(without=[f"account:{LYS}"]), login=login)
    connector = Connector.objects.get()
    old = connector.account
    address = reverse("connectors:disconnect", args=[workspace.slug, connector.pk])
    assert "No post of this account waits" in text(client.get(address))
    client.post(address)
    connector.refresh_from_db()
    assert (connector.status, connector.status_reason) == (ConnectorStatus.DISCONNECTED, "")
    assert (connector.token, connector.extra_token, connector.refresh_token) == ("", "", "")
    with pytest.raises(NeedsRelink):
        connector.spec.verify(old)
