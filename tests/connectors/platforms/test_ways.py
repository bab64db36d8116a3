"""The table format × account × extras: API or hand."""

import pytest

from connectors.platforms.base import Content, Format
from connectors.platforms.instagram.rules import RULES
from connectors.platforms.registry import PLATFORMS
from connectors.platforms.ways import why_by_hand

ON, OFF = {"plain_stories": True}, {"plain_stories": False}


@pytest.mark.parametrize(
    ("content", "kind", "switches", "by_hand"),
    [
        (Content(Format.IMAGE, ""), "BUSINESS", {}, False),
        (Content(Format.IMAGE, "", options={"music": "Nightcall"}), "BUSINESS", {}, True),
        (Content(Format.IMAGE, "", options={"music": ""}), "BUSINESS", {}, False),
        (Content(Format.STORY, ""), "BUSINESS", {}, True),
        (Content(Format.STORY, ""), "BUSINESS", OFF, True),
        (Content(Format.STORY, ""), "BUSINESS", ON, False),
        (Content(Format.STORY, ""), "MEDIA_CREATOR", ON, True),
        (Content(Format.STORY, "", options={"link": "https://fjord.example"}), "BUSINESS", ON, True),
        (Content(Format.STORY, "", options={"music": "Nightcall"}), "BUSINESS", ON, True),
        (Content(Format.TEXT, ""), "BUSINESS", ON, False),  # no such format: another check says so
    ],
)
def test_each_line_of_the_table(content: Content, kind: str, switches: dict[str, bool], by_hand: bool) -> None:
    assert bool(why_by_hand(content, RULES, kind=kind, switches=switches)) == by_hand


def test_every_line_says_why_in_a_sentence_and_names_switches_and_options_that_exist() -> None:
    for platform in PLATFORMS.values():
        for rule in platform.rules.formats.values():
            for line in rule.by_hand:
                assert line.why.endswith(".")
                assert line.extras <= set(rule.options)
                assert not line.unless or line.unless in platform.rules.switches
