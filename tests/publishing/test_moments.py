from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from publishing.moments import NoSuchTime, TwoSuchTimes, full_words, moment, moment_words, wait_words

ZURICH = ZoneInfo("Europe/Zurich")
NOW = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)  # 09:00 in Zurich


@pytest.mark.parametrize(
    ("at", "words"),
    [
        (datetime(2026, 11, 21, 15, 5, tzinfo=UTC), "today 16:05"),
        (datetime(2026, 11, 22, 8, 40, tzinfo=UTC), "tomorrow 09:40"),
        (datetime(2026, 11, 21, 23, 30, tzinfo=UTC), "tomorrow 00:30"),
        (datetime(2026, 11, 20, 8, 0, tzinfo=UTC), "yesterday 09:00"),
        (datetime(2026, 11, 27, 17, 30, tzinfo=UTC), "Fri 27 Nov 18:30"),
        (datetime(2027, 1, 4, 8, 0, tzinfo=UTC), "Mon 4 Jan 2027 09:00"),
    ],
)
def test_a_moment_is_said_by_the_calendar_of_its_own_zone(at: datetime, words: str) -> None:
    assert moment_words(at, ZURICH, NOW) == words


def test_a_moment_in_full_names_its_zone() -> None:
    assert full_words(datetime(2026, 11, 27, 17, 30, tzinfo=UTC), ZURICH, NOW) == "Fri 27 Nov, 18:30 Europe/Zurich"


@pytest.mark.parametrize(
    ("ahead", "words"),
    [
        (timedelta(seconds=-5), "in a moment"),
        (timedelta(seconds=41), "in 40 s"),
        (timedelta(minutes=4, seconds=10), "in 4 min"),
        (timedelta(hours=2), "in 2 h"),
        (timedelta(days=3), "in 3 days"),
    ],
)
def test_a_wait_is_said_in_one_unit(ahead: timedelta, words: str) -> None:
    assert wait_words(NOW + ahead, NOW) == words


def test_an_ordinary_time_is_that_moment_in_the_zone() -> None:
    assert moment(date(2026, 11, 27), time(18, 30), ZURICH) == datetime(2026, 11, 27, 17, 30, tzinfo=UTC)


@pytest.mark.parametrize("clock", [time(2, 0), time(2, 30), time(2, 59)])
def test_the_hour_that_is_skipped_is_refused_with_the_times_around_it(clock: time) -> None:
    with pytest.raises(NoSuchTime, match=r"from 02:00 straight to 03:00.*before 02:00") as refused:
        moment(date(2027, 3, 28), clock, ZURICH)
    assert f"There is no {clock:%H:%M} on 28 Mar 2027 in Europe/Zurich" in str(refused.value)


def test_the_minutes_beside_the_skipped_hour_are_taken() -> None:
    assert moment(date(2027, 3, 28), time(1, 59), ZURICH) == datetime(2027, 3, 28, 0, 59, tzinfo=UTC)
    assert moment(date(2027, 3, 28), time(3, 0), ZURICH) == datetime(2027, 3, 28, 1, 0, tzinfo=UTC)


def test_a_zone_that_skips_half_an_hour_says_so() -> None:
    with pytest.raises(NoSuchTime, match="from 02:00 straight to 02:30"):
        moment(date(2026, 10, 4), time(2, 15), ZoneInfo("Australia/Lord_Howe"))


def test_the_hour_that_comes_twice_asks_which_one() -> None:
    with pytest.raises(TwoSuchTimes, match=r"02:30 twice on 31 Oct 2027") as asked:
        moment(date(2027, 10, 31), time(2, 30), ZURICH)
    assert asked.value.first.astimezone(UTC) == datetime(2027, 10, 31, 0, 30, tzinfo=UTC)
    assert asked.value.second.astimezone(UTC) == datetime(2027, 10, 31, 1, 30, tzinfo=UTC)


def test_the_answer_chooses_the_hour() -> None:
    first, second = (moment(date(2027, 10, 31), time(2, 30), ZURICH, which=w) for w in ("first", "second"))
    assert second.astimezone(UTC) - first.astimezone(UTC) == timedelta(hours=1)
