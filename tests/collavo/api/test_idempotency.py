"""`Idempotency-Key`: one effect, one answer, whatever is sent twice, at once or after a crash."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, connections, transaction
from django.http import HttpResponse
from django.utils import timezone
from pytest_django.fixtures import Settings

from collavo.accounts.models import ApiAnswer
from collavo.api import idempotency
from publishing.models import Post
from tests.collavo.api.client import Program, error
from tests.publishing.api.stage import Place, make_place

KEY = {"Idempotency-Key": "order-4711"}


@pytest.fixture
def place() -> Place:
    return make_place()


def send(program: Program, body: dict[str, Any], key: str = "order-4711") -> HttpResponse:
    return program.post("/publish/tiktok", body, headers={"Idempotency-Key": key})


@pytest.mark.django_db
def test_the_same_call_again_gets_the_same_answer_and_does_nothing(place: Place) -> None:
    body = place.tiktok()
    first, second = send(place.program, body), send(place.program, body)
    assert (first.status_code, first.content) == (second.status_code, second.content)
    assert second["Idempotency-Replayed"] == "true" and "Idempotency-Replayed" not in first
    assert Post.objects.count() == 1


@pytest.mark.django_db
def test_the_same_key_with_something_else_is_refused(place: Place) -> None:
    body = place.tiktok()
    send(place.program, body)
    answer = send(place.program, {**body, "caption": "Another"})
    assert answer.status_code == 422 and error(answer)["code"] == "idempotency_mismatch"
    assert Post.objects.count() == 1


@pytest.mark.django_db
def test_a_key_belongs_to_its_token(place: Place) -> None:
    body = place.tiktok()
    send(place.program, body)
    other = send(Program(place.member), {**body, "caption": "Another"})
    assert other.status_code == 202 and Post.objects.count() == 2


@pytest.mark.django_db
def test_a_refused_call_uses_up_no_key(place: Place) -> None:
    body = place.tiktok()
    assert send(place.program, {**body, "mediaId": str(place.film(codec="av1").pk)}).status_code == 422
    assert not ApiAnswer.objects.exists()
    assert send(place.program, body).status_code == 202


@pytest.mark.django_db
def test_a_key_counts_for_a_day(place: Place) -> None:
    body = place.tiktok()
    send(place.program, body)
    ApiAnswer.objects.update(created_at=timezone.now() - timedelta(hours=25))
    again = send(place.program, {**body, "caption": "Tomorrow"})
    assert again.status_code == 202 and "Idempotency-Replayed" not in again and Post.objects.count() == 2
    ApiAnswer.objects.update(created_at=timezone.now() - timedelta(hours=25))
    assert idempotency.prune() == 1 and not ApiAnswer.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize("key", ["x" * 256, "a\tb"])
def test_a_key_that_cannot_be_kept_is_refused(place: Place, key: str) -> None:
    assert send(place.program, place.tiktok(), key).status_code == 422


@pytest.mark.django_db
def test_a_dry_run_with_a_key_is_answered_as_any_other(place: Place) -> None:
    body = place.tiktok()
    for _ in range(2):
        answer = place.program.post("/publish/tiktok", body, headers=KEY, dryRun="true")
        assert answer.status_code == 200 and answer.json()["ok"]
    assert send(place.program, body).status_code == 422  # the same key for something else


def at_once(count: int, run: Any) -> list[Any]:
    """Run it in so many threads that begin together, each with a connection of its own."""
    gate = threading.Barrier(count)

    def one(number: int) -> Any:
        try:
            gate.wait(30)
            return run(number)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(count) as threads:
        return list(threads.map(one, range(count)))


@pytest.mark.django_db(transaction=True)
def test_fifty_at_once_with_one_key_make_one_post(settings: Settings) -> None:
    place = make_place()
    body = place.tiktok()
    place.program.post("/publish/tiktok", body, dryRun="true")  # the case is there, the platform was asked
    answers = at_once(50, lambda _: send(Program.of(place.program), body))
    posts = list(Post.objects.values_list("pk", flat=True))
    assert len(posts) == 1
    good = [a for a in answers if a.status_code == 202]
    assert len(good) == 50, {a.status_code: a.content for a in answers}
    assert {a.json()["outputJobId"] for a in good} == {str(posts[0])}
    assert sum("Idempotency-Replayed" not in a for a in good) == 1


@pytest.mark.django_db(transaction=True)
def test_a_call_that_dies_before_its_commit_leaves_neither_post_nor_key(settings: Settings) -> None:
    """The database ends the connection at the moment of the commit: what a crash of the process is to it."""
    place = make_place()
    body = place.tiktok()
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE FUNCTION die() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NULL; END $$"
        )
        cursor.execute(
            "CREATE CONSTRAINT TRIGGER dies AFTER INSERT ON publishing_post DEFERRABLE INITIALLY DEFERRED "
            "FOR EACH ROW EXECUTE FUNCTION die()"
        )
    assert at_once(1, lambda _: send(Program.of(place.program), body))[0].status_code == 500
    with connection.cursor() as cursor:
        cursor.execute("DROP TRIGGER dies ON publishing_post")
        cursor.execute("DROP FUNCTION die()")
    assert not Post.objects.exists() and not ApiAnswer.objects.exists()
    assert send(place.program, body).status_code == 202
    assert Post.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_call_behind_one_that_hangs_is_told_so(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(idempotency, "PATIENCE", "200ms")
    place = make_place()
    body = place.tiktok()
    key = idempotency._Key.__new__(idempotency._Key)
    key.token_id, key.key, key.hash = place.program.token.pk, "order-4711", "x" * 64
    with transaction.atomic():
        assert key.claim()
        answer = at_once(1, lambda _: send(Program.of(place.program), body))[0]
    assert answer.status_code == 409 and error(answer)["code"] == "idempotency_in_progress"
    assert answer["Retry-After"] == "1" and not Post.objects.exists()
