"""Sandboxes to run beside a test or a proof."""

from __future__ import annotations

from pathlib import Path

import pytest
import requests

from connectors.sandbox.client import FaultHandle, SandboxControl, SandboxProcess, running_sandbox, wait_until_up
from tests.connectors.sandbox.conftest import FJORD, Api


def test_a_killed_sandbox_comes_back_with_its_ledger_at_the_same_address(tmp_path: Path) -> None:
    process = SandboxProcess(tmp_path, settings={"check_media": False, "image_seconds": 0.0})
    try:
        control = process.start()
        api = Api(control.instagram_url, FJORD, "sandbox-token-fjord")
        live, waiting = (api.container(image_url="http://127.0.0.1:9/a.jpg") for _ in range(2))
        api.publish(live)
        control.clock(100)
        process.kill()
        with pytest.raises(requests.ConnectionError):
            control.ping()
        process.start()
        wait_until_up(control)
        assert [post["container"] for post in control.posts()] == [live]
        assert "error" in api.publish(live)
        assert "id" in api.publish(waiting)
        assert control.count_calls(path="media_publish") == 3
        assert control.settings()["check_media"] is False
    finally:
        process.stop()


def test_two_sandboxes_do_not_share_a_ledger(tmp_path: Path) -> None:
    with running_sandbox(state=tmp_path), pytest.raises(RuntimeError, match="did not start"):
        SandboxProcess(tmp_path).start()


def test_waiting_for_a_fault_that_nobody_meets_ends(sandbox: SandboxControl) -> None:
    fault = sandbox.fault("drop_after")
    assert isinstance(fault, FaultHandle)
    with pytest.raises(TimeoutError, match="drop_after"):
        fault.wait_reached(0.05)


def test_stopping_does_not_wait_for_calls_that_are_held(tmp_path: Path) -> None:
    with running_sandbox(state=tmp_path) as control:
        control.fault("hang", seconds=60.0)
        with pytest.raises(requests.ReadTimeout):
            requests.get(f"{control.instagram_url}/me", timeout=0.1)
