"""Who gets a page: members who may do what it is for. To everybody else the workspace does not exist."""

from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse, HttpResponseBase
from django.test import RequestFactory

from collavo.accounts.access import ConsoleRequest, console, membership
from collavo.accounts.models import Ability, Role, User, Workspace
from tests.factories import make_member, make_workspace

pytestmark = pytest.mark.django_db


@console(Ability.PUBLISH)
def page(request: ConsoleRequest, **kwargs: Any) -> HttpResponse:
    return HttpResponse(f"{request.workspace.slug} {request.member.role} {kwargs}")


def get(user: User | AnonymousUser, slug: str, **kwargs: Any) -> HttpResponseBase:
    request = RequestFactory().get("/page/")
    request.user = user
    return page(request, workspace=slug, **kwargs)


def test_a_member_who_may_gets_the_page_and_the_view_gets_member_and_workspace() -> None:
    member = make_member(make_workspace(), Role.MANAGER)
    answer = get(member.user, member.workspace.slug, pk=7)
    assert isinstance(answer, HttpResponse)
    assert answer.content.decode() == f"{member.workspace.slug} manager {{'pk': 7}}"


def test_a_member_who_may_not_is_told_so() -> None:
    member = make_member(make_workspace(), Role.CREATOR)
    with pytest.raises(PermissionDenied, match="you cannot schedule and publish"):
        get(member.user, member.workspace.slug)


def test_a_stranger_cannot_tell_a_workspace_from_one_that_does_not_exist() -> None:
    stranger, other = make_member(make_workspace(), Role.OWNER), make_workspace()
    said = []
    for slug in (other.slug, "no-such-workspace"):
        with pytest.raises(Http404) as refusal:
            get(stranger.user, slug)
        said.append(str(refusal.value))
    assert said[0] == said[1]


def test_without_a_sign_in_one_is_sent_to_it() -> None:
    answer = get(AnonymousUser(), make_workspace().slug)
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith("/accounts/login/?next=")


def test_an_operator_acts_as_owner_everywhere() -> None:
    workspace: Workspace = make_workspace()
    operator = User.objects.create_superuser("operator@example.org", "pass-word-1")
    assert membership(operator, workspace).role == Role.OWNER
    assert get(operator, workspace.slug).status_code == 200


def test_an_operator_who_is_a_member_has_the_role_that_was_given() -> None:
    member = make_member(make_workspace(), Role.VIEWER)
    User.objects.filter(pk=member.user_id).update(is_superuser=True)
    member.user.refresh_from_db()
    assert membership(member.user, member.workspace).role == Role.VIEWER
