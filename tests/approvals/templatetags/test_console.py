from __future__ import annotations

from datetime import UTC, datetime

import time_machine
from django.template import Context, Template

from approvals.templatetags.console import channel_names

AT = datetime(2026, 11, 24, 17, 30, tzinfo=UTC)


def shown(source: str, **given: object) -> str:
    return Template("{% load console i18n %}" + source).render(Context(given))


@time_machine.travel(datetime(2026, 11, 20, tzinfo=UTC))
def test_a_sentence_holds_a_time_as_its_component_shows_it_without_a_space_around_it() -> None:
    component = shown('{% include "components/_time.html" with at=at zone="Europe/Zurich" only %}', at=AT).strip()
    sentence = "{% blocktranslate trimmed %}It works until {{ moment }}.{% endblocktranslate %}"
    said = shown('{% time_of at "Europe/Zurich" as moment %}' + sentence, at=AT)
    assert said == f"It works until {component}."
    assert "Tue 24 Nov, 18:30 Europe/Zurich</time>." in said


@time_machine.travel(datetime(2026, 11, 20, tzinfo=UTC))
def test_a_time_in_a_sentence_can_be_short_and_brief() -> None:
    assert ">Tue 24 Nov, 18:30</time>" in shown('{% time_of at "Europe/Zurich" short=True %}', at=AT)
    assert ">Tue 18:30</time>" in shown('{% time_of at "Europe/Zurich" brief=True %}', at=AT)


def test_no_time_is_nothing_in_a_sentence() -> None:
    assert shown('{% time_of at "UTC" %}', at=None) == ""


def test_channels_are_named_in_one_list_with_their_own_names() -> None:
    assert channel_names(["instagram", "elsewhere"]) == "Instagram, Elsewhere"
    assert channel_names([]) == ""
