"""What formats, media and figures are called in the sentences about content."""

from __future__ import annotations

from fractions import Fraction

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, ngettext

from connectors.platforms.base import Format

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
TYPES = {
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
CODECS = {
    "h264": "H.264",
    "hevc": "H.265 (HEVC)",
    "aac": "AAC",
    "vp9": "VP9",
    "av1": "AV1",
    "mp3": "MP3",
    "opus": "Opus",
}


def between(least: float | None, most: float | None) -> str:
    if least is None or most is None:
        if most is not None:
            return _("ratios up to %(ratio)s") % {"ratio": ratio(most)}
        return _("ratios from %(ratio)s") % {"ratio": ratio(least or 0)}
    return _("%(least)s to %(most)s") % {"least": ratio(least), "most": ratio(most)}


def ratio(value: float) -> str:
    """4:5, 9:16, 1.91:1, as people call them."""
    simple = Fraction(value).limit_denominator(16)
    if simple and abs(float(simple) - value) < 1e-6:
        return f"{simple.numerator}:{simple.denominator}"
    return f"{value:.4g}:1"


def duration(seconds: float) -> str:
    if seconds < 120:
        return _("%(count)s seconds") % {"count": f"{seconds:.4g}"}
    minutes, rest = divmod(round(seconds), 60)
    if rest:
        return _("%(minutes)s min %(seconds)s s") % {"minutes": minutes, "seconds": rest}
    return ngettext("%(count)d minute", "%(count)d minutes", minutes) % {"count": minutes}


def kind_of(kind: str) -> str:
    return _(_KINDS.get(kind, kind))


def a_kind(kind: str) -> str:
    return _(_A_KIND.get(kind, kind))


def format_of(format_: Format) -> str:
    return _(_FORMATS[format_])


def a_format(format_: Format) -> str:
    return _(_A_FORMAT[format_])


def capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def lower(text: str) -> str:
    return text[:1].lower() + text[1:]
