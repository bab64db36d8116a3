"""What is announced is what was approved: nothing is cut off, nothing is added."""

from __future__ import annotations

import pytest

from connectors.platforms.base import Content, Format, Json
from connectors.platforms.youtube.resource import description, notifies, resource, tags_length, title
from tests.connectors.platforms.samples import film


def video(caption: str, **options: Json) -> Content:
    return Content(Format.VIDEO, caption, (film(),), options)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (video("Light"), ("Light", "")),
        (video("Light\r\n\r\nIn November\r\n\r\nBye"), ("Light", "In November\n\nBye")),
        (video("Light\nmore", title="Dark"), ("Dark", "Light\nmore")),
        (video("Light\nmore", title="  "), ("Light", "more")),
        (video(""), ("", "")),
    ],
)
def test_title_and_description_come_out_of_the_caption(content: Content, words: tuple[str, str]) -> None:
    assert (title(content), description(content)) == words


def test_privacy_kids_and_ai_are_always_sent() -> None:
    """Without a privacy YouTube publishes to everybody; without the others it asks the channel's settings."""
    assert resource(video("Light"))["status"] == {
        "privacyStatus": "public", "selfDeclaredMadeForKids": False, "containsSyntheticMedia": False,
    }  # fmt: skip


def test_nobody_is_told_of_what_not_everybody_may_see() -> None:
    assert notifies(video("Light"))
    assert not notifies(video("Light", notify_subscribers=False))
    assert not notifies(video("Light", privacy="unlisted", notify_subscribers=True))


def test_tags_are_counted_as_youtube_does() -> None:
    assert tags_length([]) == 0
    assert tags_length(["ab", "c d"]) == 2 + 1 + 3 + 2
