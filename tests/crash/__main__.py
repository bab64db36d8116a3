"""make proof: kill, cut and lie at every point of a publish; then count what is live. Exit 1 on any wrong cell."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import time
from collections import Counter, defaultdict
from typing import TYPE_CHECKING

from tests.crash.stack import Workers, environment, fresh_folder

if TYPE_CHECKING:
    from connectors.sandbox.client import SandboxControl
    from tests.crash.hosts import Host
    from tests.crash.proof import Outcome


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make proof", description=__doc__)
    parser.add_argument("--short", action="store_true", help="The most telling cells only (runs in CI).")
    parser.add_argument("--jobs", type=int, default=6, help="Cells side by side.")
    parser.add_argument("--only", default="", help="Only cells whose name contains this.")
    parser.add_argument("--races", choices=("yes", "no", "only"), default="yes", help="The races after the table.")
    parser.add_argument("--race", default="", help="Only races whose name contains this.")
    return parser.parse_args()


def main() -> int:
    options = arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # through every `finally`: nothing is left running
    started = time.monotonic()
    from connectors.sandbox.client import running_sandbox

    with fresh_folder("races" if options.races == "only" else "proof") as folder, running_sandbox(
        "subprocess", state=folder / "sandbox", check_media=False, image_seconds=0.0, video_seconds=0.0,
        call_limits=False, creator_seconds=0.01, tiktok_chunk_min=1,
    ) as control:  # fmt: skip
        os.environ |= environment(folder, control.url)
        import django

        django.setup()
        from django.core.management import call_command

        from collavo import embedded
        from tests.crash.hosts import Host

        with embedded.hold(folder / "postgres"):
            call_command("migrate", verbosity=0)
            host = Host(environment(folder, control.url), folder / "postgres")
            wrong = prove(control, host, options) if options.races != "only" else 0
            wrong += race(control, environment(folder, control.url), options) if options.races != "no" else 0
    print(f"{time.monotonic() - started:.0f} s")
    return 1 if wrong else 0


def prove(control: SandboxControl, host: Host, options: argparse.Namespace) -> int:
    """Run and print everything; how many cells are wrong."""
    from tests.crash import hosts
    from tests.crash.proof import Proof, run_all

    workers = Workers()
    outcomes: list[Outcome] = []
    try:
        proof = Proof(control, workers, short=options.short, only=options.only)
        cells = list(proof.cells())
        print(f"{len(cells)} cells, {options.jobs} at a time")

        def tell(outcome: Outcome) -> None:
            outcomes.append(outcome)
            if outcome.wrong:
                print(f"WRONG  {outcome.cell}: {outcome.wrong}", flush=True)

        run_all(cells, proof.run, jobs=options.jobs, tell=tell)
        runs = proof.runs[:1] if options.short else proof.runs
        late = [c for s, calls, _ in runs for c in hosts.host_cells(s, calls, short=options.short)]
        late = [cell for cell in late if options.only in str(cell)]
        print(f"{len(late)} cells of whole processes, one after the other", flush=True)
        host.start()
        for cell in late:
            tell(hosts.run(host, proof, cell))
    finally:
        workers.stop()
        host.product.stop()
    print(table(outcomes))
    return sum(bool(o.wrong) for o in outcomes)


def race(control: SandboxControl, env: dict[str, str], options: argparse.Namespace) -> int:
    """Run and print the races; how many are wrong."""
    from tests.crash import hands, races

    wrong = races.run_all(control, env, short=options.short, only=options.race)
    return wrong + hands.run_all(control, short=options.short, only=options.race)


def table(outcomes: list[Outcome]) -> str:
    """Per scenario and mishap: cells, live posts, how the posts ended, wrong ones."""
    rows: dict[tuple[str, str], list[Outcome]] = defaultdict(list)
    for outcome in outcomes:
        rows[str(outcome.cell.scenario), outcome.cell.fault.words].append(outcome)
    first, second = (max(map(len, names), default=10) for names in zip(*rows, strict=True)) if rows else (10, 10)
    heads = "".join(f" {head:>{len(head)}}" for head in HEADS)
    lines = [f"{'what':<{first}} {'what went wrong once':<{second}}{heads}"]
    for (scenario, words), found in [*rows.items(), (("all", ""), outcomes)]:
        counts = "".join(f" {n:>{len(head)}}" for head, n in zip(HEADS, counted(found), strict=True))
        lines.append(f"{scenario:<{first}} {words:<{second}}{counts}")
    return "\n".join(lines)


HEADS = "cells", " live", " most", "published", "unconfirmed", "wrong"


def counted(found: list[Outcome]) -> tuple[int, ...]:
    """`most`: live posts of one cell. `unconfirmed`: where the platform offers no way to know, or it is wrong."""
    ended = Counter(o.status for o in found)
    lives = [o.live for o in found]
    wrong = sum(bool(o.wrong) for o in found)
    return len(found), sum(lives), max(lives, default=0), ended["published"], ended["unconfirmed"], wrong


if __name__ == "__main__":
    sys.exit(main())
