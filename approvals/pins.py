"""Pins: words at a point of a picture or at a moment of a film, kept with the decision or comment they are part of."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass

from django.utils.translation import gettext as _

from approvals.states import IllegalMove
from connectors.platforms.base import Json

MOST = 20  # on one decision or comment
WHOLE = 1000  # the far edge: places are per mille of width and height
TEXT = 500  # characters


@dataclass(frozen=True)
class Pin:
    """One mark. `medium` is its number in the version, from 1. A picture has x and y in per mille, a film has ms."""

    medium: int
    x: int | None = None
    y: int | None = None
    ms: int | None = None
    text: str = ""

    @property
    def moment(self) -> str:
        """ "0:07.5": where in the film; "" on a picture."""
        if self.ms is None:
            return ""
        minutes, rest = divmod(self.ms, 60_000)
        return f"{minutes}:{rest / 1000:04.1f}"

    @property
    def place(self) -> str:
        """In words, for lists and for those who do not see the mark."""
        if self.ms is not None:
            return _("medium %(medium)s at %(moment)s") % {"medium": self.medium, "moment": self.moment}
        where = {"medium": self.medium, "x": round((self.x or 0) / 10), "y": round((self.y or 0) / 10)}
        return _("medium %(medium)s, %(x)s%% from the left, %(y)s%% from the top") % where


def stored(pins: Iterable[Pin]) -> list[dict[str, Json]]:
    """As they are kept in a JSON column."""
    return [{key: value for key, value in asdict(pin).items() if value not in (None, "")} for pin in pins]


def loaded(rows: Sequence[Mapping[str, Json]]) -> list[Pin]:
    """From the JSON column, in their order."""
    return [Pin(**row) for row in rows]  # type: ignore[arg-type]


def check(pins: Sequence[Pin], durations: Sequence[float | None]) -> None:
    """Raise IllegalMove for a pin that points nowhere. `durations`: seconds of each medium, None for a picture."""
    if len(pins) > MOST:
        raise IllegalMove(_("At most %(most)s pins. Say the rest in words.") % {"most": MOST})
    for number, pin in enumerate(pins, start=1):
        if wrong := _wrong(pin, durations):
            raise IllegalMove(_("Pin %(number)s: %(wrong)s") % {"number": number, "wrong": wrong})


def _wrong(pin: Pin, durations: Sequence[float | None]) -> str:
    if not 1 <= pin.medium <= len(durations):
        return _("this version has %(count)s media. Choose one of them.") % {"count": len(durations)}
    if len(pin.text) > TEXT:
        return _("its words are longer than %(most)s characters. Shorten them.") % {"most": TEXT}
    seconds = durations[pin.medium - 1]
    if seconds is None:
        inside = pin.ms is None and all(value is not None and 0 <= value <= WHOLE for value in (pin.x, pin.y))
        return "" if inside else _("give a place on the picture, from 0 to 100 percent each.")
    if pin.ms is None or not 0 <= pin.ms <= seconds * 1000 + 1000:
        return _("give a moment of the film, from 0 to %(seconds)s seconds.") % {"seconds": f"{seconds:.1f}"}
    return ""


def read(data: Mapping[str, str], durations: Sequence[float | None]) -> list[Pin]:
    """The pins of a form: fields pin-1-medium, pin-1-x, pin-1-y (percent), pin-1-at (seconds), pin-1-text, and so on.

    A row without a place is not a pin. Raises IllegalMove with a sentence for what cannot be read or points nowhere.
    """
    found = [pin for n in range(1, MOST + 1) if (pin := _row(data, n, durations))]
    check(found, durations)
    return found


def _row(data: Mapping[str, str], n: int, durations: Sequence[float | None]) -> Pin | None:
    got = {name: data.get(f"pin-{n}-{name}", "").strip() for name in ("medium", "x", "y", "at", "text")}
    if not (got["x"] or got["y"] or got["at"]):
        if got["text"]:
            raise IllegalMove(_("Pin %(number)s has words but no place. Give it one.") % {"number": n})
        return None
    try:
        medium = int(got["medium"] or 1)
        film = 1 <= medium <= len(durations) and durations[medium - 1] is not None
        if film:
            return Pin(medium, ms=round(_number(got["at"]) * 1000), text=got["text"])
        return Pin(medium, x=round(_number(got["x"]) * 10), y=round(_number(got["y"]) * 10), text=got["text"])
    except (ValueError, OverflowError) as e:
        raise IllegalMove(_("Pin %(number)s: write its place in numbers.") % {"number": n}) from e


def _number(text: str) -> float:
    return float(text.replace(",", "."))
