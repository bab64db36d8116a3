"""The short form of `make proof`, as CI runs it."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.crash
def test_whatever_is_killed_or_lost_at_the_commit_one_post_is_live_and_its_state_is_true() -> None:
    proof = [sys.executable, "-m", "tests.crash", "--short", "--races", "no"]
    done = subprocess.run(proof, cwd=ROOT, capture_output=True, text=True, timeout=900, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert " 0 cells" not in done.stdout
