"""What is typed finds captions, titles, cases and angles, whoever changed them, and a word that is only begun, too."""

from __future__ import annotations

import pytest

from approvals.models import Asset, Case, Slot, Version
from approvals.search import matching
from collavo.accounts.models import Membership, Role
from tests.factories import make_case, make_member, make_slot, make_version, make_workspace

pytestmark = pytest.mark.django_db


@pytest.fixture
def creator() -> Membership:
    return make_member(make_workspace(), Role.CREATOR)


def found(text: str) -> list[Version]:
    return list(Version.objects.filter(matching(text)))


@pytest.fixture
def version(creator: Membership) -> Version:
    case = make_case(creator.workspace, "Autumn linen")
    slot = make_slot(case)
    return make_version(
        creator, case=case, slot=slot, media=[], format="text", caption="Four ways to wear it, says Liv's."
    )


@pytest.mark.parametrize(
    "text",
    ["ways", "WAY", "four wear", "overshirt", "autumn", "fjord", "styl", '"four ways"', "missing or ways", "ways -red",
     "liv's", "  four   ways "],
)  # fmt: skip
def test_words_of_caption_title_case_and_angle_find_it(version: Version, text: str) -> None:
    assert found(text) == [version]


@pytest.mark.parametrize(
    "text", ["winter", '"ways four"', "ways -four", '"four way"', "!!!", "' | ''", "-", ":*", "\x00"]
)
def test_other_words_and_signs_find_nothing_and_break_nothing(version: Version, text: str) -> None:
    assert found(text) in ([], [version] if not text.strip("\x00") else [])


@pytest.mark.parametrize("text", ['-"four ways"', '"', "(", "a & b | !c", "or", "-or"])
def test_whatever_is_typed_is_a_query(version: Version, text: str) -> None:
    found(text)


def test_no_words_are_no_filter(version: Version) -> None:
    assert found("  ") == [version]


def test_what_is_renamed_is_found_by_its_new_name_alone(version: Version) -> None:
    Asset.objects.update(title="Smock")
    Case.objects.update(name="Winter wool")
    Slot.objects.update(angle="Honest weather")
    Version.objects.update(caption="Three ways")
    for new, old in (("smock", "overshirt"), ("wool", "linen"), ("weather", "styling"), ("three", "four")):
        assert found(new) == [version] and found(old) == []


def test_an_asset_that_gets_its_slot_later_is_found_by_the_angle(creator: Membership) -> None:
    loose = make_version(creator, media=[], format="text")
    assert found("styling") == []
    Asset.objects.update(slot=make_slot(loose.case))
    assert found("styling") == [loose]
