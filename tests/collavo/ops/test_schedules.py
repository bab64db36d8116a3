import pytest
from django.utils.module_loading import import_string
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
    before = dict(Schedule.objects.values_list("name", "next_run"))
    ensure_schedules()
    for name, (task, minutes) in SCHEDULES.items():
        after = Schedule.objects.get(name=name)
        assert (after.func, after.minutes, after.next_run) == (task, minutes, before[name])


def test_every_schedule_names_a_task_that_exists() -> None:
    for task, _ in SCHEDULES.values():
        assert callable(import_string(task))


def test_old_lines_of_the_log_are_pruned_daily() -> None:
    ensure_schedules()
    pruning = Schedule.objects.get(func="publishing.tasks.prune_attempts")
    assert (pruning.schedule_type, pruning.minutes, pruning.repeats) == (Schedule.MINUTES, 24 * 60, -1)
