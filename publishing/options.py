"""What a post may set besides its caption and media, chosen on screen: a form made from the platform's own rules.

Nothing here knows a platform. The fields are made by `connectors.option_fields`; what is offered at this moment comes
from the platform itself (`connectors.composing`), what the form starts from, from the account's presets.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, cast

from django import forms
from django.utils.translation import gettext as _

from approvals.models import Version
from connectors import presets
from connectors.composing import look
from connectors.models import Connector
from connectors.option_fields import Asked, listed
from connectors.platforms.base import NOTHING_LIVE, Composer, Format, Json, OptionRule, Problem, Terms
from connectors.platforms.problems import not_offered, problems
from publishing.models import Post
from publishing.preflight import Check, Level, post_content

PREFIX = "o"  # before the names in the form: an option may be called like another field
SHOWN = "options"  # sent along by the form: what is not ticked was seen, and left so
MISSING = "option_missing"


# --- The form --------------------------------------------------------------------------------------------------------


class OptionsForm(forms.Form):
    """The options of one version at one account. `chosen` is what a verb takes, once it is valid.

    What was approved with the version is not asked again. A preset that was seen and left counts as chosen, so that
    the seal covers what was on screen; what was left empty stays out. What the platform's rules say about one option
    is told at its field, what is not among the options is refused.
    """

    use_required_attribute = False  # the browser cannot show its complaint about a field that is folded away

    def __init__(
        self,
        data: Any = None,
        *,
        version: Version,
        connector: Connector,
        ids: str = "now",
        composer: Composer | None = None,
    ) -> None:
        super().__init__(data, prefix=PREFIX, auto_id=f"{ids}_%s")
        self.version, self.connector, self.ids = version, connector, ids
        self.live = look(connector) if composer is None else composer
        self.rules = rules_for(version, connector)
        self.sealed = spoken(self.rules, version.options)
        own, media = presets.of(connector, self.rules), len(version.ordered_items())
        for name, rule in self.rules.items():
            if rule.asked and version.options.get(name) is None:
                asked = Asked(
                    rule, media, self.narrowed.offered.get(name), own.get(name), self.narrowed.off.get(name, "")
                )
                self.fields[name] = asked.field()

    @cached_property
    def narrowed(self) -> Composer:
        """What the fields offer. What was filled in while the platform could still be asked is taken when it cannot
        be any more: the publisher asks again before it sends anything.
        """
        return NOTHING_LIVE if self.live.unread and self.is_bound else self.live

    @property
    def platform(self) -> str:
        return self.connector.spec.name

    @property
    def audit(self) -> str:
        """What the platform does to the post while the app has not passed its audit; "" when it has."""
        oauth = self.connector.oauth
        return _(oauth.audit) if oauth and self.connector.private_only else ""

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

    @property
    def rows(self) -> list[Row]:
        """The fields as they are shown: those that depend on another one below it."""
        below = [name for name in self.fields if self.rules[name].under in self.fields]
        tops = (name for name in self.fields if name not in below)
        return [self._row(name, [n for n in below if self.rules[n].under == name]) for name in tops]

    def _row(self, name: str, below: Sequence[str]) -> Row:
        terms = next((t for t in self.connector.spec.rules.terms if t.option == name), None)
        return Row(self[name], self.rules[name].then, terms, [self._row(one, ()) for one in below])

    @property
    def terms(self) -> list[Terms]:
        """What somebody agrees to whatever they choose."""
        return [terms for terms in self.connector.spec.rules.terms if not terms.option]

    def clean(self) -> dict[str, Json]:
        cleaned = super().clean() or {}
        said = {name: self._value(name, value) for name, value in cleaned.items() if self._seen(name)}
        self.cleaned_data = {name: value for name, value in said.items() if value not in (None, "", [])}
        self._drop_what_hangs_in_the_air()
        for name in self._strangers():
            self.add_error(None, _("“%(option)s” cannot be set here.") % {"option": name})
        self._ask_the_rules()
        return self.cleaned_data

    def _drop_what_hangs_in_the_air(self) -> None:
        """What depends on an option that is off was not on screen any more."""
        for name, rule in self.rules.items():
            if rule.under in self.fields and not self.cleaned_data.get(rule.under) and name in self.cleaned_data:
                self.cleaned_data[name] = rule.default

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
            if name and problem.blocks and name not in self.errors:
                self.add_error(name, problem.message.partition(": ")[2])

    def _problems(self, options: Mapping[str, Json]) -> list[Problem]:
        content, rules = post_content(self.version, options), self.connector.spec.rules
        live = not_offered(content, self.narrowed, rules, self.platform)
        return [*problems(content, rules, name=self.platform), *live]


@dataclass(frozen=True)
class Row:
    """One field with what is said beside it, and the fields that mean something only while it is on."""

    field: forms.BoundField
    then: str
    terms: Terms | None
    below: Sequence[Row]


def live_checks(version: Version, connector: Connector, options: Mapping[str, Json], *, now: bool) -> list[Check]:
    """What the platform says at this moment against these options. Asks the network where the platform has to be asked.

    `now`: it is to go out at once. What the platform could not be asked about is left to the publisher, which asks
    before it sends anything.
    """
    live = look(connector)
    if live.unread:
        return []
    content, spec = post_content(version, options), connector.spec
    found = [Check(Level.BLOCK, p.code, p.message) for p in not_offered(content, live, spec.rules, spec.name)]
    if live.why_not:
        found.append(Check(Level.BLOCK if now else Level.WARN, "not_now", live.why_not))
    return found


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
    return Check(Level.WARN, check.code, _("Choose: %(option)s") % {"option": f"{label[:1].lower()}{label[1:]}"})


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
        return _("Yes") if value is not bool(rule and rule.kind == "forbid") else _("No")
    if rule and rule.kind == "slide" and isinstance(value, int):
        return _("Slide %(number)s") % {"number": value + 1}
    if rule and rule.kind == "milliseconds":
        return f"{value} ms"
    if isinstance(value, list):
        return listed(value)
    return rule.choices.get(value, value) if rule and isinstance(value, str) else str(value)
