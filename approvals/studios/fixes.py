"""Which making mends what a platform refuses: tried out on what would come of it, with the platform's own rules."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from django.utils.translation import gettext as _

from approvals.studios.making import Making, foretold
from approvals.studios.recipes import FIT, MOST_PICTURES, RATIOS
from approvals.studios.render.plan import Frame
from connectors.platforms.base import Content, Format, FormatRule, MediaRule, Medium, Problem, Rules
from connectors.platforms.problems import problems
from connectors.platforms.wording import a_format

MENDABLE = frozenset({
    "format_not_supported", "too_few_media", "too_many_media", "media_kind", "media_type", "media_too_large",
    "media_ratio", "media_too_narrow", "media_too_wide", "media_too_long", "media_too_short", "video_codec",
    "audio_codec", "frame_rate", "bit_rate", "fast_start",
})  # fmt: skip
FILMS = (Format.REEL, Format.SHORT, Format.VIDEO, Format.STORY)
NEAREST: dict[Format, tuple[Format, ...]] = {  # what it can become where its own format is not taken, the best first
    Format.IMAGE: (Format.POST, Format.REEL, Format.SHORT, Format.VIDEO, Format.STORY),
    Format.POST: (Format.IMAGE, Format.CAROUSEL, Format.REEL, Format.SHORT, Format.VIDEO),
    Format.CAROUSEL: (Format.POST, Format.REEL, Format.SHORT, Format.VIDEO),
    Format.REEL: (Format.SHORT, Format.VIDEO, Format.STORY),
    Format.STORY: (Format.REEL, Format.SHORT, Format.VIDEO, Format.IMAGE),
    Format.VIDEO: (Format.REEL, Format.SHORT, Format.POST, Format.STORY),
    Format.SHORT: (Format.REEL, Format.VIDEO, Format.STORY),
    Format.TEXT: (),
}
UPRIGHT = frozenset({Format.REEL, Format.SHORT, Format.STORY})
_MOST_CUT = 0.3  # more of a picture than this is not cut off: it is shown whole, on a blurred ground
_ROOM = 0.97  # of a limit that is made use of: seconds and bytes are not hit exactly


@dataclass(frozen=True)
class Fix:
    """What a button offers: the recipe and its settings, and what will be made, in words."""

    recipe: str
    making: Making = field(repr=False)
    will_be: str
    platform: str = ""

    @property
    def label(self) -> str:
        return _("Make it fit: %(what)s") % {"what": self.will_be}


def fix(content: Content, rules: Rules, platform: str) -> Fix | None:
    """What would make this content fit, or None. `platform` is its key: for the recipe's, and for nothing else.

    Only what the format studio can change counts; a caption that is too long stays, and its check says so.
    """
    if not content.media or not _mendable(problems(content, rules)):
        return None
    for wanted in (content.format, *NEAREST[content.format]):
        if (rule := rules.formats.get(wanted)) and (making := _made_for(content, wanted, rule, rules)):
            return Fix(f"{FIT}{platform}:{wanted.value}", making, words(content, making), platform)
    return None


def _mendable(found: Iterable[Problem]) -> list[Problem]:
    return [p for p in found if p.blocks and p.code in MENDABLE]


def _made_for(content: Content, wanted: Format, rule: FormatRule, rules: Rules) -> Making | None:
    """A making after which nothing mendable is wrong."""
    film = _rule_of("video", rule)
    making: Making | None
    if wanted in FILMS and film and _all_pictures(content) and (wanted != Format.STORY or not _rule_of("image", rule)):
        making = _as_slides(content, wanted, film)
    else:
        making = _each(content, wanted, rule, rules)
    if making is None or _mendable(problems(foretold(content, making), rules)):
        return None
    return making


def _all_pictures(content: Content) -> bool:
    return all(m.kind == "image" for m in content.media) and len(content.media) <= MOST_PICTURES


def _rule_of(kind: str, rule: FormatRule) -> MediaRule | None:
    return next((media for media in rule.media if kind in media.kinds), None)


def _as_slides(content: Content, wanted: Format, rule: MediaRule) -> Making:
    first = content.media[0]
    ratio = _ratio_in(9 / 16 if wanted in UPRIGHT else first.aspect, rule)
    count = len(content.media)
    seconds = max(4.0 if count > 1 else 6.0, (rule.min_seconds or 0) / count / _ROOM)
    if rule.max_seconds:
        seconds = min(seconds, rule.max_seconds * _ROOM / count)
    return Making(
        format=wanted.value, slides=True, ratio=ratio, frame=_frame(first, ratio), seconds=round(seconds, 2),
        most_bytes=_room(rule.max_bytes), bit_rate=rule.max_bit_rate, max_width=rule.max_width,
    )  # fmt: skip


def _each(content: Content, wanted: Format, rule: FormatRule, rules: Rules) -> Making | None:
    """Every medium that is refused is changed by one and the same making; what is fine stays as it is."""
    found = _mendable(problems(replace(content, format=wanted), rules))
    wrong = sorted({p.medium for p in found if p.medium is not None})
    making = Making(format=wanted.value, only=tuple(wrong))
    for index in wrong:
        medium = content.media[index]
        media_rule = _rule_of(medium.kind, rule)
        if media_rule is None:
            return None
        codes = {p.code for p in found if p.medium == index}
        making = replace(making, **_changes(medium, media_rule, codes))
    return making


def _changes(medium: Medium, rule: MediaRule, codes: set[str]) -> dict[str, Any]:
    """What has to be different about one medium."""
    changes: dict[str, Any] = {"most_bytes": _room(rule.max_bytes)}
    if "media_ratio" in codes:
        ratio = _ratio_in(medium.aspect, rule)
        changes |= {"ratio": ratio, "frame": _frame(medium, ratio)}
    if rule.max_width and not rule.scales:
        changes["max_width"] = rule.max_width
    if medium.kind == "image":
        return changes | {"mime_type": _type_in(medium, rule)}
    if rule.min_width and not rule.scales:
        changes["least_width"] = rule.min_width
    if "media_too_long" in codes and rule.max_seconds:
        changes["length"] = round(rule.max_seconds * _ROOM if rule.max_seconds < 10 else rule.max_seconds - 0.3, 2)
    return changes | ({"bit_rate": rule.max_bit_rate} if rule.max_bit_rate else {})


def _type_in(medium: Medium, rule: MediaRule) -> str | None:
    """The kind of picture that it becomes: its own where that is taken."""
    types = ("image/jpeg", "image/webp", "image/png")
    return next((t for t in (medium.mime_type, *types) if t in rule.mime_types and t in types), None)


def _ratio_in(own: float, rule: MediaRule) -> float:
    """The usual ratio nearest to its own that is taken; where none is, the limit itself."""
    least, most = rule.min_aspect or 0.0, rule.max_aspect or 100.0
    usual = [ratio for ratio in RATIOS.values() if least <= ratio <= most]
    if not usual:
        return min(max(own, least), most)
    return min(usual, key=lambda ratio: abs(ratio / own - 1) if own else ratio)


def _frame(medium: Medium, ratio: float) -> str:
    """Cropped where little is lost; else whole, on a blurred ground."""
    if not medium.aspect:
        return Frame.BARS.value
    kept = min(medium.aspect / ratio, ratio / medium.aspect)
    return (Frame.CROP if 1 - kept <= _MOST_CUT else Frame.BARS).value


def _room(most: int) -> int:
    return round(most * _ROOM)


# --- In words --------------------------------------------------------------------------------------------------------

_TYPES = {"image/jpeg": "JPEG", "image/webp": "WebP", "image/png": "PNG"}


def words(content: Content, making: Making) -> str:
    """What will be made: "a reel of 12 seconds, 9:16"."""
    made = foretold(content, making)
    parts = [_form(content, making, made)]
    if making.ratio:
        parts.append(_framed(making.ratio, making.frame))
    if making.length:
        parts.append(_("the first %(count)s seconds") % {"count": f"{making.length:g}"})
    if not making.slides and making.only:
        parts += sorted({_type(made.media[i]) for i in making.only})
    return ", ".join(parts)


def _framed(ratio: float, frame: str) -> str:
    words = ratio_words(ratio)
    return _("%(ratio)s on a blurred ground") % {"ratio": words} if frame == Frame.BARS else words


def _form(content: Content, making: Making, made: Content) -> str:
    noun = a_format(Format(making.format))
    if making.slides:
        return _("%(what)s of %(count)s seconds") % {"what": noun, "count": f"{made.media[0].duration:.0f}"}
    return noun


def _type(medium: Medium) -> str:
    return "MP4" if medium.kind == "video" else _TYPES.get(medium.mime_type, _("picture"))


def ratio_words(ratio: float) -> str:
    return next((name for name, value in RATIOS.items() if abs(value / ratio - 1) < 0.005), f"{ratio:.2f}:1")
