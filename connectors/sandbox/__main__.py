"""`python -m connectors.sandbox`: the sandbox without Django around it, for proofs that start and kill it often."""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path

from connectors.sandbox.serve import RULE, CannotStart, check_place, open_sandbox, serve


def say(line: str) -> None:
    """One line, at once: whoever started us waits for it."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def main() -> None:
    """Parse, check, serve."""
    parser = argparse.ArgumentParser(prog="python -m connectors.sandbox", description=RULE)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8001)
    parser.add_argument("--state", type=Path, required=True)
    parser.add_argument("--settings", type=json.loads, default={}, help="JSON object, as for POST /_sandbox/settings")
    wanted = parser.parse_args()
    try:
        check_place(wanted.host, os.environ.get("BASE_URL", ""))
        serve(open_sandbox(wanted.host, wanted.port, wanted.state, wanted.settings), say)
    except CannotStart as e:
        sys.exit(str(e))


if __name__ == "__main__":
    main()
