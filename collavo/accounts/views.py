"""The way in: to the workspace one belongs to."""

from typing import cast

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from collavo.accounts.models import User, Workspace


@login_required
def home(request: HttpRequest) -> HttpResponse:
    """The first workspace's queue; a page that says what to do when there is none."""
    user = cast(User, request.user)
    mine = Workspace.objects.all() if user.is_superuser else Workspace.objects.filter(memberships__user=user)
    first = mine.order_by("name").first()
    return redirect("approvals:queue", first.slug) if first else render(request, "accounts/no_workspace.html")
