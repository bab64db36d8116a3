"""What a post may set besides its caption and media, chosen on screen: a form made from the platform's own rules.

Nothing here knows a platform. A platform says which options a format has (`FormatRule.options`), and the kind of each
says which field asks for it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from django import forms
from django.core.exceptions import ValidationError

from approvals.models import Version
from connectors.models import Connector
from connectors.platforms.base import Format, Json, OptionRule, Problem
from connectors.platforms.problems import problems
from publishing.models import Post
from publishing.preflight import Check, Level, post_content

PREFIX = "o"  # before the names in the form: an option may be called like another field
SHOWN = "options"  # sent along by the form: what is not ticked was seen, and left so
RADIOS = 6  # a choice without a preset shows its words at once, up to this many
YES, NO = "yes", "no"
MISSING = "option_missing"
NOT_OFFERED = "Choose one of those that are offered."


# --- One field for each kind -----------------------------------------------------------------------------------------


class ListField(forms.CharField):
    """Text that is read as a list."""

    def to_python(self, value: Any) -> Any:
        text = super().to_python(value) or ""
        self.run_validators(text)  # of the text itself: it may hold what cannot be stored
        return self.read(text)

    def read(self, text: str) -> list[Json]:
        raise NotImplementedError


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
            raise ValidationError(f"“{line}” cannot be read. Write the name, then its place: maya 0.5 0.5.")
        name, x, y, slide = found.groups()
        tag: dict[str, Json] = {"username": name}
        if x is not None:
            tag |= {"x": float(x), "y": float(y)}
        return tag | {"medium": int(slide) - 1} if slide else tag


@dataclass(frozen=True)
class Asked:
    """One option about to become a field."""

    rule: OptionRule
    media: int  # how many the content has

    @property
    def must(self) -> bool:
        return self.rule.required and self.rule.default is None

    def common(self) -> dict[str, Any]:
        return {
            "label": self.rule.label, "help_text": self.rule.help, "required": self.must,
            "error_messages": {"required": "This has to be chosen.", "invalid_choice": NOT_OFFERED},
        }  # fmt: skip


def _choice(asked: Asked) -> forms.Field:
    """Nothing is preset where the platform has no default."""
    choices = list(asked.rule.choices.items())
    if asked.rule.default is not None:
        return forms.ChoiceField(choices=choices, initial=asked.rule.default, **asked.common() | {"required": True})
    if len(choices) <= RADIOS:
        return forms.ChoiceField(choices=choices, widget=forms.RadioSelect, **asked.common())
    return forms.ChoiceField(choices=[("", "Not chosen"), *choices], **asked.common())


def _yes_no(asked: Asked, *, reverse: bool = False) -> forms.Field:
    """A box to tick where there is a default; else a question, which may stay open when no answer is required."""
    default = asked.rule.default
    if isinstance(default, bool):
        return forms.BooleanField(initial=default is not reverse, **asked.common() | {"required": False})
    choices = [(YES, "Yes"), (NO, "No")]
    widget: forms.Widget = forms.RadioSelect() if asked.must else forms.Select()
    return forms.TypedChoiceField(
        choices=choices if asked.must else [("", "Not said"), *choices], coerce=lambda said: said == YES,
        empty_value=None, widget=widget, **asked.common(),
    )  # fmt: skip


def _forbid(asked: Asked) -> forms.Field:
    """On screen it is allowed, at the platform it is forbidden: turned round in `OptionsForm.clean`."""
    return _yes_no(asked, reverse=True)


def _slide(asked: Asked) -> forms.Field:
    choices: list[tuple[Any, str]] = [(i, f"Slide {i + 1}") for i in range(asked.media)]
    if asked.rule.default is None:
        choices = [("", "Not chosen"), *choices]
    said = asked.common() | {"help_text": ""}  # which counts as programs do
    return forms.TypedChoiceField(choices=choices, coerce=int, empty_value=None, initial=asked.rule.default, **said)


def _milliseconds(asked: Asked) -> forms.Field:
    said = asked.common()
    said["help_text"] = f"{asked.rule.help} In milliseconds from the start.".strip()
    return forms.IntegerField(min_value=0, initial=asked.rule.default, **said)


def _number(asked: Asked) -> forms.Field:
    return forms.IntegerField(initial=asked.rule.default, **asked.common())


def _text(asked: Asked) -> forms.Field:
    return forms.CharField(initial=asked.rule.default, **asked.common())


def _words(asked: Asked) -> forms.Field:
    said = asked.common()
    said["help_text"] = f"{asked.rule.help} Commas between them.".strip()
    return WordsField(initial=_listed(asked.rule.default), **said)


def _usernames(asked: Asked) -> forms.Field:
    said = asked.common()
    said["help_text"] = f"{asked.rule.help} Commas between them.".strip()
    return NamesField(initial=_listed(asked.rule.default), **said)


def _people(asked: Asked) -> forms.Field:
    said = asked.common()
    how = "One a line: the name; in a picture its place from the left and the top, each 0 to 1"
    slide = ", then the slide’s number" if asked.media > 1 else ""
    said["help_text"] = f"{asked.rule.help} {how}{slide}.".strip()
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


# --- The form --------------------------------------------------------------------------------------------------------


class OptionsForm(forms.Form):
    """The options of one version at one account. `chosen` is what a verb takes, once it is valid.

    What was approved with the version is not asked again. A preset that was seen and left counts as chosen, so that
    the seal covers what was on screen; what was left empty stays out. What the platform's rules say about one option
    is told at its field, what is not among the options is refused.
    """

    use_required_attribute = False  # the browser cannot show its complaint about a field that is folded away

    def __init__(self, data: Any = None, *, version: Version, connector: Connector, ids: str = "now") -> None:
        super().__init__(data, prefix=PREFIX, auto_id=f"{ids}_%s")
        self.version, self.connector, self.ids = version, connector, ids
        self.rules = rules_for(version, connector)
        self.sealed = spoken(self.rules, version.options)
        media = len(version.ordered_items())
        for name, rule in self.rules.items():
            if version.options.get(name) is None:
                self.fields[name] = FIELDS[rule.kind](Asked(rule, media))

    @property
    def platform(self) -> str:
        return self.connector.spec.name

    @property
    def chosen(self) -> dict[str, Json]:
        return cast(dict[str, Json], self.cleaned_data)

    @property
    def opened(self) -> bool:
        """Something has to be chosen or put right here."""
        return bool(self.errors if self.is_bound else self.missing())

    def missing(self) -> list[str]:
        """The labels of what has to be chosen and has not been approved with the version."""
        found = (self.named(p.message) for p in self._problems({}) if p.code == MISSING)
        return [self.rules[name].label for name in found if name]

    def named(self, sentence: str) -> str:
        """Which of the fields a sentence of the rules is about, "" when none: they begin with the option's label."""
        return next((name for name in self.fields if sentence.startswith(f"{self.rules[name].label}: ")), "")

    def clean(self) -> dict[str, Json]:
        cleaned = super().clean() or {}
        said = {name: self._value(name, value) for name, value in cleaned.items() if self._seen(name)}
        self.cleaned_data = {name: value for name, value in said.items() if value not in (None, "", [])}
        for name in self._strangers():
            self.add_error(None, f"“{name}” cannot be set here.")
        self._ask_the_rules()
        return self.cleaned_data

    def _value(self, name: str, value: Any) -> Json:
        turned = self.rules[name].kind == "forbid" and isinstance(value, bool)
        return not value if turned else cast(Json, value)

    def _seen(self, name: str) -> bool:
        """A box that is not ticked sends nothing, so does one that was never shown."""
        return SHOWN in self.data or self.add_prefix(name) in self.data

    def _strangers(self) -> list[str]:
        sent = {key.removeprefix(f"{PREFIX}-") for key in self.data if key.startswith(f"{PREFIX}-")}
        return sorted(sent - set(self.fields))

    def _ask_the_rules(self) -> None:
        for problem in self._problems(self.chosen):
            name = self.named(problem.message)
            if name and problem.blocks and problem.code.startswith("option_") and name not in self.errors:
                self.add_error(name, problem.message.partition(": ")[2])

    def _problems(self, options: Mapping[str, Json]) -> list[Problem]:
        content = post_content(self.version, options)
        return problems(content, self.connector.spec.rules, name=self.platform)


def rules_for(version: Version, connector: Connector) -> Mapping[str, OptionRule]:
    """The options that this account's platform has for this format; none where it has no such format."""
    rule = connector.spec.rules.formats.get(Format(version.format))
    return rule.options if rule else {}


def answerable(checks: Sequence[Check], form: OptionsForm) -> list[Check]:
    """The checks, with what the form itself asks for as a reminder: it is no reason to hide the form."""
    return [_reminder(check, form) if check.code == MISSING else check for check in checks]


def _reminder(check: Check, form: OptionsForm) -> Check:
    name = form.named(check.text)
    if not name:
        return check
    label = form.rules[name].label
    return Check(Level.WARN, check.code, f"Choose: {label[:1].lower()}{label[1:]}")


# --- In words --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Said:
    """One option as people read it."""

    label: str
    words: str
    approved: bool = False  # sealed with the version, not chosen for this post


def said(post: Post) -> list[Said]:
    """Everything that is set for a post: approved with the version, and chosen for it."""
    rules = rules_for(post.version, post.connector)
    approved = {name: value for name, value in post.version.options.items() if name not in post.options}
    return [*spoken(rules, approved), *spoken(rules, post.options, approved=False)]


def spoken(rules: Mapping[str, OptionRule], options: Mapping[str, Json], *, approved: bool = True) -> list[Said]:
    """These options in the order of the rules; what the rules do not know is named as it is stored."""
    order = [*(n for n in rules if n in options), *(n for n in options if n not in rules)]
    return [
        Said(rules[name].label if name in rules else name, _words_of(rules.get(name), options[name]), approved)
        for name in order
        if options[name] is not None
    ]


def _words_of(rule: OptionRule | None, value: Json) -> str:
    if isinstance(value, bool):
        return "Yes" if value is not bool(rule and rule.kind == "forbid") else "No"
    if rule and rule.kind == "slide" and isinstance(value, int):
        return f"Slide {value + 1}"
    if rule and rule.kind == "milliseconds":
        return f"{value} ms"
    if isinstance(value, list):
        return _listed(value)
    return rule.choices.get(value, value) if rule and isinstance(value, str) else str(value)


def _listed(value: Json) -> str:
    return ", ".join(_each(value)) if isinstance(value, list) else ""


def _each(values: Sequence[Json]) -> Iterator[str]:
    """People by their names, everything else as it is."""
    return (str(value.get("username", value)) if isinstance(value, dict) else str(value) for value in values)
