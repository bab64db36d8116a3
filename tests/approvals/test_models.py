"""Content and decisions: who may decide, what a seal covers, which rounds there are, and where rights end."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.db.models import ProtectedError

from approvals.models import Asset, Media, Rights, RightsStatus, Version, VersionMedia
from approvals.rights import local_day
from approvals.states import IllegalMove, VersionStatus
from collavo.accounts.models import Membership, Role
from collavo.timeline.models import Event
from tests.factories import jpeg, make_approved, make_media, make_member, make_slot, make_version, make_workspace

pytestmark = pytest.mark.django_db

type Act = Callable[[Version, Membership], object]
DECISIONS: dict[str, Act] = {
    "accept": lambda version, by: version.accept(by=by),
    "regenerate": lambda version, by: version.regenerate(by=by, feedback="Warmer light"),
    "reject": lambda version, by: version.reject(by=by, reason="Off brand"),
}


def in_review() -> Version:
    return make_version(make_member(make_workspace(), Role.CREATOR))


# --- Who decides -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", [Role.CREATOR, Role.VIEWER])
@pytest.mark.parametrize("decision", DECISIONS)
def test_creators_and_viewers_decide_nothing(role: str, decision: str) -> None:
    version = in_review()
    with pytest.raises(PermissionDenied, match="you cannot accept, regenerate and reject"):
        DECISIONS[decision](version, make_member(version.workspace, role))
    version.refresh_from_db()
    assert version.in_review and not version.reviews.exists()


@pytest.mark.parametrize("role", [Role.APPROVER, Role.MANAGER, Role.OWNER])
@pytest.mark.parametrize("decision", DECISIONS)
def test_approvers_managers_and_owners_decide(role: str, decision: str) -> None:
    version = in_review()
    DECISIONS[decision](version, make_member(version.workspace, role))
    assert version.reviews.get().decision == decision


@pytest.mark.parametrize("decision", DECISIONS)
def test_nobody_decides_about_another_workspaces_version(decision: str) -> None:
    version = in_review()
    with pytest.raises(PermissionDenied, match="another workspace"):
        DECISIONS[decision](version, make_member(make_workspace(), Role.OWNER))


@pytest.mark.parametrize("decision", DECISIONS)
def test_nobody_decides_about_what_they_submitted_themselves(decision: str) -> None:
    manager = make_member(make_workspace(), Role.MANAGER)
    version = make_version(manager)
    with pytest.raises(PermissionDenied, match="You submitted this version yourself"):
        DECISIONS[decision](version, manager)
    version.refresh_from_db()
    assert version.in_review


def test_a_workspace_may_allow_people_to_accept_their_own() -> None:
    manager = make_member(make_workspace(allow_self_approval=True), Role.MANAGER)
    version = make_version(manager)
    version.accept(by=manager)
    assert version.approved


@pytest.mark.parametrize("words", ["", "   ", "\n\t"])
def test_regenerate_and_reject_need_words(words: str) -> None:
    version = in_review()
    approver = make_member(version.workspace, Role.APPROVER)
    with pytest.raises(IllegalMove, match="Say what should change"):
        version.regenerate(by=approver, feedback=words)
    with pytest.raises(IllegalMove, match="Say why it is rejected"):
        version.reject(by=approver, reason=words)
    assert not version.reviews.exists()


# --- Submitting --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", [Role.APPROVER, Role.VIEWER])
def test_who_may_not_create_submits_nothing(role: str) -> None:
    version = in_review()
    with pytest.raises(PermissionDenied, match="you cannot upload and submit content"):
        resubmit(version, make_member(version.workspace, role))


def test_media_of_another_workspace_are_refused() -> None:
    version, foreign = in_review(), make_media(make_member(make_workspace(), Role.CREATOR))
    with pytest.raises(PermissionDenied, match="media belong to another workspace"):
        version.asset.submit(caption="", media=[foreign], format="image", by=make_member(version.workspace))
    assert version.asset.versions.count() == 1


def test_nobody_submits_to_another_workspaces_asset() -> None:
    version = in_review()
    with pytest.raises(PermissionDenied):
        resubmit(version, make_member(make_workspace(), Role.OWNER))
    assert version.asset.versions.count() == 1


def test_a_version_keeps_its_slots_moment_to_sort_by() -> None:
    creator = make_member(make_workspace(), Role.CREATOR)
    case = make_version(creator).case
    slot = make_slot(case)
    assert make_version(creator, case=case, slot=slot).planned_at == slot.starts_at


def resubmit(version: Version, by: Membership, caption: str = "Second try") -> Version:
    media = [item.media for item in version.ordered_items()]
    return version.asset.submit(caption=caption, media=media, format=version.format, by=by)


@pytest.mark.parametrize("decision", ["", *DECISIONS])
def test_a_new_version_takes_the_olds_place_one_round_on_whatever_was_decided(decision: str) -> None:
    first = in_review()
    if decision:
        DECISIONS[decision](first, make_member(first.workspace, Role.APPROVER))
    second = resubmit(first, make_member(first.workspace, Role.CREATOR))
    first.refresh_from_db()
    assert (first.status, first.current, first.unplaced) == (VersionStatus.SUPERSEDED, False, False)
    assert (second.status, second.current, second.round) == (VersionStatus.IN_REVIEW, True, 2)


def test_feedback_stays_with_the_round_it_was_given_in() -> None:
    first = in_review()
    first.regenerate(by=make_member(first.workspace, Role.APPROVER), feedback="  Warmer light, please. ")
    second = resubmit(first, make_member(first.workspace, Role.CREATOR))
    assert [r.feedback for r in first.reviews.all()] == ["Warmer light, please."]
    assert not second.reviews.exists()


def test_a_new_round_is_not_approved_because_the_last_one_was() -> None:
    first = make_approved(make_workspace())
    second = resubmit(first, make_member(first.workspace, Role.CREATOR))
    assert (second.seal, second.approved) == ("", False)


def test_an_asset_has_one_current_version_and_one_per_round() -> None:
    version = in_review()
    rules: dict[str, dict[str, Any]] = {
        "one_current_version": {"round": 2},
        "one_version_per_round": {"current": False},
    }
    for rule, changes in rules.items():
        copy = Version.objects.get(pk=version.pk)
        copy.pk = make_version(make_member(version.workspace)).pk
        with pytest.raises(IntegrityError, match=rule), transaction.atomic():
            Version.objects.filter(pk=copy.pk).update(asset=version.asset, **changes)


# --- The seal ----------------------------------------------------------------------------------------------------


def test_accept_locks_seals_and_puts_it_on_the_board() -> None:
    version = in_review()
    version.accept(by=make_member(version.workspace, Role.APPROVER), feedback="Lovely")
    version.refresh_from_db()
    assert (version.status, version.unplaced, len(version.seal)) == (VersionStatus.APPROVED, True, 64)
    assert version.seal_holds and version.decided_at is not None
    assert Event.objects.about(version).filter(verb="approved", data__seal=version.seal).exists()


@pytest.mark.parametrize("decision", DECISIONS)
def test_what_was_decided_is_not_decided_again(decision: str) -> None:
    version = make_approved(make_workspace())
    with pytest.raises(IllegalMove, match="This version is approved"):
        DECISIONS[decision](version, make_member(version.workspace, Role.APPROVER))


def test_the_database_refuses_an_approved_version_without_a_seal() -> None:
    version = in_review()
    with pytest.raises(IntegrityError, match="approved_is_sealed"), transaction.atomic():
        Version.objects.filter(pk=version.pk).update(status=VersionStatus.APPROVED)


def reel_like(options: dict[str, object]) -> Version:
    version = in_review()
    Version.objects.filter(pk=version.pk).update(options=options)
    version.refresh_from_db()
    return version


def test_the_seal_does_not_depend_on_the_order_of_the_options_keys() -> None:
    version = reel_like({"a": 1, "b": {"c": 1, "d": [1, 2]}})
    before = version.compute_seal()
    version.options = {"b": {"d": [1, 2], "c": 1}, "a": 1}
    assert version.compute_seal() == before


@pytest.mark.parametrize(
    "change",
    [
        {"caption": "Four ways to wear it"},
        {"caption": "four ways to wear it."},
        {"format": "reel"},
        {"options": {"share_to_feed": False}},
        {"options": {"share_to_feed": 0}},
    ],
)
def test_another_caption_format_or_option_breaks_the_seal(change: dict[str, object]) -> None:
    version = make_approved(make_workspace())
    Version.objects.filter(pk=version.pk).update(**change)
    assert not Version.objects.get(pk=version.pk).seal_holds


def carousel() -> Version:
    workspace = make_workspace()
    creator = make_member(workspace, Role.CREATOR)
    media = [make_media(creator, jpeg(colour=colour)) for colour in ("red", "green")]
    return make_approved(workspace, creator=creator, media=media, format="carousel")


def swap(version: Version) -> None:
    first, second = version.items.order_by("position")
    VersionMedia.objects.filter(pk=first.pk).update(position=9)
    VersionMedia.objects.filter(pk=second.pk).update(position=0)
    VersionMedia.objects.filter(pk=first.pk).update(position=1)


def other_file(version: Version) -> None:
    version.items.filter(position=0).update(media=make_media(make_member(version.workspace), jpeg(colour="white")))


MEDIA_CHANGES: dict[str, Callable[[Version], object]] = {
    "order": swap,
    "alt text": lambda version: version.items.filter(position=1).update(alt_text="A green shirt"),
    "another file": other_file,
    "one less": lambda version: version.items.filter(position=1).delete(),
    "another hash": lambda version: Media.objects.filter(versions=version).update(sha256="0" * 64),
}


@pytest.mark.parametrize("change", MEDIA_CHANGES)
def test_other_media_their_order_or_their_alt_texts_break_the_seal(change: str) -> None:
    version = carousel()
    assert version.seal_holds
    MEDIA_CHANGES[change](version)
    assert not Version.objects.get(pk=version.pk).seal_holds


def test_the_seal_is_the_same_from_a_prefetch_and_from_the_database() -> None:
    version = carousel()
    assert Version.objects.with_parts().get(pk=version.pk).compute_seal() == version.seal


def test_a_medium_that_a_version_holds_cannot_be_deleted() -> None:
    version = in_review()
    with pytest.raises(ProtectedError):
        version.ordered_items()[0].media.delete()


# --- Discarding --------------------------------------------------------------------------------------------------


def test_a_discarded_asset_leaves_the_queue_and_is_not_decided_until_it_is_brought_back() -> None:
    version = in_review()
    approver = make_member(version.workspace, Role.APPROVER)
    version.asset.discard(by=approver)
    assert version.asset.discarded and not Version.objects.in_review().exists() and not Asset.objects.kept().exists()
    with pytest.raises(IllegalMove, match="Bring it back first"):
        version.accept(by=approver)
    version.asset.bring_back(by=approver)
    version.accept(by=approver)
    assert version.approved


def test_discarding_twice_is_one_line_of_history() -> None:
    version = in_review()
    approver = make_member(version.workspace, Role.APPROVER)
    stale = Asset.objects.get(pk=version.asset_id)
    version.asset.discard(by=approver)
    stale.discard(by=approver)
    assert Event.objects.about(version.asset).filter(verb="discarded").count() == 1


@pytest.mark.parametrize("role", [Role.CREATOR, Role.VIEWER])
def test_creators_and_viewers_discard_nothing(role: str) -> None:
    version = in_review()
    with pytest.raises(PermissionDenied):
        version.asset.discard(by=make_member(version.workspace, role))
    with pytest.raises(PermissionDenied):
        version.asset.bring_back(by=make_member(version.workspace, role))


def test_nobody_discards_another_workspaces_asset() -> None:
    version = in_review()
    with pytest.raises(PermissionDenied):
        version.asset.discard(by=make_member(make_workspace(), Role.OWNER))
    version.asset.refresh_from_db()
    assert not version.asset.discarded


# --- Rights ------------------------------------------------------------------------------------------------------

DAY = date(2026, 11, 20)


@pytest.mark.parametrize(
    ("rights", "covered"),
    [
        (Rights(), True),
        (Rights(channels=["instagram"]), True),
        (Rights(channels=["tiktok", "youtube"]), False),
        (Rights(starts_on=DAY, ends_on=DAY), True),
        (Rights(starts_on=date(2026, 11, 21)), False),
        (Rights(ends_on=date(2026, 11, 19)), False),
        (Rights(status=RightsStatus.REVOKED), False),
        (Rights(status=RightsStatus.PENDING), False),
    ],
)
def test_rights_cover_their_channels_on_their_days_both_ends_included(rights: Rights, covered: bool) -> None:
    assert rights.covers("instagram", DAY) is covered


@pytest.mark.parametrize(
    ("zone", "at", "day"),
    [
        ("Europe/Zurich", datetime(2026, 11, 20, 22, 59, 59, tzinfo=UTC), DAY),
        ("Europe/Zurich", datetime(2026, 11, 20, 23, 0, tzinfo=UTC), date(2026, 11, 21)),
        ("America/New_York", datetime(2026, 11, 21, 4, 59, tzinfo=UTC), DAY),
        ("America/New_York", datetime(2026, 11, 21, 5, 0, tzinfo=UTC), date(2026, 11, 21)),
        ("Pacific/Kiritimati", datetime(2026, 11, 19, 10, 0, tzinfo=UTC), DAY),
    ],
)
def test_a_day_begins_and_ends_at_the_workspaces_midnight(zone: str, at: datetime, day: date) -> None:
    assert local_day(at, make_workspace(time_zone=zone)) == day


def test_rights_cannot_end_before_they_start() -> None:
    version = in_review()
    with pytest.raises(IntegrityError, match="rights_end_after_start"), transaction.atomic():
        Rights.objects.create(
            workspace=version.workspace, asset=version.asset, starts_on=DAY, ends_on=date(2026, 11, 19)
        )
