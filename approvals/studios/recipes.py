"""What the format studio makes, as data: which content a recipe takes, what can be set, and what comes of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from approvals.states import IllegalMove
from approvals.studios.making import Making, loaded
from approvals.studios.render.plan import Frame, Motion
from collavo.words import worded
from connectors.platforms.base import Content, Json

if TYPE_CHECKING:
    from approvals.models import Version

MOST_PICTURES = 20
RATIOS = {"9:16": 9 / 16, "4:5": 4 / 5, "1:1": 1.0, "16:9": 16 / 9}
FIT = "fit:"  # how the keys of recipes begin that a platform's rules have made
MEGABYTE = 1_000_000
PLACES: dict[str, str] = {"round": gettext_noop("The next round"), "asset": gettext_noop("An asset of its own")}


@worded("label", "choices", "help")
@dataclass(frozen=True)
class Setting:
    """One thing that can be chosen. With `choices` one of them; else a number within its limits."""

    key: str
    label: str
    default: Json
    choices: Mapping[str, str] | None = None
    least: float = 0
    most: float = 0
    step: float = 0.1
    help: str = ""

    def clean(self, value: object) -> Json:
        """The value as it is kept. Raises IllegalMove with a sentence."""
        if value is None or value == "":
            return self.default
        if self.choices is not None:
            if str(value) not in self.choices:
                raise IllegalMove(
                    _("%(label)s: choose one of %(values)s.")
                    % {"label": self.label, "values": ", ".join(self.choices.values())}
                )
            return str(value)
        return self._number(value)

    def _number(self, value: object) -> float:
        try:
            number = float(str(value).replace(",", "."))
        except ValueError as e:
            raise IllegalMove(_("%(label)s: write a number.") % {"label": self.label}) from e
        if not self.least <= number <= self.most:
            raise IllegalMove(
                _("%(label)s: choose a number from %(least)s to %(most)s.")
                % {"label": self.label, "least": f"{self.least:g}", "most": f"{self.most:g}"}
            )
        return number


@worded("label", "sentence")
@dataclass(frozen=True)
class Recipe:
    """One thing that the format studio makes."""

    key: str
    label: str
    sentence: str
    fits: Callable[[Content], bool]
    made: Callable[[Content, Mapping[str, Any]], Making]
    settings: tuple[Setting, ...] = ()

    def clean(self, content: Content, said: Mapping[str, object]) -> dict[str, Json]:
        """What was chosen, complete. Raises IllegalMove with a sentence; what is no setting is left out."""
        if not self.fits(content):
            raise IllegalMove(
                _("%(label)s cannot be made of this version. Choose something else.") % {"label": self.label}
            )
        return {setting.key: setting.clean(said.get(setting.key)) for setting in self.settings}


# --- What fits -------------------------------------------------------------------------------------------------------


def _kinds(content: Content) -> set[str]:
    return {medium.kind for medium in content.media}


def _pictures(content: Content) -> bool:
    return _kinds(content) == {"image"} and len(content.media) <= MOST_PICTURES


def _one_film(content: Content) -> bool:
    return _kinds(content) == {"video"} and len(content.media) == 1


def _film(content: Content) -> bool:
    return "video" in _kinds(content)


def _picture(content: Content) -> bool:
    return "image" in _kinds(content)


def _any(content: Content) -> bool:
    return bool(content.media)


def _other_ratio(ratio: float) -> Callable[[Content], bool]:
    """Something in it has another one."""
    return lambda content: any(m.aspect and abs(m.aspect / ratio - 1) > 0.01 for m in content.media)


def _not_all(mime_type: str) -> Callable[[Content], bool]:
    return lambda content: any(m.kind == "image" and m.mime_type != mime_type for m in content.media)


# --- What is made ----------------------------------------------------------------------------------------------------


def _reel(content: Content, said: Mapping[str, Any]) -> Making:
    return Making(
        format=said["format"],
        slides=True,
        ratio=RATIOS[said["ratio"]],
        frame=said["frame"],
        motion=said["motion"],
        seconds=said["seconds"],
    )


def _shape(ratio: float) -> Callable[[Content, Mapping[str, Any]], Making]:
    def made(content: Content, said: Mapping[str, Any]) -> Making:
        others = tuple(i for i, m in enumerate(content.media) if not m.aspect or abs(m.aspect / ratio - 1) > 0.002)
        return Making(format=content.format.value, ratio=ratio, frame=said["frame"], only=others, least_width=540)

    return made


def _trim(content: Content, said: Mapping[str, Any]) -> Making:
    whole = content.media[0].duration or 0.0
    if said["start"] >= whole:
        raise IllegalMove(_("This film lasts %(whole)s seconds. Choose an earlier start.") % {"whole": f"{whole:.1f}"})
    return Making(format=content.format.value, start=said["start"], length=said["seconds"])


def _mp4(content: Content, said: Mapping[str, Any]) -> Making:
    films = tuple(i for i, m in enumerate(content.media) if m.kind == "video")
    return Making(format=content.format.value, silence=said["silence"] == "yes", only=films)


def _converted(mime_type: str) -> Callable[[Content, Mapping[str, Any]], Making]:
    def made(content: Content, said: Mapping[str, Any]) -> Making:
        others = tuple(i for i, m in enumerate(content.media) if m.kind == "image" and m.mime_type != mime_type)
        return Making(format=content.format.value, mime_type=mime_type, only=others)

    return made


def _smaller(content: Content, said: Mapping[str, Any]) -> Making:
    most = round(said["megabytes"] * MEGABYTE)
    large = tuple(i for i, m in enumerate(content.media) if m.size > most)
    if not large:
        raise IllegalMove(_("Every file is smaller than that already. Choose a smaller size."))
    return Making(format=content.format.value, most_bytes=most, only=large)


# --- The recipes -----------------------------------------------------------------------------------------------------

_FRAME = Setting(
    "frame",
    gettext_noop("How it is filled"),
    Frame.CROP.value,
    {"crop": gettext_noop("Crop to the middle"), "bars": gettext_noop("Whole, on a blurred ground")},
)
_MOTIONS = {
    Motion.VARIED.value: gettext_noop("Varied"),
    Motion.IN.value: gettext_noop("Closer"),
    Motion.OUT.value: gettext_noop("Further away"),
    Motion.LEFT.value: gettext_noop("To the left"),
    Motion.RIGHT.value: gettext_noop("To the right"),
    Motion.UP.value: gettext_noop("Upwards"),
    Motion.STILL.value: gettext_noop("None"),
}
_FILM_FORMATS = {
    "reel": gettext_noop("Reel"),
    "short": gettext_noop("Short"),
    "video": gettext_noop("Video"),
    "story": gettext_noop("Story"),
}


def _shaped(key: str, name: str, ratio: str, what: str) -> Recipe:
    fits = _other_ratio(RATIOS[ratio])
    return Recipe(key, name, what, lambda c: _any(c) and fits(c), _shape(RATIOS[ratio]), (_FRAME,))


RECIPES = {
    recipe.key: recipe
    for recipe in (
        Recipe(
            "reel",
            gettext_noop("Reel of pictures"),
            gettext_noop("A film of the pictures in their order, with gentle motion and soft changes."),
            _pictures,
            _reel,
            (
                Setting("motion", gettext_noop("Motion"), Motion.VARIED.value, _MOTIONS),
                Setting("seconds", gettext_noop("Seconds each"), 4.0, least=1, most=15),
                Setting("ratio", gettext_noop("Shape"), "9:16", {k: k for k in RATIOS}),
                _FRAME,
                Setting("format", gettext_noop("Made as"), "reel", _FILM_FORMATS),
            ),
        ),
        _shaped(
            "portrait",
            gettext_noop("Upright 9:16"),
            "9:16",
            gettext_noop("Fills a phone’s screen. By cropping, or whole on a blurred ground."),
        ),
        _shaped(
            "four_five",
            gettext_noop("Portrait 4:5"),
            "4:5",
            gettext_noop("As tall as feeds show pictures. By cropping, or whole on a blurred ground."),
        ),
        _shaped(
            "square",
            gettext_noop("Square 1:1"),
            "1:1",
            gettext_noop("The same width and height. By cropping, or whole on a blurred ground."),
        ),
        _shaped(
            "wide",
            gettext_noop("Wide 16:9"),
            "16:9",
            gettext_noop("For players and television. By cropping, or whole on a blurred ground."),
        ),
        Recipe(
            "trim",
            gettext_noop("Shorter film"),
            gettext_noop("A part of the film, from a moment on."),
            _one_film,
            _trim,
            (
                Setting("start", gettext_noop("Start, in seconds"), 0.0, least=0, most=4 * 3600),
                Setting("seconds", gettext_noop("Length, in seconds"), 60.0, least=1, most=4 * 3600),
            ),
        ),
        Recipe(
            "mp4",
            gettext_noop("MP4 that platforms take"),
            gettext_noop("H.264 and AAC, 30 frames a second, 1080 lines at most, index first."),
            _film,
            _mp4,
            (
                Setting(
                    "silence",
                    gettext_noop("Sound"),
                    "no",
                    {"no": gettext_noop("As it is"), "yes": gettext_noop("A silent track where there is none")},
                ),
            ),
        ),
        Recipe("jpeg", "JPEG", gettext_noop("Pictures as JPEG."), _not_all("image/jpeg"), _converted("image/jpeg")),
        Recipe(
            "webp",
            "WebP",
            gettext_noop("Pictures as WebP, smaller at the same quality."),
            _not_all("image/webp"),
            _converted("image/webp"),
        ),
        Recipe(
            "smaller",
            gettext_noop("Smaller files"),
            gettext_noop("As good as fits into a size."),
            _any,
            _smaller,
            (Setting("megabytes", gettext_noop("Megabytes for each file, at most"), 8.0, least=0.1, most=4000),),
        ),
    )
}


def for_content(content: Content) -> list[Recipe]:
    """Those that fit."""
    return [recipe for recipe in RECIPES.values() if recipe.fits(content)]


def for_version(version: Version) -> list[Recipe]:
    """Those that something can be made of this version with."""
    return for_content(version.content())


def find(key: str, content: Content) -> Recipe:
    """The recipe of that key. Raises IllegalMove where there is none."""
    found = RECIPES.get(key)
    if found is None or not found.fits(content):
        raise IllegalMove(_("This cannot be made of this version. Choose something else."))
    return found


def making_of(recipe: str, options: Mapping[str, Any], content: Content) -> Making:
    """What a job is to make, from what it keeps. Raises IllegalMove where that cannot be made of this content."""
    if recipe.startswith(FIT):
        return loaded(options["making"])
    return find(recipe, content).made(content, options)


def label_of(key: str) -> str:
    """What a recipe is called, for people; "" for none of ours."""
    if key.startswith(FIT):
        return _("Made to fit")
    return RECIPES[key].label if key in RECIPES else ""
