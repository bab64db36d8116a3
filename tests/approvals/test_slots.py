from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.utils import timezone

from approvals import slots
from approvals.models import Slot
from approvals.states import IllegalMove
from collavo.accounts.models import Membership, Role, Workspace
from collavo.timeline.models import Event
from tests.factories import make_case, make_connector, make_member, make_slot, make_version, make_workspace

pytestmark = pytest.mark.django_db
LATER = timedelta(days=3)


@pytest.fixture
def workspace() -> Workspace:
    return make_workspace(time_zone="Europe/Zurich")


@pytest.fixture
def manager(workspace: Workspace) -> Membership:
    return make_member(workspace, Role.MANAGER)


def verbs_of(slot: Slot) -> list[str]:
    return list(Event.objects.filter(subject_id=slot.pk).order_by("at", "id").values_list("verb", flat=True))


def test_a_moved_slot_takes_the_plan_of_its_versions_along(workspace: Workspace, manager: Membership) -> None:
    slot = make_slot(make_case(workspace))
    version = make_version(make_member(workspace, Role.CREATOR), case=slot.case, slot=slot)
    at = timezone.now() + LATER
    slots.move(slot, at=at, by=manager, was=slot.starts_at)
    version.refresh_from_db()
    slot.refresh_from_db()
    assert (slot.starts_at, version.planned_at) == (at, at)
    assert verbs_of(slot) == ["moved"]


def test_a_slot_that_somebody_else_has_moved_meanwhile_is_not_moved_again(
    workspace: Workspace, manager: Membership
) -> None:
    slot = make_slot(make_case(workspace))
    seen = slot.starts_at
    slots.move(slot, at=timezone.now() + LATER, by=manager, was=seen)
    with pytest.raises(IllegalMove, match="meanwhile"):
        slots.move(slot, at=timezone.now() + 2 * LATER, by=manager, was=seen)
    assert verbs_of(slot) == ["moved"]


def test_what_is_over_stays_where_it_is_and_nothing_moves_into_the_past(
    workspace: Workspace, manager: Membership
) -> None:
    over = make_slot(make_case(workspace), at=timezone.now() - LATER)
    with pytest.raises(IllegalMove, match="over and stays"):
        slots.move(over, at=timezone.now() + LATER, by=manager)
    with pytest.raises(IllegalMove, match="That moment is over"):
        slots.move(make_slot(make_case(workspace)), at=timezone.now() - LATER, by=manager)


def test_a_changed_slot_says_what_it_was(workspace: Workspace, manager: Membership) -> None:
    connector = make_connector(workspace, handle="fjord.supply")
    slot = make_slot(make_case(workspace))
    slots.change(slot, channel=str(connector.pk), format="reel", angle="Hands", by=manager)
    slot.refresh_from_db()
    assert (slot.connector, slot.channel, slot.format, slot.angle) == (connector, "instagram", "reel", "Hands")
    said = Event.objects.get(subject_id=slot.pk, verb="changed").text
    assert said == "Image for Instagram (Styling) is now Reel for Instagram, fjord.supply (Hands)"
    slots.change(slot, channel=str(connector.pk), format="reel", angle="Hands", by=manager)
    assert verbs_of(slot) == ["changed"]


def test_a_channel_of_another_workspace_cannot_be_chosen(workspace: Workspace, manager: Membership) -> None:
    stranger = make_connector(make_workspace())
    with pytest.raises(IllegalMove, match="no such channel"):
        slots.change(make_slot(make_case(workspace)), channel=str(stranger.pk), format="reel", angle="", by=manager)


def test_a_removed_slot_leaves_what_was_made_for_it(workspace: Workspace, manager: Membership) -> None:
    slot = make_slot(make_case(workspace))
    version = make_version(make_member(workspace, Role.CREATOR), case=slot.case, slot=slot)
    pk = slot.pk
    slots.remove(slot, by=manager)
    version.refresh_from_db()
    assert (version.planned_at, version.asset.__class__.objects.get(pk=version.asset_id).slot) == (None, None)
    assert Event.objects.filter(subject_id=pk, verb="removed").exists()


def test_only_people_who_may_publish_and_belong_here_move_slots(workspace: Workspace) -> None:
    slot = make_slot(make_case(workspace))
    for member in (make_member(workspace, Role.CREATOR), make_member(make_workspace(), Role.OWNER)):
        with pytest.raises(PermissionDenied):
            slots.move(slot, at=timezone.now() + LATER, by=member)
        with pytest.raises(PermissionDenied):
            slots.remove(slot, by=member)
