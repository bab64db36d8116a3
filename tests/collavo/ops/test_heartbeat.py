import datetime

import pytest
import time_machine
from django_q.models import OrmQ

from collavo.ops.heartbeat import DISPATCHER, WORKER, ages, ask_worker, beat, tick
from collavo.ops.models import Heartbeat
from collavo.ops.tasks import heartbeat

pytestmark = pytest.mark.django_db
MOMENT = datetime.datetime(2026, 3, 1, 12, tzinfo=datetime.UTC)


def test_a_pass_of_the_dispatcher_is_its_sign_of_life_and_asks_the_worker_for_one() -> None:
    tick()
    assert ages()[DISPATCHER] is not None
    assert ages()[WORKER] is None
    assert OrmQ.objects.count() == 1


def test_the_worker_is_seen_only_when_it_has_run_the_task() -> None:
    tick()
    heartbeat()
    assert ages()[WORKER] is not None


def test_many_passes_in_a_row_ask_once_in_ten_seconds() -> None:
    with time_machine.travel(MOMENT, tick=False) as clock:
        for _ in range(25):
            tick()
            heartbeat()
            clock.shift(1)
    assert OrmQ.objects.count() == 3


def test_a_dead_worker_does_not_fill_the_queue_but_is_asked_again_after_a_while() -> None:
    with time_machine.travel(MOMENT, tick=False) as clock:
        for _ in range(29):
            ask_worker()
            clock.shift(10)
        assert OrmQ.objects.count() == 1
        clock.shift(60)
        ask_worker()
        assert OrmQ.objects.count() == 2


def test_a_clock_set_back_does_not_silence_the_heart() -> None:
    with time_machine.travel(MOMENT, tick=False):
        beat(WORKER)
    with time_machine.travel(MOMENT - datetime.timedelta(hours=1), tick=False):
        beat(WORKER)
        assert Heartbeat.objects.get(name=WORKER).beat_at == MOMENT - datetime.timedelta(hours=1)
