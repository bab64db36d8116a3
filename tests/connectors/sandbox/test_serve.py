"""Where a sandbox may run."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from connectors.sandbox.serve import CannotStart, check_place, open_sandbox


@pytest.mark.parametrize(
    ("host", "base_url"),
    [
        ("127.0.0.1", ""),
        ("127.0.0.1", "http://127.0.0.1:8000"),
        ("localhost", "http://localhost:8000"),
        ("::1", "http://192.168.1.20:8000"),
        ("127.0.0.1", "http://laptop.local"),
    ],
)
def test_it_may_run_on_loopback_beside_a_console_that_is_not_public(host: str, base_url: str) -> None:
    check_place(host, base_url)


@pytest.mark.parametrize(
    ("host", "base_url"),
    [
        ("0.0.0.0", ""),
        ("192.168.1.20", "http://127.0.0.1:8000"),
        ("example.com", ""),
        ("127.0.0.1", "https://collavo.example.com"),
        ("127.0.0.1", "https://localhost"),
        ("127.0.0.1", "http://collavo.example.com"),
        ("127.0.0.1", "http://8.8.8.8"),
    ],
)
def test_it_does_not_run_where_production_is(host: str, base_url: str) -> None:
    with pytest.raises(CannotStart, match="for development"):
        check_place(host, base_url)


def test_a_taken_port_is_named_in_one_line(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(CannotStart, match=f"127.0.0.1:{port}.*SANDBOX_PORT"):
            open_sandbox("127.0.0.1", port, tmp_path)


def test_the_command_refuses_with_the_rule(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="loopback"):
        call_command("sandbox", "--host", "0.0.0.0", "--port", "0", "--state", str(tmp_path))
