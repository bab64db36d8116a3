"""One account's posts take turns within a process."""

from concurrent.futures import ThreadPoolExecutor
from threading import Event
from uuid import uuid4

from publishing.turns import Turn


def test_the_next_one_goes_on_as_soon_as_the_turn_before_it_ends() -> None:
    account, began = uuid4(), Event()
    first = Turn(account)
    first.take(1)

    def wait() -> bool:
        second = Turn(account)
        began.set()
        second.take(30)
        second.end()
        return True

    with ThreadPoolExecutor(1) as threads:
        waiting = threads.submit(wait)
        began.wait(5)
        assert not waiting.done()
        first.end()
        assert waiting.result(5)


def test_who_did_not_get_the_turn_in_time_does_not_end_it_for_the_other() -> None:
    account = uuid4()
    first, second, third = Turn(account), Turn(account), Turn(account)
    first.take(1)
    second.take(0.01)
    second.end()
    third.take(0.01)
    assert not third._mine
    first.end()
    first.end()
    third.take(0.01)
    assert third._mine


def test_other_accounts_have_turns_of_their_own() -> None:
    first, second = Turn(uuid4()), Turn(uuid4())
    first.take(1)
    second.take(0.01)
    assert second._mine
