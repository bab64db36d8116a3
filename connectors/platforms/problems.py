"""Why content cannot go out as it is: one pure function, asked by the form, the board, the API and the claim."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from fractions import Fraction

from connectors.platforms.base import (
    Composer,
    Content,
    Format,
    FormatRule,
    MediaRule,
    Medium,
    OptionRule,
    Problem,
    Rules,
)

RATIO_SLACK = 0.005  # 1200 × 628 is what everybody calls 1.91:1
SAME_RATIO = 0.01
_KINDS = {"image": "picture", "video": "video"}
_TYPES = {
    "image/jpeg": "JPEG",
    "image/png": "PNG",
    "image/webp": "WebP",
    "image/gif": "GIF",
    "image/heic": "HEIC",
    "image/heif": "HEIF",
    "image/tiff": "TIFF",
    "video/mp4": "MP4",
    "video/quicktime": "MOV",
    "video/webm": "WebM",
    "video/x-matroska": "MKV",
}
_CODECS = {
    "h264": "H.264",
    "hevc": "H.265 (HEVC)",
    "aac": "AAC",
    "vp9": "VP9",
    "av1": "AV1",
    "mp3": "MP3",
    "opus": "Opus",
}
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
    offered = _listed(f"“{rule.choices.get(value, value)}”" for value in values)
    word = rule.choices.get(str(chosen), str(chosen))
    text = f"{rule.label}: {name} does not offer this account “{word}” now, only {offered}. Choose again."
    return Problem("option_not_offered", text)


def _switched_off(rule: OptionRule, option: str, content: Content, why: str) -> Problem | None:
    chosen = content.options.get(option)
    on = chosen is False if rule.kind == "forbid" else bool(chosen)
    return Problem("option_off", f"{rule.label}: {why}") if on else None


def _too_long_for_now(content: Content, composer: Composer, name: str) -> Problem | None:
    seconds = max((medium.duration or 0 for medium in content.media), default=0)
    if composer.max_seconds is None or seconds <= composer.max_seconds:
        return None
    text = f"The video lasts {seconds:.0f} seconds; {name} lets this account post {composer.max_seconds}. Cut it."
    return Problem("too_long_now", text)


# --- Format ---------------------------------------------------------------------------------------------------


def _no_such_format(content: Content, rules: Rules, name: str) -> Problem:
    others = _alternatives(content, rules) or _listed(str(other) for other in rules.formats)
    return Problem("format_not_supported", f"Collavo cannot post {_a(content.format)} to {name}. Choose {others}.")


def _alternatives(content: Content, rules: Rules) -> str:
    """The other formats that these media fit, as "reel or story"; "" when there is none."""
    return _listed(
        str(other) for other, rule in rules.formats.items() if other != content.format and _suits(content, rule)
    )


def _suits(content: Content, rule: FormatRule) -> bool:
    if not rule.min_media <= len(content.media) <= rule.max_media:
        return False
    fitting = (_rule_for(medium, rule) for medium in content.media)
    return all(
        media_rule is not None and not blocking(_medium(medium, media_rule, "", "", ""))
        for medium, media_rule in zip(content.media, fitting, strict=True)
    )


def _listed(words: Iterable[str]) -> str:
    *first, last = list(words) or [""]
    return f"{', '.join(first)} or {last}" if first else last


def _or_choose(content: Content, rules: Rules) -> str:
    others = _alternatives(content, rules)
    return f", or choose {others}" if others else ""


# --- How many media -------------------------------------------------------------------------------------------


def _count(content: Content, rule: FormatRule, rules: Rules, name: str) -> Iterator[Problem]:
    has, what = len(content.media), _capital(_a(content.format))
    if has < rule.min_media:
        want = _quantity(rule.min_media, rule)
        message = f"{what} on {name} needs {want}; here {_is(has)}. Add some{_or_choose(content, rules)}."
        yield Problem("too_few_media", message)
    if has > rule.max_media:
        want = _quantity(rule.max_media, rule)
        message = f"{what} on {name} takes at most {want}; here {_is(has)}. Remove some{_or_choose(content, rules)}."
        yield Problem("too_many_media", message)
    if rule.crops_to_first and (index := _first_of_other_ratio(content.media)) is not None:
        message = (
            f"{name} crops every slide to the first one's ratio; slide {index + 1} has another. Look at the edges."
        )
        yield Problem("mixed_ratios", message, blocks=False, medium=index)


def _quantity(number: int, rule: FormatRule) -> str:
    kinds = _listed(_KINDS.get(kind, kind) for kind in sorted(_kinds(rule)))
    return f"{number} {kinds}" if number == 1 else f"{number} media"


def _kinds(rule: FormatRule) -> frozenset[str]:
    return frozenset[str]().union(*(media_rule.kinds for media_rule in rule.media))


def _is(number: int) -> str:
    return {0: "there is none", 1: "there is 1"}.get(number, f"there are {number}")


def _first_of_other_ratio(media: tuple[Medium, ...]) -> int | None:
    known = [(index, medium.aspect) for index, medium in enumerate(media) if medium.aspect]
    return next((index for index, aspect in known if abs(aspect / known[0][1] - 1) > SAME_RATIO), None)


# --- Each medium ----------------------------------------------------------------------------------------------


def _media(content: Content, rule: FormatRule, rules: Rules, name: str) -> Iterator[Problem]:
    for index, medium in enumerate(content.media):
        media_rule = _rule_for(medium, rule)
        whose = _called(index, medium, content)
        if media_rule is None:
            wanted = _listed(f"a {_KINDS.get(kind, kind)}" for kind in sorted(_kinds(rule)))
            other = _alternatives(content, rules)
            then = f"Choose {other}, or another file" if other else "Choose another file"
            is_a = _a(_KINDS.get(medium.kind, medium.kind))
            message = f"{_capital(_a(content.format))} on {name} takes {wanted}. {whose} is {is_a}. {then}."
            yield Problem("media_kind", message, medium=index)
            continue
        for problem in _medium(medium, media_rule, whose, name, _or_choose(content, rules)):
            yield Problem(problem.code, problem.message, problem.blocks, index)
        yield from _alt_text(index, medium, whose, content, rule, rules, name)


def _rule_for(medium: Medium, rule: FormatRule) -> MediaRule | None:
    return next((media_rule for media_rule in rule.media if medium.kind in media_rule.kinds), None)


def _called(index: int, medium: Medium, content: Content) -> str:
    kind = _KINDS.get(medium.kind, medium.kind)
    if len(content.media) == 1:
        return f"The {kind}"
    return f"Slide {index + 1}" if content.format == Format.CAROUSEL else f"{kind.capitalize()} {index + 1}"


def _medium(medium: Medium, rule: MediaRule, whose: str, name: str, or_choose: str) -> Iterator[Problem]:
    yield from _file(medium, rule, whose, name)
    yield from _shape(medium, rule, whose, name, or_choose)
    if medium.kind == "video":
        yield from _length(medium, rule, whose, name)
        yield from _encoding(medium, rule, whose, name)


def _file(medium: Medium, rule: MediaRule, whose: str, name: str) -> Iterator[Problem]:
    if medium.mime_type not in rule.mime_types:
        takes = _listed(_TYPES.get(mime, mime) for mime in sorted(rule.mime_types))
        is_a = _TYPES.get(medium.mime_type, medium.mime_type or "of an unknown type")
        yield Problem("media_type", f"{whose} is {is_a}. {name} takes {takes}. Save it as {takes}.")
    if medium.size > rule.max_bytes:
        has, most = -(-medium.size // 100_000) / 10, rule.max_bytes // 100_000 / 10  # the limit down, the file up
        message = f"{whose} has {has:g} MB. {name} takes up to {most:g} MB. Save it smaller."
        yield Problem("media_too_large", message)
    if medium.size <= 0:
        yield Problem("media_empty", f"{whose} is an empty file. Upload it again.")


def _shape(medium: Medium, rule: MediaRule, whose: str, name: str, or_choose: str) -> Iterator[Problem]:
    if medium.width <= 0 or medium.height <= 0:
        yield Problem("media_unreadable", f"The width and height of {_lower(whose)} cannot be read. Upload it again.")
        return
    least, most = rule.min_aspect, rule.max_aspect
    too_tall = least is not None and medium.aspect < least - RATIO_SLACK
    too_wide = most is not None and medium.aspect > most + RATIO_SLACK
    if too_tall or too_wide:
        size = f"{whose} is {medium.width} × {medium.height} (ratio {medium.aspect:.2f})"
        yield Problem("media_ratio", f"{size}. {name} takes {_between(least, most)}. Crop it{or_choose}.")
    yield from _width(medium, rule, whose, name)


def _width(medium: Medium, rule: MediaRule, whose: str, name: str) -> Iterator[Problem]:
    blocks = not rule.scales
    if rule.min_width is not None and medium.width < rule.min_width:
        then = f"{name} enlarges it, and it may look blurred" if rule.scales else "Choose a larger one"
        message = f"{whose} is {medium.width} pixels wide, less than {rule.min_width}. {then}."
        yield Problem("media_too_narrow", message, blocks)
    if rule.max_width is not None and medium.width > rule.max_width:
        if not blocks:
            return  # made smaller by the platform: nobody has to know
        message = f"{whose} is {medium.width} pixels wide. {name} takes up to {rule.max_width}. Export it smaller."
        yield Problem("media_too_wide", message, blocks)


def _length(medium: Medium, rule: MediaRule, whose: str, name: str) -> Iterator[Problem]:
    seconds = medium.duration
    if seconds is None:
        if rule.min_seconds is not None or rule.max_seconds is not None:
            yield Problem("media_unreadable", f"The length of {_lower(whose)} cannot be read. Upload it again.")
        return
    if rule.min_seconds is not None and seconds < rule.min_seconds:
        message = (
            f"{whose} lasts {_duration(seconds)}. {name} takes at least {_duration(rule.min_seconds)}. Make it longer."
        )
        yield Problem("media_too_short", message)
    if rule.max_seconds is not None and seconds > rule.max_seconds:
        message = f"{whose} lasts {_duration(seconds)}. {name} takes up to {_duration(rule.max_seconds)}. Cut it."
        yield Problem("media_too_long", message)


def _encoding(medium: Medium, rule: MediaRule, whose: str, name: str) -> Iterator[Problem]:
    """What cannot be read off the file ("" or None) is not held against it: the platform says so if it minds."""
    if medium.codec and rule.codecs and medium.codec not in rule.codecs:
        yield Problem("video_codec", _wrong_codec(f"{whose} is encoded as", medium.codec, rule.codecs, name))
    if medium.audio_codec and rule.audio_codecs and medium.audio_codec not in rule.audio_codecs:
        message = _wrong_codec(
            f"The sound of {_lower(whose)} is encoded as", medium.audio_codec, rule.audio_codecs, name
        )
        yield Problem("audio_codec", message)
    if medium.fps is not None and not (rule.min_fps or 0) <= round(medium.fps, 2) <= (rule.max_fps or float("inf")):
        takes = f"{rule.min_fps or 0:g} to {rule.max_fps or float('inf'):g}"
        message = f"{whose} has {medium.fps:.4g} frames per second. {name} takes {takes}. Export it with 30."
        yield Problem("frame_rate", message)
    rate = medium.size * 8 / medium.duration if medium.duration else 0
    if rule.max_bit_rate is not None and rate > rule.max_bit_rate:
        figures = f"{rate / 1e6:.1f} megabits per second. {name} takes up to {rule.max_bit_rate / 1e6:g}"
        yield Problem("bit_rate", f"{whose} has {figures}. Export it smaller.")
    if rule.fast_start and medium.fast_start is False:
        message = f"{whose} has its index at the end of the file. {name} wants it first. Export it with “fast start”."
        yield Problem("fast_start", message)


def _wrong_codec(what: str, codec: str, takes: frozenset[str], name: str) -> str:
    good = _listed(_CODECS.get(taken, taken) for taken in sorted(takes))
    return f"{what} {_CODECS.get(codec, codec)}. {name} takes {good}. Export it again."


def _alt_text(
    index: int, medium: Medium, whose: str, content: Content, rule: FormatRule, rules: Rules, name: str
) -> Iterator[Problem]:
    if not medium.alt_text:
        return
    if medium.kind not in rule.alt_text:
        message = (
            f"{name} shows no alternative text on a {_KINDS.get(medium.kind, medium.kind)} in {_a(content.format)}."
        )
        yield Problem("alt_text_not_shown", f"{message} It stays in Collavo.", blocks=False, medium=index)
    elif rules.alt_text_max is not None and len(medium.alt_text) > rules.alt_text_max:
        has = f"The alternative text of {_lower(whose)} has {len(medium.alt_text)} characters"
        message = f"{has}. {name} takes {rules.alt_text_max}. Shorten it."
        yield Problem("alt_text_too_long", message, medium=index)


# --- Caption and options --------------------------------------------------------------------------------------


def hashtags(caption: str) -> int:
    return len(_HASHTAG.findall(caption))


def mentions(caption: str) -> int:
    return len(_MENTION.findall(caption))


def _caption(content: Content, rules: Rules, name: str) -> Iterator[Problem]:
    counted = (
        ("caption_too_long", rules.caption_unit, rules.caption_length(content.caption), _caption_max(content, rules)),
        ("too_many_hashtags", "hashtags", hashtags(content.caption), rules.hashtags_max),
        ("too_many_mentions", "@mentions", mentions(content.caption), rules.mentions_max),
    )
    for code, things, has, limit in counted:
        if limit is not None and has > limit:
            message = f"The caption has {has} {things}. {name} takes {limit}. Remove {has - limit}."
            yield Problem(code, message)


def _caption_max(content: Content, rules: Rules) -> int:
    own = rules.formats[content.format].caption_max
    return rules.caption_max if own is None else own


def _options(content: Content, rule: FormatRule, name: str) -> Iterator[Problem]:
    for option, wanted in sorted(rule.options.items()):
        if wanted.required and content.options.get(option) is None:
            yield Problem("option_missing", f"{wanted.label}: {name} wants an answer. Choose one.")
    for option, value in sorted(content.options.items()):
        if value is None:
            continue
        if option not in rule.options:
            message = f"{_capital(_a(content.format))} on {name} has no setting “{option}”. Remove it."
            yield Problem("option_unknown", message)
        elif complaint := rule.options[option].check(value, content):
            yield Problem("option_invalid", f"{rule.options[option].label}: {complaint}")


# --- Figures in words -----------------------------------------------------------------------------------------


def _between(least: float | None, most: float | None) -> str:
    if least is None or most is None:
        return f"ratios up to {_ratio(most)}" if most is not None else f"ratios from {_ratio(least or 0)}"
    return f"{_ratio(least)} to {_ratio(most)}"


def _ratio(value: float) -> str:
    """4:5, 9:16, 1.91:1, as people call them."""
    simple = Fraction(value).limit_denominator(16)
    if simple and abs(float(simple) - value) < 1e-6:
        return f"{simple.numerator}:{simple.denominator}"
    return f"{value:.4g}:1"


def _duration(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:.4g} seconds"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if rest else f"{minutes} minutes"


def _a(noun: str) -> str:
    return f"{'an' if noun[:1] in 'aeiou' else 'a'} {noun}"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]
