"""Moments in words, and words into moments: always in a named time zone, with its odd hours said aloud."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo


def day_words(day: date, today: date) -> str:
    """ "today", "tomorrow", "yesterday", "Fri 27 Nov"; with the year when it is another one."""
    near = {0: "today", 1: "tomorrow", -1: "yesterday"}.get((day - today).days)
    return near or f"{day:%a} {day.day} {day:%b}" + (f" {day.year}" if day.year != today.year else "")


def moment_words(at: datetime, zone: ZoneInfo, now: datetime, *, seconds: bool = False) -> str:
    """ "tomorrow 09:40" in `zone`."""
    local = at.astimezone(zone)
    clock = f"{local:%H:%M:%S}" if seconds else f"{local:%H:%M}"
    return f"{day_words(local.date(), now.astimezone(zone).date())} {clock}"


def full_words(at: datetime, zone: ZoneInfo, now: datetime) -> str:
    """ "Fri 27 Nov, 18:30 Europe/Zurich": a day that does not change while one looks at it."""
    local = at.astimezone(zone)
    year = f" {local.year}" if local.year != now.astimezone(zone).year else ""
    return f"{local:%a} {local.day} {local:%b}{year}, {local:%H:%M} {zone.key}"


def wait_words(at: datetime, now: datetime) -> str:
    """How long until `at`: "in 40 s", "in 4 min", "in 2 h", "in 3 days"; "in a moment" when it is (nearly) here."""
    seconds = (at - now).total_seconds()
    if seconds < 10:
        return "in a moment"
    if seconds < 60:
        return f"in {round(seconds / 10) * 10} s"
    if seconds < 90 * 60:
        return f"in {round(seconds / 60)} min"
    if seconds < 36 * 3600:
        return f"in {round(seconds / 3600)} h"
    return f"in {round(seconds / 86400)} days"


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
        f"The clocks of {zone.key} show {naive:%H:%M} twice on {_day(naive)}: they go back an hour. Say which one.",
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
        return f"Clocks go forward: {before:%H:%M} to {after:%H:%M} is skipped"
    return f"Clocks go back: {after:%H:%M} to {before:%H:%M} comes twice"


def which_words(at: datetime, zone: ZoneInfo) -> str:
    """In an hour that comes twice: "CEST" or "CET", which tells the two apart; "" at all other times."""
    local = at.astimezone(zone)
    twice = local.replace(fold=0).utcoffset() != local.replace(fold=1).utcoffset()
    return f"{local:%Z}" if twice else ""


def _gap_words(naive: datetime, first: datetime, zone: ZoneInfo) -> str:
    after = first.astimezone(UTC).astimezone(zone)  # moved on by the length of the gap
    gap = after.replace(tzinfo=None) - naive
    start = _last_before(naive, zone) + timedelta(minutes=1)
    return (
        f"There is no {naive:%H:%M} on {_day(naive)} in {zone.key}: the clocks go from {start:%H:%M} straight to "
        f"{start + gap:%H:%M}. Choose {start + gap:%H:%M} or later, or a time before {start:%H:%M}."
    )


def _last_before(naive: datetime, zone: ZoneInfo) -> datetime:
    """The last minute that the clocks show before the gap in which `naive` lies."""
    while True:
        naive -= timedelta(minutes=1)
        if naive.replace(tzinfo=zone).astimezone(UTC).astimezone(zone).replace(tzinfo=None) == naive:
            return naive


def _day(naive: datetime) -> str:
    return f"{naive.day} {naive:%b %Y}"
