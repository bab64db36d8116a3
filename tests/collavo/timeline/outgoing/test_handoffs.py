"""What befalls a hand-off is told as such, beside what befalls its post, and in the same order."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from collavo.accounts.models import Membership, Role
from collavo.timeline.models import Delivery, Endpoint
from collavo.timeline.outgoing import delivering, verbs
from publishing.handoffs import verbs as handoffs
from tests.collavo.timeline.outgoing.receiver import Receiver
from tests.factories import make_member
from tests.publishing.handoffs.made import holder_of, make_handoff, manager_of

pytestmark = pytest.mark.django_db


def deliver_all() -> None:
    while delivering.deliver_next():
        pass


def test_a_handoff_is_told_from_its_opening_to_its_end(endpoint: Endpoint, receiver: Receiver) -> None:
    handoff = make_handoff(endpoint.workspace)
    other = make_member(endpoint.workspace, Role.CREATOR, "Ida Holm")
    handoffs.assign(handoff, to=other.user, by=manager_of(handoff))
    handoffs.remind(handoff, by=manager_of(handoff))
    handoffs.could_not(handoff, by=holder_of(handoff), reason="The app was down all day")
    deliver_all()
    about = [
        request for request in receiver.got if "postId" in request.said["data"] or "handoffId" in request.said["data"]
    ]
    mine = [r for r in about if r.said["type"].startswith("handoff.")]
    assert [r.said["type"] for r in mine] == [
        "handoff.opened", "handoff.assigned", "handoff.reminded", "handoff.could_not",
    ]  # fmt: skip
    assert {r.said["data"]["handoffId"] for r in mine} == {str(handoff.pk)}
    assert {r.said["data"]["postId"] for r in mine} == {str(handoff.post_id)}
    assert mine[-1].said["data"]["assignee"] == "Ida Holm"
    types = [r.said["type"] for r in about]
    assert types.index("post.awaiting_creator") + 1 == types.index("handoff.opened")
    assert len({r.headers["webhook-id"] for r in receiver.got}) == len(receiver.got)


def test_who_asked_for_handoffs_alone_is_told_of_nothing_else(
    endpoint: Endpoint, owner: Membership, receiver: Receiver
) -> None:
    verbs.change(endpoint, url=endpoint.url, note="", events=["handoff.*"], by=owner)
    handoff = make_handoff(endpoint.workspace)
    later = timezone.now() + timedelta(minutes=30)
    handoffs.later(handoff, at=later, by=manager_of(handoff))
    assert list(Delivery.objects.order_by("id").values_list("event_type", flat=True)) == [
        "handoff.opened", "handoff.later",
    ]  # fmt: skip


def test_a_post_that_no_creator_had_is_told_of_no_handoff(endpoint: Endpoint) -> None:
    from publishing.verbs import cancel
    from tests.factories import make_post

    post = make_post(endpoint.workspace, at=timezone.now() + timedelta(hours=1))
    cancel(post, by=make_member(endpoint.workspace))
    assert not Delivery.objects.filter(event_type__startswith="handoff.").exists()
