"""Why content cannot go out as it is: one pure function, asked by the form, the board, the API and the claim."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from collavo.words import either
from connectors.platforms.base import (
    Composer,
    Content,
    Format,
    FormatRule,
    Medium,
    OptionRule,
    Problem,
    Rules,
)
from connectors.platforms.media_problems import medium_problems, rule_for
from connectors.platforms.wording import a_format, a_kind, capital, format_of, kind_of, lower

SAME_RATIO = 0.01
_HASHTAG = re.compile(r"#(?:\w|[\u2600-\u27BF\U0001F000-\U0001FAFF])")
_MENTION = re.compile(r"(?<!\w)@\w")  # not the middle of an e-mail address


def problems(content: Content, rules: Rules, name: str = "The platform") -> list[Problem]:
    """Everything that is wrong, the blocking things first. `name` is the platform's, for the sentences.

    Empty: it can go out. Only warnings (`blocks` False): it can go out, but somebody should know something.
    """
    rule = rules.formats.get(content.format)
    if rule is None:
        return [_no_such_format(content, rules, name)]
    found = [*_count(content, rule, rules, name), *_media(content, rule, rules, name)]
    found += [*_caption(content, rules, name), *_options(content, rule, name), *rules.more(content)]
    return sorted(found, key=lambda problem: not problem.blocks)


def blocking(found: Iterable[Problem]) -> list[Problem]:
    """Those that keep it from going out."""
    return [problem for problem in found if problem.blocks]


def not_offered(content: Content, composer: Composer, rules: Rules, name: str = "The platform") -> list[Problem]:
    """What the platform does not let this account choose at this moment, though its rules would."""
    rule = rules.formats.get(content.format)
    options = rule.options if rule else {}
    found = [_no_choice(options[o], o, content, values, name) for o, values in composer.offered.items() if o in options]
    found += [_switched_off(options[o], o, content, why) for o, why in composer.off.items() if o in options]
    return [problem for problem in (*found, _too_long_for_now(content, composer, name)) if problem]


def _no_choice(rule: OptionRule, option: str, content: Content, values: tuple[str, ...], name: str) -> Problem | None:
    chosen = content.options.get(option)
    if chosen is None or chosen in values:
        return None
    offered = either(f"“{rule.choices.get(value, value)}”" for value in values)
    word = rule.choices.get(str(chosen), str(chosen))
    text = _(
        "%(label)s: %(platform)s does not offer this account “%(chosen)s” now, only %(offered)s. Choose again."
    ) % {
        "label": rule.label,
        "platform": name,
        "chosen": word,
        "offered": offered,
    }
    return Problem("option_not_offered", text)


def _switched_off(rule: OptionRule, option: str, content: Content, why: str) -> Problem | None:
    chosen = content.options.get(option)
    on = chosen is False if rule.kind == "forbid" else bool(chosen)
    return Problem("option_off", f"{rule.label}: {why}") if on else None


def _too_long_for_now(content: Content, composer: Composer, name: str) -> Problem | None:
    seconds = max((medium.duration or 0 for medium in content.media), default=0)
    if composer.max_seconds is None or seconds <= composer.max_seconds:
        return None
    text = _("The video lasts %(seconds)s seconds; %(platform)s lets this account post %(max_seconds)s. Cut it.") % {
        "seconds": f"{seconds:.0f}",
        "platform": name,
        "max_seconds": composer.max_seconds,
    }
    return Problem("too_long_now", text)


# --- Format ---------------------------------------------------------------------------------------------------


def _no_such_format(content: Content, rules: Rules, name: str) -> Problem:
    others = _alternatives(content, rules) or either(format_of(other) for other in rules.formats)
    return Problem(
        "format_not_supported",
        _("Collavo cannot post %(a_format)s to %(platform)s. Choose %(others)s.")
        % {"a_format": a_format(content.format), "platform": name, "others": others},
    )


def _alternatives(content: Content, rules: Rules) -> str:
    """The other formats that these media fit, as "reel or story"; "" when there is none."""
    return either(
        format_of(other) for other, rule in rules.formats.items() if other != content.format and _suits(content, rule)
    )


def _suits(content: Content, rule: FormatRule) -> bool:
    if not rule.min_media <= len(content.media) <= rule.max_media:
        return False
    fitting = (rule_for(medium, rule) for medium in content.media)
    return all(
        media_rule is not None and not blocking(medium_problems(medium, media_rule, "", "", ""))
        for medium, media_rule in zip(content.media, fitting, strict=True)
    )


def _or_choose(content: Content, rules: Rules) -> str:
    others = _alternatives(content, rules)
    return _(", or choose %(others)s") % {"others": others} if others else ""


# --- How many media -------------------------------------------------------------------------------------------


def _count(content: Content, rule: FormatRule, rules: Rules, name: str) -> Iterator[Problem]:
    has, what = len(content.media), capital(a_format(content.format))
    if has < rule.min_media:
        want = _quantity(rule.min_media, rule)
        message = _("%(what)s on %(platform)s needs %(want)s; here %(there)s. Add some%(or_choose)s.") % {
            "what": what,
            "platform": name,
            "want": want,
            "there": _is(has),
            "or_choose": _or_choose(content, rules),
        }
        yield Problem("too_few_media", message)
    if has > rule.max_media:
        want = _quantity(rule.max_media, rule)
        message = _("%(what)s on %(platform)s takes at most %(want)s; here %(there)s. Remove some%(or_choose)s.") % {
            "what": what,
            "platform": name,
            "want": want,
            "there": _is(has),
            "or_choose": _or_choose(content, rules),
        }
        yield Problem("too_many_media", message)
    if rule.crops_to_first and (index := _first_of_other_ratio(content.media)) is not None:
        message = _(
            "%(platform)s crops every slide to the first one's ratio; slide %(slide)s has another. Look at the edges."
        ) % {"platform": name, "slide": index + 1}
        yield Problem("mixed_ratios", message, blocks=False, medium=index)


def _quantity(number: int, rule: FormatRule) -> str:
    if number == 1:
        return f"1 {either(kind_of(kind) for kind in sorted(_kinds(rule)))}"
    return ngettext("%(count)d medium", "%(count)d media", number) % {"count": number}


def _kinds(rule: FormatRule) -> frozenset[str]:
    return frozenset[str]().union(*(media_rule.kinds for media_rule in rule.media))


def _is(number: int) -> str:
    if number == 0:
        return _("there is none")
    return ngettext("there is %(count)d", "there are %(count)d", number) % {"count": number}


def _first_of_other_ratio(media: tuple[Medium, ...]) -> int | None:
    known = [(index, medium.aspect) for index, medium in enumerate(media) if medium.aspect]
    return next((index for index, aspect in known if abs(aspect / known[0][1] - 1) > SAME_RATIO), None)


# --- Each medium ----------------------------------------------------------------------------------------------


def _media(content: Content, rule: FormatRule, rules: Rules, name: str) -> Iterator[Problem]:
    for index, medium in enumerate(content.media):
        media_rule = rule_for(medium, rule)
        whose = _called(index, medium, content)
        if media_rule is None:
            wanted = either(a_kind(kind) for kind in sorted(_kinds(rule)))
            other = _alternatives(content, rules)
            then = _("Choose %(format)s, or another file") % {"format": other} if other else _("Choose another file")
            is_a = a_kind(medium.kind)
            message = _("%(a_format)s on %(platform)s takes %(wanted)s. %(whose)s is %(is_a)s. %(then)s.") % {
                "a_format": capital(a_format(content.format)),
                "platform": name,
                "wanted": wanted,
                "whose": whose,
                "is_a": is_a,
                "then": then,
            }
            yield Problem("media_kind", message, medium=index)
            continue
        for problem in medium_problems(medium, media_rule, whose, name, _or_choose(content, rules)):
            yield Problem(problem.code, problem.message, problem.blocks, index)
        yield from _alt_text(index, medium, whose, content, rule, rules, name)


def _called(index: int, medium: Medium, content: Content) -> str:
    video = medium.kind == "video"
    if len(content.media) == 1:
        return _("The video") if video else _("The picture")
    if content.format == Format.CAROUSEL:
        return _("Slide %(number)s") % {"number": index + 1}
    return (_("Video %(number)s") if video else _("Picture %(number)s")) % {"number": index + 1}


def _alt_text(
    index: int, medium: Medium, whose: str, content: Content, rule: FormatRule, rules: Rules, name: str
) -> Iterator[Problem]:
    if not medium.alt_text:
        return
    if medium.kind not in rule.alt_text:
        message = _("%(platform)s shows no alternative text on %(a_kind)s in %(a_format)s. It stays in Collavo.") % {
            "platform": name,
            "a_kind": a_kind(medium.kind),
            "a_format": a_format(content.format),
        }
        yield Problem("alt_text_not_shown", message, blocks=False, medium=index)
    elif rules.alt_text_max is not None and len(medium.alt_text) > rules.alt_text_max:
        message = _(
            "The alternative text of %(whose)s has %(has)s characters. %(platform)s takes %(most)s. Shorten it."
        ) % {
            "whose": lower(whose),
            "has": len(medium.alt_text),
            "platform": name,
            "most": rules.alt_text_max,
        }
        yield Problem("alt_text_too_long", message, medium=index)


# --- Caption and options --------------------------------------------------------------------------------------


def hashtags(caption: str) -> int:
    return len(_HASHTAG.findall(caption))


def mentions(caption: str) -> int:
    return len(_MENTION.findall(caption))


def _caption(content: Content, rules: Rules, name: str) -> Iterator[Problem]:
    counted = (
        ("caption_too_long", rules.caption_unit, rules.caption_length(content.caption), _caption_max(content, rules)),
        ("too_many_hashtags", _("hashtags"), hashtags(content.caption), rules.hashtags_max),
        ("too_many_mentions", _("@mentions"), mentions(content.caption), rules.mentions_max),
    )
    for code, things, has, limit in counted:
        if limit is not None and has > limit:
            message = _("The caption has %(has)s %(things)s. %(platform)s takes %(limit)s. Remove %(surplus)s.") % {
                "has": has,
                "things": things,
                "platform": name,
                "limit": limit,
                "surplus": has - limit,
            }
            yield Problem(code, message)


def _caption_max(content: Content, rules: Rules) -> int:
    own = rules.formats[content.format].caption_max
    return rules.caption_max if own is None else own


def _options(content: Content, rule: FormatRule, name: str) -> Iterator[Problem]:
    for option, wanted in sorted(rule.options.items()):
        if wanted.required and content.options.get(option) is None:
            yield Problem(
                "option_missing",
                _("%(label)s: %(platform)s wants an answer. Choose one.") % {"label": wanted.label, "platform": name},
            )
    for option, value in sorted(content.options.items()):
        if value is None:
            continue
        if option not in rule.options:
            message = _("%(a_format)s on %(platform)s has no setting “%(option)s”. Remove it.") % {
                "a_format": capital(a_format(content.format)),
                "platform": name,
                "option": option,
            }
            yield Problem("option_unknown", message)
        elif complaint := rule.options[option].check(value, content):
            yield Problem("option_invalid", f"{rule.options[option].label}: {complaint}")
