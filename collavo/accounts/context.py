"""What the frame around every console page needs."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.http import HttpRequest

from collavo.accounts.models import Ability, Membership, Workspace


def console(request: HttpRequest) -> dict[str, Any]:
    """`member`, `workspace`, `workspaces` (to switch to) and `abilities` ("create", "review", …) inside a workspace."""
    member: Membership | None = getattr(request, "member", None)
    if member is None:
        return {"sandbox_url": settings.SANDBOX_URL}
    mine: Iterable[Workspace] | None = getattr(request, "workspaces", None)
    if mine is None:
        mine = Workspace.objects.filter(memberships__user=member.user_id).order_by("name")
    return {
        "member": member,
        "workspace": member.workspace,
        "workspaces": mine,
        "abilities": {a.value for a in Ability if member.can(a)},
        "sandbox_url": settings.SANDBOX_URL,
    }
