"""What people do with API tokens. Every verb takes the Membership and writes its line of history."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from collavo.accounts.models import ABILITY_OF, Ability, ApiToken, ApiTokenQuerySet, Membership, Scope
from collavo.timeline.models import record


def issue(
    by: Membership, name: str, scopes: Iterable[str], *, connector_ids: Iterable[UUID] = (),
    expires_at: datetime | None = None,
) -> tuple[ApiToken, str]:  # fmt: skip
    """A new token in this person's name, and its secret, which is shown once. Nobody grants more than they can."""
    wanted = sorted(set(scopes))
    for scope in wanted:
        by.require(ABILITY_OF[scope])
    with transaction.atomic():
        token, secret = ApiToken.make(by, name, wanted, connector_ids=connector_ids, expires_at=expires_at)
        record(token, "token_made", by=by.user, text=f"{name}: {', '.join(wanted)}")
    return token, secret


def revoke(token: ApiToken, *, by: Membership) -> None:
    """It stops working at once. One's own, or anybody's for who manages the workspace."""
    by.require_at(token.workspace_id)
    if token.user_id != by.user_id:
        by.require(Ability.MANAGE)
    with transaction.atomic():
        if ApiToken.objects.filter(pk=token.pk, revoked_at=None).update(revoked_at=timezone.now()):
            record(token, "token_revoked", by=by.user, text=token.name)
    token.refresh_from_db(fields=["revoked_at"])


def visible(by: Membership) -> ApiTokenQuerySet:
    """One's own tokens; all of the workspace for who manages it."""
    found = ApiToken.objects.filter(workspace=by.workspace).select_related("user").order_by("-created_at", "-id")
    return found if by.can(Ability.MANAGE) else found.filter(user=by.user)


def grantable(by: Membership) -> list[Scope]:
    """The scopes that this person's role allows."""
    return [scope for scope in Scope if by.can(ABILITY_OF[scope])]
