"""Who may open a page: signed in, a member of the workspace in the address, and able to do what the page is for."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponseBase
from django.utils.translation import gettext as _
from django_htmx.middleware import HtmxDetails

from collavo.accounts.models import Ability, Membership, Role, User, Workspace


class ConsoleRequest(HttpRequest):
    """A request that `console` let through."""

    user: User
    htmx: HtmxDetails
    member: Membership
    workspace: Workspace
    workspaces: list[Workspace]  # that this person belongs to, by name


def membership(user: User, workspace: Workspace) -> Membership:
    """This person's membership; an operator (superuser) acts as owner everywhere. PermissionDenied for strangers."""
    member = Membership.objects.filter(user=user, workspace=workspace).select_related("workspace", "user").first()
    if member:
        return member
    if user.is_superuser:
        return Membership(user=user, workspace=workspace, role=Role.OWNER)
    raise PermissionDenied(_("You are not a member of this workspace."))


def _member(request: ConsoleRequest, slug: str) -> Membership:
    """The membership, and `request.workspaces` to switch to: one query for members. Http404 for strangers."""
    mine = list(Membership.objects.filter(user=request.user).select_related("workspace", "user"))
    request.workspaces = sorted((m.workspace for m in mine), key=lambda workspace: workspace.name)
    if found := next((m for m in mine if m.workspace.slug == slug), None):
        return found
    workspace = Workspace.objects.filter(slug=slug).first()
    if workspace is None:
        raise Http404(_("There is no such workspace."))
    try:
        return membership(request.user, workspace)
    except PermissionDenied as e:
        raise Http404(_("There is no such workspace.")) from e


type View = Callable[..., HttpResponseBase]


def console(ability: Ability = Ability.VIEW) -> Callable[[View], View]:
    """For views at `/w/<slug:workspace>/…`: sets request.member and request.workspace, drops the slug argument.

    To somebody who is not a member the workspace does not exist (404), whatever the address says.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        @login_required
        def wrapper(request: ConsoleRequest, workspace: str, **kwargs: Any) -> HttpResponseBase:
            request.member = _member(request, workspace)
            request.workspace = request.member.workspace
            request.member.require(ability)
            return view(request, **kwargs)

        return wrapper

    return decorate
