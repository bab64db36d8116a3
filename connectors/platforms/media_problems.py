"""Why one picture or film cannot go out as it is: file, shape, length and encoding, against the rule for its kind."""

from __future__ import annotations

from collections.abc import Iterator

from django.utils.translation import gettext as _

from collavo.words import either
from connectors.platforms.base import FormatRule, MediaRule, Medium, Problem
from connectors.platforms.wording import CODECS, TYPES, between, duration, lower

RATIO_SLACK = 0.005  # 1200 × 628 is what everybody calls 1.91:1


def rule_for(medium: Medium, rule: FormatRule) -> MediaRule | None:
    return next((media_rule for media_rule in rule.media if medium.kind in media_rule.kinds), None)


def medium_problems(medium: Medium, rule: MediaRule, whose: str, name: str, or_choose: str) -> Iterator[Problem]:
    """`whose` and `name` are the medium and the platform in the sentences; `or_choose` offers other formats, if any."""
    yield from _file(medium, rule, whose, name)
    yield from _shape(medium, rule, whose, name, or_choose)
    if medium.kind == "video":
        yield from _length(medium, rule, whose, name)
        yield from _encoding(medium, rule, whose, name)


def _file(medium: Medium, rule: MediaRule, whose: str, name: str) -> Iterator[Problem]:
    if medium.mime_type not in rule.mime_types:
        takes = either(TYPES.get(mime, mime) for mime in sorted(rule.mime_types))
        is_a = TYPES.get(medium.mime_type, medium.mime_type or _("of an unknown type"))
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
            _("The width and height of %(whose)s cannot be read. Upload it again.") % {"whose": lower(whose)},
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
            "between": between(least, most),
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
                _("The length of %(whose)s cannot be read. Upload it again.") % {"whose": lower(whose)},
            )
        return
    if rule.min_seconds is not None and seconds < rule.min_seconds:
        message = _("%(whose)s lasts %(length)s. %(platform)s takes at least %(most)s. Make it longer.") % {
            "whose": whose,
            "length": duration(seconds),
            "platform": name,
            "most": duration(rule.min_seconds),
        }
        yield Problem("media_too_short", message)
    if rule.max_seconds is not None and seconds > rule.max_seconds:
        message = _("%(whose)s lasts %(length)s. %(platform)s takes up to %(most)s. Cut it.") % {
            "whose": whose,
            "length": duration(seconds),
            "platform": name,
            "most": duration(rule.max_seconds),
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
            _("The sound of %(whose)s is encoded as") % {"whose": lower(whose)},
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
    good = either(CODECS.get(taken, taken) for taken in sorted(takes))
    return _("%(what)s %(codec)s. %(platform)s takes %(good)s. Export it again.") % {
        "what": what,
        "codec": CODECS.get(codec, codec),
        "platform": name,
        "good": good,
    }
