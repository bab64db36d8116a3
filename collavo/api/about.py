"""Whose token this is: the first call of every new program."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest

from collavo.accounts.models import Scope
from collavo.api.auth import caller, needs
from collavo.api.errors import answers
from collavo.api.routing import area
from collavo.api.schemas import Answer, Moment

router = area("Token")


class WorkspaceAnswer(Answer):
    id: UUID
    name: str
    time_zone: str


class PersonAnswer(Answer):
    id: UUID
    name: str
    role: str


class TokenAnswer(Answer):
    """The token of this request."""

    id: UUID
    name: str
    scopes: list[str]
    connector_ids: list[UUID]
    expires_at: Moment | None
    workspace: WorkspaceAnswer
    person: PersonAnswer


@router.get("/token", auth=needs(*Scope), response=answers({200: TokenAnswer}), operation_id="token")
def token(request: HttpRequest) -> TokenAnswer:
    """The workspace, person, scopes and end of the token that is sent."""
    who = caller(request)
    workspace = WorkspaceAnswer(id=who.workspace.pk, name=who.workspace.name, time_zone=who.workspace.time_zone)
    person = PersonAnswer(id=who.user.pk, name=str(who.user), role=who.member.role)
    return TokenAnswer(
        id=who.token.pk, name=who.token.name, scopes=who.token.scopes, connector_ids=who.token.connector_ids,
        expires_at=who.token.expires_at, workspace=workspace, person=person,
    )  # fmt: skip
