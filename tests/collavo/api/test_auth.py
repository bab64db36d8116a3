"""Tokens: what they open, and what they do not."""

from datetime import timedelta

import psycopg
import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings

from collavo.accounts.models import ApiToken, Role, Scope
from collavo.ids import hashed
from tests.collavo.api.client import ROOT, Program, error, make_program
from tests.factories import make_member, make_workspace

pytestmark = pytest.mark.django_db


def test_a_token_tells_whose_it_is() -> None:
    program = make_program()
    found = program.get("/token")
    assert found.status_code == 200
    assert found.json()["workspace"]["id"] == str(program.workspace.pk)
    assert found.json()["person"]["role"] == "manager"


def test_only_the_hash_of_a_token_is_kept() -> None:
    program = make_program()
    row = ApiToken.objects.values().get()
    assert program.secret.startswith("collavo_") and len(program.secret) > 48
    assert program.secret not in str(row) and row["hash"] == hashed(program.secret)


def test_without_a_token_there_is_a_challenge() -> None:
    answer = Client().get(f"{ROOT}/token")
    assert answer.status_code == 401 and answer["WWW-Authenticate"].startswith("Bearer")
    assert error(answer)["code"] == "token_missing"


@pytest.mark.parametrize("header", ["Bearer collavo_nobody", "Bearer", "Basic dTpw", "Bearer ü"])
def test_a_token_that_is_none_is_refused(header: str) -> None:
    answer = Client().get(f"{ROOT}/token", headers={"Authorization": header})
    assert answer.status_code == 401
    assert error(answer)["code"] == "token_invalid"


def test_a_token_ends_at_its_moment() -> None:
    program = make_program(expires_at=timezone.now() - timedelta(seconds=1))
    assert error(program.get("/token"))["code"] == "token_expired"


def test_a_revoked_token_is_refused() -> None:
    program = make_program()
    ApiToken.objects.update(revoked_at=timezone.now())
    assert error(program.get("/token"))["code"] == "token_revoked"


def test_a_token_dies_with_its_persons_membership() -> None:
    program = make_program()
    program.member.delete()
    answer = program.get("/token")
    assert answer.status_code == 401 and error(answer)["code"] == "token_revoked"


def test_the_session_of_the_console_opens_nothing_here() -> None:
    member = make_member(make_workspace())
    client = Client()
    client.force_login(member.user)
    assert client.get(f"{ROOT}/token").status_code == 401


def test_the_last_use_is_written_once_a_minute(django_assert_num_queries: object) -> None:
    program = make_program()
    program.get("/token")
    first = ApiToken.objects.get().last_used_at
    program.get("/token")
    assert first and ApiToken.objects.get().last_used_at == first


@pytest.mark.django_db(transaction=True)
def test_a_connection_that_died_between_two_calls_is_made_anew() -> None:
    program = make_program()
    assert program.get("/token").status_code == 200
    params = {k: v for k, v in connection.get_connection_params().items() if k not in ("cursor_factory", "context")}
    with psycopg.connect(**params, autocommit=True) as other:
        assert connection.connection
        other.execute("SELECT pg_terminate_backend(%s, 5000)", [connection.connection.info.backend_pid])
    assert program.get("/token").status_code == 200


def test_a_token_never_can_more_than_its_persons_role() -> None:
    from collavo.api.auth import Caller
    from collavo.api.errors import ApiError

    member = make_member(make_workspace(), Role.VIEWER)
    token, _ = ApiToken.make(member, "Reader", [Scope.READ, Scope.PUBLISH])
    who = Caller(token, member)
    assert who.may(Scope.READ) and not who.may(Scope.PUBLISH)
    with pytest.raises(ApiError, match="As viewer"):
        who.require(Scope.PUBLISH)


def test_requests_beyond_the_rate_get_429_and_learn_when_to_come_again(settings: Settings) -> None:
    settings.API_RATE_PER_MINUTE = 2
    program = make_program()
    answers = [program.get("/token") for _ in range(3)]
    assert [a.status_code for a in answers] == [200, 200, 429]
    assert [a["X-RateLimit-Remaining"] for a in answers] == ["1", "0", "0"]
    assert answers[0]["X-RateLimit-Limit"] == "2" and 0 < int(answers[0]["X-RateLimit-Reset"]) <= 60
    assert 0 < int(answers[2]["Retry-After"]) <= 60 and error(answers[2])["code"] == "rate_limited"
    assert Program(program.member).get("/token").status_code == 200  # another token has its own minute


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [("GET", "/nothing", 404, "not_found"), ("DELETE", "/token", 405, "method_not_allowed")],
)
def test_what_django_refuses_itself_comes_in_the_envelope(method: str, path: str, status: int, code: str) -> None:
    answer = make_program().call(method, path)
    assert answer.status_code == status and error(answer)["code"] == code
    if status == 405:
        assert answer["Allow"] == "GET"


def test_the_docs_are_served_from_here_under_the_strict_policy() -> None:
    answer = Client().get(f"{ROOT}/docs")
    page = answer.content.decode()
    assert answer.status_code == 200 and "/api/v1/token" in page
    assert "<style" not in page and "//cdn" not in page and "Content-Security-Policy" in answer
    document = Client().get(f"{ROOT}/openapi.json").json()
    assert document["openapi"].startswith("3.1") and "/api/v1/token" in document["paths"]
