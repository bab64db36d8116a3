"""A program at the API, in tests: JSON in, JSON out, with a token of a fresh workspace or of a given member."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from django.http import HttpResponse
from django.test import Client

from collavo.accounts.models import ApiToken, Membership, Role, Scope
from tests.factories import make_member, make_workspace

ROOT = "/api/v1"

if TYPE_CHECKING:

    class Reply(HttpResponse):
        """As Django's test client makes it."""

        def json(self) -> Any: ...


class Program:
    """One token's calls."""

    def __init__(self, member: Membership, scopes: Iterable[str] = tuple(Scope), **token: Any) -> None:
        self.member, self.workspace = member, member.workspace
        self.token, self.secret = ApiToken.make(member, "Newsroom", scopes, **token)
        self.client = Client(raise_request_exception=False)

    @classmethod
    def of(cls, other: Program) -> Program:
        """The same token with a client of its own: for a thread."""
        made = cls.__new__(cls)
        made.__dict__ = {**other.__dict__, "client": Client(raise_request_exception=False)}
        return made

    def call(
        self, method: str, path: str, body: Any = None, *, headers: dict[str, str] | None = None, **query: Any
    ) -> Reply:
        extra = {"Authorization": f"Bearer {self.secret}", **(headers or {})}
        data = {} if body is None else {"data": json.dumps(body), "content_type": "application/json"}
        return self.client.generic(method, ROOT + path, headers=extra, query_params=query or None, **data)  # type: ignore[arg-type,return-value]

    def get(self, path: str, **query: Any) -> Reply:
        return self.call("GET", path, **query)

    def post(self, path: str, body: Any = None, *, headers: dict[str, str] | None = None, **query: Any) -> Reply:
        return self.call("POST", path, {} if body is None else body, headers=headers, **query)

    def patch(self, path: str, body: Any) -> Reply:
        return self.call("PATCH", path, body)

    def delete(self, path: str) -> Reply:
        return self.call("DELETE", path)


def make_program(role: str = Role.MANAGER, scopes: Iterable[str] = tuple(Scope), **token: Any) -> Program:
    """A program in a workspace of its own, whose people may accept what they submit."""
    return Program(make_member(make_workspace(allow_self_approval=True), role), scopes, **token)


def error(response: Any) -> dict[str, Any]:
    """The envelope's inside, after looking that it is one."""
    found: dict[str, Any] = response.json()["error"]
    assert set(found) == {"code", "message", "fields", "requestId"}
    assert found["requestId"] == response["X-Request-Id"]
    return found
