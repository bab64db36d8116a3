"""The creator's link in the console: for who does it and who gives it out, as a QR code, and renewed when it leaked."""

from __future__ import annotations

import pytest
from django.urls import reverse

from approvals.models import Case
from collavo.accounts.models import Membership, Role
from collavo.timeline.models import Event, Notice
from publishing.handoffs import verbs
from publishing.handoffs.people import Actor
from publishing.handoffs.personal_links import EndedLink, link_for, opened
from publishing.models import Handoff
from tests.console import signed_in, text
from tests.factories import make_member
from tests.publishing.handoffs.given import make_handoff

pytestmark = pytest.mark.django_db


@pytest.fixture
def handoff() -> Handoff:
    return make_handoff()


def at(handoff: Handoff, name: str = "handoff_link") -> str:
    return reverse(f"publishing:{name}", args=[handoff.workspace.slug, handoff.pk])


def link(handoff: Handoff) -> str:
    assert handoff.assignee
    return link_for(handoff, handoff.assignee)


def test_its_creator_and_a_manager_see_the_link_and_its_code(handoff: Handoff) -> None:
    assert handoff.assignee
    for user in (handoff.assignee, make_member(handoff.workspace).user):
        client = signed_in(user)
        page = client.get(at(handoff))
        assert link(handoff) in text(page) and "It was not opened yet." in text(page)
        assert b"<svg" in client.get(at(handoff, "handoff_qr")).content


@pytest.mark.parametrize("role", [Role.CREATOR, Role.APPROVER, Role.VIEWER])
def test_nobody_else_of_the_workspace_sees_it(role: str, handoff: Handoff) -> None:
    client = signed_in(make_member(handoff.workspace, role).user)
    for name in ("handoff_link", "handoff_qr"):
        assert client.get(at(handoff, name)).status_code == 403
    old = link(handoff)
    client.post(at(handoff, "new_handoff_link"))
    assert opened(old.split("/")[4])


def test_to_another_workspace_it_does_not_exist(handoff: Handoff) -> None:
    other = make_handoff()
    member = Membership.objects.get(workspace=other.workspace, user=other.assignee)
    address = reverse("publishing:handoff_link", args=[member.workspace.slug, handoff.pk])
    assert signed_in(member.user).get(address).status_code == 404


def test_a_new_link_makes_the_old_one_useless_and_is_sent_and_written_down(handoff: Handoff) -> None:
    old = link(handoff)
    page = signed_in(make_member(handoff.workspace).user).post(at(handoff, "new_handoff_link"), follow=True)
    assert "The old link opens nothing any more." in text(page)
    with pytest.raises(EndedLink):
        opened(old.split("/")[4])
    assert Event.objects.filter(subject_id=handoff.post_id, verb="handoff_link_renewed").count() == 1
    told = Notice.objects.filter(user=handoff.assignee).order_by("-created_at").first()
    assert told and link(handoff).endswith(told.path)


def test_when_it_is_over_there_is_no_link_any_more(handoff: Handoff) -> None:
    manager = make_member(handoff.workspace)
    verbs.could_not(handoff, by=Actor.member(manager), reason="The account is locked.")
    client = signed_in(manager.user)
    assert "This hand-off is over" in text(client.get(at(handoff)))
    assert client.get(at(handoff, "handoff_qr")).status_code == 410
    assert "Only a hand-off that somebody has to do" in text(client.post(at(handoff, "new_handoff_link"), follow=True))


def test_what_is_nobodys_has_no_link(handoff: Handoff) -> None:
    Handoff.objects.filter(pk=handoff.pk).update(assignee=None)
    Case.objects.update(creator=None)
    page = signed_in(make_member(handoff.workspace).user).get(at(handoff))
    assert "It is nobody’s yet" in text(page)
