"""`python -m tests.bench [name …]`: measure, and print one table. The figures are for people: it exits 0."""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.bench.figures import Figure, table
from tests.bench.stage import NotMeasured, Stage, stage

NAMES = ("latency", "waiting", "pages", "memory", "throughput", "processing", "api")
FUTURE = 100_000
CHANGE = 10.0  # percent


def main() -> int:
    wanted = arguments()
    with stage(short=wanted.short, long=wanted.long, keep=wanted.keep) as place:
        figures = list(measured(place, wanted.names or list(NAMES)))
    sys.stdout.write(f"\n{table(figures)}\n")
    if wanted.json:
        wanted.json.write_text(json.dumps([figure.as_json() for figure in figures], indent=2, ensure_ascii=False))
    return 0


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="name", help=f"of {', '.join(NAMES)}; all of them without one")
    parser.add_argument("--short", action="store_true", help="small numbers, to try it; no measure of anything")
    parser.add_argument("--long", action="store_true", help=f"again with {FUTURE:,} future posts in the table")
    parser.add_argument("--json", type=Path, help="also write the figures to this file")
    parser.add_argument("--keep", action="store_true", help="keep the folder with the logs (var/bench/…)")
    wanted = parser.parse_args()
    if unknown := set(wanted.names) - set(NAMES):
        parser.error(f"There is no benchmark {', '.join(sorted(unknown))}. There are: {', '.join(NAMES)}.")
    return wanted


def measured(place: Stage, names: list[str]) -> Iterator[Figure]:
    """Every figure of these benchmarks, one after the other. One that fails is told and does not stop the rest."""
    benchmarks = runs()
    for name in names:
        yield from told(place, name, lambda name=name: benchmarks[name](place))  # type: ignore[misc]
    if place.long:
        yield from told(place, f"{FUTURE:,} future posts", lambda: with_future(place))


def runs() -> dict[str, Callable[[Stage], Iterator[Figure]]]:
    """Imported late: models can be imported only when the stage stands."""
    from tests.bench import api, latency, memory, pages, processing, throughput, waiting

    return {
        "latency": latency.run, "waiting": waiting.run, "pages": pages.run, "memory": memory.run,
        "throughput": throughput.run, "processing": processing.run, "api": api.run,
    }  # fmt: skip


def told(place: Stage, name: str, run: Callable[[], Iterator[Figure]]) -> Iterator[Figure]:
    begin, load = time.monotonic(), os.getloadavg()[0]
    place.say(f"{name}: begins (the machine's load is {load:.1f})")
    try:
        for figure in run():
            place.say(f"{name}: {figure.name}: {figure.value:.3g} {figure.unit} {figure.verdict} {figure.note}")
            yield figure
    except NotMeasured as e:
        yield Figure(f"{name}: not measured", float("nan"), note=str(e))
    place.say(f"{name}: done after {time.monotonic() - begin:.0f} s (load {os.getloadavg()[0]:.1f})")


def with_future(place: Stage) -> Iterator[Figure]:
    """The same with and without many future posts, one after the other, and how much that changes."""
    from tests.bench import latency, throughput

    few = [*latency.run(place), *throughput.run(place, 1)]
    many = [*latency.run(place, FUTURE), *throughput.run(place, FUTURE)]
    for one, other in zip(few, many, strict=True):
        if one.name.startswith("Floor"):
            continue
        worse = other.value - one.value if one.unit == "s" else one.value - other.value
        note = f"{one.value:.3g} {one.unit} without, {other.value:.3g} {one.unit} with"
        name = f"{one.name}: worse with {FUTURE:,} future posts"
        yield Figure(name, 100 * worse / one.value, "%", CHANGE, note=note)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
