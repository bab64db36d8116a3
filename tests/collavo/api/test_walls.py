"""Walls: every operation that there is, tried with another workspace's ids, and by tokens that may not.

The operations come from the OpenAPI document, so a new one is tried as soon as it exists.
"""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.apps import apps
from django.db.models import Model
from django.utils import timezone

from approvals.models import Media
from collavo.accounts.models import ABILITY_OF, ApiToken, Role, Scope
from publishing.models import Attempt, Post, Wish
from tests.collavo.api.client import Program, error
from tests.collavo.api.routes import Route, open_routes, routes
from tests.factories import make_member
from tests.publishing.api.stage import Place, make_place

pytestmark = pytest.mark.django_db
OURS = ("accounts", "connectors", "approvals", "publishing", "timeline")
ALL = routes()
BY_ID = [route for route in ALL if route.names]
WITH_BODY = [route for route in ALL if route.body]


def named(route: Route) -> str:
    return f"{route.method} {route.path}"


def furnish(place: Place) -> None:
    """A row of everything that can be named."""
    place.account("instagram")
    place.account("youtube")
    at = (timezone.now() + timedelta(days=1)).isoformat()
    place.program.post("/publish/tiktok", place.tiktok(scheduledAt=at))
    pk = place.program.post("/posts", {"caption": "Draft", "media_ids": [str(place.film().pk)]}).json()["data"]["id"]
    Wish.objects.filter(pk=pk).update(connector=place.account())
    Attempt.objects.create(post=Post.objects.get(workspace=place.workspace), fence=1, number=1, step="init",
                           started_at=timezone.now())  # fmt: skip


def rows_of(place: Place) -> dict[str, list[Model]]:
    """Every row of its workspace, whatever it is."""
    found: dict[str, list[Model]] = {}
    for model in apps.get_models():
        fields = {field.name for field in model._meta.get_fields()}
        if model._meta.app_label in OURS and "workspace" in fields:
            found[model.__name__] = list(model._default_manager.filter(workspace=place.workspace))
    return found


@pytest.mark.parametrize("route", BY_ID, ids=named)
def test_another_workspaces_ids_are_not_found(route: Route) -> None:
    mine, theirs = make_place(), make_place()
    furnish(mine)
    furnish(theirs)
    body = route.sample(lambda name: uuid_of(mine, name))
    strangers = [row.pk for rows in rows_of(theirs).values() for row in rows]
    for pk in strangers:
        answer = mine.program.call(route.method, route.at(pk), body, headers=for_pieces(route))
        assert answer.status_code == 404, (pk, answer.content)
    assert len(strangers) > 10


def for_pieces(route: Route) -> dict[str, str]:
    """What resumable uploads want with each request."""
    return {"Tus-Resumable": "1.0.0", "Upload-Offset": "0"} if "/uploads" in route.path else {}


def uuid_of(place: Place, name: str) -> object:
    """A row of this place that such a field may name."""
    word = name.lower().replace("_", "")
    if "media" in word:
        return Media.objects.filter(workspace=place.workspace, kind="video").values_list("pk", flat=True)[0]
    for platform in ("tiktok", "instagram", "youtube"):
        if platform in word or word == "connectorid":
            return place.workspace.connectors.filter(platform=platform).values_list("pk", flat=True)[0]
    for rows in rows_of(place).values():
        for row in rows:
            if word.removesuffix("id").removesuffix("ids") == row._meta.model_name:
                return row.pk
    return Post.objects.filter(workspace=place.workspace).values_list("pk", flat=True)[0]


@pytest.mark.parametrize("route", [r for r in WITH_BODY if r.id not in {"beginUpload"}], ids=named)
def test_another_workspaces_ids_in_a_body_are_not_found(route: Route) -> None:
    mine, theirs = make_place(), make_place()
    furnish(mine)
    furnish(theirs)
    own = Wish.objects.get(workspace=mine.workspace, listed=True).pk
    seen: list[str] = []

    def note(name: str) -> object:
        seen.append(name)
        return own

    route.sample(note)
    before = counts()
    for stranger in dict.fromkeys(seen):
        body = route.sample(partial(one_of_theirs, mine, theirs, stranger))
        answer = mine.program.call(route.method, route.at(own), body)
        assert answer.status_code == 404, (stranger, answer.content)
    assert counts() == before


def one_of_theirs(mine: Place, theirs: Place, stranger: str, name: str) -> object:
    return uuid_of(theirs if name == stranger else mine, name)


def counts() -> dict[str, int]:
    models: list[Any] = [Post, Wish, *apps.get_app_config("approvals").get_models()]
    return {model.__name__: model._default_manager.count() for model in models}


@pytest.mark.parametrize("route", [r for r in ALL if r.method == "GET" and not r.names], ids=named)
def test_no_list_shows_anything_of_another_workspace(route: Route) -> None:
    mine, theirs = make_place(), make_place()
    furnish(theirs)
    mine.account()
    answer = mine.program.get(route.path).content.decode()
    for rows in rows_of(theirs).values():
        for row in rows:
            assert str(row.pk) not in answer, row


@pytest.mark.parametrize("route", ALL, ids=named)
def test_a_token_without_the_scope_is_refused_everywhere(route: Route) -> None:
    place = make_place(scopes=[scope for scope in Scope if scope not in route.scopes] or [Scope.READ])
    if set(route.scopes) == set(Scope):
        pytest.skip("Any token may ask this.")
    answer = place.program.call(route.method, route.at(place.workspace.pk))
    assert answer.status_code == 403
    if route.method != "HEAD":
        assert error(answer)["code"] == "scope_missing"


@pytest.mark.parametrize("route", [r for r in ALL if Scope.READ not in r.scopes], ids=named)
def test_a_token_that_only_reads_changes_nothing(route: Route) -> None:
    place = make_place()
    furnish(place)
    ApiToken.objects.update(scopes=[Scope.READ])
    before = counts()
    for rows in rows_of(place).values():
        for row in rows[:1]:
            assert place.program.call(route.method, route.at(row.pk)).status_code == 403
    assert counts() == before


@pytest.mark.parametrize("route", [r for r in ALL if all(ABILITY_OF[s] != "view" for s in r.scopes)], ids=named)
def test_no_scope_gives_a_viewer_more_than_a_viewer_may(route: Route) -> None:
    program = Program(make_member(make_place().workspace, Role.VIEWER))
    answer = program.call(route.method, route.at(program.workspace.pk))
    assert answer.status_code == 403
    if route.method != "HEAD":
        assert error(answer)["code"] == "role_missing"


@pytest.mark.parametrize("route", [r for r in BY_ID if set(r.names) & {"output_job_id", "connector_id", "post_id"}],
                         ids=named)  # fmt: skip
def test_a_token_for_one_account_is_refused_what_belongs_to_the_others(route: Route) -> None:
    place = make_place()
    furnish(place)
    restricted = Program(place.member, connector_ids=[place.account().pk])
    body = route.sample(lambda name: uuid_of(place, name))
    others = [*place.workspace.posts.all(), *place.workspace.wishes.all(), *Post.objects.get().connector.posts.all()]
    others += [row.connector for row in others if row.connector]
    said = {restricted.call(route.method, route.at(row.pk), body).status_code for row in others}
    assert said <= {403, 404} and 403 in said


@pytest.mark.parametrize("route", ALL, ids=named)
def test_nobody_comes_in_without_a_token(route: Route) -> None:
    place = make_place()
    place.program.secret = "collavo_nobody"
    assert place.program.call(route.method, route.at(place.workspace.pk)).status_code == 401


def test_only_what_tells_of_the_protocol_is_open_to_all() -> None:
    assert {route.id for route in open_routes()} <= {"uploadOptions"}


def test_every_row_that_names_a_workspace_is_walked() -> None:
    place: Any = make_place()
    furnish(place)
    assert {"Post", "Wish", "Connector", "Media", "Version", "Asset", "Case"} <= {
        name for name, rows in rows_of(place).items() if rows
    }
