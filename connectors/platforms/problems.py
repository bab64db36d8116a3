"""Why content cannot go out as it is: one pure function, asked by the form, the board, the API and the claim."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from fractions import Fraction

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, ngettext

from collavo.words import either
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
_KINDS = {"image": gettext_noop("picture"), "video": gettext_noop("video")}
_A_KIND = {"image": gettext_noop("a picture"), "video": gettext_noop("a video")}
_FORMATS = {
    Format.POST: gettext_noop("post"),
    Format.IMAGE: gettext_noop("image"),
    Format.CAROUSEL: gettext_noop("carousel"),
    Format.REEL: gettext_noop("reel"),
    Format.STORY: gettext_noop("story"),
    Format.VIDEO: gettext_noop("video"),
    Format.SHORT: gettext_noop("short"),
    Format.TEXT: gettext_noop("text"),
}
_A_FORMAT = {
    Format.POST: gettext_noop("a post"),
    Format.IMAGE: gettext_noop("an image"),
    Format.CAROUSEL: gettext_noop("a carousel"),
    Format.REEL: gettext_noop("a reel"),
    Format.STORY: gettext_noop("a story"),
    Format.VIDEO: gettext_noop("a video"),
    Format.SHORT: gettext_noop("a short"),
    Format.TEXT: gettext_noop("a text"),
}
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
    others = _alternatives(content, rules) or either(_format(other) for other in rules.formats)
    return Problem(
        "format_not_supported",
        _("Collavo cannot post %(a_format)s to %(platform)s. Choose %(others)s.")
        % {"a_format": a_format(content.format), "platform": name, "others": others},
    )


def _alternatives(content: Content, rules: Rules) -> str:
    """The other formats that these media fit, as "reel or story"; "" when there is none."""
    return either(
        _format(other) for other, rule in rules.formats.items() if other != content.format and _suits(content, rule)
    )


def _suits(content: Content, rule: FormatRule) -> bool:
    if not rule.min_media <= len(content.media) <= rule.max_media:
        return False
    fitting = (_rule_for(medium, rule) for medium in content.media)
    return all(
        media_rule is not None and not blocking(_medium(medium, media_rule, "", "", ""))
        for medium, media_rule in zip(content.media, fitting, strict=True)
    )


def _or_choose(content: Content, rules: Rules) -> str:
    others = _alternatives(content, rules)
    return _(", or choose %(others)s") % {"others": others} if others else ""


# --- How many media -------------------------------------------------------------------------------------------


def _count(content: Content, rule: FormatRule, rules: Rules, name: str) -> Iterator[Problem]:
    has, what = len(content.media), _capital(a_format(content.format))
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
        return f"1 {either(_kind(kind) for kind in sorted(_kinds(rule)))}"
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
        media_rule = _rule_for(medium, rule)
        whose = _called(index, medium, content)
        if media_rule is None:
            wanted = either(_a_kind(kind) for kind in sorted(_kinds(rule)))
            other = _alternatives(content, rules)
            then = _("Choose %(format)s, or another file") % {"format": other} if other else _("Choose another file")
            is_a = _a_kind(medium.kind)
            message = _("%(a_format)s on %(platform)s takes %(wanted)s. %(whose)s is %(is_a)s. %(then)s.") % {
                "a_format": _capital(a_format(content.format)),
                "platform": name,
                "wanted": wanted,
                "whose": whose,
                "is_a": is_a,
                "then": then,
            }
            yield Problem("media_kind", message, medium=index)
            continue
        for problem in _medium(medium, media_rule, whose, name, _or_choose(content, rules)):
            yield Problem(problem.code, problem.message, problem.blocks, index)
        yield from _alt_text(index, medium, whose, content, rule, rules, name)


def _rule_for(medium: Medium, rule: FormatRule) -> MediaRule | None:
    return next((media_rule for media_rule in rule.media if medium.kind in media_rule.kinds), None)


def _called(index: int, medium: Medium, content: Content) -> str:
    video = medium.kind == "video"
    if len(content.media) == 1:
        return _("The video") if video else _("The picture")
    if content.format == Format.CAROUSEL:
        return _("Slide %(number)s") % {"number": index + 1}
    return (_("Video %(number)s") if video else _("Picture %(number)s")) % {"number": index + 1}


def _medium(medium: Medium, rule: MediaRule, whose: str, name: str, or_choose: str) -> Iterator[Problem]:
    yield from _file(medium, rule, whose, name)
    yield from _shape(medium, rule, whose, name, or_choose)
    if medium.kind == "video":
        yield from _length(medium, rule, whose, name)
        yield from _encoding(medium, rule, whose, name)


def _file(medium: Medium, rule: MediaRule, whose: str, name: str) -> Iterator[Problem]:
    if medium.mime_type not in rule.mime_types:
        takes = either(_TYPES.get(mime, mime) for mime in sorted(rule.mime_types))
        is_a = _TYPES.get(medium.mime_type, medium.mime_type or _("of an unknown type"))
        yield Problem(
            "media_type",
            _("%(whose)s is %(is_a)s. %(platform)s takes %(takes)s. Save it as %(takes)s.")
            % {"whose": whose, "is_a": is_a, "platform": name, "takes": takes},
        )
    if medium.size > rule.max_bytes:
        has, most = -(-medium.size // 100_000) / 10, rule.max_bytes // 100_000 / 10  # the limit down, the file up
        message = _("%(whose)s has %(has)s MB. %(platform)s takes up to %(most)s MB. Save it smaller.") % {
            "whose": whose,
            "has": f"{has:g}",
            "platform": name,
            "most": f"{most:g}",
        }
        yield Problem("media_too_large", message)
    if medium.size <= 0:
        yield Problem("media_empty", _("%(whose)s is an empty file. Upload it again.") % {"whose": whose})


def _shape(medium: Medium, rule: MediaRule, whose: str, name: str, or_choose: str) -> Iterator[Problem]:
    if medium.width <= 0 or medium.height <= 0:
        yield Problem(
            "media_unreadable",
            _("The width and height of %(whose)s cannot be read. Upload it again.") % {"whose": _lower(whose)},
        )
        return
    least, most = rule.min_aspect, rule.max_aspect
    too_tall = least is not None and medium.aspect < least - RATIO_SLACK
    too_wide = most is not None and medium.aspect > most + RATIO_SLACK
    if too_tall or too_wide:
        message = _(
            "%(whose)s is %(width)s × %(height)s (ratio %(ratio)s). %(platform)s takes %(between)s. "
            "Crop it%(or_choose)s."
        ) % {
            "whose": whose,
            "width": medium.width,
            "height": medium.height,
            "ratio": f"{medium.aspect:.2f}",
            "platform": name,
            "between": _between(least, most),
            "or_choose": or_choose,
        }
        yield Problem("media_ratio", message)
    yield from _width(medium, rule, whose, name)


def _width(medium: Medium, rule: MediaRule, whose: str, name: str) -> Iterator[Problem]:
    blocks = not rule.scales
    if rule.min_width is not None and medium.width < rule.min_width:
        then = _("Choose a larger one")
        if rule.scales:
            then = _("%(platform)s enlarges it, and it may look blurred") % {"platform": name}
        message = _("%(whose)s is %(width)s pixels wide, less than %(least)s. %(then)s.") % {
            "whose": whose,
            "width": medium.width,
            "least": rule.min_width,
            "then": then,
        }
        yield Problem("media_too_narrow", message, blocks)
    if rule.max_width is not None and medium.width > rule.max_width:
        if not blocks:
            return  # made smaller by the platform: nobody has to know
        message = _("%(whose)s is %(width)s pixels wide. %(platform)s takes up to %(most)s. Export it smaller.") % {
            "whose": whose,
            "width": medium.width,
            "platform": name,
            "most": rule.max_width,
        }
        yield Problem("media_too_wide", message, blocks)


def _length(medium: Medium, rule: MediaRule, whose: str, name: str) -> Iterator[Problem]:
    seconds = medium.duration
    if seconds is None:
        if rule.min_seconds is not None or rule.max_seconds is not None:
            yield Problem(
                "media_unreadable",
                _("The length of %(whose)s cannot be read. Upload it again.") % {"whose": _lower(whose)},
            )
        return
    if rule.min_seconds is not None and seconds < rule.min_seconds:
        message = _("%(whose)s lasts %(length)s. %(platform)s takes at least %(most)s. Make it longer.") % {
            "whose": whose,
            "length": _duration(seconds),
            "platform": name,
            "most": _duration(rule.min_seconds),
        }
        yield Problem("media_too_short", message)
    if rule.max_seconds is not None and seconds > rule.max_seconds:
        message = _("%(whose)s lasts %(length)s. %(platform)s takes up to %(most)s. Cut it.") % {
            "whose": whose,
            "length": _duration(seconds),
            "platform": name,
            "most": _duration(rule.max_seconds),
        }
        yield Problem("media_too_long", message)


def _encoding(medium: Medium, rule: MediaRule, whose: str, name: str) -> Iterator[Problem]:
    """What cannot be read off the file ("" or None) is not held against it: the platform says so if it minds."""
    if medium.codec and rule.codecs and medium.codec not in rule.codecs:
        yield Problem(
            "video_codec",
            _wrong_codec(_("%(whose)s is encoded as") % {"whose": whose}, medium.codec, rule.codecs, name),
        )
    if medium.audio_codec and rule.audio_codecs and medium.audio_codec not in rule.audio_codecs:
        message = _wrong_codec(
            _("The sound of %(whose)s is encoded as") % {"whose": _lower(whose)},
            medium.audio_codec,
            rule.audio_codecs,
            name,
        )
        yield Problem("audio_codec", message)
    if medium.fps is not None and not (rule.min_fps or 0) <= round(medium.fps, 2) <= (rule.max_fps or float("inf")):
        takes = _("%(least)s to %(most)s") % {
            "least": f"{rule.min_fps or 0:g}",
            "most": f"{rule.max_fps or float('inf'):g}",
        }
        message = _("%(whose)s has %(fps)s frames per second. %(platform)s takes %(takes)s. Export it with 30.") % {
            "whose": whose,
            "fps": f"{medium.fps:.4g}",
            "platform": name,
            "takes": takes,
        }
        yield Problem("frame_rate", message)
    rate = medium.size * 8 / medium.duration if medium.duration else 0
    if rule.max_bit_rate is not None and rate > rule.max_bit_rate:
        message = _(
            "%(whose)s has %(rate)s megabits per second. %(platform)s takes up to %(most)s. Export it smaller."
        ) % {"whose": whose, "rate": f"{rate / 1e6:.1f}", "platform": name, "most": f"{rule.max_bit_rate / 1e6:g}"}
        yield Problem("bit_rate", message)
    if rule.fast_start and medium.fast_start is False:
        message = _(
            "%(whose)s has its index at the end of the file. %(platform)s wants it first. Export it with “fast start”."
        ) % {"whose": whose, "platform": name}
        yield Problem("fast_start", message)


def _wrong_codec(what: str, codec: str, takes: frozenset[str], name: str) -> str:
    good = either(_CODECS.get(taken, taken) for taken in sorted(takes))
    return _("%(what)s %(codec)s. %(platform)s takes %(good)s. Export it again.") % {
        "what": what,
        "codec": _CODECS.get(codec, codec),
        "platform": name,
        "good": good,
    }


def _alt_text(
    index: int, medium: Medium, whose: str, content: Content, rule: FormatRule, rules: Rules, name: str
) -> Iterator[Problem]:
    if not medium.alt_text:
        return
    if medium.kind not in rule.alt_text:
        message = _("%(platform)s shows no alternative text on %(a_kind)s in %(a_format)s. It stays in Collavo.") % {
            "platform": name,
            "a_kind": _a_kind(medium.kind),
            "a_format": a_format(content.format),
        }
        yield Problem("alt_text_not_shown", message, blocks=False, medium=index)
    elif rules.alt_text_max is not None and len(medium.alt_text) > rules.alt_text_max:
        message = _(
            "The alternative text of %(whose)s has %(has)s characters. %(platform)s takes %(most)s. Shorten it."
        ) % {
            "whose": _lower(whose),
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
                "a_format": _capital(a_format(content.format)),
                "platform": name,
                "option": option,
            }
            yield Problem("option_unknown", message)
        elif complaint := rule.options[option].check(value, content):
            yield Problem("option_invalid", f"{rule.options[option].label}: {complaint}")


# --- Figures in words -----------------------------------------------------------------------------------------


def _between(least: float | None, most: float | None) -> str:
    if least is None or most is None:
        if most is not None:
            return _("ratios up to %(ratio)s") % {"ratio": _ratio(most)}
        return _("ratios from %(ratio)s") % {"ratio": _ratio(least or 0)}
    return _("%(least)s to %(most)s") % {"least": _ratio(least), "most": _ratio(most)}


def _ratio(value: float) -> str:
    """4:5, 9:16, 1.91:1, as people call them."""
    simple = Fraction(value).limit_denominator(16)
    if simple and abs(float(simple) - value) < 1e-6:
        return f"{simple.numerator}:{simple.denominator}"
    return f"{value:.4g}:1"


def _duration(seconds: float) -> str:
    if seconds < 120:
        return _("%(count)s seconds") % {"count": f"{seconds:.4g}"}
    minutes, rest = divmod(round(seconds), 60)
    if rest:
        return _("%(minutes)s min %(seconds)s s") % {"minutes": minutes, "seconds": rest}
    return ngettext("%(count)d minute", "%(count)d minutes", minutes) % {"count": minutes}


def _kind(kind: str) -> str:
    return _(_KINDS.get(kind, kind))


def _a_kind(kind: str) -> str:
    return _(_A_KIND.get(kind, kind))


def _format(format_: Format) -> str:
    return _(_FORMATS[format_])


def a_format(format_: Format) -> str:
    return _(_A_FORMAT[format_])


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]
