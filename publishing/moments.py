"""Moments in words, and words into moments: always in a named time zone, with its odd hours said aloud."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from django.utils.formats import date_format
from django.utils.translation import get_language, gettext_noop, ngettext
from django.utils.translation import gettext as _


def day_words(day: date, today: date) -> str:
    """ "today", "tomorrow", "yesterday", "Fri 27 Nov"; with the year when it is another one."""
    near = {0: gettext_noop("today"), 1: gettext_noop("tomorrow"), -1: gettext_noop("yesterday")}
    if words := near.get((day - today).days):
        return _(words)
    return _named(day, "D j M" if day.year == today.year else "D j M Y", get_language())


@lru_cache(maxsize=2048)
def _named(day: date, form: str, language: str | None) -> str:
    """A page says the same few days a hundred times, and Django takes its time with each."""
    return date_format(day, form)


def moment_words(at: datetime, zone: ZoneInfo, now: datetime, *, seconds: bool = False) -> str:
    """ "tomorrow 09:40" in `zone`."""
    local = at.astimezone(zone)
    clock = f"{local:%H:%M:%S}" if seconds else f"{local:%H:%M}"
    return f"{day_words(local.date(), now.astimezone(zone).date())} {clock}"


def full_words(at: datetime, zone: ZoneInfo, now: datetime) -> str:
    """ "Fri 27 Nov, 18:30 Europe/Zurich": a day that does not change while one looks at it."""
    local = at.astimezone(zone)
    form = "D j M" if local.year == now.astimezone(zone).year else "D j M Y"
    return f"{_named(local.date(), form, get_language())}, {local:%H:%M} {zone.key}"


def wait_words(at: datetime, now: datetime) -> str:
    """How long until `at`: "in 40 s", "in 4 min", "in 2 h", "in 3 days"; "in a moment" when it is (nearly) here."""
    unit, count = _measured((at - now).total_seconds())
    if unit == "days":
        return ngettext("in %(count)d day", "in %(count)d days", count) % {"count": count}
    return _(_AHEAD[unit]) % {"count": count}


def span_words(seconds: float) -> str:
    """How long something takes or took: "40 s", "4 min", "2 h", "3 days"."""
    unit, count = _measured(seconds)
    if unit == "days":
        return ngettext("%(count)d day", "%(count)d days", count) % {"count": count}
    return _(_LONG[unit]) % {"count": count}


_AHEAD = {
    "now": gettext_noop("in a moment"),
    "s": gettext_noop("in %(count)s s"),
    "min": gettext_noop("in %(count)s min"),
    "h": gettext_noop("in %(count)s h"),
}
_LONG = {
    "now": gettext_noop("a moment"),
    "s": gettext_noop("%(count)s s"),
    "min": gettext_noop("%(count)s min"),
    "h": gettext_noop("%(count)s h"),
}


def _measured(seconds: float) -> tuple[str, int]:
    """Rounded as people say it, with its unit."""
    if seconds < 10:
        return "now", 0
    if seconds < 60:
        return "s", round(seconds / 10) * 10
    if seconds < 90 * 60:
        return "min", round(seconds / 60)
    if seconds < 36 * 3600:
        return "h", round(seconds / 3600)
    return "days", round(seconds / 86400)


# --- From a form ---------------------------------------------------------------------------------------------------


class NoSuchTime(ValueError):
    """str(error) says why the clocks never show this time, and what to choose instead."""


class TwoSuchTimes(ValueError):
    """str(error) says why the clocks show this time twice; `first` and `second` are the two moments."""

    def __init__(self, message: str, first: datetime, second: datetime) -> None:
        super().__init__(message)
        self.first, self.second = first, second


def moment(day: date, clock: time, zone: ZoneInfo, *, which: str = "") -> datetime:
    """What the clocks of `zone` call `day` `clock`. `which` ("first", "second") chooses where they show it twice.

    Raises NoSuchTime in the hour that is skipped, TwoSuchTimes in the one that is doubled when `which` is empty.
    """
    naive = datetime.combine(day, clock.replace(second=0, microsecond=0, tzinfo=None, fold=0))
    first, second = (naive.replace(tzinfo=zone, fold=fold) for fold in (0, 1))
    if first.utcoffset() == second.utcoffset():
        return first
    if first.astimezone(UTC).astimezone(zone).replace(tzinfo=None) != naive:
        raise NoSuchTime(_gap_words(naive, first, zone))
    if which in ("first", "second"):
        return first if which == "first" else second
    raise TwoSuchTimes(
        _("The clocks of %(time_zone)s show %(time)s twice on %(day)s: they go back an hour. Say which one.")
        % {"time_zone": zone.key, "time": f"{naive:%H:%M}", "day": _day(naive)},
        first,
        second,
    )


def odd_hours(day: date, zone: ZoneInfo) -> str:
    """What the clocks of `zone` do on a day that is not 24 hours long; "" for all others."""
    start, end = (datetime.combine(d, time.min, zone).astimezone(UTC) for d in (day, day + timedelta(days=1)))
    if end - start == timedelta(hours=24):
        return ""
    at, step = start, timedelta(minutes=15)  # no zone changes its clocks within a quarter of an hour
    while at < end and (at + step).astimezone(zone).utcoffset() == at.astimezone(zone).utcoffset():
        at += step
    before = (at.astimezone(zone) + step).replace(tzinfo=None)
    after = (at + step).astimezone(zone).replace(tzinfo=None)
    if after > before:
        return _("Clocks go forward: %(before)s to %(after)s is skipped") % {
            "before": f"{before:%H:%M}",
            "after": f"{after:%H:%M}",
        }
    return _("Clocks go back: %(after)s to %(before)s comes twice") % {
        "after": f"{after:%H:%M}",
        "before": f"{before:%H:%M}",
    }


def which_words(at: datetime, zone: ZoneInfo) -> str:
    """In an hour that comes twice: "CEST" or "CET", which tells the two apart; "" at all other times."""
    local = at.astimezone(zone)
    twice = local.replace(fold=0).utcoffset() != local.replace(fold=1).utcoffset()
    return f"{local:%Z}" if twice else ""


def _gap_words(naive: datetime, first: datetime, zone: ZoneInfo) -> str:
    after = first.astimezone(UTC).astimezone(zone)  # moved on by the length of the gap
    gap = after.replace(tzinfo=None) - naive
    start = _last_before(naive, zone) + timedelta(minutes=1)
    return _(
        "There is no %(time)s on %(day)s in %(time_zone)s: the clocks go from %(start)s straight to "
        "%(end)s. Choose %(end)s or later, or a time before %(start)s."
    ) % {
        "time": f"{naive:%H:%M}",
        "day": _day(naive),
        "time_zone": zone.key,
        "start": f"{start:%H:%M}",
        "end": f"{start + gap:%H:%M}",
    }


def _last_before(naive: datetime, zone: ZoneInfo) -> datetime:
    """The last minute that the clocks show before the gap in which `naive` lies."""
    while True:
        naive -= timedelta(minutes=1)
        if naive.replace(tzinfo=zone).astimezone(UTC).astimezone(zone).replace(tzinfo=None) == naive:
            return naive


def _day(naive: datetime) -> str:
    return date_format(naive, "j M Y")
