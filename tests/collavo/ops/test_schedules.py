import pytest
from django_q.models import Schedule

from collavo.ops.schedules import SCHEDULES, ensure_schedules

pytestmark = pytest.mark.django_db


def test_migrating_leaves_each_schedule_once() -> None:
    ensure_schedules()
    ensure_schedules()
    assert set(Schedule.objects.values_list("name", flat=True)) == set(SCHEDULES)


def test_a_schedule_of_an_older_version_is_corrected_and_its_next_run_kept() -> None:
    ensure_schedules()
    Schedule.objects.update(func="gone.task", minutes=30)
    before = Schedule.objects.get().next_run
    ensure_schedules()
    after = Schedule.objects.get()
    assert (after.func, after.minutes, after.next_run) == ("publishing.tasks.safety_net", 1, before)
