"""One form field for each kind of option that a platform knows: for a post's own options, and an account's presets.

Nothing here knows a platform. A platform says which options a format has (`FormatRule.options`), and the kind of each
says which field asks for it.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from connectors.platforms.base import Json, OptionRule

RADIOS = 6  # a choice without a preset shows its words at once, up to this many
YES, NO = "yes", "no"
NOT_OFFERED = gettext_noop("Choose one of those that are offered.")


class ListField(forms.CharField, ABC):
    """Text that is read as a list."""

    def to_python(self, value: Any) -> Any:
        text = super().to_python(value) or ""
        self.run_validators(text)  # of the text itself: it may hold what cannot be stored
        return self.read(text)

    @abstractmethod
    def read(self, text: str) -> list[Json]:
        """ValidationError with a sentence for what cannot be read."""


class WordsField(ListField):
    """A list of words, with commas or line breaks between them."""

    between = re.compile(r"[,\n]")

    def read(self, text: str) -> list[Json]:
        return [word for part in self.between.split(text.replace("\r", "\n")) if (word := self.word(part))]

    def word(self, part: str) -> str:
        return part.strip()


class NamesField(WordsField):
    """A list of user names, with or without @."""

    between = re.compile(r"[,\s]")

    def word(self, part: str) -> str:
        return part.strip().removeprefix("@")


class PeopleField(ListField):
    """People tagged in the media, one a line: the name, its place where it needs one, and the slide in a carousel.

    "@maya 0.5 0.25 2" is maya in the middle of slide 2, a quarter of the way down. "@maya 2" is on slide 2, anywhere.
    """

    line = re.compile(r"@?(\S+)(?:\s+(\d*\.?\d+)[\s,]+(\d*\.?\d+))?(?:\s+(\d+))?")

    def read(self, text: str) -> list[Json]:
        return [self._tag(line.strip()) for line in text.splitlines() if line.strip()]

    def _tag(self, line: str) -> Json:
        found = self.line.fullmatch(line)
        if not found:
            raise ValidationError(
                _("“%(line)s” cannot be read. Write the name, then its place: maya 0.5 0.5.") % {"line": line}
            )
        name, x, y, slide = found.groups()
        tag: dict[str, Json] = {"username": name}
        if x is not None:
            tag |= {"x": float(x), "y": float(y)}
        return tag | {"medium": int(slide) - 1} if slide else tag


@dataclass(frozen=True)
class Asked:
    """One option about to become a field."""

    rule: OptionRule
    media: int = 1  # how many the content has
    offered: Sequence[str] | None = None  # of a choice: only these, now
    preset: Json = None  # what the account starts from, instead of the platform's default
    off: str = ""  # why it cannot be switched on now

    @property
    def default(self) -> Json:
        return self.rule.default if self.preset is None else self.preset

    @property
    def choices(self) -> list[tuple[str, str]]:
        return [(v, words) for v, words in self.rule.choices.items() if self.offered is None or v in self.offered]

    def field(self) -> forms.Field:
        found = FIELDS[self.rule.kind](self)
        if self.off:
            found.disabled, found.initial, found.help_text = True, False, self.off
        return found

    @property
    def must(self) -> bool:
        return self.rule.required and self.rule.default is None

    def common(self) -> dict[str, Any]:
        return {
            "label": self.rule.label, "help_text": self.rule.help, "required": self.must,
            "error_messages": {"required": _("This has to be chosen."), "invalid_choice": _(NOT_OFFERED)},
        }  # fmt: skip


def _choice(asked: Asked) -> forms.Field:
    """Nothing is preset where the platform has no default."""
    choices = asked.choices
    if asked.rule.default is not None:
        return forms.ChoiceField(choices=choices, initial=asked.default, **asked.common() | {"required": True})
    if len(choices) <= RADIOS:
        return forms.ChoiceField(choices=choices, widget=forms.RadioSelect, initial=asked.default, **asked.common())
    return forms.ChoiceField(choices=[("", _("Not chosen")), *choices], initial=asked.default, **asked.common())


def _yes_no(asked: Asked, *, reverse: bool = False) -> forms.Field:
    """A box to tick where there is a default; else a question, which may stay open when no answer is required."""
    if isinstance(asked.rule.default, bool):
        return forms.BooleanField(initial=asked.default is not reverse, **asked.common() | {"required": False})
    choices = [(YES, _("Yes")), (NO, _("No"))]
    widget: forms.Widget = forms.RadioSelect() if asked.must else forms.Select()
    return forms.TypedChoiceField(
        choices=choices if asked.must else [("", _("Not said")), *choices], coerce=lambda said: said == YES,
        empty_value=None, widget=widget, initial=_word(asked.preset), **asked.common(),
    )  # fmt: skip


def _word(value: Json) -> str | None:
    return (YES if value else NO) if isinstance(value, bool) else None


def _forbid(asked: Asked) -> forms.Field:
    """On screen it is allowed, at the platform it is forbidden: turned round in `OptionsForm.clean`."""
    return _yes_no(asked, reverse=True)


def _slide(asked: Asked) -> forms.Field:
    choices: list[tuple[Any, str]] = [(i, _("Slide %(number)s") % {"number": i + 1}) for i in range(asked.media)]
    if asked.rule.default is None:
        choices = [("", _("Not chosen")), *choices]
    said = asked.common() | {"help_text": ""}  # which counts as programs do
    return forms.TypedChoiceField(choices=choices, coerce=int, empty_value=None, initial=asked.default, **said)


def _milliseconds(asked: Asked) -> forms.Field:
    said = asked.common()
    said["help_text"] = " ".join(filter(None, [asked.rule.help, _("In milliseconds from the start.")]))
    return forms.IntegerField(min_value=0, initial=asked.default, **said)


def _number(asked: Asked) -> forms.Field:
    return forms.IntegerField(initial=asked.default, **asked.common())


def _text(asked: Asked) -> forms.Field:
    return forms.CharField(initial=asked.default, **asked.common())


def _words(asked: Asked) -> forms.Field:
    said = asked.common()
    said["help_text"] = " ".join(filter(None, [asked.rule.help, _("Commas between them.")]))
    return WordsField(initial=listed(asked.default), **said)


def _usernames(asked: Asked) -> forms.Field:
    said = asked.common()
    said["help_text"] = " ".join(filter(None, [asked.rule.help, _("Commas between them.")]))
    return NamesField(initial=listed(asked.default), **said)


def _people(asked: Asked) -> forms.Field:
    said = asked.common()
    how = _("One a line: the name; in a picture its place from the left and the top, each 0 to 1.")
    if asked.media > 1:
        how = _(
            "One a line: the name; in a picture its place from the left and the top, each 0 to 1, then the slide’s "
            "number."
        )
    said["help_text"] = f"{asked.rule.help} {how}".strip()
    return PeopleField(widget=forms.Textarea(attrs={"rows": 2}), **said)


FIELDS: Mapping[str, Callable[[Asked], forms.Field]] = {
    "choice": _choice,
    "bool": _yes_no,
    "forbid": _forbid,
    "slide": _slide,
    "milliseconds": _milliseconds,
    "number": _number,
    "text": _text,
    "words": _words,
    "usernames": _usernames,
    "tags": _people,
}


def preset_field(rule: OptionRule, value: Json) -> forms.Field:
    """The same for an account's preset: everything may stay open, which leaves the platform's own default."""
    if rule.kind in ("bool", "forbid"):
        turned = not value if rule.kind == "forbid" and isinstance(value, bool) else value
        return forms.TypedChoiceField(
            choices=[("", _open_words(rule)), (YES, _("Yes")), (NO, _("No"))], coerce=_read_yes_no(rule),
            empty_value=None, required=False, label=rule.label, help_text=rule.help, initial=_word(turned),
        )  # fmt: skip
    if rule.kind == "choice":
        choices = [("", _open_words(rule)), *rule.choices.items()]
        return forms.ChoiceField(choices=choices, required=False, initial=value, label=rule.label, help_text=rule.help)
    found = Asked(rule, preset=value).field()
    found.required = False
    return found


def _read_yes_no(rule: OptionRule) -> Callable[[str], bool]:
    return lambda said: (said == YES) is not (rule.kind == "forbid")


def _open_words(rule: OptionRule) -> str:
    """What it is when nothing is preset."""
    if isinstance(rule.default, bool):
        return _("No preset (%(word)s)") % {
            "word": _("Yes") if rule.default is not (rule.kind == "forbid") else _("No")
        }
    if isinstance(rule.default, str):
        return _("No preset (%(word)s)") % {"word": rule.choices.get(rule.default, rule.default)}
    return _("No preset")


# --- In words ---


def listed(value: Json) -> str:
    return ", ".join(each(value)) if isinstance(value, list) else ""


def each(values: Sequence[Json]) -> Iterator[str]:
    """People by their names, everything else as it is."""
    return (str(value.get("username", value)) if isinstance(value, dict) else str(value) for value in values)
