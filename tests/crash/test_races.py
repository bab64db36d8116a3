"""The short form of the races, as CI runs them: one run, and a promise for each race."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

pytestmark = pytest.mark.crash


@pytest.fixture(scope="module")
def races() -> str:
    """What `make proof` prints of its races."""
    command = [sys.executable, "-m", "tests.crash", "--short", "--races", "only"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=600, check=False)
    return done.stdout + done.stderr


def test_whatever_starts_a_post_and_however_often_each_goes_live_once(races: str) -> None:
    assert "ok     everything that starts a post, at once" in races, races


def test_a_worker_that_slept_past_its_lease_sends_nothing_and_records_nothing(races: str) -> None:
    assert "ok     a worker stopped past its lease and woken" in races, races


def test_taking_a_post_back_is_in_time_and_nothing_goes_out_or_it_is_refused_and_the_post_goes_out_once(
    races: str,
) -> None:
    assert "ok     cancel and reschedule against the way out" in races, races


def test_a_deploy_lets_the_work_in_hand_end_and_loses_nothing(races: str) -> None:
    assert "ok     deployed" in races, races


def test_when_every_process_ends_and_the_queue_is_lost_every_post_still_goes_live_once(races: str) -> None:
    assert "ok     every process ended" in races, races


def test_what_goes_by_hand_is_given_out_once_whatever_is_killed(races: str) -> None:
    assert "ok     given out once, whatever is killed" in races, races


def test_a_hand_off_confirmed_from_all_sides_at_once_is_published_once(races: str) -> None:
    assert "ok     confirmed from all sides, published once" in races, races
