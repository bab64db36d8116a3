import pytest

from approvals.demo.bulk import make_assets
from approvals.models import Media, Version, VersionMedia
from approvals.states import VersionStatus
from tests.factories import make_media, make_member, make_workspace

pytestmark = pytest.mark.django_db


def test_many_assets_share_a_few_media_and_take_turns_in_their_states() -> None:
    member = make_member(make_workspace())
    medium = make_media(member)
    made = make_assets(member.workspace, 10)
    assert [version.status for version in made[3:6]] == ["rejected", "in_review", "approved"]
    assert Version.objects.filter(workspace=member.workspace, asset__slot__isnull=False).count() == 10
    assert {item.media for item in VersionMedia.objects.all()} == {medium}


def test_approved_ones_are_sealed_so_that_they_can_be_scheduled() -> None:
    member = make_member(make_workspace())
    make_media(member)
    make_assets(member.workspace, 3, statuses=[VersionStatus.APPROVED])
    assert all(version.seal_holds and version.unplaced for version in Version.objects.all())


def test_a_workspace_without_media_gets_some() -> None:
    member = make_member(make_workspace())
    make_assets(member.workspace, 2)
    assert Media.objects.filter(workspace=member.workspace).count() == 3


def test_somebody_must_be_able_to_upload() -> None:
    with pytest.raises(ValueError, match="upload"):
        make_assets(make_workspace(), 1)
