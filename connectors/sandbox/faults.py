"""Calls that go wrong on order.

A fault says which calls it hits (`match`), what it does (`do`) and how. It hits the matching calls number `nth` to
`nth + times - 1` (`times` 0: all of them from there on). When several faults hit one call, all apply, in the order
in which they were ordered.
"""

from __future__ import annotations

import itertools
import re
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from connectors.sandbox.wire import Answer, Call, NoAnswer, World

COUNTING = threading.Lock()

type Values = dict[str, Any]

REFUSAL: Values = {
    "status": 400, "code": 100, "subcode": 0, "transient": False, "message": "", "type": "", "user_title": "",
    "user_msg": "", "headers": {}, "word": "",
}  # fmt: skip

KINDS: dict[str, Values] = {
    # answered instead of done
    "refuse": REFUSAL,
    "rate_limit": {"status": 429, "code": 80002, "minutes": 19, "percent": 100},
    "hundred_33": {},  # "does not exist", as in Meta's outage of May 2026
    "html": {"status": 502, "when": "before"},  # a proxy's page where JSON should be
    # done, and the answer tells otherwise or not at all
    "error_but_done": REFUSAL | {"status": 500, "code": 2, "transient": True},
    "drop_before": {},
    "drop_after": {},
    "hang": {"seconds": 120.0, "when": "after"},
    # only later
    "slow": {"seconds": 1.0, "when": "before"},
    "hold": {"seconds": 600.0, "when": "after"},
    # facts that the platform's own code reads from the call
    "usage": {"percent": 97, "minutes": 19},
    "expire_token": {"state": "expired", "when": "before"},
    "container_stuck": {"seconds": 2400.0},
    "container_error": {"code": 2207026, "word": ""},
    "list_lag": {"seconds": 60.0},
    "duplicate_caption_present": {"seconds": 30.0},
    "hide_at": {},
    "omit": {"fields": ["caption", "media_product_type"]},
    "empty_accounts": {},
    "keep_less": {"bytes": 262144},  # of a piece of an upload, so many bytes are lost
    "new_location": {},  # an upload goes on at another address
    "privacy": {"to": "private"},  # a video is shown to others than was asked for
}
"""What can be ordered, with its options and their defaults."""

MATCHES: Values = {"method": "", "path": "", "account": "", "token": "", "nth": 1, "times": 1}
TOKEN_STATES = ("live", "expired", "revoked", "password", "checkpoint", "invalid")


@dataclass(slots=True)
class Fault:
    """One order, and what has become of it."""

    id: str
    do: str
    match: Values
    options: Values
    path: re.Pattern[str]
    seen: int = 0  # matching calls so far
    hits: int = 0
    calls: list[int] = field(default_factory=list)  # their numbers in the ledger
    then: str = "go"  # what a held call does when it is released: "go" or "drop"
    reached: threading.Event = field(default_factory=threading.Event)
    released: threading.Event = field(default_factory=threading.Event)
    waiting: int = 0  # calls held at this moment

    def fits(self, call: Call, account: str, token_kind: str) -> bool:
        """Whether this fault is about such a call at all."""
        match = self.match
        return (
            match["method"] in ("", call.method)
            and match["account"] in ("", account)
            and match["token"] in ("", token_kind)
            and self.path.search(call.path) is not None
        )

    def hits_now(self) -> bool:
        """Count one matching call; whether it is among those to be hit."""
        self.seen += 1
        first, times = self.match["nth"], self.match["times"]
        return bool(self.seen >= first and (times == 0 or self.seen < first + times))

    def shown(self) -> Values:
        """As JSON."""
        return {
            "id": self.id, "do": self.do, "match": self.match, "options": self.options, "seen": self.seen,
            "hits": self.hits, "calls": self.calls, "reached": self.reached.is_set(), "held": self.waiting > 0,
            "released": self.released.is_set(),
        }  # fmt: skip


class FaultBook:
    """The faults that are ordered."""

    def __init__(self) -> None:
        self._faults: dict[str, Fault] = {}
        self._lock = threading.Lock()
        self._numbers = itertools.count(1)

    def order(self, wish: Mapping[str, Any]) -> Fault:
        """Take an order. Raises ValueError with a sentence when it makes no sense."""
        do, match, options = checked(wish)
        with self._lock:
            fault = Fault(f"f{next(self._numbers)}", do, match, options, re.compile(match["path"]))
            self._faults[fault.id] = fault
        return fault

    def get(self, key: str) -> Fault | None:
        """The fault with this id."""
        return self._faults.get(key)

    def all(self) -> list[Fault]:
        """In the order in which they were ordered."""
        return list(self._faults.values())

    def clear(self, then: str = "go") -> None:
        """Forget all; calls that are held go on, or with "drop" are cut."""
        with self._lock:
            faults, self._faults = self._faults, {}
        for fault in faults.values():
            fault.then = then
            fault.released.set()

    def take(self, call: Call, account: str, token_kind: str) -> list[Fault]:
        """The faults that hit this call."""
        if not self._faults:
            return []
        with self._lock:
            return [f for f in self._faults.values() if f.fits(call, account, token_kind) and f.hits_now()]

    def mark(self, call: Call) -> None:
        """Write down that these faults were met. `reached` of a hold waits until the call stands still."""
        with self._lock:
            for fault in call.faults:
                fault.hits += 1
                fault.calls.append(call.number)
                if fault.do != "hold":
                    fault.reached.set()


def checked(wish: Mapping[str, Any]) -> tuple[str, Values, Values]:
    """The parts of an order, completed with defaults. Raises ValueError with a sentence."""
    options = dict(wish)
    do = options.pop("do", None)
    match = options.pop("match", {})
    if do not in KINDS:
        raise ValueError(f"'do' must be one of: {', '.join(KINDS)}.")
    if not isinstance(match, Mapping):
        raise ValueError("'match' must be an object.")
    match = _completed(match, MATCHES, "match")
    options = _completed(options, KINDS[do], do)
    _check_values(match, options)
    return do, match, options


def _completed(given: Mapping[str, Any], known: Values, where: str) -> Values:
    for name, value in given.items():
        if name not in known:
            raise ValueError(f"'{where}' knows no '{name}'. It knows: {', '.join(known) or 'no options'}.")
        wanted = (int, float) if isinstance(known[name], float) else type(known[name])
        if not isinstance(value, wanted):
            raise ValueError(f"'{name}' of '{where}' is of the wrong type.")
    return known | dict(given)


def _check_values(match: Values, options: Values) -> None:
    try:
        re.compile(match["path"])
    except re.error as e:
        raise ValueError(f"'path' is no regular expression: {e}.") from e
    if match["nth"] < 1 or match["times"] < 0:
        raise ValueError("'nth' starts at 1, and 'times' is 0 (always) or more.")
    if options.get("when", "before") not in ("before", "after"):
        raise ValueError("'when' is 'before' or 'after'.")
    if options.get("state", "live") not in TOKEN_STATES:
        raise ValueError(f"'state' is one of: {', '.join(TOKEN_STATES)}.")
    if options.get("seconds", 0) < 0:
        raise ValueError("'seconds' must not be negative.")


# --- what they do -------------------------------------------------------------------------------------------------

type Refuse = Callable[[Fault, Call], Answer]
"""The platform's own way to word a refusal, for `refuse`, `rate_limit`, `hundred_33` and `error_but_done`."""


def through(world: World, call: Call, act: Callable[[], Answer], refuse: Refuse) -> Answer:
    """Let the call do its work with everything that was ordered for it. Raises NoAnswer when it shall get none."""
    for fault in call.faults:
        if answer := _before(world, fault, call, refuse):
            return answer
    answer = act()
    for fault in call.faults:
        answer = _after(world, fault, call, answer, refuse)
    return answer


def _before(world: World, fault: Fault, call: Call, refuse: Refuse) -> Answer | None:
    match fault.do:
        case "refuse" | "rate_limit" | "hundred_33":
            return refuse(fault, call)
        case "drop_before":
            raise NoAnswer("dropped")
    return _at(world, fault, call, "before")


def _after(world: World, fault: Fault, call: Call, answer: Answer, refuse: Refuse) -> Answer:
    match fault.do:
        case "error_but_done" if answer.status < 400:
            return refuse(fault, call)
        case "drop_after":
            raise NoAnswer("dropped")
    return _at(world, fault, call, "after") or answer


def _at(world: World, fault: Fault, call: Call, moment: str) -> Answer | None:
    """What hits before or after the work, as the order says."""
    if fault.options.get("when") != moment:
        return None
    match fault.do:
        case "slow":
            world.sleep(fault.options["seconds"])
        case "hang":
            world.sleep(fault.options["seconds"])
            raise NoAnswer("hung")
        case "hold":
            _hold(fault)
        case "expire_token":
            world.ledger.set_token(call.token, fault.options["state"])
        case "html":
            page = b"<html><body><h1>Bad gateway</h1></body></html>"
            return Answer(page, fault.options["status"], content_type="text/html")
    return None


def _hold(fault: Fault) -> None:
    """Stand still until the fault is released, or its time is over."""
    with COUNTING:
        fault.waiting += 1
    fault.reached.set()
    fault.released.wait(fault.options["seconds"])
    with COUNTING:
        fault.waiting -= 1
    if fault.then == "drop":
        raise NoAnswer("dropped")
