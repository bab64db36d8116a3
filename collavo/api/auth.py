"""Who calls: a token, its person, and what both may do. Asked before anything of the request is read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, cast
from uuid import UUID

from django.db import InterfaceError, OperationalError, connection
from django.db.models import Model, OuterRef, Q, QuerySet, Subquery
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from ninja.security import HttpBearer

from collavo import prepared
from collavo.accounts.models import ABILITY_OF, ApiToken, Membership, Role, Scope, User, Workspace
from collavo.api import limits
from collavo.api.errors import ApiError, not_found
from collavo.ids import hashed
from collavo.timeline.models import acting_via
from collavo.words import either

USE_SEEN_EVERY = timedelta(minutes=1)
CHALLENGE = {"WWW-Authenticate": 'Bearer realm="Collavo"'}


@dataclass(frozen=True)
class Caller:
    """A token that works, and the membership of its person: what verbs take as `by`."""

    token: ApiToken
    member: Membership
    known: dict[UUID, Model] = field(default_factory=dict, compare=False)  # rows of this request, read already

    @property
    def workspace(self) -> Workspace:
        return self.member.workspace

    @property
    def user(self) -> User:
        return self.member.user

    def may(self, scope: Scope) -> bool:
        """Both the token and its person's role allow it."""
        return scope in self.token.scopes and self.member.can(ABILITY_OF[scope])

    def require(self, *scopes: Scope) -> None:
        """403 unless one of these is granted to the token and to its person."""
        granted = [scope for scope in scopes if scope in self.token.scopes]
        if not granted:
            wanted = either(f"“{scope}”" for scope in scopes)
            raise ApiError(
                403,
                "scope_missing",
                _("This token lacks the scope %(scopes)s. Make one that has it.") % {"scopes": wanted},
            )
        if not any(self.may(scope) for scope in granted):
            role = self.member.get_role_display().lower()
            raise ApiError(
                403,
                "role_missing",
                _("As %(role)s of %(workspace)s this token's person may not do that.")
                % {"role": role, "workspace": self.workspace},
            )

    # --- Rows ----------------------------------------------------------------------------------------------------

    def uses(self, connector_id: UUID) -> bool:
        """Whether the token may use this account."""
        return not self.token.connector_ids or connector_id in self.token.connector_ids

    def require_connector(self, connector_id: UUID) -> None:
        """403 for an account that the token is not for."""
        if not self.uses(connector_id):
            text = _("This token is restricted to other accounts. Use one that is for this account.")
            raise ApiError(403, "connector_not_allowed", text)

    def rows[M: Model](self, rows: QuerySet[M], connector: str = "") -> QuerySet[M]:
        """Of its workspace alone; a restricted token sees its own accounts by `connector`, the way to their id."""
        mine = rows.filter(workspace_id=self.workspace.pk)
        if connector and self.token.connector_ids:
            mine = mine.filter(Q(**{f"{connector}__in": self.token.connector_ids}))
        return mine

    def one[M: Model](self, rows: QuerySet[M], pk: UUID, what: str, *, connector: str = "") -> M:
        """This row of its workspace, or 404; 403 where `connector` (an attribute with its id) is not allowed."""
        row = self.rows(rows).filter(pk=pk).first()
        if row is None:
            raise not_found(what)
        if connector and (found := getattr(row, connector)) is not None:
            self.require_connector(found)
        return row


def caller(request: HttpRequest) -> Caller:
    """Who makes this request; for operations with `auth=needs(…)`."""
    return cast(Caller, request.auth)  # type: ignore[attr-defined]


class TokenAuth(HttpBearer):
    """`Authorization: Bearer collavo_…`, with one of these scopes."""

    def __init__(self, *scopes: Scope) -> None:
        super().__init__()
        self.scopes: Sequence[Scope] = scopes

    def __call__(self, request: HttpRequest) -> Any:
        if not request.headers.get(self.header):
            raise ApiError(401, "token_missing", _("Send a token: Authorization: Bearer collavo_…."), headers=CHALLENGE)
        found = super().__call__(request)
        if found is None:
            raise _refuse("token_invalid", _("Send the token as: Authorization: Bearer collavo_…."))
        return found

    def authenticate(self, request: HttpRequest, token: str) -> Caller:
        found = _caller(token.strip())
        rate = limits.count(found.token.pk)
        request.rate_headers = rate.headers  # type: ignore[attr-defined]
        if rate.exceeded:
            text = _("More than %(limit)s requests in a minute. Come again in %(seconds)s seconds.") % {
                "limit": rate.limit,
                "seconds": rate.resets_in,
            }
            raise ApiError(429, "rate_limited", text, headers={"Retry-After": str(rate.resets_in)})
        _see(found.token)
        acting_via.set(f"API token {found.token.name}")
        found.require(*self.scopes)
        return found


def needs(*scopes: Scope) -> TokenAuth:
    """`auth=` of an operation: a token with one of these scopes, whose person's role allows the same."""
    if not scopes:
        raise LookupError("Say which scope it needs.")
    return TokenAuth(*scopes)


def _token(digest: str) -> QuerySet[ApiToken]:
    roles = Membership.objects.filter(user=OuterRef("user"), workspace=OuterRef("workspace")).values("role")
    found = ApiToken.objects.select_related("user", "workspace").filter(hash=digest)
    return found.annotate(role=Subquery(roles[:1]))


TOKEN = prepared.Kept(_token, str)


def _first_of_a_call(digest: str) -> ApiToken | None:
    """The first statement of a call also shows whether the connection still lives: Django need not ask beforehand."""
    cast(Any, connection).health_check_done = True
    try:
        return TOKEN.first(digest)
    except (OperationalError, InterfaceError):
        if connection.in_atomic_block or connection.is_usable():
            raise
        connection.close()
        return TOKEN.first(digest)


def _caller(secret: str) -> Caller:
    token = _first_of_a_call(hashed(secret))
    if token is None:
        raise _refuse("token_invalid", _("There is no such token. Make one in Settings, API tokens."))
    if token.revoked_at or not token.user.is_active:
        raise _refuse("token_revoked", _("This token was revoked. Make a new one in Settings, API tokens."))
    if token.expired:
        raise _refuse("token_expired", _("This token has expired. Make a new one in Settings, API tokens."))
    role: str = getattr(token, "role", None) or (
        Role.OWNER if token.user.is_superuser else ""
    )  # as `access.membership` has it
    if not role:
        raise _refuse("token_revoked", _("This token's person is no longer a member of its workspace."))
    return Caller(token, Membership(user=token.user, workspace=token.workspace, role=role))


def _refuse(code: str, message: str) -> ApiError:
    return ApiError(401, code, message, headers=CHALLENGE)


def _see(token: ApiToken) -> None:
    """Keep when it was last used, to the minute."""
    now = timezone.now()
    if token.last_used_at is None or now - token.last_used_at > USE_SEEN_EVERY:
        ApiToken.objects.filter(pk=token.pk).update(last_used_at=now)
