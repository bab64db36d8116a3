"""connect, verify_connectors and rotate_tokens, against the sandbox over real HTTP."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator

import pytest
from cryptography.fernet import Fernet
from django.db import connection
from pytest_django.fixtures import Settings

from collavo.accounts.models import Workspace
from collavo.timeline.models import Event
from connectors.models import Connector, ConnectorStatus
from connectors.sandbox.client import ROOT, SandboxControl, running_sandbox
from tests.factories import make_connector, make_workspace, numbers
from tests.shell import piped, run

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def one_sandbox() -> Iterator[SandboxControl]:
    with running_sandbox() as control:
        yield control


@pytest.fixture
def sandbox(one_sandbox: SandboxControl, settings: Settings) -> SandboxControl:
    one_sandbox.reset()
    settings.INSTAGRAM_API_URL = one_sandbox.instagram_url
    settings.FACEBOOK_API_URL = one_sandbox.facebook_url
    return one_sandbox


def connect(workspace: Workspace, token: str, *more: str) -> tuple[int, str]:
    return run("connect", "instagram", "--workspace", workspace.slug, *more, stdin=piped(f"{token}\n"))


def linked(sandbox: SandboxControl, workspace: Workspace | None = None) -> Connector:
    account = sandbox.add_account(f"linen.{next(numbers)}")
    return make_connector(
        workspace or make_workspace(), token=account["token"], remote_id=account["id"], handle=account["username"]
    )


# --- connect ---------------------------------------------------------------------------------------------------------


def test_a_token_from_stdin_links_its_account_and_says_what_it_can_do_and_what_is_next(sandbox: SandboxControl) -> None:
    account, workspace = sandbox.add_account("linen.daily"), make_workspace()
    code, said = connect(workspace, account["token"], "--time-zone", "Europe/Zurich")
    connector = Connector.objects.get()
    assert code == 0, said
    assert (connector.handle, connector.token) == ("linen.daily", account["token"])
    assert (connector.status, connector.sandbox, connector.time_zone) == (ConnectorStatus.ACTIVE, True, "Europe/Zurich")
    assert "linen.daily" in said and "It can: publish" in said and "sandbox" in said
    assert f"/w/{workspace.slug}/connections/" in said and account["token"] not in said
    assert Event.objects.get(subject_id=connector.pk, verb="linked").by == "operator"


def test_linking_again_renews_the_token_of_the_same_connector(sandbox: SandboxControl) -> None:
    connector = linked(sandbox)
    token = connector.token
    connector.token = "stale"
    connector.save(update_fields=["token"])
    assert connect(connector.workspace, token)[0] == 0
    assert Connector.objects.get().token == token


def test_a_token_of_several_accounts_lists_them_and_links_the_chosen_one(sandbox: SandboxControl) -> None:
    one = sandbox.add_account("linen.one", login="facebook")
    two = sandbox.add_account("linen.two", login="facebook", user_token=one["user_token"])
    workspace = make_workspace()
    code, said = connect(workspace, one["user_token"], "--login", "facebook")
    assert code == 2 and one["id"] in said and "linen.two" in said and "--account" in said
    assert not Connector.objects.exists()
    assert connect(workspace, one["user_token"], "--login", "facebook", "--account", "@linen.two")[0] == 0
    assert Connector.objects.get().remote_id == two["id"]
    code, said = connect(workspace, one["user_token"], "--login", "facebook", "--account", "linen.three")
    assert code == 2 and "does not open the account" in said and "linen.one" in said


@pytest.mark.parametrize("state", ["expired", "revoked"])
def test_a_dead_token_is_a_sentence_and_links_nothing(sandbox: SandboxControl, state: str) -> None:
    account = sandbox.add_account("linen.daily")
    sandbox.change_account(account["id"], token_state=state)
    code, said = connect(make_workspace(), account["token"])
    assert code == 3 and "Nothing was linked" in said and "--login facebook" in said
    assert account["token"] not in said and not Connector.objects.exists()


def test_a_platform_that_does_not_answer_is_a_sentence_and_links_nothing(settings: Settings) -> None:
    settings.INSTAGRAM_API_URL = "http://127.0.0.1:9"
    code, said = connect(make_workspace(), "IGAA-token")
    assert code == 4 and "try again later" in said and not Connector.objects.exists()


@pytest.mark.parametrize(
    ("words", "typed", "sentence"),
    [
        (("instagram", "--workspace", "nowhere"), "token", "There is no workspace"),
        (("myspace", "--workspace", "here"), "token", "There is no platform “myspace”"),
        (("instagram", "--workspace", "here", "--login", "fax"), "token", "has no login “fax”"),
        (("instagram", "--workspace", "here", "--time-zone", "Mars"), "token", "is not a time zone"),
        (("instagram", "--workspace", "here"), " \n", "No token came on stdin"),
        (("instagram", "--workspace", "here"), "two words", "A token is one word"),
    ],
)
def test_wrong_input_gets_one_sentence_and_asks_nobody(
    sandbox: SandboxControl, words: tuple[str, ...], typed: str, sentence: str
) -> None:
    Workspace.objects.create(name="Here", slug="here")
    code, said = run("connect", *words, stdin=piped(typed))
    assert code == 2 and sentence in said
    assert sandbox.count_calls() == 0 and not Connector.objects.exists()


# --- verify_connectors -----------------------------------------------------------------------------------------------


def test_all_accounts_that_work_make_a_table_and_exit_code_0(sandbox: SandboxControl) -> None:
    one, two = linked(sandbox), linked(sandbox)
    code, said = run("verify_connectors")
    assert code == 0 and said.count("OK") == 2 and str(one.pk) in said and two.workspace.slug in said


def test_one_account_that_does_not_work_is_told_and_makes_exit_code_1(sandbox: SandboxControl) -> None:
    good, dead = linked(sandbox), linked(sandbox)
    sandbox.change_account(dead.remote_id, token_state="revoked")
    code, said = run("verify_connectors")
    dead.refresh_from_db()
    assert code == 1 and "1 of 2 do not work" in said and "Needs re-link" in said
    assert dead.status == ConnectorStatus.NEEDS_RELINK
    assert run("verify_connectors", "--workspace", good.workspace.slug)[0] == 0
    assert run("verify_connectors", "--connector", good.pk)[0] == 0


def test_what_a_person_switched_off_is_not_asked_about_and_stays_off(sandbox: SandboxControl) -> None:
    connector = linked(sandbox)
    connector.disable(by="test")
    code, said = run("verify_connectors")
    assert code == 0 and "not asked" in said
    assert run("verify_connectors", "--connector", connector.pk)[0] == 1
    connector.refresh_from_db()
    assert connector.status == ConnectorStatus.DISABLED and sandbox.count_calls() == 0


def test_a_token_that_cannot_be_read_does_not_hide_the_others(sandbox: SandboxControl) -> None:
    unreadable, good = linked(sandbox), linked(sandbox)
    store(unreadable, "token", Fernet(Fernet.generate_key()).encrypt(b"x").decode())
    code, said = run("verify_connectors")
    assert code == 1 and "TOKEN_KEYS" in said and str(good.pk) in said and "OK" in said


def test_a_connector_that_is_not_there_is_wrong_input() -> None:
    assert run("verify_connectors", "--connector", "7")[0] == 2
    assert run("verify_connectors", "--connector", make_workspace().pk)[0] == 2
    assert run("verify_connectors", "--workspace", "nowhere")[0] == 2


# --- rotate_tokens ---------------------------------------------------------------------------------------------------


def stored(connector: Connector, field: str = "token") -> str:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {field} FROM connectors_connector WHERE id = %s", [connector.pk])
        return str(cursor.fetchone()[0])


def store(connector: Connector, field: str, value: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE connectors_connector SET {field} = %s WHERE id = %s", [value, connector.pk])


def test_every_secret_is_put_under_the_newest_key_and_a_second_run_does_nothing(settings: Settings) -> None:
    connector = make_connector(make_workspace(), token="one")
    connector.extra_token = "two"
    connector.save(update_fields=["extra_token"])
    newest = Fernet.generate_key().decode()
    settings.TOKEN_KEYS = [newest, *settings.TOKEN_KEYS]
    assert run("rotate_tokens")[0] == 0
    box = Fernet(newest)
    assert [box.decrypt(stored(connector, name)) for name in ("token", "extra_token")] == [b"one", b"two"]
    before = stored(connector)
    assert run("rotate_tokens")[0] == 0
    assert stored(connector) == before, "idempotent"
    settings.TOKEN_KEYS = [newest]
    assert Connector.objects.get().token == "one", "the old key can be taken away"


def test_a_secret_that_no_key_opens_is_told_and_left_as_it_is(settings: Settings) -> None:
    workspace = make_workspace()
    lost, kept = make_connector(workspace, remote_id="1"), make_connector(workspace, remote_id="2", token="kept")
    foreign = Fernet(Fernet.generate_key()).encrypt(b"x").decode()
    store(lost, "token", foreign)
    settings.TOKEN_KEYS = [Fernet.generate_key().decode(), *settings.TOKEN_KEYS]
    code, said = run("rotate_tokens")
    assert code == 1 and str(lost.pk) in said and stored(lost) == foreign
    assert Fernet(settings.TOKEN_KEYS[0]).decrypt(stored(kept)) == b"kept"


def test_an_empty_secret_stays_empty() -> None:
    connector = make_connector(make_workspace())
    run("rotate_tokens")
    assert stored(connector, "extra_token") == ""


def test_as_a_process_it_takes_no_token_as_an_argument_and_exits_with_2() -> None:
    command = [sys.executable, "manage.py", "connect", "instagram", "--workspace", "x", "--token", "abc"]
    done = subprocess.run(command, cwd=ROOT, env=dict(os.environ), capture_output=True, text=True, timeout=60)
    assert done.returncode == 2 and "unrecognized arguments" in done.stderr
