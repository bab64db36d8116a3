"""How a person posts by hand in a platform's own app: big numbered steps, as data of each platform."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from django.utils.translation import gettext_noop

from collavo.words import worded


class Gives(StrEnum):
    """What stands beside a step, ready to be used."""

    NOTHING = ""
    MEDIA = "media"  # the files, to be saved
    CAPTION = "caption"  # the words, to be copied; without words the step is left out
    APP = "app"  # the way into the app


@worded("text", "copy", "help")
@dataclass(frozen=True)
class HandStep:
    """One thing to do. `text` is an order: "Add the link sticker"."""

    text: str
    gives: Gives = Gives.NOTHING
    option: str = ""  # the option of the post that is shown here, to be copied; without a value the step is left out
    copy: str = gettext_noop("Copy")  # on the button
    help: str = ""  # a sentence for somebody who has not done it before


@dataclass(frozen=True)
class HandApp:
    """Where one posts by hand. On a phone that has the app, its address opens it."""

    name: str
    address: str


@worded("what")
@dataclass(frozen=True)
class HandGuide:
    """What to do for one format, in order. `what` is its name in a title: "this story"."""

    what: str
    steps: tuple[HandStep, ...]


SAVE = HandStep(gettext_noop("Save"), Gives.MEDIA)
CAPTION = HandStep(gettext_noop("Copy the caption and paste it"), Gives.CAPTION, copy=gettext_noop("Copy caption"))
ANY = HandGuide(
    gettext_noop("this"),
    (SAVE, HandStep(gettext_noop("Make a new post and choose what you saved"), Gives.APP), CAPTION),
)
