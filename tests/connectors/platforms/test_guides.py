"""Every format of every platform can be posted by hand, with steps that fit what a post of it may have."""

from __future__ import annotations

import pytest

from connectors.platforms.base import Format, Platform
from connectors.platforms.guides import Gives, HandGuide
from connectors.platforms.registry import PLATFORMS

GUIDES = [
    pytest.param(platform, format, guide, id=f"{key} {format}")
    for key, platform in PLATFORMS.items()
    for format, guide in platform.rules.guides.items()
]


@pytest.mark.parametrize("platform", PLATFORMS.values(), ids=PLATFORMS)
def test_every_format_has_its_own_steps_and_the_app_an_address(platform: Platform) -> None:
    assert set(platform.rules.guides) == set(platform.rules.formats)
    assert platform.rules.app and platform.rules.app.address.startswith("https://")


@pytest.mark.parametrize(("platform", "format", "guide"), GUIDES)
def test_the_files_are_saved_first_and_the_app_is_opened_behind_that(
    platform: Platform, format: Format, guide: HandGuide
) -> None:
    given = [step.gives for step in guide.steps]
    assert given[0] == Gives.MEDIA and given.count(Gives.APP) == 1 and given.count(Gives.CAPTION) == 1


@pytest.mark.parametrize(("platform", "format", "guide"), GUIDES)
def test_what_only_a_hand_can_set_is_among_the_steps(platform: Platform, format: Format, guide: HandGuide) -> None:
    rule = platform.rules.formats[format]
    shown = {step.option for step in guide.steps} - {""}
    assert shown <= set(rule.options), "an option that no post of this format can have"
    extras = {extra for by_hand in rule.by_hand for extra in by_hand.extras}
    assert extras & set(rule.options) <= shown
